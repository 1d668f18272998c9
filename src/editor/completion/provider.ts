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
import { LazyAbortController, SUPERSEDED, type Cancellable } from '../../core/common/lazyAbort.ts';
import type { FailureWords } from '../../core/gateway/describeFailure.ts';
import { delay } from '../../core/gateway/retry.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { Power } from '../platform/power.ts';

export interface CompletionDeps {
  readonly gateway: Gateway;
  readonly settings: () => Settings;
  readonly model: LocalModel;
  readonly log: (line: string) => void;
  /** Told what is shown and what becomes of it; undefined as long as that is not loaded. */
  readonly offers: () => SuggestionTracker | undefined;
}

export interface Completions extends vscode.Disposable {
  /** Asks for a suggestion at a place and tells why there is none; null when there is one. */
  explainAt(document: vscode.TextDocument, position: vscode.Position): Promise<FailureWords | null>;
  /** What came of the last request; null before there was one. */
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
/** Lines that are read of the cells above one. */
const MOST_CELL_LINES = 150;

/** Ghost text for every document. Only converts and forwards; a failed completion is a line in the log. */
export function registerCompletions(deps: CompletionDeps): Completions {
  const now = (): number => performance.now();
  const power = new Power();
  let snoozedUntil = 0;
  let lastTrace: Trace | null = null;
  let context: ContextGatherer | null = null;
  const parts: CompletionParts = {
    gateway: deps.gateway,
    settings: deps.settings,
    model: deps.model,
    cache: new SuggestionCache(now),
    inFlight: new InFlightRequests(),
    debounce: new AdaptiveDebounce(now),
    reader: new DocumentContextReader(),
    keystrokeMemo: new KeystrokeMemo(),
    snoozedUntil: () => snoozedUntil,
    paused: () => (!deps.settings().completions.onBattery && power.onBattery ? { kind: 'battery' } : null),
    trace: (trace) => (lastTrace = trace),
    get context() {
      return context;
    },
    now,
    wait: delay,
  };
  const offers = new Map<number, ShownSuggestion>();
  let lastOffer = 0;
  const anticipation = new Prefetcher(parts);
  /** Ends when something is typed or the cursor moves; made only for who waits for that. */
  let still: AbortController | null = null;
  const moved = (): void => {
    still?.abort(SUPERSEDED);
    still = null;
  };
  /** A change after which the cursor has not been seen yet. */
  let typed: vscode.TextDocument | null = null;
  let lastEdit = -Infinity;
  let lastFailure = '';

  const ask = async (
    document: vscode.TextDocument,
    position: vscode.Position,
    trigger: Trigger,
    widget: vscode.SelectedCompletionInfo | undefined,
    until: Cancellable,
  ): Promise<Completion> => {
    const request = requestAt(document, position, trigger, widget, now() - lastEdit);
    const completion = await complete(request, parts, until);
    if ('none' in completion && completion.none.kind === 'failed') {
      const { text } = describeReason(completion.none, deps.model);
      // One line for a server that is down, not one for each key.
      if (text !== lastFailure) deps.log(`completion: ${text}`);
      lastFailure = text;
    } else if ('text' in completion) lastFailure = '';
    return completion;
  };

  /** What is shown beside a suggestion when somebody looks through them by key; asked for once at each place. */
  let looked: { readonly at: string; readonly others: readonly Suggestion[] } | null = null;
  const others = async (
    document: vscode.TextDocument,
    position: vscode.Position,
    widget: vscode.SelectedCompletionInfo | undefined,
    shown: Suggestion,
    signal: AbortSignal,
  ): Promise<readonly Suggestion[]> => {
    const at = `${document.uri.toString()} ${document.version} ${position.line} ${position.character}`;
    if (looked?.at === at) return looked.others;
    const request = requestAt(document, position, 'invoke', widget, 0);
    const found = await findAlternatives(request, shown, parts, signal).catch(() => null);
    if (found) looked = { at, others: found };
    return found ?? [];
  };

  const commandFor = (offer: ShownSuggestion): vscode.Command => {
    offers.set(++lastOffer, offer);
    offers.delete(lastOffer - MOST_OFFERS);
    return { command: ACCEPTED, title: '', arguments: [lastOffer] };
  };

  const provider: vscode.InlineCompletionItemProvider = {
    async provideInlineCompletionItems(document, position, context, token) {
      const { triggerKind, selectedCompletionInfo: widget } = context;
      const trigger = triggerKind === vscode.InlineCompletionTriggerKind.Invoke ? 'invoke' : 'typing';
      const until = untilCancelled(token);
      if (trigger === 'typing') anticipation.asked();
      try {
        const found = await ask(document, position, trigger, widget, until);
        if (token.isCancellationRequested || 'none' in found) return [];
        const { source } = found;
        // Until somebody types; then the next request joins it, or it is given up.
        found.rest?.((still ??= new AbortController()).signal).catch(() => undefined);
        const all =
          trigger === 'invoke' && source === 'cache'
            ? [found, ...(await others(document, position, widget, found, until.signal))]
            : [found];
        return all.map((each, index) => {
          const item = itemOf(each, position, widget);
          const offer = offerOf(each, item, document, position);
          if (index === 0) deps.offers()?.shown(offer);
          item.command = commandFor(offer);
          return item;
        });
      } catch (error) {
        deps.log(`completion: ${String(error)}`);
        return [];
      } finally {
        until.dispose();
      }
    },
  };

  void import('./contextSources.ts').then(({ createContext }) => (context = createContext(now)));
  const reset = (): void => {
    parts.cache.clear();
    parts.inFlight.abort();
  };
  const registered = vscode.Disposable.from(
    vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, provider),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
      if (!contentChanges.length) return;
      lastEdit = now();
      moved();
      // Of what other people and programs write nobody waits for a continuation.
      if (reason || document !== vscode.window.activeTextEditor?.document) return;
      parts.debounce.typed();
      // A page that was pasted is not being typed.
      typed = contentChanges.every(({ text }) => text.length <= MOST_TYPED) ? document : null;
    }),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      const { document } = textEditor;
      if (document === typed && selections.length === 1) {
        const request = requestAt(document, textEditor.selection.active, 'typing', undefined, now() - lastEdit);
        anticipation.typed(request);
      } else if (document === vscode.window.activeTextEditor?.document) {
        anticipation.moved();
        deps.offers()?.left();
        moved();
        prefetchAtCursor(
          requestAt(document, textEditor.selection.active, 'typing', undefined, now() - lastEdit),
          parts,
        );
      }
      typed = null;
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => (places = new WeakMap())),
    vscode.commands.registerCommand(ACCEPTED, (id: unknown) => {
      const accepted = offers.get(Number(id));
      offers.delete(Number(id));
      if (accepted) deps.offers()?.accepted(accepted);
    }),
  );
  return {
    async explainAt(document, position) {
      const until = { signal: AbortSignal.timeout(EXPLAIN_MS) };
      const found = await ask(document, position, 'invoke', undefined, until);
      return 'none' in found ? describeReason(found.none, deps.model) : null;
    },
    get lastTrace() {
      return lastTrace;
    },
    reset,
    snooze(ms) {
      snoozedUntil = ms > 0 ? now() + ms : 0;
      reset();
    },
    dispose() {
      registered.dispose();
      moved();
      anticipation.moved();
      reset();
    },
  };
}

/** Where a document is. VS Code looks through the workspace's folders for it, which is much of what a key costs. */
let places = new WeakMap<vscode.TextDocument, { readonly path: string; readonly repo: string }>();

function placeOf(document: vscode.TextDocument): { readonly path: string; readonly repo: string } {
  const known = places.get(document);
  if (known) return known;
  const { uri } = document;
  const place = {
    path: pathOf(uri).replaceAll('\\', '/'),
    repo: vscode.workspace.getWorkspaceFolder(uri)?.name ?? '',
  };
  places.set(document, place);
  return place;
}

/** Plain data for the core. Lines are read one by one, and only those near the cursor: a document may be large. */
function requestAt(
  document: vscode.TextDocument,
  position: vscode.Position,
  trigger: Trigger,
  widget: vscode.SelectedCompletionInfo | undefined,
  sinceEditMs: number,
): CompletionRequest {
  const { uri } = document;
  const editor = vscode.window.activeTextEditor;
  const { path, repo } = placeOf(document);
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

/** The item replaces what the suggest widget would, and what of the line's rest is part of its text. */
function itemOf(
  found: Suggestion,
  position: vscode.Position,
  widget: vscode.SelectedCompletionInfo | undefined,
): vscode.InlineCompletionItem & { readonly insertText: string; readonly range: vscode.Range } {
  const start = widget?.range.start ?? position.translate(0, -found.replaceBefore);
  const end = position.translate(0, found.replaceAfter);
  const insertText = (widget?.text ?? '') + found.text;
  const range = new vscode.Range(start, widget?.range.end.isAfter(end) ? widget.range.end : end);
  return Object.assign(new vscode.InlineCompletionItem(insertText, range), { insertText, range });
}

/** What of an item is still to come at the cursor, as the document would have it. */
function offerOf(
  { callId, model }: Suggestion,
  { insertText, range }: { readonly insertText: string; readonly range: vscode.Range },
  document: vscode.TextDocument,
  position: vscode.Position,
): ShownSuggestion {
  const whole = document.eol === vscode.EndOfLine.CRLF ? insertText.replace(/\r?\n/g, '\r\n') : insertText;
  const typed = document.getText(new vscode.Range(range.start, position));
  const goesOn = whole.startsWith(typed);
  return {
    by: { callId, tier: 'local', task: 'completion', model, language: document.languageId },
    uri: document.uri.toString(),
    at: document.offsetAt(goesOn ? position : range.start),
    text: goesOn ? whole.slice(typed.length) : whole,
  };
}

/** The editor's token as a signal, which is made only for who waits for it. */
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
