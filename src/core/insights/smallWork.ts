import type { Category } from '../ledger/categories.ts';
import type { LedgerRow } from '../ledger/ledger.ts';
import { isQuestion } from './insightFigures.ts';

/** Small questions that an expensive model answered: by what they are about, and by how much there was to do. */

/** Categories of work that a small model does. */
const SMALL_CATEGORIES: ReadonlySet<Category> = new Set(['lookup', 'naming']);

/** Up to this score, 1 to 5, the scorer finds a question simple. */
const SIMPLE_SCORE = 2.5;
/** An answer with fewer tokens is short. */
const SHORT_ANSWER = 200;

/** Small questions of a category that one model of frontier answered. */
export interface SmallWork {
  readonly category: Category;
  /** `provider/model` as it was asked. */
  readonly model: string;
  readonly calls: number;
  /** What is known of their cost, in nano-USD. */
  readonly nanoUsd: number;
}

/**
 * Whether a question was small: its category is one of small work, and the scorer found it simple or its answer was
 * short. A question that is hard and answered at length is not small, whatever its category.
 */
function isSmall(row: LedgerRow): boolean {
  const category = row.ownCategory ?? row.category;
  if (category === null || !SMALL_CATEGORIES.has(category) || row.settled?.outcome !== 'done') return false;
  return (row.score !== null && row.score <= SIMPLE_SCORE) || row.settled.usage.output < SHORT_ANSWER;
}

/** @param rows of questions; those of other tiers, and those that were not answered to their end, are passed over */
export function smallWork(rows: readonly LedgerRow[]): readonly SmallWork[] {
  const small = rows.filter((row) => row.tier === 'frontier' && isQuestion(row) && isSmall(row));
  const groups = Map.groupBy(small, (row) =>
    JSON.stringify([row.ownCategory ?? row.category, row.provider, row.modelAsked]),
  );
  return [...groups.values()].flatMap((group): SmallWork[] => {
    const [first] = group;
    const category = first && (first.ownCategory ?? first.category);
    if (!category) return [];
    return [
      {
        category,
        model: `${first.provider}/${first.modelAsked}`,
        calls: new Set(group.map(({ callId }) => callId)).size,
        nanoUsd: group.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0),
      },
    ];
  });
}
