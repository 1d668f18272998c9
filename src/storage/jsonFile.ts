import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateDir } from './ledger/ledgerFiles.ts';

/** A small file that is replaced as a whole: a reader sees the old content or the new, never half of it. */
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
