import { looseKey } from './lines.ts';

/**
 * What can be told of code without its grammar: lines that are only a comment, brackets and tags that do not balance,
 * and places where a model left something out.
 */

/** The text of a line that is only a comment, without its marks; null for any other line. */
export function commentText(line: string): string | null {
  const text = line.trim();
  const block =
    /^(?:\/\*+|<!--|\{\/\*|\{\{!(?:--)?|\{#|@\*|\(\*|<%--|<%#|\{-)(.*?)(?:\*+\/\}?|-->|--\}\}|\}\}|#\}|\*@|\*\)|--%>|%>|-\})?$/.exec(
      text,
    );
  if (block) return (block[1] ?? '').trim();
  const line1 =
    /^\/\/+[/!]?(.*)$/.exec(text) ??
    // A `#` also begins directives, selectors and attributes.
    /^#+(?!!|include\b|define\b|if\b|ifn?def\b|else\b|elif\b|endif\b|pragma\b|undef\b|error\b|region\b|endregion\b|import\b|\[)((?![^{]*[{,]$).*)$/.exec(
      text,
    ) ??
    /^--(?:\s(.*)|[^\w\s](.*)|)$/.exec(text) ??
    /^(?:;+|%+|!+|REM\b|rem\b|dnl\b)(?:\s(.*)|)$/.exec(text) ??
    /^'\s([^']*)$/.exec(text) ??
    /^\*(?:\s(.*)|\/?)$/.exec(text);
  return line1 ? (line1[1] ?? line1[2] ?? '').trim() : null;
}

/** Marks of a comment in text for people, by the language or the extension; HTML comments are understood in most. */
const PROSE_COMMENTS: Readonly<Record<string, RegExp>> = {
  tex: /^%+(.*)$/,
  latex: /^%+(.*)$/,
  bib: /^%+(.*)$/,
  rst: /^\.\.(?:\s(?!.*::)(.*)|)$/,
  adoc: /^\/\/(?!\/)(.*)$/,
  asciidoc: /^\/\/(?!\/)(.*)$/,
  org: /^#(?:\s(.*)|)$/,
  typ: /^\/\/(.*)$/,
};
const MARKDOWN_COMMENT = /^(?:<!--(.*?)(?:-->)?|\{\/\*(.*?)\*\/\}|\[(?:\/\/|comment)\]:\s*#\s*[("'](.*?)[)"'])$/;

/** The text of a line of prose that is only a comment, without its marks; null for any other line. */
export function proseComment(line: string, language: string): string | null {
  const text = line.trim();
  const found = PROSE_COMMENTS[language.toLowerCase()]?.exec(text) ?? MARKDOWN_COMMENT.exec(text);
  return found ? (found.slice(1).find((each) => each !== undefined) ?? '').trim() : null;
}

/** Words that stand for code which a model left out; only what they say as a whole counts. */
const PART =
  '(?:code|file|function|method|class|component|module|body|implementation|imports?|logic|script|page|styles?|content|methods|functions|fields|lines|properties|tests?|cases|routes|rules|definitions?|section|document|configuration|config)';
const STAYS =
  '(?:(?: that)?(?: is| are| was| were)?(?: stays?| remains?| goes| left| kept)?(?: exactly)?(?: the)? ?(?:unchanged|untouched|unmodified|same|as before|as is|as it was|here|below|above|omitted|omitted for brevity)?(?: here| as before)?)';
const LEFT_OUT = new RegExp(
  `^(?:(?:\\.{3}|…)?\\s*)?(?:(?:the |all )?(?:rest|remainder) of (?:the |your |this )?(?:\\w+ )?${PART}${STAYS}|(?:the |your |all |all the )?(?:existing|remaining|other|previous|unchanged|original)(?: \\w+)? ${PART}${STAYS}|(?:${PART} )?(?:remains?|stays?|is|are) (?:unchanged|the same)|(?:everything|all) else (?:stays|remains|is) (?:the same|unchanged|as before)|(?:${PART} )?(?:unchanged|same as before|no changes?(?: here)?|as before|omitted(?: for brevity)?|snip(?:ped)?))[.!]?\\s*(?:\\.{3}|…)?$`,
  'i',
);

/** How sure it is that a line stands for code that was left out. */
export type Omission = 'sure' | 'likely' | null;

/** Whether a line on its own stands for lines that a model left out: `// ... existing code ...`, `# rest of the file`, `…`. */
export function omissionIn(line: string): Omission {
  const text = line.trim();
  const comment = commentText(line);
  const words = (comment ?? text).replace(/^[([{<]\s*|\s*[)\]}>]$/g, '').trim();
  if (comment === null) {
    if (/^[([{<]{1,2}\s*(?:\.{3}|…)\s*[)\]}>]{1,2},?$/.test(text)) return 'sure';
    if (/^[([{<*_«].*[)\]}>*_»]$/.test(text) && LEFT_OUT.test(words.replace(/^[([{<*_«\s]+|[)\]}>*_»\s]+$/g, '')))
      return 'sure';
    return /^(?:\.{3}|…)\s*\(?\s*\p{L}[\p{L} ]*\)?\s*(?:\.{3}|…)?$/u.test(text) ? 'sure' : null;
  }
  if (words === '') return null;
  if (/^(?:\.{3}|…)/.test(words) && !/^\.{4,}/.test(words)) return 'sure';
  if (LEFT_OUT.test(words)) return 'sure';
  return /(?:\.{3}|…)$/.test(words) || /\b(?:your|the) (?:\w+ )?code (?:goes )?here\b/i.test(words) ? 'likely' : null;
}

/** The code of some lines without its comments and the content of its strings, which could hold anything. */
export function bareCode(lines: readonly string[]): string[] {
  let until = '';
  return lines.map((line) => {
    if (until === '' && !/["'`/#-]/.test(line)) return line;
    let out = '';
    for (let i = 0; i < line.length;) {
      if (until !== '') {
        const end = line.indexOf(until, i);
        if (end < 0) return out;
        i = end + until.length;
        until = '';
        continue;
      }
      const rest = line.slice(i, i + 4);
      const long = /^(?:"""|'''|`)/.exec(rest)?.[0];
      if (rest.startsWith('/*') || rest.startsWith('<!--') || long) {
        until = long ?? (rest.startsWith('/*') ? '*/' : '-->');
        i += (long ?? (rest.startsWith('/*') ? '/*' : '<!--')).length;
        if (long) out += '"';
        continue;
      }
      const before = line.slice(0, i);
      if (rest.startsWith('//') && !/[:\w]$/.test(before)) return out;
      if (rest.startsWith('#') && /(?:^|\s)$/.test(before) && /^#+(?:\s|$|!)/.test(line.slice(i))) return out;
      if (/^-- /.test(rest) && /(?:^|\s)$/.test(before)) return out;
      const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/.exec(line.slice(i))?.[0];
      const regex = /(?:^|[=(,:[!&|?{};]|\breturn)\s*$/.test(before)
        ? /^\/(?![/*])(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\//.exec(line.slice(i))?.[0]
        : undefined;
      const skipped = quoted ?? regex;
      if (skipped !== undefined) {
        out += '"';
        i += skipped.length;
        continue;
      }
      out += line[i];
      i += 1;
    }
    return out;
  });
}

const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Brackets that stay open, and those that close what was never opened. */
export function imbalance(lines: readonly string[]): { readonly open: number; readonly closed: number } {
  if (balancesAsText(lines)) return { open: 0, closed: 0 };
  let closed = 0;
  const open: string[] = [];
  for (const line of bareCode(lines))
    for (const [char] of line.matchAll(/[()[\]{}]/g)) {
      const opener = CLOSES[char];
      if (opener === undefined) open.push(char);
      else if (open.at(-1) === opener) open.pop();
      else closed += 1;
    }
  return { open: open.length, closed };
}

/** Whether there are as many opening brackets as closing ones, also inside strings and comments. This is quick, and mostly enough. */
function balancesAsText(lines: readonly string[]): boolean {
  let [round, square, curly] = [0, 0, 0];
  for (const line of lines)
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      if (code === 40) round += 1;
      else if (code === 41) round -= 1;
      else if (code === 91) square += 1;
      else if (code === 93) square -= 1;
      else if (code === 123) curly += 1;
      else if (code === 125) curly -= 1;
    }
  return round === 0 && square === 0 && curly === 0;
}

const VOID = /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|!doctype)$/i;

/** How many elements stay open in markup; 0 where the lines have no tags. */
export function openTags(lines: readonly string[]): number {
  if (!lines.some((line) => /^\s*<[A-Za-z]/.test(line))) return 0;
  const open: string[] = [];
  const text = lines.join('\n').replace(/<!--[^]*?-->/g, '');
  // Types between angle brackets are behind a word.
  for (const [, close, name = '', self] of text.matchAll(
    /(?<![\w)\]])<(\/?)([A-Za-z][\w.:-]*)(?:\s(?:[^<>"'{}]|"[^"]*"|'[^']*'|\{[^{}]*\})*)?(\/?)>/g,
  )) {
    if (VOID.test(name) || self) continue;
    if (!close) open.push(name);
    else if (open.includes(name)) open.splice(open.lastIndexOf(name));
  }
  return open.length;
}

/** Places in code where an ellipsis is part of the language. */
const LUA_LIKE = /^(?:lua|r|rmd|perl|pl|raku|text|txt|md|markdown|mdx|rst)$/i;

/** Ellipses in code that stand for something left out, each with what is around it. */
function ellipsesIn(lines: readonly string[]): { readonly line: number; readonly shape: string }[] {
  const code = bareCode(lines);
  return code.flatMap((line, i) => {
    const found: { line: number; shape: string }[] = [];
    // A line of dots inside a comment or a long string stands for what was left out of that.
    if (line.trim() === '' && /^\s*(?:\.{3}|…)\s*$/.test(lines[i] ?? '')) return [{ line: i, shape: '^…$' }];
    for (const match of line.matchAll(/\.{3}|…/g)) {
      if (line[match.index + 3] === '.' && match[0] === '...') continue;
      const [before, after] = [line.slice(0, match.index), line.slice(match.index + match[0].length)];
      if (isLanguage(before, after, match[0])) continue;
      if (before.trim() === '' && after.trim() === '' && isWholeBody(lines, i)) continue;
      found.push({ line: i, shape: `${before.trimEnd().at(-1) ?? '^'}…${after.trimStart()[0] ?? '$'}` });
    }
    return found;
  });
}

/** Spread, rest, ranges, variadic parameters, stubs. */
function isLanguage(before: string, after: string, dots: string): boolean {
  if (dots === '…') return false;
  if (/^[\p{L}\p{N}_$@&*"'`[({<]/u.test(after))
    return !/^(?!(?:new|await|yield|async)\b)[\p{L}]+\s+[\p{L}]/u.test(after);
  if (/[\p{L}\p{N}_$)\]"]$/u.test(before)) return true;
  // `def f(self) -> int: ...`, `x: int = ...`, `Tuple[int, ...]`, `a[..., 0]`, `catch (...)`, `#define F(...)`.
  if (/^\s*(?:async\s+)?(?:def|class)\b.*:\s*$/.test(before) && after.trim() === '') return true;
  if (/^\s*\w+\s*:\s*[^=]+=\s*$/.test(before) && after.trim() === '') return true;
  if (/\b(?:[Tt]uple|Callable|Concatenate|Generic)\[[^\]]*$/.test(before)) return true;
  if (/\[$/.test(before) && /^\s*,/.test(after)) return true;
  if (/,\s*$/.test(before) && /^\s*(?:,\s*[\w:]+\s*)?\]/.test(after) && /\w\[[^\]]*$/.test(before)) return true;
  if (/(?:\bcatch\s*|^\s*#\s*define\s+\w+|\b__VA_ARGS__.*)\([^()]*$/.test(before)) return true;
  return (
    /\([^()]*\b(?:char|int|const|void|size_t|va_list|format|fmt)\b[^()]*,\s*$/.test(before) && /^\s*\)/.test(after)
  );
}

/** Whether a line of three dots is all that a block has: a stub. */
function isWholeBody(lines: readonly string[], at: number): boolean {
  const indent = (line: string): number => line.length - line.trimStart().length;
  const text = (line: string): boolean =>
    line.trim() !== '' && commentText(line) === null && !/^\s*(?:"""|''').*(?:"""|''')\s*$/.test(line);
  const before = lines.slice(0, at).findLast(text);
  const after = lines.slice(at + 1).find(text);
  const own = indent(lines[at] ?? '');
  return (
    before !== undefined && /:\s*$/.test(before) && indent(before) < own && (after === undefined || indent(after) < own)
  );
}

/**
 * The first line in which new code leaves something out. Shapes that the file has itself are its language.
 *
 * @param isNew whether a line is not in the file
 * @param language of the block, or the extension of the file
 * @returns -1 if there is none
 */
export function omittedWithin(
  lines: readonly string[],
  file: readonly string[],
  language: string,
  isNew: (line: string) => boolean,
): number {
  if (language !== '' && LUA_LIKE.test(language)) return -1;
  if (!lines.some((line) => /\.{3}|…/.test(line))) return -1;
  const found = ellipsesIn(lines).filter(({ line }) => isNew(lines[line] ?? ''));
  if (found.length === 0) return -1;
  const shapes = new Set(ellipsesIn(file).map(({ shape }) => shape));
  return found.find(({ shape }) => !shapes.has(shape))?.line ?? -1;
}

/** The lines of a file as loose matching sees them: each block of an answer asks for those of the same file. */
const knownLines = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Lines that are not in the file, loosely. */
export function newTo(file: readonly string[]): (line: string) => boolean {
  return (line) => {
    let known = knownLines.get(file);
    if (!known) knownLines.set(file, (known = new Set(file.map(looseKey))));
    return !known.has(looseKey(line));
  };
}
