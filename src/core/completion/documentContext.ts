/** The text around the cursor, read line by line: a document may have 20,000 lines and a key only 0.5 ms. */

/** What is read of a document. Lines have no line break at their end. */
export interface DocumentView {
  readonly uri: string;
  readonly scheme: string;
  /** As the workspace sees it, with slashes. */
  readonly path: string;
  /** With all its folders: some of them are for secrets. */
  readonly fullPath: string;
  /** Where the path leads once links are followed, if that is another place. */
  readonly realPath?: string | undefined;
  /** VS Code's language id. */
  readonly language: string;
  /** Raised by each change. */
  readonly version: number;
  readonly lineCount: number;
  /** Text of a line, counted from 0. */
  readonly lineAt: (line: number) => string;
}

/** Line and UTF-16 unit, both counted from 0. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** What the suggest widget has selected: it counts as typed from `from` (a UTF-16 unit of the line) to the cursor. */
export interface Selected {
  readonly from: number;
  readonly text: string;
}

/** Bounded text before and after the cursor, with LF line ends. It does not change while the document does. */
export interface DocumentContext {
  /** VS Code's language id. */
  readonly language: string;
  readonly before: string;
  readonly after: string;
  /** The cursor's line, in two parts. */
  readonly linePrefix: string;
  readonly lineSuffix: string;
}

/** What an answer is read for. */
export interface AnswerContext {
  readonly docContext: DocumentContext;
  /** Control tokens of the model that answers. */
  readonly tokens: readonly string[];
  /** No more of the answer will come. */
  readonly ended?: boolean;
}

/** Bounds of the window: tokens as estimated by `cost`, lines as a second bound. */
export interface WindowBounds {
  readonly beforeTokens: number;
  readonly afterTokens: number;
  readonly beforeLines: number;
  readonly afterLines: number;
}

/**
 * The text after the cursor is short: families that want it behind the prefix have the server read it again with each
 * question. See `windowFor`.
 */
export const WINDOW: WindowBounds = { beforeTokens: 1_500, afterTokens: 192, beforeLines: 200, afterLines: 60 };
/** For families that want the suffix first it is read once. */
const SUFFIX_FIRST = { afterTokens: 400 };
/** Share of a model's context that the document may take; the rest is for other files and the answer. */
const SHARE = 0.6;

/** The window for a family's order and a model's context, in tokens; undefined when that is not known. */
export function windowFor(order: 'prefix-first' | 'suffix-first', contextTokens: number | undefined): WindowBounds {
  const wanted = { ...WINDOW, ...(order === 'suffix-first' ? SUFFIX_FIRST : {}) };
  const fits = ((contextTokens ?? Infinity) * SHARE) / (wanted.beforeTokens + wanted.afterTokens);
  if (fits >= 1) return wanted;
  return { ...wanted, beforeTokens: wanted.beforeTokens * fits, afterTokens: wanted.afterTokens * fits };
}

/** Cost of an ASCII character is 1; code has about this many of them in a token. */
const COST_PER_TOKEN = 3.5;

/**
 * The window starts at a multiple of so many lines, so that its start stays where it is while one types: the server
 * keeps what it has read of a prompt only up to the first difference. Tried in this order.
 */
const BLOCKS = [32, 8, 1] as const;
/** The same for a single line that is longer than the window, in UTF-16 units. */
const BLOCK_UNITS = 1024;

export function readDocumentContext(
  document: DocumentView,
  position: Position,
  selected?: Selected,
  bounds: WindowBounds = WINDOW,
): DocumentContext {
  const line = document.lineAt(position.line);
  const typed = selected ? line.slice(0, selected.from) + selected.text : line.slice(0, position.character);
  const before = readBefore(document, position.line, typed, bounds);
  const lineSuffix = headOf(line.slice(position.character), bounds.afterTokens * COST_PER_TOKEN);
  return {
    language: document.language,
    before,
    after: readAfter(document, position.line, lineSuffix, bounds),
    linePrefix: before.slice(before.lastIndexOf('\n') + 1),
    lineSuffix,
  };
}

/** Remembers the last place: at each key it is asked for twice, by us and then by the editor. */
export class DocumentContextReader {
  #last: { readonly key: string; readonly text: string; readonly docContext: DocumentContext } | null = null;

  read(
    document: DocumentView,
    { line, character }: Position,
    selected: Selected | undefined,
    bounds: WindowBounds,
  ): DocumentContext {
    const { beforeTokens, afterTokens } = bounds;
    const key = [
      document.version,
      line,
      character,
      beforeTokens,
      afterTokens,
      selected?.from,
      selected?.text,
      document.uri,
    ].join(' ');
    // A document that was closed and opened again starts its versions at 1 again.
    const text = document.lineAt(line);
    if (this.#last?.key === key && this.#last.text === text) return this.#last.docContext;
    const docContext = readDocumentContext(document, { line, character }, selected, bounds);
    this.#last = { key, text, docContext };
    return docContext;
  }
}

function readBefore(document: DocumentView, line: number, typed: string, bounds: WindowBounds): string {
  const most = bounds.beforeTokens * COST_PER_TOKEN;
  let left = most - costOf(typed, most);
  if (left < 0) return tailOf(typed, most);
  let first = line;
  while (first > 0 && line - first < bounds.beforeLines) {
    left -= costOf(document.lineAt(first - 1), left) + 1;
    if (left < 0) break;
    first--;
  }
  const lines: string[] = [];
  for (let i = snap(first, line); i < line; i++) lines.push(document.lineAt(i));
  lines.push(typed);
  return lines.join('\n');
}

/** The start of a block of lines at or after `first`, as long as that leaves at least half of the window. */
function snap(first: number, line: number): number {
  if (first === 0) return 0;
  const starts = BLOCKS.map((block) => Math.ceil(first / block) * block);
  return starts.find((start) => line - start >= (line - first) / 2) ?? first;
}

function readAfter(document: DocumentView, line: number, lineSuffix: string, bounds: WindowBounds): string {
  const lines = [lineSuffix];
  const most = bounds.afterTokens * COST_PER_TOKEN;
  let left = most - costOf(lineSuffix, most);
  const last = Math.min(document.lineCount - 1, line + bounds.afterLines);
  for (let i = line + 1; i <= last; i++) {
    const text = document.lineAt(i);
    left -= costOf(text, left) + 1;
    if (left < 0) break;
    lines.push(text);
  }
  return lines.join('\n');
}

/** Characters, those outside ASCII counted four times: many scripts need a token for each. Stops above `most`. */
function costOf(text: string, most: number): number {
  if (text.length > most) return text.length;
  let cost = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) cost += 3;
  return cost;
}

/** The end of a line that is too long, from a fixed grid of positions on. */
function tailOf(text: string, most: number): string {
  const units = (most * text.length) / costOf(text, Infinity);
  const from = Math.ceil((text.length - units) / BLOCK_UNITS) * BLOCK_UNITS;
  return text.slice(isInsidePair(text, from) ? from + 1 : from);
}

function headOf(text: string, most: number): string {
  if (text.length <= most) return text;
  return text.slice(0, isInsidePair(text, most) ? most - 1 : most);
}

/** Whether a position lies between the two halves of one character. */
export const isInsidePair = (text: string, at: number): boolean =>
  /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(at));
