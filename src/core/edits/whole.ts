import { imbalance, newTo, omissionIn, openTags } from './codeShape.ts';
import { declarationOf } from './declarations.ts';
import { guard, isProseFile, languageFor, type Guarded } from './guards.ts';
import { failureAt, type FailureReason, type Hunk, type Placed } from './hunks.ts';
import { diffLines, type LineChange } from './lineDiff.ts';
import { indentOf, looseKey, type Lines } from './lines.ts';
import { weightOf } from './locator.ts';
import type { WholeEdit } from './proposal.ts';
import { reindent } from './reindent.ts';

/**
 * Code without marks of what it replaces: the new text of the whole file, or pieces of it (functions, classes) that
 * are found again by the line that declares them.
 */

/** Share of a file's lines that must come back for an answer to be the file. */
const MOST_OF_IT = 0.5;

/** What else is known about the file that an answer gives as a whole or in pieces. */
export interface WholeContext {
  /** Name of the file, where it is known. */
  readonly path?: string | undefined;
  /** The user's question: what it names may vanish. */
  readonly question?: string | undefined;
  /** What the user has allowed: that lines vanish, or that the answer takes the place of the whole file. */
  readonly allows?: 'loss' | 'replace' | undefined;
  /** Lines, from 0, that the user chose among several equal places. */
  readonly chosen?: readonly number[] | undefined;
}

export function readWhole(edit: WholeEdit, base: Lines, context: WholeContext = {}): Placed {
  const file = base.content;
  const lines = trimEnds(nameLeftOut(edit, base));
  const guarded = (
    hunks: readonly Hunk[],
    format: Guarded['format'],
    allowsLoss = context.allows !== undefined,
  ): Placed => {
    const path = context.path ?? edit.path;
    const isProse = isProseFile(path, edit.language, file);
    const kept = guard(hunks, file, {
      format,
      language: languageFor(path, edit.language),
      isProse,
      question: context.question,
      allowsLoss,
    });
    return 'reason' in kept ? refused(kept.reason, [kept.at + 1], kept.names) : placed(kept.hunks);
  };
  if (isBlank(file)) return guarded([{ start: 0, end: file.length, lines, match: 'exact' }], 'whole');
  if (context.allows === 'replace') return guarded(rewrite(lines, file), 'whole');
  const isCut = isExcerpt(lines, file) && context.allows === undefined;
  const whole = !isCut && isWholeFile(lines, file) ? guarded(rewrite(lines, file), 'whole') : undefined;
  if (whole && whole.failures.length === 0) return whole;
  // Omissions between functions leave everything between them as it is.
  const outer = outerOf(lines);
  const isNew = newTo(file);
  const shown = lines.filter((line) => !(indentOf(line).length <= outer && omissionIn(line) === 'sure' && isNew(line)));
  const isBeginning = whole?.failures.some(({ reason }) => reason === 'excerpt') ?? false;
  if (whole && shown.length === lines.length && !isBeginning) return whole;
  if (isSmallList(edit, lines, file)) return guarded(rewrite(lines, file), 'whole');
  const pieces = placePieces(trimEnds(shown), file, context);
  if (!('reason' in pieces)) {
    const asPieces = guarded(pieces.hunks, 'piece');
    // A file that lost its end is no piece of itself in which nothing changed.
    return whole && asPieces.alreadyThere > 0 ? whole : asPieces;
  }
  return whole ?? refused(isCut && pieces.reason === 'unclear' ? 'excerpt' : pieces.reason, pieces.places);
}

const refused = (reason: FailureReason, places: readonly number[] = [], names?: readonly string[]): Placed => ({
  hunks: [],
  failures: [failureAt(0, reason, null, places, names)],
  alreadyThere: 0,
});

const outerOf = (lines: readonly string[]): number =>
  Math.min(...lines.filter((line) => line.trim() !== '').map((line) => indentOf(line).length));

/** Most lines of a file that is a list and no code. */
const SMALL = 10;

/** Whether a named file is a short list, such as `.gitignore`, that the answer gives anew. */
function isSmallList({ path, namedBy }: WholeEdit, lines: readonly string[], file: readonly string[]): boolean {
  if (path === null || namedBy === 'mention') return false;
  const [ours, theirs] = [lines, file].map((all) => all.filter((line) => line.trim() !== ''));
  if (!ours || !theirs || theirs.length > SMALL || ours.length < theirs.length) return false;
  // What is nested is code or data, of which an answer may show a part.
  return [...ours, ...theirs].every(
    (line) => indentOf(line) === '' && declarationOf(line) === null && !/[{[(:]\s*$/.test(line),
  );
}

/**
 * Whether brackets, tags or blocks that are closed in the file stay open in the answer: then it shows only the
 * beginning.
 */
function isExcerpt(lines: readonly string[], file: readonly string[]): boolean {
  const ours = imbalance(lines);
  // Only an answer that does not balance itself is compared with the file, which can be long.
  if (ours.open + ours.closed > 0) {
    const theirs = imbalance(file);
    if (ours.open > theirs.open || ours.closed > theirs.closed) return true;
  }
  const tags = openTags(lines);
  if (tags > 0 && tags > openTags(file)) return true;
  const isText = (line: string): boolean => line.trim() !== '';
  const [lastOurs = '', lastTheirs = ''] = [lines, file].map((all) => all.findLast(isText));
  const closes = (line: string, all: readonly string[]): boolean =>
    CLOSER.test(line) && indentOf(line).length <= outerOf(all);
  return (
    lines.filter(isText).length > 1 &&
    closes(lastTheirs, file) &&
    !closes(lastOurs, lines) &&
    indentOf(lastOurs).length > outerOf(lines)
  );
}

/** Hunks of one block; none means that the file has it all. */
const placed = (hunks: readonly Hunk[]): Placed => ({
  hunks: hunks.map((hunk) => ({ block: 0, hunk })),
  failures: [],
  alreadyThere: hunks.length === 0 ? 1 : 0,
});

const isBlank = (lines: readonly string[]): boolean => lines.every((line) => line.trim() === '');

/** The comment that names the file is part of it only if the file has it. */
function nameLeftOut({ lines, firstLineNames }: WholeEdit, base: Lines): readonly string[] {
  const [first = '', second] = lines;
  if (!firstLineNames || base.content.some((line) => looseKey(line) === looseKey(first))) return lines;
  return lines.slice(second?.trim() === '' ? 2 : 1);
}

function trimEnds(lines: readonly string[]): readonly string[] {
  let [start, end] = [0, lines.length];
  while (start < end && lines[start]?.trim() === '') start += 1;
  while (end > start && lines[end - 1]?.trim() === '') end -= 1;
  return lines.slice(start, end);
}

const strong = (lines: readonly string[]): string[] => lines.map(looseKey).filter((key) => weightOf(key) === 1);

/** Whether the lines begin as the file does and bring most of it back. */
function isWholeFile(lines: readonly string[], file: readonly string[]): boolean {
  const [ours, theirs] = [strong(lines), strong(file)];
  // The file has no code that could be lost: braces, at most.
  if (theirs.length === 0) return true;
  if (ours.length === 0) return false;
  if (declaresAll(lines, file)) return true;
  const changed = diffLines(theirs, ours);
  const lost = changed.reduce((sum, { start, end }) => sum + end - start, 0);
  const kept = (theirs.length - lost) / theirs.length;
  const sameStart = ours.slice(0, 3).includes(theirs[0] as string) || theirs.slice(0, 3).includes(ours[0] as string);
  const firstOfPiece = declarationOf(lines.find((line) => weightOf(looseKey(line)) === 1) ?? '');
  // A piece can begin as the file does when it is the first function; then most of the file is missing.
  return sameStart && kept >= (firstOfPiece === null ? MOST_OF_IT : 0.8);
}

/** Whether everything that the file declares at its outermost level is declared again, and that is several things. */
function declaresAll(lines: readonly string[], file: readonly string[]): boolean {
  const outer = (all: readonly string[]): Set<string> =>
    new Set(all.flatMap((line) => (indentOf(line) === '' ? (declarationOf(line) ?? []) : [])));
  const [ours, theirs] = [outer(lines), outer(file)];
  return theirs.size > 1 && [...theirs].every((name) => ours.has(name)) && imports(lines) >= imports(file) / 2;
}

/** Lines that bring something in from elsewhere; a file that lost them all was not meant as the whole. */
const imports = (lines: readonly string[]): number =>
  lines.filter((line) => /^(?:import|from|use|using|#include|require|const .*require\()\b/.test(line)).length;

/** The lines that differ, so that the rest of the file stays byte for byte. */
function rewrite(lines: readonly string[], file: readonly string[]): Hunk[] {
  // Empty lines at the ends of a file are its own: answers neither show nor mean them.
  const first = file.findIndex((line) => line.trim() !== '');
  const last = file.findLastIndex((line) => line.trim() !== '');
  const own = file.slice(first, last + 1);
  const plain = diffLines(own, lines);
  const touched = plain.reduce((sum, { start, end }) => sum + end - start, 0);
  // Where most lines differ, it may be by their indentation only.
  const fitted = touched > own.length / 5 ? (fitLines(lines, own, file) ?? lines) : lines;
  const changes = fitted === lines ? plain : diffLines(own, fitted);
  // Only the indentation differs: then the user asked for that.
  const [written, chosen] = changes.length === 0 ? [lines, plain] : [fitted, changes];
  return chosen.map(({ start, end, newStart, newEnd }) => ({
    start: first + start,
    end: first + end,
    lines: written.slice(newStart, newEnd),
    match: 'exact',
  }));
}

/** The lines with the indentation of what they replace; null if that cannot be told. */
export function fitLines(
  lines: readonly string[],
  replaced: readonly string[],
  file: readonly string[],
): readonly string[] | null {
  const pairs: { written: string; there: string }[] = [];
  let [at, newAt] = [0, 0];
  const changes = diffLines(replaced.map(looseKey), lines.map(looseKey));
  for (const { start, end, newEnd } of [...changes, { start: replaced.length, end: 0, newEnd: 0 }]) {
    for (; at < start; at++, newAt++) pairs.push({ written: lines[newAt] ?? '', there: replaced[at] ?? '' });
    [at, newAt] = [end, newEnd];
  }
  return reindent(lines, pairs, file);
}

interface Piece {
  /** The lines, with the comments and decorators before the declaration. */
  readonly lines: readonly string[];
  /** Index of the line that declares it, within `lines`. */
  readonly head: number;
}

type PieceFailure = { readonly reason: FailureReason; readonly places: readonly number[] };

/** Replaces each piece where it stands; what is new goes behind the piece before it. */
function placePieces(
  lines: readonly string[],
  file: readonly string[],
  { chosen = [], allows }: WholeContext,
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
    const written = fitLines(piece.lines, replaced, file) ?? reindent(piece.lines, own, file);
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
    const neighbour = file[at - 1] ?? file[at] ?? '';
    if (indentOf(neighbour) !== indentOf(piece.lines[piece.head] ?? ''))
      return { reason: 'indentation', places: [at + 1] };
    const text = after === null ? [...piece.lines, ''] : ['', ...piece.lines];
    hunks.push({ start: at, end: at, lines: text, match: 'fuzzy' });
  }
  return { hunks: joinInsertions(hunks) };
}

/** Statements after which nothing of the same block runs. */
const LEAVES = /^\s*(?:return|raise|pass|throw|exit|quit)\b/;

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
  /** Where an insertion stands in the list, by the line that it is made at. */
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

const CLOSER = /^\s*(?:[)\]}]|end\b|fi\b|done\b|esac\b|<\/)/;
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
    // Comments and decorators begin the piece that they stand before.
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
