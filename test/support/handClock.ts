/** A clock that moves by hand and calls back the code that waits for it. */
export class HandClock {
  ms = 1_000_000;
  #waiting: { readonly at: number; readonly callback: () => void }[] = [];

  readonly now = (): number => this.ms;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const wait = { at: this.ms + ms, callback };
    this.#waiting.push(wait);
    return () => (this.#waiting = this.#waiting.filter((other) => other !== wait));
  };

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const [next] = this.#waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.ms = Math.max(this.ms, next.at);
      this.#waiting = this.#waiting.filter((other) => other !== next);
      next.callback();
    }
    this.ms = end;
  }
}
