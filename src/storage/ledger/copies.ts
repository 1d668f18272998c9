import { randomUUID } from 'node:crypto';
import { chmod, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import { giveUp } from '../../core/common/debugLog.ts';

/**
 * Daily copies of the database, from which it is restored when it is damaged: `ledger.db.copy-2026-11-15`, named by the
 * user's calendar day. The newest two are kept.
 */

const KEPT = 2;
/** Pages of 4 KiB that are copied in one step, outside of the main thread. */
const PAGES_A_STEP = 2_000;

export interface Copy {
  readonly file: string;
  readonly day: string;
}

/** The copies of a database, newest first. One of a day to come, from when the clock was wrong, counts as the oldest. */
export async function listCopies(file: string, now: number): Promise<readonly Copy[]> {
  const start = `${basename(file)}.copy-`;
  const names = await readdir(dirname(file)).catch(giveUp('copies of the ledger', []));
  const today = dayOf(now);
  const rank = ({ day }: Copy): string => (day > today ? '' : day);
  return names
    .filter((name) => name.startsWith(start) && /^\d{4}-\d{2}-\d{2}$/.test(name.slice(start.length)))
    .map((name) => ({ file: join(dirname(file), name), day: name.slice(start.length) }))
    .sort((a, b) => (rank(a) < rank(b) ? 1 : -1));
}

/** The file that today's copy belongs into; undefined when there is one already. */
export async function dueCopy(file: string, now: number): Promise<string | undefined> {
  const today = dayOf(now);
  const copies = await listCopies(file, now);
  return copies.some(({ day }) => day === today) ? undefined : `${file}.copy-${today}`;
}

/** Deletes all copies but the newest, and what dead windows left of theirs. */
export async function rotateCopies(file: string, now: number): Promise<void> {
  for (const copy of (await listCopies(file, now)).slice(KEPT)) await rm(copy.file, { force: true });
  const start = `${basename(file)}.copy-`;
  for (const name of await readdir(dirname(file))) {
    const part = join(dirname(file), name);
    if (!name.startsWith(start) || !name.includes('.part')) continue;
    const found = await stat(part).catch(giveUp('an unfinished copy'));
    if (found && Date.now() - found.mtimeMs > PART_MS) await rm(part, { force: true });
  }
}

/** Milliseconds after which an incomplete copy was left by a dead window. */
const PART_MS = 3_600_000;

/** Deletes all copies, also incomplete ones. */
export async function removeCopies(file: string): Promise<void> {
  const start = `${basename(file)}.copy-`;
  const names = (await readdir(dirname(file))).filter((name) => name.startsWith(start));
  for (const name of names) await rm(join(dirname(file), name), { force: true });
}

/**
 * Copies a database as it is at this moment, also while windows write to it. The copy gets its name when it is complete
 * and flushed to the disk.
 */
export async function copyDatabase(sqlite: typeof Sqlite, file: string, target: string): Promise<void> {
  const part = `${target}.${randomUUID()}.part`;
  try {
    const source = new sqlite.DatabaseSync(file, { readOnly: true });
    try {
      await copyPages(sqlite, source, part);
    } finally {
      source.close();
    }
    await chmod(part, 0o600);
    // A copy is one file: it can be read without a log beside it.
    const copy = new sqlite.DatabaseSync(part);
    try {
      copy.exec('PRAGMA journal_mode = delete');
    } finally {
      copy.close();
    }
    const handle = await open(part, 'r+');
    await handle.sync().finally(() => handle.close());
    await rename(part, target);
  } finally {
    for (const rest of ['', '-journal', '-wal', '-shm']) await rm(part + rest, { force: true });
  }
}

async function copyPages(sqlite: typeof Sqlite, source: DatabaseSync, part: string): Promise<void> {
  // `backup` came with Node 22.16; without it the copy is made in one step.
  if (!('backup' in sqlite)) return void (source as DatabaseSync).prepare('VACUUM INTO ?').run(part);
  // Reads one state of the file from beginning to end: without it every write of another window starts the copy again.
  source.exec('BEGIN');
  source.prepare('SELECT count(*) FROM sqlite_schema').get();
  await sqlite.backup(source, part, { rate: PAGES_A_STEP });
}

function dayOf(time: number): string {
  const date = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
