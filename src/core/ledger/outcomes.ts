import type { Category } from './categories.ts';
import type { Task, Tier, TimeSpan } from '../common/types.ts';

/**
 * Outcomes of answers: whether a suggestion was taken, an edit kept, and how much of it was still there later. Counts of
 * characters only; no text of the user is ever in them.
 */

export const OUTCOME_KINDS = [
  /** A suggestion was on the screen. */
  'offered',
  /** It was accepted as a whole; */
  'accepted',
  /** by word or line, and the rest was not wanted; */
  'accepted-part',
  /** typed by hand to its end; */
  'typed-through',
  /** or something else was typed, or the cursor moved away. */
  'rejected',
  /** How much of accepted text was there 30 s after it was accepted, */
  'there-30s',
  /** 5 min after, */
  'there-5min',
  /** 15 min after, */
  'there-15min',
  /** when the file was next saved, */
  'there-saved',
  /** and at the next commit. */
  'there-commit',
  /** The last edit inside of it was made; `ms` is the time from the request until then. */
  'useful',
  /** An applied edit stays as it was proposed, */
  'kept',
  /** was changed since, */
  'edited',
  /** or taken back. */
  'undone',
  /** Of two answers whose models were hidden, the user found this one better, */
  'preferred',
  /** the other one better, */
  'not-preferred',
  /** both as good, */
  'equal',
  /** or neither good. */
  'neither',
] as const;

export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** The answer that something became of. */
export interface AnsweredBy {
  readonly callId: string;
  readonly tier: Tier;
  readonly task: Task;
  /** As the provider names it: what the server said answered, else what was asked. */
  readonly model: string;
  /** Language id of the document, where there is one. */
  readonly language: string | null;
}

/** Something that became of an answer. Rows are never rewritten. */
export interface OutcomeRow extends AnsweredBy {
  /** Unique over all windows: of a suggestion or edit there is one row of a kind. */
  readonly outcomeId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: OutcomeKind;
  /** Characters that were offered, accepted, typed, or looked for. White space counts only where all of it was looked at. */
  readonly characters: number;
  /** How many of them were found; null where they were not looked at. */
  readonly kept: number | null;
  /** Of `offered`: from the last key to the suggestion on the screen. Of `useful`: from the request. Else null. */
  readonly ms: number | null;
}

/** An outcome with the category and the prompt of its call. */
export interface AnswerOutcome extends Pick<
  OutcomeRow,
  'callId' | 'at' | 'tier' | 'task' | 'model' | 'kind' | 'characters' | 'kept' | 'ms'
> {
  readonly category: Category | null;
  /** The prompt of its call, and its version with the hash of its text. */
  readonly promptName: string | null;
  readonly promptVersion: string | null;
}

/** Sums over the outcomes of one kind, model, tier and task. */
export interface OutcomeTotal extends Pick<OutcomeRow, 'tier' | 'task' | 'model' | 'kind'> {
  readonly count: number;
  readonly characters: number;
  readonly kept: number;
}

/** The part of the ledger that keeps outcomes. */
export interface OutcomeStore {
  /**
   * Writes outcomes together. One that is there already stays as it is; an impossible value rejects with a RangeError,
   * and then none is written.
   */
  recordOutcomes(rows: readonly OutcomeRow[]): Promise<void>;
  /** Outcomes at or after `since` and before `until`, newest first. */
  outcomes(query: OutcomeQuery): Promise<readonly OutcomeRow[]>;
  /** Sums of the outcomes at or after `since` (ms since the epoch). */
  outcomeTotals(since: number): Promise<readonly OutcomeTotal[]>;
}

export interface OutcomeQuery extends Pick<TimeSpan, 'since'>, Partial<Pick<TimeSpan, 'until'>> {
  readonly limit?: number;
}

type Sums = { -readonly [K in keyof OutcomeTotal]: OutcomeTotal[K] };

/** Adds outcomes, or sums made elsewhere, up. */
export function createOutcomeTally() {
  const groups = new Map<string, Sums>();
  const groupOf = ({ tier, task, model, kind }: Pick<OutcomeTotal, 'tier' | 'task' | 'model' | 'kind'>): Sums => {
    const key = JSON.stringify([tier, task, model, kind]);
    const known = groups.get(key);
    if (known) return known;
    const sums = { tier, task, model, kind, count: 0, characters: 0, kept: 0 };
    groups.set(key, sums);
    return sums;
  };
  const add = (total: OutcomeTotal): void => {
    const sums = groupOf(total);
    sums.count += total.count;
    sums.characters += total.characters;
    sums.kept += total.kept;
  };
  return {
    record: (row: OutcomeRow): void => add({ ...row, count: 1, kept: row.kept ?? 0 }),
    add: (totals: readonly OutcomeTotal[]): void => totals.forEach(add),
    totals: (): readonly OutcomeTotal[] => [...groups.values()].map((sums) => ({ ...sums })),
  };
}
