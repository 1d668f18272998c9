import { INLINE_LIMITS, type Gateway } from '../call.ts';
import type { delay } from '../resilience.ts';
import { isSecretFile } from '../secretFiles.ts';
import type { Settings } from '../settings.ts';
import { formatModelRef } from '../types.ts';
import {
  isInsidePair,
  readAround,
  WINDOW,
  windowFor,
  type Around,
  type DocumentView,
  type Position,
  type Selected,
  type WindowBounds,
} from './around.ts';
import type { Rest, Spot, SuggestionCache } from './cache.ts';
import type { ContextGatherer } from './context.ts';
import { ALL_TOKENS } from './fim.ts';
import type { GenerationParts, Generations } from './generation.ts';
import type { LocalModel, LocalModelState, Trigger } from './localModel.ts';
import type { Pace } from './pace.ts';
import { isPlaceForCompletions } from './places.ts';
import { fitAnswer } from './postprocess.ts';
import { buildRequest } from './prompt.ts';
import type { Reason } from './reasons.ts';

/** One question of the editor: what could stand at the cursor? */
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
}

export interface Suggestion {
  readonly text: string;
  /** UTF-16 units after the cursor, on its line, that the text replaces. */
  readonly replaceAfter: number;
  /** The same before it: white space, where the text has an indentation of its own. */
  readonly replaceBefore: number;
  readonly source: 'cache' | 'model';
  /** From the question to the answer. */
  readonly ms: number;
  /** More of it is still being written: waits for its end, and has to be called, or it is given up. Null: this is all. */
  readonly growing: ((signal: AbortSignal) => Promise<void>) | null;
}

export type Completion = Suggestion | { readonly none: Reason };

/** Everything that completions are made of; what lives and remembers is in `model`, `cache`, `generations` and `pace`. */
export interface CompletionParts {
  readonly gateway: Gateway;
  readonly settings: () => Settings;
  readonly model: LocalModel;
  readonly cache: SuggestionCache;
  readonly generations: Generations;
  readonly pace: Pace;
  /** Text of other files; null while that is not there yet. */
  readonly context: Pick<ContextGatherer, 'gather' | 'problemsAt'> | null;
  /** Ms since any fixed time. */
  readonly now: () => number;
  readonly wait: typeof delay;
}

/** When what follows a suggestion is asked for before it is needed. */
const SPECULATION = {
  /** Share of answers that have to have agreed with what was typed. */
  agreement: 0.5,
  /** So long before the suggestion is used up, beside the time that the model takes; in ms. */
  marginMs: 400,
  mostMs: 10_000,
} as const;

/** Longer lines are data. */
const LONGEST_LINE = 20_000;
/** So many characters that could not be decoded make a file binary. */
const UNDECODED = 10;

/**
 * What could stand at the cursor, or why nothing does. The cheap questions come first: most keys end in
 * one of the early returns, before anything is awaited.
 *
 * @param signal the editor's: when it is aborted nobody wants this answer any more, though the next key may still
 *   join the request that is under way
 */
export async function complete(
  request: CompletionRequest,
  parts: CompletionParts,
  signal: AbortSignal,
): Promise<Completion> {
  const started = parts.now();
  const unwanted = refuse(request, parts.settings());
  if (unwanted) return { none: unwanted };
  const around = readAround(request.document, request.position, request.selected, boundsOf(parts.model.state));
  const unfit = refuseText(around);
  if (unfit) return { none: unfit };
  const model = parts.model.model;
  if (!model) return { none: { kind: 'model', state: parts.model.state } };

  // What another model said is no answer of this one.
  const spot: Spot = { uri: `${formatModelRef(model)} ${request.document.uri}`, around };
  const known = recall(spot, parts, 'cache', started);
  // Who asks for a suggestion is not content with remembering that there was none.
  if (known && ('text' in known || request.trigger === 'typing')) {
    if ('text' in known) prepareNext(request, spot, known, parts);
    return known;
  }

  parts.model.wake(request.trigger);
  let generation = parts.generations.join(spot);
  try {
    if (!generation) {
      const pause = request.trigger === 'invoke' ? 0 : parts.pace.pauseMs(request.sinceEditMs);
      await parts.wait(pause, signal);
      const state = await parts.model.settled(signal);
      if (state.kind !== 'ready') return { none: { kind: 'model', state } };
      // The settings changed while this waited; the next key asks the other model.
      if (formatModelRef(state.model) !== formatModelRef(model)) return { none: { kind: 'cancelled' } };
      generation = await parts.generations.start(ask(request, spot, state, parts), signal);
    }
    await generation.wait(spot, signal);
    if (generation.failure) return { none: { kind: 'failed', model, failure: generation.failure } };
  } catch (error) {
    // All these waits reject for this reason only.
    if (signal.aborted) return { none: { kind: 'cancelled' } };
    throw error;
  }
  const lines = generation.linesAt(spot);
  const whole = recall(spot, parts, 'model', started);
  if (!whole && lines) {
    const fit = fitRest(lines, spot.around);
    if ('text' in fit)
      return { ...fit, source: 'model', ms: parts.now() - started, growing: (until) => generation.end(until) };
  }
  if (whole && 'text' in whole) prepareNext(request, spot, whole, parts);
  return whole ?? { none: { kind: 'cancelled' } };
}

/** As long as the model is not known the window is that of most of them. */
function boundsOf(state: LocalModelState): WindowBounds {
  if (state.kind !== 'ready') return WINDOW;
  const { format, contextTokens } = state;
  return windowFor(format.mode === 'raw' ? format.family.order : 'prefix-first', contextTokens);
}

/** Why no suggestion is wanted here, whatever the text is. */
function refuse(request: CompletionRequest, settings: Settings): Reason | undefined {
  const { document, position, severalCursors, writable } = request;
  const { enabled, languages } = settings.completions;
  if (!enabled) return { kind: 'off' };
  if (!(languages.get(document.language) ?? languages.get('*') ?? true))
    return { kind: 'language-off', language: document.language };
  if (!isPlaceForCompletions(document.scheme, writable)) return { kind: 'place', scheme: document.scheme };
  if (isSecretFile(document.fullPath)) return { kind: 'secret-file' };
  if (severalCursors) return { kind: 'several-cursors' };
  const line = document.lineAt(position.line);
  if (line.length > LONGEST_LINE) return { kind: 'long-line', characters: line.length };
  if (isInsideWord(line, position.character)) return { kind: 'inside-word' };
  return undefined;
}

/** The cursor is followed by the rest of a word, or of a character that has several parts. */
const isInsideWord = (line: string, at: number): boolean =>
  /^[\p{L}\p{N}\p{M}\p{Pc}$\u200C\u200D\uFE0F]/u.test(line.slice(at, at + 2)) || isInsidePair(line, at);

function refuseText({ before, after }: Around): Reason | undefined {
  if (before.trim() === '' && after.trim() === '') return { kind: 'empty-document' };
  const undecoded = (text: string): number => text.split('\uFFFD').length - 1;
  if (before.includes('\0') || after.includes('\0') || undecoded(before) + undecoded(after) >= UNDECODED)
    return { kind: 'binary' };
  return undefined;
}

/** What is remembered of an answer, made to fit here. */
function recall(
  spot: Spot,
  { cache, now }: CompletionParts,
  source: 'cache' | 'model',
  started: number,
): (Suggestion & { readonly more: boolean }) | { readonly none: Reason } | undefined {
  const found = cache.find(spot);
  if (!found) return undefined;
  if ('emptiedBy' in found) return { none: { kind: 'nothing', filter: found.emptiedBy } };
  const { more, ...rest } = extend(spot, found, cache);
  const fit = fitRest(rest, spot.around);
  const uncut = 'text' in fit && fit.text.trimEnd() === rest.text.trimEnd();
  if ('text' in fit) return { ...fit, more: more && uncut, source, ms: now() - started, growing: null };
  // What is left of an older answer has come to stand in the document by now: time for another question.
  return source === 'cache' ? undefined : { none: { kind: 'nothing', filter: fit.emptiedBy } };
}

type KnownRest = Rest & { readonly more: boolean };

/** What is left, with what was prepared to follow it. */
function extend(spot: Spot, rest: KnownRest, cache: SuggestionCache): KnownRest {
  if (!rest.more) return rest;
  const next = cache.find(after(spot, rest.text, rest.replaceBefore));
  if (!next || !('text' in next) || next.replaceBefore) return rest;
  return { ...rest, text: rest.text + next.text, more: next.more };
}

/** The place at which the cursor is once a text was accepted. */
function after({ uri, around }: Spot, text: string, replaceBefore: number, replaceAfter = 0): Spot {
  const before = around.before.slice(0, around.before.length - replaceBefore) + text;
  const rest = around.after.slice(replaceAfter);
  return {
    uri,
    around: {
      before,
      after: rest,
      linePrefix: before.slice(before.lastIndexOf('\n') + 1),
      lineSuffix: around.lineSuffix.slice(replaceAfter),
    },
  };
}

/** A rest made to fit the place; its own indentation counts, not the one that it replaces. */
function fitRest(
  { text, replaceBefore }: Rest,
  around: Around,
): Pick<Suggestion, 'text' | 'replaceAfter' | 'replaceBefore'> | { readonly emptiedBy: string } {
  const bare = replaceBefore
    ? {
        ...around,
        before: around.before.slice(0, -replaceBefore),
        linePrefix: around.linePrefix.slice(0, -replaceBefore),
      }
    : around;
  const fit = fitAnswer(text, bare);
  return 'emptiedBy' in fit ? fit : { ...fit, replaceBefore };
}

/**
 * Asks for what comes after a suggestion before it has been typed or accepted, so that the next one is there in the
 * same moment. Only where it pays: the model had more to say, is mostly right, has nothing else to do, and the
 * suggestion is nearly used up.
 */
function prepareNext(
  request: CompletionRequest,
  spot: Spot,
  shown: Suggestion & { more?: boolean },
  parts: CompletionParts,
): void {
  const { pace, generations, model, cache } = parts;
  const { state } = model;
  if (!shown.more || state.kind !== 'ready' || generations.busy) return;
  const { agreement, modelMs } = pace.state;
  const left = pace.typingMs(shown.text.length);
  if (agreement < SPECULATION.agreement || left > modelMs + SPECULATION.marginMs) return;
  const next = after(spot, shown.text, shown.replaceBefore, shown.replaceAfter);
  if (cache.find(next)) return;
  void generations
    .start(ask(request, next, state, parts), AbortSignal.timeout(SPECULATION.mostMs))
    .catch(() => undefined);
}

/** The question to the model, and what becomes of its answer. */
function ask(
  { document, position, trigger, repo }: CompletionRequest,
  spot: Spot,
  { model, format }: Extract<LocalModelState, { kind: 'ready' }>,
  { gateway, model: localModel, cache, pace, context, wait, now }: CompletionParts,
): GenerationParts {
  const { around } = spot;
  const { path, language } = document;
  const snippets = [
    ...(context?.gather(document, position.line, around) ?? []),
    ...((trigger === 'invoke' && context?.problemsAt(document, position.line)) || []),
  ];
  pace.sent();
  return {
    gateway,
    call: {
      tier: 'local',
      task: 'completion',
      chain: [model],
      request: buildRequest({ around, format, path, repo, language, snippets }),
      language,
      limits: INLINE_LIMITS,
    },
    spot,
    context: { around, tokens: format.mode === 'raw' ? format.family.tokens : ALL_TOKENS },
    wait,
    now,
    onFirstLine: (ms) => pace.answered(ms),
    onJudged: (agreed) => pace.judged(agreed),
    onEnd: ({ text, emptiedBy = null, more = false }, failure) => {
      localModel.report(model, failure);
      if (text || !failure) cache.add(spot, text, emptiedBy, more);
    },
  };
}
