import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PendingHunk } from '../../core/edits/pendingHunks.ts';
import type { Command } from '../platform/contributions.ts';
import { rangeBelow } from './insetPlace.ts';
import { withKey } from './keyNames.ts';
import { plural } from '../../core/common/language.ts';

/** What a document shows of an edit that waits for the user. */
export interface ShownEdit {
  readonly document: vscode.TextDocument;
  readonly hunks: readonly PendingHunk[];
  /** A model still writes it: there is nothing to accept yet. */
  readonly isGrowing: boolean;
  /** The line that the edit began at, from 0; its words are here while there is no hunk. */
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
 * VS Code is told a second time after so many ms that lenses have changed: it forgets the first time when the user leaves
 * the editor at once, and would show lenses of a change that is gone. Source: `codelensController.ts`, `onDidBlurEditorText`.
 */
const LENSES_AGAIN_MS = 2_000;

/**
 * Shows an edit in the user's own editor without changing the document: lines to be removed are marked with a minus and
 * a color, new lines are in an inset below them, and the actions are CodeLenses above.
 */
export class InPlaceView implements vscode.Disposable {
  readonly #comments = vscode.comments.createCommentController('gearshift.proposed', t('Gearshift edit'));
  readonly #lenses = new vscode.EventEmitter<void>();
  readonly #removed = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('diffEditor.removedLineBackground'),
    // Not by color alone: high contrast themes have no background here.
    before: { contentText: '-', margin: '0 1ch 0 0', color: new vscode.ThemeColor('editorGutter.deletedBackground') },
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.deletedForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  #lensesAgain: NodeJS.Timeout | undefined;
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
        for (const edit of this.#shown.values()) {
          this.#mark(edit.document, edit.hunks);
          this.#inset(edit);
        }
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.#lensesAgain);
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
    const key = edit.document.uri.toString();
    const before = this.#shown.get(key);
    this.#shown.set(key, edit);
    this.#mark(edit.document, edit.hunks);
    this.#inset(edit);
    // VS Code waits for a pause before it asks for lenses, and a growing edit has none.
    if (!before || lensKey(before) !== lensKey(edit)) this.#lensesChanged();
  }

  hide(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (!this.#shown.delete(key)) return;
    this.#mark(document, []);
    for (const inset of this.#insets.get(key)?.values() ?? []) inset.thread.dispose();
    this.#insets.delete(key);
    this.#lensesChanged();
  }

  #lensesChanged(): void {
    this.#lenses.fire();
    clearTimeout(this.#lensesAgain);
    this.#lensesAgain = setTimeout(() => this.#lenses.fire(), LENSES_AGAIN_MS);
  }

  #mark(document: vscode.TextDocument, hunks: readonly PendingHunk[]): void {
    const ranges = hunks.flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, i) => new vscode.Range(start + i, 0, start + i, 0)),
    );
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) editor.setDecorations(this.#removed, ranges);
  }

  #inset({ document, hunks, author }: ShownEdit): void {
    const key = document.uri.toString();
    const insets = this.#insets.get(key) ?? new Map<string, Inset>();
    this.#insets.set(key, insets);
    // Insets are made again with their editor: VS Code takes those that have words for a reason to open its view.
    const isVisible = vscode.window.visibleTextEditors.some((editor) => editor.document === document);
    const withLines = isVisible ? hunks.filter(({ lines }) => lines.length > 0) : [];
    const isTop = new Map(withLines.map((hunk) => [hunk.id, lineAbove(hunk) < 0]));
    for (const [id, inset] of insets) {
      // VS Code does not move an inset to the top of a file, or from there.
      if (isTop.get(id) === inset.line < 0) continue;
      inset.thread.dispose();
      insets.delete(id);
    }
    for (const hunk of withLines) {
      const inset = insets.get(hunk.id) ?? this.#newInset(document.uri, hunk);
      insets.set(hunk.id, inset);
      if (inset.line !== lineAbove(hunk)) inset.thread.range = rangeBelow(lineAbove(hunk));
      inset.line = lineAbove(hunk);
      inset.hunk = hunk;
      inset.author = author;
      write(inset);
    }
  }

  #newInset(uri: vscode.Uri, hunk: PendingHunk): Inset {
    const thread = this.#comments.createCommentThread(uri, rangeBelow(lineAbove(hunk)), []);
    thread.canReply = false;
    thread.contextValue = 'gearshift-proposed';
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    return { thread, line: lineAbove(hunk), hunk, author: '', words: '' };
  }
}

/** The new lines of a change between the lines of the editor. */
interface Inset {
  readonly thread: vscode.CommentThread;
  line: number;
  hunk: PendingHunk;
  author: string;
  /** What it shows. */
  words: string;
}

function write(inset: Inset): void {
  const { thread, hunk, author } = inset;
  const words = `${author}\n${hunk.lines.join('\n')}`;
  if (words === inset.words) return;
  inset.words = words;
  thread.label = plural(hunk.lines.length, t('{0} new line', hunk.lines.length), t('{0} new lines', hunk.lines.length));
  thread.comments = [commentOf(hunk, author)];
}

/** The line that the new lines follow, from 0: the last that goes away, else the one before. -1: the top of the file. */
const lineAbove = ({ start, end }: PendingHunk): number => (end > start ? end : start) - 1;

/** Model text is only ever shown as code: nothing in it becomes a link, a command or markup. */
function commentOf({ lines }: PendingHunk, author: string): vscode.Comment {
  const body = new vscode.MarkdownString().appendCodeblock(lines.map((line) => `+ ${line}`).join('\n'), 'diff');
  return { body, mode: vscode.CommentMode.Preview, author: { name: author } };
}

/** Equal for edits with the same lenses. */
const lensKey = ({ hunks, isGrowing, line }: ShownEdit): string =>
  isGrowing ? `growing ${line}` : hunks.map(({ id, start }) => `${id} ${start}`).join();

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
    ...(hunks.length > 1 ? [words(start, t('{0} of {1}', i + 1, hunks.length))] : []),
    lens(start, withKey(t('Accept'), 'accept'), 'gearshift.edits.acceptHunk', id),
    lens(start, withKey(t('Reject'), 'reject'), 'gearshift.edits.rejectHunk', id),
    lens(start, withKey(t('Accept all'), 'acceptAll'), 'gearshift.edits.apply'),
    lens(start, withKey(t('Discard'), 'discard'), 'gearshift.edits.discard'),
    // Once is enough; the line is long already.
    ...(i === 0 ? [lens(start, withKey(t('Another version…'), 'inlineEdit'), 'gearshift.edits.followUp')] : []),
  ]);
}
