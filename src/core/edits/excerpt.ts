import { imbalance, openTags } from './codeShape.ts';
import { indentOf } from './lines.ts';

/** Whether code is all of what it belongs to, or shows only a part of it. */

/** A line that closes what an earlier line opened. */
export const CLOSER = /^\s*(?:[)\]}]|end\b|fi\b|done\b|esac\b|<\/)/;

/** Statements after which nothing of the same block runs. */
export const LEAVES = /^\s*(?:return|raise|pass|throw|exit|quit)\b/;

/** The indentation of the outermost lines, in characters. */
export function outerOf(lines: readonly string[]): number {
  let outer = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (outer === 0) return 0;
    if (line.trim() !== '') outer = Math.min(outer, indentOf(line).length);
  }
  return outer;
}

/**
 * Whether brackets, tags or blocks that are closed in the file stay open in the answer: then it shows only the
 * beginning.
 */
export function isExcerpt(lines: readonly string[], file: readonly string[]): boolean {
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

/** Without empty lines at the ends. */
export function trimEnds(lines: readonly string[]): readonly string[] {
  let [start, end] = [0, lines.length];
  while (start < end && lines[start]?.trim() === '') start += 1;
  while (end > start && lines[end - 1]?.trim() === '') end -= 1;
  return lines.slice(start, end);
}
