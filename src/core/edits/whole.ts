import { failureAt, type FailureReason, type Hunk, type Placed } from './hunks.ts';
import { diffLines } from './lineDiff.ts';
import { indentOf, looseKey, type Lines } from './lines.ts';
import { weightOf } from './locator.ts';
import type { WholeEdit } from './proposal.ts';
import { reindent } from './reindent.ts';

/**
 * Code without marks of what it replaces: the new text of the whole file, or pieces of it (functions, classes) that
 * are found again by the line that declares them.
 */

/** `// ... existing code ...`, `# rest unchanged`, a line of three dots: the model left something out. */
const ELIDED =
  /^\s*(?:(?:\/\/|#|--|;|%|\/\*+|<!--|\{\/\*)\s*)?(?:\.{3}|…)\s*(?:(?:\([^)]*\)|[\w ,'’-]*\b(?:existing|rest|remaining|other|unchanged|same|previous|omitted)\b[\w ,'’-]*)?\s*(?:\.{3}|…)?)\s*(?:\*+\/\}?|-->)?\s*$/i;
const ELIDED_WORDS =
  /^\s*(?:\/\/|#|--|;|%|\/\*+|<!--|\{\/\*)\s*\(?(?:(?:the )?rest of (?:the |your )?\w+|(?:existing|remaining|other|previous) (?:code|methods?|functions?|imports?|fields?|lines?)(?: \w+)?|(?:code|methods?|functions?|imports?)? ?(?:unchanged|remains? (?:the same|unchanged)|same as before))\b/i;

const isElided = (line: string): boolean =>
  ELIDED_WORDS.test(line) ||
  (ELIDED.test(line) && !/^\s*\.\.\.\s*$/.test(line)) ||
  /^\s*(?:\/\/|#|--)\s*\.\.\.\s*$/.test(line);

/** Share of a file's lines that must come back for an answer to be the file. */
const MOST_OF_IT = 0.5;

export function readWhole(edit: WholeEdit, base: Lines): Placed {
  const lines = trimEnds(nameLeftOut(edit, base));
  const refused = (reason: FailureReason, places: readonly number[] = []): Placed => ({
    hunks: [],
    failures: [failureAt(0, reason, null, places)],
    alreadyThere: 0,
  });
  if (isBlank(base.content)) return placed([{ start: 0, end: base.content.length, lines, match: 'exact' }]);
  const known = new Set(base.content);
  if (lines.some((line) => isElided(line) && !known.has(line))) return refused('elided');
  if (isWholeFile(lines, base.content)) return placed(rewrite(lines, base.content));
  const pieces = placePieces(lines, base.content);
  return 'reason' in pieces ? refused(pieces.reason, pieces.places) : placed(pieces.hunks);
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
function placePieces(lines: readonly string[], file: readonly string[]): { readonly hunks: Hunk[] } | PieceFailure {
  const pieces = split(lines);
  const heads = headsOf(file);
  const hunks: Hunk[] = [];
  const unplaced: { readonly piece: Piece; readonly after: number | null }[] = [];
  /** Where the last placed piece ends in the file. */
  let last: number | null = null;
  let first: number | null = null;
  for (const piece of pieces) {
    const headLine = piece.lines[piece.head] ?? '';
    const places = findHead(headLine, heads);
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
    for (const change of diffLines(replaced, written))
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
  for (const { piece, after } of unplaced) {
    if (piece.head < 0 || declarationOf(piece.lines[piece.head] ?? '') === null)
      return { reason: 'unclear', places: [] };
    const at = after ?? first;
    const neighbour = file[at - 1] ?? file[at] ?? '';
    if (indentOf(neighbour) !== indentOf(piece.lines[piece.head] ?? ''))
      return { reason: 'indentation', places: [at + 1] };
    const text = after === null ? [...piece.lines, ''] : ['', ...piece.lines];
    hunks.push({ start: at, end: at, lines: text, match: 'fuzzy' });
  }
  return { hunks: joinInsertions(hunks) };
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
/** Goes on with the statement before it: `} else {`, `.then(`, an opening brace of its own. */
const CONTINUES = /^\s*(?:[{)\]}.]|else\b|elif\b|except\b|finally\b|catch\b|rescue\b)/;

/** The declarations at the outermost level of the code, each with its comments and decorators. */
function split(lines: readonly string[]): Piece[] {
  const nonBlank = lines.filter((line) => line.trim() !== '');
  const outer = Math.min(...nonBlank.map((line) => indentOf(line).length));
  const starts: number[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || indentOf(line).length !== outer || CONTINUES.test(line) || CLOSER.test(line)) continue;
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

const KEYWORD =
  /^(?:(?:export|default|declare|pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|sealed|partial|async|unsafe|inline|extern|virtual|override|open|data|suspend|const(?=\s+(?:fn|enum|unsafe)))\s+)*(function\*?|class|interface|type|enum|const|let|var|val|def|fn|func|fun|struct|impl|trait|module|mod|namespace|record|object|sub|procedure|local function)\s+(?:\([^)]*\)\s*)?([\w$.:]+)/;
const METHOD =
  /^(?:(?:public|private|protected|internal|static|final|abstract|async|override|readonly|virtual|get|set|inline|const|unsigned|\*)\s*)*(?:[\w$.]+(?:<[^()]*>)?(?:\[\])?[\s*&]+)?([#\w$~:]+)\s*(?:<[^()]*>)?\(.*(?:[{:]|=>|\))\s*$/;
const NO_NAME =
  /^(?:if|for|while|switch|catch|return|with|foreach|elif|else|match|super|await|new|throw|assert|print)$/;

/** `function add`, `class Pool`, `method take`: what a line declares; null when it declares nothing. */
function declarationOf(line: string): string | null {
  const text = looseKey(line);
  const keyword = KEYWORD.exec(text);
  if (keyword) return `${keyword[1]} ${keyword[2]}`;
  const method = METHOD.exec(text);
  return method?.[1] && !NO_NAME.test(method[1]) ? `method ${method[1]}` : null;
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
    if (own > indent || (own === indent && CONTINUES.test(line))) lastInside = end;
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
