import { chmod, mkdir, open } from 'node:fs/promises';

/** What we spend, on what and when is nobody else's business: owner only, where the system knows owners. */

export async function makePrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') await chmod(dir, 0o700);
}

/** Makes the file where it is missing. */
export async function makePrivateFile(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    if (process.platform !== 'win32') await handle.chmod(0o600);
  } finally {
    await handle.close();
  }
}

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** To catch what a file operation throws, where a missing file is as good as done. */
export function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
