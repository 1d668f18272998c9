import { diffLines } from './lineDiff.ts';
import { readLines } from './lines.ts';

/**
 * The text that an edit added: the lines that were not there before, with their places in UTF-16 units.
 *
 * @param after as the editor has it, without a byte order mark
 */
export function addedPieces(before: string, after: string): readonly { readonly at: number; readonly text: string }[] {
  const starts = [0];
  for (const { index, 0: end } of after.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  const startOf = (line: number): number => starts[line] ?? after.length;
  return diffLines(readLines(before).content, readLines(after).content)
    .filter(({ newStart, newEnd }) => newEnd > newStart)
    .map(({ newStart, newEnd }) => ({ at: startOf(newStart), text: after.slice(startOf(newStart), startOf(newEnd)) }));
}
