import { newTo, omissionIn } from './codeShape.ts';
import { declarationOf } from './declarations.ts';
import { isExcerpt, outerOf, trimEnds } from './excerpt.ts';
import type { FileNow } from './fileNow.ts';
import { guard, isProseFile, languageFor } from './guards.ts';
import type { Guarded } from './refusal.ts';
import { failureAt, type FailureReason, type Hunk, type Placed } from './hunks.ts';
import { isImport } from './imports.ts';
import { diffLines } from './lineDiff.ts';
import { indentOf, looseKey, type Lines } from './lines.ts';
import { weightOf } from './locator.ts';
import { placePieces } from './pieces.ts';
import type { WholeEdit } from './proposal.ts';
import { fitLines } from './reindent.ts';

/**
 * Code without marks of what it replaces: the new text of the whole file, or pieces of it (functions, classes) that
 * are found again by the line that declares them.
 */

/** Share of a file's lines that must come back for an answer to be the file. */
const MOST_OF_IT = 0.5;

/** What else is known about the file that an answer gives as a whole or in pieces. */
export type WholeContext = Pick<FileNow, 'path' | 'question' | 'allows' | 'chosen'>;

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
  if (isRewrite(lines, file)) return whole ?? refused('unclear');
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

/** Most lines of a file that is a list and no code. */
const SMALL = 10;

/** Whether a named file is a short list, such as `.gitignore`, that the answer gives again. */
function isSmallList({ path, namedBy }: WholeEdit, lines: readonly string[], file: readonly string[]): boolean {
  if (path === null || namedBy === 'mention') return false;
  const [ours, theirs] = [lines, file].map((all) => all.filter((line) => line.trim() !== ''));
  if (!ours || !theirs || theirs.length > SMALL || ours.length < theirs.length) return false;
  // What is nested is code or data, of which an answer may show a part.
  return [...ours, ...theirs].every(
    (line) => indentOf(line) === '' && declarationOf(line) === null && !/[{[(:]\s*$/.test(line),
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

const isStrong = (key: string): boolean => weightOf(key) === 1;
const strong = (lines: readonly string[]): string[] => lines.map(looseKey).filter(isStrong);

/** Whether the lines begin as the file does and bring most of it back. */
function isWholeFile(lines: readonly string[], file: readonly string[]): boolean {
  const hasCode = (all: readonly string[]): boolean => all.some((line) => isStrong(looseKey(line)));
  // The file has no code that could be lost: braces, at most.
  if (!hasCode(file)) return true;
  if (!hasCode(lines)) return false;
  if (declaresAll(lines, file)) return true;
  const [ours, theirs] = [strong(lines), strong(file)];
  const changed = diffLines(theirs, ours);
  const lost = changed.reduce((sum, { start, end }) => sum + end - start, 0);
  const kept = (theirs.length - lost) / theirs.length;
  const sameStart = ours.slice(0, 3).includes(theirs[0] as string) || theirs.slice(0, 3).includes(ours[0] as string);
  const firstOfPiece = declarationOf(lines.find((line) => weightOf(looseKey(line)) === 1) ?? '');
  // A piece can begin as the file does when it is the first function; then most of the file is missing.
  return sameStart && kept >= (firstOfPiece === null ? MOST_OF_IT : 0.8);
}

/** Whether an answer begins as the file does, before its first declaration, and is another text from there on: no pieces of it. */
function isRewrite(lines: readonly string[], file: readonly string[]): boolean {
  const [ours, theirs] = [lines, file].map((all) => all.find((line) => isStrong(looseKey(line))) ?? '');
  if (ours === undefined || theirs === undefined || looseKey(ours) !== looseKey(theirs)) return false;
  if (declarationOf(ours) !== null) return false;
  const isNew = newTo(file);
  const own = strong(lines);
  return own.filter(isNew).length * 2 > own.length;
}

/** Whether everything that the file declares at its outermost level is declared again, and that is several things. */
function declaresAll(lines: readonly string[], file: readonly string[]): boolean {
  const outer = (all: readonly string[]): Set<string> => {
    const names = new Set<string>();
    for (const line of all) {
      const first = line.charCodeAt(0);
      const name = first === 32 || first === 9 || line === '' ? null : declarationOf(line);
      if (name !== null) names.add(name);
    }
    return names;
  };
  const theirs = outer(file);
  if (theirs.size < 2) return false;
  const ours = outer(lines);
  if (![...theirs].every((name) => ours.has(name))) return false;
  const needed = imports(file) / 2;
  return needed === 0 || imports(lines) >= needed;
}

/** Lines that bring something in from elsewhere; a file that lost them all was not meant as the whole. */
const imports = (lines: readonly string[]): number => lines.filter(isImport).length;

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
