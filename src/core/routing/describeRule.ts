import { t } from '@vscode/l10n';
import { categoryName } from '../ledger/categoryNames.ts';
import { formatCount } from '../common/format.ts';
import type { Conditions, Range, RuleEntry } from './routingTypes.ts';
import type { Topic } from './topicNames.ts';

/** Rules as sentences: when … then … because …. */

const list = (values: readonly string[]): string =>
  values.length > 4
    ? t('{0} or one of {1} more', values.slice(0, 3).join(', '), values.length - 3)
    : values.length > 1
      ? t('{0} or {1}', values.slice(0, -1).join(', '), values.at(-1) ?? '')
      : (values[0] ?? '');

const bounds = ({ min, max }: Range, show: (value: number) => string): string => {
  if (min !== undefined && max !== undefined) return t('from {0} to {1}', show(min), show(max));
  return min === undefined ? t('at most {0}', show(max ?? 0)) : t('at least {0}', show(min));
};

const TOPIC_NAMES: Readonly<Record<Topic, () => string>> = {
  review: () => t('a review'),
  refactoring: () => t('restructuring code'),
  audit: () => t('an audit'),
  legacy: () => t('changing old code'),
  'test-strategy': () => t('a test strategy'),
  performance: () => t('performance'),
  judgment: () => t('a judgment of attached code'),
};

/** A topic of questions, for lists and sentences. */
export const topicName = (topic: Topic): string => TOPIC_NAMES[topic]();

type Words<K extends keyof Conditions> = (wanted: NonNullable<Conditions[K]>) => string;

const WORDS: { readonly [K in keyof Required<Conditions>]: Words<K> } = {
  tasks: (wanted) => t('the task is {0}', list(wanted)),
  actions: (wanted) => t('the action is {0}', list(wanted)),
  notActions: (wanted) => t('the action is not {0}', list(wanted)),
  score: ({ min, max }) =>
    min === 'threshold'
      ? t('the complexity is at the threshold or above')
      : t(
          'the complexity is {0}',
          bounds({ min, max }, (value) => value.toFixed(1)),
        ),
  languages: (wanted) => t('the language is {0}', list(wanted)),
  topics: (wanted) => t('the question is about {0}', list(wanted.map(topicName))),
  categories: (wanted) => t('the category of the question is {0}', list(wanted.map(categoryName))),
  tokens: (wanted) => t('{0} tokens are sent', bounds(wanted, formatCount)),
  files: (wanted) => t('the number of attached files is {0}', bounds(wanted, String)),
  threadTurns: (wanted) => t('the number of earlier questions is {0}', bounds(wanted, String)),
  sameThread: (wanted) => t('the chat was answered by {0}', list(wanted)),
  offline: (wanted) => (wanted ? t('there is no network') : t('there is a network')),
  private: (wanted) => (wanted ? t('private mode is on') : t('private mode is off')),
  healthy: (wanted) => t('{0} can answer', list(wanted)),
  unhealthy: (wanted) => t('{0} cannot answer', list(wanted)),
  overBudget: (wanted) => t('the {0} budget does not allow it', list(wanted)),
  fits: (wanted) => (wanted ? t('it fits into the context window') : t('it does not fit into the context window')),
  chosen: (wanted) => t('the rules chose {0}', list(wanted)),
};

function words<K extends keyof Conditions>(kind: K, when: Conditions): string[] {
  const wanted = when[kind];
  return wanted === undefined ? [] : [WORDS[kind](wanted)];
}

/** The conditions of a rule in words, joined by "and"; `always` for none. */
export const describeConditions = (when: Conditions): string =>
  (Object.keys(WORDS) as (keyof Conditions)[]).flatMap((kind) => words(kind, when)).join(t(' and ')) || t('always');

/** `When the language is rust, then frontier, because our Rust code has subtle lifetimes.` */
export function describeRule({ when = {}, tier = 'mid', because, until }: RuleEntry): string {
  const conditions = describeConditions(when);
  const sentence = Object.keys(when).length === 0 ? t('Always {0}', tier) : t('When {0}, then {1}', conditions, tier);
  const reason = because ? t('{0}, because {1}', sentence, because) : sentence;
  return until ? t('{0}. Until {1}.', reason, until) : `${reason}.`;
}
