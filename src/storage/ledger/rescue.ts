import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { debugLog } from '../../core/common/debugLog.ts';
import { changesOf } from './backup.ts';
import { checkOpened, checkOutcome, checkSettled } from './change.ts';
import type { RowChange } from './change.ts';
import { asOutcome, asRow } from './statements.ts';

/** Reads the rows of a database that may be damaged, with SQL. */

/** Rows that are asked for at once. */
const BLOCK = 512;
/** Reads that may fail, some microseconds each. Then most of the file is damaged, and the rest is left. */
const MOST_FAILURES = 5_000;

export interface Rescued {
  /** Whether every row could be read. */
  readonly complete: boolean;
  /** How many attempts the sums of the database tell of; undefined when the sums cannot be read. */
  readonly expected: number | undefined;
}

/**
 * Hands the changes of all rows that SQLite can still read to `include`, in batches. Where a page is damaged the rows on it
 * are left out. Where only the settlement of a row makes no sense the row comes as an open one.
 */
export async function rescueRows(
  { DatabaseSync }: typeof Sqlite,
  file: string,
  include: (changes: readonly RowChange[]) => void,
): Promise<Rescued> {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    const attempts = await rescueTable(db, 'attempts', attemptChanges, include);
    const outcomes = await rescueTable(db, 'outcomes', outcomeChanges, include);
    return { complete: attempts && outcomes, expected: countKnown(db) };
  } catch (error) {
    debugLog('rescue of a damaged ledger', error);
    return { complete: false, expected: undefined };
  } finally {
    db?.close();
  }
}

type Columns = Parameters<typeof asRow>[0];

/** Answers whether every row of the table could be read. */
async function rescueTable(
  db: DatabaseSync,
  table: 'attempts' | 'outcomes',
  changesFrom: (columns: Columns) => readonly RowChange[],
  include: (changes: readonly RowChange[]) => void,
): Promise<boolean> {
  if (table === 'outcomes' && hasTable(db, table) === false) return true;
  const last = lastRowId(db, table);
  if (last === undefined) return false;
  const select = db.prepare(`SELECT * FROM ${table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid`);
  // Looks at no row beyond, which may be on the next page.
  const selectOne = db.prepare(`SELECT * FROM ${table} WHERE rowid = ?`);
  let failures = 0;
  let complete = true;
  const read = (from: number, to: number): readonly Columns[] => {
    if (failures > MOST_FAILURES) return [];
    try {
      return from === to ? selectOne.all(from) : select.all(from, to);
    } catch (error) {
      debugLog(`rescue of rows ${from} to ${to}`, error);
      failures += 1;
      complete = false;
      if (from === to) return [];
      const middle = Math.floor((from + to) / 2);
      return [...read(from, middle), ...read(middle + 1, to)];
    }
  };
  for (let from = 1; from <= last && failures <= MOST_FAILURES; from += BLOCK) {
    const rows = read(from, Math.min(last, from + BLOCK - 1));
    const changes = rows.map(changesFrom);
    if (changes.some(({ length }) => length === 0)) complete = false;
    include(changes.flat());
    await setImmediate();
  }
  return complete;
}

function hasTable(db: DatabaseSync, table: string): boolean | undefined {
  try {
    return db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;
  } catch (error) {
    debugLog('tables of a damaged ledger', error);
    return undefined;
  }
}

/** The highest row id; where the end of the table is damaged its index by time tells. */
function lastRowId(db: DatabaseSync, table: 'attempts' | 'outcomes'): number | undefined {
  const byTime = table === 'attempts' ? 'attempts INDEXED BY attemptsByTime' : 'outcomes INDEXED BY outcomesByTime';
  const time = table === 'attempts' ? 'openedAt' : 'at';
  for (const sql of [
    `SELECT max(rowid) AS last FROM ${table}`,
    `SELECT max(id) AS last FROM (SELECT rowid AS id FROM ${byTime} WHERE ${time} >= 0)`,
  ]) {
    try {
      return Number(db.prepare(sql).get()?.['last'] ?? 0);
    } catch (error) {
      // The next one looks elsewhere.
      debugLog('last row of a damaged ledger', error);
    }
  }
  return undefined;
}

/** The changes that made a row; none when it makes no sense. */
function attemptChanges(columns: Columns): readonly RowChange[] {
  const row = asRow(columns);
  // A flipped bit in an id would make a second row of one that is in a copy.
  if (row.attemptId !== `${row.callId}/${row.attempt}`) return [];
  const [first, ...rest] = changesOf(row).filter(isSound);
  return first?.kind === 'opened' ? [first, ...rest] : [];
}

function outcomeChanges(columns: Columns): readonly RowChange[] {
  const change: RowChange = { kind: 'outcome', row: asOutcome(columns) };
  return isSound(change) ? [change] : [];
}

function isSound(change: RowChange): boolean {
  try {
    if (change.kind === 'opened') checkOpened(change.row);
    else if (change.kind === 'settled') checkSettled(change.row);
    else checkOutcome(change.row);
    return true;
  } catch (error) {
    debugLog('a damaged row', error);
    return false;
  }
}

function countKnown(db: DatabaseSync): number | undefined {
  try {
    return Number(db.prepare('SELECT ifnull(sum(attempts), 0) AS n FROM hours').get()?.['n']);
  } catch (error) {
    debugLog('sums of a damaged ledger', error);
    return undefined;
  }
}
