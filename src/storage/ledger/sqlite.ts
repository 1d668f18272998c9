import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync, SQLOutputValue, StatementSync as Statement } from 'node:sqlite';
import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  UnknownAttemptError,
  WINDOW_SILENCE_MS,
  findBroken,
  isAbandoned,
  settleAbandoned,
} from '../../core/ledger/ledger.ts';
import type {
  AttemptOpened,
  AttemptSettled,
  LedgerRow,
  LedgerStore,
  Spending,
  SpendingLimit,
  Total,
} from '../../core/ledger/ledger.ts';
import { pageOutcomes, pageRows } from '../../core/ledger/paging.ts';
import type { OutcomeRow, OutcomeTotal } from '../../core/ledger/outcomes.ts';
import { measureFiles, readBackup, writeBackup } from './backup.ts';
import { checkOpened, checkOutcome, checkSettled, idOf } from './change.ts';
import type { RowChange } from './change.ts';
import { makePrivateDir, makePrivateFile } from './ledgerFiles.ts';
import { OUTCOME_COLUMNS, inTransaction, migrate, refuseNewer } from './schema.ts';
import { createWatch } from './watch.ts';

/** The ledger in one SQLite file that all windows share. Every call is one short synchronous statement. */

export interface SqliteOptions {
  /** Path of the database; its folder is made where it is missing. */
  readonly file: string;
  readonly windowId: string;
  /** Where the module comes from; it is missing in old hosts. */
  readonly load?: () => Promise<typeof Sqlite>;
}

export interface SqliteLedger extends LedgerStore {
  /**
   * Writes changes that happened elsewhere, in one transaction; those that are there already are ignored. Answers how
   * many rows are new.
   */
  include(changes: readonly RowChange[]): number;
  /**
   * Looks at every page of the file, and at every row and sum; throws what SQLite throws on damage. Takes seconds where
   * the file is large.
   */
  check(): void;
  /**
   * Compares rows and sums, an hour at a time, and rejects with what SQLite throws on damage where they disagree: a
   * flipped bit can hide rows, or change an amount, without SQLite noticing.
   */
  verify(): Promise<void>;
  /** Whether the file that is open is still the one at its path. */
  isInPlace(): boolean;
  /** The rows that were written since the file was opened and are of this window. */
  ownRows(): readonly LedgerRow[];
  /** The outcomes that were written since the file was opened, by any window. */
  newOutcomes(): readonly OutcomeRow[];
}

/** The half of the contract that never writes. */
export type LedgerReader = Pick<
  LedgerStore,
  'location' | 'spending' | 'totals' | 'rows' | 'outcomes' | 'outcomeTotals' | 'onChange' | 'close'
>;

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
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    refuseNewer(db);
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
  await setJournalMode(db);
  db.exec('PRAGMA synchronous = normal');
  // Rows that are taken out are overwritten, not only forgotten.
  db.exec('PRAGMA secure_delete = on');
}

/** Readers and the writer do not wait for each other in WAL, which network folders cannot offer: they have no shared memory. */
async function setJournalMode(db: DatabaseSync, tries = 20): Promise<void> {
  try {
    db.exec('PRAGMA journal_mode = wal');
  } catch (error) {
    if (isDamage(error) && codeOf(error) !== SQLITE_ERROR) throw error;
    if (codeOf(error) !== SQLITE_BUSY) return db.exec('PRAGMA journal_mode = delete');
    // Of windows that start at once only one can switch, and SQLite does not wait for it.
    if (tries === 0) throw error;
    await setTimeout(25);
    return setJournalMode(db, tries - 1);
  }
}

const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** SQLite's primary result code, 0 for errors of other origin. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;

const damage = (message: string): Error => Object.assign(new Error(message), { errcode: SQLITE_CORRUPT });

/**
 * Whether SQLite says that the file is no database, or a broken one. Our statements are sound: where SQLite finds a fault
 * in one, it is the text of tables and triggers in the file that is damaged.
 */
export const isDamage = (error: unknown): boolean =>
  [SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(error));

function createReader(db: DatabaseSync, file: string): LedgerReader & { notify(): void } {
  const totals = db.prepare(TOTALS);
  totals.setReadBigInts(true);
  const rows = db.prepare(ROWS);
  const spent = db.prepare(SPENT);
  const reserved = db.prepare(RESERVED);
  // A file that is only read may have been written before there were outcomes.
  const hasOutcomes = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outcomes'").get() !== undefined;
  const outcomes = hasOutcomes ? db.prepare(OUTCOMES) : null;
  const outcomeTotals = hasOutcomes ? db.prepare(OUTCOME_TOTALS) : null;
  outcomeTotals?.setReadBigInts(true);
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
    async outcomes({ since, until = Number.MAX_SAFE_INTEGER, limit = -1 }) {
      return outcomes?.all(startOf(since), startOf(until), limit).map(asOutcome) ?? [];
    },
    async outcomeTotals(since) {
      const from = startOf(since);
      const hour = Math.ceil(from / HOUR_MS);
      return outcomeTotals?.all(hour, from, hour * HOUR_MS).map(asOutcomeTotal) ?? [];
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
  const deleteRow = db.prepare('DELETE FROM attempts WHERE attemptId = ?');
  const deleteSums = db.prepare('DELETE FROM hours WHERE hour = ?');
  const sumHour = db.prepare(`INSERT INTO hours ${SUMS_OF_HOUR}`);
  const hourAfter = db.prepare(HOUR_AFTER);
  const disagreement = db.prepare(DISAGREEMENT);
  const ownRows = db.prepare('SELECT * FROM attempts WHERE rowid > ? AND windowId = ?');
  const insertOutcome = db.prepare(INSERT_OUTCOME);
  const deleteOutcome = db.prepare('DELETE FROM outcomes WHERE outcomeId = ?');
  const deleteOutcomeSums = db.prepare('DELETE FROM outcomeHours WHERE hour = ?');
  const sumOutcomes = db.prepare(`INSERT INTO outcomeHours ${OUTCOME_SUMS_OF_HOUR}`);
  const outcomeDisagreement = db.prepare(OUTCOME_DISAGREEMENT);
  const newOutcomes = db.prepare('SELECT * FROM outcomes WHERE rowid > ?');
  const lastOutcome = db.prepare('SELECT max(rowid) AS n FROM outcomes').get()?.['n'] ?? 0;
  const lastRow = db.prepare('SELECT max(rowid) AS n FROM attempts').get()?.['n'] ?? 0;
  const identity = identityOf(file);
  let lastBeat: number | undefined;

  /** False when there is a row with this id. */
  const insertRow = (row: AttemptOpened) => insert.run(...OPENED_COLUMNS.map((column) => row[column])).changes > 0;
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

  /** False when there is one with this id. */
  const record = (row: OutcomeRow) => insertOutcome.run(...OUTCOME_COLUMNS.map((column) => row[column])).changes > 0;

  const write = (change: RowChange): boolean => {
    if (change.kind === 'opened') return insertRow(change.row);
    return change.kind === 'settled' ? settleRow(change.row) : record(change.row);
  };

  /** Takes what is of one hour out. Triggers only ever add to its sums: they are made anew from what stays. */
  const takeOut = (hour: number, gone: readonly RowChange[]) =>
    inTransaction(db, () => {
      for (const change of gone) (change.kind === 'outcome' ? deleteOutcome : deleteRow).run(idOf(change));
      deleteSums.run(hour);
      sumHour.run(hour * HOUR_MS, (hour + 1) * HOUR_MS);
      deleteOutcomeSums.run(hour);
      sumOutcomes.run(hour * HOUR_MS, (hour + 1) * HOUR_MS);
    });

  /** The next hour that has sums or rows. */
  const nextHour = (hour: number): number | undefined => {
    const next = hourAfter.get({ hour, end: (hour + 1) * HOUR_MS })?.['next'];
    return next === null || next === undefined || !db.isOpen ? undefined : Number(next);
  };
  const compareHour = (hour: number): void => {
    const from = hour * HOUR_MS;
    const place = [hour, from, from + HOUR_MS, from, from + HOUR_MS, hour];
    if (disagreement.get(...place) || outcomeDisagreement.get(...place))
      throw damage(`rows and sums disagree in the hour from ${new Date(Math.max(0, from)).toISOString()}`);
  };

  return {
    ...reader,
    async clear(period) {
      const cleared = await writeBackup(dirname(file), pageRows(reader, period), pageOutcomes(reader, period));
      if (!cleared.backup) return cleared;
      for await (const { hour, gone } of byHour(readBackup(cleared.backup))) takeOut(hour, gone);
      // Older states of pages in the log: what was taken out would come back if the file had to be salvaged.
      db.exec('PRAGMA wal_checkpoint(truncate)');
      notify();
      return cleared;
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
    async recordOutcomes(rows) {
      rows.forEach(checkOutcome);
      if (rows.length === 0) return;
      inTransaction(db, () => rows.forEach(record));
      notify();
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
      if (found !== 'ok') throw damage(String(found));
      for (let hour: number | undefined = -1; hour !== undefined; hour = nextHour(hour)) compareHour(hour);
    },
    async verify() {
      for (let hour: number | undefined = -1; hour !== undefined && db.isOpen; hour = nextHour(hour)) {
        compareHour(hour);
        await setImmediate();
      }
    },
    include(changes) {
      const added = inTransaction(db, () =>
        changes.map(write).filter((isNew, n) => isNew && changes[n]?.kind === 'opened'),
      );
      notify();
      return added.length;
    },
    isInPlace: () => identityOf(file) === identity,
    ownRows: () => ownRows.all(lastRow, windowId).map(asRow),
    newOutcomes: () => newOutcomes.all(lastOutcome).map(asOutcome),
  };
}

/** Which file has this name at present; empty when there is none. */
function identityOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev} ${found.ino}` : '';
}

/** Rows taken out in one transaction: a few milliseconds of the host's time. */
const BATCH = 500;

/** Rows and outcomes that come in the order of time, those of one hour together, in batches. */
async function* byHour(batches: AsyncIterable<readonly RowChange[]>) {
  let hour = -1;
  let gone: RowChange[] = [];
  for await (const batch of batches) {
    for (const change of batch) {
      if (change.kind === 'settled') continue;
      const next = Math.floor((change.kind === 'opened' ? change.row.openedAt : change.row.at) / HOUR_MS);
      if (gone.length > 0 && (next !== hour || gone.length >= BATCH)) {
        yield { hour, gone };
        gone = [];
      }
      hour = next;
      gone.push(change);
    }
  }
  if (gone.length > 0) yield { hour, gone };
}

// ---- Statements

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

/** What the triggers would have summed up for the attempts of a span within one hour. */
const SUMS_OF_HOUR = `
  SELECT openedAt / ${HOUR_MS}, tier, task, ifnull(workspace, ''), sum(attempt = 1), count(*),
    sum(ifnull(input + cacheRead + cacheWrite, 0)), sum(ifnull(cacheRead, 0)), sum(ifnull(output, 0)),
    sum(ifnull(nanoUsd, 0)), sum(iif(costSource = 'estimated', nanoUsd, 0)), sum(ifnull(costSource = 'unknown', 0)),
    sum(outcome IS NULL)
  FROM attempts WHERE openedAt >= ? AND openedAt < ? GROUP BY 1, 2, 3, 4`;

const HOUR_AFTER = `
  SELECT min(next) AS next FROM (
    SELECT min(hour) AS next FROM hours WHERE hour > :hour
    UNION ALL
    SELECT min(openedAt) / ${HOUR_MS} FROM attempts WHERE openedAt >= :end
    UNION ALL
    SELECT min(hour) FROM outcomeHours WHERE hour > :hour
    UNION ALL
    SELECT min(at) / ${HOUR_MS} FROM outcomes WHERE at >= :end
  )`;

const INSERT_OUTCOME = `INSERT INTO outcomes (${OUTCOME_COLUMNS.join()})
  VALUES (${OUTCOME_COLUMNS.map(() => '?').join()}) ON CONFLICT (outcomeId) DO NOTHING`;

const OUTCOMES = 'SELECT * FROM outcomes WHERE at >= ? AND at < ? ORDER BY at DESC, rowid DESC LIMIT ?';

const OUTCOME_TOTALS = `
  SELECT tier, task, model, kind, sum(count) AS count, sum(characters) AS characters, sum(kept) AS kept
  FROM (
    SELECT tier, task, model, kind, count, characters, kept FROM outcomeHours WHERE hour >= ?
    UNION ALL
    SELECT tier, task, model, kind, 1, characters, ifnull(kept, 0) FROM outcomes WHERE at >= ? AND at < ?
  ) GROUP BY tier, task, model, kind`;

/** What the trigger would have summed up for the outcomes of a span within one hour. */
const OUTCOME_SUMS_OF_HOUR = `
  SELECT at / ${HOUR_MS}, tier, task, model, kind, count(*), sum(characters), sum(ifnull(kept, 0))
  FROM outcomes WHERE at >= ? AND at < ? GROUP BY 1, 2, 3, 4, 5`;

const OUTCOME_DISAGREEMENT = `
  SELECT 1 FROM (SELECT * FROM outcomeHours WHERE hour = ? EXCEPT SELECT * FROM (${OUTCOME_SUMS_OF_HOUR}))
  UNION ALL
  SELECT 1 FROM (SELECT * FROM (${OUTCOME_SUMS_OF_HOUR}) EXCEPT SELECT * FROM outcomeHours WHERE hour = ?)`;

/** In one statement, so that no write comes between rows and sums. */
const DISAGREEMENT = `
  SELECT 1 FROM (SELECT * FROM hours WHERE hour = ? EXCEPT SELECT * FROM (${SUMS_OF_HOUR}))
  UNION ALL
  SELECT 1 FROM (SELECT * FROM (${SUMS_OF_HOUR}) EXCEPT SELECT * FROM hours WHERE hour = ?)`;

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

/** Also of columns that were read from a page itself. */
export const asOutcome = (columns: Columns): OutcomeRow => ({ ...columns }) as unknown as OutcomeRow;

function asOutcomeTotal({ tier, task, model, kind, count, characters, kept }: Columns): OutcomeTotal {
  const sums = { count: Number(count), characters: Number(characters), kept: Number(kept) };
  return { tier, task, model, kind, ...sums } as OutcomeTotal;
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
