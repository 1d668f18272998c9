import { t } from '@vscode/l10n';
import { describeSignals } from './describeSignals.ts';
import type { Fact, FactKind, Reason } from './routingTypes.ts';

/** The words of what routing found and chose: a route is kept as data, and worded when it is shown. */

type Words = (values: Fact['values']) => string;

const one = ([value]: Fact['values']): string | number => value ?? '';
const list = (values: Fact['values']): string => values.join(', ');
const score = (value: string | number): string => (typeof value === 'number' ? value.toFixed(1) : value);

const WORDS: Readonly<Record<FactKind, Words>> = {
  'no-rule': () => t('no rule matched'),
  chosen: (values) => t('the earlier rules chose {0}', one(values) || t('nothing')),
  private: () => t('private mode is on'),
  'not-private': () => t('private mode is off'),
  offline: () => t('there is no network'),
  online: () => t('there is a network'),
  task: (values) => t('the task is {0}', one(values)),
  action: (values) => t('the action is {0}', one(values)),
  'no-action': () => t("it isn't a named action"),
  language: (values) => t('the language is {0}', one(values)),
  'no-language': () => t('no language is known'),
  score: (values) => t('its complexity is {0} of 5', score(one(values))),
  tokens: (values) => t('about {0} tokens would be sent', one(values)),
  files: (values) => (one(values) === 1 ? t('1 file affected') : t('{0} files affected', one(values))),
  'thread-turns': (values) =>
    one(values) === 1 ? t('1 earlier question in this chat') : t('{0} earlier questions in this chat', one(values)),
  'over-budget': (values) => t('the {0} budget is used up', list(values)),
  'within-budget': (values) => t('no budget of {0} is used up', list(values)),
  unreachable: (values) => t('no model of {0} can be reached', list(values)),
  reachable: (values) => t('{0} can be reached', list(values)),
  fits: (values) => t('it fits into the context window of {0}', one(values)),
  'too-long': (values) => t('it does not fit into the context window of {0}', one(values)),
  moved: ([tokens = '', room = '', tier = '', movedTo = '']) =>
    t("about {0} tokens won't fit in {2}'s {1}-token window, so {3}", tokens, room, tier, movedTo),
  'fits-nowhere': ([tokens = '', room = '', tier = '']) =>
    t('about {0} tokens do not fit into the {1} that {2} can take: something must be left out', tokens, room, tier),
};

/** A fact in words; empty for one that only another version knows. */
const describeFact = ({ kind, values }: Fact): string =>
  (WORDS as Readonly<Record<string, Words | undefined>>)[kind]?.(values) ?? '';

/** Facts in words, one after the other. */
export const describeFacts = (facts: readonly Fact[]): string =>
  facts.map(describeFact).filter(Boolean).join('; ') || t('no earlier rule matched');

/** Why a tier was chosen, in words for the user. */
export const describeReasons = (reasons: readonly Reason[]): string => reasons.map(describeReason).join('; ');

function describeReason({ facts, signals = [], then }: Reason): string {
  const words = describeFacts(facts);
  const moved = then ? t('{0}, so {1}', words, then) : words;
  const judged = describeSignals(signals);
  return judged ? t('{0} ({1})', moved, judged) : moved;
}
