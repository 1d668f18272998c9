/** Which passages of other files resemble the text around the cursor: what one writes is often like what one has written. */

/** A passage of a file. Lines are counted from 0, `end` is the first line after it. */
interface Passage {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface RankedPassage extends Passage {
  /** Jaccard similarity of identifiers, 0 to 1. */
  readonly score: number;
}

/** Lines of a passage, and from one passage to the next. */
const LINES = 24;
const STEP = 12;
/** Longer files are read only this far, in lines; longer lines are data. */
const MOST_LINES = 2_000;
const LONGEST_LINE = 400;

interface Indexed extends Passage {
  readonly words: ReadonlySet<string>;
}

/** Words that say nothing about what a text is about. */
const COMMON = new Set(
  (
    'if else for while do return const let var function class new this self def import from export type interface public ' +
    'private static void int string bool boolean true false null none nil undefined func fn impl use mod pub struct end ' +
    'async await try catch except finally in of is not and or'
  ).split(' '),
);

/** The identifiers of a text, with the parts of compound ones: `getUserName` is about users too. */
export function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  for (const [word] of text.matchAll(/[A-Za-z_][A-Za-z0-9_]{2,}/g)) {
    const lower = word.toLowerCase();
    if (COMMON.has(lower)) continue;
    words.add(lower);
    if (/[a-z][A-Z]|_/.test(word))
      for (const part of word.split(/_|(?<=[a-z])(?=[A-Z])/)) if (part.length > 2) words.add(part.toLowerCase());
  }
  return words;
}

/** The passages of a file with their words, computed once per version of the file. */
export class PassageIndex {
  readonly #files = new Map<string, { version: number; passages: readonly Indexed[] }>();
  readonly #most: number;

  /** @param most files that are remembered */
  constructor(most = 40) {
    this.#most = most;
  }

  /** Whether asking for a file costs nothing. */
  has(uri: string, version: number): boolean {
    return this.#files.get(uri)?.version === version;
  }

  passages(uri: string, version: number, lines: () => readonly string[]): readonly Indexed[] {
    const known = this.#files.get(uri);
    if (known?.version === version) return known.passages;
    const passages = split(lines());
    this.#files.delete(uri);
    this.#files.set(uri, { version, passages });
    const oldest = this.#files.keys().next().value;
    if (this.#files.size > this.#most && oldest !== undefined) this.#files.delete(oldest);
    return passages;
  }
}

function split(lines: readonly string[]): Indexed[] {
  const passages: Indexed[] = [];
  const last = Math.min(lines.length, MOST_LINES);
  for (let start = 0; start < last; start += STEP) {
    const end = Math.min(last, start + LINES);
    const part = lines.slice(start, end);
    if (part.some((line) => line.length > LONGEST_LINE)) continue;
    const text = part.join('\n').trimEnd();
    const words = wordsOf(text);
    if (words.size >= 3) passages.push({ start, end, text, words });
    if (end === last) break;
  }
  return passages;
}

/** The passage that shares most words with `query`. */
export function bestPassage(passages: readonly Indexed[], query: ReadonlySet<string>): RankedPassage | undefined {
  let best: RankedPassage | undefined;
  for (const { words, ...passage } of passages) {
    let shared = 0;
    for (const word of words) if (query.has(word)) shared++;
    const score = shared / (words.size + query.size - shared || 1);
    if (shared >= 3 && score > (best?.score ?? 0)) best = { ...passage, score };
  }
  return best;
}
