import * as vscode from 'vscode';
import type { Gateway } from '../../core/gateway/call.ts';
import { Prefetcher } from '../../core/completion/prefetch.ts';
import { DocumentContextReader } from '../../core/completion/documentContext.ts';
import { SuggestionCache } from '../../core/completion/cache.ts';
import {
  prefetchAtCursor,
  complete,
  findAlternatives,
  KeystrokeMemo,
  type Completion,
  type CompletionParts,
  type CompletionRequest,
  type Suggestion,
} from '../../core/completion/complete.ts';
import type { ContextGatherer } from '../../core/completion/contextSnippets.ts';
import type { Trace } from '../../core/completion/trace.ts';
import { InFlightRequests } from '../../core/completion/inFlight.ts';
import type { LocalModel, Trigger } from '../../core/completion/localModel.ts';
import type { ShownSuggestion, SuggestionTracker } from '../../core/insights/suggestionTracker.ts';
import { AdaptiveDebounce } from '../../core/completion/adaptiveDebounce.ts';
import { describeReason } from '../../core/completion/noSuggestionReason.ts';
import type { Logger } from '../../core/common/logger.ts';
import { LazyAbortController, SUPERSEDED, type Cancellable } from '../../core/common/lazyAbort.ts';
import type { FailureWords } from '../../core/gateway/describeFailure.ts';
import { delay } from '../../core/gateway/retry.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { Power } from '../platform/power.ts';
import { RequestReader } from './requestReader.ts';
import { itemOf, offerOf } from './suggestionItems.ts';

export interface CompletionDeps {
  readonly gateway: Gateway;
  readonly settings: () => Settings;
  readonly model: LocalModel;
  readonly log: Logger;
  /** Told what is shown and what becomes of it; undefined as long as that is not loaded. */
  readonly offers: () => SuggestionTracker | undefined;
}

export interface Completions extends vscode.Disposable {
  /** Asks for a suggestion at a place and tells why there is none; null when there is one. */
  explainAt(document: vscode.TextDocument, position: vscode.Position): Promise<FailureWords | null>;
  /** The result of the last request; null before there was one. */
  readonly lastTrace: Trace | null;
  /** Forgets what was suggested and gives up what is under way. */
  reset(): void;
  /** Wants nothing for so many ms; 0 ends that. */
  snooze(ms: number): void;
}

/** Fired by VS Code when a suggestion is accepted. Not in the palette: its argument is one of the ids below. */
const ACCEPTED = 'gearshift.completions.accepted';
/** Suggestions that can still be on a screen. */
const MOST_OFFERS = 20;
const EXPLAIN_MS = 60_000;
/** Longer changes come from a clipboard or a program, in UTF-16 units. */
const MOST_TYPED = 2_000;
/** Ghost text for every document. */
export const registerCompletions = (deps: CompletionDeps): Completions => new GhostText(deps);

/** The text beside a suggestion when the user looks through them by key; asked for once at each place. */
interface Alternatives {
  /** The document, its version and the position. */
  readonly at: string;
  readonly others: readonly Suggestion[];
}

/** Converts between VS Code and the core, and forwards; a failed completion is a line in the log. */
class GhostText implements vscode.InlineCompletionItemProvider, Completions {
  readonly #deps: CompletionDeps;
  readonly #reader = new RequestReader();
  readonly #parts: CompletionParts;
  readonly #prefetcher: Prefetcher;
  readonly #registered: vscode.Disposable;
  /** The suggestions that VS Code may still accept, by the id that their command carries. */
  readonly #offers = new Map<number, ShownSuggestion>();
  #lastOffer = 0;
  #context: ContextGatherer | null = null;
  #lastTrace: Trace | null = null;
  #snoozedUntil = 0;
  /** Ends when something is typed or the cursor moves; made only for a request that waits for that. */
  #still: AbortController | null = null;
  /** A change after which the cursor has not been seen yet. */
  #typed: vscode.TextDocument | null = null;
  #lastEdit = -Infinity;
  #lastFailure = '';
  #looked: Alternatives | null = null;

  constructor(deps: CompletionDeps) {
    this.#deps = deps;
    this.#parts = this.#createParts();
    this.#prefetcher = new Prefetcher(this.#parts);
    import('./contextSources.ts').then(
      ({ createContext }) => (this.#context = createContext(now)),
      (error: unknown) => deps.log.error('context of completions', error),
    );
    this.#registered = vscode.Disposable.from(
      vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this),
      vscode.workspace.onDidChangeTextDocument((event) => this.#onEdit(event)),
      vscode.window.onDidChangeTextEditorSelection((event) => this.#onSelection(event)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#reader.forgetPlaces()),
      vscode.commands.registerCommand(ACCEPTED, (id: unknown) => this.#onAccepted(Number(id))),
    );
  }

  #createParts(): CompletionParts {
    const { gateway, settings, model } = this.#deps;
    const power = new Power();
    const context = (): ContextGatherer | null => this.#context;
    return {
      gateway,
      settings,
      model,
      cache: new SuggestionCache(now),
      inFlight: new InFlightRequests(),
      debounce: new AdaptiveDebounce(now),
      reader: new DocumentContextReader(),
      keystrokeMemo: new KeystrokeMemo(),
      snoozedUntil: () => this.#snoozedUntil,
      paused: () => (!settings().completions.onBattery && power.onBattery ? { kind: 'battery' } : null),
      trace: (trace) => (this.#lastTrace = trace),
      get context() {
        return context();
      },
      now,
      wait: delay,
    };
  }

  get lastTrace(): Trace | null {
    return this.#lastTrace;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const { triggerKind, selectedCompletionInfo: widget } = context;
    const trigger = triggerKind === vscode.InlineCompletionTriggerKind.Invoke ? 'invoke' : 'typing';
    const until = untilCancelled(token);
    if (trigger === 'typing') this.#prefetcher.asked();
    try {
      const found = await this.#ask(document, position, trigger, widget, until);
      if (token.isCancellationRequested || 'none' in found) return [];
      // Until the user types; then the next request joins it, or it is given up.
      found.rest?.((this.#still ??= new AbortController()).signal).catch((error: unknown) => {
        this.#deps.log.trace('the rest of a suggestion', error);
      });
      const all =
        trigger === 'invoke' && found.source === 'cache'
          ? [found, ...(await this.#alternatives(document, position, widget, found, until.signal))]
          : [found];
      return all.map((each, index) => {
        const item = itemOf(each, position, widget);
        const offer = offerOf(each, item, document, position);
        if (index === 0) this.#deps.offers()?.shown(offer);
        item.command = this.#commandFor(offer);
        return item;
      });
    } catch (error) {
      this.#deps.log.error('completion', error);
      return [];
    } finally {
      until.dispose();
    }
  }

  async explainAt(document: vscode.TextDocument, position: vscode.Position): Promise<FailureWords | null> {
    const until = { signal: AbortSignal.timeout(EXPLAIN_MS) };
    const found = await this.#ask(document, position, 'invoke', undefined, until);
    return 'none' in found ? describeReason(found.none, this.#deps.model) : null;
  }

  reset(): void {
    this.#parts.cache.clear();
    this.#parts.inFlight.abort();
  }

  snooze(ms: number): void {
    this.#snoozedUntil = ms > 0 ? now() + ms : 0;
    this.reset();
  }

  dispose(): void {
    this.#registered.dispose();
    this.#moved();
    this.#prefetcher.moved();
    this.reset();
  }

  async #ask(
    document: vscode.TextDocument,
    position: vscode.Position,
    trigger: Trigger,
    widget: vscode.SelectedCompletionInfo | undefined,
    until: Cancellable,
  ): Promise<Completion> {
    await this.#reader.followingLinks(document);
    const request = this.#reader.at(document, position, trigger, widget, this.#sinceEdit());
    const completion = await complete(request, this.#parts, until);
    if ('none' in completion && completion.none.kind === 'failed') {
      const { text } = describeReason(completion.none, this.#deps.model);
      // One line for a server that is down, not one for each key.
      if (text !== this.#lastFailure) this.#deps.log.warn(`completion: ${text}`);
      this.#lastFailure = text;
    } else if ('text' in completion) this.#lastFailure = '';
    return completion;
  }

  async #alternatives(
    document: vscode.TextDocument,
    position: vscode.Position,
    widget: vscode.SelectedCompletionInfo | undefined,
    shown: Suggestion,
    signal: AbortSignal,
  ): Promise<readonly Suggestion[]> {
    const at = `${document.uri.toString()} ${document.version} ${position.line} ${position.character}`;
    if (this.#looked?.at === at) return this.#looked.others;
    const request = this.#reader.at(document, position, 'invoke', widget, 0);
    const found = await findAlternatives(request, shown, this.#parts, signal).catch((error: unknown) => {
      this.#deps.log.debug('other suggestions', error);
      return null;
    });
    if (found) this.#looked = { at, others: found };
    return found ?? [];
  }

  #commandFor(offer: ShownSuggestion): vscode.Command {
    this.#offers.set(++this.#lastOffer, offer);
    this.#offers.delete(this.#lastOffer - MOST_OFFERS);
    return { command: ACCEPTED, title: '', arguments: [this.#lastOffer] };
  }

  #onEdit({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (!contentChanges.length) return;
    this.#lastEdit = now();
    this.#moved();
    // The user waits for no continuation of what other people and programs write.
    if (reason || document !== vscode.window.activeTextEditor?.document) return;
    this.#parts.debounce.typed();
    // A page that was pasted is not being typed.
    this.#typed = contentChanges.every(({ text }) => text.length <= MOST_TYPED) ? document : null;
  }

  #onSelection({ textEditor, selections }: vscode.TextEditorSelectionChangeEvent): void {
    const { document } = textEditor;
    const request = (): CompletionRequest =>
      this.#reader.at(document, textEditor.selection.active, 'typing', undefined, this.#sinceEdit());
    const following = this.#reader.followingLinks(document);
    if (document === this.#typed && selections.length === 1) {
      // No text of the document is sent before its links are followed; the next key is soon enough.
      if (!following) this.#prefetcher.typed(request());
    } else if (document === vscode.window.activeTextEditor?.document) {
      this.#prefetcher.moved();
      this.#deps.offers()?.left();
      this.#moved();
      const prefetch = (): void => {
        if (document === vscode.window.activeTextEditor?.document) prefetchAtCursor(request(), this.#parts);
      };
      if (following) void following.then(prefetch);
      else prefetch();
    }
    this.#typed = null;
  }

  #onAccepted(id: number): void {
    const accepted = this.#offers.get(id);
    this.#offers.delete(id);
    if (accepted) this.#deps.offers()?.accepted(accepted);
  }

  #moved(): void {
    this.#still?.abort(SUPERSEDED);
    this.#still = null;
  }

  #sinceEdit(): number {
    return now() - this.#lastEdit;
  }
}

const now = (): number => performance.now();

/** The editor's token as a signal, which is made only when a caller waits for it. */
function untilCancelled(token: vscode.CancellationToken): Cancellable & vscode.Disposable {
  const until = new LazyAbortController();
  let subscription: vscode.Disposable | undefined;
  return {
    get signal() {
      subscription ??= token.onCancellationRequested(() => until.abort());
      if (token.isCancellationRequested) until.abort();
      return until.signal;
    },
    dispose: () => subscription?.dispose(),
  };
}
