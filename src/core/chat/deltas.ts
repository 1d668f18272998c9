/** Tokens in bundles: a model may send hundreds a second. */

/** Text is shown at most this often, in ms: 30 paints a second. */
const SHOW_EVERY_MS = 33;
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
  #timer: NodeJS.Timeout | undefined;
  constructor(everyMs: number, out: (text: string, reasoning: string) => void) {
    this.#everyMs = everyMs;
    this.#out = out;
  }
  add(text: string, reasoning: string): void {
    this.#text += text;
    this.#reasoning += reasoning;
    this.#timer ??= setTimeout(() => this.flush(), this.#everyMs);
  }
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text || this.#reasoning) this.#out(this.#text, this.#reasoning);
    this.#text = this.#reasoning = '';
  }
}
