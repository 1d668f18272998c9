import { t } from '@vscode/l10n';
import { formatUsd } from '../money/pricing.ts';
import { displayMoney } from '../money/displayMoney.ts';
import { describeSignals } from './describeSignals.ts';
import { categoryName } from '../ledger/categoryNames.ts';
import type { Category } from '../ledger/categories.ts';
import type { Topic } from './topicNames.ts';
import type { Fact, FactKind, Reason } from './routingTypes.ts';
import { plural } from '../common/language.ts';

/** The words of what routing found and chose: a route is kept as data, and worded when it is shown. */

type Words = (values: Fact['values']) => string;

const one = ([value]: Fact['values']): string | number => value ?? '';
const list = (values: Fact['values']): string => values.join(', ');
const score = (value: string | number): string => (typeof value === 'number' ? value.toFixed(1) : value);

/** What each topic is told as. */
const TOPIC_WORDS: Readonly<Record<Topic, () => string>> = {
  review: () => t('it asks for a review'),
  refactoring: () => t('it asks to restructure code'),
  audit: () => t('it asks for an audit'),
  legacy: () => t('it asks to change old code'),
  'test-strategy': () => t('it asks for a test strategy'),
  performance: () => t('it is about performance'),
  judgment: () => t('it asks for a judgment of the attached code'),
};

/** What it cost to have a request rated, in nano-USD; `plan`: a flat plan paid, empty: unknown. */
function judgePrice(nanoUsd: string | number): string {
  if (nanoUsd === '') return t('price unknown');
  if (nanoUsd === 'plan') return t('in plan');
  return nanoUsd === 0 ? t('free') : displayMoney(Number(nanoUsd));
}

const WORDS: Readonly<Record<FactKind, Words>> = {
  'no-rule': () => t('no rule matched'),
  rule: (values) => t('the rule {0} applies', one(values)),
  because: (values) => String(one(values)),
  chosen: (values) => t('the earlier rules chose {0}', one(values) || t('nothing')),
  private: () => t('private mode is on'),
  'not-private': () => t('private mode is off'),
  offline: () => t('the network cannot be reached'),
  online: () => t('the network can be reached'),
  task: (values) => t('the task is {0}', one(values)),
  action: (values) => t('the action is {0}', one(values)),
  'no-action': () => t("it isn't a named action"),
  language: (values) => t('the language is {0}', one(values)),
  'no-language': () => t('no language is known'),
  topic: (values) => TOPIC_WORDS[one(values) as Topic]?.() ?? '',
  'other-topic': (values) => t('it is not about {0}', list(values)),
  category: (values) => t('its category is {0}', list(values.map((each) => categoryName(each as Category)))),
  score: (values) => t('its complexity is {0} of 5', score(one(values))),
  judged: ([model = '', rated = '', nanoUsd = '']) =>
    t('{0} rated it {1} of 5 ({2})', model, rated, judgePrice(nanoUsd)),
  tokens: (values) => t('about {0} tokens would be sent', one(values)),
  files: (values) =>
    plural(Number(one(values)), t('{0} file affected', one(values)), t('{0} files affected', one(values))),
  'thread-turns': (values) =>
    plural(
      Number(one(values)),
      t('{0} earlier question in this chat', one(values)),
      t('{0} earlier questions in this chat', one(values)),
    ),
  'same-thread': (values) => t('this chat stays on {0}', one(values)),
  'new-topic': () => t('it begins a new topic'),
  author: () => t('another model wrote these lines'),
  'other-thread': () => t('nothing keeps this chat on a tier'),
  'over-budget': (values) => t('the {0} budget is used up', list(values)),
  'budget-short': ([tier = '', left = 0, needed = 0]) =>
    t('the {0} budget has {1} left and this may cost {2}', tier, formatUsd(Number(left)), formatUsd(Number(needed))),
  'no-price': (values) => t('a budget is set and the price of {0} is unknown', one(values)),
  'within-budget': (values) => t('the budgets of {0} allow it', list(values)),
  unreachable: (values) => t('{0} cannot answer now', list(values)),
  'no-model': (values) => t('no model is set for {0}', one(values)),
  'no-chat-model': (values) => t('{0} has no model that answers questions', one(values)),
  'no-key': (values) => t('{0} has no API key', one(values)),
  failed: (values) => t('the last call to {0} failed', one(values)),
  reachable: (values) => t('{0} can answer', list(values)),
  fits: (values) => t('it fits into the context window of {0}', one(values)),
  'too-long': (values) => t('it does not fit into the context window of {0}', one(values)),
  moved: ([tokens = '', room = '', tier = '', movedTo = '']) =>
    t("about {0} tokens won't fit in the {1} that {2} has room for, so {3}", tokens, room, tier, movedTo),
  'window-unknown': ([tokens = '', tier = '', movedTo = '']) =>
    t("about {0} tokens would be sent and {1}'s context window is unknown, so {2}", tokens, tier, movedTo),
  'fits-nowhere': ([tokens = '', room = '', tier = '']) =>
    t("about {0} tokens won't fit in the {1} that {2} has room for: something must be left out", tokens, room, tier),
};

/** A fact in words; empty for one that only another version knows. */
const describeFact = ({ kind, values }: Fact): string =>
  (WORDS as Readonly<Record<string, Words | undefined>>)[kind]?.(values) ?? '';

/** Facts in words, one after the other. */
export const describeFacts = (facts: readonly Fact[]): string =>
  facts.map(describeFact).filter(Boolean).join('; ') || t('no earlier rule matched');

/**
 * Why a tier was chosen, in words for the user: the one best reason. What moved a choice at last says more than what it
 * was moved from, and what a rule looks for says more than the score that it also wants.
 */
export function describeReasons(reasons: readonly Reason[]): string {
  const best = bestOf(reasons);
  if (!best) return reasons.length > 0 ? t('no earlier rule matched') : '';
  const { words, then, judged } = best;
  if (then) return t('{0}, so {1}', words, then);
  return judged ? t('{0} ({1})', words, judged) : words;
}

/** The same in a few words for one line: what decided about a score, rather than the score. */
export function briefReason(reasons: readonly Reason[]): string {
  const best = bestOf(reasons);
  return best ? best.judged || best.words : '';
}

/** The one reason that says most, in its parts. */
function bestOf(
  reasons: readonly Reason[],
): { readonly words: string; readonly then: string; readonly judged: string } | undefined {
  // A newer version may have kept kinds that this one has no words for.
  const known = reasons
    .map((reason) => ({ ...reason, facts: reason.facts.filter(({ kind }) => kind in WORDS) }))
    .filter(({ facts }) => facts.length > 0);
  const last = known.at(-1);
  const best = last && (last.then || last.facts.some(({ kind }) => ENDINGS.has(kind))) ? last : known[0];
  if (!best) return undefined;
  const { facts, signals = [], then = '' } = best;
  const fact = facts.find(({ kind }) => !SCORES.has(kind)) ?? facts[0];
  const words = describeFacts(fact ? [fact] : []);
  const judged = !then && (fact === undefined || SCORES.has(fact.kind)) ? describeSignals(signals) : '';
  return { words, then: fact?.kind === 'same-thread' ? '' : then, judged };
}

const SCORES: ReadonlySet<FactKind> = new Set(['score', 'judged']);
const ENDINGS: ReadonlySet<FactKind> = new Set(['moved', 'window-unknown', 'fits-nowhere']);
