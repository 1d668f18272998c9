/**
 * The time a local model takes: loading, waiting for the one slot, prompt evaluation (only of tokens that are not in
 * the slot's cache), decoding. Modeled on how Ollama schedules its runners.
 */
import { EventEmitter, once } from 'node:events';
import { Semaphore } from '../../src/core/common/semaphore.ts';
import type { BookEntry } from './book.ts';
import { AUTOMATIC_OPTIONS } from './ollamaModels.ts';
import { sleep } from './wire.ts';

/** Speeds of the server; may be changed at any time, `Infinity` means no delay. */
export interface Timing {
  promptTokensPerSecond: number;
  decodeTokensPerSecond: number;
  /** Time to load a model, or to reload it with other runner options, in ms. */
  loadMs: number;
}

/** One generation place of a runner with the tokens that are in its cache. */
interface Slot {
  busy: boolean;
  cache: string[];
}

/** A prompt that was evaluated and is now being continued. */
export interface Session {
  /** Duration of the prompt evaluation in ms. */
  readonly promptMs: number;
  /** Adds a generated token to the cache. */
  generated(token: string): void;
  /** Gives the slot to the next in the queue. */
  release(): void;
}

export class Runner {
  /** How often the model was loaded. */
  loads = 0;
  /** Context window of the loaded runner in tokens. */
  contextLength = 0;
  /** ms since the epoch; `Infinity` forever. Meaningful while loaded. */
  expiresAt = 0;

  readonly #timing: Timing;
  readonly #scheduling = new Semaphore(1);
  readonly #places: Semaphore;
  readonly #slots: Slot[];
  readonly #events = new EventEmitter();
  #options: string | undefined;
  #users = 0;

  constructor(timing: Timing, parallel: number) {
    this.#timing = timing;
    this.#places = new Semaphore(parallel);
    this.#slots = Array.from({ length: parallel }, () => ({ busy: false, cache: [] }));
    this.#events.setMaxListeners(0);
  }

  get loaded(): boolean {
    return this.#options !== undefined && (this.#users > 0 || Date.now() < this.expiresAt);
  }

  get idle(): boolean {
    return this.#users === 0;
  }

  /** Requests that wait for a load. */
  get waiting(): number {
    return this.#scheduling.waiting;
  }

  /** Loads without a request and without waiting, with automatic options. */
  preload(contextLength: number, keepAliveMs: number): void {
    this.#options ??= AUTOMATIC_OPTIONS;
    this.contextLength = contextLength;
    this.expiresAt = Date.now() + keepAliveMs;
  }

  unload(): void {
    this.#options = undefined;
    for (const slot of this.#slots) slot.cache = [];
  }

  /**
   * Makes the runner ready with these options, loading it if it is cold or has others; a reload waits until running
   * generations are over. Every successful call needs one {@link done}.
   */
  async ready(options: string, contextLength: number, entry: BookEntry, signal: AbortSignal): Promise<void> {
    entry.phase = 'queued';
    await this.#scheduling.acquire(signal);
    try {
      if (!this.loaded || this.#options !== options) {
        while (this.#users > 0) await once(this.#events, 'idle', { signal });
        entry.phase = 'loading';
        entry.loadedModel = true;
        this.unload();
        this.loads++;
        await sleep(this.#timing.loadMs, signal);
        this.#options = options;
        this.contextLength = contextLength;
      }
      this.#users++;
    } finally {
      this.#scheduling.release();
    }
  }

  /** The call is over; the model stays for `keepAliveMs`, 0 unloads it when no one else uses it. */
  done(keepAliveMs: number): void {
    this.#users--;
    this.expiresAt = Date.now() + keepAliveMs;
    if (this.#users > 0) return;
    if (keepAliveMs <= 0) this.unload();
    this.#events.emit('idle');
  }

  /** Waits for a slot and evaluates the prompt there. What an abort leaves behind in the cache stays useful. */
  async evaluate(prompt: string[], entry: BookEntry, signal: AbortSignal): Promise<Session> {
    entry.phase = 'queued';
    await this.#places.acquire(signal);
    const slot = this.#slots
      .filter(({ busy }) => !busy)
      .sort((a, b) => commonPrefix(b.cache, prompt) - commonPrefix(a.cache, prompt))[0]!;
    slot.busy = true;
    const release = () => {
      slot.busy = false;
      this.#places.release();
    };
    // At least the last token is evaluated, even if all of them are in the cache.
    const cached = Math.max(0, Math.min(commonPrefix(slot.cache, prompt), prompt.length - 1));
    const fresh = prompt.length - cached;
    entry.phase = 'prompt';
    entry.tokens.inputCached = cached;
    const start = performance.now();
    try {
      await sleep((fresh * 1000) / this.#timing.promptTokensPerSecond, signal);
      entry.tokens.inputFresh = fresh;
      slot.cache = [...prompt];
    } catch (error) {
      const elapsed = performance.now() - start;
      const evaluated = Math.min(fresh, Math.floor((elapsed * this.#timing.promptTokensPerSecond) / 1000));
      entry.tokens.inputFresh = evaluated;
      slot.cache = prompt.slice(0, cached + evaluated);
      release();
      throw error;
    }
    return { promptMs: performance.now() - start, generated: (token) => slot.cache.push(token), release };
  }
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
