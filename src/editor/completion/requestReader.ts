import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
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
  /** Where the document's path leads once links are followed, if that is another place. */
  realPath: string | undefined;
  /** Until that is known; the document is not sent before. */
  following: Promise<void> | null;
}

/** Turns a place in a document into plain data for the core. */
export class RequestReader {
  /** Where documents are. VS Code looks through the workspace's folders for each, which is much of what a key costs. */
  #places = new WeakMap<vscode.TextDocument, Place>();

  /** Forgets where documents are: the folders of the workspace changed. */
  forgetPlaces(): void {
    this.#places = new WeakMap();
  }

  /** Waits until it is known where the document's path leads; null when it is known. Nothing is sent before. */
  followingLinks(document: vscode.TextDocument): Promise<void> | null {
    return this.#placeOf(document).following;
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
    const { path, repo, realPath } = this.#placeOf(document);
    const above = uri.scheme === 'vscode-notebook-cell' ? cellsAbove(document) : [];
    return {
      document: {
        uri: uri.toString(),
        scheme: uri.scheme,
        path,
        fullPath: uri.path,
        realPath,
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
    const place: Place = {
      path: pathOf(uri).replaceAll('\\', '/'),
      repo: vscode.workspace.getWorkspaceFolder(uri)?.name ?? '',
      realPath: undefined,
      following: null,
    };
    place.following = import('../platform/contextFiles.ts')
      .then(({ checkContext }) => checkContext(uri))
      .then((check) => {
        if ('path' in check && check.path !== null && check.path !== uri.fsPath) place.realPath = check.path;
      })
      .catch(giveUp('real path of a document'))
      .finally(() => (place.following = null));
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
