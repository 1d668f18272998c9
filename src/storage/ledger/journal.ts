import { appendFile, link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  UnknownAttemptError,
  WINDOW_SILENCE_MS,
  findBroken,
  isAbandoned,
  isWithin,
  settleAbandoned,
} from '../../core/ledger/ledger.ts';
import { createOutcomeTally } from '../../core/ledger/outcomes.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import type {
  AttemptOpened,
  AttemptSettled,
  LedgerRow,
  LedgerStore,
  Spending,
  SpendingLimit,
} from '../../core/ledger/ledger.ts';
import { isBackup, measureFiles, readBackup, stamp, writeBackup } from './backup.ts';
import { checkOpened, checkOutcome, checkSettled, decodeChange, encodeChange, idOf } from './change.ts';
import type { LedgerChange, RowChange } from './change.ts';
import { hasCode, ignoreMissing, makePrivateDir } from './ledgerFiles.ts';
import { createTally } from './tally.ts';
import { createWatch } from './watch.ts';
import { LINE_END, readLines } from '../lines.ts';

/**
 * The ledger as JSON lines, where SQLite is missing: `ledger-YYYY-MM.jsonl`, by the month (UTC) in which an attempt was
 * opened, so that a month's file is complete in itself and older ones are read only when somebody asks for them.
 * The files are the truth: what a window writes it learns by reading, as from any other window, so all agree on order.
 */

export interface JournalOptions {
  readonly dir: string;
  readonly windowId: string;
  /** Told the number of lines that were newly found damaged and left out. */
  readonly onDamage?: (lines: number) => void;
}

export function openJournalLedger({ dir, windowId, onDamage }: JournalOptions): LedgerStore {
  const book = createBook();
  const files = new Map<string, { identity: string; offset: number }>();
  let readFrom = NEVER;
  let lastBeat: number | undefined;
  let closed = false;
  /** Lines that this window has written in part and not read yet. */
  let torn = 0;

  /** When this window opened the rows that it has not settled. */
  const mine = new Map<string, number>();

  // One thing at a time, so that no byte is read twice and a settlement never overtakes its opening.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) return Promise.reject(new Error('the ledger is closed'));
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  /** Backups that were there before anything was read, or whose rows have been forgotten. */
  let backups: Set<string> | undefined;
  const forgetCleared = async () => {
    const names = (await listNames(dir)).filter(isBackup);
    const fresh = backups ? names.filter((name) => !backups?.has(name)) : [];
    for (const name of fresh) for await (const changes of readBackup(join(dir, name))) book.forget(idsOf(changes));
    backups = new Set(names);
  };

  /** Reads what is new in the files from `month` on. */
  const refresh = async (month: string) => {
    if (!backups) await recoverClearing(dir);
    await forgetCleared();
    if (month < readFrom) readFrom = month;
    let damaged = 0;
    for (const file of await listJournals(dir)) {
      if (file.month >= readFrom) damaged += await readNews(file.name);
    }
    // Those that the disk took only a part of were told as what could not be written, and are written again.
    const known = Math.min(damaged, torn);
    torn -= known;
    if (damaged > known) onDamage?.(damaged - known);
  };

  const readNews = async (name: string): Promise<number> => {
    const found = await stat(join(dir, name)).catch(ignoreMissing);
    // Moved into a database by another window since it was listed.
    if (!found) return 0;
    const { ino, birthtimeMs, size } = found;
    // The number alone may be given to the next file.
    const identity = `${ino} ${birthtimeMs}`;
    const known = files.get(name);
    // Another file under the name, or a shorter one: from the start. Rows that are known already change nothing.
    const from = known?.identity === identity && known.offset <= size ? known.offset : 0;
    if (from === size) return 0;
    let damaged = 0;
    const offset = await readLines(join(dir, name), from, (line) => {
      const change = decodeChange(line);
      if (change) book.enter(change);
      else damaged += 1;
    });
    files.set(name, { identity, offset });
    return damaged;
  };

  /** Writes changes that belong to one month, in one piece. */
  const write = async (at: number, ...changes: readonly LedgerChange[]) => {
    const append = () => appendLines(join(dir, `ledger-${monthOf(at)}.jsonl`), changes.map(encodeChange).join('\n'));
    try {
      await append();
    } catch (error) {
      if (error instanceof ShortWriteError) torn += 1;
      if (!hasCode(error, 'ENOENT')) throw error;
      await makePrivateDir(dir);
      await append();
    }
  };

  const readSpending = async (limits: readonly SpendingLimit[]): Promise<Spending[]> => {
    const first = Math.min(...limits.map(({ since }) => since));
    if (limits.length > 0) await refresh(monthOf(first));
    return limits.map((limit) => book.spending(limit));
  };

  const openWithin = async (row: AttemptOpened, limits: readonly SpendingLimit[], append: () => Promise<void>) => {
    const broken = findBroken(row, limits, await readSpending(limits));
    if (broken) throw broken;
    await append();
  };

  const settle = async (row: AttemptSettled) => {
    const openedAt = mine.get(row.attemptId);
    mine.delete(row.attemptId);
    // Nothing need be read for what this window has opened itself: of two settlements the first counts.
    if (openedAt !== undefined) return write(openedAt, { kind: 'settled', row });
    await refresh(await recentMonth(dir));
    if (!book.rows.has(row.attemptId)) await refresh(ALWAYS);
    const known = book.rows.get(row.attemptId);
    if (!known) throw new UnknownAttemptError(row.attemptId);
    if (!known.settled) await write(known.openedAt, { kind: 'settled', row });
  };

  // The first look finds a change wherever there are rows: nobody can say what was written before it.
  let seen = '';
  const watch = createWatch(async () => {
    const before = seen;
    seen = await measureRecent(dir);
    return before !== seen;
  });

  return {
    location: dir,
    async open(row, limits = []) {
      checkOpened(row);
      const append = () => write(row.openedAt, { kind: 'opened', row });
      await inTurn(() => (limits.length === 0 ? append() : withLock(dir, () => openWithin(row, limits, append))));
      mine.set(row.attemptId, row.openedAt);
      watch.notify();
    },
    spending: (limits) => inTurn(() => readSpending(limits)),
    claim: async (name) => {
      await makePrivateDir(dir);
      return makeNew(join(dir, `claim-${encodeURIComponent(name)}`));
    },
    async settle(row) {
      checkSettled(row);
      await inTurn(() => settle(row));
      watch.notify();
    },
    totals: (since) =>
      inTurn(async () => {
        await refresh(monthOf(since));
        return book.totals(since);
      }),
    rows: ({ since, until, limit }) =>
      inTurn(async () => {
        await refresh(monthOf(since));
        return book.newest({ since, until }).slice(0, limit);
      }),
    async recordOutcomes(rows) {
      rows.forEach(checkOutcome);
      if (rows.length === 0) return;
      await inTurn(async () => {
        const months = Map.groupBy(rows, ({ at }) => monthOf(at));
        for (const [, [first, ...rest]] of months)
          if (first) await write(first.at, ...[first, ...rest].map((row) => ({ kind: 'outcome' as const, row })));
      });
      watch.notify();
    },
    outcomes: ({ since, until, limit }) =>
      inTurn(async () => {
        await refresh(monthOf(since));
        return book.newestOutcomes({ since, until }).slice(0, limit);
      }),
    outcomeTotals: (since) =>
      inTurn(async () => {
        await refresh(monthOf(since));
        const tally = createOutcomeTally();
        book.newestOutcomes({ since }).forEach(tally.record);
        return tally.totals();
      }),
    heartbeat: (now) =>
      inTurn(async () => {
        const slept = lastBeat !== undefined && now - lastBeat > WINDOW_SILENCE_MS;
        lastBeat = now;
        await refresh(await recentMonth(dir));
        const open = book.open();
        const own = open.find((row) => row.windowId === windowId);
        // Only who has something to lose must be seen alive: idle windows write nothing and wake nobody.
        if (own) await write(own.openedAt, { kind: 'beat', windowId, at: now });
        if (slept) return;
        for (const row of open) {
          const beat = book.beats.get(row.windowId);
          if (row.windowId === windowId || !isAbandoned(row, beat, now)) continue;
          await settle(settleAbandoned(row, beat));
          watch.notify();
        }
      }),
    clear: (period) =>
      inTurn(async () => {
        const first = monthOf(period.since);
        const last = monthOf(period.until - 1);
        await refresh(first);
        const cleared = await writeBackup(dir, [book.newest(period)], [book.newestOutcomes(period)]);
        if (!cleared.backup) return cleared;
        const ids = new Set<string>();
        for await (const changes of readBackup(cleared.backup)) idsOf(changes).forEach((id) => ids.add(id));
        for (const { name, month } of await listJournals(dir))
          if (month >= first && month <= last) await takeOut(dir, { name, month }, ids);
        await forgetCleared();
        watch.notify();
        return cleared;
      }),
    files: () => measureFiles(dir),
    restore: (backup) =>
      inTurn(async () => {
        const rows = await restoreLines(dir, backup);
        watch.notify();
        return rows;
      }),
    onChange: watch.onChange,
    async close() {
      closed = true;
      watch.dispose();
      await last;
    },
  };
}

/** What the lines say, in memory. */
function createBook() {
  const rows = new Map<string, LedgerRow>();
  const outcomes = new Map<string, OutcomeRow>();
  const beats = new Map<string, number>();
  const openIds = new Set<string>();
  // Settlements whose opening has not been read: it is damaged, or in a copy that comes later.
  const early = new Map<string, AttemptSettled>();

  const enterOpened = (row: AttemptOpened) => {
    if (rows.has(row.attemptId)) return;
    rows.set(row.attemptId, { ...row, settled: null });
    openIds.add(row.attemptId);
    const settled = early.get(row.attemptId);
    if (settled) enterSettled(settled);
  };

  const enterSettled = (row: AttemptSettled) => {
    const known = rows.get(row.attemptId);
    if (!known) early.set(row.attemptId, early.get(row.attemptId) ?? row);
    if (!known || known.settled) return;
    const { attemptId, ...settled } = row;
    rows.set(attemptId, { ...known, settled });
    openIds.delete(attemptId);
    early.delete(attemptId);
  };

  return {
    rows: rows as ReadonlyMap<string, LedgerRow>,
    beats: beats as ReadonlyMap<string, number>,
    enter(change: LedgerChange): void {
      if (change.kind === 'opened') enterOpened(change.row);
      else if (change.kind === 'settled') enterSettled(change.row);
      else if (change.kind === 'outcome') outcomes.set(change.row.outcomeId, outcomes.get(idOf(change)) ?? change.row);
      else beats.set(change.windowId, Math.max(change.at, beats.get(change.windowId) ?? 0));
    },
    forget(ids: readonly string[]): void {
      for (const id of ids) {
        rows.delete(id);
        outcomes.delete(id);
        openIds.delete(id);
      }
    },
    open: (): AttemptOpened[] => [...openIds].flatMap((id) => rows.get(id) ?? []),
    totals(since: number) {
      const tally = createTally();
      for (const row of rows.values()) {
        if (row.openedAt < since) continue;
        tally.open(row);
        if (row.settled) tally.settle(row, row.settled);
      }
      return tally.totals();
    },
    spending(limit: SpendingLimit): Spending {
      const within = [...rows.values()].filter((row) => isWithin(row, limit));
      const sum = (of: (row: LedgerRow) => number | null | undefined): number =>
        within.reduce((total, row) => total + (of(row) ?? 0), 0);
      return {
        spent: sum((row) => row.settled?.cost.nanoUsd),
        reserved: sum((row) => (row.settled ? 0 : row.reserved)),
      };
    },
    newest: ({ since, until = Infinity }: { since: number; until?: number | undefined }): LedgerRow[] =>
      [...rows.values()]
        .filter((row) => row.openedAt >= since && row.openedAt < until)
        .reverse()
        .sort((a, b) => b.openedAt - a.openedAt),
    newestOutcomes: ({ since, until = Infinity }: { since: number; until?: number | undefined }): OutcomeRow[] =>
      [...outcomes.values()]
        .filter(({ at }) => at >= since && at < until)
        .reverse()
        .sort((a, b) => b.at - a.at),
  };
}

// ---- Months: `YYYY-MM`, which sort as text.

const ALWAYS = '0000-00';
const NEVER = '9999-99';
const LAST_MOMENT = Date.UTC(9999, 11, 31);

const monthOf = (time: number): string =>
  new Date(Math.min(Math.max(time, 0), LAST_MOMENT)).toISOString().slice(0, ALWAYS.length);

// ---- Files

const NAME = /^ledger-(\d{4}-\d{2}).*\.jsonl$/;

/** The journals of the folder, oldest first; copies such as `ledger-2026-11 (1).jsonl` count, their rows are known by id. */
async function listJournals(dir: string): Promise<{ name: string; month: string }[]> {
  const names = await listNames(dir);
  return names.flatMap((name) => {
    const month = NAME.exec(name)?.[1];
    return month ? { name, month } : [];
  });
}

/** The last but one month with a file: it and the last hold every attempt that can be open. */
async function recentMonth(dir: string): Promise<string> {
  const months = new Set((await listJournals(dir)).map(({ month }) => month));
  return [...months].at(-2) ?? ALWAYS;
}

/** Names and sizes of the files that can grow, as text to compare. */
async function measureRecent(dir: string): Promise<string> {
  try {
    const from = await recentMonth(dir);
    const recent = (await listJournals(dir)).filter(({ month }) => month >= from);
    const sizes = recent.map(async ({ name }) => `${name}:${(await stat(join(dir, name))).size}`);
    return (await Promise.all(sizes)).join();
  } catch {
    return '';
  }
}

/** There is no such folder, or there are no folders at all. */
const NO_FOLDER = ['ENOENT', 'ENOTDIR', 'ENOSYS', 'ENOTSUP'];

async function listNames(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    if (NO_FOLDER.some((code) => hasCode(error, code))) return [];
    throw error;
  }
}

class ShortWriteError extends Error {
  override readonly name = 'ShortWriteError';
  constructor(written: number, bytes: number) {
    super(`only ${written} of ${bytes} bytes could be written`);
  }
}

/** They begin with a line end as well: whatever a crash left half-written before them stays a line of its own. */
async function appendLines(file: string, lines: string): Promise<void> {
  const bytes = Buffer.from(`\n${lines}\n`);
  const handle = await open(file, 'a', 0o600);
  try {
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) throw new ShortWriteError(bytesWritten, bytes.length);
  } finally {
    await handle.close();
  }
}

// ---- Between windows

/** Milliseconds after which a lock belongs to nobody: its holder died, for it needs a few. */
const LOCK_MS = 3_000;

/** Runs `work` while no other window does: without it two could take the same last cent. */
async function withLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dir, 'reserve.lock');
  await makePrivateDir(dir);
  for (;;) {
    if (await makeNew(lock)) break;
    await breakLock(dir, lock);
    await setTimeout(10);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(ignoreMissing);
  }
}

/**
 * Takes a dead window's lock away. Renamed first and looked at again: of two that find it dead at once, the slower one
 * may have hold of the new lock of the faster, and gives it back.
 */
async function breakLock(dir: string, lock: string): Promise<void> {
  const isDead = async (file: string): Promise<boolean> => {
    const found = await stat(file).catch(ignoreMissing);
    return found !== undefined && Date.now() - found.mtimeMs > LOCK_MS;
  };
  if (!(await isDead(lock))) return;
  const taken = join(dir, `reserve.${stamp()}.broken`);
  await rename(lock, taken).catch(ignoreMissing);
  if (!(await isDead(taken))) await link(taken, lock).catch(() => undefined);
  await unlink(taken).catch(ignoreMissing);
}

/** Makes an empty file; false when it is there already. */
async function makeNew(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  }
}

// ---- Taking rows out

/** Milliseconds after which a file that is being rewritten was left behind by a dead window. */
const CLEARING_MS = 10_000;
/** Milliseconds in which a write ends that had the file open when it was renamed. */
const LATE_MS = 50;

const idsOf = (changes: readonly RowChange[]): string[] =>
  changes.flatMap((change) => (change.kind === 'settled' ? [] : idOf(change)));

/**
 * Rewrites a journal without the attempts and outcomes `gone`. What stays, damaged lines too, is copied before the old file goes:
 * lines that are there twice count once. Other windows write to a new file from the moment the old one is renamed.
 */
async function takeOut(dir: string, file: { name: string; month: string }, gone: ReadonlySet<string>): Promise<void> {
  const kept = join(dir, `ledger-${file.month}.kept-${stamp()}.jsonl`);
  const old = join(dir, file.name);
  const aside = `${old}.${stamp()}.clearing`;
  const copy = async (from: string, offset: number, final = false): Promise<number> => {
    const lines: Buffer[] = [];
    const end = await readLines(
      from,
      offset,
      (line) => {
        const change = decodeChange(line);
        const stays = !change || change.kind === 'beat' || !gone.has(idOf(change));
        if (stays) lines.push(Buffer.from(line), Buffer.of(LINE_END));
      },
      { final },
    );
    if (lines.length > 0) await appendFile(kept, Buffer.concat(lines), { mode: 0o600 });
    return end;
  };
  const end = await copy(old, 0);
  await rename(old, aside);
  await setTimeout(LATE_MS);
  await copy(aside, end, true);
  await unlink(aside);
}

/** Puts journals back whose rewriting a dead window left half done; what was copied before counts once. */
async function recoverClearing(dir: string): Promise<void> {
  for (const name of (await listNames(dir)).filter((name) => name.endsWith('.clearing'))) {
    const found = await stat(join(dir, name)).catch(ignoreMissing);
    if (found && Date.now() - found.ctimeMs > CLEARING_MS)
      await renameIfThere(dir, name, name.replace('.jsonl', '').replace(/clearing$/, 'jsonl'));
  }
}

/** Writes the rows of a backup to files of their own, by month; answers how many rows there are. */
async function restoreLines(dir: string, backup: string): Promise<number> {
  const suffix = `restored-${stamp()}.jsonl`;
  let rows = 0;
  let month = NEVER;
  for await (const changes of readBackup(backup)) {
    const texts = new Map<string, string>();
    for (const change of changes) {
      // The settlement of a row follows its opening.
      if (change.kind === 'opened') {
        month = monthOf(change.row.openedAt);
        rows += 1;
      } else if (change.kind === 'outcome') month = monthOf(change.row.at);
      texts.set(month, `${texts.get(month) ?? ''}${encodeChange(change)}\n`);
    }
    for (const [of, text] of texts) await appendFile(join(dir, `ledger-${of}.${suffix}`), text, { mode: 0o600 });
  }
  return rows;
}

// ---- Moving into a database

const BATCH = 500;

/**
 * Hands the changes of all journals to `include`, in batches, and marks the files as imported. Answers the number of
 * damaged lines. Doing it twice, or in two windows at once, changes nothing; an interrupted import goes on next time.
 */
export async function importJournals(
  dir: string,
  clock: () => number,
  include: (changes: readonly RowChange[]) => void,
): Promise<number> {
  // Renamed first: a window without SQLite that writes on starts a new file instead of writing into one that is done.
  await recoverClearing(dir);
  for (const { name } of await listJournals(dir)) await renameIfThere(dir, name, `${name}.${clock()}.importing`);
  let damaged = 0;
  for (const name of (await listNames(dir)).filter((name) => name.endsWith('.importing'))) {
    damaged += await importFile(join(dir, name), include);
    await renameIfThere(dir, name, name.replace(/importing$/, 'imported'));
  }
  return damaged;
}

async function importFile(file: string, include: (changes: readonly RowChange[]) => void): Promise<number> {
  let batch: RowChange[] = [];
  let damaged = 0;
  const flush = () => {
    if (batch.length > 0) include(batch);
    batch = [];
  };
  const take = (line: Buffer) => {
    const change = decodeChange(line);
    if (!change) damaged += 1;
    else if (change.kind !== 'beat') batch.push(change);
    if (batch.length >= BATCH) flush();
  };
  await readLines(file, 0, take, { final: true });
  flush();
  return damaged;
}

/** Another window may have been faster. */
async function renameIfThere(dir: string, from: string, to: string): Promise<void> {
  await rename(join(dir, from), join(dir, to)).catch(ignoreMissing);
}
