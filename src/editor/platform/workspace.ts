import { createHash } from 'node:crypto';
import * as vscode from 'vscode';

/** URI of the first workspace folder, for the ledger; null without one. */
export const workspaceUri = (): string | null => vscode.workspace.workspaceFolders?.[0]?.uri.toString() ?? null;

/** A short name for the folder that holds this workspace's threads. Windows without a workspace share one. */
export function workspaceId(): string {
  const uri = vscode.workspace.workspaceFile?.toString() ?? workspaceUri();
  return uri === null ? 'no-workspace' : createHash('sha256').update(uri).digest('hex').slice(0, 16);
}
