import * as vscode from 'vscode';
import type { CompletionRequest } from '../../core/completion/complete.ts';
import type { Trigger } from '../../core/completion/localModel.ts';
import { pathOf } from '../platform/activeEditor.ts';

/** Lines that are read of the cells above one. */
const MOST_CELL_LINES = 150;

interface Place {
  /** Relative to its workspace folder, with slashes. */
  readonly path: string;
  /** The name of its workspace folder; empty for a document outside of all. */
  readonly repo: string;
}

/** Turns a place in a document into plain data for the core. */
export class RequestReader {
  /** Where documents are. VS Code looks through the workspace's folders for each, which is much of what a key costs. */
  #places = new WeakMap<vscode.TextDocument, Place>();

  /** Forgets where documents are: the folders of the workspace changed. */
  forgetPlaces(): void {
    this.#places = new WeakMap();
  }

  /**
   * Lines are read one by one, and only those near the cursor: a document may be large.
   *
   * @param widget the item that is selected in the suggest widget, if that is open
   * @param sinceEditMs milliseconds since a document was last edited
   */
  at(
    document: vscode.TextDocument,
    position: vscode.Position,
    trigger: Trigger,
    widget: vscode.SelectedCompletionInfo | undefined,
    sinceEditMs: number,
  ): CompletionRequest {
    const { uri } = document;
    const editor = vscode.window.activeTextEditor;
    const { path, repo } = this.#placeOf(document);
    const above = uri.scheme === 'vscode-notebook-cell' ? cellsAbove(document) : [];
    return {
      document: {
        uri: uri.toString(),
        scheme: uri.scheme,
        path,
        fullPath: uri.path,
        language: document.languageId,
        version: document.version,
        lineCount: above.length + document.lineCount,
        lineAt: (line) => above[line] ?? document.lineAt(line - above.length).text,
      },
      position: above.length ? { line: above.length + position.line, character: position.character } : position,
      trigger,
      // A selected item that starts on another line replaces more than ghost text can show.
      ...(widget && widget.range.start.line === position.line
        ? { selected: { from: widget.range.start.character, text: widget.text } }
        : {}),
      severalCursors: editor?.document === document && editor.selections.length > 1,
      writable: vscode.workspace.fs.isWritableFileSystem(uri.scheme),
      repo,
      sinceEditMs,
    };
  }

  #placeOf(document: vscode.TextDocument): Place {
    const known = this.#places.get(document);
    if (known) return known;
    const { uri } = document;
    const place = {
      path: pathOf(uri).replaceAll('\\', '/'),
      repo: vscode.workspace.getWorkspaceFolder(uri)?.name ?? '',
    };
    this.#places.set(document, place);
    return place;
  }
}

/** The last lines of the cells before a notebook's cell that are in its language: they are run before it. */
function cellsAbove(document: vscode.TextDocument): string[] {
  const notebook = vscode.workspace.notebookDocuments.find((each) =>
    each.getCells().some((cell) => cell.document === document),
  );
  const lines: string[] = [];
  const cells = notebook?.getCells() ?? [];
  for (
    let i = cells.findIndex((cell) => cell.document === document) - 1;
    i >= 0 && lines.length < MOST_CELL_LINES;
    i--
  ) {
    const cell = cells[i]?.document;
    if (cell?.languageId === document.languageId && cell.lineCount < MOST_CELL_LINES * 10)
      lines.unshift(
        ...cell
          .getText()
          .split(/\r\n?|\n/)
          .slice(-MOST_CELL_LINES),
        '',
      );
  }
  return lines;
}
