import { hasElements } from './delimiters.ts';
import type { DocumentContext } from './documentContext.ts';
import { lexicalAt } from './lexical.ts';
import { indentOf } from './truncate.ts';

/** Models without a sense for gaps begin by saying again what is before the cursor on its line. */

/** Longer lines are data: models do not repeat them, and each chunk of an answer would compare them. */
const LONGEST = 400;
/** Lines above the cursor's that an answer may begin with, before it repeats the cursor's own. */
const MOST_LINES_ABOVE = 4;

/** The text without the beginning of the cursor's line, if the text begins by repeating it. */
export function dropRepeatedStart(text: string, docContext: DocumentContext): string {
  const { before, linePrefix } = docContext;
  const said = linePrefix.trimStart();
  if (!said) return text.slice(lengthOfLinesAbove(text, before, linePrefix));
  if (said.length > LONGEST) return text;
  // A few characters may well come twice, but not with the indentation, or as a line of their own.
  if (said !== linePrefix && text.startsWith(linePrefix)) return text.slice(linePrefix.length);
  if (/[([{]$/.test(said) && text.startsWith(`${said}\n`)) return text.slice(said.length);
  const beginning = beginningOfWord(text, said, before);
  if (beginning > 0) return text.slice(beginning);
  const opener = lengthOfOpener(text, docContext);
  if (opener > 0) return text.slice(opener);
  const withLinesAbove = lengthOfLinesAbove(text, before, linePrefix);
  if (withLinesAbove > 0) return text.slice(withLinesAbove);
  if (tellsARepeat(said)) {
    const repeated = repeatAt(text, said, spaceBefore(text, linePrefix, said));
    if (repeated > 0) return text.slice(repeated);
  }
  // `const total = █` and the answer `total = a + b`: the assignment is repeated without its keyword.
  const assignment = /(?<![\w$.])["'`]?[\w$][\w$.[\]]*["'`]?\s*(?::=|[-+*/|&]?=|=>|:)\s*$/.exec(said)?.[0] ?? '';
  const repeated = assignment.trim().length > 2 && assignment !== said ? repeatAt(text, assignment, 0) : 0;
  return repeated > 0 ? text.slice(repeated) : text;
}

/**
 * Length of a repeat of the first characters of a word, or of a mark before it such as `#`, with which the line begins:
 * hardly any word has its first characters twice. 0 where the document has such a word.
 */
function beginningOfWord(text: string, said: string, before: string): number {
  const word = /^[#@$\\]?[\p{L}_][\p{L}\p{N}_$]{2,}/u.exec(text)?.[0] ?? '';
  if (!word.startsWith(said) || word.length < said.length + 2 || /^_+$/.test(said)) return 0;
  return before.includes(said + word) ? 0 : said.length;
}

/** Marks of several characters that begin a comment, the code of a template, or an attribute. */
const MARK = /(?:\/\*\*?|<!--|\{\{|\{%|<%[-=]?|#!?\[)$/;
/** The beginning of a string with the letters that say its kind, as in `f"`. */
const QUOTE = /(?<![\p{L}\p{N}_])\p{L}{0,2}(?:"""|'''|["'`])$/u;
/** The mark of a template in braces, such as `{:else}`. */
const BRACED = /^\{[#:/@][^{}]*\}\s*$/;
/** Where an element may begin. */
const TAG = /(?:^|[>(){}:?&=,[]|\breturn)\s*<$/;

/**
 * Length of a repeat of what opens a comment, a string, or an element right before the cursor; 0 where there is none. A
 * quote may well close the string: only where a word follows it, or its line has the quote that closes, it opens one.
 */
function lengthOfOpener(text: string, { language, before, linePrefix }: DocumentContext): number {
  const mark = MARK.exec(linePrefix)?.[0];
  if (mark) return text.startsWith(mark) ? mark.length : 0;
  const [line = ''] = text.split('\n', 1);
  if (linePrefix.trim() === '{' && BRACED.test(line)) return 1;
  if (/^<[\p{L}/!]/u.test(text)) return hasElements(language) && TAG.test(linePrefix) ? 1 : 0;
  const quote = QUOTE.exec(linePrefix)?.[0];
  if (!quote || !text.startsWith(quote)) return 0;
  const sign = quote.replace(/^\p{L}+/u, '');
  const next = text.slice(quote.length);
  const opens =
    /^[\p{L}\p{N}_$]/u.test(next) || (/^[^\s"'`,;)\]}:+]/.test(next) && (line.split(sign).length - 1) % 2 === 0);
  if (!opens) return 0;
  const isOpener =
    lexicalAt(language, before) === 'string' && lexicalAt(language, before.slice(0, -quote.length)) === 'code';
  return isOpener ? quote.length : 0;
}

/** A word and more, or a mark with its space (`- `, `// `, `if `): one letter or bracket may well come twice. */
const tellsARepeat = (said: string): boolean => (said.length >= 4 && /\w/.test(said)) || /\S\s$/.test(said);

/** Characters of white space before the repeat; -1 where the text does not begin with one. */
function spaceBefore(text: string, linePrefix: string, said: string): number {
  const space = /^\s*/.exec(text)?.[0] ?? '';
  const line = space.lastIndexOf('\n');
  if (line < 0) return space.length;
  // On a new line the same words may be the next statement or element, unless the cursor's line is unfinished and on
  // the same level.
  const indent = linePrefix.slice(0, linePrefix.length - said.length);
  const isUnfinished = /[\s=([{.:<>+*/&|?-]$/.test(said);
  return isUnfinished && space.slice(line + 1) === indent ? space.length : -1;
}

/** Around these a space says nothing. */
const OPERATOR = /^[=:<>+*/&|-]$/;

/** The offset after a repeat of `said` from `from` on, spaces beside operators being free; 0 where there is none. */
function repeatAt(text: string, said: string, from: number): number {
  if (from < 0 || text.charAt(from) !== said.charAt(0)) return 0;
  let at = from;
  let previous = '';
  for (const { 1: space = '', 2: token = '' } of said.trimEnd().matchAll(/(\s*)([\p{L}\p{N}_$]+|\S)/gu)) {
    const start = at;
    while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at++;
    const isFree = OPERATOR.test(token) || OPERATOR.test(previous);
    const hadSpace = space !== '';
    if ((!isFree && hadSpace !== at > start) || !text.startsWith(token, at)) return 0;
    at += token.length;
    previous = token;
  }
  if (/\s$/.test(said)) while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at++;
  return at;
}

/** Length of a beginning that repeats lines above the cursor's and its own beginning; 0 where there is none. */
function lengthOfLinesAbove(text: string, before: string, linePrefix: string): number {
  const lead = text.length - text.trimStart().length;
  const ownLine = before.length - linePrefix.length;
  let start = ownLine;
  for (let lines = 0; lines < MOST_LINES_ABOVE && start > 0; lines++) {
    start = before.lastIndexOf('\n', start - 2) + 1;
    // An empty line above is none that could be repeated.
    if (!before.slice(start, ownLine).trim()) continue;
    const block = before.slice(start).trimStart();
    // On the cursor's level a line may well come twice; the opener of its block does not.
    const opener = before.slice(0, ownLine).trimEnd();
    const isOpener = indentOf(opener.slice(opener.lastIndexOf('\n') + 1)) < indentOf(linePrefix);
    if (!linePrefix.trim() && !isOpener) continue;
    if (text.startsWith(block, lead)) return lead + block.length;
  }
  return 0;
}
