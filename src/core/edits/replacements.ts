import type { Hunk } from './hunks.ts';

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
