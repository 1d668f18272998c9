import { piecesOf, type LineRange } from './pieces.ts';
import { hashesOfToken, hashOf, tokensOf } from './words.ts';

/** One file in the index, as typed arrays: about five bytes for each different word of a piece. */
export interface FileEntry {
  /** Hash of the text that was indexed: a file that says the same is not indexed again. */
  readonly hash: number;
  /** `PIECE_FIELDS` numbers a piece: first line, last line, words, end of its words in `terms`. */
  readonly pieces: Uint32Array;
  /** Hashes of words: those of the path, `pathTerms` of them and the file's own name first; then those of each piece. */
  readonly terms: Uint32Array;
  /** How often a word occurs in its piece, 1 to 255; a name that is defined there counts for more. */
  readonly counts: Uint8Array;
  readonly pathTerms: number;
  readonly nameTerms: number;
}

export const PIECE_FIELDS = 4;

/** A definition says more than a use: it counts as so many. */
const DEFINED = 4;

/** A text with longer lines on average is made by a tool and is no text to read, in characters. */
const LONGEST_MEAN_LINE = 200;

/** Whether a text is minified code or data in a few lines. */
export function isMachineMade(text: string): boolean {
  if (text.length < 2_000) return false;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return text.length / lines > LONGEST_MEAN_LINE;
}

/** Lines that the index counts: a line ends at `\n`, `\r\n` or `\r`. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\n|\r/);

/**
 * Indexes a file. A generator, so that the caller can let others have their turn between pieces, each of which takes
 * well below a millisecond.
 *
 * @param path as people see it, with `/`: its words count in all of its pieces
 */
export function* indexFile(path: string, text: string): Generator<undefined, FileEntry> {
  const lines = linesOf(text);
  yield;
  const pieces = piecesOf(lines);
  yield;
  const table = new Uint32Array(pieces.length * PIECE_FIELDS);
  const terms: number[] = [];
  const counts: number[] = [];
  const slash = path.lastIndexOf('/') + 1;
  const ofPath = new Set([...tokensOf(path.slice(slash))].flatMap(hashesOfToken));
  const nameTerms = ofPath.size;
  for (const token of tokensOf(path.slice(0, slash))) for (const hash of hashesOfToken(token)) ofPath.add(hash);
  for (const term of ofPath) {
    terms.push(term);
    counts.push(1);
  }
  for (const [i, piece] of pieces.entries()) {
    const found = new Map<number, number>();
    let words = 0;
    const add = (token: string, count: number): void => {
      for (const hash of hashesOfToken(token)) found.set(hash, (found.get(hash) ?? 0) + count);
    };
    for (let line = piece.firstLine - 1; line < piece.lastLine; line++)
      for (const token of tokensOf(lines[line] ?? '')) {
        words++;
        add(token, 1);
      }
    for (const symbol of piece.symbols) for (const token of tokensOf(symbol)) add(token, DEFINED);
    for (const [term, count] of found) {
      terms.push(term);
      counts.push(Math.min(255, count));
    }
    table.set([piece.firstLine, piece.lastLine, words, terms.length], i * PIECE_FIELDS);
    yield;
  }
  return {
    hash: hashOf(text),
    pieces: table,
    terms: Uint32Array.from(terms),
    counts: Uint8Array.from(counts),
    pathTerms: ofPath.size,
    nameTerms,
  };
}

/** The lines of the pieces of an entry, in order. */
export function rangesOf({ pieces }: FileEntry): LineRange[] {
  return Array.from({ length: pieces.length / PIECE_FIELDS }, (_, i) => {
    const [firstLine = 1, lastLine = 1] = pieces.subarray(i * PIECE_FIELDS, i * PIECE_FIELDS + 2);
    return { firstLine, lastLine };
  });
}

/** `indexFile` at once, for a single file. */
export function indexWhole(path: string, text: string): FileEntry {
  const steps = indexFile(path, text);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
