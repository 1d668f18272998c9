import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { IndexedFile } from '../core/codebase/codebaseIndex.ts';
import { giveUp } from '../core/common/debugLog.ts';
import { makePrivateDir } from './files.ts';

/**
 * The index of a workspace on disk. It holds addresses of files and hashes of words, and no text. A file that is damaged,
 * of another version, or was written on a machine with another order of bytes counts as missing: it can be made again.
 */

/** Counted up when words, pieces or the form of this file change. */
const VERSION = 1;
const MAGIC = Uint32Array.of(0x47534342, VERSION);
const HEAD = 12;
/** A record begins with its length and its checksum. */
const RECORD_HEAD = 8;
/** Numbers in front of the lists of a record. */
const FIXED = 8 * 2 + 4 * 6;
const BUFFER = 1024 * 1024;
/** No file's words take more, in bytes: longer is damage. */
const LONGEST_RECORD = 64 * 1024 * 1024;

/** The memory of a list, without a copy. */
const bytesOf = (list: Uint32Array | Uint8Array): Buffer => Buffer.from(list.buffer, list.byteOffset, list.byteLength);

/** Writes the index; a reader sees the old file or the new one, never half of it. */
export async function writeIndexFile(file: string, files: Iterable<IndexedFile>): Promise<void> {
  await makePrivateDir(path.dirname(file));
  const part = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(part, 'wx', 0o600);
    try {
      const head = Buffer.alloc(HEAD);
      bytesOf(MAGIC).copy(head);
      await handle.write(head);
      let count = 0;
      let waiting: Buffer[] = [];
      let size = 0;
      for (const each of files) {
        const record = recordOf(each);
        count++;
        waiting.push(record);
        size += record.length;
        if (size < BUFFER) continue;
        await handle.writev(waiting);
        [waiting, size] = [[], 0];
      }
      if (waiting.length > 0) await handle.writev(waiting);
      // The number of records comes last: a file that breaks off has none.
      await handle.write(bytesOf(Uint32Array.of(count)), 0, 4, HEAD - 4);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}

function recordOf({ key, mtime, size, entry }: IndexedFile): Buffer {
  const name = Buffer.from(key);
  const { pieces, terms, counts } = entry;
  const body = Buffer.alloc(FIXED + 4 * (pieces.length + terms.length) + counts.length + name.length);
  body.writeDoubleLE(mtime, 0);
  body.writeDoubleLE(size, 8);
  const numbers = [entry.hash, entry.pathTerms, entry.nameTerms, pieces.length, terms.length, name.length];
  for (const [i, number] of numbers.entries()) body.writeUInt32LE(number, 16 + 4 * i);
  let at = FIXED;
  for (const part of [bytesOf(pieces), bytesOf(terms), bytesOf(counts), name]) {
    part.copy(body, at);
    at += part.length;
  }
  const head = Buffer.alloc(RECORD_HEAD);
  head.writeUInt32LE(body.length, 0);
  head.writeUInt32LE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

/**
 * Reads an index, a megabyte in each turn of the event loop.
 *
 * @returns undefined where there is none that can be used
 */
export async function readIndexFile(file: string): Promise<readonly IndexedFile[] | undefined> {
  const handle = await open(file, 'r').catch(giveUp('the index of the codebase', null));
  if (!handle) return undefined;
  try {
    return await readRecords(handle);
  } catch (error) {
    return giveUp('the index of the codebase')(error);
  } finally {
    await handle.close();
  }
}

async function readRecords(handle: FileHandle): Promise<IndexedFile[] | undefined> {
  let rest = Buffer.alloc(0);
  /** Answers so many bytes; undefined at the end of the file. */
  const take = async (length: number): Promise<Buffer | undefined> => {
    while (rest.length < length) {
      const more = Buffer.alloc(Math.max(BUFFER, length - rest.length));
      const { bytesRead } = await handle.read(more, 0, more.length);
      if (bytesRead === 0) return undefined;
      rest = Buffer.concat([rest, more.subarray(0, bytesRead)]);
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  const head = await take(HEAD);
  if (!head?.subarray(0, MAGIC.byteLength).equals(bytesOf(MAGIC))) return undefined;
  const count = new Uint32Array(Uint8Array.from(head.subarray(MAGIC.byteLength)).buffer)[0] ?? 0;
  const files: IndexedFile[] = [];
  for (let i = 0; i < count; i++) {
    const lengths = await take(RECORD_HEAD);
    const length = lengths?.readUInt32LE(0) ?? 0;
    if (!lengths || length < FIXED || length > LONGEST_RECORD) return undefined;
    const body = await take(length);
    if (!body || crc32(body) !== lengths.readUInt32LE(4)) return undefined;
    const read = readRecord(body);
    if (!read) return undefined;
    files.push(read);
  }
  return files;
}

function readRecord(body: Buffer): IndexedFile | undefined {
  const number = (i: number): number => body.readUInt32LE(16 + 4 * i);
  const [pieceNumbers, termCount, nameLength] = [number(3), number(4), number(5)];
  if (FIXED + 4 * (pieceNumbers + termCount) + termCount + nameLength !== body.length) return undefined;
  // A copy of its own: a view would keep the whole megabyte that it was read with.
  const lists = Uint8Array.from(body.subarray(FIXED)).buffer;
  const termsAt = 4 * pieceNumbers;
  const countsAt = termsAt + 4 * termCount;
  return {
    key: body.toString('utf8', FIXED + countsAt + termCount),
    mtime: body.readDoubleLE(0),
    size: body.readDoubleLE(8),
    entry: {
      hash: number(0),
      pathTerms: number(1),
      nameTerms: number(2),
      pieces: new Uint32Array(lists, 0, pieceNumbers),
      terms: new Uint32Array(lists, termsAt, termCount),
      counts: new Uint8Array(lists, countsAt, termCount),
    },
  };
}

/** Removes the indexes of workspaces that were not asked about for so long, in ms. */
export async function removeOldIndexes(dir: string, olderThanMs: number): Promise<void> {
  for (const name of await readdir(dir).catch(giveUp('old indexes', []))) {
    const file = path.join(dir, name);
    const found = await stat(file).catch(giveUp('old indexes', null));
    if (found && Date.now() - found.mtimeMs > olderThanMs)
      await rm(file, { force: true }).catch(giveUp('old indexes', undefined));
  }
}
