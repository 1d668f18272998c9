import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { trimDiff, type GitDiff } from '../../core/privacy/gitDiff.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { unifiedDiff } from '../../core/edits/unifiedDiff.ts';
import { isReadable } from './contextFiles.ts';

/**
 * Git in a remote window (SSH, WSL, a container). There VS Code's git extension runs on the other machine, and its API
 * does not reach an extension that runs on this computer. Two things of it do: the commands `git.api.*`, which answer
 * with plain data, and its file system `git:`, which has the text of a file in the index and in the last commit. From
 * these the changes are put together here. What does not cross is the box for the commit message and the history.
 * Source: microsoft/vscode, extensions/git, `registerAPICommands` and `GitFileSystemProvider` (1.139).
 */

/** Changed files that are read, and at once; larger files are left out, in bytes. */
const MOST_FILES = 300;
const AT_ONCE = 8;
const MOST_BYTES = 1024 * 1024;

/** A change as `git.api.getRepositoryState` tells it; URIs are those of the other machine, as text. */
interface StatedChange {
  readonly uri: string;
  readonly originalUri: string;
  readonly renameUri?: string | undefined;
  /** The name of a `Status` of the git extension, such as `INDEX_ADDED`. */
  readonly status: string;
}

interface StatedRepository {
  readonly HEAD?: { readonly commit?: string } | undefined;
  readonly indexChanges: readonly StatedChange[];
  readonly workingTreeChanges: readonly StatedChange[];
}

/** A repository on the other machine. */
export interface RemoteRepository {
  /** As this window knows the folder. */
  readonly rootUri: vscode.Uri;
  readonly head: string | undefined;
  /** What is staged, and what is not, as this window knows the files. */
  readonly indexChanges: readonly { readonly uri: vscode.Uri }[];
  readonly workingTreeChanges: readonly { readonly uri: vscode.Uri; readonly isNew: boolean }[];
  /**
   * The changes without the files that no model is shown.
   *
   * @param limit in characters
   * @param only path of the only file that counts
   */
  readonly diff: (range: 'staged' | 'unstaged' | 'head', limit: number, only?: string) => Promise<GitDiff>;
}

/** The repository of a file, or the first one that there is; undefined where git does not answer. */
export async function remoteRepositoryOf(uri: vscode.Uri | undefined): Promise<RemoteRepository | undefined> {
  const roots = await stated<readonly string[]>('git.api.getRepositories');
  if (!Array.isArray(roots)) return undefined;
  const all = roots.map((root: unknown) => vscode.Uri.parse(String(root)));
  const inside = all
    .filter(({ path }) => uri && `${uri.path}/`.startsWith(`${path}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  const root = inside ?? all[0];
  const state = root && (await stated<StatedRepository>('git.api.getRepositoryState', root.toString()));
  if (!root || !Array.isArray(state?.indexChanges) || !Array.isArray(state.workingTreeChanges)) return undefined;
  const { indexChanges, workingTreeChanges, HEAD } = state;
  const tracked = workingTreeChanges.filter(({ status }) => status !== 'UNTRACKED');
  return {
    rootUri: here(root),
    head: HEAD?.commit,
    indexChanges: indexChanges.map(({ uri: file }) => ({ uri: here(vscode.Uri.parse(file)) })),
    workingTreeChanges: workingTreeChanges.map(({ uri: file, status }) => ({
      uri: here(vscode.Uri.parse(file)),
      isNew: status === 'UNTRACKED',
    })),
    diff: (range, limit, only) => {
      switch (range) {
        case 'staged':
          return diffOf(root, indexChanges, ['HEAD', INDEX], limit, only);
        case 'unstaged':
          return diffOf(root, tracked, [INDEX, null], limit, only);
        case 'head':
          return diffOf(root, [...indexChanges, ...tracked], ['HEAD', null], limit, only);
      }
    },
  };
}

async function stated<T>(command: string, ...args: readonly unknown[]): Promise<T | undefined> {
  try {
    return await vscode.commands.executeCommand<T | undefined>(command, ...args);
  } catch {
    // No git extension has this command, or git is turned off.
    return undefined;
  }
}

/** A file of the other machine as this window knows it. */
function here(uri: vscode.Uri): vscode.Uri {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const holds = (one: string, other: string): boolean => `${other}/`.startsWith(`${one}/`);
  const folder = folders.find((each) => holds(each.uri.path, uri.path) || holds(uri.path, each.uri.path)) ?? folders[0];
  return folder ? folder.uri.with({ path: uri.path }) : uri;
}

/** A version of a file: a ref of the `git:` file system, or null for the file as it is on disk. */
type Version = string | null;
const INDEX = '';

async function diffOf(
  root: vscode.Uri,
  changes: readonly StatedChange[],
  versions: readonly [Version, Version],
  limit: number,
  only: string | undefined,
): Promise<GitDiff> {
  const wanted = new Map<string, StatedChange>();
  for (const change of changes) {
    const { path } = vscode.Uri.parse(change.renameUri ?? change.uri);
    if ((only === undefined || only.replaceAll('\\', '/') === path) && !wanted.has(path)) wanted.set(path, change);
  }
  const all = [...wanted.values()];
  const isAllowed = (change: StatedChange): boolean => !namesOf(change).some(({ path }) => isSecretFile(path));
  const allowed = all.filter(isAllowed).slice(0, MOST_FILES);
  const parts: string[] = [];
  for (let i = 0; i < allowed.length; i += AT_ONCE)
    parts.push(...(await Promise.all(allowed.slice(i, i + AT_ONCE).map((change) => partOf(root, change, versions)))));
  const { text, remarks } = trimDiff(parts.join(''), isSecretFile, limit);
  const secret = all.length - all.filter(isAllowed).length;
  const more = all.length - secret - allowed.length;
  return {
    text,
    remarks: [
      ...(secret > 0 ? [t('Files left out because they may hold secrets: {0}', secret)] : []),
      ...(more > 0 ? [t('Files whose changes were omitted because the diff would be too long: {0}', more)] : []),
      ...remarks,
    ],
    files: all.length,
  };
}

const namesOf = ({ uri, originalUri, renameUri }: StatedChange): readonly vscode.Uri[] =>
  [uri, originalUri, renameUri].flatMap((name) => (name ? [vscode.Uri.parse(name)] : []));

async function partOf(
  root: vscode.Uri,
  change: StatedChange,
  [from, to]: readonly [Version, Version],
): Promise<string> {
  const before = vscode.Uri.parse(change.originalUri);
  const after = vscode.Uri.parse(change.renameUri ?? change.uri);
  const [old, now] = await Promise.all([versionOf(before, from), versionOf(after, to)]);
  if (old === undefined || now === undefined || (old === null && now === null)) return '';
  const nameOf = ({ path }: vscode.Uri): string => path.slice(root.path.length).replace(/^\//, '');
  return unifiedDiff({
    nameBefore: old === null ? null : nameOf(before),
    nameAfter: now === null ? null : nameOf(after),
    before: old ?? '',
    after: now ?? '',
  });
}

/** The text of one version of a file; null where it does not exist, undefined where it is no text or no model may see it. */
async function versionOf(uri: vscode.Uri, version: Version): Promise<string | null | undefined> {
  const place = version === null ? here(uri) : gitUri(uri, version);
  try {
    if (version === null) await vscode.workspace.fs.stat(place);
    // A link may lead to a file that no model is shown.
    if (version === null && !(await isReadable(place))) return undefined;
    const bytes = await vscode.workspace.fs.readFile(place);
    if (bytes.length > MOST_BYTES || bytes.subarray(0, 8_000).includes(0)) return undefined;
    return new TextDecoder().decode(bytes);
  } catch {
    return null;
  }
}

/** As the git extension names a version of a file; a path of Windows has its own form there. */
function gitUri({ path }: vscode.Uri, ref: string): vscode.Uri {
  const native = /^\/[a-z]:/i.test(path) ? path.slice(1).replaceAll('/', '\\') : path;
  return vscode.Uri.from({ scheme: 'git', path, query: JSON.stringify({ path: native, ref }) });
}
