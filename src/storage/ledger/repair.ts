import { t } from '@vscode/l10n';
import { rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { giveUp } from '../../core/common/debugLog.ts';
import type { LogLine } from '../../core/common/logger.ts';
import { ignoreMissing, isThere, jsonFile, makePrivateFile, mayExist, unlinkIfThere } from '../files.ts';
import { takeLock, withLock } from '../lock.ts';
import type { RowChange } from './change.ts';
import { listCopies } from './copies.ts';
import type { Copy } from './copies.ts';
import { rescueRows } from './rescue.ts';
import { isDamage } from './sqliteErrors.ts';
import { loadSqlite, openSqliteLedger } from './sqlite.ts';
import type { SqliteLedger, SqliteOptions } from './sqlite.ts';

/** Opening the database, and restoring it when it is damaged: from the newest copy, and from what can still be read. */

export interface RepairOptions extends SqliteOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: LogLine;
}

/**
 * Opens the database. One that is damaged is moved aside and kept, and a new one is filled with the rows that are known.
 * @param notices takes words for the user about what happened
 */
export async function openDatabase(options: RepairOptions, notices: string[], tries = 20): Promise<SqliteLedger> {
  let store: SqliteLedger;
  try {
    store = await openSound(options);
  } catch (error) {
    if (!isDamage(error) || tries === 0) throw error;
    options.log(`${options.file} is damaged`, error);
    await moveDamaged(options);
    return openDatabase(options, notices, tries - 1);
  }
  const aside = await takeRestoration(options.file);
  if (aside !== undefined) notices.push(await restore(options, aside, store));
  return store;
}

/** Milliseconds after which a lock was left behind: its holder needs a few, and other windows wait for two seconds. */
const LOCK_MS = 1_000;

/**
 * Moves a damaged database out of the way, with the files that belong to it. Does nothing when another window is at it or
 * was: windows start together, and none may move away the new file of another.
 */
async function moveDamaged(options: RepairOptions): Promise<void> {
  const { file } = options;
  const lock = `${file}.lock`;
  if (!(await takeLock(lock, LOCK_MS))) return setTimeout(100);
  try {
    if (!(await isStillDamaged(options))) return;
    const aside = `${file}.damaged-${new Date(options.clock()).toISOString().replaceAll(/[:.]/g, '-')}`;
    await jsonFile(restorationOf(file)).write({ aside: basename(aside), pid: 0 });
    // Its log goes first: left behind, it would be played into the new file.
    for (const part of ['-wal', '-shm', '']) await rename(file + part, aside + part).catch(ignoreMissing);
    await unlinkIfThere(suspicionOf(file));
  } finally {
    await unlinkIfThere(lock);
  }
}

async function isStillDamaged(options: RepairOptions): Promise<boolean> {
  try {
    await (await openSound(options)).close();
    return false;
  } catch (error) {
    return isDamage(error);
  }
}

// ---- Damage in the middle of a file shows only when the place is used: the next start then looks at all of it.

const suspicionOf = (file: string): string => `${file}.suspect`;

/** Remembers that the database gave an error that says damage. */
export async function suspect(file: string): Promise<void> {
  await makePrivateFile(suspicionOf(file)).catch(giveUp('note of a damaged ledger'));
}

/** Opens the database, after a check of every page where damage was met before. */
async function openSound(options: RepairOptions): Promise<SqliteLedger> {
  const store = await openSqliteLedger(options);
  try {
    if (await mayExist(suspicionOf(options.file))) {
      store.check();
      await unlinkIfThere(suspicionOf(options.file));
    }
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

// ---- Restoring. A note says which file was moved aside until its rows are in the new one: a window that dies on the way
// leaves the rest to the next.

const restorationOf = (file: string): string => `${file}.restoring`;
/** Restorations that run in this process. */
const running = new Set<string>();
/** Milliseconds to wait for the restoration of another window: 100,000 rows take about as long. */
const WAIT_MS = 10_000;
/** Milliseconds after which a restoration was broken off, whatever runs under the number of its process now. */
const RESTORATION_MS = 600_000;

/** The damaged file whose rows are still to be restored, by this window; undefined when there is none. */
async function takeRestoration(file: string): Promise<string | undefined> {
  const note = restorationOf(file);
  const find = async () => {
    const found = asNote(await jsonFile(note).read().catch(giveUp('note of a restoration')));
    return found && !(await isUnderWay(note, found.pid)) ? found : undefined;
  };
  // Until another window has restored the rows the sums are too small: budgets must not be kept by them.
  for (let waited = 0; waited < WAIT_MS && (await isThere(note)) && !(await find()); waited += 50) await setTimeout(50);
  if (!(await find())) return undefined;
  return withLock(`${file}.lock`, LOCK_MS, async () => {
    const found = await find();
    if (!found) return undefined;
    await jsonFile(note).write({ ...found, pid: process.pid });
    running.add(note);
    return join(dirname(file), found.aside);
  });
}

/** @returns the name of the damaged file, and the process that restores its rows; 0 when none does yet */
function asNote(content: unknown): { aside: string; pid: number } | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const { aside, pid } = content as Record<string, unknown>;
  return typeof aside === 'string' && typeof pid === 'number' ? { aside, pid } : undefined;
}

async function isUnderWay(note: string, pid: number): Promise<boolean> {
  if (pid === process.pid) return running.has(note);
  const found = await stat(note).catch(ignoreMissing);
  return found !== undefined && Date.now() - found.mtimeMs < RESTORATION_MS && isAlive(pid);
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Fills a new database with the rows of the copies and of the damaged one; answers what to say about it. */
async function restore(options: RepairOptions, aside: string, store: SqliteLedger): Promise<string> {
  const { file, clock, log } = options;
  const sqlite = await (options.load ?? loadSqlite)();
  let saved = 0;
  const include = (changes: readonly RowChange[]): void => {
    saved += store.include(changes);
  };
  let used: Copy | undefined;
  try {
    for (const copy of await listCopies(file, clock())) {
      const { complete } = await rescueRows(sqlite, copy.file, include);
      used ??= copy;
      if (complete) break;
    }
    const { complete, expected } = await rescueRows(sqlite, aside, include);
    await unlinkIfThere(restorationOf(file));
    const lost = expected === undefined ? undefined : Math.max(0, expected - saved);
    return describe({ aside, saved, copy: used, lost: complete && lost === undefined ? 0 : lost });
  } catch (error) {
    log(`not all restored from ${aside}`, error);
    return describe({ aside, saved, copy: used, lost: undefined });
  } finally {
    running.delete(restorationOf(file));
  }
}

interface Restored {
  readonly aside: string;
  readonly saved: number;
  readonly copy: Copy | undefined;
  /** Undefined when the damaged file does not tell how many rows it had. */
  readonly lost: number | undefined;
}

function describe({ aside, saved, copy, lost }: Restored): string {
  if (saved === 0 && !copy)
    return t('The cost ledger was damaged. It is kept as {0}, and a new one has been started.', aside);
  if (lost === 0) return t('The cost ledger was damaged. It is kept as {0}; {1} rows were saved.', aside, saved);
  if (lost !== undefined) {
    return copy
      ? t(
          'The cost ledger was damaged. It is kept as {0}; {1} rows were saved, with the copy of {2}. {3} newer rows are lost.',
          aside,
          saved,
          copy.day,
          lost,
        )
      : t('The cost ledger was damaged. It is kept as {0}; {1} rows were saved, {2} are lost.', aside, saved, lost);
  }
  return copy
    ? t(
        'The cost ledger was damaged. It is kept as {0}; {1} rows were saved, with the copy of {2}. Newer rows may be missing.',
        aside,
        saved,
        copy.day,
      )
    : t('The cost ledger was damaged. It is kept as {0}; {1} rows were saved. Others may be missing.', aside, saved);
}
