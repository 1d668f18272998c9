import { t } from '@vscode/l10n';
import { giveUp } from '../../core/common/debugLog.ts';
import {
  type AttemptOpened,
  type AttemptSettled,
  type Cleared,
  findBroken,
  isAbandoned,
  type LedgerExtent,
  type LedgerFiles,
  type LedgerRow,
  type LedgerStore,
  LimitUnknownError,
  OverLimitError,
  type RowQuery,
  settleAbandoned,
  type Spending,
  type SpendingLimit,
  type Total,
  UnknownAttemptError,
  WINDOW_SILENCE_MS,
} from '../../core/ledger/ledger.ts';
import type { TimeSpan } from '../../core/common/types.ts';
import type { Category } from '../../core/ledger/categories.ts';
import type { GroupQuery, GroupTotal } from '../../core/ledger/groupTypes.ts';
import type { AnswerOutcome, OutcomeQuery, OutcomeRow, OutcomeTotal } from '../../core/ledger/outcomes.ts';
import { applyChange, checkOpened, checkOutcome, checkSettled, type LedgerChange, type RowChange } from './change.ts';
import type { LedgerReader } from './reader.ts';
import type { Spill } from './spill.ts';
import { OverlaidReader, Waiting } from './waiting.ts';
import { plural } from '../../core/common/language.ts';

/** The database beneath the buffer, or what stands for it. */
export interface LedgerBase extends LedgerStore, LedgerReader {
  /** Set while the base takes no rows whatever happens, such as a file of a newer version. */
  readonly unwritable?: Unwritable | undefined;
  /** Writes changes that happened elsewhere; those that are there already are ignored. */
  include(changes: readonly LedgerChange[]): Promise<unknown>;
}

export interface Unwritable {
  /** Whether all rows of the database can be read, so that budgets can be kept. */
  readonly sumsKnown: boolean;
  readonly reason: string;
}

export interface BufferOptions {
  /** Told once when writing begins to fail, and once when rows begin to be lost. In the user's language. */
  readonly onProblem: (message: string) => void;
  /** Told every error of the store itself, also of reading. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Where rows wait on the disk; without it they wait in memory only. */
  readonly spill?: Spill;
  readonly windowId?: string;
  /** Most changes kept in memory. */
  readonly limit?: number;
}

/** After a failed write the next one is tried no sooner: a locked file would block the host again and again. Milliseconds. */
const PAUSE_MS = 10_000;
/** Changes written without a turn of the event loop. */
const BATCH = 100;

export const bufferWrites = (base: LedgerBase, options: BufferOptions): BufferedLedger =>
  new BufferedLedger(base, options);

/**
 * A ledger that takes rows also when the database does not: they are appended to a spill on the disk, and kept in memory
 * when the disk refuses that too. Waiting changes count in all figures, and are moved into the database at a heartbeat.
 */
export class BufferedLedger implements LedgerStore {
  readonly #base: LedgerBase;
  readonly #options: BufferOptions;
  readonly #spill: Spill | undefined;
  readonly #reader: OverlaidReader;
  /** The changes that neither the database nor the spill takes, in order. */
  readonly #memory: RowChange[] = [];
  /** Attempts opened by this window and not settled yet. */
  readonly #open = new Map<string, AttemptOpened>();
  /** Attempts that found no place in memory; their settlements find nothing to settle. */
  readonly #lost = new Set<string>();
  readonly #listeners = new Set<() => void>();
  /** Whether this window has appended to the spill since everything was imported. */
  #spilled = false;
  #appending = 0;
  #flushing: Promise<void> | undefined;
  #problem: string | null = null;
  #toldLoss = false;
  #retryAt = 0;
  #lastBeat: number | undefined;
  #closed = false;

  constructor(base: LedgerBase, options: BufferOptions) {
    this.#base = base;
    this.#options = options;
    this.#spill = options.spill;
    this.#reader = new OverlaidReader(base, () => this.#waiting());
  }

  get location(): string {
    return this.#base.location;
  }

  get problem(): string | null {
    return this.#problem;
  }

  // ---- Writing

  async open(row: AttemptOpened, limits: readonly SpendingLimit[] = []): Promise<void> {
    this.#refuseIfClosed();
    checkOpened(row);
    if (limits.length > 0 && row.reserved !== 0) await this.#openWithin(row, limits);
    else await this.#write({ kind: 'opened', row });
    this.#open.set(row.attemptId, row);
  }

  async settle(row: AttemptSettled): Promise<void> {
    this.#refuseIfClosed();
    checkSettled(row);
    const opened = this.#open.get(row.attemptId);
    if (!opened) return this.#settleOfOthers(row);
    this.#open.delete(row.attemptId);
    if (this.#lost.delete(row.attemptId)) return;
    await this.#write({ kind: 'settled', row }, opened);
  }

  async recordOutcomes(rows: readonly OutcomeRow[]): Promise<void> {
    this.#refuseIfClosed();
    rows.forEach(checkOutcome);
    if (rows.length === 0) return;
    const changes = rows.map((row): RowChange => ({ kind: 'outcome', row }));
    if (this.#mustWait()) return this.#keep(changes);
    try {
      await this.#base.recordOutcomes(rows);
      this.#problem = null;
    } catch (error) {
      await this.#keep(changes, error);
    }
  }

  /** Takes rows that were written and are not in the database that is open now. */
  takeOver(changes: readonly RowChange[], reason: unknown): Promise<void> {
    return this.#keep(changes, reason);
  }

  /** @param opened the attempt that is settled */
  async #write(change: RowChange, opened?: AttemptOpened): Promise<void> {
    if (this.#mustWait()) return this.#keep([change]);
    try {
      await applyChange(this.#base, change);
      this.#problem = null;
    } catch (error) {
      // Its opening waits, or was lost with a damaged file.
      if (error instanceof UnknownAttemptError && opened) await this.#keep([{ kind: 'opened', row: opened }, change]);
      else if (isCallersFault(error)) throw error;
      else await this.#keep([change], error);
    }
  }

  #mustWait(): boolean {
    return this.#memory.length > 0 || this.#spilled || this.#base.unwritable !== undefined;
  }

  /**
   * Appends changes to the spill, and keeps them in memory when that fails.
   * @param cause why the database did not take them, when that is new
   */
  async #keep(changes: readonly RowChange[], cause?: unknown): Promise<void> {
    let failure = cause;
    if (this.#spill && this.#memory.length === 0) {
      this.#spilled ||= this.#base.unwritable === undefined;
      this.#appending += 1;
      try {
        await this.#spill.append(changes);
        if (cause !== undefined) this.#fail(cause, sayBeside);
        else if (this.#base.unwritable) this.#problem = null;
        return this.#notify();
      } catch (error) {
        failure ??= error;
        this.#options.onError?.(error);
      } finally {
        this.#appending -= 1;
      }
    }
    if (failure !== undefined) this.#fail(failure, sayInMemory);
    for (const change of changes) this.#hold(change);
    this.#notify();
  }

  #hold(change: RowChange): void {
    const { limit = 10_000, onProblem } = this.#options;
    if (this.#memory.length < limit) return void this.#memory.push(change);
    if (change.kind === 'opened') this.#lost.add(change.row.attemptId);
    if (this.#toldLoss) return;
    this.#toldLoss = true;
    onProblem(sayLost(limit));
  }

  /** @param say by default the words for where new rows go now */
  #fail(error: unknown, say = this.#spill && this.#memory.length === 0 ? sayBeside : sayInMemory): void {
    this.#options.onError?.(error);
    this.#retryAt = this.#options.clock() + PAUSE_MS;
    const isNew = this.#problem === null;
    this.#problem = say(reasonOf(error));
    if (isNew) this.#options.onProblem(this.#problem);
  }

  /** An attempt that another window opened, or that is settled already. */
  async #settleOfOthers(row: AttemptSettled): Promise<void> {
    if (!this.#base.unwritable) {
      try {
        await this.#base.settle(row);
        return;
      } catch (error) {
        // It may wait in the spill.
        if (!(error instanceof UnknownAttemptError)) throw error;
      }
    }
    const waiting = (await this.#waiting()).attempts.get(row.attemptId);
    const [stored] = await this.#base.find([row.attemptId]);
    if (!stored && !waiting?.opened) throw new UnknownAttemptError(row.attemptId);
    if (!stored?.settled && !waiting?.settled) await this.#keep([{ kind: 'settled', row }]);
  }

  // ---- Budgets

  /**
   * A paid call under a limit needs sums that are whole, and a row that other windows can see: while rows of this window
   * wait for the database it is refused.
   */
  async #openWithin(row: AttemptOpened, limits: readonly SpendingLimit[]): Promise<void> {
    if (this.#options.clock() >= this.#retryAt) await this.#flushIfWaiting();
    if (this.#memory.length > 0 || this.#spilled) throw new LimitUnknownError(this.#problem ?? undefined);
    const { unwritable } = this.#base;
    try {
      if (unwritable) await this.#openInSpill(row, limits, unwritable);
      else {
        // Changes that other windows have spilled must count.
        if (this.#spill && !(await this.#spill.isEmpty())) await this.#import();
        await this.#base.open(row, limits);
      }
    } catch (error) {
      if (error instanceof OverLimitError || error instanceof LimitUnknownError || isCallersFault(error)) throw error;
      this.#fail(error);
      throw new LimitUnknownError(reasonOf(error));
    }
    this.#problem = null;
  }

  async #openInSpill(row: AttemptOpened, limits: readonly SpendingLimit[], base: Unwritable): Promise<void> {
    const spill = this.#spill;
    if (!spill || !base.sumsKnown) throw new LimitUnknownError(base.reason);
    await spill.withLock(async () => {
      const broken = findBroken(row, limits, await this.spending(limits));
      if (broken) throw broken;
      await spill.append([{ kind: 'opened', row }]);
    });
  }

  async claim(name: string): Promise<boolean> {
    if (this.#base.unwritable && this.#spill) return this.#spill.claim(name);
    return this.#reading(() => this.#base.claim(name));
  }

  // ---- Reading

  spending(limits: readonly SpendingLimit[]): Promise<readonly Spending[]> {
    return this.#reading((reader) => reader.spending(limits));
  }

  totals(since: number): Promise<readonly Total[]> {
    return this.#reading((reader) => reader.totals(since));
  }

  groups(query: GroupQuery): Promise<readonly GroupTotal[]> {
    return this.#reading((reader) => reader.groups(query));
  }
  answerOutcomes(query: GroupQuery): Promise<readonly AnswerOutcome[]> {
    return this.#reading((reader) => reader.answerOutcomes(query));
  }
  shownTimes(query: GroupQuery): Promise<readonly number[]> {
    return this.#reading((reader) => reader.shownTimes(query));
  }
  questions(query: RowQuery): Promise<readonly LedgerRow[]> {
    return this.#reading((reader) => reader.questions(query));
  }
  scores(query: TimeSpan): Promise<readonly number[]> {
    return this.#reading((reader) => reader.scores(query));
  }
  extent(): Promise<LedgerExtent> {
    return this.#reading((reader) => reader.extent());
  }
  rows(query: RowQuery): Promise<readonly LedgerRow[]> {
    return this.#reading((reader) => reader.rows(query));
  }

  outcomes(query: OutcomeQuery): Promise<readonly OutcomeRow[]> {
    return this.#reading((reader) => reader.outcomes(query));
  }

  outcomeTotals(since: number): Promise<readonly OutcomeTotal[]> {
    return this.#reading((reader) => reader.outcomeTotals(since));
  }

  /** The changes that wait in the spill and in memory. */
  async #waiting(): Promise<Waiting> {
    const memory = [...this.#memory];
    const spilled = (await this.#spill?.read()) ?? new Waiting();
    return memory.length === 0 ? spilled : spilled.with(memory);
  }

  async #reading<T>(read: (reader: OverlaidReader) => Promise<T>): Promise<T> {
    this.#refuseIfClosed();
    try {
      return await read(this.#reader);
    } catch (error) {
      this.#options.onError?.(error);
      throw error;
    }
  }

  // ---- Moving what waits into the database

  async heartbeat(now: number): Promise<void> {
    this.#refuseIfClosed();
    // The base looks whether it can be written again.
    if (this.#base.unwritable) await this.#base.heartbeat(now);
    if (this.#options.clock() >= this.#retryAt) await this.#catchUp();
    if (this.#base.unwritable) return this.#beatInSpill(now);
    if (this.#mustWait()) return this.#sayAlive(now);
    try {
      await this.#base.heartbeat(now);
      this.#problem = null;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Imports what any window has spilled, as far as that is possible. */
  async importSpill(): Promise<void> {
    try {
      if (!this.#base.unwritable && this.#spill && !(await this.#spill.isEmpty())) await this.#import();
    } catch (error) {
      // A heartbeat goes on with it.
      this.#options.onError?.(error);
    }
  }

  /** Imports what any window has spilled, and writes what waits in memory. */
  async #catchUp(): Promise<void> {
    const hasNews = async (): Promise<boolean> =>
      this.#spill !== undefined &&
      !this.#base.unwritable &&
      !(await this.#spill.isEmpty().catch(giveUp('spilled rows', true)));
    if (this.#memory.length > 0 || this.#spilled || (await hasNews())) await this.#flush();
  }

  async #flushIfWaiting(): Promise<void> {
    if (this.#memory.length > 0 || this.#spilled) await this.#flush();
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#moveAll().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #moveAll(): Promise<void> {
    try {
      if (this.#spill && !this.#base.unwritable) {
        // Rows that come meanwhile still go into the spill: they must not overtake those before them.
        do await this.#import();
        while (this.#appending > 0 || !(await this.#spill.isEmpty()) || this.#appending > 0);
        this.#spilled = false;
      }
      while (this.#memory.length > 0) {
        const batch = this.#memory.slice(0, BATCH);
        if (this.#base.unwritable) await this.#spill?.append(batch);
        else await this.#base.include(batch);
        this.#memory.splice(0, batch.length);
        await new Promise(setImmediate);
      }
      this.#problem = null;
      this.#toldLoss = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  async #import(): Promise<void> {
    await this.#spill?.import((changes) => this.#base.include(changes), this.#options.clock());
  }

  /** Tells the windows that import the spill that this one is alive, so that they do not give up its open rows. */
  async #sayAlive(now: number): Promise<void> {
    const { windowId } = this.#options;
    if (!this.#spill || this.#open.size === 0 || windowId === undefined) return;
    await this.#spill.append([{ kind: 'beat', windowId, at: now }]).catch((error) => this.#options.onError?.(error));
  }

  /** A heartbeat while the database cannot be written: the same rules, for the rows in the spill. */
  async #beatInSpill(now: number): Promise<void> {
    const slept = this.#lastBeat !== undefined && now - this.#lastBeat > WINDOW_SILENCE_MS;
    this.#lastBeat = now;
    await this.#sayAlive(now);
    if (slept) return;
    try {
      const waiting = await this.#waiting();
      for (const row of (await this.#reader.overlay(waiting)).added) {
        const beat = waiting.beats.get(row.windowId);
        if (row.settled || row.windowId === this.#options.windowId || !isAbandoned(row, beat, now)) continue;
        await this.#keep([{ kind: 'settled', row: settleAbandoned(row, beat) }]);
      }
    } catch (error) {
      this.#options.onError?.(error);
    }
  }

  // ---- The whole ledger

  async clear(period: TimeSpan): Promise<Cleared> {
    await this.#catchUp();
    const cleared = await this.#base.clear(period);
    // The imported file lies beside the database and has the same rows.
    if (cleared.backup) await this.#spill?.removeImported();
    return cleared;
  }

  async correctCategory(callId: string, category: Category | null): Promise<boolean> {
    await this.#catchUp();
    return this.#base.correctCategory(callId, category);
  }

  files(): Promise<LedgerFiles> {
    return this.#base.files();
  }

  restore(backup: string): Promise<number> {
    return this.#base.restore(backup);
  }

  onChange(listener: () => void): { dispose(): void } {
    const own = () => listener();
    this.#listeners.add(own);
    const watches = [this.#base.onChange(own), this.#spill?.onChange(own)];
    return {
      dispose: () => {
        this.#listeners.delete(own);
        watches.forEach((watch) => watch?.dispose());
      },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#flushIfWaiting();
    this.#closed = true;
    await this.#base.close();
    await this.#spill?.close();
  }

  #notify(): void {
    for (const listener of this.#listeners) queueMicrotask(listener);
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new Error('the ledger is closed');
  }
}

/** Errors that would be the same on any disk. */
const isCallersFault = (error: unknown): boolean => error instanceof UnknownAttemptError || error instanceof RangeError;

const sayLost = (waiting: number): string =>
  plural(
    waiting,
    t('The cost ledger still cannot be written, and {0} row waits in memory. Newer ones are lost.', waiting),
    t('The cost ledger still cannot be written, and {0} rows wait in memory. Newer ones are lost.', waiting),
  );

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const sayBeside = (reason: string): string =>
  t('The cost ledger cannot be written ({0}). New rows are kept beside it and are moved into it later.', reason);

const sayInMemory = (reason: string): string =>
  t('The cost ledger cannot be written ({0}). New rows wait in memory and are written later.', reason);
