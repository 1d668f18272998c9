import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Small helpers around files. Files and folders that Gearshift makes can be read by their owner only. */

/** Makes a folder, with those above it, where it is missing. */
export async function makePrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') await chmod(dir, 0o700);
}

/** Makes an empty file where it is missing. */
export async function makePrivateFile(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    if (process.platform !== 'win32') await handle.chmod(0o600);
  } finally {
    await handle.close();
  }
}

/** Makes an empty file; answers false when there is one already. */
export async function makeNewFile(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  }
}

/** Renames a file; does nothing when it is missing, as when another window was faster. */
export async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch(ignoreMissing);
}

/** Deletes a file; does nothing when it is missing. */
export async function unlinkIfThere(file: string): Promise<void> {
  await unlink(file).catch(ignoreMissing);
}

export const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Like `isThere`, for what depends on a file that is missing: false only when there surely is no such file; a file that cannot be looked at counts. */
export const mayExist = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    (error: unknown) => !hasCode(error, 'ENOENT'),
  );

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** For `catch`: swallows the error that a file is missing and throws all others. */
export function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}

/** Text for names of files: the time now and the process. */
export const stamp = (): string => `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${process.pid}`;

/** A small file that is replaced as a whole: a reader sees the old content or the new one, never half of it. */
export function jsonFile(file: string): { read: () => Promise<unknown>; write: (content: unknown) => Promise<void> } {
  return {
    read: async () => JSON.parse(await readFile(file, 'utf8')) as unknown,
    write: async (content) => {
      await makePrivateDir(dirname(file));
      const unfinished = `${file}.${randomUUID()}`;
      await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 });
      await rename(unfinished, file);
    },
  };
}

/**
 * Writes text that comes in pieces to a file. The file gets its name only when it is complete: an export that breaks off
 * leaves nothing behind, and a file that was there before stays as it was.
 */
export async function writePieces(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const part = `${file}.${stamp()}.part`;
  try {
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const piece of pieces) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}
