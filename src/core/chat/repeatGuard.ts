/** The same request twice within this is one, in ms. */
const TWICE_MS = 500;

/** Tells a double click, or two listeners to one key, from two requests. */
export class RepeatGuard {
  #last: { readonly key: string; readonly at: number } | null = null;

  /** Whether the same was requested a moment ago. @param at in ms */
  isRepeated(request: readonly string[], at: number): boolean {
    const key = JSON.stringify(request);
    const repeated = this.#last?.key === key && at - this.#last.at < TWICE_MS;
    this.#last = { key, at };
    return repeated;
  }
}
