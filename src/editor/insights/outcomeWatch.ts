import * as vscode from 'vscode';
import { SurvivalTracker, type InsertedText } from '../../core/insights/survivalTracker.ts';
import type { Logger } from '../../core/common/logger.ts';
import { PROCESS_CLOCK } from '../../core/common/clock.ts';
import { SuggestionTracker } from '../../core/insights/suggestionTracker.ts';
import { OutcomeLog } from '../../core/ledger/outcomeLog.ts';
import type { OutcomeStore } from '../../core/ledger/outcomes.ts';

/** Reports the outcomes of suggestions and edits to the ledger. Only listens and converts. */
export class OutcomeWatch implements vscode.Disposable {
  readonly suggestionTracker: SuggestionTracker;
  readonly survivalTracker: SurvivalTracker;
  readonly #log: OutcomeLog;
  readonly #subscriptions: vscode.Disposable;

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
      vscode.workspace.onDidCloseTextDocument(({ uri, isDirty }) =>
        this.survivalTracker.closed(uri.toString(), isDirty),
      ),
    );
  }

  /** Tells what there is to tell at the end of the window, and writes it; never rejects. */
  end(): Promise<void> {
    this.suggestionTracker.dispose();
    return this.#log.flush();
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.survivalTracker.dispose();
    void this.end();
  }

  #changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    // Most keys are typed while there is nothing to follow.
    if (contentChanges.length === 0 || (this.survivalTracker.size === 0 && !this.suggestionTracker.isLive)) return;
    const uri = document.uri.toString();
    const changes = contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
      offset: rangeOffset,
      removed: rangeLength,
      text,
    }));
    const undone = reason === vscode.TextDocumentChangeReason.Undo ? () => document.getText() : null;
    this.survivalTracker.changed({ uri, changes, undone });
    this.suggestionTracker.changed(uri, changes);
  }
}
