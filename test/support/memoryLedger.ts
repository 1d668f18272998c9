import type { AttemptOpened, AttemptSettled, LedgerStore } from '../../src/core/ledger/ledger.ts';

/** A ledger that keeps its rows where a test can look at them. */
export class MemoryLedger implements Pick<LedgerStore, 'open' | 'settle'> {
  readonly opened: AttemptOpened[] = [];
  readonly settled: AttemptSettled[] = [];

  open(row: AttemptOpened): Promise<void> {
    this.opened.push(row);
    return Promise.resolve();
  }
  settle(row: AttemptSettled): Promise<void> {
    if (!this.opened.some(({ attemptId }) => attemptId === row.attemptId))
      throw new Error('settled before it was opened');
    if (this.settled.some(({ attemptId }) => attemptId === row.attemptId)) throw new Error('settled twice');
    this.settled.push(row);
    return Promise.resolve();
  }
  /** Nano-USD of all rows; throws when one is unknown. */
  get nanoUsd(): number {
    return this.settled.reduce((sum, { cost }) => {
      if (cost.nanoUsd === null) throw new Error('a row of unknown cost');
      return sum + cost.nanoUsd;
    }, 0);
  }
}
