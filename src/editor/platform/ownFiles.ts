import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import { resolveInside } from '../../storage/realPath.ts';

/**
 * Writes a file of Gearshift's own into the workspace, such as a report. A repository can hold links: a file or a folder
 * that leads elsewhere is not written through, wherever it leads.
 *
 * @param uri a file below a folder of the workspace
 * @throws Error in words for the user
 */
export async function writeOwnFile(uri: vscode.Uri, text: string): Promise<void> {
  if (!(await isOwnPlace(uri)))
    throw new Error(t('{0} leads to another place, so nothing was written.', vscode.workspace.asRelativePath(uri)));
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}

/** Whether a file is, or would be, at the very place that its name says. */
async function isOwnPlace(uri: vscode.Uri): Promise<boolean> {
  const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  if (!folder) return false;
  if (uri.scheme !== 'file') return !(await hasLink(folder, uri));
  const root = await realpath(folder.fsPath).catch(giveUp('a folder of the workspace', null));
  const target = await resolveInside([folder.fsPath], uri.fsPath);
  if (root === null || target === null) return false;
  // Some file systems tell another spelling of a name than the one that was asked for.
  return target.toLowerCase() === path.join(root, path.relative(folder.fsPath, uri.fsPath)).toLowerCase();
}

/** Whether a file on another machine, or a folder above it, is a link. */
async function hasLink(folder: vscode.Uri, uri: vscode.Uri): Promise<boolean> {
  for (let at = uri; at.path.length > folder.path.length; at = vscode.Uri.joinPath(at, '..')) {
    const found = await vscode.workspace.fs.stat(at).then(
      ({ type }) => type,
      () => vscode.FileType.Unknown,
    );
    if (found & vscode.FileType.SymbolicLink) return true;
  }
  return false;
}
