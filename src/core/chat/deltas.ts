/** Tokens in bundles: a model may send hundreds a second. */

/** Text goes to the page at most this often, in ms; what has come by then is drawn with the next frame. */
const SHOW_EVERY_MS = 12;
/** And stored at most this often: with the write itself, a killed window loses at most the last 250 ms. */
const STORE_EVERY_MS = 200;

/** Gathers tokens so that neither the screen nor the disk is touched for each one. */
export class Deltas {
  readonly #show: Batch;
  readonly #store: Batch;
  constructor(show: (text: string, reasoning: string) => void, store: (text: string, reasoning: string) => void) {
    this.#show = new Batch(SHOW_EVERY_MS, show);
    this.#store = new Batch(STORE_EVERY_MS, store);
  }
  add(text: string, reasoning: string): void {
    this.#show.add(text, reasoning);
    this.#store.add(text, reasoning);
  }
  flush(): void {
    this.#show.flush();
    this.#store.flush();
  }
}

class Batch {
  readonly #everyMs: number;
  readonly #out: (text: string, reasoning: string) => void;
  #text = '';
  #reasoning = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushed = -Infinity;
  constructor(everyMs: number, out: (text: string, reasoning: string) => void) {
    this.#everyMs = everyMs;
    this.#out = out;
  }
  add(text: string, reasoning: string): void {
    this.#text += text;
    this.#reasoning += reasoning;
    // The first after a while waits for no others.
    const waited = performance.now() - this.#flushed;
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, this.#everyMs - waited));
  }
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushed = performance.now();
    if (this.#text || this.#reasoning) this.#out(this.#text, this.#reasoning);
    this.#text = this.#reasoning = '';
  }
}
