import { complete, type CompletionParts, type CompletionRequest } from './complete.ts';

/** The editor has to have asked within this time, in ms: it asks nobody where suggestions are off in its own settings. */
const ASKED_MS = 5_000;

/**
 * Asks for a suggestion in the moment of a key. The editor itself waits some 50 ms before it asks; by then the model
 * may have answered, or an answer that no longer fits has at least been given up.
 */
export class Anticipation {
  readonly #parts: CompletionParts;
  #key = new AbortController();
  #askedAt = -Infinity;

  constructor(parts: CompletionParts) {
    this.#parts = parts;
  }

  /** The editor asked. */
  asked(): void {
    this.#askedAt = this.#parts.now();
  }

  /** Something was typed. Never rejects. */
  typed(request: CompletionRequest): void {
    const previous = this.#key;
    this.#key = new AbortController();
    if (this.#parts.now() - this.#askedAt < ASKED_MS)
      // What goes wrong is told to the editor's own question.
      void complete(request, this.#parts, this.#key.signal).catch(() => undefined);
    // Only now, so that an answer under way that still agrees is wanted all the time.
    previous.abort();
  }

  /** The cursor went elsewhere. */
  moved(): void {
    this.#key.abort();
  }
}
