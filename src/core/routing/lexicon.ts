/**
 * A set of stems in which a text is looked up in one pass: a trie over character codes. See concepts.ts for the form of
 * the stems.
 */
export interface Lexicon {
  readonly names: readonly string[];
  /** Concept number → name of its signal. */
  readonly signals: readonly string[];
  readonly edges: Edges;
  /** What ends at each node. */
  readonly ends: readonly (readonly StemEnd[] | undefined)[];
  /** First characters of stems that may begin within a word. */
  readonly inner: ReadonlySet<number>;
}

interface StemEnd {
  readonly concept: number;
  readonly anywhere: boolean;
  readonly wholeWord: boolean;
}

/** Stands for what is not part of the question itself: quoted text, code, names of things. */
export const MASKED = 1;
const BLANK = 32;

/** Letters without a decomposition, each with the plain one in its place. */
const PLAIN = new Map(
  ['øo', 'łl', 'đd', 'ıi', 'ßs', 'æa', 'œo', 'Øo', 'Łl', 'Đd', 'İi'].map((pair) => [pair[0], pair[1]]),
);

/** Every character in its folded form, and whether it belongs to words, as tables: these are the innermost loops. */
const FOLDED = Uint16Array.from({ length: 65_536 }, (_, code) => foldOne(code));
const IN_WORD = Uint8Array.from({ length: 65_536 }, (_, code) => (isWord(code) ? 1 : 0));

/** Lower case, Latin letters without accents, every kind of blank and hyphen as one. */
export const fold = (code: number): number => FOLDED[code] ?? code;

/** Letters and digits of any script, roughly: what is no blank and no sign. */
export const isWordCode = (code: number): boolean => IN_WORD[code] === 1;

function foldOne(code: number): number {
  if (code >= 0xff01 && code <= 0xff5e) return foldOne(code - 0xfee0); // full-width forms
  if (code === 0x2019) return 39;
  if (code === 0xa0 || code === 0x3000 || code === 45 || (code >= 9 && code <= 32)) return BLANK;
  if (code >= 0x2000 && code <= 0x2014) return BLANK;
  const letter = String.fromCharCode(code);
  const isLatin = code < 0x370 || (code >= 0x1e00 && code < 0x1f00);
  if (isLatin) return (PLAIN.get(letter) ?? letter.normalize('NFD').charAt(0)).toLowerCase().charCodeAt(0);
  return code < 0x590 ? letter.toLowerCase().charCodeAt(0) : code;
}

function isWord(code: number): boolean {
  if (code < 0xaa) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95;
  return !(
    (code >= 0x2000 && code < 0x2e80) ||
    (code >= 0x3000 && code <= 0x3004) ||
    (code >= 0x3008 && code <= 0x3020)
  );
}

/** Scripts whose words are not set apart by blanks, or take prefixes: a stem may begin anywhere. */
const isUnspaced = (code: number): boolean => code >= 0x590;

/** Node and character → next node, in one flat hash table. */
class Edges {
  readonly #nodes: Int32Array;
  readonly #codes: Uint16Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  /** @param count most edges that it will hold */
  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(count * 2 + 2));
    this.#mask = size - 1;
    this.#nodes = new Int32Array(size).fill(-1);
    this.#codes = new Uint16Array(size);
    this.#next = new Int32Array(size);
  }

  /** The next node, or -1. */
  get(node: number, code: number): number {
    let slot = (Math.imul(node, 40_503) ^ Math.imul(code, 31)) & this.#mask;
    while (this.#nodes[slot] !== -1) {
      if (this.#nodes[slot] === node && this.#codes[slot] === code) return this.#next[slot] ?? -1;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  set(node: number, code: number, next: number): void {
    let slot = (Math.imul(node, 40_503) ^ Math.imul(code, 31)) & this.#mask;
    while (this.#nodes[slot] !== -1) slot = (slot + 1) & this.#mask;
    this.#nodes[slot] = node;
    this.#codes[slot] = code;
    this.#next[slot] = next;
  }
}

/** Builds the trie. */
export function buildLexicon(text: string): Lexicon {
  const names: string[] = [];
  const signals: string[] = [];
  const edges = new Edges(text.length);
  const ends: StemEnd[][] = [];
  const inner = new Set<number>();
  let nodes = 1;
  // a concept may go on in the next line
  for (const line of text.trim().replaceAll(/\n +/g, ' ').split('\n')) {
    const [head = '', stems = ''] = line.split(': ', 2);
    const [name = '', signal = ''] = head.split(' / ');
    const concept = names.push(name) - 1;
    signals.push(signal);
    for (const stem of stems.split(' ')) {
      const anywhere = stem.startsWith('~');
      const wholeWord = stem.endsWith('$');
      const letters = stem.slice(anywhere ? 1 : 0, wholeWord ? -1 : undefined).replaceAll('_', ' ');
      let node = 0;
      for (let i = 0; i < letters.length; i++) {
        const code = fold(letters.charCodeAt(i));
        if (i === 0 && anywhere) inner.add(code);
        let next = edges.get(node, code);
        if (next < 0) edges.set(node, code, (next = nodes++));
        node = next;
      }
      if (node > 0) (ends[node] ??= []).push({ concept, anywhere, wholeWord });
    }
  }
  return { names, signals, edges, ends, inner };
}

/**
 * Reports every stem that a text contains, from left to right.
 *
 * @param codes folded characters
 * @param found gets the number of the concept and the place of its first character
 */
export function lookUp(
  lexicon: Lexicon,
  codes: Uint16Array,
  length: number,
  found: (concept: number, at: number) => void,
): void {
  const { edges, inner } = lexicon;
  let inWord = false;
  for (let start = 0; start < length; start++) {
    const first = codes[start] ?? 0;
    const begins = !inWord || isUnspaced(first);
    inWord = isWordCode(first);
    if (first <= BLANK || (!begins && !inner.has(first))) continue;
    let node = 0;
    for (let i = start; i < length; i++) {
      node = edges.get(node, codes[i] ?? 0);
      if (node < 0) break;
      const ends = lexicon.ends[node];
      if (!ends) continue;
      const atEnd = i + 1 >= length || !isWordCode(codes[i + 1] ?? 0) || isUnspaced(codes[i + 1] ?? 0);
      for (const end of ends) {
        if ((begins || end.anywhere) && (!end.wholeWord || atEnd)) found(end.concept, start);
      }
    }
  }
}
