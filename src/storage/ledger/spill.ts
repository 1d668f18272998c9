import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, ignoreMissing, makeNewFile, makePrivateDir, mayExist, renameIfThere } from '../files.ts';
import { readLines, readPieces } from '../lines.ts';
import { withLock } from '../lock.ts';
import { decodeChange, encodeChange, type LedgerChange } from './change.ts';
import { Waiting } from './waiting.ts';
import { createWatch } from './watch.ts';

/**
 * Rows that the database does not take right now, as lines of JSON that are only ever appended to: `spill.jsonl`, which
 * all windows share. A window that can write the database imports it: the file is renamed to `….importing`, so that
 * other windows begin a new one, and to `….imported` at the end. Importing twice changes nothing, for rows have ids. The
 * journals of former versions (`ledger-YYYY-MM.jsonl`) have the same lines and are imported in the same way.
 */

const NAME = 'spill.jsonl';
const WAITING = /^(spill|ledger-\d{4}-\d{2}.*)\.jsonl(\..*\.importing)?$/;
/** Milliseconds after which a lock was left behind by a dead window. Its holder needs a few. */
const LOCK_MS = 3_000;
/** Appending again when another window renames the file under it. */
const TRIES = 10;

class ShortWriteError extends Error {
  override readonly name = 'ShortWriteError';
  constructor(written: number, bytes: number) {
    super(`only ${written} of ${bytes} bytes could be written`);
  }
}

export class Spill {
  readonly #dir: string;
  readonly #onDamage: (lines: number) => void;
  /** The part of each file that was read so far. */
  readonly #files = new Map<string, { identity: string; offset: number }>();
  /** Damaged lines that were told, by the identity of their file. */
  readonly #told = new Map<string, number>();
  readonly #watch = createWatch(() => this.#hasChanged());
  #waiting = new Waiting();
  /** Lines that this window wrote in part because the disk was full; it writes them again. */
  #torn = 0;
  #sizes = '';
  #last: Promise<unknown> = Promise.resolve();

  /** @param onDamage told the number of lines that were newly found damaged and left out */
  constructor(dir: string, onDamage: (lines: number) => void) {
    this.#dir = dir;
    this.#onDamage = onDamage;
  }

  /** Calls back when any window may have appended. */
  onChange(listener: () => void): { dispose(): void } {
    return this.#watch.onChange(listener);
  }

  /** Appends changes; rejects where the disk refuses them. They survive the death of this process. */
  append(changes: readonly LedgerChange[]): Promise<void> {
    return this.#inTurn(async () => {
      const file = join(this.#dir, NAME);
      const text = changes.map(encodeChange).join('\n');
      for (let tries = 0; tries < TRIES; tries += 1) {
        const written = await this.#write(file, text);
        const found = await stat(file).catch(ignoreMissing);
        // Else another window has renamed the file to import it, and may have read it before these lines were there.
        if (found && fileIdentity(found) === written) return this.#watch.notify();
      }
      throw new Error(`${NAME} is renamed again and again`);
    });
  }

  /** Answers which file it was. */
  async #write(file: string, text: string): Promise<string> {
    // A line end comes first as well: what a crash left half-written stays a line of its own.
    const bytes = Buffer.from(`\n${text}\n`);
    const handle = await open(file, 'a', 0o600).catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
      await makePrivateDir(this.#dir);
      return open(file, 'a', 0o600);
    });
    try {
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) {
        this.#torn += 1;
        throw new ShortWriteError(bytesWritten, bytes.length);
      }
      return fileIdentity(await handle.stat());
    } finally {
      await handle.close();
    }
  }

  /** Whether no window has anything to import. */
  async isEmpty(): Promise<boolean> {
    return (await listWaiting(this.#dir)).length === 0;
  }

  /** The changes that all windows have appended and none has imported yet. */
  read(): Promise<Waiting> {
    return this.#inTurn(async () => {
      // A file that is renamed while it is read is found under its other name.
      for (let tries = 0; tries < TRIES; tries += 1) if (await this.#refresh()) return this.#waiting;
      throw new Error('the spill of the cost ledger is renamed again and again');
    });
  }

  /** Reads what is new; answers false when a file has gone meanwhile. */
  async #refresh(): Promise<boolean> {
    const names = await listWaiting(this.#dir);
    if ([...this.#files.keys()].some((name) => !names.includes(name))) this.#forget();
    for (const name of names) {
      const file = join(this.#dir, name);
      const found = await stat(file).catch(ignoreMissing);
      if (!found) return false;
      const identity = identityOf(found);
      const known = this.#files.get(name);
      if (known && (known.identity !== identity || known.offset > found.size)) {
        this.#forget();
        return false;
      }
      if (known?.offset === found.size) continue;
      const offset = await this.#readNews(file, identity, known?.offset ?? 0).catch(ignoreMissing);
      if (offset === undefined) return false;
      this.#files.set(name, { identity, offset });
    }
    return true;
  }

  async #readNews(file: string, identity: string, from: number): Promise<number> {
    let damaged = 0;
    const offset = await readLines(file, from, (line) => {
      const change = decodeChange(line);
      if (change) this.#waiting.enter(change);
      else damaged += 1;
    });
    this.#tellDamaged(identity, (from === 0 ? 0 : (this.#told.get(identity) ?? 0)) + damaged);
    return offset;
  }

  #forget(): void {
    this.#files.clear();
    this.#waiting = new Waiting();
  }

  /** @param damaged lines of the file so far */
  #tellDamaged(identity: string, damaged: number): void {
    const fresh = damaged - (this.#told.get(identity) ?? 0);
    if (fresh <= 0) return;
    this.#told.set(identity, damaged);
    const own = Math.min(fresh, this.#torn);
    this.#torn -= own;
    if (fresh > own) this.#onDamage(fresh - own);
  }

  /**
   * Hands all that waits to `include`, in batches, openings before settlements, and marks the files as imported. An import
   * that breaks off goes on next time; several windows may import at once.
   */
  async import(include: (changes: readonly LedgerChange[]) => unknown, now: number): Promise<void> {
    const files = await this.#inTurn(async () => {
      for (const name of await listWaiting(this.#dir))
        if (!name.endsWith('.importing')) await this.#rename(name, await this.#freeName(name, now));
      return (await listWaiting(this.#dir)).filter((name) => name.endsWith('.importing'));
    });
    // Out of turn: what `include` meets with may have to append to the spill.
    for (const name of files) await this.#include(name, (change) => change.kind !== 'settled', include);
    for (const name of files) await this.#include(name, (change) => change.kind === 'settled', include);
    for (const name of files) await this.#rename(name, name.replace(/importing$/, 'imported'));
  }

  #rename(from: string, to: string): Promise<void> {
    return renameIfThere(join(this.#dir, from), join(this.#dir, to));
  }

  async #freeName(name: string, now: number): Promise<string> {
    const [first, other] = [`${name}.${now}`, `${name}.${now}-${crypto.randomUUID()}`];
    const isTaken = await Promise.all(
      ['importing', 'imported'].map((end) => mayExist(join(this.#dir, `${first}.${end}`))),
    );
    return `${isTaken.some(Boolean) ? other : first}.importing`;
  }

  /** Includes one kind of changes of a file. Another window may have finished with it meanwhile. */
  async #include(
    name: string,
    isWanted: (change: LedgerChange) => boolean,
    include: (changes: readonly LedgerChange[]) => unknown,
  ): Promise<void> {
    const file = join(this.#dir, name);
    const found = await stat(file).catch(ignoreMissing);
    if (!found) return;
    let damaged = 0;
    try {
      for await (const { lines } of readPieces(file, 0, { chunk: 1 << 18, final: true, longest: 1 << 24 })) {
        const changes = lines.map(decodeChange);
        damaged += changes.filter((change) => !change).length;
        const wanted = changes.filter((change) => change !== undefined).filter(isWanted);
        if (wanted.length > 0) await include(wanted);
      }
    } catch (error) {
      ignoreMissing(error);
    }
    this.#tellDamaged(identityOf(found), damaged);
  }

  /** Deletes what was imported: it holds rows that the user wants to be gone. */
  async removeImported(): Promise<void> {
    for (const name of await listNames(this.#dir))
      if (name.endsWith('.imported')) await rm(join(this.#dir, name), { force: true });
  }

  /** Runs `work` while no other window does: without it two could take the same last cent. */
  async withLock<T>(work: () => Promise<T>): Promise<T> {
    await makePrivateDir(this.#dir);
    return withLock(join(this.#dir, 'reserve.lock'), LOCK_MS, work);
  }

  /** True for the first caller that asks for this name, over all windows and sessions. */
  async claim(name: string): Promise<boolean> {
    await makePrivateDir(this.#dir);
    return makeNewFile(join(this.#dir, `claim-${encodeURIComponent(name)}`));
  }

  async close(): Promise<void> {
    this.#watch.dispose();
    await this.#last;
  }

  async #hasChanged(): Promise<boolean> {
    const before = this.#sizes;
    const names = await listWaiting(this.#dir);
    const sizes = names.map(async (name) => `${name}:${(await stat(join(this.#dir, name))).size}`);
    this.#sizes = (await Promise.all(sizes)).join();
    return before !== this.#sizes;
  }

  /** One thing at a time, so that no byte is read twice and no settlement overtakes its opening. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const fileIdentity = ({ dev, ino }: { dev: number; ino: number }): string => `${dev} ${ino}`;

/** The number of a file alone may be given to the next one. */
const identityOf = ({ ino, birthtimeMs }: { ino: number; birthtimeMs: number }): string => `${ino} ${birthtimeMs}`;

/** Files with rows that wait, those that are being imported first: they are older. */
async function listWaiting(dir: string): Promise<string[]> {
  const names = (await listNames(dir)).filter((name) => WAITING.test(name));
  const isImporting = (name: string): boolean => name.endsWith('.importing');
  return [...names.filter(isImporting), ...names.filter((name) => !isImporting(name))];
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
