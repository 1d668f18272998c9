import * as vscode from 'vscode';

/** A cost stays at its line this long after it last changed, in ms. */
const SHOWN_MS = 120_000;

/** Shows what an agent cost behind the line of a file where the user started it. One at a time. */
export class CostAtLine implements vscode.Disposable {
  readonly #words = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 4ch' },
  });
  #timer: NodeJS.Timeout | undefined;

  show({ document, line }: { readonly document: vscode.TextDocument; readonly line: number }, words: string): void {
    clearTimeout(this.#timer);
    const { end } = document.lineAt(Math.min(line, document.lineCount - 1)).range;
    for (const editor of vscode.window.visibleTextEditors)
      editor.setDecorations(
        this.#words,
        editor.document === document
          ? [{ range: new vscode.Range(end, end), renderOptions: { after: { contentText: words } } }]
          : [],
      );
    this.#timer = setTimeout(() => this.#clear(), SHOWN_MS);
    this.#timer.unref();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#words.dispose();
  }

  #clear(): void {
    for (const editor of vscode.window.visibleTextEditors) editor.setDecorations(this.#words, []);
  }
}
