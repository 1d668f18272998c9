import { t } from '@vscode/l10n';
import { join } from 'node:path';
import type { LogLine } from '../../core/common/logger.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { isThere, makePrivateDir, mayExist } from '../files.ts';
import { BufferedLedger } from './buffer.ts';
import { dueCopy, rotateCopies } from './copies.ts';
import { openSqliteReader } from './sqlite.ts';
import type { LedgerReader } from './reader.ts';
import { ReopeningLedger } from './reopen.ts';
import type { Reopenable } from './reopen.ts';
import { openDatabase, suspect } from './repair.ts';
import { NewerLedgerError } from './schema.ts';
import { Spill } from './spill.ts';
import type { SqliteOptions } from './sqlite.ts';
import { isDamage } from './sqliteErrors.ts';
import { createUnwritableBase } from './unwritable.ts';
import { plural } from '../../core/common/language.ts';

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
  /** Where SQLite comes from; tests put faults there. */
  readonly loadSqlite?: SqliteOptions['load'];
}

export interface OpenedLedger {
  readonly store: LedgerStore;
  /** Notices about how the ledger was opened, in the user's language. Notices that no longer hold are removed. */
  readonly notices: readonly string[];
  /**
   * Compares rows and sums and repairs the ledger where they disagree; the user is told by `onProblem`. For an idle time:
   * a million rows take seconds, in slices of milliseconds.
   */
  readonly verify: () => Promise<void>;
  /** Makes the copy of this day, from which a damaged ledger is restored, unless there is one. For an idle time, like `verify`. */
  readonly copyDaily: () => Promise<void>;
}

/**
 * Opens the ledger of the folder. Never rejects: rows that the database does not take wait in a spill beside it, and in the
 * worst case in memory, of which `onProblem` tells.
 */
export async function openLedger(options: LedgerOptions): Promise<OpenedLedger> {
  const { dir, windowId, clock, log, onProblem = log } = options;
  const onError = (error: unknown): void => log('store', error);
  const notices: string[] = [];
  const told = new Set<string>();
  const tellOnce = (message: string): void => {
    if (!told.has(message)) onProblem(message);
    told.add(message);
  };
  let isOpening = true;
  const tellDamaged = (lines: number): void => {
    const message = plural(
      lines,
      t('{0} damaged line of the cost ledger in {1} was left out. The files are kept as they are.', lines, dir),
      t('{0} damaged lines of the cost ledger in {1} were left out. The files are kept as they are.', lines, dir),
    );
    if (isOpening) notices.push(message);
    else onProblem(message);
  };
  const spill = new Spill(dir, tellDamaged);

  let unwritableNotice: string | undefined;
  const open = async (tell: (message: string) => void): Promise<Reopenable> => {
    const found: string[] = [];
    const { base, notice } = await openBase(options, found);
    found.forEach(tell);
    if (notice !== unwritableNotice && notices.includes(unwritableNotice ?? '')) {
      notices.splice(notices.indexOf(unwritableNotice ?? ''), 1);
    }
    unwritableNotice = notice;
    if (notice !== undefined) tell(notice);
    return base;
  };
  const base: ReopeningLedger = new ReopeningLedger(
    await open((message) => void (told.add(message), notices.push(message))),
    {
      isDamage,
      onDamage: async (error) => {
        onError(error);
        await suspect(databaseOf(dir));
      },
      onUnsaved: (changes, error) => store.takeOver(changes, error),
      open: () => open(tellOnce),
    },
  );
  const store: BufferedLedger = new BufferedLedger(base, { clock, onProblem, onError, spill, windowId });
  await store.importSpill();
  isOpening = false;
  return {
    store,
    notices,
    verify: () => base.verify().catch(onError),
    copyDaily: () => copyDaily(base, databaseOf(dir), clock()).catch(onError),
  };
}

const databaseOf = (dir: string): string => join(dir, 'ledger.db');

async function copyDaily(base: ReopeningLedger, file: string, now: number): Promise<void> {
  if (base.unwritable) return;
  const target = await dueCopy(file, now);
  if (target === undefined) return;
  // A damaged ledger must not push sound copies out: it is restored from them first.
  await base.verify();
  await base.copyTo(target);
  await rotateCopies(file, now);
}

interface OpenedBase {
  readonly base: Reopenable;
  /** Why the base cannot be written, for the user; undefined when it can. */
  readonly notice: string | undefined;
}

async function openBase(options: LedgerOptions, notices: string[]): Promise<OpenedBase> {
  const { dir, windowId, clock, log, loadSqlite } = options;
  const file = databaseOf(dir);
  const load = loadSqlite ? { load: loadSqlite } : {};
  try {
    await makePrivateDir(dir);
    const store = await openDatabase({ file, windowId, clock, log, ...load }, notices);
    return { base: { ...store, include: async (changes) => store.include(changes) }, notice: undefined };
  } catch (error) {
    log('no database', error);
    const isMissing = !(await mayExist(file));
    const reader = !isMissing ? await openReader(file, log, load) : undefined;
    const unwritable = { sumsKnown: reader !== undefined || isMissing, reason: String(error) };
    // Where the folder cannot even be looked into, rows wait in memory, and the first of them says so.
    const notice = (await isThere(file)) ? describeUnwritable(error, reader !== undefined) : undefined;
    return { base: createUnwritableBase(dir, reader, unwritable), notice };
  }
}

async function openReader(
  file: string,
  log: LedgerOptions['log'],
  load: Pick<SqliteOptions, 'load'>,
): Promise<LedgerReader | undefined> {
  try {
    return await openSqliteReader({ file, ...load });
  } catch (error) {
    log('the ledger cannot be read', error);
    return undefined;
  }
}

function describeUnwritable(reason: unknown, canBeRead: boolean): string {
  if (reason instanceof NewerLedgerError)
    return canBeRead
      ? t('The cost ledger was written by a newer version of Gearshift. It is only read; new rows are kept beside it.')
      : t(
          'The cost ledger was written by a newer version of Gearshift and cannot be shown. New rows are kept beside it, and budgets cannot be kept.',
        );
  return canBeRead
    ? t('The cost ledger is read-only ({0}). New rows are saved in a separate file next to it.', String(reason))
    : t(
        'The cost ledger cannot be opened ({0}). New rows are kept beside it, and budgets cannot be kept.',
        String(reason),
      );
}
