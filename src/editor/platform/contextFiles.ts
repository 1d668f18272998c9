import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import {
  checkContextFile,
  type ContextCheck,
  type ContextDisk,
  type Followed,
} from '../../core/privacy/contextFile.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { localDisk, readRegularFile } from '../../storage/contextDisk.ts';

/** The only way in which files become context: each is judged by where its path leads before it is read. */

/** How long judging and reading one file may take, in ms: a disk of the network that does not answer holds up nothing. */
const READ_MS = 3_000;

/** How long it stays good that a folder of another machine is no link, in ms: a search asks for each file. */
const FRESH_MS = 10_000;

export interface ReadOptions {
  /** Longest file that is read, in bytes. */
  readonly mostBytes: number;
  /** The user agreed to this very file. */
  readonly consented?: boolean;
  /** For the user's own files, which lie outside of every workspace. */
  readonly anywhere?: boolean;
}

export type ContextRead =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  /** It may be there, but without the user's consent it is no context. */
  | { readonly kind: 'left-out'; readonly reason: 'secret' | 'outside' }
  /** The file cannot be read: it is missing, too long, no regular file, or takes too long. */
  | { readonly kind: 'nothing' };

/** Judges the file of a document or of a name. Never rejects. */
export async function checkContext(uri: vscode.Uri, anywhere = false): Promise<ContextCheck> {
  const file = fileOf(uri);
  const isLocal = file.scheme === 'file';
  const folders = (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri: folder }) => folder.scheme === file.scheme && folder.authority === file.authority)
    .map(({ uri: folder }) => (isLocal ? folder.fsPath : folder.path));
  const check = checkContextFile(
    isLocal ? localDisk : diskOf(file),
    anywhere ? null : folders,
    isLocal ? file.fsPath : file.path,
  );
  return within(READ_MS, check, { kind: 'unreadable', reason: 'missing' });
}

/** Whether a file may become context without asking the user. */
export const isReadable = async (uri: vscode.Uri): Promise<boolean> => (await checkContext(uri)).kind === 'readable';

/**
 * Whether the text of an open document may become context. A file that the user opened from outside of the workspace is the
 * user's own choice; what lies in the workspace and leads out of it is that of the repository. A document without a file
 * counts by its name.
 */
export async function judgeDocument(uri: vscode.Uri): Promise<'free' | 'secret' | 'outside' | 'not-a-file'> {
  const check = await checkContext(uri);
  switch (check.kind) {
    case 'readable':
      return 'free';
    case 'needs-consent':
      return check.reason === 'outside' && !isInWorkspace(fileOf(uri)) ? 'free' : check.reason;
    case 'unreadable':
      if (check.reason === 'not-a-file') return 'not-a-file';
      return isSecretFile(uri.path) ? 'secret' : 'free';
  }
}

/** Whether a file lies inside an open folder, by its address alone. */
export const isInWorkspace = (uri: vscode.Uri): boolean => vscode.workspace.getWorkspaceFolder(uri) !== undefined;

/** Reads a file as context. Never rejects, and reads no device, no pipe and no file without end. */
export async function readContext(
  uri: vscode.Uri,
  { mostBytes, consented = false, anywhere = false }: ReadOptions,
): Promise<ContextRead> {
  const check = await checkContext(uri, anywhere);
  if (check.kind === 'unreadable') return { kind: 'nothing' };
  if (check.kind === 'needs-consent' && !consented) return { kind: 'left-out', reason: check.reason };
  if (check.size > mostBytes) return { kind: 'nothing' };
  const reading =
    uri.scheme === 'file' && check.path !== null
      ? readRegularFile(check.path, mostBytes)
      : Promise.resolve(vscode.workspace.fs.readFile(uri)).catch(giveUp('a context file', null));
  const bytes = await within(READ_MS, reading, null);
  return bytes && bytes.length <= mostBytes ? { kind: 'read', bytes } : { kind: 'nothing' };
}

/** A cell of a notebook lies in the notebook's file. */
const fileOf = (uri: vscode.Uri): vscode.Uri =>
  uri.scheme === 'vscode-notebook-cell'
    ? (vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.path === uri.path)?.uri ?? uri)
    : uri;

/** VS Code's view of a file system that is not this machine's: it tells which files are links, but not where they lead. */
const diskOf = (uri: vscode.Uri): ContextDisk => ({
  separator: '/',
  follow: (path) => follow(uri.with({ path })),
  stat: async (path) => {
    const found = await statOf(uri.with({ path }));
    return (
      found && {
        kind: found.type & vscode.FileType.File ? 'file' : found.type & vscode.FileType.Directory ? 'folder' : 'other',
        size: found.size,
      }
    );
  },
});

async function follow(uri: vscode.Uri): Promise<Followed> {
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri.path ?? uri.path;
  for (let at = uri; at.path.length > root.length; at = vscode.Uri.joinPath(at, '..')) {
    const found = at === uri ? await typeOf(at) : await folderType(at);
    if (found === null) return { kind: 'missing' };
    if (found & vscode.FileType.SymbolicLink) return { kind: 'unknown' };
  }
  return { kind: 'path', path: uri.path };
}

const folders = new Map<string, { readonly at: number; readonly type: Promise<vscode.FileType | null> }>();

function folderType(uri: vscode.Uri): Promise<vscode.FileType | null> {
  const key = uri.toString();
  const known = folders.get(key);
  if (known && Date.now() - known.at < FRESH_MS) return known.type;
  if (folders.size > 5_000) folders.clear();
  const type = typeOf(uri);
  folders.set(key, { at: Date.now(), type });
  return type;
}

const typeOf = async (uri: vscode.Uri): Promise<vscode.FileType | null> => (await statOf(uri))?.type ?? null;

const statOf = (uri: vscode.Uri): Thenable<vscode.FileStat | null> =>
  vscode.workspace.fs.stat(uri).then(
    (found) => found,
    () => null,
  );

async function within<T>(ms: number, asked: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([asked, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
