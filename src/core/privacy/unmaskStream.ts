import { unmaskSecrets, type SecretNames } from './maskSecrets.ts';

/** The longest mark of a secret, in characters, with room for longer names. */
const LONGEST_MARK = 60;

/**
 * Puts masked secrets back into text that comes in pieces. A mark that a piece cuts in half is held back until its rest
 * is there.
 */
export class SecretUnmasker {
  readonly #names: () => SecretNames;
  #held = '';

  /** @param names the secrets by their names; asked only when a mark comes */
  constructor(names: () => SecretNames) {
    this.#names = names;
  }

  /** The text that can be shown now; empty while more is needed. */
  push(text: string): string {
    this.#held += text;
    const open = this.#held.lastIndexOf('«');
    const isHalf = open >= 0 && !this.#held.includes('»', open) && this.#held.length - open < LONGEST_MARK;
    const cut = isHalf ? open : this.#held.length;
    const ready = this.#held.slice(0, cut);
    this.#held = this.#held.slice(cut);
    return this.#unmask(ready);
  }

  /** What is left at the end. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return this.#unmask(rest);
  }

  #unmask(text: string): string {
    return text.includes('«') ? unmaskSecrets(text, this.#names()) : text;
  }
}
