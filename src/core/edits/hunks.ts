import { readLines, type Lines } from './lines.ts';

/** Changes to a text as data, and what becomes of the text. */

/** How the lines of a block were found in a text: exactly, but for white space, or by what is left of its context. */
export type Match = 'exact' | 'whitespace' | 'fuzzy';

/** Where a block nearly matched, for the user. Lines count from 1. */
export interface NearMiss {
  readonly line: number;
  /** The first line of the block that is not there. */
  readonly expected: string;
  /** The line in its place; empty at the end of the text. */
  readonly found: string;
}

/** Lines `start` to `end` (exclusive, from 0) of the file as it is now become `lines`. */
export interface Hunk {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
  /** How its place was found; `fuzzy` is worth a look. */
  readonly match: Match;
}

export type FailureReason =
  | 'not-found' // the lines that it names are not there
  | 'ambiguous' // they are there more than once
  | 'no-anchor' // it names no lines
  | 'overlap' // two blocks want the same lines
  | 'changed' // the lines were changed since the answer was asked for
  | 'indentation' // the indentation contradicts that of the file
  | 'elided' // the answer leaves parts out ("… existing code …"), or a new comment stands where lines vanish
  | 'excerpt' // the answer shows only the beginning of what it changes
  | 'drops' // functions or most of the text would vanish, which the answer does not mention
  | 'outside' // the file would move to where it may not be written
  | 'marks' // marks of an edit format or of a code block would be written into the file
  | 'unclear' // a piece of code that does not say where it belongs
  | 'exists' // a new file that is there already
  | 'missing'; // a change to a file that is not there

export interface BlockFailure {
  /** Which block of the edit, from 0. */
  readonly block: number;
  readonly reason: FailureReason;
  readonly near: NearMiss | null;
  /** For `ambiguous`: the lines, from 1, where it could go. */
  readonly places: readonly number[];
  /** For `drops`: what would vanish, by its names. */
  readonly names?: readonly string[];
}

/** The hunks of an edit in the text that it was made for, by block. */
export interface Placed {
  readonly hunks: readonly { readonly block: number; readonly hunk: Hunk }[];
  readonly failures: readonly BlockFailure[];
  readonly alreadyThere: number;
}

export const failureAt = (
  block: number,
  reason: FailureReason,
  near: NearMiss | null = null,
  places: readonly number[] = [],
  names?: readonly string[],
): BlockFailure => ({ block, reason, near, places, ...(names === undefined ? {} : { names }) });

/**
 * The text after these hunks, which must be from a plan for this very text. Line ends and the last line's end stay.
 *
 * @param eol the line end of a text that has none
 */
export function applyHunks(text: string, hunks: readonly Hunk[], finalNewline?: boolean, eol?: string): string {
  const read = readLines(text);
  const lines = eol !== undefined && read.ends.every((end) => end === '') ? { ...read, eol } : read;
  const count = lines.content.length;
  const out: string[] = [];
  let copied = 0;
  const copyTo = (line: number): void => {
    out.push(text.slice(lines.starts[copied], lines.starts[line]));
    copied = line;
  };
  const endsOpen = count > 0 && lines.ends[count - 1] === '';
  for (const { start, end, lines: added } of [...hunks].sort((a, b) => a.start - b.start)) {
    copyTo(start);
    copied = end;
    const atEnd = end === count;
    // Added after a last line that has no end: it gets one.
    if (start === count && endsOpen && added.length > 0) out.push(lines.eol);
    const newEnd = eolAt(lines, start);
    const open = atEnd && count > 0 && (finalNewline === undefined ? endsOpen : !finalNewline);
    out.push(added.join(newEnd), added.length > 0 && !(open || (count === 0 && finalNewline === false)) ? newEnd : '');
    // The last line went away: the one before it is last now, and ends as the last one did.
    if (atEnd && added.length === 0 && open) {
      const kept = out.join('');
      out.splice(0, out.length, kept.replace(/(?:\r\n|\n|\r)$/, ''));
    }
  }
  copyTo(count);
  return (text.startsWith('\uFEFF') ? '\uFEFF' : '') + out.join('');
}

/** The end of the lines around: of the one that is replaced, else of the one before. */
const eolAt = ({ ends, eol }: Lines, line: number): string => ends[line] || ends[line - 1] || eol;

/** Lines of the new text that a hunk makes, from 0, the end exclusive; a hunk that only removes has none. */
export function newRanges(hunks: readonly Hunk[]): { readonly start: number; readonly end: number }[] {
  let shift = 0;
  return hunks.map(({ start, end, lines }) => {
    const from = start + shift;
    shift += lines.length - (end - start);
    return { start: from, end: from + lines.length };
  });
}

/**
 * The index of the hunk that a line is in, else of the next one below, else of the last one.
 *
 * @param hunks in the order of the text
 * @param side the text in which the line is counted, from 0
 * @returns -1 if there are no hunks
 */
export function hunkAt(hunks: readonly Hunk[], line: number, side: 'old' | 'new'): number {
  const ranges = side === 'old' ? hunks : newRanges(hunks);
  const found = ranges.findIndex(({ start, end }) => line < Math.max(end, start + 1));
  return found < 0 ? hunks.length - 1 : found;
}

/** A replacement in a document of lines: from one place to another, both counted from 0. */
export interface Replacement {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
  /** With `\n` at the end of each line, which editors turn into the document's own. */
  readonly text: string;
}

/** The hunks as replacements. Only the ends of the text need care: the last line may have no end. */
export function replacementsOf(text: string, hunks: readonly Hunk[], finalNewline?: boolean): Replacement[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const endsOpen = lines.at(-1) !== '';
  const count = endsOpen ? lines.length : lines.length - 1;
  return hunks.map(({ start, end, lines: added }) => {
    if (end < count || !(endsOpen || finalNewline === false))
      return {
        start: { line: start, character: 0 },
        end: { line: end, character: 0 },
        text: added.map((line) => `${line}\n`).join(''),
      };
    // Up to the very end of a text whose last line stays open, or becomes so.
    const close = finalNewline === true ? '\n' : '';
    const last = { line: lines.length - 1, character: (lines.at(-1) ?? '').length };
    if (start === 0)
      return { start: { line: 0, character: 0 }, end: last, text: added.length > 0 ? added.join('\n') + close : '' };
    return {
      start: { line: start - 1, character: (lines[start - 1] ?? '').length },
      end: last,
      text: added.map((line) => `\n${line}`).join('') + close,
    };
  });
}
