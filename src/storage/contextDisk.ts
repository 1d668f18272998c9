import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { debugLog } from '../core/common/debugLog.ts';
import type { ContextDisk } from '../core/privacy/contextFile.ts';

/** The disk of this machine, for the decision whether a file may be read as context. */
export const localDisk: ContextDisk = {
  separator: path.sep,
  follow: (file) =>
    realpath(file).then(
      (found) => ({ kind: 'path', path: found }),
      () => ({ kind: 'missing' }),
    ),
  stat: (file) =>
    stat(file).then(
      (found) => ({ kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other', size: found.size }),
      () => null,
    ),
};

/** Windows knows neither flag. `O_NONBLOCK` makes opening a pipe without a writer return at once. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a regular file whole. Null for one that is longer, for anything else than a regular file, and where reading
 * fails. What counts is what was opened and what is read, not what was there before, so that no file that is exchanged
 * or grows meanwhile makes the editor read without end.
 *
 * @param file absolute path with links resolved; a link is refused
 * @param mostBytes longest file that is read, in bytes
 */
export async function readRegularFile(file: string, mostBytes: number): Promise<Uint8Array | null> {
  try {
    const handle = await open(file, FLAGS);
    try {
      const facts = await handle.stat();
      if (!facts.isFile() || facts.size > mostBytes) return null;
      // One byte more than it said: files of the kernel say 0.
      let bytes = Buffer.alloc(Math.min(facts.size, mostBytes) + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
        length += bytesRead;
        if (length > mostBytes) return null;
        if (bytesRead === 0) return bytes.subarray(0, length);
        if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(bytes.length * 2 + 4096, mostBytes + 1));
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    debugLog('a context file', error);
    return null;
  }
}
