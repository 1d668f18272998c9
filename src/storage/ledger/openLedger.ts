import { t } from '@vscode/l10n';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { bufferWrites } from './buffer.ts';
import { hasCode, ignoreMissing, makePrivateDir, makePrivateFile } from './ledgerFiles.ts';
import { withHistory } from './history.ts';
import { importJournals, openJournalLedger } from './journal.ts';
import { reopenWhenLost } from './reopen.ts';
import type { Reopenable } from './reopen.ts';
import { countKnown, salvage } from './salvage.ts';
import { NewerLedgerError } from './schema.ts';
import { isDamage, openSqliteLedger, openSqliteReader } from './sqlite.ts';
import type { LedgerReader, SqliteLedger, SqliteOptions } from './sqlite.ts';
import type { LogLine } from '../../core/common/logger.ts';

export interface LedgerOptions {
  /** Folder that holds nothing but the ledger's files; it is made where it is missing. */
  readonly dir: string;
  /** Unique to this extension host process. */
  readonly windowId: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** For the log: details of what went wrong, never shown. */
  readonly log: LogLine;
  /** Told, in the user's language, when rows cannot be written or read any more. By default it goes to the log. */
  readonly onProblem?: (message: string) => void;
  /** Where SQLite comes from; it is missing in old hosts. */
  readonly loadSqlite?: SqliteOptions['load'];
}

export interface OpenedLedger {
  readonly store: LedgerStore;
  /** What the user should know about how the ledger was opened, in the user's language. */
  readonly notices: readonly string[];
  /**
   * Compares rows and sums and repairs the ledger where they disagree; the user is told by `onProblem`. For an idle time:
   * a million rows take seconds, in slices of milliseconds.
   */
  readonly verify: () => Promise<void>;
}

/**
 * Opens the ledger of the folder: a database where that is possible, else a journal of lines. Never rejects: in the
 * worst case rows stay in memory and `onProblem` says so.
 */
export async function openLedger(options: LedgerOptions): Promise<OpenedLedger> {
  const { clock, log, onProblem = log } = options;
  const open = async () => {
    const notices: string[] = [];
    return { store: await openStore({ ...options, onProblem }, notices), notices };
  };
  const { store: first, notices } = await open();
  const onError = (error: unknown): void => log('store', error);
  const reopened = reopenWhenLost(first, {
    isDamage,
    onDamage: async (error) => {
      onError(error);
      await suspect(databaseOf(options));
    },
    onUnsaved: (rows, outcomes, error) => store.holdFirst(rows, outcomes, error),
    open: async () => {
      const again = await open();
      again.notices.forEach(onProblem);
      return again.store;
    },
  });
  const store = bufferWrites(reopened, { clock, onProblem, onError });
  return { store, notices, verify: () => reopened.verify().catch(onError) };
}

type Options = LedgerOptions & Required<Pick<LedgerOptions, 'onProblem'>>;

const databaseOf = ({ dir }: Pick<LedgerOptions, 'dir'>): string => join(dir, 'ledger.db');

const sqliteOptions = ({ dir, windowId, loadSqlite }: LedgerOptions): SqliteOptions => ({
  file: databaseOf({ dir }),
  windowId,
  ...(loadSqlite && { load: loadSqlite }),
});

async function openStore(options: Options, notices: string[]): Promise<Reopenable> {
  try {
    await makePrivateDir(options.dir);
    const store = await openDatabase(options, notices);
    await includeJournals(options, store, notices);
    return store;
  } catch (error) {
    options.log('no database', error);
    return openWithoutDatabase(options, error, notices);
  }
}

async function openDatabase(options: Options, notices: string[], tries = 20): Promise<SqliteLedger> {
  const { file } = sqliteOptions(options);
  try {
    return await openSound(options);
  } catch (error) {
    if (!isDamage(error) || tries === 0) throw error;
    const aside = await moveDamaged(options);
    options.log(`${file} is damaged`, error);
    const store = await openDatabase(options, notices, tries - 1);
    if (aside) notices.push(await includeSalvage(options, aside, store));
    return store;
  }
}

/** Takes over what can be read of a damaged database; answers what to say about it. */
async function includeSalvage(options: Options, aside: string, store: SqliteLedger): Promise<string> {
  let saved = 0;
  try {
    await salvage(aside, (changes) => (saved += store.include(changes)));
  } catch (error) {
    options.log(`not all saved from ${aside}`, error);
  }
  const lost = Math.max(0, (await countRows(options, aside)) - saved);
  if (saved === 0) return t('The cost ledger was damaged. It is kept as {0}, and a new one has been started.', aside);
  return Number.isNaN(lost) || lost === 0
    ? t('The cost ledger was damaged. It is kept as {0}; {1} rows were saved.', aside, saved)
    : t('The cost ledger was damaged. It is kept as {0}; {1} rows were saved, {2} are lost.', aside, saved, lost);
}

/** How many rows a damaged database had, as far as it can still tell; else not a number. */
async function countRows({ loadSqlite }: Options, file: string): Promise<number> {
  try {
    const { DatabaseSync } = await (loadSqlite ?? (() => import('node:sqlite')))();
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return countKnown(db) ?? NaN;
    } finally {
      db.close();
    }
  } catch {
    return NaN;
  }
}

/** Milliseconds after which a lock belongs to nobody: its holder needs a few, and others wait for two seconds. */
const LOCK_MS = 1_000;

/**
 * Moves a damaged database out of the way, with the files that belong to it, and answers its new place. Undefined when
 * another window is at it or was: windows start together, and nobody may move away the new file of another.
 */
async function moveDamaged(options: Options): Promise<string | undefined> {
  const { file } = sqliteOptions(options);
  const lock = `${file}.lock`;
  if (!(await takeLock(lock))) {
    await setTimeout(100);
    return undefined;
  }
  try {
    if (!(await isStillDamaged(options))) return undefined;
    const aside = `${file}.damaged-${new Date(options.clock()).toISOString().replaceAll(/[:.]/g, '-')}`;
    // Its log goes first: left behind, it would be played into the new file.
    for (const part of ['-wal', '-shm', '']) await rename(file + part, aside + part).catch(ignoreMissing);
    await unlink(suspicionOf(file)).catch(ignoreMissing);
    return aside;
  } finally {
    await unlink(lock).catch(ignoreMissing);
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    const found = await stat(lock).catch(ignoreMissing);
    if (found && Date.now() - found.mtimeMs > LOCK_MS) await unlink(lock).catch(ignoreMissing);
    return false;
  }
}

async function isStillDamaged(options: Options): Promise<boolean> {
  try {
    await (await openSound(options)).close();
    return false;
  } catch (error) {
    return isDamage(error);
  }
}

// ---- Damage in the middle of a file shows only when the place is used: the next start then looks at all of it.

const suspicionOf = (file: string): string => `${file}.suspect`;

async function suspect(file: string): Promise<void> {
  await makePrivateFile(suspicionOf(file)).catch(() => undefined);
}

/** Opens the database, after a check of every page where damage was met before. */
async function openSound(options: Options): Promise<SqliteLedger> {
  const { file } = sqliteOptions(options);
  const store = await openSqliteLedger(sqliteOptions(options));
  try {
    if (await exists(suspicionOf(file))) {
      store.check();
      await unlink(suspicionOf(file)).catch(ignoreMissing);
    }
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

// ---- Journals

async function includeJournals(options: Options, store: SqliteLedger, notices: string[]): Promise<void> {
  try {
    const damaged = await importJournals(options.dir, options.clock, (changes) => store.include(changes));
    if (damaged > 0) notices.push(sayDamaged(damaged, options.dir));
  } catch (error) {
    // The next start goes on with it.
    options.log('journals not imported', error);
  }
}

const sayDamaged = (lines: number, dir: string): string =>
  t('{0} damaged lines of the cost ledger in {1} were left out. The files are kept as they are.', lines, dir);

/** The journal, and where a database is there that can only be read, its rows. */
async function openWithoutDatabase(options: Options, reason: unknown, notices: string[]): Promise<LedgerStore> {
  const { dir, windowId, onProblem } = options;
  const onDamage = (lines: number) => onProblem(sayDamaged(lines, dir));
  const journal = openJournalLedger({ dir, windowId, onDamage });
  const history = await openHistory(options);
  if (reason instanceof NewerLedgerError) {
    notices.push(
      history
        ? t(
            'The cost ledger was written by a newer version of Gearshift. It is only read; new rows are kept beside it.',
          )
        : t(
            'The cost ledger was written by a newer version of Gearshift and cannot be shown. New rows are kept beside it.',
          ),
    );
  } else if (await exists(databaseOf(options))) {
    notices.push(
      history
        ? t('The cost ledger can only be read ({0}). New rows are kept beside it.', String(reason))
        : t('The cost ledger cannot be opened ({0}). New rows are kept beside it.', String(reason)),
    );
  }
  return history ? withHistory(journal, history) : journal;
}

async function openHistory({ loadSqlite, ...options }: Options): Promise<LedgerReader | undefined> {
  try {
    return await openSqliteReader({ file: databaseOf(options), ...(loadSqlite && { load: loadSqlite }) });
  } catch (error) {
    options.log('no history', error);
    return undefined;
  }
}
