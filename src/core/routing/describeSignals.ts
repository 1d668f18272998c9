import { t } from '@vscode/l10n';
import type { Signal } from './routingTypes.ts';

/** What moved a score, in words. A signal is told only where its words are true of the request; see `isTold`. */
export const SIGNAL_WORDS = {
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
  implement: () => t('writing new code'),
  test: () => t('tests'),
  bugfix: () => t('a bug to fix'),
  refactor: () => t('refactoring'),
  explain: () => t('an explanation'),
  review: () => t('a review'),
  docs: () => t('documentation'),
  brief: () => t('short and with little context'),
} as const satisfies Readonly<Record<string, () => string>>;

export type SignalName = keyof typeof SIGNAL_WORDS;

const isSignalName = (name: string): name is SignalName => name in SIGNAL_WORDS;

/** The name of the strongest signal that speaks for a score and has words; an empty list when there is none to tell. */
export function tellingSignals(signals: readonly Signal[], score: number): readonly string[] {
  // Above the limit of the local tier a reader wants to know what makes a request hard, below it what makes it easy.
  const upwards = score > 2.5;
  const best = signals.find(({ name, weight }) => weight > 0 === upwards && isSignalName(name));
  return best ? [best.name] : [];
}

/** The first signal of a list in words; empty where only another version knows it. */
export const describeSignals = ([name = '']: readonly string[]): string =>
  isSignalName(name) ? SIGNAL_WORDS[name]() : '';
