import { t } from '@vscode/l10n';
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
  depth: () => t('difficult theory'),
  constraints: () => t('several requests at once'),
  context: () => t('much context'),
  files: () => t('several files'),
  trivial: () => t('described as small'),
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
