import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { LogLine } from '../core/common/logger.ts';
import { hasCode, ignoreMissing, makePrivateDir, unlinkIfThere } from './files.ts';
import { withLock } from './lock.ts';

/**
 * Checkpoints: the files that an answer is about to change, as they are before. They do not need Git, and lie in a folder
 * of the workspace in our own storage, one file per checkpoint, which its owner alone can read.
 */

/** A file as it was; `text` is null if there was none. */
export interface KeptFile {
  readonly uri: string;
  readonly text: string | null;
}

/** What a checkpoint is of. */
export interface CheckpointOf {
  /** The answer, the inline edit or the restore whose changes follow. */
  readonly id: string;
  readonly kind: 'answer' | 'inlineEdit' | 'restore';
  /** The user's words, for lists. */
  readonly label: string;
}

/** A checkpoint without its texts. */
export interface CheckpointHead extends CheckpointOf {
  /** When it was begun, in ms since 1970. */
  readonly at: number;
  readonly uris: readonly string[];
  /** Files that were too large to keep. */
  readonly leftOut: readonly string[];
}

export interface Checkpoint extends CheckpointHead {
  readonly files: readonly KeptFile[];
}

/** How much is kept; the oldest checkpoints go first. */
export interface CheckpointLimits {
  /** Bytes on disk of all checkpoints of a workspace. */
  readonly bytes: number;
  /** UTF-16 units of one file. */
  readonly file: number;
  readonly count: number;
}

const LIMITS: CheckpointLimits = { bytes: 32 << 20, file: 2 << 20, count: 200 };

/** A lock that is older was left by a window that died, in ms. */
const STALE_MS = 5_000;

/** Longest head that is read, in bytes. */
const MOST_HEAD = 1 << 20;

/** A file has two lines: this head, which lists read alone, and the texts in the order of `uris`. */
const Head = v.object({
  version: v.literal(1),
  id: v.pipe(v.string(), v.maxLength(200)),
  kind: v.picklist(['answer', 'inlineEdit', 'restore']),
  label: v.string(),
  at: v.number(),
  uris: v.array(v.string()),
  leftOut: v.array(v.string()),
});
const Texts = v.array(v.nullable(v.string()));

export class CheckpointStore {
  readonly #dir: string;
  readonly #log: LogLine;
  readonly #limits: CheckpointLimits;
  readonly #now: () => number;

  /**
   * @param dir folder of this workspace's checkpoints; made with the first one
   * @param log told what goes wrong; never shown
   */
  constructor(dir: string, log: LogLine, { limits = LIMITS, now = Date.now }: CheckpointOptions = {}) {
    this.#dir = dir;
    this.#log = log;
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Keeps files before they are changed. Of a file that the same answer changes again, the first text stays.
   *
   * @throws if the disk refuses
   */
  async keep(of: CheckpointOf, files: readonly KeptFile[]): Promise<void> {
    const file = this.#fileOf(of.id);
    const known = await this.#read(file);
    if (known && files.every(({ uri }) => known.uris.includes(uri) || known.leftOut.includes(uri))) return;
    await makePrivateDir(this.#dir);
    // Another window may keep files of the same answer.
    await withLock(`${file}.lock`, STALE_MS, async () => {
      const before = (await this.#read(file)) ?? { ...of, at: this.#now(), uris: [], leftOut: [], files: [] };
      const news = files.filter(({ uri }) => !before.uris.includes(uri) && !before.leftOut.includes(uri));
      const fits = ({ text }: KeptFile): boolean => (text?.length ?? 0) <= this.#limits.file;
      const kept = [...before.files, ...news.filter(fits)];
      const leftOut = [...before.leftOut, ...news.filter((each) => !fits(each)).map(({ uri }) => uri)];
      await write(file, { ...before, uris: kept.map(({ uri }) => uri), leftOut, files: kept });
    });
    await this.#prune(file).catch((error: unknown) => this.#log('checkpoints', error));
  }

  /** All checkpoints, the newest first, without those that cannot be read. */
  async list(): Promise<readonly CheckpointHead[]> {
    const heads: CheckpointHead[] = [];
    for (const name of await this.#names()) {
      const head = await this.#parse(name, async (file) => headOf(await readHead(file)));
      if (head) heads.push(head);
    }
    return heads.sort((a, b) => b.at - a.at);
  }

  /** The checkpoint of an answer; undefined if there is none, or it cannot be read. */
  get(id: string): Promise<Checkpoint | undefined> {
    return this.#read(this.#fileOf(id));
  }

  /** Deletes all checkpoints of this workspace. @throws if the disk refuses */
  async clear(): Promise<void> {
    for (const name of await this.#names()) await unlinkIfThere(path.join(this.#dir, name));
  }

  /** Ids may come from other programs' answers: as names of files they are hashed. */
  #fileOf(id: string): string {
    return path.join(this.#dir, `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`);
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#dir).catch(ignoreMissing);
    return (names ?? []).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  }

  #read(file: string): Promise<Checkpoint | undefined> {
    return this.#parse(path.basename(file), async () => {
      const [line = '', rest = ''] = (await readFile(file, 'utf8')).split('\n');
      const head = headOf(line);
      const texts = v.parse(Texts, JSON.parse(rest));
      if (texts.length !== head.uris.length) throw new Error('a checkpoint with other texts than files');
      return { ...head, files: head.uris.map((uri, i) => ({ uri, text: texts[i] ?? null })) };
    });
  }

  /** What `read` makes of a file; undefined if it is missing, or cannot be read, which the log says. */
  async #parse<T>(name: string, read: (file: string) => Promise<T>): Promise<T | undefined> {
    try {
      return await read(path.join(this.#dir, name));
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) this.#log(`checkpoint ${name} cannot be read`, error);
      return undefined;
    }
  }

  /** Deletes the oldest checkpoints beyond the limits, and the rests of writes that broke off; never the newest one. */
  async #prune(newest: string): Promise<void> {
    const names = (await readdir(this.#dir)).map((name) => path.join(this.#dir, name));
    const found = await Promise.all(names.map(async (name) => ({ name, stat: await stat(name).catch(ignoreMissing) })));
    const there = found.flatMap(({ name, stat: at }) => (at ? [{ name, size: at.size, changed: at.mtimeMs }] : []));
    there.sort((a, b) => b.changed - a.changed);
    let [bytes, count] = [0, 0];
    for (const { name, size, changed } of there) {
      if (!name.endsWith('.json')) {
        // Of a write or a lock; those of other windows end within moments.
        if (Date.now() - changed > 10 * STALE_MS) await unlinkIfThere(name);
        continue;
      }
      bytes += size;
      count += 1;
      if (name !== newest && (bytes > this.#limits.bytes || count > this.#limits.count)) await unlinkIfThere(name);
    }
  }
}

interface CheckpointOptions {
  readonly limits?: CheckpointLimits;
  readonly now?: () => number;
}

/** A reader in another window sees the old content or the new one, never half of it. */
async function write(file: string, { files, ...head }: Checkpoint): Promise<void> {
  const texts = files.map(({ text }) => text);
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, `${JSON.stringify({ version: 1, ...head })}\n${JSON.stringify(texts)}\n`, {
    mode: 0o600,
  });
  await rename(unfinished, file);
}

/** The first line of a file. @throws if it is too long for a head */
async function readHead(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(MOST_HEAD);
    let length = 0;
    while (length < MOST_HEAD) {
      const { bytesRead } = await handle.read(buffer, length, Math.min(1 << 16, MOST_HEAD - length), length);
      const end = buffer.subarray(length, length + bytesRead).indexOf(10);
      if (end >= 0) return buffer.toString('utf8', 0, length + end);
      length += bytesRead;
      if (bytesRead === 0) break;
    }
    throw new Error('a checkpoint without a head');
  } finally {
    await handle.close();
  }
}

function headOf(line: string): CheckpointHead {
  const { version: _, ...head } = v.parse(Head, JSON.parse(line));
  return head;
}
