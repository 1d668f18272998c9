/**
 * Pieces of a file: what is searched and what is sent. A piece begins where a definition or a heading begins, if the one
 * before it is long enough, so that most pieces are a function, a small class, or a section of a text.
 */

/** Lines count from 1; both ends belong to it. */
export interface LineRange {
  readonly firstLine: number;
  readonly lastLine: number;
}

interface Piece extends LineRange {
  /** The names that it defines, the outermost first; none in plain text. */
  readonly symbols: readonly string[];
}

/** A piece of fewer lines is joined with what follows it. */
const SHORT = 12;
/** A piece with more lines ends at the next definition of any depth, or at an empty line. */
const MIDDLE = 40;
/** The most lines of a piece. */
const LONGEST = 60;
/** Longest line that is looked at for a definition, in characters. */
const LONGEST_LINE = 300;

const MODIFIERS =
  '(?:(?:export|default|declare|abstract|public|private|protected|internal|static|final|async|override|virtual|inline|pub(?:\\([a-z]+\\))?|unsafe|extern|open|sealed|data|partial|readonly|const|local|fileprivate|suspend|async)\\s+)*';

/** `class X`, `def x`, `fn x`, `func (r *R) x`, `type X`, `CREATE TABLE x` and the like; the name is group 1. */
const NAMED = new RegExp(
  `^${MODIFIERS}(?:class|interface|struct|enum|trait|impl|protocol|extension|record|object|module|namespace|package|type|union|function\\*?|func|fun|fn|def|defp|defmodule|defmacro|sub|proc|procedure|macro|message|service|rpc|(?:create\\s+(?:or\\s+replace\\s+)?)?(?:table|view|index|trigger|function|procedure))\\s+(?:\\([^)]*\\)\\s*)?(?:if\\s+not\\s+exists\\s+)?["'\`]?([\\p{L}_$][\\p{L}\\p{N}_$.:]*)`,
  'iu',
);
/** `const x = (…) =>`, `x = function`, `let x = class`. */
const ASSIGNED = new RegExp(
  `^${MODIFIERS}(?:let|var|val)?\\s*([\\p{L}_$][\\p{L}\\p{N}_$.]*)\\s*(?::[^=]{0,120})?=\\s*(?:async\\s*)?(?:function\\b|class\\b|\\(|[\\p{L}_$][\\p{L}\\p{N}_$]*\\s*=>|<|lambda\\b|fn\\b)`,
  'u',
);
/** A constant of the top level: `const LIMITS: Limits = {`, `MAX_RETRIES = 5`. */
const CONSTANT =
  /^(?:export\s+)?(?:pub\s+)?(?:(?:const|let|var|val|static|final)\s+)+(?:[\w<>[\]]+\s+)?([\p{L}_$][\p{L}\p{N}_$]*)|^([A-Z][A-Z0-9_]{2,})\s*[:=]/u;
/** A method: `name(…) {`, `public int name(…)`, `#name(…): T {`. */
const METHOD =
  /^(?:[\p{L}_$][\p{L}\p{N}_$<>[\],.?*&:]*\s+){0,4}[#*&~]?([\p{L}_$][\p{L}\p{N}_$]*)\s*(?:<[^>]{0,80}>)?\([^;]{0,200}(?:\{|\)|,|\()\s*$/u;
const HEADING = /^#{1,6}\s+(.{1,120})$/;
const NOT_NAMES = new Set(
  'if for while switch catch return else do try with when match elif until unless foreach and or not in is new throw await yield case super require assert expect describe it test'.split(
    ' ',
  ),
);

/** The name that a line defines; undefined where it defines nothing. */
function definedIn(line: string): string | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  const text = line.trimStart();
  const heading = HEADING.exec(text)?.[1];
  if (heading !== undefined) return heading;
  if (NOT_NAMES.has(/^\w+/.exec(text)?.[0] ?? '')) return undefined;
  const isTop = text.length === line.length;
  const constant = isTop ? CONSTANT.exec(text) : null;
  const name =
    NAMED.exec(text)?.[1] ?? ASSIGNED.exec(text)?.[1] ?? constant?.[1] ?? constant?.[2] ?? METHOD.exec(text)?.[1];
  return name !== undefined && !NOT_NAMES.has(name) ? name : undefined;
}

/** The first name that lines define; empty where they define none. */
export function firstSymbol(lines: readonly string[]): string {
  for (const line of lines) {
    const name = definedIn(line);
    if (name !== undefined) return name;
  }
  return '';
}

/** Comments, decorators and attributes in front of a definition belong to it. */
const BELONGS_TO_NEXT = /^\s*(?:\/\/|\/\*|\*|#(?!\s*(?:endif|else))|--|;;|"""|@|\[|%)/;

const indentOf = (line: string): number => /^[ \t]*/.exec(line)?.[0].replaceAll('\t', '    ').length ?? 0;

/** The pieces of a text, which together are the whole of it. */
export function piecesOf(lines: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  let first = 0;
  let symbols: string[] = [];
  let indent = Number.POSITIVE_INFINITY;
  const cut = (end: number): void => {
    if (end <= first) return;
    pieces.push({ firstLine: first + 1, lastLine: end, symbols });
    [first, symbols, indent] = [end, [], Number.POSITIVE_INFINITY];
  };
  for (const [i, line] of lines.entries()) {
    const name = definedIn(line);
    if (name !== undefined) {
      const start = startOf(lines, i, first);
      const length = start - first;
      const depth = indentOf(line);
      if (length >= MIDDLE || (length >= SHORT && depth <= indent)) cut(start);
      indent = Math.min(indent, depth);
      symbols.push(name);
    }
    if (i - first >= LONGEST) cut(bestCut(lines, first, i));
  }
  cut(lines.length);
  return pieces;
}

/** The line at which the comments in front of a definition begin. */
function startOf(lines: readonly string[], at: number, first: number): number {
  let start = at;
  while (start > first && BELONGS_TO_NEXT.test(lines[start - 1] ?? '')) start--;
  return start;
}

/** Where a piece that grew too long is cut: behind the last empty line of its second half, else where it is. */
function bestCut(lines: readonly string[], first: number, end: number): number {
  for (let i = end; i > first + LONGEST / 2; i--) if ((lines[i - 1] ?? '').trim() === '') return i;
  return end;
}
