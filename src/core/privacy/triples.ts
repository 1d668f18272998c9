/**
 * Which three characters a text has next to each other. Most of the words that a search looks for are ruled out by that,
 * so that a long text is read once instead of once for each word.
 */
export class Triples {
  readonly #text: string;
  readonly #seen = new Uint8Array(SLOTS);

  constructor(text: string) {
    this.#text = text;
    let [a, b] = [text.charCodeAt(0), text.charCodeAt(1)];
    for (let i = 2; i < text.length; i++) {
      const c = text.charCodeAt(i);
      this.#seen[slotOf(a, b, c)] = 1;
      a = b;
      b = c;
    }
  }

  /** Whether the text includes the word, letter by letter. */
  includes(word: string): boolean {
    for (let i = 2; i < word.length; i++)
      if (!this.#seen[slotOf(word.charCodeAt(i - 2), word.charCodeAt(i - 1), word.charCodeAt(i))]) return false;
    return this.#text.includes(word);
  }
}

const SLOTS = 1 << 16;
const slotOf = (a: number, b: number, c: number): number => ((a * 31 + b) * 31 + c) & (SLOTS - 1);
