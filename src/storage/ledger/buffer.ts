import { t } from '@vscode/l10n';
import { isWithin, LimitUnknownError, OverLimitError, UnknownAttemptError } from '../../core/ledger/ledger.ts';
import type { AttemptOpened, LedgerRow, LedgerStore, RowQuery, SpendingLimit } from '../../core/ledger/ledger.ts';
import { createOutcomeTally } from '../../core/ledger/outcomes.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import { changesOf } from './backup.ts';
import { applyChange, checkOpened, checkOutcome, checkSettled } from './change.ts';
import type { RowChange } from './change.ts';
import { createTally } from './tally.ts';

export interface BufferOptions {
  /** Told once when writing begins to fail, and once when rows begin to be lost. In the user's language. */
  readonly onProblem: (message: string) => void;
  /** Told every error of the store itself, also of reading. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Most changes kept in memory. */
  readonly limit?: number;
}

/** After a failed write the next one is tried no sooner: a locked file would block the host again and again. Milliseconds. */
const PAUSE_MS = 10_000;
/** Changes written without a turn of the event loop. */
const BATCH = 100;

type AttemptChange = Exclude<RowChange, { kind: 'outcome' }>;

interface HeldAttempt {
  readonly change: AttemptChange;
  /** The attempt that is changed. */
  readonly row: AttemptOpened;
}

type Held = HeldAttempt | { readonly change: Exclude<RowChange, AttemptChange> };

const isOfAttempt = (held: Held): held is HeldAttempt => 'row' in held;

export interface BufferedLedger extends LedgerStore {
  /** What was written and could not be taken along to where the store writes now: it waits before all others. */
  holdFirst(rows: readonly LedgerRow[], outcomes: readonly OutcomeRow[], reason: unknown): void;
}

/**
 * A ledger whose calls can go on when the disk cannot: what the store refuses stays in memory, in order, is part of
 * totals and rows, and is written at a later heartbeat.
 */
export function bufferWrites(store: LedgerStore, options: BufferOptions): BufferedLedger {
  const { onProblem, onError = () => undefined, clock, limit = 10_000 } = options;
  const held: Held[] = [];
  const listeners = new Set<() => void>();
  /** Attempts opened here and not settled yet: a settlement held in memory does not say what it settles. */
  const open = new Map<string, AttemptOpened>();
  /** Attempts that found no place in memory; their settlements find nothing to settle. */
  const lost = new Set<string>();
  let toldLoss = false;
  let problem: string | null = null;
  let retryAt = 0;
  let flushing = false;

  const fail = (error: unknown) => {
    onError(error);
    retryAt = clock() + PAUSE_MS;
    if (problem !== null) return;
    problem = t('The cost ledger cannot be written ({0}). New rows wait in memory and are written later.', say(error));
    onProblem(problem);
  };

  const hold = (entry: Held) => {
    if (held.length < limit) {
      held.push(entry);
      listeners.forEach((listener) => queueMicrotask(listener));
      return;
    }
    if (entry.change.kind === 'opened') lost.add(entry.change.row.attemptId);
    if (toldLoss) return;
    toldLoss = true;
    onProblem(t('The cost ledger still cannot be written, and {0} rows wait in memory. Newer ones are lost.', limit));
  };

  const write = async (entry: HeldAttempt) => {
    if (held.length === 0) {
      try {
        await applyChange(store, entry.change);
        problem = null;
        return;
      } catch (error) {
        if (isCallersFault(error)) throw error;
        fail(error);
      }
    }
    hold(entry);
  };

  /** Paid calls under a limit need the disk: what only waits in memory, other windows cannot know. */
  const openWithin = async (row: AttemptOpened, limits: readonly SpendingLimit[]) => {
    if (held.length > 0 && clock() >= retryAt) await flush();
    if (held.length > 0) throw new LimitUnknownError();
    try {
      await store.open(row, limits);
    } catch (error) {
      if (error instanceof OverLimitError || isCallersFault(error)) throw error;
      fail(error);
      throw new LimitUnknownError(say(error));
    }
    problem = null;
    open.set(row.attemptId, row);
  };

  /** Cost of what waits in memory. */
  const heldFor = (limit: SpendingLimit | undefined): number =>
    held
      .filter(isOfAttempt)
      .reduce(
        (sum, { change, row }) =>
          limit && change.kind === 'settled' && isWithin(row, limit) ? sum + (change.row.cost.nanoUsd ?? 0) : sum,
        0,
      );

  const heldOutcomes = (): OutcomeRow[] => held.flatMap(({ change }) => (change.kind === 'outcome' ? change.row : []));

  const flush = async () => {
    if (flushing) return;
    flushing = true;
    try {
      for (let written = 1; held[0]; written += 1) {
        await applyUnlessImpossible(store, held[0].change);
        held.shift();
        if (written % BATCH === 0) await new Promise(setImmediate);
      }
      problem = null;
      toldLoss = false;
    } catch (error) {
      fail(error);
    } finally {
      flushing = false;
    }
  };

  const reading = async <T>(read: Promise<T>): Promise<T> => {
    try {
      return await read;
    } catch (error) {
      onError(error);
      throw error;
    }
  };

  return {
    location: store.location,
    get problem() {
      return problem;
    },
    async open(row, limits = []) {
      checkOpened(row);
      if (limits.length > 0 && row.reserved !== 0) return openWithin(row, limits);
      open.set(row.attemptId, row);
      await write({ change: { kind: 'opened', row }, row });
    },
    async spending(limits) {
      const stored = await reading(store.spending(limits));
      return stored.map(({ spent, reserved }, i) => ({ spent: spent + heldFor(limits[i]), reserved }));
    },
    claim: (name) => reading(store.claim(name)),
    async settle(row) {
      checkSettled(row);
      const opened = open.get(row.attemptId);
      // Not ours, or settled before: only the store knows.
      if (!opened) return store.settle(row);
      open.delete(row.attemptId);
      if (lost.delete(row.attemptId)) return;
      await write({ change: { kind: 'settled', row }, row: opened });
    },
    async totals(since) {
      const waiting = held.filter(isOfAttempt);
      const tally = createTally();
      tally.add(await reading(store.totals(since)));
      for (const { change, row } of waiting) {
        if (row.openedAt < since) continue;
        if (change.kind === 'opened') tally.open(row);
        else tally.settle(row, change.row);
      }
      return tally.totals();
    },
    async rows(query) {
      const waiting = held.filter(isOfAttempt);
      return overlay(await reading(store.rows(query)), waiting, query);
    },
    async recordOutcomes(rows) {
      rows.forEach(checkOutcome);
      if (held.length === 0) {
        try {
          await store.recordOutcomes(rows);
          problem = null;
          return;
        } catch (error) {
          fail(error);
        }
      }
      for (const row of rows) hold({ change: { kind: 'outcome', row } });
    },
    async outcomes({ since, until = Infinity, limit }) {
      const waiting = heldOutcomes().filter(({ at }) => at >= since && at < until);
      const stored = await reading(store.outcomes({ since, until, ...(limit !== undefined && { limit }) }));
      if (waiting.length === 0) return stored;
      const known = new Set(stored.map(({ outcomeId }) => outcomeId));
      const added = waiting.filter(({ outcomeId }) => !known.has(outcomeId)).reverse();
      return [...added, ...stored].sort((a, b) => b.at - a.at).slice(0, limit);
    },
    async outcomeTotals(since) {
      const waiting = heldOutcomes().filter(({ at }) => at >= since);
      const tally = createOutcomeTally();
      tally.add(await reading(store.outcomeTotals(since)));
      waiting.forEach(tally.record);
      return tally.totals();
    },
    async heartbeat(now) {
      if (held.length > 0 && clock() >= retryAt) await flush();
      if (held.length > 0) return;
      try {
        await store.heartbeat(now);
        problem = null;
      } catch (error) {
        fail(error);
      }
    },
    async clear(period) {
      if (held.length > 0) await flush();
      return store.clear(period);
    },
    files: () => store.files(),
    restore: (backup) => store.restore(backup),
    holdFirst(rows, outcomes, reason) {
      const attempts = rows.flatMap((row) => changesOf(row).map((change) => ({ change, row })));
      held.unshift(...attempts, ...outcomes.map((row) => ({ change: { kind: 'outcome' as const, row } })));
      fail(reason);
    },
    onChange(listener) {
      const own = () => listener();
      listeners.add(own);
      const inner = store.onChange(own);
      return {
        dispose() {
          listeners.delete(own);
          inner.dispose();
        },
      };
    },
    async close() {
      if (held.length > 0) await flush();
      await store.close();
    },
  };
}

/** Errors that would be the same on any disk. */
const isCallersFault = (error: unknown): boolean => error instanceof UnknownAttemptError || error instanceof RangeError;

async function applyUnlessImpossible(store: LedgerStore, change: RowChange): Promise<void> {
  try {
    await applyChange(store, change);
  } catch (error) {
    // Nobody is left to be told, and it would stand in the way of the others for ever.
    if (!isCallersFault(error)) throw error;
  }
}

const say = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The store's rows with what waits in memory, newest first. */
function overlay(
  stored: readonly LedgerRow[],
  waiting: readonly HeldAttempt[],
  { since, until = Infinity, limit }: RowQuery,
): readonly LedgerRow[] {
  if (waiting.length === 0) return stored;
  const rows = new Map(stored.toReversed().map((row) => [row.attemptId, row]));
  for (const { change, row } of waiting) {
    if (row.openedAt < since || row.openedAt >= until) continue;
    if (change.kind === 'opened') rows.set(row.attemptId, { ...row, settled: null });
    else if (rows.has(row.attemptId)) rows.set(row.attemptId, settledRow(row, change.row));
  }
  return [...rows.values()]
    .reverse()
    .sort((a, b) => b.openedAt - a.openedAt)
    .slice(0, limit);
}

function settledRow(row: AttemptOpened, { attemptId: _, ...settled }: RowSettled): LedgerRow {
  return { ...row, settled };
}

type RowSettled = Extract<RowChange, { kind: 'settled' }>['row'];
