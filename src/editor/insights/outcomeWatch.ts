import * as vscode from 'vscode';
import { SurvivalTracker, type InsertedText } from '../../core/insights/survivalTracker.ts';
import type { Logger } from '../../core/common/logger.ts';
import { PROCESS_CLOCK } from '../../core/common/clock.ts';
import { SuggestionTracker } from '../../core/insights/suggestionTracker.ts';
import { OutcomeLog } from '../../core/ledger/outcomeLog.ts';
import type { AnsweredBy, OutcomeStore } from '../../core/ledger/outcomes.ts';
import { watchCommits } from '../platform/commits.ts';

/** Code that is copied from an answer is looked for in what is pasted for this long, in ms. */
const PASTE_WITHIN_MS = 600_000;

/** The file that an untitled document was saved as is open by then, in ms. */
const SAVED_WITHIN_MS = 1_000;

/** A text without its white space: an editor indents what is pasted. */
const plain = (text: string): string => text.replaceAll(/\s+/g, '');

/** Reports the outcomes of suggestions and edits to the ledger. Only listens and converts. */
export class OutcomeWatch implements vscode.Disposable {
  readonly suggestionTracker: SuggestionTracker;
  readonly survivalTracker: SurvivalTracker;
  readonly #log: OutcomeLog;
  readonly #subscriptions: vscode.Disposable;
  /** For files that may open in place of untitled documents. */
  readonly #waiting = new Set<ReturnType<typeof setTimeout>>();
  #commits: vscode.Disposable | undefined;
  #copied: { readonly by: Omit<AnsweredBy, 'language'>; readonly text: string; readonly until: number } | undefined;

  /** @param onWritten told of every text of a model that was written into a document */
  constructor(store: () => Promise<OutcomeStore>, log: Logger, onWritten?: (placed: InsertedText) => void) {
    this.#log = new OutcomeLog({
      store,
      clock: PROCESS_CLOCK,
      onError: (error) => log.error('outcomes', error),
    });
    const common = { record: this.#log.record, now: Date.now, clock: PROCESS_CLOCK };
    this.survivalTracker = new SurvivalTracker({ ...common, onWritten });
    this.suggestionTracker = new SuggestionTracker({
      ...common,
      onAccepted: (placed, since) => this.survivalTracker.accepted(placed, since),
    });
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument((event) => this.#changed(event)),
      vscode.window.onDidChangeActiveTextEditor(() => this.suggestionTracker.left()),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => this.survivalTracker.saved(uri.toString())),
      vscode.workspace.onDidCloseTextDocument((document) => this.#closed(document)),
    );
  }

  /** Follows code of an answer that was placed in a document, or waits for it to be pasted. */
  followCode(
    by: Omit<AnsweredBy, 'language'>,
    {
      text,
      placed,
    }: {
      readonly text: string;
      readonly placed?: { readonly document: vscode.TextDocument; readonly at: readonly number[] };
    },
  ): void {
    if (!placed) {
      this.#copied = { by, text, until: Date.now() + PASTE_WITHIN_MS };
      return;
    }
    const { document, at } = placed;
    const whole = document.eol === vscode.EndOfLine.CRLF ? text.replace(/\r?\n/g, '\r\n') : text;
    const pieces = at.map((start) => ({ at: start, text: whole }));
    const uri = document.uri.toString();
    this.survivalTracker.inserted({
      id: crypto.randomUUID(),
      by: { ...by, language: document.languageId },
      uri,
      pieces,
    });
    this.#watchCommits();
  }

  /** Code that was copied from an answer and is now in a document. */
  #pasted(document: vscode.TextDocument, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    const copied = this.#copied;
    if (!copied || changes.length !== 1) return;
    if (Date.now() > copied.until) this.#copied = undefined;
    const [change] = changes;
    // The editor may indent what is pasted.
    if (!change || plain(change.text) !== plain(copied.text) || Date.now() > copied.until) return;
    this.#copied = undefined;
    const by = { ...copied.by, language: document.languageId };
    const pieces = [{ at: change.rangeOffset, text: change.text }];
    this.survivalTracker.inserted({ id: crypto.randomUUID(), by, uri: document.uri.toString(), pieces });
    this.#watchCommits();
  }

  /** An untitled document that is saved is closed, and a file with its text is open in its place. */
  #closed(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    const { isDirty } = document;
    if (!document.isUntitled || !this.survivalTracker.follows(uri)) return this.survivalTracker.closed(uri, isDirty);
    const text = document.getText();
    const moved = (): boolean => {
      const file = vscode.workspace.textDocuments.find((each) => !each.isUntitled && each.getText() === text);
      if (file) this.survivalTracker.moved(uri, file.uri.toString());
      return file !== undefined;
    };
    if (moved()) return;
    const later = setTimeout(() => {
      this.#waiting.delete(later);
      if (!moved()) this.survivalTracker.closed(uri, isDirty);
    }, SAVED_WITHIN_MS);
    this.#waiting.add(later);
  }

  /** From the first text on that is followed: git's extension is never started for it. */
  #watchCommits(): void {
    if (this.#commits) return;
    this.#commits = watchCommits((isIn) => this.survivalTracker.committed(isIn));
  }

  /** Tells what there is to tell at the end of the window, and writes it; never rejects. */
  end(): Promise<void> {
    this.suggestionTracker.dispose();
    return this.#log.flush();
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#commits?.dispose();
    this.#waiting.forEach((each) => clearTimeout(each));
    this.survivalTracker.dispose();
    void this.end();
  }

  #changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (this.survivalTracker.size > 0) this.#watchCommits();
    // Most keys are typed while there is nothing to follow.
    if (
      contentChanges.length === 0 ||
      (this.survivalTracker.size === 0 && !this.suggestionTracker.isLive && !this.#copied)
    )
      return;
    const uri = document.uri.toString();
    const changes = contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
      offset: rangeOffset,
      removed: rangeLength,
      text,
    }));
    const undone = reason === vscode.TextDocumentChangeReason.Undo ? () => document.getText() : null;
    this.survivalTracker.changed({ uri, changes, undone });
    this.suggestionTracker.changed(uri, changes);
    // Only now: the change that brings the code is none of those that it sees.
    this.#pasted(document, contentChanges);
  }
}
