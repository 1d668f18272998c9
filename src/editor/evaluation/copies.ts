import { t } from '@vscode/l10n';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { FileAfter } from '../../core/evaluation/checks.ts';

/**
 * Writes files into a folder of their own. The paths are those of a task, which others may have written.
 *
 * @returns why not, for the user: a path leads out of the folder; empty when all are written
 */
export async function writeCopies(folder: string, files: readonly FileAfter[]): Promise<string> {
  for (const file of files) {
    const target = path.resolve(folder, file.path);
    if (!target.startsWith(folder + path.sep)) return t('{0} is outside the folder.', file.path);
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.writeFile(target, file.text);
  }
  return '';
}
