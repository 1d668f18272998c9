import * as vscode from 'vscode';

/**
 * The range of an inset of VS Code's comments that is below a line, from 0. For a negative line there is none: VS
 * Code puts the inset above the first line then, which its types leave out.
 */
export const rangeBelow = (line: number): vscode.Range =>
  (line < 0 ? undefined : new vscode.Range(line, 0, line, 0)) as vscode.Range;
