import path from 'node:path';
import * as vscode from 'vscode';
import { checkTarget, dangerOf, type Danger, type TargetCheck } from '../../core/edits/target.ts';
import { resolveInside } from '../../storage/realPath.ts';
import { pathOf } from '../platform/activeEditor.ts';

/** A document that may be written, and what must be asked first. */
export interface Target {
  readonly uri: vscode.Uri;
  /** For people. */
  readonly label: string;
  readonly danger: Danger | null;
}

export type TargetResult =
  | { readonly kind: 'ok'; readonly target: Target }
  | { readonly kind: 'refused'; readonly reason: Extract<TargetCheck, { kind: 'refused' }>['reason'] };

/** The document that the user was asked about, or has open, whatever its place: it is the user's own choice. */
export const targetOf = (uri: vscode.Uri): Target => ({ uri, label: pathOf(uri), danger: dangerOf(pathOf(uri)) });

/**
 * The document that an answer means by a path. It lies inside an open folder, also when all links are followed.
 *
 * @param known documents that went along with the question, which models like to name by the end of their path
 */
export async function findTarget(written: string, known: readonly vscode.Uri[]): Promise<TargetResult> {
  const check = checkTarget(withoutFolder(written));
  if (check.kind === 'refused') return check;
  const named = known.find((uri) => pathOf(uri) === check.path || uri.path.endsWith(`/${check.path}`));
  const inFolders = placesOf(check.path);
  const uri = named ?? (await firstThatExists(inFolders)) ?? inFolders[0];
  if (!uri || !(await isInsideFolders(uri))) return { kind: 'refused', reason: 'outside' };
  // A link with an innocent name may lead to a file that is not.
  const real = uri.scheme === 'file' ? await realPath(uri) : null;
  return {
    kind: 'ok',
    target: { uri, label: pathOf(uri), danger: dangerOf(pathOf(uri)) ?? (real === null ? null : dangerOf(real)) },
  };
}

/** Where a path can be, in the folders of the workspace. */
function placesOf(path: string): readonly vscode.Uri[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  // A path that begins with the name of one of several folders means that folder, also for a file that is new.
  const byName = folders
    .filter(({ name }) => folders.length > 1 && path.startsWith(`${name}/`))
    .map(({ uri, name }) => vscode.Uri.joinPath(uri, path.slice(name.length + 1)));
  return [...byName, ...folders.map(({ uri }) => vscode.Uri.joinPath(uri, path))];
}

/** The file of the workspace that a path means, if there is one. */
export async function existing(written: string): Promise<vscode.Uri | undefined> {
  const check = checkTarget(withoutFolder(written));
  return check.kind === 'ok' ? firstThatExists(placesOf(check.path)) : undefined;
}

/** Whether a document still lies inside an open folder: asked again right before it is written. */
export async function isInsideFolders(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme === 'file') return (await realPath(uri)) !== null;
  return vscode.workspace.getWorkspaceFolder(uri) !== undefined;
}

const realPath = (uri: vscode.Uri): Promise<string | null> =>
  resolveInside(
    (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri: { scheme } }) => scheme === 'file')
      .map(({ uri: { fsPath } }) => fsPath),
    uri.fsPath,
  );

/** Some models name files by their full path; inside a folder that is the same file. */
function withoutFolder(written: string): string {
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const folder = uri.fsPath.endsWith(path.sep) ? uri.fsPath : uri.fsPath + path.sep;
    if (written.startsWith(folder)) return written.slice(folder.length);
  }
  return written;
}

async function firstThatExists(uris: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  for (const uri of uris) if (await exists(uri)) return uri;
  return undefined;
}

export const exists = (uri: vscode.Uri): Thenable<boolean> =>
  vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
