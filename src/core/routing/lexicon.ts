/**
 * A set of stems in which a text is looked up in one pass: a trie over character codes. See concepts.ts for the form of
 * the stems.
 */
export interface Lexicon {
  readonly names: readonly string[];
  /** Concept number → name of its signal. */
  readonly signals: readonly string[];
  /** Node and character → next node. */
  readonly edges: ReadonlyMap<number, number>;
  /** Node → what ends there. */
  readonly ends: ReadonlyMap<number, readonly StemEnd[]>;
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

const FOLDED = foldTable();

/** Lower case, Latin letters without accents, every kind of blank and hyphen as one. */
export const fold = (code: number): number => (code < FOLDED.length ? (FOLDED[code] ?? code) : foldHigh(code));

function foldTable(): Uint16Array {
  const table = new Uint16Array(0x530);
  for (let code = 0; code < table.length; code++) {
    const letter = String.fromCharCode(code);
    const plain = code < 0x370 ? letter.normalize('NFD').charAt(0) : letter;
    const low = plain.toLowerCase().charCodeAt(0);
    table[code] = /[\s\-\u00a0]/.test(letter) ? BLANK : low;
  }
  // letters that have no decomposition
  for (const pair of ['øo', 'łl', 'đd', 'ıi', 'ßs', 'æa', 'œo', 'Øo', 'Łl', 'Đd', 'İi'])
    table[pair.charCodeAt(0)] = pair.charCodeAt(1);
  return table;
}

function foldHigh(code: number): number {
  if (code >= 0x1e00 && code < 0x1f00) {
    // Vietnamese letters carry two accents
    const plain = String.fromCharCode(code).normalize('NFD').charCodeAt(0);
    return FOLDED[plain] ?? plain;
  }
  if (code === 0x2019) return 39;
  if (code >= 0x2010 && code <= 0x2014) return BLANK;
  if (code === 0x3000) return BLANK;
  if (code >= 0xff01 && code <= 0xff5e) return fold(code - 0xfee0);
  return code;
}

/** Letters and digits of any script, roughly: what is no blank and no sign. */
export const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95 || (code >= 0xaa && !isSign(code));

const isSign = (code: number): boolean =>
  (code >= 0x2000 && code < 0x2e80) || (code >= 0x3000 && code <= 0x3004) || (code >= 0x3008 && code <= 0x3020);

/** Scripts whose words are not set apart by blanks, or take prefixes: a stem may begin anywhere. */
const isUnspaced = (code: number): boolean => code >= 0x590;

/** Builds the trie. */
export function buildLexicon(text: string): Lexicon {
  const names: string[] = [];
  const signals: string[] = [];
  const edges = new Map<number, number>();
  const ends = new Map<number, StemEnd[]>();
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
        const key = node * 65536 + code;
        const next = edges.get(key) ?? nodes++;
        edges.set(key, next);
        node = next;
      }
      if (node > 0) ends.set(node, [...(ends.get(node) ?? []), { concept, anywhere, wholeWord }]);
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
  let inWord = false;
  for (let start = 0; start < length; start++) {
    const first = codes[start] ?? 0;
    const begins = !inWord || isUnspaced(first);
    inWord = isWordCode(first);
    if (first <= BLANK || (!begins && !lexicon.inner.has(first))) continue;
    let node = 0;
    for (let i = start; i < length; i++) {
      const next = lexicon.edges.get(node * 65536 + (codes[i] ?? 0));
      if (next === undefined) break;
      node = next;
      const ends = lexicon.ends.get(node);
      if (!ends) continue;
      const atEnd = i + 1 >= length || !isWordCode(codes[i + 1] ?? 0) || isUnspaced(codes[i + 1] ?? 0);
      for (const end of ends) {
        if ((begins || end.anywhere) && (!end.wholeWord || atEnd)) found(end.concept, start);
      }
    }
  }
}
