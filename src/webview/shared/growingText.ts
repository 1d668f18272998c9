/**
 * Markdown that is still being written, made to look as it will: a mark whose meaning the next letters decide is held back
 * for that moment, and emphasis, code and links that are open are shown as closed. The text itself is not changed: once it
 * is whole, it is read as it is.
 */

/** A last line that says nothing yet: `2` or `2.` may begin a list entry, `-` an entry or a heading, a backtick a fence. */
const HALF_MARK =
  /(^|\n)[ \t>]*(?:\d{1,4}[.)]?|[-*+_=]{1,3}|#{1,6}|`{1,2}|~{1,2}|\[[ xX]?\]?|[-*+][ \t]+\[[ xX]?\]?)[ \t]*$/;
const HALF_FENCE = /\n[ \t>]*(?:`{1,2}|~{1,2})$/;
/** Longest last paragraph whose marks are looked at, in characters. */
const MOST_CHARACTERS = 8_192;

/** @param text the last blocks of what has come so far */
export function growingText(text: string): string {
  const { isOpen, end } = fencesIn(text);
  if (isOpen) return text.replace(HALF_FENCE, '\n');
  const code = text.slice(0, end);
  const held = withoutHalfTable(text.slice(end).replace(HALF_MARK, '$1'));
  const start = startOfLine(held);
  const last = held.slice(start);
  return code + (last.length > MOST_CHARACTERS ? held : held.slice(0, start) + closeMarks(last));
}

const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,4}[.)])[ \t]+)?(`{3,}|~{3,})([^\n]*)$/gm;

/** Whether the text ends inside of a code block, and where the last closed one ends. */
function fencesIn(text: string): { readonly isOpen: boolean; readonly end: number } {
  let open = '';
  let end = 0;
  for (const { 0: line, 1: mark = '', 2: info = '', index } of text.matchAll(FENCE))
    if (!open) open = mark;
    else if (mark.startsWith(open[0] ?? '') && mark.length >= open.length && !info.trim()) {
      open = '';
      end = index + line.length;
    }
  return { isOpen: open !== '', end };
}

/** A table is known by its second line: until that has come, its first one would be a line of bars. */
function withoutHalfTable(text: string): string {
  const start = text.lastIndexOf('\n\n') + 1;
  const [, head = '', first = '', rest = ''] = /^(\n*)([ \t]*\|[^\n]*)(?:\n([^\n]*))?$/.exec(text.slice(start)) ?? [];
  return first && /^[ \t|:-]*$/.test(rest) ? text.slice(0, start) + head : text;
}

/** Where the last paragraph or list entry begins. */
function startOfLine(text: string): number {
  const paragraph = text.lastIndexOf('\n\n') + 1;
  let start = paragraph;
  for (const entry of text.slice(paragraph).matchAll(/(?:^|\n)[ \t>]*(?:[-*+]|\d{1,4}[.)])[ \t]+/g))
    start = paragraph + entry.index + entry[0].length;
  return start;
}

/** Closes code, strong text and strike-through that are open at the end, and shows the words of a half-written link. */
function closeMarks(text: string): string {
  let rest = '';
  let openCode = '';
  let at = 0;
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    if (!openCode) {
      rest += text.slice(at, index);
      openCode = run;
    } else if (openCode === run) openCode = '';
    else continue;
    at = index + run.length;
  }
  // An opened mark with nothing behind it is no mark yet.
  if (openCode) return at === text.length ? text.slice(0, -openCode.length) : text + openCode;
  rest += text.slice(at);
  const link = /\[([^\]\n]{1,500})\]\([^)\s]*$/.exec(text);
  const shown = link ? text.slice(0, link.index) + link[1] : text;
  return closePair(closePair(shown, rest, '**'), rest, '~~');
}

function closePair(text: string, outsideOfCode: string, mark: '**' | '~~'): string {
  const count = outsideOfCode.split(mark).length - 1;
  if (count % 2 === 0)
    return text.endsWith('*') && /(?:^|[^*])\*$/.test(text) && count === 0 ? text.slice(0, -1) : text;
  if (text.endsWith(mark)) return text.slice(0, -mark.length);
  const end = text.trimEnd();
  // One of the two closing characters is there.
  const half = end.endsWith(mark[0] ?? '') ? end.slice(0, -1) : end;
  return half + mark;
}
