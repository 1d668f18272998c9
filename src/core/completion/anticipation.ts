import { complete, prepareAfterRest, type CompletionParts, type CompletionRequest } from './complete.ts';
import { OVERTAKEN } from './until.ts';

/**
 * Keys since the editor asked: it asks nobody where suggestions are off in its own settings, nor while an input method
 * composes; only quick bursts of keys have it wait for their end.
 */
const MOST_UNASKED = 4;
/** Somebody who has not typed for so long reads what is suggested; in ms. */
const REST_MS = 700;

/**
 * Asks for a suggestion in the moment of a key. The editor itself waits some 50 ms before it asks; by then the model
 * may have answered, or an answer that no longer fits has at least been given up.
 */
export class Anticipation {
  readonly #parts: CompletionParts;
  #key = new AbortController();
  #unasked = Infinity;

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
    this.#key = new AbortController();
    if (++this.#unasked <= MOST_UNASKED)
      // What goes wrong is told to the editor's own question.
      void this.#ask(request, this.#key.signal).catch(() => undefined);
    // Only now, so that an answer under way that still agrees is wanted all the time.
    previous.abort(OVERTAKEN);
  }

  async #ask(request: CompletionRequest, signal: AbortSignal): Promise<void> {
    const found = await complete(request, this.#parts, signal);
    if (!('text' in found)) return;
    // What is still being written is wanted until the next key, whether or not the editor asks in between.
    await found.rest?.(signal);
    await this.#parts.wait(REST_MS, signal);
    prepareAfterRest(request, this.#parts);
  }

  /** The cursor went elsewhere. */
  moved(): void {
    this.#key.abort(OVERTAKEN);
  }
}
