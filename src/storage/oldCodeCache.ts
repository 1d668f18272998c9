import fs from 'node:fs/promises';
import path from 'node:path';
import { giveUp } from '../core/common/debugLog.ts';

/**
 * Removes the folder `code-cache`, which version 0.1 filled with machine code of V8 and which nothing reads any more.
 * A cache that is missing or cannot be removed is left alone: it only takes space.
 * @param storage the folder that VS Code gives the extension for its files
 */
export async function removeOldCodeCache(storage: string): Promise<void> {
  await fs.rm(path.join(storage, 'code-cache'), { recursive: true, force: true }).catch(giveUp('the old code cache'));
}
