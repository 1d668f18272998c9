import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { changesOf } from './backup.ts';
import { checkOpened, checkOutcome, checkSettled } from './change.ts';
import type { RowChange } from './change.ts';
import { hasCode } from './ledgerFiles.ts';
import { ATTEMPT_COLUMNS, OUTCOME_COLUMNS } from './schema.ts';
import { asOutcome, asRow } from './sqlite.ts';
import { pageBytesOf, rowsOnPage } from './sqlitePages.ts';
import type { Value } from './sqlitePages.ts';

/** Getting the rows out of a damaged database: all that are on sound pages, whatever happened to the others. */

/** Pages looked at without a turn of the event loop: some milliseconds. */
const BATCH = 64;
/** The first version of the table had this many columns. */
const FEWEST_COLUMNS = ATTEMPT_COLUMNS.indexOf('durationMs') + 1;

const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Hands the changes of all readable rows of a database, and of the log beside it, to `include`, in batches. A row may
 * come more than once, in older and newer states: a settlement that is missing in one is in the other. Where only the
 * settlement is damaged the row comes as an open one.
 */
export async function salvage(file: string, include: (changes: readonly RowChange[]) => void): Promise<void> {
  const database = openSync(file, 'r');
  const log = openIfThere(`${file}-wal`);
  try {
    const pageBytes = pageBytesOf(readAt(database, 0, 100) ?? Buffer.alloc(0));
    const frameBytes = FRAME_HEADER_BYTES + pageBytes;
    const frameAt = (index: number): Buffer | undefined =>
      log === undefined ? undefined : readAt(log, LOG_HEADER_BYTES + index * frameBytes, frameBytes);
    /** Where the log has a page that the database may not have yet. */
    const frames = new Map<number, number>();
    for (let index = 0, frame; (frame = frameAt(index)); index += 1) frames.set(frame.readUInt32BE(0), index);
    const readPage = (number: number): Buffer | undefined => {
      const index = frames.get(number);
      const frame = index === undefined ? undefined : frameAt(index);
      return frame?.subarray(FRAME_HEADER_BYTES) ?? readAt(database, (number - 1) * pageBytes, pageBytes);
    };
    let changes: RowChange[] = [];
    const look = async (page: Buffer, number: number, count: number): Promise<void> => {
      for (const row of rowsOnPage(page, number, readPage)) changes.push(...soundChanges(row));
      if (count % BATCH !== 0) return;
      include(changes);
      changes = [];
      await setImmediate();
    };
    for (let number = 1, page; (page = readAt(database, (number - 1) * pageBytes, pageBytes)); number += 1)
      await look(page, number, number);
    for (let index = 0, frame; (frame = frameAt(index)); index += 1)
      await look(frame.subarray(FRAME_HEADER_BYTES), frame.readUInt32BE(0), index + 1);
    include(changes);
  } finally {
    closeSync(database);
    if (log !== undefined) closeSync(log);
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return undefined;
  }
}

/** That many bytes, or undefined where the file ends before. */
function readAt(file: number, position: number, bytes: number): Buffer | undefined {
  if (position < 0) return undefined;
  const buffer = Buffer.alloc(bytes);
  return readSync(file, buffer, 0, bytes, position) === bytes ? buffer : undefined;
}

/** The changes that made a row of one of our tables; none when it is of another table or makes no sense. */
function soundChanges(values: readonly Value[]): readonly RowChange[] {
  const named = (columns: readonly string[]): Record<string, Value> =>
    Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null]));
  if (values.length === OUTCOME_COLUMNS.length) {
    const change: RowChange = { kind: 'outcome', row: asOutcome(named(OUTCOME_COLUMNS)) };
    return isSound(change) ? [change] : [];
  }
  if (values.length < FEWEST_COLUMNS) return [];
  const row = asRow(named(ATTEMPT_COLUMNS));
  const [first, ...rest] = changesOf(row).filter(isSound);
  return first?.kind === 'opened' ? [first, ...rest] : [];
}

function isSound(change: RowChange): boolean {
  try {
    if (change.kind === 'opened') checkOpened(change.row);
    else if (change.kind === 'settled') checkSettled(change.row);
    else checkOutcome(change.row);
    return true;
  } catch {
    return false;
  }
}

/** How many rows the sums of a database know of; undefined where they cannot be read. */
export function countKnown(db: DatabaseSync): number | undefined {
  try {
    return Number(db.prepare('SELECT ifnull(sum(attempts), 0) AS n FROM hours').get()?.['n']);
  } catch {
    return undefined;
  }
}
