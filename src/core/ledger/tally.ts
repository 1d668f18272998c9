import { addFields } from '../common/sums.ts';
import type { AttemptOpened, AttemptSettled, Total } from './ledger.ts';

type Sums = Omit<Total, 'tier' | 'task'>;

/** Sums over nothing. */
const NO_SUMS: Sums = {
  calls: 0,
  attempts: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  nanoUsd: 0,
  estimatedNanoUsd: 0,
  unknown: 0,
  open: 0,
};

/** Adds rows, and totals that were counted elsewhere, up to totals by tier and task. */
export class Tally {
  readonly #groups = new Map<string, Total>();

  /** Counts an attempt as open. */
  open(row: AttemptOpened): void {
    this.#add(row, { ...NO_SUMS, attempts: 1, open: 1, calls: row.attempt === 1 ? 1 : 0 });
  }

  /** Settles an attempt that was counted as open. */
  settle(row: AttemptOpened, { usage, cost }: Omit<AttemptSettled, 'attemptId'>): void {
    this.#add(row, {
      ...NO_SUMS,
      open: -1,
      inputTokens: usage.input + usage.cacheRead + usage.cacheWrite,
      cachedTokens: usage.cacheRead,
      outputTokens: usage.output,
      nanoUsd: cost.nanoUsd ?? 0,
      estimatedNanoUsd: cost.source === 'estimated' ? (cost.nanoUsd ?? 0) : 0,
      unknown: cost.source === 'unknown' ? 1 : 0,
    });
  }

  add(totals: readonly Total[]): void {
    for (const total of totals) this.#add(total, total);
  }

  totals(): readonly Total[] {
    return [...this.#groups.values()];
  }

  #add({ tier, task }: Pick<Total, 'tier' | 'task'>, sums: Sums): void {
    const key = `${tier}/${task}`;
    const { tier: _tier, task: _task, ...known } = this.#groups.get(key) ?? { tier, task, ...NO_SUMS };
    this.#groups.set(key, { tier, task, ...addFields<Sums>(known, sums) });
  }
}
