import * as vscode from 'vscode';
import { eventLoop } from '../../core/common/eventLoop.ts';
import { giveUp } from '../../core/common/debugLog.ts';
import { Gitignore, plainIgnoredFolders, type IgnoreFile } from '../../core/codebase/gitignore.ts';
import { listFiles } from './files.ts';
import { readContext } from './contextFiles.ts';

/** Longest `.gitignore` that is read, in bytes. */
const MOST_BYTES = 256 * 1024;

/**
 * The files of the workspace that may be searched: without those that Git ignores, that the user's `files.exclude` and
 * `search.exclude` hide, that are installed or generated, and that may hold secrets. By their addresses.
 */
export async function listSources(): Promise<Map<string, vscode.Uri>> {
  // A folder can be open within another one.
  const all = new Map<string, vscode.Uri>();
  for (const folder of vscode.workspace.workspaceFolders ?? [])
    for (const uri of await listFolder(folder.uri)) {
      await eventLoop.yieldIfBusy();
      all.set(uri.toString(), uri);
    }
  return all;
}

async function listFolder(folder: vscode.Uri): Promise<readonly vscode.Uri[]> {
  const root = await readIgnoreFile(vscode.Uri.joinPath(folder, '.gitignore'));
  const { files } = await listFiles(folder, [...plainIgnoredFolders(root), ...filesExclude()]);
  const inside = (uri: vscode.Uri): string => uri.path.slice(folder.path.replace(/\/$/, '').length + 1);
  const ignoreFiles: IgnoreFile[] = [];
  const exclude = await readIgnoreFile(vscode.Uri.joinPath(folder, '.git', 'info', 'exclude'));
  ignoreFiles.push({ folder: '', text: exclude }, { folder: '', text: root });
  for (const uri of files) {
    const path = inside(uri);
    if (path.endsWith('/.gitignore'))
      ignoreFiles.push({ folder: path.slice(0, -'/.gitignore'.length), text: await readIgnoreFile(uri) });
  }
  const gitignore = new Gitignore(ignoreFiles);
  const sources: vscode.Uri[] = [];
  for (const uri of files) {
    await eventLoop.yieldIfBusy();
    if (!gitignore.ignores(inside(uri))) sources.push(uri);
  }
  return sources;
}

async function readIgnoreFile(uri: vscode.Uri): Promise<string> {
  const found = await readContext(uri, { mostBytes: MOST_BYTES }).catch(giveUp('an ignore file', undefined));
  return found?.kind === 'read' ? new TextDecoder().decode(found.bytes) : '';
}

/** What the user's `files.exclude` hides everywhere, as far as it is a plain glob. */
function filesExclude(): string[] {
  const exclude = vscode.workspace.getConfiguration('files', null).get<Record<string, unknown>>('exclude', {});
  return Object.keys(exclude).filter((glob) => exclude[glob] === true && !/[{},]/.test(glob));
}
