import * as vscode from 'vscode';
import { aroundSecrets } from '../../core/privacy/maskSecrets.ts';

/** Documents as people know them, and the editor that the user means. */

export const pathOf = (uri: vscode.Uri): string =>
  vscode.workspace.asRelativePath(
    uri,
    vscode.workspace.workspaceFolders !== undefined && vscode.workspace.workspaceFolders.length > 1,
  );

/** `src/pool.ts:40-88`, lines counted from 1. */
export function labelOf(uri: vscode.Uri, range: vscode.Range): string {
  const last = range.end.character === 0 && range.end.line > range.start.line ? range.end.line : range.end.line + 1;
  return `${pathOf(uri)}:${range.start.line + 1}${last > range.start.line + 1 ? `-${last}` : ''}`;
}

/**
 * The editor that the user means: the one of the given document, else the one in the active tab. VS Code's own idea of
 * the active editor can be that of an output channel that was written to last.
 */
export function currentEditor(uri?: vscode.Uri): vscode.TextEditor | undefined {
  const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
  const inTab = input instanceof vscode.TabInputText ? input.uri : undefined;
  const editors = vscode.window.visibleTextEditors;
  const of = (wanted: vscode.Uri | undefined): vscode.TextEditor | undefined =>
    wanted && editors.find(({ document }) => document.uri.toString() === wanted.toString());
  const active = vscode.window.activeTextEditor;
  // Another document than the one whose menu was used must not take its place.
  if (uri) return of(uri);
  return of(inTab) ?? (active?.document.uri.scheme === 'output' ? undefined : active);
}

/** The range, widened where it cuts a secret in half: half a secret cannot be recognized, and would be sent. */
export function withWholeSecrets(document: vscode.TextDocument, range: vscode.Range): vscode.Range {
  const { start, end } = aroundSecrets(
    document.getText(),
    document.offsetAt(range.start),
    document.offsetAt(range.end),
  );
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}
