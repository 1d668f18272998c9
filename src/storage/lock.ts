import { link, rename, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { giveUp } from '../core/common/debugLog.ts';
import { ignoreMissing, makeNewFile, stamp, unlinkIfThere } from './files.ts';

/** A file as a lock between windows, for moments in which SQLite's own lock cannot be used. */

/** Runs `work` while no other window holds the lock. A lock older than `staleMs` was left behind by a dead window. */
export async function withLock<T>(lock: string, staleMs: number, work: () => Promise<T>): Promise<T> {
  while (!(await takeLock(lock, staleMs))) await setTimeout(10);
  try {
    return await work();
  } finally {
    await unlinkIfThere(lock);
  }
}

/** Takes the lock if it is free; else answers false, and frees it when its holder is dead. */
export async function takeLock(lock: string, staleMs: number): Promise<boolean> {
  if (await makeNewFile(lock)) return true;
  if (await isStale(lock, staleMs)) await breakLock(lock, staleMs);
  return false;
}

/**
 * Renames the lock of a dead window away and looks again: when two windows find it dead at once, the slower one may have
 * renamed the new lock of the faster one. Then it gives that lock back.
 */
async function breakLock(lock: string, staleMs: number): Promise<void> {
  const taken = `${lock}.${stamp()}.broken`;
  await rename(lock, taken).catch(ignoreMissing);
  if (!(await isStale(taken, staleMs))) await link(taken, lock).catch(giveUp('giving a lock back'));
  await unlinkIfThere(taken);
}

async function isStale(file: string, staleMs: number): Promise<boolean> {
  const found = await stat(file).catch(ignoreMissing);
  return found !== undefined && Date.now() - found.mtimeMs > staleMs;
}
