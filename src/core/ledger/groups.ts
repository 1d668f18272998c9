import { addFields } from '../common/sums.ts';
import type { GroupKey, GroupSums, GroupTotal } from './groupTypes.ts';
import { addLatencies, latencyOf, NO_LATENCIES } from './latency.ts';
import type { AttemptOpened, AttemptSettled } from './ledger.ts';

/** Sums by tier, task, category and model: what the page of insights is made of. */

export const NO_GROUP_SUMS: GroupSums = {
  calls: 0,
  attempts: 0,
  open: 0,
  failed: 0,
  inputTokens: 0,
  cachedTokens: 0,
  writtenTokens: 0,
  outputTokens: 0,
  nanoUsd: 0,
  estimatedNanoUsd: 0,
  unknown: 0,
  shadowNanoUsd: 0,
  durationMs: 0,
  timed: 0,
  queueMs: 0,
  loadMs: 0,
  headersMs: 0,
  firstMs: 0,
};

/** The group that an attempt counts in. */
export const groupKeyOf = (
  row: Pick<AttemptOpened, 'tier' | 'task' | 'category' | 'ownCategory' | 'provider' | 'modelAsked'>,
): GroupKey => ({
  tier: row.tier,
  task: row.task,
  category: row.ownCategory ?? row.category,
  model: `${row.provider}/${row.modelAsked}`,
});

/** Adds attempts, and sums that were made elsewhere, up by group. */
export class GroupTally {
  readonly #groups = new Map<string, GroupTotal>();

  /** Counts an attempt as open. */
  open(row: AttemptOpened): void {
    this.#add(groupKeyOf(row), { ...NO_GROUP_SUMS, attempts: 1, open: 1, calls: row.attempt === 1 ? 1 : 0 });
  }

  /** Settles an attempt that was counted as open. */
  settle(row: AttemptOpened, settled: Omit<AttemptSettled, 'attemptId'>): void {
    const { usage, cost } = settled;
    const answered = settled.outcome === 'done';
    const timed = answered && settled.ttftMs !== null;
    const whenTimed = (ms: number | null): number => (timed && ms !== null ? Math.round(ms) : 0);
    this.#add(
      groupKeyOf(row),
      {
        ...NO_GROUP_SUMS,
        open: -1,
        failed: settled.outcome === 'failed' ? 1 : 0,
        inputTokens: usage.input + usage.cacheRead + usage.cacheWrite,
        cachedTokens: usage.cacheRead,
        writtenTokens: usage.cacheWrite,
        outputTokens: usage.output,
        nanoUsd: cost.nanoUsd ?? 0,
        estimatedNanoUsd: cost.source === 'estimated' ? (cost.nanoUsd ?? 0) : 0,
        unknown: cost.source === 'unknown' ? 1 : 0,
        shadowNanoUsd: settled.shadowNanoUsd ?? 0,
        durationMs: Math.round(settled.durationMs),
        timed: timed ? 1 : 0,
        queueMs: whenTimed(row.queueMs),
        loadMs: whenTimed(row.loadMs),
        headersMs: whenTimed(settled.headersMs),
        firstMs: whenTimed(settled.ttftMs),
      },
      answered ? latencyOf(settled.ttftMs) : NO_LATENCIES,
      answered ? latencyOf(settled.durationMs) : NO_LATENCIES,
    );
  }

  add(totals: readonly GroupTotal[]): void {
    for (const { tier, task, category, model, first, end, ...sums } of totals)
      this.#add({ tier, task, category, model }, sums, first, end);
  }

  totals(): readonly GroupTotal[] {
    return [...this.#groups.values()];
  }

  #add(key: GroupKey, sums: GroupSums, first = NO_LATENCIES, end = NO_LATENCIES): void {
    const name = JSON.stringify([key.tier, key.task, key.category, key.model]);
    const known = this.#groups.get(name);
    if (!known) return void this.#groups.set(name, { ...key, ...sums, first, end });
    const { tier: _tier, task: _task, category: _category, model: _model, first: f, end: e, ...before } = known;
    this.#groups.set(name, {
      ...key,
      ...addFields<GroupSums>(before, sums),
      first: addLatencies(f, first),
      end: addLatencies(e, end),
    });
  }
}
