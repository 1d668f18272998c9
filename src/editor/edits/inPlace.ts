import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { hunkAt } from '../../core/edits/hunks.ts';
import { lineEditOf, PendingHunks } from '../../core/edits/pendingHunks.ts';
import { hunksBetween, planFile } from '../../core/edits/planFile.ts';
import { InPlaceView, type LensTarget } from './inPlaceView.ts';
import type { KeepFiles } from './appliedEdits.ts';
import type { EditRequest, Proposal } from './proposal.ts';
import type { StreamedProposal } from './proposals.ts';
import { targetOf } from './targets.ts';
import { plural } from '../../core/common/language.ts';
import { showInformationMessage } from '../platform/messages.ts';

/** A growing text is shown at most this often, in ms. */
const SHOW_EVERY_MS = 100;

/** So long the status bar says what became of a change, in ms. */
const SAY_MS = 8_000;

/** Set while the active editor shows an edit that waits for the user. */
const CONTEXT = 'gearshift.editsInPlace';

/** An edit of one document on its way from the model to the user's decision. */
interface Session {
  readonly document: vscode.TextDocument;
  /** The text that the model was given. */
  readonly base: string;
  /** Where the user was when it began; a user who went elsewhere is left there. */
  readonly selection: vscode.Selection | undefined;
  readonly line: number;
  request: EditRequest;
  /** The whole text as far as the model has written it. */
  written: string;
  pending: PendingHunks;
  isGrowing: boolean;
  timer: NodeJS.Timeout | undefined;
  followUp: (() => Promise<void>) | undefined;
  onClosed: (() => void) | undefined;
}

/** What edits in place need of others. */
export interface InPlaceParts {
  /** Writes a proposal as one step that can be undone; false if the user or the editor refused. */
  readonly write: (proposals: readonly Proposal[]) => Promise<boolean>;
  /** Keeps files as they are now, for the checkpoint of the edit. */
  readonly keep: KeepFiles;
}

/**
 * Edits that wait in the user's own editor. The document holds only what was accepted, at any time: saving, closing,
 * a reload or a crash in the middle leave the user's text with the accepted changes, and nothing else.
 */
export class InPlaceEdits implements vscode.Disposable {
  readonly #parts: InPlaceParts;
  readonly #view = new InPlaceView();
  readonly #sessions = new Map<string, Session>();
  readonly #disposables: vscode.Disposable[];

  constructor(parts: InPlaceParts) {
    this.#parts = parts;
    this.#disposables = [
      this.#view,
      vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#end(this.#sessions.get(document.uri.toString()))),
      vscode.window.onDidChangeActiveTextEditor(() => this.#tellKeys()),
    ];
  }

  dispose(): void {
    for (const session of this.#sessions.values()) this.#end(session);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /**
   * Whether an edit of this document waits or is being written.
   *
   * @param target what a CodeLens handed over, else the document of a menu; by default the active editor counts
   */
  has(target?: unknown): boolean {
    return this.#at(target) !== undefined;
  }

  /**
   * Shows an edit that grows while a model writes.
   *
   * @param base the text that the model was given
   * @param line where the edited lines begin, from 0
   */
  stream(
    document: vscode.TextDocument,
    base: string,
    line: number,
    request: Pick<EditRequest, 'fix' | 'checkpoint'>,
  ): StreamedProposal {
    this.#end(this.#sessions.get(document.uri.toString()));
    const session: Session = {
      document,
      base,
      selection: editorOf(document)?.selection,
      line,
      request: { ...request, answer: { edits: [], problems: [] }, origins: [] },
      written: base,
      pending: new PendingHunks(document.getText(), []),
      isGrowing: true,
      timer: undefined,
      followUp: undefined,
      onClosed: undefined,
    };
    this.#sessions.set(document.uri.toString(), session);
    this.#show(session);
    this.#tellKeys();
    return {
      show: (text) => {
        session.written = text;
        if (!this.#isCurrent(session)) return;
        session.timer ??= setTimeout(() => {
          session.timer = undefined;
          if (this.#isCurrent(session) && session.isGrowing) this.#grow(session);
        }, SHOW_EVERY_MS);
      },
      finish: (text, followUp, by) => {
        if (!this.#isCurrent(session)) return;
        Object.assign(session, { written: text, followUp, isGrowing: false });
        session.request = { ...session.request, by };
        this.#grow(session);
        this.#finished(session);
      },
      close: () => Promise.resolve(this.#end(session)),
      onClosed: (listener) => void (session.onClosed = listener),
    };
  }

  /** Accepts or rejects one change: that of a CodeLens, else the one at the cursor. */
  async take(accept: boolean, target?: unknown): Promise<void> {
    const session = this.#at(target);
    if (!session || !isWhole(session)) return;
    const { hunks } = session.pending;
    const cursor = editorOf(session.document)?.selection.active.line ?? 0;
    const named = isLensTarget(target) ? hunks.findIndex(({ id }) => id === target.hunk) : -1;
    const index = named >= 0 ? named : hunkAt(hunks, cursor, 'old');
    const hunk = hunks[index];
    if (!hunk) return;
    if (accept) await this.#accept(session, [hunk.id]);
    else session.pending.reject([hunk.id]);
    this.#decided(session, index);
  }

  async acceptAll(target?: unknown): Promise<void> {
    const session = this.#at(target);
    if (!session || !isWhole(session)) return;
    await this.#accept(
      session,
      session.pending.hunks.map(({ id }) => id),
    );
    this.#decided(session, 0);
  }

  /** Drops what waits, or stops the model that writes it. */
  discard(target?: unknown): void {
    this.#end(this.#at(target));
  }

  /** Asks what should be different, and shows that. */
  async followUp(target?: unknown): Promise<void> {
    const session = this.#at(target);
    if (session && isWhole(session)) await session.followUp?.();
  }

  async #accept({ document, request, pending }: Session, ids: readonly string[]): Promise<void> {
    // Kept first: the user may type meanwhile, and the hunks are taken as they are after that.
    const { checkpoint, ...rest } = request;
    if (checkpoint) await this.#parts.keep(checkpoint, [document.uri]);
    const hunks = pending.hunks.filter(({ id }) => ids.includes(id));
    if (hunks.length === 0) return;
    pending.expectAccepted(ids);
    await this.#parts.write([
      {
        id: crypto.randomUUID(),
        target: targetOf(document.uri),
        edits: [{ kind: 'hunks', path: null, hunks }],
        origin: undefined,
        text: document.getText(),
        plan: { kind: 'edit', hunks, failures: [], alreadyThere: 0 },
        request: rest,
      },
    ]);
  }

  /** Shows what is left after a decision, and goes to the next change. */
  #decided(session: Session, index: number): void {
    const { hunks } = session.pending;
    if (hunks.length === 0) return this.#end(session);
    this.#show(session);
    const next = hunks[Math.min(index, hunks.length - 1)];
    if (next) reveal(session.document, next.start);
  }

  #finished(session: Session): void {
    const [first] = session.pending.hunks;
    if (!first) {
      this.#end(session);
      void showInformationMessage(t('The answer leaves these lines as they are.'));
      return;
    }
    this.#tellKeys();
    const count = session.pending.hunks.length;
    vscode.window.setStatusBarMessage(
      plural(count, t('Gearshift proposes {0} change.', count), t('Gearshift proposes {0} changes.', count)),
      SAY_MS,
    );
    const editor = editorOf(session.document);
    if (editor && session.selection?.isEqual(editor.selection)) reveal(session.document, first.start);
  }

  /** Places what the model has written so far in the document as it is now. */
  #grow(session: Session): void {
    const { base, written, document } = session;
    const now = document.getText();
    const hunks = hunksBetween(base, written);
    const placed = now === base ? hunks : planFile([{ kind: 'hunks', path: null, hunks }], { text: now, base }).hunks;
    session.pending = new PendingHunks(now, placed);
    this.#show(session);
  }

  #changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const session = this.#sessions.get(document.uri.toString());
    if (!session || contentChanges.length === 0) return;
    if (session.isGrowing) return this.#grow(session);
    const edits = contentChanges.map(({ range, text }) => lineEditOf(range.start, range.end, text));
    const dropped = session.pending.changed(document.getText(), edits);
    if (dropped > 0) {
      const words = t('You edited lines of a proposed change, so it was dropped. Undo brings it back.');
      vscode.window.setStatusBarMessage(words, SAY_MS);
    }
    this.#show(session);
    this.#tellKeys();
  }

  #show({ document, pending, isGrowing, line, request: { by } }: Session): void {
    const author = by ? t('Gearshift · {0} · {1}', by.tier, by.model) : t('Gearshift');
    this.#view.show({ document, hunks: pending.hunks, isGrowing, line, author });
  }

  #end(session: Session | undefined): void {
    if (!session || !this.#isCurrent(session)) return;
    clearTimeout(session.timer);
    this.#sessions.delete(session.document.uri.toString());
    this.#view.hide(session.document);
    this.#tellKeys();
    session.onClosed?.();
  }

  #at(target: unknown): Session | undefined {
    const uri = isLensTarget(target)
      ? target.uri
      : (target instanceof vscode.Uri ? target : vscode.window.activeTextEditor?.document.uri)?.toString();
    const session = uri === undefined ? undefined : this.#sessions.get(uri);
    return session && (session.isGrowing || session.pending.hunks.length > 0) ? session : undefined;
  }

  #isCurrent(session: Session): boolean {
    return this.#sessions.get(session.document.uri.toString()) === session;
  }

  #tellKeys(): void {
    void vscode.commands.executeCommand('setContext', CONTEXT, this.has());
  }
}

/** Whether the model has written all of it; if not, the user hears it. */
function isWhole({ isGrowing }: Session): boolean {
  if (isGrowing) void showInformationMessage(t('The answer is still being written.'));
  return !isGrowing;
}

const isLensTarget = (target: unknown): target is LensTarget =>
  typeof target === 'object' && target !== null && 'kind' in target && target.kind === 'inPlace';

const editorOf = (document: vscode.TextDocument): vscode.TextEditor | undefined =>
  [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors].find((editor) => editor?.document === document);

function reveal(document: vscode.TextDocument, line: number): void {
  const editor = editorOf(document);
  if (!editor) return;
  const position = new vscode.Position(Math.min(line, document.lineCount - 1), 0);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
