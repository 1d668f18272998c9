import type { Task, Tier, TimeSpan } from '../common/types.ts';
import type { Category } from './categories.ts';
import type { Latencies } from './latency.ts';

/** Sums by tier, task, category and model, as the ledger states them. */

/** What a sum is about. */
export interface GroupKey {
  readonly tier: Tier;
  readonly task: Task;
  /** The user's own where it was corrected; null in rows of older versions, and for ghost text. */
  readonly category: Category | null;
  /** `provider/model` as it was asked. */
  readonly model: string;
}

/** Counts, whole milliseconds, tokens and nano-USD. */
export interface GroupSums {
  /** Logical calls that began in the period. */
  readonly calls: number;
  readonly attempts: number;
  /** Attempts that are still being answered. */
  readonly open: number;
  /** Attempts that ended as `failed`. */
  readonly failed: number;
  /** Input including cache reads and writes. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly writtenTokens: number;
  readonly outputTokens: number;
  readonly nanoUsd: number;
  readonly estimatedNanoUsd: number;
  /** Attempts of unknown cost. */
  readonly unknown: number;
  /** What the tokens would have cost by list price where a flat plan pays for them. */
  readonly shadowNanoUsd: number;
  /** From sending to the end, over all settled attempts. */
  readonly durationMs: number;
  /** Attempts that were answered to their end and whose first token was timed; the four times below are theirs. */
  readonly timed: number;
  /** Waited for a place at the endpoint. */
  readonly queueMs: number;
  /** Waited for the server to load the model. */
  readonly loadMs: number;
  /** From sending to the response's headers. */
  readonly headersMs: number;
  /** From sending to the first token. */
  readonly firstMs: number;
}

/** Sums over the attempts of a tier, task, category and model. */
export interface GroupTotal extends GroupKey, GroupSums {
  /** Time to the first token of the attempts that were answered to their end. */
  readonly first: Latencies;
  /** Time to the end of the same. */
  readonly end: Latencies;
}

export interface GroupQuery extends TimeSpan {
  /** Only this workspace; null or undefined: all. */
  readonly workspace?: string | null | undefined;
}
