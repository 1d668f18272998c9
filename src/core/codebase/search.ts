import { PIECE_FIELDS, type FileEntry } from './fileEntry.ts';
import type { QueryTerm } from './words.ts';

/** A piece that matches a question. */
export interface Hit<Key> {
  readonly file: Key;
  /** Which piece of its file, from 0. */
  readonly piece: number;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly score: number;
}

/** BM25's usual constants: how fast a repeated word says less, and how much long pieces lose. */
const K1 = 1.2;
const B = 0.6;

/** A word of the path counts as so many in each piece of the file; one of the file's own name as more. */
const IN_PATH = 1;
const IN_NAME = 4;

/** How much the file as a whole counts beside the piece: its other pieces say what it is about. */
const OF_FILE = 0.5;

/** So many times the wanted pieces are collected before the worse ones are let go. */
const KEPT = 8;

/** Bits of the filter that most words of the index do not pass. */
const FILTER_BITS = 13;
const FILTER_MASK = (1 << FILTER_BITS) - 1;

/**
 * The pieces that match best, best first, by BM25 over words. It reads all entries, which takes a few nanoseconds a word
 * and so some milliseconds for thousands of files: in return a changed file is one entry replaced, and nothing has to be
 * kept in order.
 *
 * @param scale a factor for the pieces of a file, such as less than 1 for tests
 * @param most how many pieces
 */
export function searchEntries<Key extends string>(
  entries: Iterable<readonly [Key, FileEntry]>,
  query: readonly QueryTerm[],
  scale: (file: Key) => number,
  most: number,
): Hit<Key>[] {
  const { found, pieces, words, files, frequencies } = collect(entries, query);
  const weights = query.map(
    ({ weight }, i) => weight * Math.log(1 + (pieces - (frequencies[i] ?? 0) + 0.5) / ((frequencies[i] ?? 0) + 0.5)),
  );
  const score = (counts: readonly number[], length: number, mean: number): number => {
    const norm = K1 * (1 - B + (B * length) / Math.max(1, mean));
    let sum = 0;
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] ?? 0;
      if (count > 0) sum += ((weights[i] ?? 0) * count * (K1 + 1)) / (count + norm);
    }
    return sum;
  };
  let hits: Hit<Key>[] = [];
  // What is worse than so many others is not kept: a common word is in tens of thousands of pieces.
  let least = -Infinity;
  for (const { key, entry, counts: ofFile, words: length, candidates } of found) {
    const whole = OF_FILE * score(ofFile, length, words / files);
    const factor = scale(key);
    for (const { piece, counts } of candidates) {
      const at = piece * PIECE_FIELDS;
      const own = score(counts, entry.pieces[at + 2] ?? 0, words / pieces);
      const sum = (own + whole) * factor;
      if (sum < least) continue;
      hits.push({
        file: key,
        piece,
        firstLine: entry.pieces[at] ?? 1,
        lastLine: entry.pieces[at + 1] ?? 1,
        score: sum,
      });
      if (hits.length < KEPT * most) continue;
      hits = hits.sort(byScore).slice(0, most);
      least = hits.at(-1)?.score ?? least;
    }
  }
  return hits.sort(byScore).slice(0, most);
}

/** Equal scores go by file and place: files are indexed in any order, and a question has one answer. */
const byScore = (a: Hit<string>, b: Hit<string>): number =>
  b.score - a.score || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.piece - b.piece);

/** A file with at least one word of the question. */
interface FoundFile<Key> {
  readonly key: Key;
  readonly entry: FileEntry;
  /** How often each word of the question occurs in the file, by its place in the question. */
  readonly counts: readonly number[];
  readonly words: number;
  readonly candidates: readonly { readonly piece: number; readonly counts: readonly number[] }[];
}

interface Collected<Key> {
  readonly found: readonly FoundFile<Key>[];
  /** In the whole index. */
  readonly files: number;
  readonly pieces: number;
  readonly words: number;
  /** Pieces that hold each word of the question. */
  readonly frequencies: readonly number[];
}

/** Where the words of a question occur in it, by hash. */
class Wanted {
  readonly count: number;
  readonly #filter = new Uint8Array(1 << FILTER_BITS);
  readonly #places = new Map<number, number>();

  constructor(query: readonly QueryTerm[]) {
    this.count = query.length;
    for (const [i, { hash }] of query.entries()) {
      this.#filter[hash & FILTER_MASK] = 1;
      this.#places.set(hash, i);
    }
  }

  placeOf(term: number): number | undefined {
    return this.#filter[term & FILTER_MASK] === 0 ? undefined : this.#places.get(term);
  }
}

function collect<Key>(entries: Iterable<readonly [Key, FileEntry]>, query: readonly QueryTerm[]): Collected<Key> {
  const wanted = new Wanted(query);
  const found: FoundFile<Key>[] = [];
  const frequencies = query.map(() => 0);
  let [files, pieces, words] = [0, 0, 0];
  for (const [key, entry] of entries) {
    const inFile = collectFile(key, entry, wanted);
    files++;
    pieces += entry.pieces.length / PIECE_FIELDS;
    words += inFile.words;
    if (inFile.candidates.length === 0) continue;
    found.push(inFile);
    for (const { counts } of inFile.candidates)
      for (let i = 0; i < counts.length; i++) if ((counts[i] ?? 0) > 0) frequencies[i] = (frequencies[i] ?? 0) + 1;
  }
  return { found, files: Math.max(1, files), pieces: Math.max(1, pieces), words, frequencies };
}

function collectFile<Key>(key: Key, entry: FileEntry, wanted: Wanted): FoundFile<Key> {
  const { terms, counts, pathTerms, nameTerms } = entry;
  const path = new Array<number>(wanted.count).fill(0);
  let isNamed = false;
  for (let i = 0; i < pathTerms; i++) {
    const place = wanted.placeOf(terms[i] as number);
    if (place === undefined) continue;
    path[place] = i < nameTerms ? IN_NAME : IN_PATH;
    isNamed = true;
  }
  const ofFile = [...path];
  const candidates: { piece: number; counts: number[] }[] = [];
  let words = 0;
  let at = pathTerms;
  for (let piece = 0; piece * PIECE_FIELDS < entry.pieces.length; piece++) {
    const end = entry.pieces[piece * PIECE_FIELDS + 3] ?? at;
    let found: number[] | undefined;
    for (; at < end; at++) {
      const place = wanted.placeOf(terms[at] as number);
      if (place === undefined) continue;
      found ??= [...path];
      found[place] = (found[place] ?? 0) + (counts[at] ?? 0);
      ofFile[place] = (ofFile[place] ?? 0) + (counts[at] ?? 0);
    }
    words += entry.pieces[piece * PIECE_FIELDS + 2] ?? 0;
    // Where only the name of the file matches, its beginning stands for it.
    if (!found && isNamed && piece === 0) found = path;
    if (found) candidates.push({ piece, counts: found });
  }
  return { key, entry, counts: ofFile, words, candidates };
}
