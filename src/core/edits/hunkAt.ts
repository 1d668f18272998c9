import type { Hunk } from './hunks.ts';

/** Which of the hunks on show a line of the screen belongs to. */

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
