import { imbalance } from './codeShape.ts';
import { declarationOf } from './declarations.ts';
import { CLOSER, isExcerpt, LEAVES, trimEnds } from './excerpt.ts';
import type { FileNow } from './fileNow.ts';
import type { FailureReason, Hunk } from './hunks.ts';
import { diffLines, type LineChange } from './lineDiff.ts';
import { indentOf, looseKey } from './lines.ts';
import { weightOf } from './locator.ts';
import { fitLines, reindent } from './reindent.ts';

/** Pieces of a file that an answer shows again: functions, classes, rules. Each is found by the line that declares it. */

interface Piece {
  /** The lines, with the comments and decorators before the declaration. */
  readonly lines: readonly string[];
  /** Index of the line that declares it, within `lines`. */
  readonly head: number;
}

type PieceFailure = { readonly reason: FailureReason; readonly places: readonly number[] };

/** Replaces each piece where it is; what is new goes behind the piece before it. */
export function placePieces(
  lines: readonly string[],
  file: readonly string[],
  { chosen = [], allows }: Pick<FileNow, 'chosen' | 'allows'>,
): { readonly hunks: Hunk[] } | PieceFailure {
  const pieces = split(lines);
  const heads = headsOf(file);
  const hunks: Hunk[] = [];
  const unplaced: { readonly piece: Piece; readonly after: number | null }[] = [];
  /** Where the last placed piece ends in the file. */
  let last: number | null = null;
  let first: number | null = null;
  for (const piece of pieces) {
    const headLine = piece.lines[piece.head] ?? '';
    const found = findHead(headLine, heads);
    const places =
      found.length > 1 && found.some((line) => chosen.includes(line))
        ? found.filter((line) => chosen.includes(line))
        : found;
    if (places.length > 1) return { reason: 'ambiguous', places: places.map((line) => line + 1) };
    const [head] = places;
    if (head === undefined) {
      unplaced.push({ piece, after: last });
      continue;
    }
    const range = blockAround(file, head, piece);
    const own = [{ written: headLine, there: file[head] ?? '' }];
    const replaced = range ? file.slice(range.start, range.end) : [];
    const fitted = fitLines(piece.lines, replaced, file) ?? reindent(piece.lines, own, file);
    const written = fitted && withSeparator(fitted, replaced);
    if (!range || written === null) return { reason: written === null ? 'indentation' : 'unclear', places: [head + 1] };
    const exact = piece.lines.some((line) => line === file[head]);
    const changes = allows === 'loss' ? diffLines(replaced, written) : changesShown(written, replaced, piece.head);
    if (changes === null) return { reason: 'excerpt', places: [head + 1] };
    for (const change of changes)
      hunks.push({
        start: range.start + change.start,
        end: range.start + change.end,
        lines: written.slice(change.newStart, change.newEnd),
        match: exact ? 'exact' : looseKey(headLine) === looseKey(file[head] ?? '') ? 'whitespace' : 'fuzzy',
      });
    first ??= range.start;
    last = range.end;
  }
  if (last === null || first === null) return { reason: 'unclear', places: [] };
  return placeNew(hunks, unplaced, first, file);
}

/** The comma or semicolon behind a piece belongs to what surrounds it: an answer that shows the piece alone leaves it out. */
function withSeparator(written: readonly string[], replaced: readonly string[]): readonly string[] {
  const [last, theirs] = [written, replaced].map((lines) => lines.findLastIndex((line) => line.trim() !== ''));
  const [ours = '', old = ''] = [written[last ?? -1], replaced[theirs ?? -1]];
  const [, separator] = /^\s*[)\]}]+([,;])\s*$/.exec(old) ?? [];
  return separator !== undefined && ours.trim() + separator === old.trim() && last !== undefined
    ? written.with(last, ours.trimEnd() + separator)
    : written;
}

/** Puts pieces that the file has not behind those that they follow in the answer. */
function placeNew(
  hunks: Hunk[],
  unplaced: readonly { readonly piece: Piece; readonly after: number | null }[],
  first: number,
  file: readonly string[],
): { readonly hunks: Hunk[] } | PieceFailure {
  for (const { piece, after } of unplaced) {
    if (piece.head < 0 || declarationOf(piece.lines[piece.head] ?? '') === null)
      return { reason: 'unclear', places: [] };
    const at = after ?? first;
    const { open, closed } = imbalance(piece.lines);
    if (open > 0 || closed > 0) return { reason: 'excerpt', places: [at + 1] };
    const neighbor = file[at - 1] ?? file[at] ?? '';
    if (indentOf(neighbor) !== indentOf(piece.lines[piece.head] ?? ''))
      return { reason: 'indentation', places: [at + 1] };
    const text = after === null ? [...piece.lines, ''] : ['', ...piece.lines];
    hunks.push({ start: at, end: at, lines: text, match: 'fuzzy' });
  }
  return { hunks: joinInsertions(hunks) };
}

/**
 * The changes that a piece makes to the block of the same name. A piece that shows only the beginning of the block
 * deletes nothing: what comes after it stays.
 *
 * @param head the line of the piece that declares it
 * @returns null where that cannot be told
 */
function changesShown(
  written: readonly string[],
  replaced: readonly string[],
  head: number,
): readonly LineChange[] | null {
  const changes = diffLines(replaced, written);
  const isText = (line: string): boolean => line.trim() !== '';
  const count = (lines: readonly string[]): number => lines.filter(isText).length;
  const tail = changes.at(-1);
  const reachesEnd = tail !== undefined && count(replaced.slice(tail.end)) === 0;
  const [lastOurs = '', lastTheirs = ''] = [written, replaced].map((lines) => lines.findLast(isText));
  const closes = (line: string, indent: number): boolean => CLOSER.test(line) && indentOf(line).length <= indent;
  const indent = indentOf(written[head] ?? '').length;
  const isClosed = closes(lastTheirs, indent);
  // `const table = {};` is all of its block; a line without the brackets that the block has is not.
  const isOneLiner =
    count(written.slice(head)) === 1 && /^\s*[)\]}]/.test(lastTheirs) && lastOurs.includes(lastTheirs.trim()[0] ?? '');
  const isCut = isExcerpt(written, replaced) || (isClosed && !closes(lastOurs, indent) && !isOneLiner);
  if (!isCut) {
    if (!reachesEnd || isClosed) return changes;
    // Without a closing brace nothing says that the piece is complete.
    const [removed, added] = [
      count(replaced.slice(tail.start, tail.end)),
      count(written.slice(tail.newStart, tail.newEnd)),
    ];
    if (removed > 0 && added === 0) return null;
    const body = written.slice(head + 1).find(isText) ?? '';
    const isComplete = LEAVES.test(lastOurs) && indentOf(lastOurs).length <= indentOf(body).length;
    return removed > added && !isComplete ? null : changes;
  }
  const shown = reachesEnd && count(written.slice(tail.newStart, tail.newEnd)) === 0 ? changes.slice(0, -1) : changes;
  const endsInChange = shown.length === changes.length && reachesEnd;
  const closers = (lines: readonly string[]): number => lines.filter((line) => CLOSER.test(line)).length;
  const loses = shown.some(({ start, end, newStart, newEnd }) => {
    const [goes, comes] = [replaced.slice(start, end), written.slice(newStart, newEnd)];
    return count(goes) > count(comes) || closers(goes) > closers(comes);
  });
  return endsInChange || loses ? null : shown;
}

/** Several new pieces at one place are one hunk, in their order. */
function joinInsertions(hunks: readonly Hunk[]): Hunk[] {
  const joined: { readonly hunk: Hunk; readonly lines: string[] }[] = [];
  /** The index of each insertion in the list, by its line. */
  const insertions = new Map<number, number>();
  for (const hunk of hunks) {
    const isInsertion = hunk.start === hunk.end;
    const same = isInsertion ? joined[insertions.get(hunk.start) ?? -1] : undefined;
    if (same) {
      for (const line of hunk.lines) same.lines.push(line);
      continue;
    }
    if (isInsertion) insertions.set(hunk.start, joined.length);
    joined.push({ hunk, lines: [...hunk.lines] });
  }
  return joined.map(({ hunk, lines }) => ({ ...hunk, lines }));
}

const LEADER = /^\s*(?:@|\/\/|\/\*|\*|#(?!include|define|if|endif)|--|\[\w|"""|''')/;
/** Goes on with the statement before it: `} else {`, `.then(`, an opening brace of its own. `.card {` is a rule. */
const CONTINUES = /^\s*(?:[{)\]}]|\.(?![\w-][^()]*[{,]\s*$)|else\b|elif\b|except\b|finally\b|catch\b|rescue\b)/;

const goesOn = (line: string): boolean => CONTINUES.test(line) || CLOSER.test(line);

/** The declarations at the outermost level of the code, each with its comments and decorators. */
function split(lines: readonly string[]): Piece[] {
  const nonBlank = lines.filter((line) => line.trim() !== '');
  const outer = Math.min(...nonBlank.map((line) => indentOf(line).length));
  const starts: number[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || indentOf(line).length !== outer || goesOn(line)) continue;
    // A comment above a closing brace belongs to what that closes.
    if (LEADER.test(line) && goesOn(lines.slice(i).find((each) => each.trim() !== '' && !LEADER.test(each)) ?? ''))
      continue;
    const before = lines[i - 1] ?? '';
    // Comments and decorators begin the piece that they are before.
    const led = i > 0 && indentOf(before).length >= outer && LEADER.test(before) && before.trim() !== '';
    if (!led || starts.length === 0) starts.push(i);
  }
  return starts.map((start, i) => {
    const piece = trimEnds(lines.slice(start, starts[i + 1] ?? lines.length));
    const head = piece.findIndex((line) => !LEADER.test(line) && line.trim() !== '' && indentOf(line).length === outer);
    return { lines: piece, head };
  });
}

/** The lines of a file by their text, and by what they declare. */
interface Heads {
  readonly byKey: ReadonlyMap<string, readonly number[]>;
  readonly byName: ReadonlyMap<string, readonly number[]>;
}

function headsOf(file: readonly string[]): Heads {
  const byKey = new Map<string, number[]>();
  const byName = new Map<string, number[]>();
  const add = (map: Map<string, number[]>, key: string, at: number): void => {
    const known = map.get(key);
    if (known) known.push(at);
    else map.set(key, [at]);
  };
  for (const [at, line] of file.entries()) {
    add(byKey, looseKey(line), at);
    const name = declarationOf(line);
    if (name !== null) add(byName, name, at);
  }
  return { byKey, byName };
}

/** The lines of the file that declare what this line declares: the same line, else the same name. */
function findHead(line: string, { byKey, byName }: Heads): readonly number[] {
  const key = looseKey(line);
  if (weightOf(key) < 1) return [];
  const same = byKey.get(key);
  if (same) return same;
  const name = declarationOf(line);
  return name === null ? [] : (byName.get(name) ?? []);
}

/** The whole of the block that begins at a line, with as many comments before it as the piece brings. */
function blockAround(
  file: readonly string[],
  head: number,
  piece: Piece,
): { readonly start: number; readonly end: number } | null {
  const indent = indentOf(file[head] ?? '').length;
  let end = head + 1;
  let lastInside = head;
  let closed = false;
  for (; end < file.length && !closed; end++) {
    const line = file[end] ?? '';
    if (line.trim() === '') continue;
    const own = indentOf(line).length;
    if (own > indent || (own === indent && (CONTINUES.test(line) || CLOSER.test(line)))) lastInside = end;
    else break;
    if (own === indent && CLOSER.test(line) && !/[{([]\s*$|:\s*$/.test(line)) closed = true;
  }
  const pieceIsBlock = piece.lines.length - piece.head > 1;
  // One line in place of a whole block, or the other way round, is worth a second look by the user, not by us.
  if (!pieceIsBlock && lastInside > head && !CLOSER.test(file[lastInside] ?? '')) return null;
  let start = head;
  if (piece.head > 0) {
    while (start > 0 && LEADER.test(file[start - 1] ?? '') && indentOf(file[start - 1] ?? '').length >= indent)
      start -= 1;
  }
  return { start, end: lastInside + 1 };
}
