import { t } from '@vscode/l10n';
import type * as vscode from 'vscode';
import { takesPictures } from '../../core/chat/modelCapabilities.ts';
import { tierName } from '../../core/insights/figures.ts';
import { ANSWER_TOKENS, familyOfTier } from '../../core/languageModels/plan.ts';
import { describeBudget, type BudgetState } from '../../core/money/budgets.ts';
import { contextTokensOf, formatPrice, formatUsd, type Price, type PriceBook } from '../../core/money/pricing.ts';
import type { TierState } from '../../core/gateway/tierStatus.ts';
import { TIERS, type ModelRef, type Tier, type TierChoice } from '../../core/common/types.ts';
import type { Config } from '../platform/config.ts';

/** The tiers as VS Code's model picker shows them. */

/** Id and name of each: they never change, because agents name models by them. Sorted by name, Auto is the first. */
export const MODEL_NAMES: Readonly<Record<TierChoice, string>> = {
  auto: 'Gearshift Auto',
  local: 'Gearshift Local',
  mid: 'Gearshift Mid',
  frontier: 'Gearshift Frontier',
};

/** Windows of models whose server does not tell one, in tokens. Requests that do not fit are refused in words. */
const LIKELY_WINDOW: Readonly<Record<Tier, number>> = { local: 32_000, mid: 128_000, frontier: 200_000 };

/** Fields that VS Code reads and its published types do not have (VS Code 1.139). Prices in USD per million tokens. */
interface ShownFields {
  readonly inputCost?: number;
  readonly outputCost?: number;
  readonly cacheCost?: number;
  readonly priceCategory?: 'low' | 'medium' | 'high';
  /** Markdown in boxes of the hover, by any name. */
  readonly warningText?: Readonly<Record<string, string>>;
  readonly infoText?: Readonly<Record<string, string>>;
}

export type TierInformation = vscode.LanguageModelChatInformation & ShownFields;

export interface InformationParts {
  readonly config: Config;
  readonly prices: PriceBook;
  readonly tierState: (tier: Tier) => Promise<TierState>;
  readonly budgetStates: () => readonly BudgetState[];
  /** The models of a tier that can answer questions. */
  readonly chain: (tier: Tier) => readonly ModelRef[];
}

/** All tiers and *Auto*, also those that cannot answer now: a model that is missing says nothing. */
export async function describeTiers(parts: InformationParts): Promise<TierInformation[]> {
  const tiers = await Promise.all(TIERS.map((tier) => describeTier(tier, parts)));
  const [, mid, frontier] = tiers;
  const auto: TierInformation = {
    id: 'auto',
    name: MODEL_NAMES.auto,
    family: mid?.family ?? 'gearshift',
    version: '1',
    maxInputTokens: Math.min(mid?.maxInputTokens ?? Infinity, frontier?.maxInputTokens ?? Infinity),
    maxOutputTokens: ANSWER_TOKENS.mid,
    capabilities: { toolCalling: true, imageInput: mid?.capabilities.imageInput ?? false },
    detail: t('chooses a tier per conversation'),
    priceCategory: 'medium',
    ...(mid?.infoText ? { infoText: mid.infoText } : {}),
  };
  return [auto, ...tiers];
}

async function describeTier(tier: Tier, parts: InformationParts): Promise<TierInformation> {
  const { config, prices } = parts;
  const chain = parts.chain(tier);
  const [first] = chain;
  const provider = first && config.settings.providers.get(first.provider);
  const entry = provider && (await prices.find(provider, first.model));
  const window = (provider && (await contextTokensOf(prices, provider, first.model))) ?? LIKELY_WINDOW[tier];
  const { ready, words } = await parts.tierState(tier);
  const maxOutputTokens = Math.min(ANSWER_TOKENS[tier], Math.floor(window / 2));
  const budgets = budgetWords(tier, parts.budgetStates());
  return {
    id: tier,
    name: MODEL_NAMES[tier],
    family: familyOfTier(chain),
    version: '1',
    maxInputTokens: window - maxOutputTokens,
    maxOutputTokens,
    capabilities: { toolCalling: true, imageInput: first ? takesPictures(first.model) !== false : false },
    detail: first?.model ?? t('no model set'),
    ...costFields(entry?.price),
    ...(ready || !first ? {} : { warningText: { state: t('The {0} tier: {1}.', tierName(tier), words) } }),
    infoText: {
      ...(first ? { model: t('{0} at {1}, {2}', first.model, first.provider, formatPrice(entry?.price)) } : {}),
      ...(budgets ? { budget: budgets } : {}),
    },
  };
}

/** USD per million output tokens from which on a model counts as costly, and as not cheap. */
const HIGH = 10;
const MEDIUM = 2;

function costFields(price: Price | undefined): Partial<ShownFields> {
  const step = price?.source === 'free' ? undefined : price?.steps[0];
  if (!step) return price?.source === 'free' ? { priceCategory: 'low' } : {};
  const usd = (nanoUsd: number): number => nanoUsd / 1e9;
  const output = usd(step.output);
  return {
    inputCost: usd(step.input),
    outputCost: output,
    cacheCost: usd(step.cacheRead),
    priceCategory: output >= HIGH ? 'high' : output >= MEDIUM ? 'medium' : 'low',
  };
}

/** What is left of each budget that counts for a tier, as Markdown; empty without any. */
const budgetWords = (tier: Tier, states: readonly BudgetState[]): string =>
  states
    .filter(({ budget }) => budget.tier === undefined || budget.tier === tier)
    .map(({ budget, limit, spending }) =>
      t(
        'Budget {0}: {1} left.',
        describeBudget(budget),
        formatUsd(Math.max(0, limit.nanoUsd - spending.spent - spending.reserved)),
      ),
    )
    .join(' ');
