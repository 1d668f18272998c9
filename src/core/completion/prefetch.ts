import { debugLog, giveUp } from '../common/debugLog.ts';
import { complete, prefetchAfterPause, type CompletionParts, type CompletionRequest } from './complete.ts';
import { LazyAbortController, type Cancellable } from '../common/lazyAbort.ts';

/**
 * Keys since the editor asked: it does not ask where suggestions are off in its own settings, nor while an input method
 * composes; only quick bursts of keys have it wait for their end.
 */
const MOST_UNASKED = 4;
/** A user who has not typed for this long reads the suggestion; in ms. */
const REST_MS = 700;

/**
 * Asks for a suggestion in the moment of a key. The editor itself waits some 50 ms before it asks; by then the model
 * may have answered, or an answer that no longer fits has at least been given up.
 */
export class Prefetcher {
  readonly #parts: CompletionParts;
  #key = new LazyAbortController();
  #unasked = Infinity;
  /** The place at which the user reads the suggestion, if nothing more is typed until `due`. */
  #reading: { readonly request: CompletionRequest; readonly due: number } | null = null;
  #watch: LazyAbortController | null = null;

  constructor(parts: CompletionParts) {
    this.#parts = parts;
  }

  /** The editor asked. */
  asked(): void {
    this.#unasked = 0;
  }

  /** Something was typed. Never rejects. */
  typed(request: CompletionRequest): void {
    const previous = this.#key;
    this.#key = new LazyAbortController();
    this.#reading = null;
    if (++this.#unasked <= MOST_UNASKED)
      // What goes wrong is told to the editor's own question.
      void this.#ask({ ...request, ahead: true }, this.#key).catch(giveUp('a completion asked ahead'));
    // Only now, so that an answer under way that still agrees is wanted all the time.
    previous.abort();
  }

  async #ask(request: CompletionRequest, key: Cancellable): Promise<void> {
    const found = await complete(request, this.#parts, key);
    if (!('text' in found)) return;
    // What is still being written is wanted until the next key, whether or not the editor asks in between.
    await found.rest?.(key.signal);
    if (key !== this.#key) return;
    this.#reading = { request, due: this.#parts.now() + REST_MS };
    void this.#watchReader();
  }

  /** One wait for many keys, instead of one for each. */
  async #watchReader(): Promise<void> {
    if (this.#watch) return;
    const watch = (this.#watch = new LazyAbortController());
    const { now, wait } = this.#parts;
    try {
      for (let rest = this.#reading; rest; rest = this.#reading) {
        if (now() >= rest.due) {
          this.#reading = null;
          prefetchAfterPause(rest.request, this.#parts);
        } else await wait(rest.due - now(), watch.signal);
      }
    } catch (error) {
      debugLog('context for the next completion', error);
      // The cursor went elsewhere; or nothing could be prepared, which the next key will find out.
    } finally {
      if (this.#watch === watch) this.#watch = null;
    }
  }

  /** The cursor went elsewhere. */
  moved(): void {
    this.#key.abort();
    this.#key = new LazyAbortController();
    this.#reading = null;
    this.#watch?.abort();
    this.#watch = null;
  }
}
