import { open, rename, rm } from 'node:fs/promises';
import { stamp } from './ledger/backup.ts';

/**
 * Writes text that comes in pieces to a file, a piece at a time. The file bears its name only when it is whole; what
 * breaks off leaves nothing behind, and a file that was there before stays as it was.
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
