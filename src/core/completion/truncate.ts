import { Delimiters } from './delimiters.ts';
import type { DocumentContext } from './documentContext.ts';

/**
 * Where a suggestion ends. Models that fill gaps run on into the text after the cursor, and users do not read a page of
 * ghost text; so the stream is watched, and closed as soon as the end is known.
 */

/** Lines of a suggestion at most. */
const MAX_LINES = 24;

/** What may be after the cursor without making the place the middle of a line. */
const CLOSERS = /^(?:[\s)\]}>'"`;,]|<\/[\w.:-]*>|\/>|\*\/|-->|[?%]>|%\})*$/;
export const OPENS = /([{([:]|=>|\b(then|do|else|begin))\s*$/;
/** The end of a block: a bracket, a word, an element, or the same in the marks of a template. */
/** Words behind `end`, in one word with it or in two, as in `endif` and `End Sub`. */
const ENDED =
  'if|unless|for|foreach|forelse|while|switch|case|select|function|func|sub|procedure|property|def|do|loop|class|module|' +
  'interface|struct|enum|type|namespace|package|program|task|macro|block|begin|try|with|generate|section';
/** The end of a block: a bracket, a word, an element, or the same in the marks of a template. */
export const CLOSES = new RegExp(
  String.raw`^([)\]}]|(end|fi|done|esac)(?![\w(])|#?end[ _]?(${ENDED})\b(?!\s*[=:.[])|<\/|<(%[-=]?|\?(php)?)\s*(end|\})|\{%-?\s*end|\{?\{\/|@end\w|\\end\{)`,
  'i',
);
/** Belongs to a statement whose first block has just ended. */
const GOES_ON = /^(else|elif|elsif|except|finally|catch|rescue|ensure)\b/;

/** Pairs that are empty: the user, or a snippet, has yet to fill them. */
export const EMPTY_PAIRS = /\(\)|\[\]|\{\}/g;

/** Whether only the rest of a line can be suggested here, because code follows the cursor on it. */
export const isMidLine = ({ lineSuffix }: DocumentContext): boolean =>
  !CLOSERS.test(lineSuffix.replace(EMPTY_PAIRS, ''));

/** What the editor closes as brackets. */
const BRACKETS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Whether only the first line of a text can be suggested here. A text that begins with a line break, right between a
 * bracket and its other half, is the body of that bracket, whatever follows it on the line: `useEffect(() => {█}, [a]);`
 */
export function isOneLine(text: string, docContext: DocumentContext): boolean {
  if (!isMidLine(docContext)) return false;
  const closer = BRACKETS[docContext.linePrefix.trimEnd().slice(-1)];
  const isBody = closer !== undefined && docContext.lineSuffix.trimStart().startsWith(closer);
  return !isBody || !/^[ \t]*\n/.test(text);
}

/**
 * The offset at which the suggestion ends, as soon as the text so far shows it; undefined while it may go on. Only whole
 * lines are judged: those with a line break behind them, and the last one when the stream has ended.
 *
 * @param text the answer so far, without what the model wraps around it
 * @param ended no more text will come
 */
export function findEnd(text: string, docContext: DocumentContext, ended: boolean): number | undefined {
  const lines = text.split('\n');
  if (isOneLine(text, docContext)) return lines.length > 1 ? lines[0]?.length : undefined;
  const whole = ended ? lines : lines.slice(0, -1);
  const said = [docContext.linePrefix + (lines[0] ?? ''), ...lines.slice(1)];
  const block = new Block(docContext);
  let start = 0;
  for (const [i, line] of whole.entries()) {
    const verdict = repeatsBelow(said, i, docContext, ended) ? 'before' : block.judge(said[i] ?? '', i);
    if (verdict === 'before') return withoutBareOpener(text, Math.max(0, start - 1), docContext);
    if (verdict === 'after') return start + line.length;
    start += line.length + 1;
  }
  return undefined;
}

/** Lines that are compared to tell whether an answer repeats the text below the cursor. */
const COMPARED = 3;

/** So much of an unfinished line is enough to recognize it, in UTF-16 units. */
const RECOGNIZED = 8;

/**
 * Whether an answer says, from line `i` on, what the document has below the cursor: its next line on the same level, and
 * then what follows that line. Code is full of lines that look like their neighbors, so one line alone tells only when
 * the answer ends with it and the user has not begun it.
 *
 * @param lines the answer's lines, the first one with the document's own part before it
 * @param ended no more text will come; otherwise the last line is unfinished
 */
export function repeatsBelow(
  lines: readonly string[],
  i: number,
  docContext: DocumentContext,
  ended: boolean,
): boolean {
  const line = lines[i] ?? '';
  // A first line to which the answer adds nothing is the document's own, whatever is below it.
  const begun = i === 0 ? docContext.linePrefix.trim() : '';
  if (!line.trim() || line.trim() === begun) return false;
  const following = textBelow(docContext);
  if (!following[0] || !isSameLine(line, following[0])) return false;
  const others = lines.slice(i + 1).filter((each) => each.trim());
  if (others.length === 0) return ended && !begun;
  return following.slice(1, COMPARED).every((each, at) => {
    const other = others[at]?.trim();
    if (other === undefined || other === each.trim()) return true;
    // Where nothing comes before it there is time until its line ends.
    const isUnfinished = i > 0 && !ended && at === others.length - 1;
    return isUnfinished && other.length >= RECOGNIZED && each.trim().startsWith(other);
  });
}

/**
 * Where a suggestion comes to a line that closes a block which the document closes itself below the cursor. The editor
 * may have written that line after the model was asked: when the user typed the opener and Enter.
 *
 * @returns the number of the line; -1 where there is none
 */
export function findClosedBlock(text: string, docContext: DocumentContext): number {
  const lines = text.split('\n');
  const following = linesAfter(docContext);
  let level = docContext.linePrefix.trim() ? indentOf(docContext.linePrefix) : -1;
  for (const [i, said] of lines.entries()) {
    const line = i === 0 ? docContext.linePrefix + said : said;
    if (!line.trim()) continue;
    const indent = indentOf(line);
    if (level < 0) level = indent;
    if (indent >= level) continue;
    if (CLOSES.test(line.trim()) && isClosedBelow(following, line)) return i;
    level = indent;
  }
  return -1;
}

/** Whether the first line below that is no deeper than a closing line closes a block of its kind on its level. */
function isClosedBelow(following: readonly string[], closing: string): boolean {
  const indent = indentOf(closing);
  const line = following.find((other) => other.trim() !== '' && indentOf(other) <= indent);
  const kind = closing.trim().charAt(0);
  return line !== undefined && indentOf(line) === indent && CLOSES.test(line.trim()) && line.trim().startsWith(kind);
}

/** Ends a suggestion before a line that opens a block, if neither the answer nor the document has a body for it. */
export function withoutBareOpener(text: string, end: number, docContext: DocumentContext): number {
  const start = text.lastIndexOf('\n', end - 1);
  const line = text.slice(start + 1, end);
  if (start < 0 || !OPENS.test(line) || docContext.lineSuffix.trim()) return end;
  const next = nextLine(docContext);
  const hasBody =
    next !== undefined &&
    (indentOf(next) > indentOf(line) || (indentOf(next) === indentOf(line) && CLOSES.test(next.trim())));
  return hasBody ? end : start;
}

/** Lines above the cursor's in which the beginning of its statement is looked for. */
const LINES_ABOVE = 30;

/** Columns of the line on which the outermost bracket was opened that a line closes; undefined where it closes none. */
function levelOfOpener(line: string, { language, before, linePrefix }: DocumentContext): number | undefined {
  const closed = new Delimiters(language).read(line).faults;
  if (closed === 0) return undefined;
  const above = before
    .slice(0, before.length - linePrefix.length)
    .split('\n')
    .slice(-LINES_ABOVE)
    .join('\n');
  const opener = new Delimiters(language).read(above).open.at(-closed);
  return opener?.kind === 'bracket' ? indentOf(opener.indent) : undefined;
}

/** Follows a suggestion of several lines by its indentation. */
class Block {
  readonly #docContext: DocumentContext;
  /** The lines after the cursor's: what the answer would run on into. */
  readonly #following: readonly string[];
  /** The cursor's line has text. */
  readonly #started: boolean;
  readonly #prefix: string;
  #opened = false;
  /** A block that it opened has ended. */
  #closed = false;
  /** Indentation in columns; -1 until a line has text. */
  #base: number;
  #deeper = false;
  #last = -1;
  #emptyLines = 0;
  readonly #seen: string[] = [];

  constructor(docContext: DocumentContext) {
    this.#docContext = docContext;
    this.#following = linesAfter(docContext);
    this.#prefix = docContext.linePrefix.trim();
    this.#started = this.#prefix !== '';
    this.#base = this.#started ? indentOf(docContext.linePrefix) : -1;
  }

  /** Whether the suggestion ends before or after this line, or goes on. */
  judge(line: string, i: number): 'before' | 'after' | 'goes-on' {
    if (i >= MAX_LINES) return 'before';
    const text = line.trim();
    if (text === '') return this.#judgeEmptyLine(i);
    this.#emptyLines = 0;
    if (this.#repeats(text)) return 'before';
    const indent = indentOf(line);
    if (i === 0 && this.#beginsAbove(line)) return 'goes-on';
    if (i === 0 && this.#started) {
      this.#opened = OPENS.test(line);
      // An answer that only breaks the line begins on the next one, on whatever level that is.
      if (!this.#opened && text === this.#prefix) this.#base = -1;
      else this.#last = indent;
      return 'goes-on';
    }
    this.#last = indent;
    if (this.#base < 0) this.#base = indent;
    const verdict = this.#judgeIndent(line, indent);
    if (indent > this.#base) this.#deeper = true;
    return verdict;
  }

  /** Whether a line ends what a line above began, and opens a block on the level of that line: `int b) {`. */
  #beginsAbove(line: string): boolean {
    if (!OPENS.test(line) || CLOSES.test(line.trim())) return false;
    const level = levelOfOpener(line, this.#docContext);
    if (level === undefined || level >= indentOf(line)) return false;
    this.#opened = true;
    this.#base = level;
    this.#last = indentOf(line);
    return true;
  }

  #judgeIndent(line: string, indent: number): 'before' | 'after' | 'goes-on' {
    const text = line.trim();
    if (indent > this.#base) return 'goes-on';
    const closes = CLOSES.test(text);
    if (indent < this.#base) return closes && !this.#isClosedLater(line) ? 'after' : 'before';
    // On the level of the beginning: the end of what the cursor's line opened, or just the next statement.
    if (!this.#opened) return 'goes-on';
    if (closes && OPENS.test(text)) return 'goes-on';
    if (closes) return this.#isClosedLater(line) ? 'before' : this.#endOfBlock('after');
    return this.#deeper && !GOES_ON.test(text) ? this.#endOfBlock('before') : 'goes-on';
  }

  /**
   * The block that the cursor's line opened has ended. At the left margin the suggestion ends with it. Inside another
   * block what follows on the same level belongs to that one, up to an empty line or the end of that block.
   */
  #endOfBlock(verdict: 'before' | 'after'): 'before' | 'after' | 'goes-on' {
    if (this.#base === 0) return verdict;
    this.#opened = false;
    this.#closed = true;
    return 'goes-on';
  }

  /** Whether the document itself has such a line below. */
  #isClosedLater(closing: string): boolean {
    return isClosedBelow(this.#following, closing);
  }

  /** An empty line ends code at the left margin; inside a block only two of them do. */
  #judgeEmptyLine(i: number): 'before' | 'goes-on' {
    if (i === 0 || this.#last < 0) return 'goes-on';
    this.#emptyLines++;
    if (this.#closed) return 'before';
    const inside = this.#last > Math.max(0, this.#base) || this.#base > 0;
    return this.#emptyLines > 1 || (!inside && !this.#opened) ? 'before' : 'goes-on';
  }

  /** The third of three equal lines: the model is stuck. */
  #repeats(text: string): boolean {
    this.#seen.push(text);
    return /\w{3}/.test(text) && this.#seen.length > 2 && this.#seen.slice(-3).every((line) => line === text);
  }
}

/** The first line after the cursor's that has text. */
export const nextLine = (docContext: DocumentContext): string | undefined => textBelow(docContext)[0];

const below = new WeakMap<DocumentContext, readonly string[]>();

/** The lines after the cursor's that have text. They are asked for with each token of an answer. */
function textBelow(docContext: DocumentContext): readonly string[] {
  const known = below.get(docContext) ?? linesAfter(docContext).filter((line) => line.trim() !== '');
  below.set(docContext, known);
  return known;
}

const linesAfter = ({ after, lineSuffix }: DocumentContext): string[] => after.slice(lineSuffix.length + 1).split('\n');

/**
 * Whether an answer's line is one of the document. It has to be on the same level; only a line with words that lost its
 * indentation counts as well.
 */
function isSameLine(line: string, other: string): boolean {
  if (line.trim() !== other.trim()) return false;
  return indentOf(line) === indentOf(other) || (indentOf(line) === 0 && /\w{3}.*\W/.test(line.trim()));
}

/** Columns of leading white space, a tab being four. */
export function indentOf(line: string): number {
  let columns = 0;
  for (const char of line) {
    if (char === '\t') columns += 4;
    else if (char === ' ') columns += 1;
    else break;
  }
  return columns;
}
