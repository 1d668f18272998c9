import type { AnswerContext, DocumentContext } from './documentContext.ts';
import { lexicalAt } from './lexical.ts';
import { CLOSES, indentOf, OPENS } from './truncate.ts';

/** What chat models say around code: sentences before and after it, and the fence around it. */

/** The beginning of a sentence that announces code, also where its line goes on without an end. */
const LEAD = /^\s*(?:here(?:'s| is| are)|sure|certainly|of course|the (?:missing|completed?|code))\b/i;
/** No sentence has these, once code and remarks in it are left out. */
const HAS_CODE = /[=(){}[\];<>]/;
const QUOTED_CODE = /`[^`\n]*`|\([\p{L}\p{N}'’.,\- ]+\)/gu;
/** A sentence of four words or more. */
const SENTENCE = /^\s*\p{Lu}[\p{Ll}'’]*[,.!]?(?:[ \t]+[^\s]+){3,}[.:!?]\s*$/u;
/** A sentence, a heading, or a word in bold: what a line before a fence looks like. */
const ANNOUNCES = /^\s*(?:#{1,6}\s+\S.*|[>*_-]*\s*["'“¡¿]?[\p{Lu}\p{Lo}].*[.:!?*_。：！…])\s*$/u;
/** The line that begins or ends a fence: what is before it, and the language that it names. */
const FENCE = /(^|\n)[ \t]*(?:`{3,}|~{3,})([^\n]*)(?:\n|$)/;
const FENCE_AGAIN = /(^|\n)[ \t]*(?:```|~~~)/;
/** The first characters of a fence of which more is to come. */
const BEGUN_FENCE = /^[ \t]*[`~]{0,2}$/;
/** A sentence at the left margin, after an empty line. */
const PARAGRAPH = /\n[ \t]*\n(?=\p{Lu}[\p{L}']* (?:[^\s;{}=]+ ){4,}[^\n;{}=]*[.:!?]\n?)/u;

const PROSE =
  /^(markdown|plaintext|latex|tex|typst|org|restructuredtext|asciidoc|git-commit|yaml|html|mdx|quarto|rmd|gherkin|cucumber|feature)$/;

/** Whether sentences are beside the code of a language, by VS Code's language id. */
export const isProse = (language: string): boolean => PROSE.test(language);

/** Whether the cursor is where people write sentences. */
const isInProse = ({ language, before }: DocumentContext): boolean =>
  isProse(language) || lexicalAt(language, before) !== 'code';

/**
 * Takes the code out of a fence, without what is said before it, and ends it where the fence closes or a paragraph about
 * the code begins. Where the document has fences of its own they are text.
 */
export function unwrapFence(text: string, { docContext, ended = false }: AnswerContext): string {
  const { language, before, after } = docContext;
  if (language === 'markdown' || /```|~~~/.test(before + after)) return text;
  const fence = FENCE.exec(text);
  if (fence) {
    const code = text.slice(fence.index + fence[0].length);
    const end = code.search(FENCE_AGAIN);
    const opens = end >= 0 || /\w/.test(fence[2] ?? '');
    if (isTalk(text.slice(0, fence.index), opens)) return likeChat(end < 0 ? code : code.slice(0, end), docContext);
  }
  const isAtCode = !isInProse(docContext);
  const lead = leadOf(text, isAtCode);
  const body = text.slice(lead.length);
  // Until a line after the sentence can be seen, nothing is known.
  if (lead && body.trim() === '' && ended) return isAtCode && !HAS_CODE.test(withoutQuotes(lead)) ? '' : text;
  if (!ended && isOnlyTalk(text, isAtCode)) return '';
  if (!isAtCode) return text;
  // Where code belongs a sentence is not code.
  const code = lead ? likeChat(body.replace(/^\s*\n/, ''), docContext) : text;
  const ends = [code.search(/\n[ \t]*(?:```|~~~)/), code.search(PARAGRAPH)].filter((at) => at >= 0);
  return ends.length > 0 ? code.slice(0, Math.min(...ends)) : code;
}

const withoutQuotes = (line: string): string => line.replace(QUOTED_CODE, '');

/**
 * Whether what is before a fence is said about the code in it.
 *
 * @param opens the fence is known to be the beginning of code; else it may be the end
 */
function isTalk(said: string, opens: boolean): boolean {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const last = lines.at(-1);
  if (last === undefined) return true;
  if (lines.some((line) => HAS_CODE.test(withoutQuotes(line)))) return false;
  return ANNOUNCES.test(last) || LEAD.test(last) || (opens && SENTENCE.test(`${last}.`));
}

/** The sentences that a text begins with; at prose only what announces code. */
function leadOf(text: string, isAtCode: boolean): string {
  let length = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const isSaid = LEAD.test(line) || (isAtCode && line.endsWith('\n') && SENTENCE.test(line));
    const isFirst = text.slice(0, length).trim() === '';
    if (line.trim() !== '' && (!isSaid || HAS_CODE.test(withoutQuotes(line)) || (!isAtCode && !isFirst))) break;
    length += line.length;
  }
  return text.slice(0, length).trim() === '' ? '' : text.slice(0, length);
}

/** Whether all that has come so far may be said about code that is to come. */
function isOnlyTalk(text: string, isAtCode: boolean): boolean {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const said = lines.filter((line) => line.trim() !== '');
  if (said.length === 0) return LEAD.test(last) && !HAS_CODE.test(withoutQuotes(last));
  if (!BEGUN_FENCE.test(last)) return false;
  return said.every((line) =>
    isAtCode ? (LEAD.test(line) || ANNOUNCES.test(line)) && !HAS_CODE.test(withoutQuotes(line)) : LEAD.test(line),
  );
}

/** The code of a chat model as it belongs behind the beginning of the cursor's line. */
const likeChat = (code: string, docContext: DocumentContext): string =>
  withoutOwnIndent(indentLike(code, docContext), docContext.linePrefix);

/** Chat models write whole lines: what the cursor's line has already is not said again. */
const withoutOwnIndent = (code: string, linePrefix: string): string =>
  !linePrefix.trim() && code.startsWith(linePrefix) ? code.slice(linePrefix.length) : code;

/** Chat models begin their code at the left margin, wherever it belongs. */
function indentLike(code: string, { before, linePrefix }: DocumentContext): string {
  const own = /^[ \t]*/.exec(linePrefix)?.[0] ?? '';
  const [first = '', ...others] = code.split('\n');
  const next = others.find((line) => line.trim());
  // Behind a whole statement a line further left is one that follows its block.
  if (linePrefix.trim() && first.trim() && !OPENS.test(first)) return code;
  if (!own || /^[ \t]/.test(first) || next === undefined || indentOf(next) >= indentOf(own)) return code;
  // A line that closes a block is no deeper than it: the code has the indentation of the document.
  if (!OPENS.test(first) && CLOSES.test(next.trim()) && indentOf(next) > 0) return code;
  let indent = own;
  let open = Number(OPENS.test(first));
  const indented = others.map((line) => {
    if (!line.trim()) return line;
    if (CLOSES.test(line) && open === 0) indent = outerIndent(before, own);
    else if (CLOSES.test(line)) open--;
    if (indentOf(line) === 0 && OPENS.test(line)) open++;
    return indent + line;
  });
  return [first, ...indented].join('\n');
}

/** The indentation of the block around the cursor's. */
function outerIndent(before: string, own: string): string {
  const line = before.split('\n').findLast((each) => each.trim() && indentOf(each) < indentOf(own)) ?? '';
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
