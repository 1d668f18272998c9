import { Delimiters, type OpenDelimiter } from './delimiters.ts';
import type { DocumentContext } from './documentContext.ts';
import { isMidLine } from './truncate.ts';

/**
 * Joins a suggestion with the rest of the cursor's line. The editor closes brackets, quotes and tags by itself, and a
 * model may stop before what is closed, write it once more, or write on behind it. One rule covers all of these: of all
 * ways to join the two, the one is taken after which the fewest delimiters lack their other half.
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
}

/** More of a text is not looked at for places where it could end, in UTF-16 units. */
const MOST_LOOKED_AT = 2_000;
/** Places that are tried. */
const MOST_WAYS = 60;

export function joinLine({ text }: Draft, docContext: DocumentContext): Draft {
  const rest = docContext.lineSuffix.trimEnd();
  if (!text.trim()) return { text, replaceAfter: 0 };
  if (!rest) return { text: text.trimEnd(), replaceAfter: 0 };
  const said = isMidLine(docContext) ? (text.split('\n', 1)[0] ?? '') : text;
  const start = startOf(docContext);
  let best: { readonly way: Way; readonly rank: readonly number[] } | undefined;
  for (const way of waysOf(said, rest, docContext)) {
    const rank = [faultsOf(start, said, way, docContext), ...judge(said, rest, way)];
    if (!best || isLess(rank, best.rank)) best = { way, rank };
  }
  const { end, replaceAfter } = best?.way ?? { end: said.length, replaceAfter: 0 };
  return withBreak(start, shorten(said.slice(0, end), replaceAfter, rest), docContext);
}

/** What decides between ways that leave equally many faults; less is better, the first number counts most. */
function judge(text: string, rest: string, { end, replaceAfter }: Way): number[] {
  const following = rest.slice(replaceAfter);
  const beyond = text.slice(end);
  let agreed = 0;
  while (agreed < following.length && beyond.charAt(agreed) === following.charAt(agreed)) agreed++;
  const isCutInVain = end < text.length && agreed < following.length;
  return [
    Number(doublesText(text.slice(0, end), following)),
    Number(isCutInVain),
    isCutInVain ? -agreed : 0,
    text.length - end,
    replaceAfter,
  ];
}

const isLess = (a: readonly number[], b: readonly number[]): boolean => {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
};

const starts = new WeakMap<DocumentContext, Delimiters>();

/** What is open at the cursor. */
function startOf(docContext: DocumentContext): Delimiters {
  const known = starts.get(docContext);
  if (known) return known;
  const start = new Delimiters(docContext.language).read(statementBefore(docContext.before));
  start.faults = 0;
  starts.set(docContext, start);
  return start;
}

/** From the last line at the left margin that begins something: what stands above it says nothing of this place. */
function statementBefore(before: string): string {
  const lines = before.split('\n');
  let first = lines.length - 1;
  while (first > 0 && !BEGINS.test(lines[first] ?? '')) first--;
  return lines.slice(first).join('\n');
}

/** Up to the next line at the left margin that begins something. */
function statementAfter(after: string): string {
  const lines = after.split('\n');
  const next = lines.findIndex((line, i) => i > 0 && BEGINS.test(line));
  return (next < 0 ? lines : lines.slice(0, next)).join('\n');
}

const BEGINS = /^(?!<\/|end\b)[^\s)\]}>'"`*-]/;

/**
 * What lacks its other half after joining: faults, delimiters that stay open, and those of the lines above that are
 * closed although the document as it stands leaves them open.
 */
function faultsOf(start: Delimiters, text: string, { end, replaceAfter }: Way, docContext: DocumentContext): number {
  const readOn = (inserted: string, from: number): Delimiters =>
    start
      .copy()
      .read(inserted)
      .read(statementAfter(docContext.after.slice(from)));
  const above = start.open.filter(({ line }) => line < start.line);
  const isAbove = (each: OpenDelimiter): boolean => above.some(({ id }) => id === each.id);
  const now = readOn(text.slice(0, end), replaceAfter);
  const stillOpen = new Set(now.open.map(({ id }) => id));
  const lost = readOn('', 0).open.filter((each) => isAbove(each) && !stillOpen.has(each.id));
  return now.faults + now.open.filter((each) => !isAbove(each)).length + lost.length;
}

/** The ways to join that are worth a try: a text may end at each of its closers, and where the rest of the line begins. */
function waysOf(text: string, rest: string, docContext: DocumentContext): Way[] {
  const ends = new Set<number>([text.length]);
  for (const { 0: found, index } of text.slice(0, MOST_LOOKED_AT).matchAll(/[)\]}"'`;]|<\/[\w.:-]*>|\/?>/g)) {
    ends.add(index);
    ends.add(index + found.length);
  }
  for (let length = Math.min(rest.length, text.length); length > 0; length--)
    if (isTelling(rest.slice(0, length)) && text.endsWith(rest.slice(0, length))) ends.add(text.length - length);
  for (let at = text.indexOf(rest); at >= 0; at = text.indexOf(rest, at + 1)) ends.add(at);
  const replaced = isMidLine(docContext) ? [0] : closersOf(rest);
  return [...ends]
    .filter((end) => text.slice(0, end).trim())
    .sort((a, b) => b - a)
    .flatMap((end) =>
      replaced
        .filter((length) => isSubsequence(rest.slice(0, length).replace(/\s/g, ''), text.slice(0, end)))
        .map((replaceAfter) => ({ end, replaceAfter })),
    )
    .slice(0, MOST_WAYS);
}

/** How much of the rest of the line may be replaced: nothing, or its text up to each closer. */
function closersOf(rest: string): number[] {
  const lengths = [0];
  for (const { 0: found, index } of rest.matchAll(/<\/[\w.:-]*>|\S/g)) lengths.push(index + found.length);
  return lengths;
}

/** VS Code shows a text in the place of another only where the other's characters are all in it, in their order. */
function isSubsequence(part: string, text: string): boolean {
  let found = 0;
  for (const char of text) if (char === part.charAt(found)) found++;
  return found >= part.length;
}

/** The text ends with what follows it, or with the same mark. */
function doublesText(text: string, following: string): boolean {
  const said = text.trimEnd();
  const next = following.trimStart();
  if (/[;,]$/.test(said) && /^[;,]/.test(next)) return true;
  for (let length = Math.min(following.length, text.length); length > 0; length--)
    if (isTelling(following.slice(0, length)) && text.endsWith(following.slice(0, length))) return true;
  return false;
}

/** Not by chance at the end of one text and the beginning of the next, as `=` and `=`, or a ruler, may be. */
const isTelling = (text: string): boolean =>
  /[)\]}"'`;,]/.test(text) || (text.trim().length >= 3 && /\p{L}/u.test(text));

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
function withBreak(start: Delimiters, draft: Draft, docContext: DocumentContext): Draft {
  const { text, replaceAfter } = draft;
  const rest = docContext.lineSuffix.slice(replaceAfter);
  if (!rest.trim()) return { ...draft, text: text.trimEnd() };
  const read = start.copy().read(text);
  const { top } = read;
  if (!top || !rest.trimStart().startsWith(top.close)) return { ...draft, text: text.replace(/\n[ \t]*$/, '') };
  const breaks = text.includes('\n');
  if (isText(top)) return draft;
  const onItsLevel = docContext.linePrefix === top.indent && !docContext.linePrefix.trim();
  const isOpenedHere = top.line === start.line;
  if (top.endsLine && ((breaks && isOpenedHere) || (onItsLevel && text.trim())))
    return { ...draft, text: `${text.trimEnd()}\n${top.indent}` };
  return { ...draft, text: breaks && /\n[ \t]*$/.test(text) ? `${text.trimEnd()}\n${top.indent}` : text };
}

/** Strings other than those of three quotes, which stand around documentation. */
const isText = ({ kind, close }: OpenDelimiter): boolean =>
  kind === 'template' || (kind === 'string' && close.length < 3);
