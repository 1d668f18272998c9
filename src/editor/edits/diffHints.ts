import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { withKey } from './keyNames.ts';

/**
 * Words behind the first line of each change in a diff: what accepts and rejects it, with the keys. VS Code shows no
 * CodeLenses in diffs by default.
 */
export class DiffHints implements vscode.Disposable {
  readonly #linesOf: (uri: vscode.Uri) => readonly number[];
  readonly #words = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 4ch' },
  });
  readonly #disposables: vscode.Disposable[];

  /**
   * @param scheme of the documents on the right side of the diffs
   * @param linesOf the first line of each change in such a document, from 0
   */
  constructor(scheme: string, linesOf: (uri: vscode.Uri) => readonly number[]) {
    this.#linesOf = linesOf;
    const isProposed = ({ document }: { readonly document: vscode.TextDocument }): boolean =>
      document.uri.scheme === scheme;
    this.#disposables = [
      this.#words,
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.#show(editors.filter(isProposed))),
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (isProposed(event)) this.#show(vscode.window.visibleTextEditors.filter(isProposed));
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #show(editors: readonly vscode.TextEditor[]): void {
    const contentText = t('{0} · {1}', withKey(t('Accept'), 'accept'), withKey(t('Reject'), 'reject'));
    for (const editor of editors) {
      const { document } = editor;
      const lines = this.#linesOf(document.uri).map((line) => Math.min(line, document.lineCount - 1));
      const options = lines.map((line): vscode.DecorationOptions => {
        const { end } = document.lineAt(line).range;
        return { range: new vscode.Range(end, end), renderOptions: { after: { contentText } } };
      });
      editor.setDecorations(this.#words, options);
    }
  }
}
