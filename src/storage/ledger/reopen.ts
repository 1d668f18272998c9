import { debugLog, giveUp } from '../../core/common/debugLog.ts';
import type {
  AttemptOpened,
  AttemptSettled,
  Cleared,
  LedgerExtent,
  LedgerFiles,
  LedgerRow,
  RowQuery,
  Spending,
  SpendingLimit,
  Total,
} from '../../core/ledger/ledger.ts';
import type { TimeSpan } from '../../core/common/types.ts';
import type { Category } from '../../core/ledger/categories.ts';
import type { GroupQuery, GroupTotal } from '../../core/ledger/groupTypes.ts';
import type { AnswerOutcome, OutcomeQuery, OutcomeRow, OutcomeTotal } from '../../core/ledger/outcomes.ts';
import { changesOf } from './backup.ts';
import type { LedgerBase, Unwritable } from './buffer.ts';
import type { LedgerChange, RowChange } from './change.ts';
import type { SqliteLedger } from './sqlite.ts';

/** When opening again did not help it is not tried at every call: the check of a large file takes seconds. */
const PAUSE_MS = 60_000;

/** A base that may know whether its file is still the one at its place, and what this window wrote to it. */
export type Reopenable = LedgerBase &
  Partial<Pick<SqliteLedger, 'isInPlace' | 'ownRows' | 'newOutcomes' | 'verify' | 'copyTo'>>;

export interface ReopenOptions {
  readonly open: () => Promise<Reopenable>;
  /** Whether an error says that the file is damaged. */
  readonly isDamage: (error: unknown) => boolean;
  /** Called before a damaged file is closed. */
  readonly onDamage: (error: unknown) => Promise<void>;
  /** Called with what this window wrote and the new file does not take right now. */
  readonly onUnsaved: (changes: readonly RowChange[], error: unknown) => Promise<void>;
}

/**
 * A base that goes on when its file turns out to be damaged, was moved aside by another window, or is gone: it is opened
 * again, with the rows that this window has written, and the call that found out is repeated. One that cannot be written is
 * opened again once a minute.
 */
export class ReopeningLedger implements LedgerBase {
  readonly #options: ReopenOptions;
  readonly #watches = new Map<() => void, { dispose(): void }>();
  #current: Reopenable;
  #reopening: Promise<void> | undefined;
  #closed = false;
  #reopenedAt = -Infinity;
  /** When the base was last opened, by the clock of the heartbeats. */
  #triedAt: number | undefined;

  constructor(first: Reopenable, options: ReopenOptions) {
    this.#current = first;
    this.#options = options;
  }

  get location(): string {
    return this.#current.location;
  }

  get unwritable(): Unwritable | undefined {
    return this.#current.unwritable;
  }

  open(row: AttemptOpened, limits?: readonly SpendingLimit[]): Promise<void> {
    return this.#call((base) => base.open(row, limits));
  }
  settle(row: AttemptSettled): Promise<void> {
    return this.#call((base) => base.settle(row));
  }
  include(changes: readonly LedgerChange[]): Promise<unknown> {
    return this.#call((base) => base.include(changes));
  }
  recordOutcomes(rows: readonly OutcomeRow[]): Promise<void> {
    return this.#call((base) => base.recordOutcomes(rows));
  }
  claim(name: string): Promise<boolean> {
    return this.#call((base) => base.claim(name));
  }
  spending(limits: readonly SpendingLimit[]): Promise<readonly Spending[]> {
    return this.#call((base) => base.spending(limits));
  }
  totals(since: number): Promise<readonly Total[]> {
    return this.#call((base) => base.totals(since));
  }
  groups(query: GroupQuery): Promise<readonly GroupTotal[]> {
    return this.#call((base) => base.groups(query));
  }
  answerOutcomes(query: GroupQuery): Promise<readonly AnswerOutcome[]> {
    return this.#call((base) => base.answerOutcomes(query));
  }
  shownTimes(query: GroupQuery): Promise<readonly number[]> {
    return this.#call((base) => base.shownTimes(query));
  }
  questions(query: RowQuery): Promise<readonly LedgerRow[]> {
    return this.#call((base) => base.questions(query));
  }
  scores(query: TimeSpan): Promise<readonly number[]> {
    return this.#call((base) => base.scores(query));
  }
  extent(): Promise<LedgerExtent> {
    return this.#call((base) => base.extent());
  }
  rows(query: RowQuery): Promise<readonly LedgerRow[]> {
    return this.#call((base) => base.rows(query));
  }
  find(attemptIds: readonly string[]): Promise<readonly LedgerRow[]> {
    return this.#call((base) => base.find(attemptIds));
  }
  outcomes(query: OutcomeQuery): Promise<readonly OutcomeRow[]> {
    return this.#call((base) => base.outcomes(query));
  }
  outcomeTotals(since: number): Promise<readonly OutcomeTotal[]> {
    return this.#call((base) => base.outcomeTotals(since));
  }
  findOutcomes(outcomeIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#call((base) => base.findOutcomes(outcomeIds));
  }
  clear(period: TimeSpan): Promise<Cleared> {
    return this.#call((base) => base.clear(period));
  }
  correctCategory(callId: string, category: Category | null): Promise<boolean> {
    return this.#call((base) => base.correctCategory(callId, category));
  }
  files(): Promise<LedgerFiles> {
    return this.#call((base) => base.files());
  }
  restore(backup: string): Promise<number> {
    return this.#call((base) => base.restore(backup));
  }

  /** Compares rows and sums; where they disagree the file is damaged and is opened again. */
  verify(): Promise<void> {
    return this.#call(async (base) => base.verify?.());
  }

  /** Copies the database to a file; does nothing while it cannot be written. */
  copyTo(target: string): Promise<void> {
    return this.#call(async (base) => base.copyTo?.(target));
  }

  async heartbeat(now: number): Promise<void> {
    this.#triedAt ??= now;
    const isGone = this.#current.isInPlace?.() === false;
    const isDue = this.#current.unwritable !== undefined && now - this.#triedAt >= PAUSE_MS;
    if (isGone || isDue) {
      this.#triedAt = now;
      await this.#replace(this.#current);
    }
    await this.#call((base) => base.heartbeat(now));
  }

  onChange(listener: () => void): { dispose(): void } {
    const own = (): void => listener();
    this.#watches.set(own, this.#current.onChange(own));
    return {
      dispose: () => {
        this.#watches.get(own)?.dispose();
        this.#watches.delete(own);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#reopening;
    await this.#current.close();
  }

  async #call<T>(work: (base: Reopenable) => Promise<T>): Promise<T> {
    await this.#reopening;
    const base = this.#current;
    try {
      return await work(base);
    } catch (error) {
      const isNew = performance.now() - this.#reopenedAt >= PAUSE_MS;
      if (!this.#options.isDamage(error) || this.#closed || !isNew) throw error;
      await this.#options.onDamage(error);
      await this.#replace(base);
      return work(this.#current);
    }
  }

  #replace(lost: Reopenable): Promise<void> {
    // Another call found out as well, and it is done already.
    if (lost !== this.#current || this.#closed) return Promise.resolve();
    this.#reopening ??= this.#reopen(lost).finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #reopen(lost: Reopenable): Promise<void> {
    let own: RowChange[] = [];
    try {
      const outcomes = lost.newOutcomes?.() ?? [];
      own = [
        ...(lost.ownRows?.() ?? []).flatMap(changesOf),
        ...outcomes.map((row) => ({ kind: 'outcome' as const, row })),
      ];
    } catch (error) {
      debugLog('rows of this window', error);
      // On damaged pages: what can be read of them is taken over from the file itself.
    }
    await lost.close().catch(giveUp('closing a damaged ledger'));
    this.#current = await this.#options.open();
    this.#reopenedAt = performance.now();
    await this.#takeAlong(own);
    for (const [listener, watch] of this.#watches) {
      watch.dispose();
      this.#watches.set(listener, this.#current.onChange(listener));
    }
    this.#watches.forEach((_, listener) => listener());
  }

  async #takeAlong(changes: readonly RowChange[]): Promise<void> {
    if (changes.length === 0) return;
    try {
      await this.#current.include(changes);
    } catch (error) {
      await this.#options.onUnsaved(changes, error);
    }
  }
}
