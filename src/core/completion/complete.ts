import { giveUp } from '../common/debugLog.ts';
import { INLINE_LIMITS, type Gateway } from '../gateway/call.ts';
import type { delay } from '../gateway/retry.ts';
import { isSecretFile } from '../privacy/sensitiveFiles.ts';
import type { Settings } from '../settings/settings.ts';
import { formatModelRef } from '../common/types.ts';
import {
  isInsidePair,
  readDocumentContext,
  type DocumentContextReader,
  WINDOW,
  windowFor,
  type DocumentContext,
  type DocumentView,
  type Position,
  type Selected,
  type WindowBounds,
} from './documentContext.ts';
import type { Found, Remainder, Site, SuggestionCache } from './cache.ts';
import type { ContextGatherer } from './contextSnippets.ts';
import { ALL_TOKENS } from './fim.ts';
import type { InFlightOptions, InFlightRequests } from './inFlight.ts';
import { matchesGlob } from '../common/glob.ts';
import { lexicalAt } from './lexical.ts';
import type { LocalModel, LocalModelState, Trigger } from './localModel.ts';
import type { Trace } from './trace.ts';
import type { AdaptiveDebounce } from './adaptiveDebounce.ts';
import { isSupportedScheme } from './supportedSchemes.ts';
import { fitAnswer, type Answer } from './postprocess.ts';
import { buildRequest } from './fimPrompt.ts';
import type { NoSuggestionReason } from './noSuggestionReason.ts';
import type { Cancellable } from '../common/lazyAbort.ts';

/** One question of the editor: what could be at the cursor? */
export interface CompletionRequest {
  readonly document: DocumentView;
  readonly position: Position;
  readonly trigger: Trigger;
  /** The suggest widget's selected item, which the suggestion has to go on from. */
  readonly selected?: Selected | undefined;
  readonly severalCursors: boolean;
  /** Whether the document's file system can be written; undefined when it is not known to the editor. */
  readonly writable: boolean | undefined;
  /** Name of the workspace folder, for families that want it. */
  readonly repo: string;
  /** Since the last change of a document, in ms. */
  readonly sinceEditMs: number;
  /** Asked before the editor asks: nothing of the answer is on the screen yet. */
  readonly ahead?: boolean;
}

export interface Suggestion {
  readonly text: string;
  /** UTF-16 units after the cursor, on its line, that the text replaces. */
  readonly replaceAfter: number;
  /** The same before it: white space, where the text has an indentation of its own. */
  readonly replaceBefore: number;
  readonly source: 'cache' | 'model';
  /** The call that its beginning is the answer of, as the ledger knows it, and the model that was asked. */
  readonly callId: string;
  readonly model: string;
  /** From the question to the answer. */
  readonly ms: number;
  /**
   * The model is still writing more of it, which the editor shows when the user has accepted this much. The caller has to
   * call it to wait for the end, else the request is closed. Null: this is all.
   */
  readonly rest: ((signal: AbortSignal) => Promise<void>) | null;
}

export type Completion = Suggestion | { readonly none: NoSuggestionReason };

/** Everything that completions are made of; what lives and remembers is in `model`, `cache`, `generations` and `pace`. */
export interface CompletionParts {
  readonly gateway: Gateway;
  readonly settings: () => Settings;
  readonly model: LocalModel;
  readonly cache: SuggestionCache;
  readonly inFlight: InFlightRequests;
  readonly debounce: AdaptiveDebounce;
  readonly reader: DocumentContextReader;
  readonly keystrokeMemo: KeystrokeMemo;
  /** Until when nothing is wanted; ms on the clock of `now`. */
  readonly snoozedUntil: () => number;
  /** Why nothing is wanted right now, whatever the document is. */
  readonly paused: () => Extract<NoSuggestionReason, { kind: 'battery' }> | null;
  /** Text of other files; null while that is not there yet. */
  readonly context: Pick<ContextGatherer, 'gather' | 'problemsAt'> | null;
  /** Told the outcome of each request, for the command that explains why there is no suggestion. */
  readonly trace?: (trace: Trace) => void;
  /** Ms since any fixed time. */
  readonly now: () => number;
  readonly wait: typeof delay;
}

/** When what follows a suggestion is asked for before it is needed. */
const SPECULATION = {
  /** Share of answers that have to have agreed with what was typed. */
  agreement: 0.5,
  /** The same while the user pauses before a suggestion, who may accept all of it, or read and refuse it. */
  restAgreement: 0.65,
  /** So long before the suggestion is used up, beside the time that the model takes; in ms. */
  marginMs: 400,
  mostMs: 10_000,
} as const;

/** Longer lines are data. */
const LONGEST_LINE = 20_000;
/** So many characters that could not be decoded make a file binary. */
const UNDECODED = 10;

type Known = Suggestion & { readonly more: boolean };

/**
 * What was known without asking at the last key: each is asked about twice, by us and some 50 ms later by the editor. It
 * also remembers what the editor shows, which stays as it is until the user types: more of the answer may come meanwhile.
 */
export class KeystrokeMemo {
  #last: { readonly facts: readonly unknown[]; readonly known: Known; readonly spot: Site } | null = null;
  #shown: { readonly facts: readonly unknown[]; readonly suggestion: Suggestion } | null = null;
  #row: { readonly facts: readonly unknown[]; readonly text: string } | null = null;

  /** What is known there, if all that it follows from is still the same. */
  find(request: CompletionRequest, parts: CompletionParts): { readonly known: Known; readonly spot: Site } | undefined {
    const facts = [...placeOf(request, parts, lineOf(request)), parts.cache.version];
    return isSame(this.#last?.facts, facts) ? (this.#last ?? undefined) : undefined;
  }

  keep(request: CompletionRequest, parts: CompletionParts, known: Known, spot: Site): void {
    this.#last = { facts: [...placeOf(request, parts, lineOf(request)), parts.cache.version], known, spot };
  }

  /** Whether the list selected its row by itself: it is the first one at this place. The user chooses another. */
  isFirstRow({ document, position, selected }: CompletionRequest): boolean {
    if (!selected) return false;
    const facts = [document.uri, document.version, position.line, position.character];
    if (!isSame(this.#row?.facts, facts)) this.#row = { facts, text: selected.text };
    return this.#row?.text === selected.text;
  }

  /** What the editor shows at this place; null for an explicit request, which gets all there is. */
  shown(request: CompletionRequest, parts: CompletionParts): Suggestion | null {
    if (request.trigger === 'invoke' || !isSame(this.#shown?.facts, placeOf(request, parts, lineOf(request))))
      return null;
    return this.#shown?.suggestion ?? null;
  }

  /** @param line the text of the cursor's line when the editor asked: meanwhile the document may be another */
  show(request: CompletionRequest, parts: CompletionParts, line: string, suggestion: Suggestion): void {
    if (!request.ahead) this.#shown = { facts: placeOf(request, parts, line), suggestion };
  }
}

const isSame = (a: readonly unknown[] | undefined, b: readonly unknown[]): boolean =>
  a?.every((fact, i) => fact === b[i]) ?? false;

const lineOf = ({ document, position }: CompletionRequest): string => document.lineAt(position.line);

const placeOf = (
  { document, position, trigger, selected, severalCursors, writable }: CompletionRequest,
  { settings, model, cache, paused }: CompletionParts,
  line: string,
): unknown[] => [
  document.version,
  // A document that was closed and opened again starts its versions at 1 again.
  line,
  position.line,
  position.character,
  document.uri,
  trigger,
  selected,
  severalCursors,
  writable,
  settings(),
  model.state,
  cache.clearings,
  paused(),
];

/**
 * What could be at the cursor, or why nothing does. The cheap questions come first: most keys end in
 * one of the early returns, before anything is awaited.
 *
 * @param until the editor's: when its signal is aborted the editor no longer wants this answer, though the next key may still
 *   join the request that is under way
 */
export async function complete(
  request: CompletionRequest,
  parts: CompletionParts,
  until: Cancellable,
): Promise<Completion> {
  const shown = parts.keystrokeMemo.shown(request, parts);
  if (shown) return shown;
  const line = lineOf(request);
  const completion = await find(request, parts, until);
  if ('text' in completion) parts.keystrokeMemo.show(request, parts, line, completion);
  return completion;
}

async function find(request: CompletionRequest, parts: CompletionParts, until: Cancellable): Promise<Completion> {
  const again = parts.keystrokeMemo.find(request, parts);
  if (again) {
    prefetchNext(request, again.spot, again.known, parts);
    return again.known;
  }
  const started = parts.now();
  const unwanted = refuse(request, parts);
  if (unwanted) return { none: unwanted };
  const { document, position, selected } = request;
  const docContext = parts.reader.read(document, position, selected, boundsOf(parts.model.state));
  const unfit =
    refuseText(docContext, request.trigger) ?? refusePosition(request.document.language, docContext, parts.settings());
  if (unfit) return { none: unfit };
  const model = parts.model.model;
  if (!model) return { none: { kind: 'model', state: parts.model.state } };

  // What another model said is no answer of this one.
  const spot: Site = { uri: `${formatModelRef(model)} ${request.document.uri}`, docContext };
  const asked = siteToAsk(request, spot, parts);
  const known = findCached(spot, model.model, parts, 'cache', started);
  parts.inFlight.observe(asked);
  // An explicit request always asks again, even where the last answer was empty.
  if (known && ('text' in known || request.trigger === 'typing')) {
    if ('text' in known) {
      prefetchNext(request, spot, known, parts);
      parts.keystrokeMemo.keep(request, parts, known, spot);
    }
    return known;
  }

  if (asked !== spot && findCached(asked, model.model, parts, 'cache', started)) return { none: OTHER_ROW };

  const { signal } = until;
  parts.model.wake(request.trigger);
  const isLast = parts.inFlight.queue();
  for (;;) {
    let generation = parts.inFlight.join(asked);
    try {
      if (!generation) {
        const pause = request.trigger === 'invoke' ? 0 : parts.debounce.pauseMs(request.sinceEditMs);
        await parts.wait(pause, signal);
        const state = await parts.model.settled(signal);
        if (state.kind !== 'ready') return { none: { kind: 'model', state } };
        // The settings changed while this waited; the next key asks the other model.
        if (formatModelRef(state.model) !== formatModelRef(model)) return { none: { kind: 'cancelled' } };
        generation = await parts.inFlight.start(ask(request, asked, state, parts), signal);
      }
      await generation.wait(asked, request.trigger, signal);
      if (generation.failure) return { none: { kind: 'failed', model, failure: generation.failure } };
    } catch (error) {
      // All these waits reject for this reason only.
      if (signal.aborted) return { none: { kind: 'cancelled' } };
      throw error;
    }
    const lines = generation.linesAt(spot);
    const whole = findCached(spot, model.model, parts, 'model', started);
    if (!whole && lines) {
      const fit = fitRemainder(lines, spot.docContext);
      if ('text' in fit)
        return {
          ...fit,
          source: 'model',
          callId: generation.callId,
          model: model.model,
          ms: parts.now() - started,
          rest: (until) => generation.end(until),
        };
    }
    if (whole) {
      if ('text' in whole) prefetchNext(request, spot, whole, parts);
      return whole;
    }
    if (asked !== spot && (generation.linesAt(asked) || findCached(asked, model.model, parts, 'model', started)))
      return { none: OTHER_ROW };
    // What an earlier key had asked for turned out to be something else: the editor does not ask again, so this does.
    if (!generation.turnedOutOtherwise(asked) || !isLast()) return { none: { kind: 'cancelled' } };
  }
}

const OTHER_ROW: NoSuggestionReason = { kind: 'other-row' };

/**
 * The place that the model is asked about. The editor's list selects its first row by itself, which says nothing of what
 * the user wants: the model is asked about what was typed, and its answer is shown where it begins with that row. A row
 * that the user chooses, and an explicit request, count as typed.
 */
function siteToAsk(request: CompletionRequest, spot: Site, parts: CompletionParts): Site {
  const isFirst = parts.keystrokeMemo.isFirstRow(request);
  if (!isFirst || request.trigger === 'invoke') return spot;
  const { document, position } = request;
  return { uri: spot.uri, docContext: readDocumentContext(document, position, undefined, boundsOf(parts.model.state)) };
}

/** Other answers that are asked for beside the first, and how freely; the higher, the more they differ. */
const TEMPERATURES = [0.6, 0.9];

/**
 * Other suggestions for a place where one is shown, for a user who looks through them by key. Those that say the same are
 * left out. Rejects only when `signal` is aborted.
 */
export async function findAlternatives(
  request: CompletionRequest,
  shown: Suggestion,
  parts: CompletionParts,
  signal: AbortSignal,
): Promise<readonly Suggestion[]> {
  const { model, cache, inFlight } = parts;
  const { state } = model;
  if (state.kind !== 'ready') return [];
  const docContext = readDocumentContext(request.document, request.position, request.selected, boundsOf(state));
  const spot: Site = { uri: `${formatModelRef(state.model)} ${request.document.uri}`, docContext };
  const found: Suggestion[] = [];
  for (const temperature of TEMPERATURES) {
    const started = parts.now();
    let answer: Answer | undefined;
    const question = ask(request, spot, state, parts, temperature);
    const onEnd: InFlightOptions['onEnd'] = (end, failure) => {
      model.report(state.model, failure);
      answer = end;
    };
    await (await inFlight.start({ ...question, onEnd }, signal, true)).end(signal);
    if (!answer?.text) continue;
    const fit = fitRemainder({ text: answer.text, replaceBefore: 0 }, docContext);
    if (!('text' in fit) || [shown, ...found].some(({ text }) => text.trim() === fit.text.trim())) continue;
    const callId = question.call.callId ?? '';
    cache.addBehind(spot, answer.text, answer.more, callId);
    found.push({
      ...fit,
      source: 'model',
      callId,
      model: state.model.model,
      ms: parts.now() - started,
      rest: null,
    });
  }
  return found;
}

/** As long as the model is not known the window is that of most of them. */
function boundsOf(state: LocalModelState): WindowBounds {
  if (state.kind !== 'ready') return WINDOW;
  const { format, contextTokens } = state;
  return windowFor(format.mode === 'raw' ? format.family.order : 'prefix-first', contextTokens);
}

/** Why no suggestion is wanted here, whatever the text is. */
function refuse(request: CompletionRequest, parts: CompletionParts): NoSuggestionReason | undefined {
  const { document, position, severalCursors, writable } = request;
  const { enabled, languages, files } = parts.settings().completions;
  if (!enabled) return { kind: 'off' };
  const snoozedMs = parts.snoozedUntil() - parts.now();
  if (snoozedMs > 0) return { kind: 'snoozed', ms: snoozedMs };
  if (!(languages.get(document.language) ?? languages.get('*') ?? true))
    return { kind: 'language-off', language: document.language };
  const glob = [...files].findLast(([each]) => matchesGlob(each, document.path));
  if (glob && !glob[1]) return { kind: 'file-off', glob: glob[0] };
  const paused = request.trigger === 'invoke' ? null : parts.paused();
  if (paused) return paused;
  if (!isSupportedScheme(document.scheme, writable)) return { kind: 'place', scheme: document.scheme };
  const { fullPath, realPath } = document;
  if (isSecretFile(fullPath) || (realPath !== undefined && isSecretFile(realPath))) return { kind: 'secret-file' };
  if (severalCursors) return { kind: 'several-cursors' };
  const line = document.lineAt(position.line);
  if (line.length > LONGEST_LINE) return { kind: 'long-line', characters: line.length };
  const inside = request.trigger === 'invoke' ? isInsideCharacter : isInsideWord;
  return inside(line, position.character) ? { kind: 'inside-word' } : undefined;
}

/** The cursor is in the middle of a word or of a character. Before a whole word a suggestion is possible. */
const isInsideWord = (line: string, at: number): boolean =>
  isInsideCharacter(line, at) ||
  (/[\p{L}\p{N}\p{M}\p{Pc}$]$/u.test(line.slice(Math.max(0, at - 2), at)) &&
    /^[\p{L}\p{N}\p{Pc}$]/u.test(line.slice(at, at + 2)));

/** The cursor is followed by the rest of a character that has several parts. */
const isInsideCharacter = (line: string, at: number): boolean =>
  /^[\p{M}\u200C\u200D\uFE0F]/u.test(line.slice(at, at + 2)) || isInsidePair(line, at);

/** Why nothing is suggested in this text. An explicit request is also answered where typing causes none. */
function refuseText({ before, after }: DocumentContext, trigger: Trigger): NoSuggestionReason | undefined {
  const undecoded = (text: string): number => (text.includes('\uFFFD') ? text.split('\uFFFD').length - 1 : 0);
  if (before.includes('\0') || after.includes('\0') || undecoded(before) + undecoded(after) >= UNDECODED)
    return { kind: 'binary' };
  if (trigger === 'invoke') return undefined;
  if (before.trim() === '' && after.trim() === '') return { kind: 'empty-document' };
  // Of two versions of a text none is the one to go on with.
  if (before.lastIndexOf('\n<<<<<<< ') > before.lastIndexOf('\n>>>>>>> ')) return { kind: 'conflict' };
  return undefined;
}

function refusePosition(
  language: string,
  { before }: DocumentContext,
  { completions }: Settings,
): NoSuggestionReason | undefined {
  if (completions.comments && completions.strings) return undefined;
  const where = lexicalAt(language, before);
  if (where === 'comment' && !completions.comments) return { kind: 'comment-off' };
  return where === 'string' && !completions.strings ? { kind: 'string-off' } : undefined;
}

/** What is remembered of an answer, made to fit here. */
function findCached(
  spot: Site,
  model: string,
  { cache, now }: CompletionParts,
  source: 'cache' | 'model',
  started: number,
): Known | { readonly none: NoSuggestionReason } | undefined {
  const found = cache.find(spot);
  if (!found) return undefined;
  if ('emptiedBy' in found) return { none: { kind: 'nothing', filter: found.emptiedBy } };
  const { more, callId, isAnswerHere, ...rest } = extend(spot, found, cache);
  const fit = fitRemainder(rest, spot.docContext);
  const uncut = 'text' in fit && fit.text.trimEnd() === rest.text.trimEnd();
  if ('text' in fit) return { ...fit, more: more && uncut, source, callId, model, ms: now() - started, rest: null };
  // What is left of an older answer is in the document by now: time for another question.
  if (source === 'cache' && !isAnswerHere) return undefined;
  return { none: { kind: 'nothing', filter: fit.emptiedBy } };
}

type KnownRemainder = Exclude<Found, { readonly emptiedBy: unknown }>;

/** What is left, with what was prepared to follow it. */
function extend(spot: Site, rest: KnownRemainder, cache: SuggestionCache): KnownRemainder {
  if (!rest.more) return rest;
  const next = cache.find(after(spot, rest.text, rest.replaceBefore));
  if (!next || !('text' in next) || next.replaceBefore) return rest;
  return { ...rest, text: rest.text + next.text, more: next.more };
}

/** The place at which the cursor is once a text was accepted. */
function after({ uri, docContext }: Site, text: string, replaceBefore: number, replaceAfter = 0): Site {
  const before = docContext.before.slice(0, docContext.before.length - replaceBefore) + text;
  const rest = docContext.after.slice(replaceAfter);
  return {
    uri,
    docContext: {
      language: docContext.language,
      before,
      after: rest,
      linePrefix: before.slice(before.lastIndexOf('\n') + 1),
      lineSuffix: docContext.lineSuffix.slice(replaceAfter),
    },
  };
}

/** A rest made to fit the place; its own indentation counts, not the one that it replaces. */
function fitRemainder(
  { text, replaceBefore }: Remainder,
  docContext: DocumentContext,
): Pick<Suggestion, 'text' | 'replaceAfter' | 'replaceBefore'> | { readonly emptiedBy: string } {
  const bare = replaceBefore
    ? {
        ...docContext,
        before: docContext.before.slice(0, -replaceBefore),
        linePrefix: docContext.linePrefix.slice(0, -replaceBefore),
      }
    : docContext;
  const fit = fitAnswer(text, bare);
  return 'emptiedBy' in fit ? fit : { ...fit, replaceBefore };
}

/**
 * Asks for what comes after a suggestion before it has been typed or accepted, so that the next one is there in the
 * same moment. Only where it pays: the model had more to say, is mostly right, has nothing else to do, and the
 * suggestion is nearly used up.
 */
function prefetchNext(
  request: CompletionRequest,
  spot: Site,
  shown: Suggestion & { more?: boolean },
  parts: CompletionParts,
  rests = false,
): void {
  const { debounce, inFlight, model, cache } = parts;
  const { state } = model;
  if (!shown.more || state.kind !== 'ready' || inFlight.busy) return;
  const { agreement, modelMs } = debounce.state;
  const left = debounce.typingMs(shown.text.length);
  if (rests ? agreement < SPECULATION.restAgreement : left > modelMs + SPECULATION.marginMs) return;
  if (agreement < SPECULATION.agreement) return;
  const next = after(spot, shown.text, shown.replaceBefore, shown.replaceAfter);
  if (cache.find(next)) return;
  void inFlight
    .start(ask(request, next, state, parts), AbortSignal.timeout(SPECULATION.mostMs))
    .catch(giveUp('a completion asked ahead'));
}

/** The cursor came to a place: what other files may say about it is looked up before anything is typed. */
export function prefetchAtCursor(request: CompletionRequest, parts: CompletionParts): void {
  if (!parts.context || refuse(request, parts)) return;
  const { document, position, selected } = request;
  const docContext = parts.reader.read(document, position, selected, boundsOf(parts.model.state));
  parts.context.gather(document, position.line, docContext);
}

/** The user pauses before a suggestion: asks for what comes after it, so that it is there when the user accepts it. */
export function prefetchAfterPause(request: CompletionRequest, parts: CompletionParts): void {
  const { model } = parts.model;
  if (!model || refuse(request, parts)) return;
  const { document, position, selected } = request;
  const docContext = parts.reader.read(document, position, selected, boundsOf(parts.model.state));
  const spot: Site = { uri: `${formatModelRef(model)} ${document.uri}`, docContext };
  const known = findCached(spot, model.model, parts, 'cache', parts.now());
  if (known && 'text' in known) prefetchNext(request, spot, known, parts, true);
}

/** The question to the model, and what becomes of its answer. */
function ask(
  { document, position, trigger, repo }: CompletionRequest,
  spot: Site,
  { model, format }: Extract<LocalModelState, { kind: 'ready' }>,
  { gateway, model: localModel, cache, debounce, context, trace, wait, now }: CompletionParts,
  temperature = 0,
): InFlightOptions {
  const { docContext } = spot;
  const { path, language } = document;
  const snippets = [
    ...(context?.gather(document, position.line, docContext) ?? []),
    ...((trigger === 'invoke' && context?.problemsAt(document, position.line)) || []),
  ];
  debounce.sent();
  const request = buildRequest({ docContext, format, path, repo, language, snippets, temperature });
  const answerContext = { docContext, tokens: format.mode === 'raw' ? format.family.tokens : ALL_TOKENS };
  const started = now();
  let firstLineMs: number | null = null;
  const callId = crypto.randomUUID();
  return {
    gateway,
    call: {
      callId,
      tier: 'local',
      task: 'completion',
      chain: [model],
      request,
      language,
      limits: INLINE_LIMITS,
    },
    spot,
    context: answerContext,
    wait,
    now,
    onFirstLine: (ms) => {
      firstLineMs = ms;
      debounce.answered(ms);
    },
    onJudged: (agreed) => debounce.judged(agreed),
    onEnd: (answer, failure, raw, result) => {
      const { text, emptiedBy = null, more = false } = answer;
      const seen = { at: Date.now(), model, path, request, snippets, context: answerContext, raw, answer, failure };
      trace?.({ ...seen, firstLineMs, totalMs: now() - started, result });
      localModel.report(model, failure);
      if (text || !failure) cache.add(spot, text, emptiedBy, more, callId);
    },
  };
}
