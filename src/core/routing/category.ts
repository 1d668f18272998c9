import type { Category } from '../ledger/categories.ts';
import type { Task } from '../common/types.ts';
import { categorySignals } from './features.ts';
import type { ScoredFacts } from './routingTypes.ts';

/** What a question is about, by the words that the scorer knows in many languages. */

/** The category that each signal of the scorer speaks for; the others tell how hard a question is, not what it is. */
const OF_SIGNAL: Readonly<Record<string, Category>> = {
  naming: 'naming',
  formatting: 'naming',
  lookup: 'lookup',
  explain: 'lookup',
  implement: 'feature',
  boilerplate: 'feature',
  convert: 'feature',
  test: 'tests',
  docs: 'docs',
  comment: 'docs',
  bugfix: 'bug',
  mystery: 'bug',
  refactor: 'refactoring',
  migration: 'refactoring',
  review: 'review',
  architecture: 'architecture',
  planning: 'architecture',
  strategy: 'architecture',
};

/** Actions say what they are, whatever was written with them. In lower case, without the slash. */
const OF_ACTION: Readonly<Record<string, Category>> = {
  rename: 'naming',
  title: 'naming',
  explain: 'lookup',
  tests: 'tests',
  generatetests: 'tests',
  docs: 'docs',
  'commit-message': 'docs',
  commit: 'docs',
  fix: 'bug',
  optimize: 'refactoring',
  refactor: 'refactoring',
  review: 'review',
};

/** A word at the beginning of a question says more of its kind than the same word in its details. */
const FIRST_WEIGHT = 1.5;
const GENERIC_WEIGHT = 0.3;

/** A question mark of any script at the end. */
const ASKS = /[?？؟՞]\s*$/u;

/**
 * The category of a question: that of its action where it has one, else the one that most of its words speak for.
 * `other` where none does.
 */
export function categoryOf(facts: ScoredFacts & { readonly task?: Task | undefined }): Category {
  const action = facts.action?.replace(/^\//, '').toLowerCase();
  const named = action === undefined ? undefined : OF_ACTION[action];
  if (named) return named;
  if (facts.task === 'review') return 'review';
  if (facts.task === 'commit') return 'docs';
  const votes = new Map<Category, number>();
  for (const { signal, weight, isFirst } of categorySignals(facts)) {
    const category = OF_SIGNAL[signal];
    if (!category) continue;
    // "Write" and "add" name no kind: "write tests" is about tests.
    const vote = category === 'feature' ? GENERIC_WEIGHT * weight : weight + (isFirst ? FIRST_WEIGHT : 0);
    votes.set(category, (votes.get(category) ?? 0) + vote);
  }
  if (votes.size === 0 && ASKS.test(facts.text)) return 'lookup';
  const [best] = [...votes].sort((a, b) => b[1] - a[1]);
  return best?.[0] ?? 'other';
}
