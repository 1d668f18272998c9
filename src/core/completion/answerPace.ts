/**
 * How long ghost text waits for the end of an answer once its first line has come. A block that the model finishes soon
 * is shown as a whole, so that one Tab takes what belongs together. VS Code does not replace what it shows by a longer
 * version of it, so the choice is made once.
 */

/** An answer that ends within this time after its first line is waited for; in ms. */
export const SOON_MS = 300;
/** The same while the user has typed nothing since the question: then the wait costs no key. In ms. */
export const RESTING_MS = 350;
/** Grace for a line that is about to be the last, where the rest takes longer; in ms. */
export const LINE_MS = 10;
/** An explicit request gets the whole answer; in ms. */
export const INVOKED_MS = 10_000;

/** Weight of the newest observation. */
const WEIGHT = 0.2;
/** Characters of an answer of several lines before any has been seen: about three lines of code. */
const USUAL_CHARACTERS = 100;
/** At least one more line has to come before the end can be known; in characters. */
const LINE_CHARACTERS = 25;
/** About 70 tokens per second, as laptops decode with a small model, until the speed has been measured. */
const USUAL_MS_PER_CHARACTER = 4;
/** Answers that arrive at once, in one chunk, say nothing about the speed. */
const LEAST_MEASURED_MS = 5;

/** The part of an answer that has come. */
export interface Progress {
  /** Characters so far. */
  readonly characters: number;
  /** From the first character to the last one, in ms. */
  readonly ms: number;
}

/** Learns the speed of the model and the length of its answers. */
export class AnswerPace {
  #msPerCharacter = USUAL_MS_PER_CHARACTER;
  #characters = USUAL_CHARACTERS;

  /** An answer of several lines has ended. */
  ended(progress: Progress): void {
    this.#characters += WEIGHT * (progress.characters - this.#characters);
    const speed = speedOf(progress);
    if (speed !== undefined) this.#msPerCharacter += WEIGHT * (speed - this.#msPerCharacter);
  }

  /** Ms until the end of an answer of which this much has come, as far as one can tell. */
  remainingMs(progress: Progress): number {
    const characters = Math.max(LINE_CHARACTERS, this.#characters - progress.characters);
    return characters * (speedOf(progress) ?? this.#msPerCharacter);
  }
}

/** Ms per character; undefined where it was not measured. */
const speedOf = ({ characters, ms }: Progress): number | undefined =>
  ms >= LEAST_MEASURED_MS && characters > 0 ? ms / characters : undefined;
