import { formatModelRef } from '../../core/common/types.ts';
import { withFirstShare, type Scenario, type ScenarioId } from '../../core/insights/whatIf.ts';
import type { Price } from '../../core/money/pricing.ts';
import type { Settings } from '../../core/settings/settings.ts';

/** The scenarios of *What if*, with the models and prices that this window knows. */

interface Strategy {
  readonly id: ScenarioId;
  /** Models of the shipped price list. `own` is the user's own server or computer. */
  readonly models: readonly string[];
  /** The published split, in the order of the models. */
  readonly shares: readonly number[];
}

const OWN = 'own';

/** Four published strategies with their splits. For three providers none was published: they share alike. */
const STRATEGIES: readonly Strategy[] = [
  {
    id: 'primary-budget',
    models: ['openrouter/anthropic/claude-sonnet-5', 'openrouter/deepseek/deepseek-v4-flash'],
    shares: [0.7, 0.3],
  },
  {
    id: 'speed-depth',
    models: [
      'openrouter/anthropic/claude-haiku-4.5',
      'openrouter/anthropic/claude-sonnet-5',
      'openrouter/anthropic/claude-opus-5.5',
    ],
    shares: [0.4, 0.5, 0.1],
  },
  {
    id: 'several-providers',
    models: ['openai/gpt-5-mini', 'anthropic/claude-sonnet-5', 'google/gemini-2.5-flash'],
    shares: [1 / 3, 1 / 3, 1 / 3],
  },
  { id: 'own-server', models: [OWN, 'openrouter/anthropic/claude-sonnet-5'], shares: [0.8, 0.2] },
];

/**
 * All scenarios but *As it was*.
 *
 * @param own what the user's own server or computer costs; undefined: unknown
 * @param firsts the share that the user gave the first model of a strategy, in percent, by its id
 */
export async function scenariosFor(
  settings: Pick<Settings, 'tiers'>,
  own: Price | undefined,
  firsts: ReadonlyMap<string, number>,
  priceOf: (model: string) => Promise<Price | undefined>,
): Promise<readonly Scenario[]> {
  const single = async (id: ScenarioId, tier: 'mid' | 'frontier'): Promise<Scenario> => {
    const [first] = settings.tiers[tier];
    const model = first ? formatModelRef(first) : '';
    return { id, parts: [{ model, share: 1, price: model ? await priceOf(model) : undefined }] };
  };
  const strategies = STRATEGIES.map(async ({ id, models, shares }): Promise<Scenario> => {
    const first = firsts.get(id);
    const split = first === undefined ? shares : withFirstShare(shares, first / 100);
    const parts = models.map(async (model, index) => {
      const price = model === OWN ? own : await priceOf(model);
      return { model, share: split[index] ?? 0, price };
    });
    return { id, parts: await Promise.all(parts) };
  });
  return [
    await single('all-frontier', 'frontier'),
    await single('one-mid', 'mid'),
    ...(await Promise.all(strategies)),
    { id: 'all-local', parts: [{ model: OWN, share: 1, price: own }] },
  ];
}

export const isOwn = (model: string): boolean => model === OWN;
