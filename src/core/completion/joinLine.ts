import { Delimiters, hasElements, type OpenDelimiter } from './delimiters.ts';
import type { DocumentContext } from './documentContext.ts';
import { syntaxOf } from './lexical.ts';
import { EMPTY_PAIRS, indentOf, isMidLine, isOneLine } from './truncate.ts';

/**
 * Joins a suggestion with the rest of the cursor's line. The editor closes brackets, quotes and tags by itself, and a
 * model may stop before what is closed, write it once more, or write on behind it. One rule covers all of these: of all
 * ways to join the two, the one is taken after which the fewest delimiters lack their other half. Where several leave
 * equally few, nothing may be there twice, and as much as possible of the answer stays. One of the ways is to insert
 * nothing: what is left of an answer of which the user accepted or typed all but the closers is in the document already.
 */

/** What is inserted, and how many UTF-16 units after the cursor it replaces on the line. */
export interface Draft {
  readonly text: string;
  readonly replaceAfter: number;
}

/** The first `end` units of the text, in the place of `replaceAfter` units of the rest of the line. */
interface Way {
  readonly end: number;
  readonly replaceAfter: number;
  /**
   * What is cut off hardly tells that it is what follows: only where this number of the rank is less than that of the
   * whole text.
   */
  readonly mustMend?: number;
}

/** Places at which a text may end are looked for in its last units, and in its first ones. */
const LOOKED_AT = 600;
/** Places to end at that are tried: those after which the text agrees best with the rest of the line. */
const MOST_ENDS = 8;
/** UTF-16 units before the cursor, on its line, that are read. */
const MOST_BEFORE = 600;
/** Lines below the cursor's that are read to learn what they close. */
const LINES_BELOW = 8;

export function joinLine({ text }: Draft, docContext: DocumentContext): Draft {
  const rest = docContext.lineSuffix.trimEnd();
  if (!text.trim()) return { text, replaceAfter: 0 };
  if (!rest) return { text: text.trimEnd(), replaceAfter: 0 };
  const said = isOneLine(text, docContext) ? (text.split('\n', 1)[0] ?? '') : text;
  const place = placeOf(docContext);
  const whole: Way = { end: said.length, replaceAfter: 0 };
  const ways = waysOf(said, rest, docContext);
  const rankOfWhole = rankOf(said, rest, whole, place, docContext);
  let best = { way: whole, rank: rankOfWhole };
  for (const way of ways) {
    const rank = rankOf(said, rest, way, place, docContext);
    const { mustMend } = way;
    if (mustMend !== undefined && (rank[mustMend] ?? 0) >= (rankOfWhole[mustMend] ?? 0)) continue;
    if (isLess(rank, best.rank)) best = { way, rank };
  }
  const { end, replaceAfter } = best.way;
  return withBreak(shorten(said.slice(0, end), replaceAfter, rest), place, docContext);
}

/** Places in the rank: delimiters, and angle brackets, without their other half. */
const DELIMITERS = 0;
const ODD_ANGLES = 3;

/** What decides between two ways; less is better, the first number counts most. */
function rankOf(text: string, rest: string, way: Way, place: Place, docContext: DocumentContext): number[] {
  const { end, replaceAfter } = way;
  const inserted = text.slice(0, end);
  const following = rest.slice(replaceAfter);
  const line = docContext.linePrefix.slice(-MOST_BEFORE) + inserted + following;
  const joined = startOf(place, docContext).read(line + place.below);
  const open = joined.open.filter(({ line, endsLine }) => line >= 0 && !(place.isBodyBelow && endsLine));
  const beyond = text.slice(end).trim();
  const agreed = agreementOf(beyond, following);
  const isCutInVain = end < text.length && agreed < Math.min(following.trim().length, beyond.length);
  return [
    // Brackets, quotes and comments without their other half.
    joined.faults + open.length,
    // The text was cut although it does not go on as the line does.
    Number(isCutInVain),
    // The same inside strings, comments and markup, where it may be meant.
    joined.textFaults + Number(following !== '' && endsInComment(inserted, place, docContext)),
    // Where no angle bracket is behind the cursor none can be written twice.
    rest.includes('>') ? oddAngles(line) : 0,
    // The answer filled a pair that is empty behind the cursor.
    following.match(EMPTY_PAIRS)?.length ?? 0,
    // An answer that ends with all of the rest of the line said it for the same place.
    Number(beyond === '' || beyond !== rest.trim()),
    Number(saysTwice(inserted, following)),
    // Escaped quotes are mostly in pairs, over all strings of the line.
    joined.oddEscapes,
    // Then as much of the answer as possible, and as little of the line is replaced.
    isCutInVain ? -agreed : 0,
    text.length - end,
    replaceAfter,
  ];
}

/** Whether a text begins a comment that what follows on its line would become part of. */
function endsInComment(inserted: string, place: Place, docContext: DocumentContext): boolean {
  const marks = syntaxOf(docContext.language).line;
  if (place.isInComment || !marks.some((mark) => inserted.includes(mark))) return false;
  return (
    startOf(place, docContext).read(docContext.linePrefix.slice(-MOST_BEFORE) + inserted).enclosing?.close === '\n'
  );
}

/** How many of `<` and `>` lack their other half, leaving out arrows, comparisons and shifts. */
function oddAngles(line: string): number {
  const plain = line.replace(/%>%|<[$*]>|[-=|~]>|[<>]=|<[-<|~]|\s[<>]+(?=\s|$)/g, '');
  return Math.abs(plain.split('<').length - plain.split('>').length);
}

const isLess = (a: readonly number[], b: readonly number[]): boolean => {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
};

/** How many characters, not counting white space at the beginning, two texts have in common. */
function agreementOf(text: string, other: string): number {
  const [a, b] = [text.trimStart(), other.trimStart()];
  let agreed = 0;
  while (agreed < b.length && a.charAt(agreed) === b.charAt(agreed)) agreed++;
  return agreed;
}

/** What is known of a place without its answer. */
interface Place {
  /** The string or comment that the cursor's line begins in. */
  readonly enclosing: OpenDelimiter | undefined;
  /** The innermost delimiter that is open where the cursor's line begins. */
  readonly above: OpenDelimiter | undefined;
  /** The innermost brackets that are open there and that the document does not close below. */
  readonly unclosed: readonly OpenDelimiter[];
  /** The cursor is in a comment that ends with its line. */
  readonly isInComment: boolean;
  /** Deeper lines follow, and the text that is known ends before their end: what they are the body of is closed there. */
  readonly isBodyBelow: boolean;
  /** Lines below that belong to the cursor's line, with a line break before them. */
  readonly below: string;
}

const places = new WeakMap<DocumentContext, Place>();

function placeOf(docContext: DocumentContext): Place {
  const known = places.get(docContext);
  if (known) return known;
  const { language, before, after, linePrefix } = docContext;
  const above = new Delimiters(language).read(statementAbove(before.slice(0, before.length - linePrefix.length)));
  // What the text below does not close was not opened: then the text above was misread.
  const enclosing = above.enclosing && after.includes(above.enclosing.close) ? above.enclosing : undefined;
  const unclosed = unclosedOf(above.open, docContext);
  const atCursor = startOf({ enclosing, unclosed }, docContext).read(linePrefix);
  const place: Place = {
    enclosing,
    above: above.top,
    unclosed,
    isInComment: atCursor.enclosing?.close === '\n',
    ...linesBelow(docContext),
  };
  places.set(docContext, place);
  return place;
}

function startOf(
  { enclosing, unclosed }: Pick<Place, 'enclosing' | 'unclosed'>,
  { language }: DocumentContext,
): Delimiters {
  const start = new Delimiters(language);
  for (const each of enclosing ? [enclosing] : unclosed) start.enter(each);
  return start;
}

/** The brackets that are open above the cursor's line and that no line below closes: the answer may close them. */
function unclosedOf(open: readonly OpenDelimiter[], { language, after, lineSuffix }: DocumentContext): OpenDelimiter[] {
  const below = after.slice(lineSuffix.length + 1).split('\n');
  const isUnclosed = ({ kind, close, indent }: OpenDelimiter): boolean => {
    if (kind !== 'bracket') return false;
    const next = below.findIndex((line) => line.trim() && indentOf(line) <= indentOf(indent));
    // Where the text that is known ends before, it may be closed further below.
    if (next < 0) return after.trim() === lineSuffix.trim();
    if (below[next]?.trimStart().startsWith(close)) return false;
    // Lisp closes at the end of the deeper lines.
    return new Delimiters(language).read(below.slice(0, next).join('\n')).faults === 0;
  };
  const closed = open.findLastIndex((each) => !isUnclosed(each));
  return open.slice(closed + 1);
}

/** A line at the left margin that begins something: what is above it says nothing of what is below. */
const BEGINS = /^(?!<\/|end\b)[^\s)\]}>'"`*-]/;

/** The statement at the end of a text, from the left margin on. */
export function statementAbove(above: string): string {
  const lines = above.split('\n');
  let first = lines.length - 1;
  while (first > 0 && !BEGINS.test(lines[first] ?? '')) first--;
  return lines.slice(first).join('\n');
}

/** A label of a switch, which many write on the level of the switch. */
const LABEL = /^\s*(?:case\b|default\s*:)/;
/** After this a deeper line is no continuation of the line before it, but a part of what that opened, or of a list. */
const ENDS_LINE = /[({[:;},>]\s*$/;

/** The indentation of the line that the cursor's statement begins on: the cursor's own may continue it. */
function statementIndent({ before, linePrefix, lineSuffix }: DocumentContext): string {
  const indentation = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? '';
  let indent = indentation(linePrefix + lineSuffix);
  const above = before.slice(0, before.length - linePrefix.length).split('\n');
  for (const line of above.reverse().filter((each) => each.trim() !== '')) {
    if (indentOf(line) >= indentOf(indent) || ENDS_LINE.test(line)) break;
    indent = indentation(line);
  }
  return indent;
}

/** The deeper lines after the cursor's, unless they are many, and what the first line on its level closes. */
function linesBelow(docContext: DocumentContext): Pick<Place, 'below' | 'isBodyBelow'> {
  const { after, linePrefix, lineSuffix } = docContext;
  const level = indentOf(statementIndent(docContext));
  const isLabel = (line: string): boolean => LABEL.test(line) && !LABEL.test(linePrefix);
  const below = after.slice(lineSuffix.length + 1).split('\n');
  const end = below.findIndex((line) => line.trim() && indentOf(line) <= level && !isLabel(line));
  const deeper = below.slice(0, end < 0 ? LINES_BELOW : end);
  const next = below[end] ?? '';
  const closers = indentOf(next) === level ? /^\s*(?:[)\]}]+|<\/[\w.:-]*>)/.exec(next)?.[0] : undefined;
  // Many lines are read for nothing: they close themselves what they open.
  const lines = [...(end > LINES_BELOW ? [] : deeper), ...(closers ? [closers] : [])];
  const isBodyBelow = end < 0 && deeper.some((line) => line.trim() !== '');
  return { below: lines.map((line) => `\n${line}`).join(''), isBodyBelow };
}

/** The ways to join, other than to insert all of the text, that are worth a try. */
function waysOf(text: string, rest: string, docContext: DocumentContext): Way[] {
  const ends: { readonly end: number; readonly agreed: number; readonly mustMend?: number }[] = [];
  const start = rest.trimStart();
  for (let at = text.length - 1; at >= 0; at--) {
    if (at > LOOKED_AT && at < text.length - LOOKED_AT) at = LOOKED_AT;
    // An escape is not parted from what it escapes.
    if (text.charAt(at) !== start.charAt(0) || endsInEscape(text.slice(0, at), docContext)) continue;
    // White space before it is on both sides.
    const spaces = rest.length - start.length;
    const end = spaces && text.slice(at - spaces, at) === rest.slice(0, spaces) ? at - spaces : at;
    const beyond = text.slice(at);
    const isRest = spaces > 0 && end < at && beyond.trimEnd() === start;
    const isKnown = isRest || isTelling(beyond, start) || saysMarkAgain(text.slice(0, at + 1), beyond, start);
    // Where tags are, most angle brackets are theirs.
    const isTag = beyond.startsWith('>') && hasElements(docContext.language);
    if (!isKnown && (isTag || !text.slice(0, at).trim())) continue;
    const mustMend = beyond.startsWith('>') ? ODD_ANGLES : DELIMITERS;
    const agreed = agreementOf(beyond, start);
    ends.push({ end, agreed, ...(isKnown ? {} : { mustMend }) });
  }
  const isGuess = ({ mustMend }: Pick<Way, 'mustMend'>): number => Number(mustMend !== undefined);
  ends.sort((a, b) => isGuess(a) - isGuess(b) || b.agreed - a.agreed || b.end - a.end);
  const ways = ends
    .slice(0, MOST_ENDS)
    .map(({ end, mustMend }): Way => ({ end, replaceAfter: 0, ...(mustMend === undefined ? {} : { mustMend }) }));
  if (isMidLine(docContext)) return ways;
  for (const replaceAfter of closersOf(rest))
    if (
      isSubsequence(rest.slice(0, replaceAfter).replace(/\s/g, ''), text) &&
      shorten(text, replaceAfter, rest).text.trim()
    )
      ways.push({ end: text.length, replaceAfter });
  return ways;
}

/** Whether what follows a text would be escaped by its last character. */
function endsInEscape(text: string, { language }: DocumentContext): boolean {
  const { escape = '\\', plainStrings = false } = syntaxOf(language);
  let count = 0;
  while (!plainStrings && text.charAt(text.length - 1 - count) === escape) count++;
  return count % 2 === 1;
}

/**
 * Whether a text that is cut off would have said what follows: all of it, or a part of it that is not there by chance,
 * as `=` before `=`, or a ruler, may be.
 */
function isTelling(beyond: string, following: string): boolean {
  const agreed = agreementOf(beyond, following);
  const same = following.slice(0, agreed);
  // The beginning of a longer word is another one.
  if (/[\p{L}\p{N}_]$/u.test(same) && /^[\p{L}\p{N}_]/u.test(beyond.trimStart().slice(agreed))) return false;
  if (/[)\]}"'`]|\*\/|-->/.test(same)) return true;
  // Two of these beside each other are rare.
  if (/^[;,]$/.test(same) && beyond.trimEnd() === same) return true;
  if (agreed === following.length) return agreed > 1 ? !/^(.)\1*$/.test(same) : /[:;,.{[(|&\\]/.test(same);
  if (agreed === beyond.trimEnd().length && isPartOfCloser(same, following)) return true;
  const isWord = same.trim().length >= 3 && /\p{L}/u.test(same) && !/^[\p{L}\p{N}_]/u.test(following.slice(agreed));
  return isWord && agreed === beyond.trimEnd().length;
}

/** Whether a text that ends with a mark, behind a word, ends with the only character that follows it. */
const saysMarkAgain = (text: string, beyond: string, following: string): boolean =>
  /^[%!?#$@~^*+=>-]$/.test(following.trim()) &&
  beyond.trimEnd() === following.trim() &&
  /\w/.test(text) &&
  text.at(-2) !== text.at(-1);

/** Whether a text ends in the middle of the closer that another begins with. */
function isPartOfCloser(text: string, following: string): boolean {
  const closer = /^(?:"""|'''|\*\/|-->|\/>|<\/[\w.:-]*>)/.exec(following)?.[0] ?? '';
  for (let length = closer.length - 1; length > 0; length--) if (text.endsWith(closer.slice(0, length))) return true;
  return false;
}

/** The lengths of the rest of the line up to each of its closers. */
function closersOf(rest: string): number[] {
  const lengths: number[] = [];
  for (const { 0: found, index } of rest.matchAll(/<\/[\w.:-]*>|"""|'''|\/>|\*\/|-->|\S/g))
    lengths.push(index + found.length);
  return lengths;
}

/** VS Code shows a text in the place of another only where the other's characters are all in it, in their order. */
function isSubsequence(part: string, text: string): boolean {
  let found = 0;
  for (const char of text) if (char === part.charAt(found)) found++;
  return found >= part.length;
}

/** Whether a text ends with what follows it, or with the same mark. */
function saysTwice(text: string, following: string): boolean {
  const said = text.trimEnd();
  const next = following.trimStart();
  if (/[;,]$/.test(said) && /^[;,]/.test(next)) return true;
  if (isPartOfCloser(said, next) || saysMarkAgain(said, said.slice(-1), next)) return true;
  if (/^\s/.test(following) && said.endsWith(following.trimEnd())) return true;
  for (let length = Math.min(next.length, said.length); length > 0; length--)
    if (
      said.endsWith(next.slice(0, length)) &&
      !isClosers(next.slice(0, length)) &&
      isTelling(said.slice(-length), next)
    )
      return true;
  return false;
}

/** Of closers their balance tells whether they are one too many. */
const isClosers = (text: string): boolean => /^[)\]}>"'`\s\\]*$/.test(text);

/** Leaves to the document what both say at their end. */
function shorten(text: string, replaceAfter: number, rest: string): Draft {
  let length = 0;
  while (length < replaceAfter && text.at(-1 - length) === rest.charAt(replaceAfter - 1 - length)) length++;
  return { text: text.slice(0, text.length - length), replaceAfter: replaceAfter - length };
}

/**
 * A closer whose opener ends its line begins a line of its own, on the level of the opener's line. Within a string the
 * white space of the answer is text and stays.
 */
function withBreak(draft: Draft, place: Place, docContext: DocumentContext): Draft {
  const { text, replaceAfter } = draft;
  const { linePrefix, lineSuffix } = docContext;
  const rest = lineSuffix.slice(replaceAfter);
  if (!rest.trim()) return { ...draft, text: text.trimEnd() };
  const read = startOf(place, docContext).read(linePrefix + text);
  if (isString(read.enclosing)) return draft;
  const isAbove = read.top === undefined || read.top.line < 0;
  const top = isAbove ? place.above : read.top;
  if (!top || !rest.trimStart().startsWith(top.close)) return { ...draft, text: text.replace(/\n[ \t]*$/, '') };
  const isOnItsLevel = isAbove && linePrefix === top.indent;
  const ownLine = `${text.trimEnd()}\n${top.indent}`;
  const last = /\n([ \t]*)$/.exec(text)?.[1];
  // What is before the end of a long string may be part of it.
  if (last && read.enclosing?.kind === 'string') return draft;
  // A comment ends below its stars, which are a column further right than its beginning.
  const star = /\n([ \t]*)\*[^\n]*$/.exec(text.trimEnd())?.[1];
  if (last !== undefined && star !== undefined && read.enclosing?.kind === 'comment') {
    const spaces = rest.length - rest.trimStart().length;
    return { text: `${text.trimEnd()}\n${star}`, replaceAfter: replaceAfter + spaces };
  }
  // The line with the opener may continue a statement, whose level the answer knows.
  if (last !== undefined && last !== top.indent && top.line === 0 && last === statementIndent(docContext)) return draft;
  // A line of a chain (`? t(`) has its content two levels deeper, and its closer between the two.
  if (last !== undefined && isBetween(last, top.indent, text)) return draft;
  if (last !== undefined) return { ...draft, text: ownLine };
  if (top.endsLine && (isOnItsLevel || (!isAbove && text.includes('\n')))) return { ...draft, text: ownLine };
  return draft;
}

/** Whether an indentation is deeper than that of an opener's line, and less deep than all lines of a text behind it. */
function isBetween(indent: string, opener: string, text: string): boolean {
  const content = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim());
  return (
    indentOf(indent) > indentOf(opener) &&
    content.length > 0 &&
    content.every((line) => indentOf(line) > indentOf(indent))
  );
}

/** Whether it is a string other than one of three quotes, which are around documentation. */
export const isString = (open: OpenDelimiter | undefined): boolean =>
  open?.kind === 'template' || (open?.kind === 'string' && open.close.length < 3);
