import * as vscode from 'vscode';
import type { SourceFile } from '../../core/chat/context.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { pathOf } from './activeEditor.ts';

/** Folders that hold what was installed or generated, beside what the user's `search.exclude` names. */
const NEVER = ['**/node_modules', '**/.git', '**/dist', '**/out', '**/target', '**/.venv', '**/__pycache__'];

/** Most files that one search looks at. */
const MOST_FILES = 20_000;

/** Files larger than this are no context, in bytes. */
const MOST_BYTES = 1024 * 1024;

/** The files of the workspace, or of one folder, without what is generated and without what may hold secrets. */
export async function listFiles(
  folder?: vscode.Uri,
): Promise<{ readonly files: readonly vscode.Uri[]; readonly secrets: number }> {
  const exclude = vscode.workspace.getConfiguration('search', null).get<Record<string, unknown>>('exclude', {});
  const users = Object.keys(exclude).filter((pattern) => exclude[pattern] === true && !/[{},]/.test(pattern));
  const all = await vscode.workspace.findFiles(
    folder ? new vscode.RelativePattern(folder, '**/*') : '**/*',
    `{${[...NEVER, ...users].flatMap((pattern) => [pattern, `${pattern}/**`]).join(',')}}`,
    MOST_FILES,
  );
  const files = all.filter(({ path }) => !isSecretFile(path));
  return { files, secrets: all.length - files.length };
}

/** A file as it is in the editor, unsaved changes included, else on disk; undefined for what is no text. */
export async function readText(uri: vscode.Uri, mostBytes = MOST_BYTES): Promise<SourceFile | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return { path: pathOf(uri), text: open.getText() };
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > mostBytes) return undefined;
    const bytes = await vscode.workspace.fs.readFile(uri);
    return bytes.subarray(0, 8_000).includes(0) ? undefined : { path: pathOf(uri), text: DECODER.decode(bytes) };
  } catch {
    return undefined;
  }
}

const DECODER = new TextDecoder();

/** Whether a file lies inside an open folder, by its address alone. */
export const isInWorkspace = (uri: vscode.Uri): boolean => vscode.workspace.getWorkspaceFolder(uri) !== undefined;
