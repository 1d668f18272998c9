/**
 * How long to wait after a key before the model is asked. A fixed pause is wrong for everybody: too long for a quick
 * machine and a model that is mostly right, too short for a slow typist and a model that is mostly wrong. So it follows
 * what is seen: the typist's rhythm, the time the model takes, and how often its answers were what was typed next.
 */

/** Gaps above this are rests, not rhythm; in ms. */
const LONGEST_GAP_MS = 600;
/** Weight of the newest observation. */
const WEIGHT = 0.2;
/** From this share of agreeing answers on nothing is waited for, and below that the whole pause. */
const TRUSTED = 0.7;
const DISTRUSTED = 0.3;
/** The longest pause, in gaps between keys: then typing has really stopped. */
const MOST_GAPS = 1.8;
const MOST_MS = 300;
/** Requests that typing may cause at once, and per second in the long run. */
const BURST = 4;
const PER_SECOND = 2;

/** What the pace is made of; for tests and diagnostics. */
export interface DebounceState {
  /** Between two keys, in ms. */
  readonly gapMs: number;
  /** From the request to the first line of the answer, in ms. */
  readonly modelMs: number;
  /** Share of answers that agreed with what was typed next, 0 to 1. */
  readonly agreement: number;
}

export class AdaptiveDebounce {
  readonly #now: () => number;
  #lastKey = -Infinity;
  #gapMs = 150;
  #modelMs = 300;
  #agreement = 0.6;
  /** Requests that may be sent, as of `#countedAt`. */
  #allowance = BURST;
  #countedAt = -Infinity;

  /** @param now ms since any fixed time */
  constructor(now: () => number) {
    this.#now = now;
  }

  get state(): DebounceState {
    return { gapMs: this.#gapMs, modelMs: this.#modelMs, agreement: this.#agreement };
  }

  /** Something was typed. */
  typed(): void {
    const now = this.#now();
    const gap = now - this.#lastKey;
    if (gap < LONGEST_GAP_MS) this.#gapMs += WEIGHT * (gap - this.#gapMs);
    this.#lastKey = now;
  }

  /** An answer's first line came after so many ms. */
  answered(ms: number): void {
    this.#modelMs += WEIGHT * (ms - this.#modelMs);
  }

  /** Whether an answer was what was typed next. */
  judged(agreed: boolean): void {
    this.#agreement += WEIGHT * (Number(agreed) - this.#agreement);
  }

  /**
   * Ms that are still to be waited before the model is asked.
   *
   * @param sinceEditMs since the last change of the document
   */
  pauseMs(sinceEditMs: number): number {
    const doubt = Math.min(1, Math.max(0, (TRUSTED - this.#agreement) / (TRUSTED - DISTRUSTED)));
    // An answer that takes no longer than a gap between keys costs little even when it is wrong, as long as enough
    // requests are left for the moment at which typing stops.
    const untilAllowed = this.#untilAllowed();
    const price = Math.min(1, Math.max(this.#modelMs / this.#gapMs, 1 - this.#allowance / BURST));
    const pause = Math.min(MOST_MS, MOST_GAPS * this.#gapMs * doubt * price);
    return Math.max(0, pause - sinceEditMs, untilAllowed);
  }

  /** A request is sent because of typing. */
  sent(): void {
    this.#refill();
    this.#allowance--;
  }

  /** Ms in which so many characters are typed. */
  typingMs(characters: number): number {
    return characters * this.#gapMs;
  }

  #untilAllowed(): number {
    this.#refill();
    return this.#allowance >= 1 ? 0 : ((1 - this.#allowance) * 1000) / PER_SECOND;
  }

  #refill(): void {
    const now = this.#now();
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#countedAt) * PER_SECOND) / 1000);
    this.#countedAt = now;
  }
}
