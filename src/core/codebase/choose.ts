import { estimateTokens } from '../common/tokens.ts';
import { linesInSecrets } from '../privacy/maskSecrets.ts';
import { linesOf } from './fileEntry.ts';
import { firstSymbol, type LineRange } from './pieces.ts';
import type { Hit } from './search.ts';

/** What is taken for a question: the best pieces, not too many of one file, within a number of tokens. */

/** A piece of a file as it is sent. */
export interface FoundPiece {
  /** As people see it: relative to the workspace. */
  readonly path: string;
  /** From 1; both ends belong to it. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** The first name that it defines; empty where it defines none. */
  readonly symbol: string;
  readonly text: string;
  /** Estimated. */
  readonly tokens: number;
}

/** Which pieces of a file are wanted, by their numbers in reading order. */
export interface Wanted<Key> {
  readonly file: Key;
  readonly pieces: readonly number[];
}

const MOST_OF_ONE_FILE = 2;
/** Pieces that match less than this share of the best one are not worth their tokens. */
const WORTH = 0.3;

/**
 * The hits by file, the best file first; pieces of one file in reading order. Another file says more than another piece
 * of the same one, so further pieces of a file are only taken where there is room.
 */
export function chooseHits<Key>(hits: readonly Hit<Key>[], most: number): Wanted<Key>[] {
  const best = hits[0]?.score ?? 0;
  const worth = hits.filter(({ score }) => score >= best * WORTH);
  const chosen = new Map<Key, number[]>();
  let count = 0;
  for (let round = 1; round <= MOST_OF_ONE_FILE; round++) {
    for (const { file, piece } of worth) {
      const pieces = chosen.get(file) ?? [];
      if (count >= most || pieces.length >= round || pieces.includes(piece)) continue;
      chosen.set(file, [...pieces, piece]);
      count++;
    }
  }
  return [...chosen].map(([file, pieces]) => ({ file, pieces: pieces.sort((a, b) => a - b) }));
}

/** Characters around a piece in which a secret that reaches into it may begin or end: longer than any key. */
const AROUND = 20_000;

/**
 * Cuts the wanted pieces out of the text of their file. Neighbors become one. Lines of a secret that goes over several
 * lines are left out: a part of a private key does not show that it is one, and would be sent.
 *
 * @param pieces all pieces of the file, as the index has them
 */
export function cutPieces(
  path: string,
  text: string,
  pieces: readonly LineRange[],
  wanted: readonly number[],
): FoundPiece[] {
  const lines = linesOf(text);
  const found: FoundPiece[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const first = pieces[wanted[i] ?? -1];
    if (!first) continue;
    let last = first;
    while (wanted[i + 1] === (wanted[i] ?? 0) + 1) last = pieces[wanted[++i] ?? -1] ?? last;
    const piece = withoutSecretLines(lines, first.firstLine - 1, last.lastLine)
      .join('\n')
      .trimEnd();
    if (!piece.trim()) continue;
    found.push({
      path,
      firstLine: first.firstLine,
      lastLine: last.lastLine,
      symbol: firstSymbol(lines.slice(first.firstLine - 1, last.lastLine)),
      text: piece,
      tokens: estimateTokens(piece),
    });
  }
  return found;
}

/** The lines from `start` up to `end`, both counted from 0, without those that hold a part of a longer secret. */
function withoutSecretLines(lines: readonly string[], start: number, end: number): string[] {
  let [from, to] = [start, end];
  for (let size = 0; from > 0 && size < AROUND; from--) size += (lines[from - 1]?.length ?? 0) + 1;
  for (let size = 0; to < lines.length && size < AROUND; to++) size += (lines[to]?.length ?? 0) + 1;
  const hidden = linesInSecrets(lines.slice(from, to).join('\n'));
  return lines.slice(start, end).filter((_, i) => !hidden.has(start - from + i));
}

/** As many of the pieces, in their order, as fit. The first one is always taken. */
export function withinTokens(pieces: readonly FoundPiece[], mostTokens: number): FoundPiece[] {
  let sum = 0;
  return pieces.filter(({ tokens }, i) => {
    if (i > 0 && sum + tokens > mostTokens) return false;
    sum += tokens;
    return true;
  });
}

/** `src/pool.ts:40-88`. */
export const labelOfPiece = ({ path, firstLine, lastLine }: FoundPiece): string => `${path}:${firstLine}-${lastLine}`;

/** The pieces as the model is sent them, each under its place and the name that it defines. */
export const formatPieces = (pieces: readonly FoundPiece[]): string =>
  pieces
    .map((piece) => `--- ${labelOfPiece(piece)}${piece.symbol ? ` (${piece.symbol})` : ''} ---\n${piece.text}\n`)
    .join('\n');

/** Paths of tests, examples and fixtures: a question that does not name them is seldom about them. */
const BESIDE_THE_CODE =
  /(^|[/._-])(tests?|specs?|__tests__|__mocks__|mocks?|fixtures?|examples?|e2e|bench(marks?)?|stories|snapshots?)([/._-]|$)/i;
const BESIDE = 0.6;

/** How much the pieces of a file count, by its path: less for tests and examples, unless the question is about such. */
export function scaleFor(question: string): (path: string) => number {
  const isAboutThem = /\b(tests?|tested|testing|specs?|mocks?|mocked|fixtures?|examples?|e2e|benchmarks?)\b/i.test(
    question,
  );
  return (path) => (!isAboutThem && BESIDE_THE_CODE.test(path) ? BESIDE : 1);
}
