import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { giveUp } from '../core/common/debugLog.ts';
import { isInside } from '../core/common/paths.ts';

/**
 * Where a path leads once all links are followed, if that lies inside one of the folders; null if it leads elsewhere.
 * A path that does not exist yet is resolved from its nearest existing parent folder.
 *
 * @param folders absolute paths
 * @param file absolute path
 */
export async function resolveInside(folders: readonly string[], file: string): Promise<string | null> {
  const target = await realPathOf(path.normalize(file));
  for (const folder of folders) {
    const root = await realpath(folder).catch(giveUp('a folder of the workspace', null));
    if (root !== null && target !== null && isInside(root, target, path.sep)) return target;
  }
  return null;
}

async function realPathOf(file: string): Promise<string | null> {
  try {
    return await realpath(file);
  } catch (error) {
    // A link to what does not exist must not count as its own name, nor may a folder that cannot be read.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return null;
    const parent = path.dirname(file);
    if (parent === file || (await isLink(file))) return null;
    const above = await realPathOf(parent);
    return above === null ? null : path.join(above, path.basename(file));
  }
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (stat) => stat.isSymbolicLink(),
    () => false,
  );
}
