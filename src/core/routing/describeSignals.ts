import { t } from '@vscode/l10n';
import { formatCost } from '../money/pricing.ts';
import { TIERS, type Tier } from '../common/types.ts';
import type { Signal } from './routingTypes.ts';

/** What moved a score, in words. Signals without words are too faint to be told. */
const WORDS: Readonly<Record<string, () => string>> = {
  architecture: () => t('design or architecture'),
  breadth: () => t('many places at once'),
  planning: () => t('a plan or a decision'),
  security: () => t('security'),
  performance: () => t('performance'),
  concurrency: () => t('concurrency or distribution'),
  migration: () => t('a migration or old code'),
  mystery: () => t('a fault without a known cause'),
  stakes: () => t('high stakes'),
  strategy: () => t('a strategy'),
  depth: () => t('hard theory'),
  constraints: () => t('several demands at once'),
  context: () => t('much context'),
  files: () => t('several files'),
  trivial: () => t('said to be small'),
  lookup: () => t('a quick lookup'),
  naming: () => t('naming or renaming'),
  formatting: () => t('formatting or style'),
  boilerplate: () => t('boilerplate'),
  comment: () => t('comments or text'),
  convert: () => t('a mechanical conversion'),
  oneliner: () => t('one line or one place'),
  implement: () => t('code to a given end'),
  test: () => t('tests'),
  bugfix: () => t('a bug to fix'),
  refactor: () => t('refactoring'),
  explain: () => t('an explanation'),
  review: () => t('a review'),
  docs: () => t('documentation'),
  brief: () => t('short and with little context'),
  action: () => t('the action that was picked'),
};

/** Names of the strongest signals that speak for a score and have words; empty when there are none to tell. */
export function tellingSignals(signals: readonly Signal[], score: number): readonly string[] {
  const upwards = score >= 3;
  return signals
    .filter(({ name, weight }) => weight > 0 === upwards && name in WORDS)
    .map(({ name }) => name)
    .slice(0, 3);
}

/** Signals as a list in words; those that only another version knows are left out. */
export const describeSignals = (names: readonly string[]): string =>
  names
    .map((name) => WORDS[name]?.())
    .filter((words) => words !== undefined)
    .join(', ');

/** What a request would cost on each tier, for the line beside the reason. */
export interface TierPrice {
  readonly tier: Tier;
  readonly chosen: boolean;
  /** `~$0.0031`, `free`, `cost unknown`. */
  readonly words: string;
}

/**
 * The price of the chosen tier and of its neighbours, in the order of the tiers.
 *
 * @param likely what the request would likely cost on each tier, in nano-USD (0: free, null: price unknown); a tier
 *   without a model is left out of it
 */
export function describePrices(tier: Tier, likely: { readonly [T in Tier]?: number | null }): TierPrice[] {
  return TIERS.flatMap((name): TierPrice[] => {
    const nanoUsd = likely[name];
    if (nanoUsd === undefined) return [];
    const source = nanoUsd === null ? 'unknown' : nanoUsd === 0 ? 'free' : 'estimated';
    return [{ tier: name, chosen: name === tier, words: formatCost({ nanoUsd, source }) }];
  });
}
