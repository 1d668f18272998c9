import { dirname } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync, SQLOutputValue, StatementSync as Statement } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { UnknownAttemptError, WINDOW_SILENCE_MS, findBroken, isAbandoned, settleAbandoned } from '../core/ledger.ts';
import type {
  AttemptOpened,
  AttemptSettled,
  LedgerRow,
  LedgerStore,
  Spending,
  SpendingLimit,
  Total,
} from '../core/ledger.ts';
import { pageRows } from '../core/ledgerPages.ts';
import { changesOf, readBackup, writeBackup } from './ledgerBackup.ts';
import { checkOpened, checkSettled } from './ledgerChange.ts';
import type { RowChange } from './ledgerChange.ts';
import { makePrivateDir, makePrivateFile } from './ledgerFiles.ts';
import { inTransaction, migrate } from './ledgerSchema.ts';
import { createWatch } from './ledgerWatch.ts';

/** The ledger in one SQLite file that all windows share. Every call is one short synchronous statement. */

export interface SqliteOptions {
  /** Path of the database; its folder is made where it is missing. */
  readonly file: string;
  readonly windowId: string;
  /** Where the module comes from; it is missing in old hosts. */
  readonly load?: () => Promise<typeof Sqlite>;
}

export interface SqliteLedger extends LedgerStore {
  /** Writes changes that happened elsewhere, in one transaction; those that are there already are ignored. */
  include(changes: readonly RowChange[]): void;
  /** Looks at every page of the file and throws what SQLite throws on damage. Takes seconds where the file is large. */
  check(): void;
}

/** The half of the contract that never writes. */
export type LedgerReader = Pick<LedgerStore, 'location' | 'spending' | 'totals' | 'rows' | 'onChange' | 'close'>;

/** Milliseconds to wait for another window's write. */
const BUSY_MS = 5_000;
const HOUR_MS = 3_600_000;

const loadSqlite = (): Promise<typeof Sqlite> => import('node:sqlite');

/** Rejects when SQLite is missing, the file is damaged or written by a newer version (NewerLedgerError), or the place cannot be written. */
export async function openSqliteLedger(options: SqliteOptions): Promise<SqliteLedger> {
  const { DatabaseSync } = await (options.load ?? loadSqlite)();
  await makePrivateDir(dirname(options.file));
  // SQLite gives the permissions of the database to the files it makes beside it.
  await makePrivateFile(options.file);
  const db = new DatabaseSync(options.file);
  try {
    await prepareFile(db);
    migrate(db, options.file);
    return createStore(db, options);
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
  db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  await setJournalMode(db);
  db.exec('PRAGMA synchronous = normal');
}

/** Readers and the writer do not wait for each other in WAL, which network folders cannot offer: they have no shared memory. */
async function setJournalMode(db: DatabaseSync, tries = 20): Promise<void> {
  try {
    db.exec('PRAGMA journal_mode = wal');
  } catch (error) {
    if (isDamage(error)) throw error;
    if (codeOf(error) !== SQLITE_BUSY) return db.exec('PRAGMA journal_mode = delete');
    // Of windows that start at once only one can switch, and SQLite does not wait for it.
    if (tries === 0) throw error;
    await setTimeout(25);
    return setJournalMode(db, tries - 1);
  }
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** SQLite's primary result code, 0 for errors of other origin. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;

/** Whether SQLite says that the file is no database, or a broken one. */
export const isDamage = (error: unknown): boolean => [SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(error));

function createReader(db: DatabaseSync, file: string): LedgerReader & { notify(): void } {
  const totals = db.prepare(TOTALS);
  totals.setReadBigInts(true);
  const rows = db.prepare(ROWS);
  const spent = db.prepare(SPENT);
  const reserved = db.prepare(RESERVED);
  // It counts the commits of other connections only.
  const dataVersion = db.prepare('PRAGMA data_version');
  const readVersion = () => dataVersion.get()?.['data_version'];
  let seen = readVersion();
  const watch = createWatch(() => seen !== (seen = readVersion()));

  return {
    location: file,
    async spending(limits) {
      return limits.map((limit) => spendingOf(limit, spent, reserved));
    },
    async totals(since) {
      const from = startOf(since);
      // The first hour that lies in the period as a whole.
      const hour = Math.ceil(from / HOUR_MS);
      return totals.all(hour, from, hour * HOUR_MS).map(asTotal);
    },
    async rows({ since, until = Number.MAX_SAFE_INTEGER, limit = -1 }) {
      return rows.all(startOf(since), startOf(until), limit).map(asRow);
    },
    onChange: watch.onChange,
    notify: watch.notify,
    async close() {
      watch.dispose();
      if (db.isOpen) db.close();
    },
  };
}

function spendingOf({ since, tier, workspace }: SpendingLimit, spent: Statement, reserved: Statement): Spending {
  const from = startOf(since);
  const hour = Math.ceil(from / HOUR_MS);
  const scope = { tier, workspace };
  return {
    spent: Number(spent.get({ from, hour, end: hour * HOUR_MS, ...scope })?.['sum']),
    reserved: Number(reserved.get({ from, ...scope })?.['sum']),
  };
}

const startOf = (since: number): number => Math.max(0, Math.ceil(since));

function createStore(db: DatabaseSync, { file, windowId }: SqliteOptions): SqliteLedger {
  const { notify, ...reader } = createReader(db, file);
  const insert = db.prepare(INSERT);
  const update = db.prepare(SETTLE);
  const known = db.prepare('SELECT 1 FROM attempts WHERE attemptId = ?');
  const spent = db.prepare(SPENT);
  const reserved = db.prepare(RESERVED);
  const claimName = db.prepare('INSERT INTO claims VALUES (?) ON CONFLICT DO NOTHING');
  const openRows = db.prepare(OPEN_ROWS);
  const beat = db.prepare('INSERT INTO windows VALUES (?, ?) ON CONFLICT DO UPDATE SET beat = excluded.beat');
  const forget = db.prepare('DELETE FROM windows WHERE windowId = ?');
  const rowsOfHour = db.prepare(`SELECT * FROM attempts ${IN_HOUR} ORDER BY rowid`);
  const deleteHour = db.prepare(`DELETE FROM attempts ${IN_HOUR}`);
  const deleteSums = db.prepare('DELETE FROM hours WHERE hour = ?');
  let lastBeat: number | undefined;

  const insertRow = (row: AttemptOpened) => insert.run(...OPENED_COLUMNS.map((column) => row[column]));
  /** False when there is no such row, or when it is settled already. */
  const settleRow = (row: AttemptSettled) => update.run(...settledValues(row), row.attemptId).changes > 0;

  const abandoned = (now: number) =>
    openRows
      .all()
      .map((found) => ({ row: asOpened(found), beat: (found['beat'] as number | null) ?? undefined }))
      .filter(({ row, beat }) => row.windowId !== windowId && isAbandoned(row, beat, now));

  const settleAllAbandoned = (now: number) => {
    // Asked again under the lock: another window may have settled them, or theirs may have come back.
    for (const { row, beat } of abandoned(now)) {
      settleRow(settleAbandoned(row, beat));
      forget.run(row.windowId);
    }
  };

  const write = (change: RowChange) => (change.kind === 'opened' ? insertRow(change.row) : settleRow(change.row));

  /** Takes rows of one hour out. Triggers only ever add to its sums: they are made anew from the rows that stay. */
  const takeOut = (hour: number, gone: ReadonlySet<string>) => {
    const span = [hour * HOUR_MS, (hour + 1) * HOUR_MS];
    inTransaction(db, () => {
      const rows = rowsOfHour.all(...span).map(asRow);
      deleteHour.run(...span);
      deleteSums.run(hour);
      for (const row of rows) if (!gone.has(row.attemptId)) changesOf(row).forEach(write);
    });
  };

  return {
    ...reader,
    async clear(period) {
      const cleared = await writeBackup(dirname(file), pageRows(reader, period));
      if (cleared.backup) for await (const { hour, ids } of byHour(readBackup(cleared.backup))) takeOut(hour, ids);
      notify();
      return cleared;
    },
    async restore(backup) {
      let rows = 0;
      for await (const changes of readBackup(backup)) {
        inTransaction(db, () => changes.forEach(write));
        rows += changes.filter(({ kind }) => kind === 'opened').length;
      }
      notify();
      return rows;
    },
    async open(row, limits = []) {
      checkOpened(row);
      if (limits.length === 0) insertRow(row);
      else {
        // Under the write lock: what is free now is free until the row is there.
        inTransaction(db, () => {
          const spending = limits.map((limit) => spendingOf(limit, spent, reserved));
          const broken = findBroken(row, limits, spending);
          if (broken) throw broken;
          insertRow(row);
        });
      }
      notify();
    },
    async claim(name) {
      return claimName.run(name).changes > 0;
    },
    async settle(row) {
      checkSettled(row);
      if (settleRow(row)) notify();
      else if (!known.get(row.attemptId)) throw new UnknownAttemptError(row.attemptId);
    },
    async heartbeat(now) {
      const slept = lastBeat !== undefined && now - lastBeat > WINDOW_SILENCE_MS;
      lastBeat = now;
      // Only who has something to lose must be seen alive: idle windows write nothing and wake nobody.
      if (openRows.all().some((row) => row['windowId'] === windowId)) beat.run(windowId, now);
      if (slept || abandoned(now).length === 0) return;
      inTransaction(db, () => settleAllAbandoned(now));
      notify();
    },
    check() {
      const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      if (found !== 'ok') throw Object.assign(new Error(String(found)), { errcode: SQLITE_CORRUPT });
    },
    include(changes) {
      inTransaction(db, () => changes.forEach(write));
      notify();
    },
  };
}

/** The ids of rows in batches that are in the order of time. */
async function* byHour(batches: AsyncIterable<readonly RowChange[]>) {
  let hour = -1;
  let ids = new Set<string>();
  for await (const batch of batches) {
    for (const { kind, row } of batch) {
      if (kind !== 'opened') continue;
      const next = Math.floor(row.openedAt / HOUR_MS);
      if (next !== hour && ids.size > 0) {
        yield { hour, ids };
        ids = new Set();
      }
      hour = next;
      ids.add(row.attemptId);
    }
  }
  if (ids.size > 0) yield { hour, ids };
}

// ---- Statements

const IN_HOUR = 'WHERE openedAt >= ? AND openedAt < ?';

const OPENED_COLUMNS = [
  'attemptId',
  'callId',
  'attempt',
  'windowId',
  'openedAt',
  'tier',
  'task',
  'provider',
  'origin',
  'modelAsked',
  'language',
  'workspace',
  'estimatedInput',
  'estimatedCost',
  'reserved',
  'price',
  'rule',
] as const satisfies readonly (keyof AttemptOpened)[];

const INSERT = `INSERT INTO attempts (${OPENED_COLUMNS.join()}) VALUES (${OPENED_COLUMNS.map(() => '?').join()})
  ON CONFLICT (attemptId) DO NOTHING`;

const SETTLE = `UPDATE attempts SET closedAt = ?, outcome = ?, failure = ?, finish = ?, modelReturned = ?, input = ?,
  cacheRead = ?, cacheWrite = ?, output = ?, reasoning = ?, usageEstimated = ?, nanoUsd = ?, costSource = ?, ttftMs = ?,
  durationMs = ?, note = ? WHERE attemptId = ? AND outcome IS NULL`;

const settledValues = ({ usage, cost, ...row }: AttemptSettled) => [
  row.closedAt,
  row.outcome,
  row.failure,
  row.finish,
  row.modelReturned,
  usage.input,
  usage.cacheRead,
  usage.cacheWrite,
  usage.output,
  usage.reasoning,
  row.usageEstimated ? 1 : 0,
  cost.nanoUsd,
  cost.source,
  row.ttftMs,
  row.durationMs,
  row.note,
];

const OPEN_ROWS = 'SELECT * FROM attempts LEFT JOIN windows USING (windowId) WHERE outcome IS NULL';

/** Cost of the attempts of a scope: whole hours, and single attempts in the hour where the period begins. */
const SPENT = `
  SELECT ifnull(sum(nanoUsd), 0) AS sum FROM (
    SELECT nanoUsd FROM hours WHERE hour >= :hour AND (:tier IS NULL OR tier = :tier)
      AND (:workspace IS NULL OR workspace = :workspace)
    UNION ALL
    SELECT nanoUsd FROM attempts WHERE openedAt >= :from AND openedAt < :end AND (:tier IS NULL OR tier = :tier)
      AND (:workspace IS NULL OR workspace = :workspace)
  )`;

const RESERVED = `SELECT ifnull(sum(reserved), 0) AS sum FROM attempts WHERE outcome IS NULL AND openedAt >= :from
  AND (:tier IS NULL OR tier = :tier) AND (:workspace IS NULL OR workspace = :workspace)`;

const ROWS = `SELECT * FROM attempts WHERE openedAt >= ? AND openedAt < ?
  ORDER BY openedAt DESC, rowid DESC LIMIT ?`;

const TOTALS = `
  SELECT tier, task, sum(calls) AS calls, sum(attempts) AS attempts, sum(inputTokens) AS inputTokens,
    sum(cachedTokens) AS cachedTokens, sum(outputTokens) AS outputTokens, sum(nanoUsd) AS nanoUsd, sum(estimatedNanoUsd) AS estimatedNanoUsd,
    sum(unknown) AS unknown, sum(open) AS open
  FROM (
    SELECT tier, task, calls, attempts, inputTokens, cachedTokens, outputTokens, nanoUsd, estimatedNanoUsd, unknown, open
    FROM hours WHERE hour >= ?
    UNION ALL
    SELECT tier, task, attempt = 1, 1, ifnull(input + cacheRead + cacheWrite, 0), ifnull(cacheRead, 0),
      ifnull(output, 0), ifnull(nanoUsd, 0),
      iif(costSource = 'estimated', nanoUsd, 0), ifnull(costSource = 'unknown', 0), outcome IS NULL
    FROM attempts WHERE openedAt >= ? AND openedAt < ?
  ) GROUP BY tier, task`;

// ---- From columns to rows. The tables are STRICT and written only by the functions above, so casts tell the truth.

type Columns = Record<string, SQLOutputValue>;

function asTotal({ tier, task, ...sums }: Columns): Total {
  const numbers = Object.entries(sums).map(([name, sum]) => [name, Number(sum)]);
  return { tier, task, ...Object.fromEntries(numbers) } as Total;
}

const asOpened = (columns: Columns): AttemptOpened =>
  Object.fromEntries(OPENED_COLUMNS.map((column) => [column, columns[column] ?? null])) as unknown as AttemptOpened;

export function asRow(columns: Columns): LedgerRow {
  return { ...asOpened(columns), settled: columns['outcome'] === null ? null : asSettled(columns) };
}

function asSettled(columns: Columns): LedgerRow['settled'] {
  const { closedAt, outcome, failure, finish, modelReturned, ttftMs, durationMs } = columns;
  const { input, cacheRead, cacheWrite, output, reasoning, usageEstimated, nanoUsd, costSource, note = null } = columns;
  return {
    closedAt,
    outcome,
    failure,
    finish,
    modelReturned,
    usage: { input, cacheRead, cacheWrite, output, reasoning },
    usageEstimated: usageEstimated === 1,
    cost: { nanoUsd, source: costSource },
    ttftMs,
    durationMs,
    note,
  } as LedgerRow['settled'];
}
