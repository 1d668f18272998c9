import { INLINE_LIMITS, type Gateway } from '../call.ts';
import type { delay } from '../resilience.ts';
import { isSecretFile } from '../secretFiles.ts';
import type { Settings } from '../settings.ts';
import { formatModelRef } from '../types.ts';
import { isInsidePair, readAround, type Around, type DocumentView, type Position, type Selected } from './around.ts';
import type { Spot, SuggestionCache } from './cache.ts';
import { ALL_TOKENS } from './fim.ts';
import type { GenerationParts, Generations } from './generation.ts';
import type { LocalModel, LocalModelState, Trigger } from './localModel.ts';
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

export type Completion =
  | {
      readonly text: string;
      /** UTF-16 units after the cursor, on its line, that the text replaces. */
      readonly replaceAfter: number;
      readonly source: 'cache' | 'model';
      /** From the question to the answer. */
      readonly ms: number;
    }
  | { readonly none: Reason };

/** Everything that completions are made of; what lives and remembers is in `model`, `cache` and `generations`. */
export interface CompletionParts {
  readonly gateway: Gateway;
  readonly settings: () => Settings;
  readonly model: LocalModel;
  readonly cache: SuggestionCache;
  readonly generations: Generations;
  /** Ms since any fixed time. */
  readonly now: () => number;
  readonly wait: typeof delay;
}

/** How long typing has to rest before the model is asked, in ms; VS Code itself waits about 50 ms before it asks us. */
export const PAUSE = { typingMs: 75, restedMs: 300 } as const;

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
  const around = readAround(request.document, request.position, request.selected);
  const unfit = refuseText(around);
  if (unfit) return { none: unfit };
  const model = parts.model.model;
  if (!model) return { none: { kind: 'model', state: parts.model.state } };

  // What another model said is no answer of this one.
  const spot: Spot = { uri: `${formatModelRef(model)} ${request.document.uri}`, around };
  const known = recall(spot, parts, 'cache', started);
  // Who asks for a suggestion is not content with remembering that there was none.
  if (known && ('text' in known || request.trigger === 'typing')) return known;

  parts.model.wake(request.trigger);
  try {
    let generation = parts.generations.join(spot);
    if (!generation) {
      await parts.wait(pauseOf(request), signal);
      const state = await parts.model.settled(signal);
      if (state.kind !== 'ready') return { none: { kind: 'model', state } };
      // The settings changed while this waited; the next key asks the other model.
      if (formatModelRef(state.model) !== formatModelRef(model)) return { none: { kind: 'cancelled' } };
      generation = await parts.generations.start(ask(request, spot, state, parts), signal);
    }
    await generation.wait(signal);
    if (generation.failure) return { none: { kind: 'failed', model, failure: generation.failure } };
  } catch (error) {
    // All these waits reject for this reason only.
    if (signal.aborted) return { none: { kind: 'cancelled' } };
    throw error;
  }
  return recall(spot, parts, 'model', started) ?? { none: { kind: 'cancelled' } };
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
): Completion | undefined {
  const found = cache.find(spot);
  if (!found) return undefined;
  if ('emptiedBy' in found) return { none: { kind: 'nothing', filter: found.emptiedBy } };
  const fit = fitAnswer(found.rest, spot.around);
  if (!('emptiedBy' in fit)) return { ...fit, source, ms: now() - started };
  // What is left of an older answer has come to stand in the document by now: time for another question.
  return source === 'cache' ? undefined : { none: { kind: 'nothing', filter: fit.emptiedBy } };
}

/** Who asked for a suggestion, or has stopped typing, does not wait. */
function pauseOf({ trigger, sinceEditMs }: CompletionRequest): number {
  return trigger === 'invoke' || sinceEditMs > PAUSE.restedMs ? 0 : PAUSE.typingMs;
}

/** The question to the model, and what becomes of its answer. */
function ask(
  { document, repo }: CompletionRequest,
  spot: Spot,
  { model, format }: Extract<LocalModelState, { kind: 'ready' }>,
  { gateway, model: localModel, cache, wait }: CompletionParts,
): GenerationParts {
  const { around } = spot;
  const { path, language } = document;
  return {
    gateway,
    call: {
      tier: 'local',
      task: 'completion',
      chain: [model],
      request: buildRequest({ around, format, path, repo, language, snippets: [] }),
      language,
      limits: INLINE_LIMITS,
    },
    spot,
    context: { around, tokens: format.mode === 'raw' ? format.family.tokens : ALL_TOKENS },
    wait,
    onEnd: ({ text, emptiedBy = null }, failure) => {
      localModel.report(model, failure);
      if (text || !failure) cache.add(spot, text, emptiedBy);
    },
  };
}
