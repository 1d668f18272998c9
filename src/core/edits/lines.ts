/**
 * A text as lines that remember where they are. Only CRLF, LF and CR end a line, as in VS Code's own documents;
 * U+2028, NEL and form feed are characters like others. A text that ends with a line end has no empty line after it.
 */
export interface Lines {
  readonly text: string;
  /** The lines without their ends; the first without a byte order mark. */
  readonly content: readonly string[];
  /** The end of each line; empty only for a last line that has none. */
  readonly ends: readonly string[];
  /** UTF-16 offset of each line, and of the end of the text: one more entry than there are lines. */
  readonly starts: readonly number[];
  /** The commonest line end, `\n` where there is none. */
  readonly eol: string;
}

const BOM = '\uFEFF';

export function readLines(text: string): Lines {
  const content: string[] = [];
  const ends: string[] = [];
  const starts: number[] = [];
  const counts = { '\n': 0, '\r\n': 0, '\r': 0 };
  let start = text.startsWith(BOM) ? 1 : 0;
  const hasCr = text.includes('\r');
  for (;;) {
    const at = hasCr ? nextEnd(text, start) : text.indexOf('\n', start);
    if (at < 0) break;
    const end = text[at] === '\n' ? '\n' : text[at + 1] === '\n' ? '\r\n' : '\r';
    content.push(text.slice(start, at));
    ends.push(end);
    starts.push(start);
    counts[end] += 1;
    start = at + end.length;
  }
  if (start < text.length) {
    content.push(text.slice(start));
    ends.push('');
    starts.push(start);
  }
  starts.push(text.length);
  const eol =
    counts['\r\n'] > counts['\n']
      ? counts['\r'] > counts['\r\n']
        ? '\r'
        : '\r\n'
      : counts['\r'] > counts['\n']
        ? '\r'
        : '\n';
  return { text, content, ends, starts, eol };
}

function nextEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 10 || unit === 13) return i;
  }
  return -1;
}

/** The lines of what a model wrote: how it ends its lines says nothing about the file. */
export const splitAnswer = (text: string): string[] => text.split(/\r\n|\n|\r/);

/** White space at the start of a line. */
export const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? '';

/**
 * The line as loose matching sees it: without white space at its ends, with one space for each run inside, and with
 * composed characters. Only ever used to compare, never to write.
 */
export function looseKey(line: string): string {
  const trimmed = line.trim();
  const plain = /\P{ASCII}/u.test(trimmed) ? trimmed.normalize('NFC') : trimmed;
  return /[\s]{2}|[^\S ]/.test(plain) ? plain.replace(/\s+/g, ' ') : plain;
}

/** One step of indentation: a tab, or a number of spaces. */
export type IndentUnit = '\t' | number;

/** How a text is indented; undefined where it is not, or where tabs and spaces are mixed. */
export function indentUnit(lines: readonly string[]): IndentUnit | undefined {
  let tabs = 0;
  let spaces = 0;
  const steps = new Map<number, number>();
  let before = 0;
  for (const line of lines) {
    const first = line.charCodeAt(0);
    if (first === 9) tabs += 1;
    if (first !== 32) {
      if (line !== '' && first !== 9) before = 0;
      continue;
    }
    const width = line.search(/[^ ]/);
    // A single space is the star of a comment or an alignment.
    if (width < 2 || line.charCodeAt(width) === 42) continue;
    spaces += 1;
    const step = Math.abs(width - before);
    if (step >= 2 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
    before = width;
  }
  if (tabs > 0 && spaces <= tabs / 10) return '\t';
  if (spaces === 0 || tabs > spaces / 10) return undefined;
  const common = [...steps].sort(([a, countA], [b, countB]) => countB - countA || a - b)[0];
  return common?.[0];
}
