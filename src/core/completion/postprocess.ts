import { findHidden, type HiddenRun } from '../common/hiddenCharacters.ts';
import { findControlToken } from '../common/controlTokens.ts';
import { withoutThoughts } from '../common/thinkingMarks.ts';
import { Delimiters, hasElements } from './delimiters.ts';
import type { AnswerContext, DocumentContext } from './documentContext.ts';
import { hasOnlyText, lexicalAt } from './lexical.ts';

import { cutLoop } from './repetition.ts';
import { dropRepeatedStart } from './repeatedStart.ts';
import { isProse, unwrapFence } from './talk.ts';
import {
  CLOSES,
  findClosedBlock,
  findEnd,
  indentOf,
  isOneLine,
  nextLine,
  OPENS,
  repeatsBelow,
  withoutBareOpener,
} from './truncate.ts';
import { findToken } from './fim.ts';
import { isString, joinLine, statementAbove, type Draft } from './joinLine.ts';

/**
 * Makes an answer fit the document, in two steps. Reading belongs to the place where the model was asked: it happens
 * once, while the answer streams, and its result is remembered. Fitting belongs to the place where the answer is shown,
 * and happens again after each key. Both are ordered lists of small filters; a filter drops an answer by returning an
 * empty text.
 */

interface Filter<Value, Context> {
  readonly name: string;
  readonly apply: (value: Value, context: Context) => Value;
}
export type AnswerFilter = Filter<string, AnswerContext>;

export type FitFilter = Filter<Draft, DocumentContext>;

/** Line ends are LF inside; VS Code writes those of the document. */
export function unifyLineEnds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** Languages in which an element may have any name. */
const TAGGED = /^(xml|xsl|html|vue|svelte|astro)$/;

/** Drops thoughts; while they have not ended there is no answer yet. A mark that the document has too is text. */
export function dropThoughts(text: string, { docContext }: AnswerContext): string {
  return withoutThoughts(text, (mark) => {
    const name = /[\p{L}_]+/u.exec(mark)?.[0] ?? mark;
    if (TAGGED.test(docContext.language) && /^(?:thoughts?|reason(?:ing)?)$/.test(name)) return true;
    return docContext.before.includes(`<${name}`) || docContext.after.includes(`</${name}`);
  });
}

/**
 * Hides the elements that look like a token from a search for tokens: `<s>`, and `</s>` where one is open.
 *
 * @returns a text of the same length
 */
function hideElements(text: string, { language, before }: DocumentContext): string {
  if (!hasElements(language) || !text.includes('s>')) return text;
  let open = before.lastIndexOf('<s>') > before.lastIndexOf('</s>') ? 1 : 0;
  return text.replace(/<(\/?)s>/g, (tag, slash: string) => {
    if (slash && open === 0) return tag;
    open += slash ? -1 : 1;
    return ' '.repeat(tag.length);
  });
}

/** Ends the text at the first control token; those that it begins with are dropped. */
export function cutAtTokens(text: string, { tokens, docContext }: AnswerContext): string {
  let rest = text;
  for (;;) {
    const at = findToken(hideElements(rest, docContext), tokens);
    const other = findControlToken(rest);
    if (at < 0 && !other) return rest;
    const isOwn = at >= 0 && (!other || at <= other.at);
    const start = isOwn ? at : (other?.at ?? 0);
    if (start > 0) return rest.slice(0, start);
    const token = isOwn ? tokens.find((each) => rest.startsWith(each)) : other?.token;
    rest = rest.slice(token?.length ?? 1);
  }
}

/** Drops the cursor's line up to the cursor, if the model begins by saying it again. */
export const dropRepeatedLineStart = (text: string, { docContext }: AnswerContext): string =>
  dropRepeatedStart(text, docContext);

/**
 * Drops the indentation that the cursor's line has already, if the model begins by writing it again. A line that is
 * meant to be deeper keeps it: the answer's next line tells, else the line above.
 */
function dropRepeatedIndent(text: string, { docContext }: AnswerContext): string {
  const { linePrefix } = docContext;
  if (!linePrefix || linePrefix.trim() || !text.startsWith(linePrefix)) return text;
  const [first = '', ...others] = text.split('\n');
  if (continuesAbove(first, docContext)) return text;
  const next = others.find((line) => line.trim());
  const kept = indentOf(linePrefix) + indentOf(first);
  if (next !== undefined) {
    if (indentOf(next) > kept) return text;
    if (OPENS.test(first)) return text.slice(linePrefix.length);
  }
  return isDeeperDue(docContext) ? text : text.slice(linePrefix.length);
}

/**
 * Whether a line has to be deeper than the cursor's indentation: it is the first one of a block, or the end of a statement
 * that the line above began on this level.
 */
function continuesAbove(line: string, { language, before, linePrefix }: DocumentContext): boolean {
  const above = lastLine(before.trimEnd());
  if (indentOf(linePrefix) !== indentOf(above) || CLOSES.test(line.trim())) return false;
  return OPENS.test(above) || new Delimiters(language).read(line).faults > 0;
}

/** Whether a line on a deeper level than the cursor's indentation may be here. */
function isDeeperDue({ language, before, linePrefix }: DocumentContext): boolean {
  const above = lastLine(before.trimEnd());
  if (indentOf(linePrefix) !== indentOf(above)) return indentOf(linePrefix) < indentOf(above);
  // In documentation a line may be as deep as its writer likes. After a whole statement no deeper line follows.
  if (language === 'python') return /[:([{,\\=]$/.test(above) || lexicalAt(language, before) !== 'code';
  // The mark of a template ends with a brace, and begins a block.
  if (hasElements(language) && /^\s*\{+[#:^]/.test(above)) return true;
  if (/^(la)?tex$/.test(language) || !/([;}]|<\/[\w.:-]*>|\bend)$/.test(above)) return true;
  // Where braces do not close on the level of their line, indentation says nothing.
  return new Delimiters(language).read(before).looseBraces > 0;
}

const lastLine = (text: string): string => text.slice(text.lastIndexOf('\n') + 1);

/** The star before a line of a documentation comment: its space is no level. */
const STARRED = /^[ \t]* \*/;

/**
 * Languages whose indentation is of one kind, before the document shows any: tabs, or the width of a level in spaces.
 * Elm, F#, Nim, and YAML allow no tabs.
 */
const INDENTS: readonly (readonly [RegExp, 'tabs' | number])[] = [
  [/^(makefile|go)$/, 'tabs'],
  [/^(yaml|dockercompose|ansible|helm|github-actions-workflow|azure-pipelines|nim|haskell|purescript)$/, 2],
  [/^(python|elm|fsharp)$/, 4],
];

/** Lines of a makefile that belong to no recipe: behind a tab they would be commands of the rule above. */
const NO_RECIPE =
  /^ +(?:[\w.-]+ *(?:[:+?!]+=| = )|(?:ifn?(?:eq|def)|else|endif|-?include|define|endef|(?:un)?export|override)\b)/;

/**
 * Writes the indentation of the answer's lines in the document's own way: tabs where it has tabs, and spaces where it
 * has spaces. Spaces that are no whole level, as before the stars of a comment, stay, and so does the text of a string.
 */
function useOwnIndent(text: string, { docContext }: AnswerContext): string {
  if (!/(?:^|\n)[ \t]/.test(text)) return text;
  const kind = indentKindOf(docContext);
  if (kind === null) return text;
  const lines = text.split('\n');
  const width = levelOf(lines.slice(1));
  const written = lines.map((line, i) => {
    // The editor wrote the indentation of the cursor's line.
    if (i === 0 && docContext.linePrefix !== '') return line;
    if (docContext.language === 'makefile' && NO_RECIPE.test(line)) return line;
    if (kind !== 'tabs') return line.replace(/^\t+/, (found) => ' '.repeat(found.length * kind));
    // Spaces behind tabs align columns.
    return line.replace(/^ [ \t]*(?=\S)/, (indent) => {
      const columns = indent.replaceAll('\t', ' '.repeat(width)).length;
      return '\t'.repeat(Math.floor(columns / width)) + ' '.repeat(columns % width);
    });
  });
  if (written.every((line, i) => line === lines[i])) return text;
  const reader = new Delimiters(docContext.language).read(statementAbove(docContext.before));
  return lines
    .map((line, i) => {
      const isText = isString(reader.enclosing);
      reader.read(i < lines.length - 1 ? `${line}\n` : line);
      return isText ? line : written[i];
    })
    .join('\n');
}

/** Tabs, or the width of a level in spaces; null where the document has both kinds, or shows none. */
function indentKindOf({ before, after, language }: DocumentContext): 'tabs' | number | null {
  // The cursor's line may have nothing but its indentation.
  const lines = `${before}█\n${after}`.split('\n').filter((line) => /^[ \t]+\S/.test(line) && !STARRED.test(line));
  const tabs = lines.filter((line) => line.startsWith('\t')).length;
  if (!lines.length) return INDENTS.find(([languages]) => languages.test(language))?.[1] ?? null;
  if (tabs) return tabs === lines.length ? 'tabs' : null;
  const unit = levelOf(lines);
  return unit === 8 && lines.length > 1 ? 4 : unit;
}

/** The width of a level in spaces: that of the least indented line. */
function levelOf(lines: readonly string[]): number {
  const widths = lines.filter((line) => !STARRED.test(line)).map((line) => /^ +(?=\S)/.exec(line)?.[0].length ?? 0);
  const least = Math.min(8, ...widths.filter((width) => width >= 2));
  // A deeper first line would make a unit of two levels.
  return least % 4 === 0 ? 4 : least % 3 === 0 && least !== 6 ? 3 : 2;
}

/** One space before the cursor is enough, unless the lines around align their columns. */
export function dropDoubledSpace(text: string, { docContext }: AnswerContext): string {
  const { before, after, linePrefix, lineSuffix } = docContext;
  if (!/\S $/.test(linePrefix) || !/^ \S/.test(text)) return text;
  const above = lastLine(before.slice(0, -linePrefix.length).trimEnd());
  const below = after.slice(lineSuffix.length).trimStart().split('\n', 1)[0] ?? '';
  return /\S {2,}\S/.test(above) || /\S {2,}\S/.test(below) ? text : text.slice(1);
}

/** What is done to an answer while it streams, in this order. */
export const ANSWER_FILTERS: readonly AnswerFilter[] = [
  { name: 'line-ends', apply: unifyLineEnds },
  { name: 'thoughts', apply: dropThoughts },
  { name: 'tokens', apply: cutAtTokens },
  { name: 'fence', apply: unwrapFence },
  { name: 'repeated-line-start', apply: dropRepeatedLineStart },
  { name: 'repeated-indentation', apply: dropRepeatedIndent },
  { name: 'own-indentation', apply: useOwnIndent },
  { name: 'doubled-space', apply: dropDoubledSpace },
  { name: 'loop', apply: cutLoop },
];

/** Drops a text that begins with the line above the cursor's on the same level. */
export function dropRepeatedLine(text: string, { docContext }: AnswerContext): string {
  const above = docContext.before.slice(0, docContext.before.lastIndexOf('\n') + 1).trimEnd();
  const last = above.slice(above.lastIndexOf('\n') + 1);
  const first = (docContext.linePrefix + (text.split('\n', 1)[0] ?? '')).trimEnd();
  return last.length >= 6 && /\w{3}/.test(last) && first === last ? '' : text;
}

/** Spaces that are no plain space, and the soft hyphen: they break programs, and are good typography in text. */
const TYPOGRAPHY = /^[\u00A0\u00AD\u2000-\u200A\u202F\u205F\u3000]+$/;

/**
 * Drops a text with characters that its reader would not see or takes for others. Inside strings, comments and elements
 * the spaces of typography and the letters of other languages are text, and so is a word that the document has.
 */
export function dropHidden(text: string, { docContext }: AnswerContext): string {
  const { language, before, after } = docContext;
  const runs = findHidden(text, 'code');
  if (runs.length === 0) return text;
  const inProse = new Set(findHidden(text, 'prose').map(({ start }) => start));
  const isText = (at: number): boolean => {
    const until = before + text.slice(0, at);
    return (
      isProse(language) ||
      hasOnlyText(language) ||
      lexicalAt(language, until) !== 'code' ||
      (hasElements(language) && new Delimiters(language).read(until).isInContent)
    );
  };
  const isHonest = ({ kind, start, end }: HiddenRun): boolean => {
    const run = text.slice(start, end);
    const [head = ''] = /[\p{L}\p{N}_]*$/u.exec(text.slice(0, start)) ?? [];
    const [tail = ''] = /^[\p{L}\p{N}_]*/u.exec(text.slice(end)) ?? [];
    const word = head + run + tail;
    if (kind === 'lookalike' && (before.includes(word) || after.includes(word))) return true;
    return (TYPOGRAPHY.test(run) || !inProse.has(start)) && isText(start);
  };
  return runs.every(isHonest) ? text : '';
}

/** What is done to an answer when it is whole. */
export const WHOLE_ANSWER_FILTERS: readonly AnswerFilter[] = [
  { name: 'repeated-line', apply: dropRepeatedLine },
  { name: 'hidden-characters', apply: dropHidden },
];

/** `cut`: it has ended in the middle of a sentence, at a limit or because the connection broke. */
export type AnswerState = 'streaming' | 'ended' | 'cut';

export interface Answer {
  readonly text: string;
  /** Nothing that comes later belongs to the suggestion. */
  readonly complete: boolean;
  /** The model would have gone on beyond the suggestion, with something that is not in the document yet. */
  readonly more?: boolean;
  /** The filter that left nothing of a text. */
  readonly emptiedBy?: string;
}

/** Reads what has come of an answer. */
export function readAnswer(raw: string, context: AnswerContext, state: AnswerState): Answer {
  let answer = runFilters(ANSWER_FILTERS, raw, { ...context, ended: state !== 'streaming' });
  // The last line of a cut answer is half a line: no use, unless it is all there is.
  const lastLine = answer.text.lastIndexOf('\n');
  if (state === 'cut' && lastLine > 0 && answer.text.slice(0, lastLine).trim())
    answer = { text: answer.text.slice(0, withoutBareOpener(answer.text, lastLine, context.docContext)) };
  const end = findEnd(answer.text, context.docContext, state !== 'streaming');
  const complete = end !== undefined || state !== 'streaming';
  const more = complete && state !== 'ended' && goesOnBeyond(answer.text, end, context.docContext);
  if (end !== undefined) answer = { text: answer.text.slice(0, end), ...(end === 0 ? { emptiedBy: 'suffix' } : {}) };
  if (complete && answer.text) answer = runFilters(WHOLE_ANSWER_FILTERS, answer.text, context);
  return { ...answer, complete, ...(more ? { more } : {}) };
}

/** Whether what the model says after the end of a suggestion is something new, and not what follows the cursor. */
function goesOnBeyond(text: string, end: number | undefined, docContext: DocumentContext): boolean {
  if (isOneLine(text, docContext)) return false;
  const beyond = text.slice(end ?? text.length).trimStart();
  const next = nextLine(docContext)?.trim();
  return !next || !beyond || !(next.startsWith(beyond) || beyond.startsWith(next));
}

function runFilters(filters: readonly AnswerFilter[], text: string, context: AnswerContext): Omit<Answer, 'complete'> {
  let current = text;
  for (const { name, apply } of filters) {
    const next = apply(current, context);
    if (next === '' && current.trim() !== '') return { text: '', emptiedBy: name };
    current = next;
  }
  return { text: current };
}

/** Ends a text before what is already below the cursor. */
function cutAtNextLine(draft: Draft, docContext: DocumentContext): Draft {
  const lines = draft.text.split('\n');
  const said = [docContext.linePrefix + (lines[0] ?? ''), ...lines.slice(1)];
  const at = lines.findIndex((_, i) => repeatsBelow(said, i, docContext, true));
  return at < 0 ? draft : { ...draft, text: lines.slice(0, at).join('\n') };
}

/** Ends a text before a line that closes what the document closes below the cursor. */
function cutAtClosedBlock(draft: Draft, docContext: DocumentContext): Draft {
  const at = findClosedBlock(draft.text, docContext);
  return at < 0 ? draft : { ...draft, text: draft.text.split('\n').slice(0, at).join('\n') };
}

/** White space alone is no suggestion. */
function dropBlank(draft: Draft): Draft {
  return draft.text.trim() ? draft : { ...draft, text: '' };
}

/** What is done to a remembered text at the place where it will be shown. */
export const FIT_FILTERS: readonly FitFilter[] = [
  { name: 'block', apply: cutAtClosedBlock },
  { name: 'next-line', apply: cutAtNextLine },
  { name: 'line', apply: joinLine },
  { name: 'blank', apply: dropBlank },
];

/** The text as it can be offered here, or the name of the filter that left nothing of it. */
export function fitAnswer(text: string, docContext: DocumentContext): Draft | { readonly emptiedBy: string } {
  let draft: Draft = { text, replaceAfter: 0 };
  for (const { name, apply } of FIT_FILTERS) {
    draft = apply(draft, docContext);
    if (!draft.text) return { emptiedBy: name };
  }
  return draft;
}
