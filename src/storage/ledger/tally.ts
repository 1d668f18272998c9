import type { AttemptOpened, AttemptSettled, Total } from '../../core/ledger/ledger.ts';

type Settlement = Omit<AttemptSettled, 'attemptId'>;
type Sums = { -readonly [K in keyof Total]: Total[K] };

/** Adds rows, or totals counted elsewhere, up to totals by tier and task. */
export interface Tally {
  open(row: AttemptOpened): void;
  /** Settles an attempt that was counted as open. */
  settle(row: AttemptOpened, settled: Settlement): void;
  add(totals: readonly Total[]): void;
  totals(): readonly Total[];
}

export function createTally(): Tally {
  const groups = new Map<string, Sums>();

  const groupOf = ({ tier, task }: Pick<Total, 'tier' | 'task'>): Sums => {
    const key = `${tier}/${task}`;
    const known = groups.get(key);
    if (known) return known;
    const sums = { tier, task, ...NOTHING };
    groups.set(key, sums);
    return sums;
  };

  return {
    open(row) {
      const sums = groupOf(row);
      sums.attempts += 1;
      sums.open += 1;
      if (row.attempt === 1) sums.calls += 1;
    },
    settle(row, { usage, cost }) {
      const sums = groupOf(row);
      sums.open -= 1;
      sums.inputTokens += usage.input + usage.cacheRead + usage.cacheWrite;
      sums.cachedTokens += usage.cacheRead;
      sums.outputTokens += usage.output;
      sums.nanoUsd += cost.nanoUsd ?? 0;
      if (cost.source === 'estimated') sums.estimatedNanoUsd += cost.nanoUsd ?? 0;
      if (cost.source === 'unknown') sums.unknown += 1;
    },
    add(totals) {
      for (const total of totals) {
        const sums = groupOf(total);
        for (const key of SUMMED) sums[key] += total[key];
      }
    },
    totals: () => [...groups.values()].map((sums) => ({ ...sums })),
  };
}

const NOTHING = {
  calls: 0,
  attempts: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  nanoUsd: 0,
  estimatedNanoUsd: 0,
  unknown: 0,
  open: 0,
} satisfies Omit<Total, 'tier' | 'task'>;

const SUMMED = Object.keys(NOTHING) as (keyof typeof NOTHING)[];
