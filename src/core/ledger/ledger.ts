import type { Category } from './categories.ts';
import type { GroupQuery, GroupTotal } from './groupTypes.ts';
import type { AnswerOutcome, OutcomeStore } from './outcomes.ts';
import {
  type Cost,
  type FinishReason,
  NO_USAGE,
  type Outcome,
  type Task,
  type Tier,
  type TimeSpan,
  type Usage,
} from '../common/types.ts';

/**
 * The contract of the ledger: one row per attempt, opened before its request is sent and settled after it ended.
 * Rows are never rewritten once settled; every total is derived from them.
 */

/** The fields that are known before the request is sent. */
export interface AttemptOpened {
  /** `<callId>/<attempt>`, unique over all windows. */
  readonly attemptId: string;
  readonly callId: string;
  /** 1 for the first request of the logical call. */
  readonly attempt: number;
  /** The window (extension host process) that makes the call. */
  readonly windowId: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly tier: Tier;
  readonly task: Task;
  readonly provider: string;
  /** Scheme, host and port the request goes to. */
  readonly origin: string;
  readonly modelAsked: string;
  /** Language id of the document, where there is one. */
  readonly language: string | null;
  /** URI of the first workspace folder, where there is one. */
  readonly workspace: string | null;
  /** Estimated tokens of the request; what an attempt that never reports is charged with. */
  readonly estimatedInput: number;
  /** Cost of those tokens alone; null when the price is unknown. */
  readonly estimatedCost: number | null;
  /** The most that the attempt can cost, in nano-USD: held back from budgets while it is open. Null: unknown. */
  readonly reserved: number | null;
  /** The price that it is computed with, for example `user 0.27/1.1/0.07/0.27`; null when unknown. */
  readonly price: string | null;
  /** Name of the routing rule that chose the tier; null when the user did. */
  readonly rule: string | null;
  /** Id of the conversation that the call belongs to, where the caller has one. */
  readonly conversation: string | null;
  /** What the call is a part of: the name of an agent, or what VS Code asked by itself, such as `title`. */
  readonly stage: string | null;
  /** Id of the extension that asked; null: Gearshift itself. */
  readonly initiator: string | null;
  /** Why the rules chose the tier, in words; null when the user did, and in rows of older versions. */
  readonly reason: string | null;
  /** What the question is about, by the scorer's signals; null for ghost text, tests and rows of older versions. */
  readonly category: Category | null;
  /** The category that the user gave it instead; the only field that may change later, see `correctCategory`. */
  readonly ownCategory: Category | null;
  /** The complexity by the scorer or the classifier, 1 to 5; null where nothing was scored. */
  readonly score: number | null;
  /** The kind of the first reason that chose the tier (`FactKind`), or `user`; null where nothing was decided. */
  readonly reasonKind: string | null;
  /** The kind of the reason that moved the choice to another tier, or `user`; null where nothing did. */
  readonly bumpKind: string | null;
  /** Id of the run of a recipe that the call is a stage of. */
  readonly run: string | null;
  /** The prompt that the question was made with, and its version or the hash of its text. */
  readonly promptName: string | null;
  readonly promptVersion: string | null;
  /** How long the call waited for a place at the endpoint, and for the server to load the model. Milliseconds. */
  readonly queueMs: number | null;
  readonly loadMs: number | null;
}

/** The fields that are known after it ended. */
export interface AttemptSettled {
  readonly attemptId: string;
  readonly closedAt: number;
  readonly outcome: Outcome;
  /** Kind of the failure (`core/errors.ts`), or null. */
  readonly failure: string | null;
  readonly finish: FinishReason | null;
  /** The model that the server says answered. */
  readonly modelReturned: string | null;
  readonly usage: Usage;
  /** True when the tokens were counted by us because the provider did not (or not believably) say. */
  readonly usageEstimated: boolean;
  readonly cost: Cost;
  /** Milliseconds from sending to the first token of text or reasoning. */
  readonly ttftMs: number | null;
  readonly durationMs: number;
  /** A note on the row, by its short name (`rowNotes.ts`); null for nothing. */
  readonly note: string | null;
  /** The provider behind a gateway that the gateway says served the answer. */
  readonly servedBy: string | null;
  /** The digest of the model's files, where its server states one (Ollama). */
  readonly digest: string | null;
  /** Milliseconds from sending to the response's headers. */
  readonly headersMs: number | null;
  /** What the tokens would have cost by list price, in nano-USD, where a flat plan pays for them. */
  readonly shadowNanoUsd: number | null;
}

export type LedgerRow = AttemptOpened & { readonly settled: Omit<AttemptSettled, 'attemptId'> | null };

/** Sums over the rows of one tier and task. */
export interface Total {
  readonly tier: Tier;
  readonly task: Task;
  /** Logical calls that began in the period: its attempts numbered 1. */
  readonly calls: number;
  readonly attempts: number;
  /** Input including cache reads and writes. */
  readonly inputTokens: number;
  /** Part of `inputTokens` that was read from the provider's cache. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Nano-USD of all rows whose cost is known. */
  readonly nanoUsd: number;
  /** Part of `nanoUsd` that is only an estimate. */
  readonly estimatedNanoUsd: number;
  /** Attempts whose cost is unknown, and which `nanoUsd` therefore does not contain. */
  readonly unknown: number;
  /** Attempts still open (being answered). They count in `nanoUsd` with what they have surely cost: nothing yet. */
  readonly open: number;
}

/** An amount that the attempts of a period may not exceed together, what is reserved for open ones included. */
export interface SpendingLimit {
  /** Start of the period in ms since the epoch. */
  readonly since: number;
  /** Only attempts of this tier count; null: all. */
  readonly tier: Tier | null;
  /** Only attempts of this workspace count; null: all. */
  readonly workspace: string | null;
  readonly nanoUsd: number;
}

/** The cost of the attempts that count for a limit, and the amount reserved for those under way. Nano-USD. */
export interface Spending {
  readonly spent: number;
  readonly reserved: number;
}

/** Opening an attempt would break a limit; its row was not written. */
export class OverLimitError extends Error {
  override readonly name = 'OverLimitError';
  readonly limit: SpendingLimit;
  readonly spending: Spending;
  constructor(limit: SpendingLimit, spending: Spending) {
    super(`${spending.spent} + ${spending.reserved} nano-USD of ${limit.nanoUsd}`);
    this.limit = limit;
    this.spending = spending;
  }
}

/** A limit cannot be kept, because the ledger can be neither read nor written; the row was not written. */
export class LimitUnknownError extends Error {
  override readonly name = 'LimitUnknownError';
}

/**
 * The first limit that a row would break, or undefined. A row of unknown cost breaks every limit.
 *
 * @param spending of each limit, in the same order
 */
export function findBroken(
  row: Pick<AttemptOpened, 'reserved'>,
  limits: readonly SpendingLimit[],
  spending: readonly Spending[],
): OverLimitError | undefined {
  for (const [index, limit] of limits.entries()) {
    const { spent, reserved } = spending[index] ?? { spent: 0, reserved: 0 };
    if (row.reserved === 0) continue;
    if (row.reserved === null || spent + reserved + row.reserved > limit.nanoUsd)
      return new OverLimitError(limit, { spent, reserved });
  }
  return undefined;
}

/** Whether a row counts for a limit. */
export const isWithin = (row: AttemptOpened, { since, tier, workspace }: SpendingLimit): boolean =>
  row.openedAt >= since && (tier === null || row.tier === tier) && (workspace === null || row.workspace === workspace);

export interface LedgerExtent {
  readonly first: number | undefined;
  readonly workspaces: readonly string[];
}

export interface RowQuery extends Pick<TimeSpan, 'since'>, Partial<Pick<TimeSpan, 'until'>> {
  readonly limit?: number;
}

/** A file of rows that were cleared. */
export interface LedgerBackup {
  readonly file: string;
  /** When it was made. Milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
}

/** The space that the ledger takes on the disk. */
export interface LedgerFiles {
  /** Bytes of all its files but the backups. */
  readonly bytes: number;
  /** Newest first. */
  readonly backups: readonly LedgerBackup[];
}

export interface Cleared {
  /** Path of the file that `restore` takes; null when there was nothing to clear. */
  readonly backup: string | null;
  /** Attempts; outcomes are not counted. */
  readonly rows: number;
}

/** An attempt was settled that no window has opened. */
export class UnknownAttemptError extends Error {
  override readonly name = 'UnknownAttemptError';
  constructor(attemptId: string) {
    super(`attempt ${attemptId} was never opened`);
  }
}

/** A window that has given no sign of life for this long is taken for dead. Milliseconds. */
export const WINDOW_SILENCE_MS = 60_000;

/** Whether the window of an open attempt is dead at `now`. `beat` is the window's last heartbeat, if there was any. */
export const isAbandoned = (row: AttemptOpened, beat: number | undefined, now: number): boolean =>
  now - lastSign(row, beat) > WINDOW_SILENCE_MS;

/** Opening an attempt is a sign of life as well. */
const lastSign = (row: AttemptOpened, beat = row.openedAt): number => Math.max(row.openedAt, beat);

/**
 * How an attempt is settled whose window died: charged with the most that it can have cost, since no one knows how much
 * of the answer was made; closed when the window was last alive.
 */
export function settleAbandoned(row: AttemptOpened, beat: number | undefined): AttemptSettled {
  const closedAt = lastSign(row, beat);
  return {
    attemptId: row.attemptId,
    closedAt,
    outcome: 'interrupted',
    failure: null,
    finish: null,
    modelReturned: null,
    usage: { ...NO_USAGE, input: row.estimatedInput },
    usageEstimated: true,
    cost: chargeAbandoned(row),
    ttftMs: null,
    durationMs: closedAt - row.openedAt,
    note: null,
    servedBy: null,
    digest: null,
    headersMs: null,
    shadowNanoUsd: null,
  };
}

function chargeAbandoned(row: AttemptOpened): Cost {
  const nanoUsd = row.reserved ?? row.estimatedCost;
  if (nanoUsd === null) return { nanoUsd, source: 'unknown' };
  if (nanoUsd === 0 && row.price?.startsWith(PLAN_PRICE)) return { nanoUsd, source: 'plan' };
  return nanoUsd === 0 && row.price === FREE_PRICE ? { nanoUsd, source: 'free' } : { nanoUsd, source: 'estimated' };
}

/** The price of rows whose model runs on this machine. */
export const FREE_PRICE = 'free';
/** How the price of rows begins that a flat monthly plan pays for; the price per token follows where it is known. */
export const PLAN_PRICE = 'plan';

/**
 * Token counts, times of day and amounts are whole numbers, never negative; a row that breaks this rejects with a
 * RangeError and is not written. Totals are exact up to 2^53 nano-USD (nine million USD).
 */
export interface LedgerStore extends OutcomeStore {
  /** Human-readable place of the data, for the meter and error messages. */
  readonly location: string;
  /** Why rows are only held in memory right now, in the user's language; null or absent while they reach the disk. */
  readonly problem?: string | null;
  /**
   * Opening twice keeps the first row. With limits the row is written only if it breaks none of them, whatever other
   * windows open at the same time; else rejects with OverLimitError, or with LimitUnknownError when the ledger cannot
   * tell.
   */
  open(row: AttemptOpened, limits?: readonly SpendingLimit[]): Promise<void>;
  /** Settling twice keeps the first settlement; settling an unknown attempt rejects with UnknownAttemptError. */
  settle(row: AttemptSettled): Promise<void>;
  /** The amounts spent and reserved of each limit, in their order. */
  spending(limits: readonly SpendingLimit[]): Promise<readonly Spending[]>;
  /** True for the first caller that asks for this name, over all windows and sessions: to say something once. */
  claim(name: string): Promise<boolean>;
  /** Totals by tier and task of the attempts opened at or after `since` (ms since the epoch). */
  totals(since: number): Promise<readonly Total[]>;
  /** Sums by tier, task, category and model of the attempts of a period; from sums of hours, never from all rows. */
  groups(query: GroupQuery): Promise<readonly GroupTotal[]>;
  /** Outcomes of answers other than ghost text, with the category of their call, newest first. */
  answerOutcomes(query: GroupQuery): Promise<readonly AnswerOutcome[]>;
  /** Times in ms from the last key to ghost text on the screen: the latest of a period, newest first, at most 2,000. */
  shownTimes(query: GroupQuery): Promise<readonly number[]>;
  /** Scores of the latest questions of a period, newest first, at most 2,000. */
  scores(query: TimeSpan): Promise<readonly number[]>;
  /** The workspaces that have rows, and the time of the first row in ms since the epoch; undefined without any. */
  extent(): Promise<LedgerExtent>;
  /** The rows of a query whose question was scored: what people asked, without ghost text. Newest first. */
  questions(query: RowQuery): Promise<readonly LedgerRow[]>;
  /**
   * Puts a call into the category that the user gives it; null takes the scorer's own again. Answers false when the call
   * is not in the database (it may still wait to be written). Rejects while the database cannot be written.
   */
  correctCategory(callId: string, category: Category | null): Promise<boolean>;
  /** Rows opened at or after `since` and before `until`, newest first. */
  rows(query: RowQuery): Promise<readonly LedgerRow[]>;
  /**
   * Takes the settled rows and the outcomes of a period out of the ledger, after they were written to a backup and flushed to the disk.
   * Rejects with nothing taken out when the backup cannot be written; broken off later, it has taken out a part of what
   * the backup holds. Attempts under way stay.
   */
  clear(period: TimeSpan): Promise<Cleared>;
  /** The ledger's files for people: the size, and the backups that `restore` takes. */
  files(): Promise<LedgerFiles>;
  /** Puts the rows and outcomes of a backup back; those that are there already change nothing. Answers how many rows the backup holds. */
  restore(backup: string): Promise<number>;
  /**
   * Marks this window as alive and settles, as `interrupted` with their estimated cost, the open rows of windows
   * that have not been alive for a minute. To be called every few seconds. A window that was itself silent for a
   * minute (the computer slept) judges no window at its first beat, so that the others can beat too.
   */
  heartbeat(now: number): Promise<void>;
  /** Calls back when any window may have changed the ledger. Disposing ends the watch. */
  onChange(listener: () => void): { dispose(): void };
  close(): Promise<void>;
}
