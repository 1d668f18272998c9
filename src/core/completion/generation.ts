import type { CallResult, Gateway, ModelCall } from '../call.ts';
import type { Failure } from '../errors.ts';
import type { delay } from '../resilience.ts';
import { markOf, typedSince, type Mark, type Spot } from './cache.ts';
import { readAnswer, type Answer, type AnswerContext } from './postprocess.ts';
import { untilAborted } from './until.ts';

/**
 * An answer that nobody waits for is kept this long, in ms: the editor cancels at each key and asks again some 50 ms
 * later, and then the answer may be just what is being typed.
 */
export const GRACE_MS = 150;

export interface GenerationParts {
  readonly gateway: Gateway;
  readonly call: ModelCall;
  readonly spot: Spot;
  readonly context: AnswerContext;
  /**
   * Called once at the end, before anybody who waits hears of it; not when the answer was given up. Of a broken answer
   * the whole lines are still of use.
   */
  readonly onEnd: (answer: Answer, failure: Failure | null) => void;
  readonly wait: typeof delay;
}

/** One answer on its way: it owns the stream, and may be awaited by several keys in succession. */
export class Generation {
  readonly #mark: Mark;
  readonly #parts: GenerationParts;
  readonly #controller = new AbortController();
  /** Settled when the stream is closed; never rejects. */
  readonly closed: Promise<void>;
  #answer: Answer = { text: '', complete: false };
  #failure: Failure | null = null;
  #waiting = 0;

  constructor(parts: GenerationParts) {
    this.#mark = markOf(parts.spot);
    this.#parts = parts;
    this.closed = this.#run();
  }

  /** Whether this answer, as far as it has come, is what is being typed. */
  agreesWith(spot: Spot): boolean {
    return !this.#controller.signal.aborted && typedSince(this.#mark, this.#answer.text, markOf(spot)) !== undefined;
  }

  /** Why there is no answer; null also when there is one although something went wrong. */
  get failure(): Failure | null {
    return this.#answer.text ? null : this.#failure;
  }

  /** Waits for the end, at most until `signal` is aborted (then it rejects). */
  async wait(signal: AbortSignal): Promise<void> {
    this.#waiting++;
    try {
      await untilAborted(this.closed, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) void this.#giveUpUnlessWanted();
    }
  }

  /** Closes the connection. */
  abort(): void {
    this.#controller.abort();
  }

  async #giveUpUnlessWanted(): Promise<void> {
    const { signal } = this.#controller;
    await this.#parts.wait(GRACE_MS, signal).catch(() => undefined);
    if (this.#waiting === 0) this.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    let end: CallResult | null = null;
    try {
      end = await this.#stream(signal);
    } catch (error) {
      // The gateway does not throw; but nothing may leave a window without completions for ever.
      this.#failure = { kind: 'internal', detail: String(error) };
    }
    if (signal.aborted) return;
    this.#failure ??= end?.failure ?? null;
    this.#parts.onEnd(this.#answer, this.#failure);
    // Ends the pause of whoever would give it up.
    this.abort();
  }

  /** @returns how the call ended; null when it was left because the suggestion was complete */
  async #stream(signal: AbortSignal): Promise<CallResult | null> {
    const { gateway, call, context } = this.#parts;
    let raw = '';
    for await (const event of gateway.stream(call, signal)) {
      if (event.kind === 'end') {
        const cut = event.result.finish === 'length' || event.result.outcome !== 'done';
        this.#answer = readAnswer(raw, context, cut ? 'cut' : 'ended');
        return event.result;
      }
      if (event.kind !== 'text') continue;
      raw += event.text;
      this.#answer = readAnswer(raw, context, 'streaming');
      // Leaving the loop closes the socket: no token is made that nobody will see.
      if (this.#answer.complete) break;
    }
    return null;
  }
}

/** The one generation that a window may have under way. */
export class Generations {
  #current: Generation | null = null;

  /** The generation that is producing what is wanted here. Another one is given up. */
  join(spot: Spot): Generation | null {
    if (this.#current && !this.#current.agreesWith(spot)) this.#current.abort();
    return this.#current?.agreesWith(spot) ? this.#current : null;
  }

  /**
   * Starts a generation when no other is under way any more; of two that wait for that, the later one wins. Rejects
   * when `signal` is aborted before.
   */
  async start(parts: GenerationParts, signal: AbortSignal): Promise<Generation> {
    while (this.#current) {
      this.#current.abort();
      await this.#current.closed;
    }
    signal.throwIfAborted();
    const generation = new Generation(parts);
    this.#current = generation;
    void generation.closed.then(() => {
      if (this.#current === generation) this.#current = null;
    });
    return generation;
  }

  /** Gives up what is under way. */
  abort(): void {
    this.#current?.abort();
  }
}
