import type { LedgerRow, LedgerStore } from '../../core/ledger/ledger.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import { changesOf } from './backup.ts';
import { applyChange } from './change.ts';
import type { SqliteLedger } from './sqlite.ts';

/** Where opening anew did not help it is not tried at every call: the check of a large file takes seconds. */
const PAUSE_MS = 60_000;

/** A store that may know whether its file is still the one at its place, and what this window wrote to it. */
export type Reopenable = LedgerStore & Partial<Pick<SqliteLedger, 'isInPlace' | 'ownRows' | 'newOutcomes' | 'verify'>>;

export interface ReopenOptions {
  readonly open: () => Promise<Reopenable>;
  /** Whether an error says that the file is damaged. */
  readonly isDamage: (error: unknown) => boolean;
  /** Called before a damaged file is closed. */
  readonly onDamage: (error: unknown) => Promise<void>;
  /** Called with what this window wrote and the new file does not take at present. */
  readonly onUnsaved: (rows: readonly LedgerRow[], outcomes: readonly OutcomeRow[], error: unknown) => void;
}

/**
 * A store that goes on when its file turns out to be damaged, was moved aside by another window, or is gone: it is opened
 * anew, with the rows that this window has written, and the call that found out is repeated.
 */
export function reopenWhenLost(
  first: Reopenable,
  { open, isDamage, onDamage, onUnsaved }: ReopenOptions,
): LedgerStore & { verify(): Promise<void> } {
  let current = first;
  let reopening: Promise<void> | undefined;
  let closed = false;
  let reopenedAt = -Infinity;
  const listeners = new Map<() => void, { dispose(): void }>();

  const takeAlong = async (rows: readonly LedgerRow[], outcomes: readonly OutcomeRow[]): Promise<void> => {
    for (const [index, row] of rows.entries()) {
      try {
        for (const change of changesOf(row)) await applyChange(current, change);
      } catch (error) {
        return onUnsaved(rows.slice(index), outcomes, error);
      }
    }
    await current.recordOutcomes(outcomes).catch((error: unknown) => onUnsaved([], outcomes, error));
  };
  const reopen = async (lost: Reopenable): Promise<void> => {
    let own: readonly LedgerRow[] = [];
    let outcomes: readonly OutcomeRow[] = [];
    try {
      own = lost.ownRows?.() ?? [];
      outcomes = lost.newOutcomes?.() ?? [];
    } catch {
      // On damaged pages: what can be read of them is saved from the file itself.
    }
    await lost.close().catch(() => undefined);
    current = await open();
    reopenedAt = performance.now();
    await takeAlong(own, outcomes);
    for (const [listener, watch] of listeners) {
      watch.dispose();
      listeners.set(listener, current.onChange(listener));
    }
    listeners.forEach((_, listener) => listener());
  };
  const replace = (lost: Reopenable): Promise<void> => {
    // Somebody else found out as well, and it is done already.
    if (lost !== current || closed) return Promise.resolve();
    reopening ??= reopen(lost).finally(() => (reopening = undefined));
    return reopening;
  };

  const call = async <T>(work: (store: Reopenable) => Promise<T>): Promise<T> => {
    await reopening;
    const store = current;
    try {
      return await work(store);
    } catch (error) {
      if (!isDamage(error) || closed || performance.now() - reopenedAt < PAUSE_MS) throw error;
      await onDamage(error);
      await replace(store);
      return work(current);
    }
  };

  return {
    get location() {
      return current.location;
    },
    open: (row, limits) => call((store) => store.open(row, limits)),
    settle: (row) => call((store) => store.settle(row)),
    spending: (limits) => call((store) => store.spending(limits)),
    claim: (name) => call((store) => store.claim(name)),
    totals: (since) => call((store) => store.totals(since)),
    rows: (query) => call((store) => store.rows(query)),
    recordOutcomes: (rows) => call((store) => store.recordOutcomes(rows)),
    outcomes: (query) => call((store) => store.outcomes(query)),
    outcomeTotals: (since) => call((store) => store.outcomeTotals(since)),
    clear: (period) => call((store) => store.clear(period)),
    files: () => call((store) => store.files()),
    restore: (backup) => call((store) => store.restore(backup)),
    verify: () => call(async (store) => store.verify?.()),
    async heartbeat(now) {
      if (current.isInPlace?.() === false) await replace(current);
      await call((store) => store.heartbeat(now));
    },
    onChange(listener) {
      const own = (): void => listener();
      listeners.set(own, current.onChange(own));
      return {
        dispose() {
          listeners.get(own)?.dispose();
          listeners.delete(own);
        },
      };
    },
    async close() {
      closed = true;
      await reopening;
      await current.close();
    },
  };
}
