import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { UnknownAttemptError, WINDOW_SILENCE_MS, findBroken, isAbandoned } from '../../core/ledger/ledger.ts';
import { settleAbandoned } from '../../core/ledger/ledger.ts';
import type { AttemptOpened, AttemptSettled, LedgerRow, LedgerStore } from '../../core/ledger/ledger.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import { makePrivateDir, makePrivateFile } from '../files.ts';
import { measureFiles, readBackup } from './backup.ts';
import { checkOpened, checkOutcome, checkSettled } from './change.ts';
import type { LedgerChange } from './change.ts';
import { clearPeriod } from './clearing.ts';
import { copyDatabase } from './copies.ts';
import { createCheck } from './sums.ts';
import type { Check } from './sums.ts';
import { createCorrection } from './groupReader.ts';
import { createReader, createSpending } from './reader.ts';
import type { LedgerReader } from './reader.ts';
import { OPENED_COLUMNS, OUTCOME_COLUMNS, inTransaction, migrate, refuseNewer } from './schema.ts';
import { BEAT, IMPORT_BEAT, INSERT, INSERT_OUTCOME, OPEN_ROWS, SETTLE } from './statements.ts';
import { asOpenRow, asOutcome, asRow, settledValues } from './statements.ts';
import { isBusy, isDamage, isStatementFault } from './sqliteErrors.ts';

/** The ledger in one SQLite file that all windows share. Every call is one short synchronous statement. */

export interface SqliteOptions {
  /** Path of the database; its folder is made where it is missing. */
  readonly file: string;
  readonly windowId: string;
  /** Where the module comes from; tests put faults there. */
  readonly load?: () => Promise<typeof Sqlite>;
}

export interface SqliteLedger extends LedgerStore, LedgerReader, Check {
  /**
   * Writes changes that happened elsewhere, in one transaction that is flushed to the disk; those that are there already
   * are ignored. Answers how many attempts are new.
   */
  include(changes: readonly LedgerChange[]): number;
  /** Writes a copy of the whole database to a file, while other windows go on; the file gets its name when it is complete. */
  copyTo(target: string): Promise<void>;
  /** Whether the file that is open is still the one at its path. */
  isInPlace(): boolean;
  /** The rows that were written since the file was opened and are of this window. */
  ownRows(): readonly LedgerRow[];
  /** The outcomes that were written since the file was opened, by any window. */
  newOutcomes(): readonly OutcomeRow[];
}

/** Milliseconds to wait for another window's write. */
const BUSY_MS = 5_000;

export const loadSqlite = (): Promise<typeof Sqlite> => import('node:sqlite');

/** Rejects when SQLite is missing, the file is damaged or written by a newer version (NewerLedgerError), or the place cannot be written. */
export async function openSqliteLedger(options: SqliteOptions): Promise<SqliteLedger> {
  const sqlite = await (options.load ?? loadSqlite)();
  await makePrivateDir(dirname(options.file));
  // SQLite gives the permissions of the database to the files it makes beside it.
  await makePrivateFile(options.file);
  const db = new sqlite.DatabaseSync(options.file);
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    refuseNewer(db);
    await prepareFile(db);
    migrate(db, options.file);
    return createStore(sqlite, db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a ledger only to look at it, also that of a newer version as long as its tables are still understood. */
export async function openSqliteReader({ file, load }: Omit<SqliteOptions, 'windowId'>): Promise<LedgerReader> {
  const { DatabaseSync } = await (load ?? loadSqlite)();
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return createReader(db, file);
  } catch (error) {
    db.close();
    throw error;
  }
}

async function prepareFile(db: DatabaseSync): Promise<void> {
  await setJournalMode(db);
  db.exec('PRAGMA synchronous = normal');
  // Rows that are cleared are overwritten, not only forgotten.
  db.exec('PRAGMA secure_delete = on');
}

/** Readers and the writer do not wait for each other in WAL, which network folders cannot offer: they have no shared memory. */
async function setJournalMode(db: DatabaseSync, tries = 20): Promise<void> {
  try {
    db.exec('PRAGMA journal_mode = wal');
  } catch (error) {
    if (isDamage(error) && !isStatementFault(error)) throw error;
    if (!isBusy(error)) return db.exec('PRAGMA journal_mode = delete');
    // When windows start at once only one can switch, and SQLite does not wait for it.
    if (tries === 0) throw error;
    await setTimeout(25);
    return setJournalMode(db, tries - 1);
  }
}

function createStore(sqlite: typeof Sqlite, db: DatabaseSync, { file, windowId }: SqliteOptions): SqliteLedger {
  const { notify, ...reader } = createReader(db, file);
  const table = createAttempts(db);
  const record = createOutcomes(db);
  const importBeat = db.prepare(IMPORT_BEAT);
  const correct = createCorrection(db);
  const identity = identityOf(file);

  /** Answers whether a new attempt was written. */
  const write = (change: LedgerChange): boolean => {
    if (change.kind === 'opened') return table.insert(change.row);
    if (change.kind === 'settled') table.settle(change.row);
    else if (change.kind === 'outcome') record(change.row);
    else importBeat.run(change.windowId, change.at);
    return false;
  };

  return {
    ...reader,
    ...createCheck(db),
    ...createAttemptWriter(db, windowId, table, notify),
    ...createLookBack(db, windowId),
    async recordOutcomes(rows) {
      rows.forEach(checkOutcome);
      if (rows.length === 0) return;
      inTransaction(db, () => rows.forEach(record));
      notify();
    },
    async clear(period) {
      const cleared = await clearPeriod(db, file, reader, period);
      if (cleared.backup) notify();
      return cleared;
    },
    async correctCategory(callId, category) {
      const found = await correct(callId, category);
      if (found) notify();
      return found;
    },
    files: () => measureFiles(dirname(file)),
    async restore(backup) {
      let rows = 0;
      for await (const changes of readBackup(backup)) {
        inTransaction(db, () => changes.forEach(write));
        rows += changes.filter(({ kind }) => kind === 'opened').length;
      }
      notify();
      return rows;
    },
    include(changes) {
      // The file that the changes come from is put away afterward: they must survive a power failure.
      db.exec('PRAGMA synchronous = full');
      try {
        return inTransaction(db, () => changes.filter(write)).length;
      } finally {
        db.exec('PRAGMA synchronous = normal');
        notify();
      }
    },
    copyTo: (target) => copyDatabase(sqlite, file, target),
    isInPlace: () => identityOf(file) === identity,
  };
}

type AttemptTable = ReturnType<typeof createAttempts>;

/** Writes single attempts. */
function createAttempts(db: DatabaseSync) {
  const insert = db.prepare(INSERT);
  const update = db.prepare(SETTLE);
  return {
    /** Answers false when there is a row with this id. */
    insert: (row: AttemptOpened): boolean => insert.run(...OPENED_COLUMNS.map((column) => row[column])).changes > 0,
    /** Answers false when there is no such row, or when it is settled already. */
    settle: (row: AttemptSettled): boolean => update.run(...settledValues(row)).changes > 0,
  };
}

/** Writes single outcomes; one that is there already stays as it is. */
function createOutcomes(db: DatabaseSync): (row: OutcomeRow) => void {
  const insert = db.prepare(INSERT_OUTCOME);
  return (row) => void insert.run(...OUTCOME_COLUMNS.map((column) => row[column]));
}

/** The part of the contract that writes attempts. */
function createAttemptWriter(
  db: DatabaseSync,
  windowId: string,
  table: AttemptTable,
  notify: () => void,
): Pick<LedgerStore, 'open' | 'settle' | 'claim' | 'heartbeat'> {
  const known = db.prepare('SELECT 1 FROM attempts WHERE attemptId = ?');
  const spendingOf = createSpending(db);
  const claimName = db.prepare('INSERT INTO claims VALUES (?) ON CONFLICT DO NOTHING');
  const openRows = db.prepare(OPEN_ROWS);
  const beat = db.prepare(BEAT);
  const forget = db.prepare('DELETE FROM windows WHERE windowId = ?');
  let lastBeat: number | undefined;

  const abandoned = (now: number) =>
    openRows
      .all()
      .map(asOpenRow)
      .filter(({ row, beat }) => row.windowId !== windowId && isAbandoned(row, beat, now));

  return {
    async open(row, limits = []) {
      checkOpened(row);
      if (limits.length === 0) table.insert(row);
      else {
        // Under the write lock: what is free now is free until the row is there.
        inTransaction(db, () => {
          const broken = findBroken(row, limits, limits.map(spendingOf));
          if (broken) throw broken;
          table.insert(row);
        });
      }
      notify();
    },
    async settle(row) {
      checkSettled(row);
      if (table.settle(row)) notify();
      else if (!known.get(row.attemptId)) throw new UnknownAttemptError(row.attemptId);
    },
    async claim(name) {
      return claimName.run(name).changes > 0;
    },
    async heartbeat(now) {
      const slept = lastBeat !== undefined && now - lastBeat > WINDOW_SILENCE_MS;
      lastBeat = now;
      // Only a window with open rows must be seen alive: idle windows write nothing and wake no other.
      if (openRows.all().some((row) => row['windowId'] === windowId)) beat.run(windowId, now);
      if (slept || abandoned(now).length === 0) return;
      inTransaction(db, () => {
        // Asked again under the lock: another window may have settled them, or their window may have come back.
        for (const { row, beat } of abandoned(now)) {
          table.settle(settleAbandoned(row, beat));
          forget.run(row.windowId);
        }
      });
      notify();
    },
  };
}

/** The rows that were written since the file was opened. */
function createLookBack(db: DatabaseSync, windowId: string): Pick<SqliteLedger, 'ownRows' | 'newOutcomes'> {
  const ownRows = db.prepare('SELECT * FROM attempts WHERE rowid > ? AND windowId = ?');
  const newOutcomes = db.prepare('SELECT * FROM outcomes WHERE rowid > ?');
  const lastOutcome = db.prepare('SELECT max(rowid) AS n FROM outcomes').get()?.['n'] ?? 0;
  const lastRow = db.prepare('SELECT max(rowid) AS n FROM attempts').get()?.['n'] ?? 0;
  return {
    ownRows: () => ownRows.all(lastRow, windowId).map(asRow),
    newOutcomes: () => newOutcomes.all(lastOutcome).map(asOutcome),
  };
}

/** Which file has this name right now; empty when there is none. */
function identityOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev} ${found.ino}` : '';
}
