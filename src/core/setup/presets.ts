import { t } from '@vscode/l10n';
import type { Total } from '../ledger/ledger.ts';
import { displayMoney } from '../money/displayMoney.ts';
import { costOf, type Price } from '../money/pricing.ts';
import { TIERS, type Tier } from '../common/types.ts';

/** Ready-made choices of models for all tiers, and what a month with them would cost. */

export const PRESET_IDS = [
  'three-layers',
  'primary-budget',
  'speed-depth',
  'diversity',
  'self-hosted',
  'all-local',
] as const;
type PresetId = (typeof PRESET_IDS)[number];

/** Chains of `provider/model`. */
export type Chains = Readonly<Record<Tier, readonly string[]>>;

export interface Preset {
  readonly id: PresetId;
  readonly title: string;
  readonly description: string;
  readonly chains: Chains;
  /** The share of questions that each tier should answer, 0 to 1; a tier that is left out has none. */
  readonly shares: TargetShares;
}

/** From and to, 0 to 1. */
export type TargetShares = Readonly<Partial<Record<Tier, readonly [from: number, to: number]>>>;

/** Shares that one of the sources recommends for any three tiers: 10-15% local, 60-70% mid, 15-20% frontier. */
export const GENERAL_SHARES: TargetShares = { local: [0.1, 0.15], mid: [0.6, 0.7], frontier: [0.15, 0.2] };

/** The choices that exist. */
export interface PresetFacts {
  /** For completions, as `provider/model`: what the tier has, or what fits the computer. */
  readonly local: string;
  /** A local model that can chat, as `provider/model`. */
  readonly localChat: string;
  /** A server of the user's own with the model it is used for, where there is one. */
  readonly ownServer: string | undefined;
}

const FLASH = 'openrouter/deepseek/deepseek-v4-flash';
const HAIKU = 'openrouter/anthropic/claude-haiku-4.5';
const SONNET = 'openrouter/anthropic/claude-sonnet-5';
const OPUS = 'openrouter/anthropic/claude-opus-5.5';

/** The presets, with models that the shipped price list knew on its day. */
export function presetsFor({ local, localChat, ownServer }: PresetFacts): readonly Preset[] {
  return [
    {
      id: 'three-layers',
      title: t('Three layers'),
      description: t(
        'Completions on this computer, an inexpensive model for everyday work, and the best model for hard problems.',
      ),
      chains: { local: [local], mid: [FLASH], frontier: [OPUS] },
      // Published: 80% of questions are routine, 20% need the best model.
      shares: { mid: [0.75, 0.85], frontier: [0.15, 0.25] },
    },
    {
      id: 'primary-budget',
      title: t('Primary and budget fallback'),
      description: t(
        "A strong model for what matters and a budget model for routine work, each serving as the other's fallback.",
      ),
      chains: { local: [local], mid: [FLASH, SONNET], frontier: [SONNET, FLASH] },
      // Published: 70% for the strong model, 30% for the budget model.
      shares: { mid: [0.25, 0.35], frontier: [0.65, 0.75] },
    },
    {
      id: 'speed-depth',
      title: t('Speed and depth'),
      description: t('One family in three sizes: quick answers in chat, the deep one when you escalate.'),
      chains: { local: [local], mid: [HAIKU, SONNET], frontier: [OPUS, SONNET] },
      // Published: 40% and 50% for the two smaller sizes, 10% for the deep one.
      shares: { mid: [0.85, 0.95], frontier: [0.05, 0.15] },
    },
    {
      id: 'diversity',
      title: t('Several providers'),
      description: t('If one provider has an outage, each tier falls back to another. Needs a key for each provider.'),
      chains: {
        local: [local],
        mid: ['openai/gpt-5-mini', 'google/gemini-2.5-flash', 'mistral/devstral-small-latest'],
        frontier: ['anthropic/claude-sonnet-5', 'openai/gpt-5'],
      },
      shares: GENERAL_SHARES,
    },
    {
      id: 'self-hosted',
      title: t('Self-hosted and premium'),
      description: t('Free chat on your own server or computer, and a premium model for escalations.'),
      chains: { local: [local], mid: [ownServer ?? localChat], frontier: [SONNET] },
      // Published: 80% and more on the own server.
      shares: { mid: [0.8, 1], frontier: [0, 0.2] },
    },
    {
      id: 'all-local',
      title: t('All local'),
      description: t(
        'Nothing leaves this computer and everything is free. Hard problems get only what this computer can run.',
      ),
      chains: { local: [local], mid: [localChat], frontier: [localChat] },
      shares: {},
    },
  ];
}

/** Whether the current chains are those of a preset. */
export const isActive = ({ chains }: Preset, current: Chains): boolean =>
  TIERS.every((tier) => chains[tier].join('\n') === current[tier].join('\n'));

/**
 * The preset that answers questions now, whatever model completes; undefined where the chains are the user's own.
 *
 * @param isOwn whether a model, as `provider/model`, runs on a computer or server of the user's own
 */
export function activePreset(chains: Chains, isOwn: (model: string) => boolean): Preset | undefined {
  const [mid] = chains.mid;
  const own = mid !== undefined && isOwn(mid) ? mid : '';
  const presets = presetsFor({ local: '', localChat: own, ownServer: own || undefined });
  return presets.find((preset) =>
    (['mid', 'frontier'] as const).every(
      (tier) => JSON.stringify(preset.chains[tier]) === JSON.stringify(chains[tier]),
    ),
  );
}

/** Tokens of a month, by the tier that they were used for. */
export interface MonthUse {
  readonly source: 'ledger' | 'example';
  readonly tiers: Readonly<Record<Tier, { readonly input: number; readonly cached: number; readonly output: number }>>;
}

/**
 * A month for those who have none yet: 5,000 completions of 2 M tokens in all, 200 conversations of 4 M, 30 hard
 * problems of 1.5 M, a quarter of each being output.
 */
export const EXAMPLE_MONTH: MonthUse = {
  source: 'example',
  tiers: {
    local: { input: 1_500_000, cached: 0, output: 500_000 },
    mid: { input: 3_000_000, cached: 0, output: 1_000_000 },
    frontier: { input: 1_125_000, cached: 0, output: 375_000 },
  },
};

/** So many calls of chat or escalation make a month of one's own worth computing with. */
const ENOUGH_CALLS = 20;

/** The month of the ledger's last 30 days, or the example's where that is too little to go by. */
export function monthUse(totals: readonly Total[]): MonthUse {
  const calls = totals
    .filter(({ task }) => task === 'chat' || task === 'escalate')
    .reduce((sum, row) => sum + row.calls, 0);
  if (calls < ENOUGH_CALLS) return EXAMPLE_MONTH;
  const tiers = Object.fromEntries(
    TIERS.map((tier) => {
      const rows = totals.filter((row) => row.tier === tier && row.task !== 'test');
      const sum = (of: (row: Total) => number): number => rows.reduce((all, row) => all + of(row), 0);
      const cached = sum((row) => row.cachedTokens);
      return [tier, { input: sum((row) => row.inputTokens) - cached, cached, output: sum((row) => row.outputTokens) }];
    }),
  ) as MonthUse['tiers'];
  return { source: 'ledger', tiers };
}

export const describeUse = ({ source }: MonthUse): string =>
  source === 'ledger'
    ? t('The monthly amounts use your own tokens of the last 30 days, at the price of the first model of each tier.')
    : t(
        "Monthly costs are an example at the price of each tier's first model: 5,000 completions, 200 conversations and 30 hard problems (2, 4 and 1.5 million tokens, a quarter of them output).",
      );

/**
 * The cost of the month, in nano-USD; undefined when a price is unknown.
 *
 * @param priceOf the price of a tier's first model
 */
export function monthCost(use: MonthUse, priceOf: Readonly<Record<Tier, Price | undefined>>): number | undefined {
  let sum = 0;
  for (const tier of TIERS) {
    const price = priceOf[tier];
    const { input, cached, output } = use.tiers[tier];
    if (input + cached + output === 0) continue;
    if (!price) return undefined;
    // Thresholds are about single requests, of which a month's sum knows nothing.
    const base: Price = { ...price, steps: price.steps.slice(0, 1) };
    sum += costOf({ input, cacheRead: cached, cacheWrite: 0, output, reasoning: 0 }, base);
  }
  return sum;
}

/** `about $3.10 a month`. */
export function describeMonth(nanoUsd: number | undefined): string {
  if (nanoUsd === undefined) return t('monthly cost unknown: a price is missing');
  return nanoUsd === 0 ? t('$0 a month') : t('about {0} a month', displayMoney(nanoUsd));
}
