import type { Category } from '../ledger/categories.ts';
import type { Task } from '../common/types.ts';
import { categoryOf } from './category.ts';
import { scoreComplexity } from './scorer.ts';
import type { Reason, ScoredFacts } from './routingTypes.ts';

/** What a call is put on the ledger with, besides its tier: what it is about, and how its tier was chosen. */
export interface CallFacts {
  readonly category: Category;
  /** 1 to 5. */
  readonly score: number;
  /** Kind of the reason that chose the tier; `user` where the user did. */
  readonly reasonKind: string;
  /** Kind of the reason that moved the choice; undefined where nothing did. */
  readonly bumpKind: string | undefined;
}

/** The decision of the rules, as far as it is known. */
export interface Decision {
  readonly reasons: readonly Reason[];
  /** The rating that it rests on; undefined: the scorer's. */
  readonly score?: number | undefined;
  /** The user then asked another tier. */
  readonly overridden?: boolean | undefined;
}

/** Kinds of facts that tell that a request was moved because it does not fit. */
const MOVES: ReadonlySet<string> = new Set(['moved', 'window-unknown']);

/**
 * The facts of a call for the ledger; no text of the question is in them.
 *
 * @param decision undefined: no rule was asked, the user chose the tier
 */
export function callFacts(
  facts: ScoredFacts & { readonly task?: Task | undefined },
  decision: Decision | undefined,
): CallFacts {
  const category = categoryOf(facts);
  const score = decision?.score ?? scoreComplexity(facts).score;
  if (!decision) return { category, score, reasonKind: 'user', bumpKind: undefined };
  if (decision.overridden) return { category, score, reasonKind: 'user', bumpKind: 'user' };
  const [first] = decision.reasons;
  const bump = decision.reasons.findLast(
    ({ then, facts: held }) => then !== undefined || MOVES.has(held[0]?.kind ?? ''),
  );
  return { category, score, reasonKind: first?.facts[0]?.kind ?? 'rule', bumpKind: bump?.facts[0]?.kind };
}
