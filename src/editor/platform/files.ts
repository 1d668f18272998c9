import * as vscode from 'vscode';
import type { SourceFile } from '../../core/chat/context.ts';
import { eventLoop } from '../../core/common/eventLoop.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { checkContext, readContext } from './contextFiles.ts';
import { pathOf } from './activeEditor.ts';

/** Folders that hold what was installed or generated, beside what the user's `search.exclude` names. */
const NEVER = ['**/node_modules', '**/.git', '**/dist', '**/out', '**/target', '**/.venv', '**/__pycache__'];

/** Most files that one search looks at. */
const MOST_FILES = 20_000;

/** Files larger than this are no context, in bytes. */
const MOST_BYTES = 1024 * 1024;

/**
 * The files of the workspace, or of one folder, without what is generated and without what may hold secrets.
 *
 * @param without further globs of what is left out; a folder is left out with all that is in it
 */
export async function listFiles(
  folder?: vscode.Uri,
  without: readonly string[] = [],
): Promise<{ readonly files: readonly vscode.Uri[]; readonly secrets: number }> {
  const exclude = vscode.workspace.getConfiguration('search', null).get<Record<string, unknown>>('exclude', {});
  const users = Object.keys(exclude).filter((pattern) => exclude[pattern] === true && !/[{},]/.test(pattern));
  const all = await vscode.workspace.findFiles(
    folder ? new vscode.RelativePattern(folder, '**/*') : '**/*',
    `{${[...NEVER, ...users, ...without].flatMap((pattern) => [pattern, `${pattern}/**`]).join(',')}}`,
    MOST_FILES,
  );
  const files: vscode.Uri[] = [];
  for (const uri of all) {
    await eventLoop.yieldIfBusy();
    if (!isSecretFile(uri.path)) files.push(uri);
  }
  return { files, secrets: all.length - files.length };
}

export type FileRead =
  | { readonly kind: 'read'; readonly file: SourceFile }
  /** Without the user's consent it is no context. */
  | { readonly kind: 'left-out'; readonly reason: 'secret' | 'outside' }
  /** It is too large, no text, no regular file, or not there. */
  | { readonly kind: 'nothing' };

/**
 * A file as it is in the editor, unsaved changes included, else on disk.
 *
 * @param consented the user agreed to this very file
 */
export async function readText(uri: vscode.Uri, consented = false): Promise<FileRead> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) {
    const check = await checkContext(uri);
    if (check.kind === 'needs-consent' && !consented) return { kind: 'left-out', reason: check.reason };
    return { kind: 'read', file: { path: pathOf(uri), text: open.getText() } };
  }
  const found = await readContext(uri, { mostBytes: MOST_BYTES, consented });
  if (found.kind !== 'read') return found;
  if (found.bytes.subarray(0, 8_000).includes(0)) return { kind: 'nothing' };
  return { kind: 'read', file: { path: pathOf(uri), text: DECODER.decode(found.bytes) } };
}

const DECODER = new TextDecoder();
