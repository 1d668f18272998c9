import { diffLines } from './lineDiff.ts';
import { CONFLICT_END, CONFLICT_START, DIVIDER } from './marks.ts';
import type { BlockLine, EditBlock } from './proposal.ts';

/** The text between the marks of a search/replace block. */

/** Each line that may part a block costs a comparison of its whole text; honest blocks have a few. */
const MOST_DIVIDERS = 20;

/** Roo Code's lines above a search text: where it begins, and a rule below them. */
const START_LINE = /^\s*:start_line:\s*(\d+)\s*$/;
const END_LINE = /^\s*:end_line:\s*\d+\s*$/;
const RULE = /^\s*-{5,9}\s*$/;
const ANY_DIVIDER = /^\s{0,3}={3,12}\s*$/;
/** Marks that belong to the text are escaped by a backslash. */
const ESCAPED = /^(\s*)\\(?=<{5,}|={5,}|>{5,}|-{5,}|:start_line:|:end_line:)/;

/**
 * The block between the marks.
 *
 * @returns null if it has no divider
 */
export function readSearchReplace(written: readonly string[]): EditBlock | null {
  const { body, line } = withoutHeader(written);
  // Some models write shorter or longer rows; such a one counts where no other is.
  const divider = body.some((text) => DIVIDER.test(text)) ? DIVIDER : ANY_DIVIDER;
  const dividers: number[] = [];
  let depth = 0;
  for (const [i, text] of body.entries()) {
    if (CONFLICT_START.test(text)) depth += 1;
    else if (CONFLICT_END.test(text)) depth -= 1;
    else if (divider.test(text) && depth === 0 && dividers.length < MOST_DIVIDERS) dividers.push(i);
  }
  const plain = (from: number, to?: number): string[] =>
    body.slice(from, to).map((text) => text.replace(ESCAPED, '$1'));
  const last = dividers.at(-1) ?? 0;
  const isRepeated = dividers.length > 1 && body.slice(last + 1).every((text) => text.trim() === '');
  const readings = dividers.flatMap((at) => [
    // Some models write the divider once more at the end of a block: it is a mark there, and no text.
    ...(isRepeated && at < last ? [linesBetween(plain(0, at), plain(at + 1, last))] : []),
    linesBetween(plain(0, at), plain(at + 1)),
  ]);
  const [lines, ...alternatives] = readings;
  if (lines === undefined) return null;
  return {
    lines,
    ...(alternatives.length > 0 ? { alternatives } : {}),
    ...(line === undefined ? {} : { line }),
  };
}

function withoutHeader(body: readonly string[]): {
  readonly body: readonly string[];
  readonly line: number | undefined;
} {
  let [at, line] = [0, undefined as number | undefined];
  for (; at < 2; at++) {
    const found = START_LINE.exec(body[at] ?? '');
    if (found) line = Number(found[1]);
    else if (!END_LINE.test(body[at] ?? '')) break;
  }
  if (at > 0 && RULE.test(body[at] ?? '')) at += 1;
  return { body: at > 0 ? body.slice(at) : body, line };
}

/** The change from one text to the other, as context, removed and added lines. */
export function linesBetween(before: readonly string[], after: readonly string[]): BlockLine[] {
  const lines: BlockLine[] = [];
  const add = (kind: BlockLine['kind'], texts: readonly string[]): void => {
    for (const text of texts) lines.push({ kind, text });
  };
  let at = 0;
  for (const change of diffLines(before, after)) {
    add('context', before.slice(at, change.start));
    add('remove', before.slice(change.start, change.end));
    add('add', after.slice(change.newStart, change.newEnd));
    at = change.end;
  }
  add('context', before.slice(at));
  return lines;
}
