import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PendingHunk } from '../../core/edits/pendingHunks.ts';
import type { Command } from '../platform/contributions.ts';
import { withKey } from './keyNames.ts';

/** What a document shows of an edit that waits for the user. */
export interface ShownEdit {
  readonly document: vscode.TextDocument;
  readonly hunks: readonly PendingHunk[];
  /** A model still writes it: there is nothing to accept yet. */
  readonly isGrowing: boolean;
  /** The line that the edit began at, from 0; its words stand here while there is no hunk. */
  readonly line: number;
  /** Who wrote it. */
  readonly author: string;
}

/** What the CodeLenses hand over to the commands. */
export interface LensTarget {
  readonly kind: 'inPlace';
  readonly uri: string;
  readonly hunk?: string;
}

/**
 * Shows an edit in the user's own editor without changing the document: lines to be removed are marked and struck
 * through, new lines stand in an inset below them, and the actions are CodeLenses above.
 */
export class InPlaceView implements vscode.Disposable {
  readonly #comments = vscode.comments.createCommentController('gearshift.proposed', t('Gearshift edit'));
  readonly #lenses = new vscode.EventEmitter<void>();
  readonly #removed = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('diffEditor.removedLineBackground'),
    // Not by color alone: high contrast themes have no background here.
    textDecoration: 'line-through',
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.deletedForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  readonly #shown = new Map<string, ShownEdit>();
  /** The insets by the address of their document and the id of their hunk. */
  readonly #insets = new Map<string, Map<string, Inset>>();
  readonly #disposables: vscode.Disposable[];

  constructor() {
    this.#disposables = [
      this.#comments,
      this.#lenses,
      this.#removed,
      vscode.languages.registerCodeLensProvider(
        { scheme: '*' },
        {
          onDidChangeCodeLenses: this.#lenses.event,
          provideCodeLenses: ({ uri }) => lensesOf(this.#shown.get(uri.toString())),
        },
      ),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        for (const edit of this.#shown.values()) this.#mark(edit.document, edit.hunks);
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /** Whether all of it can be seen: not in cells of notebooks, nor where the user's settings hide parts. */
  static canShow(document: vscode.TextDocument): boolean {
    const isOn = (section: string, key: string): boolean =>
      vscode.workspace.getConfiguration(section, document).get(key) !== false;
    const isCell = document.uri.scheme === 'vscode-notebook-cell';
    return !isCell && isOn('comments', 'visible') && isOn('editor', 'codeLens');
  }

  show(edit: ShownEdit): void {
    this.#shown.set(edit.document.uri.toString(), edit);
    this.#mark(edit.document, edit.hunks);
    this.#inset(edit);
    this.#lenses.fire();
  }

  hide(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (!this.#shown.delete(key)) return;
    this.#mark(document, []);
    for (const { thread } of this.#insets.get(key)?.values() ?? []) thread.dispose();
    this.#insets.delete(key);
    this.#lenses.fire();
  }

  #mark(document: vscode.TextDocument, hunks: readonly PendingHunk[]): void {
    const ranges = hunks
      .filter(({ start, end }) => end > start)
      .map(({ start, end }) => new vscode.Range(start, 0, end - 1, 0));
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) editor.setDecorations(this.#removed, ranges);
  }

  #inset({ document, hunks, author }: ShownEdit): void {
    const key = document.uri.toString();
    const insets = this.#insets.get(key) ?? new Map<string, Inset>();
    this.#insets.set(key, insets);
    const withLines = hunks.filter(({ lines }) => lines.length > 0);
    const isTop = new Map(withLines.map((hunk) => [hunk.id, lineAbove(hunk) < 0]));
    for (const [id, { thread, line }] of insets) {
      // VS Code does not move an inset to the top of a file, or from there.
      if (isTop.get(id) === line < 0) continue;
      thread.dispose();
      insets.delete(id);
    }
    for (const hunk of withLines) {
      const inset = insets.get(hunk.id) ?? this.#newInset(document.uri, hunk);
      insets.set(hunk.id, inset);
      const words = `${author}\n${hunk.lines.join('\n')}`;
      if (inset.line !== lineAbove(hunk)) inset.thread.range = rangeAbove(hunk);
      if (inset.words !== words) {
        inset.thread.label = hunk.lines.length === 1 ? t('1 new line') : t('{0} new lines', hunk.lines.length);
        inset.thread.comments = [commentOf(hunk, author)];
      }
      insets.set(hunk.id, { ...inset, line: lineAbove(hunk), words });
    }
  }

  #newInset(uri: vscode.Uri, hunk: PendingHunk): Inset {
    // Made without words, which come in the next moment: VS Code opens its Comments view for a thread that has some.
    const thread = this.#comments.createCommentThread(uri, rangeAbove(hunk), []);
    thread.canReply = false;
    thread.contextValue = 'gearshift-proposed';
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    return { thread, line: lineAbove(hunk), words: '' };
  }
}

interface Inset {
  readonly thread: vscode.CommentThread;
  readonly line: number;
  readonly words: string;
}

/** The line that the new lines follow, from 0: the last that goes away, else the one before. -1: the top of the file. */
const lineAbove = ({ start, end }: PendingHunk): number => (end > start ? end : start) - 1;

/** The place of an inset. VS Code puts it above the first line where there is no range, which its types leave out. */
function rangeAbove(hunk: PendingHunk): vscode.Range {
  const line = lineAbove(hunk);
  return (line < 0 ? undefined : new vscode.Range(line, 0, line, 0)) as vscode.Range;
}

/** Model text is only ever shown as code: nothing in it becomes a link, a command or markup. */
function commentOf({ lines }: PendingHunk, author: string): vscode.Comment {
  const body = new vscode.MarkdownString().appendCodeblock(lines.map((line) => `+ ${line}`).join('\n'), 'diff');
  return { body, mode: vscode.CommentMode.Preview, author: { name: author } };
}

function lensesOf(edit: ShownEdit | undefined): vscode.CodeLens[] {
  if (!edit) return [];
  const { document, hunks, isGrowing, line } = edit;
  const at = (where: number): vscode.Range => {
    const shown = Math.min(where, document.lineCount - 1);
    return new vscode.Range(shown, 0, shown, 0);
  };
  const lens = (where: number, title: string, command: Command, hunk?: string): vscode.CodeLens => {
    const target: LensTarget = {
      kind: 'inPlace',
      uri: document.uri.toString(),
      ...(hunk === undefined ? {} : { hunk }),
    };
    return new vscode.CodeLens(at(where), { title, command, arguments: [target] });
  };
  const words = (where: number, title: string): vscode.CodeLens =>
    new vscode.CodeLens(at(where), { title, command: '' });
  if (isGrowing)
    return [
      words(line, `$(loading~spin) ${t('Gearshift is writing…')}`),
      lens(line, withKey(t('Stop'), 'discard'), 'gearshift.edits.discard'),
    ];
  return hunks.flatMap(({ id, start }, i) => [
    ...(hunks.length > 1 ? [words(start, t('Change {0} of {1}', i + 1, hunks.length))] : []),
    lens(start, withKey(t('Accept'), 'accept'), 'gearshift.edits.acceptHunk', id),
    lens(start, withKey(t('Reject'), 'reject'), 'gearshift.edits.rejectHunk', id),
    lens(start, withKey(t('Accept all'), 'acceptAll'), 'gearshift.edits.apply'),
    lens(start, withKey(t('Discard'), 'discard'), 'gearshift.edits.discard'),
    lens(start, withKey(t('Another version…'), 'inlineEdit'), 'gearshift.edits.followUp'),
  ]);
}
