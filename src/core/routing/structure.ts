import type { ParsedQuestion } from './question.ts';
import type { ScoredFacts } from './routingTypes.ts';

/** What a request looks like, apart from its words: its length, its form, its language and what is attached. */

/** Language ids that have a measure of their own; the others share one. */
const LANGUAGES = [
  ...['python', 'typescript', 'typescriptreact', 'javascript', 'java', 'csharp', 'go', 'rust', 'cpp', 'c', 'php'],
  ...['ruby', 'kotlin', 'swift', 'sql', 'shellscript', 'yaml', 'json', 'markdown', 'html', 'css', 'haskell'],
] as const;
const LANGUAGE_PLACES = new Map<string, number>(LANGUAGES.map((name, place) => [name, place]));

/** Bounds in tokens of the bands of attached context. */
const CONTEXT_STEPS = [150, 400, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000] as const;
const FILE_STEPS = [1, 2, 3, 5, 8, 15] as const;
const WORD_STEPS = [3, 6, 10, 16, 25, 40, 70, 120, 250] as const;
const LINE_STEPS = [2, 4, 8, 16, 40] as const;

/** Names of the measures, in their order in a vector. */
export const STRUCTURE_NAMES: readonly string[] = [
  ...WORD_STEPS.map((bound) => `words>=${bound}`),
  ...LINE_STEPS.map((bound) => `lines>=${bound}`),
  ...CONTEXT_STEPS.map((bound) => `context>=${bound}`),
  ...FILE_STEPS.map((bound) => `files>=${bound}`),
  'chars',
  'context-unknown',
  'context-none',
  'code-share',
  'code-block',
  'inline-code',
  'question-end',
  'questions',
  'list-items',
  'identifiers',
  'paths',
  'links',
  'digits',
  'upper',
  'dense-script',
  'other-alphabet',
  'exclaims',
  'parentheses',
  'commas',
  'short-with-code',
  'short-alone',
  'long-question-much-context',
  'short-question-much-context',
  ...LANGUAGES.map((name) => `language:${name}`),
  'language:other',
  'language:none',
];

const IDENTIFIER = /\b(?:[A-Za-z]{1,40}_\w|[A-Z]?[a-z]{1,40}[A-Z]|\w{1,40}\(\))\w*/g;
const PATH =
  /(?<![\w@.-])(?:[\w@.-]{0,40}\/[\w./-]+|[\w-]{1,40}\.(?:[jt]sx?|py|go|rs|java|cs|cpp|c|h|md|json|ya?ml|toml|sql|html|css|sh|rb|php)\b)/g;

/** UTF-16 units in which signs are counted. */
const READ_CHARS = 2_200;

/** 0 at 0, nearing 1 for large counts. */
const saturate = (count: number, half: number): number => count / (count + half);

/**
 * The structural measures of a request, each of about 0 to 1.
 *
 * @param out gets them
 * @param from place of the first in it
 */
export function takeStructure(facts: ScoredFacts, question: ParsedQuestion, out: Float64Array, from: number): void {
  let at = from;
  const push = (value: number): void => void (out[at++] = value);
  const { files, contextTokens, language } = facts;
  const context = contextTokens ?? 0;
  const { words } = question;
  const text = facts.text.slice(0, READ_CHARS);
  const signs = countSigns(text);

  for (const bound of WORD_STEPS) push(words >= bound ? 1 : 0);
  for (const bound of LINE_STEPS) push(signs.lines >= bound ? 1 : 0);
  for (const bound of CONTEXT_STEPS) push(context >= bound ? 1 : 0);
  for (const bound of FILE_STEPS) push(files >= bound ? 1 : 0);
  push(Math.min(1.2, Math.log2(1 + facts.text.length) / 12));
  push(contextTokens === undefined ? 1 : 0);
  push(contextTokens === 0 ? 1 : 0);
  push(question.pasted);
  push(facts.text.includes('```') ? 1 : 0);
  push(saturate(signs.backticks, 4));
  push(/[?？؟]\s*$/.test(text) ? 1 : 0);
  push(saturate(signs.questions, 2));
  push(saturate(question.items, 3));
  push(saturate(countMatches(text, IDENTIFIER), 3));
  push(saturate(countMatches(text, PATH), 2));
  push(text.includes('://') ? 1 : 0);
  const length = Math.max(1, text.length);
  push(Math.min(1, (5 * signs.digits) / length));
  push(Math.min(1, (4 * signs.upper) / length));
  push(signs.dense / length);
  push(signs.other / length);
  push(saturate(signs.exclaims, 2));
  push(saturate(signs.parentheses, 4));
  push(saturate(signs.commas, 3));
  push(words < 10 && context > 200 ? 1 : 0);
  push(words < 10 && contextTokens === 0 ? 1 : 0);
  push(words >= 25 && context >= 4_000 ? 1 : 0);
  push(words < 10 && context >= 4_000 ? 1 : 0);
  const place = language === undefined ? undefined : LANGUAGE_PLACES.get(language.toLowerCase());
  for (let i = 0; i < LANGUAGES.length; i++) push(i === place ? 1 : 0);
  push(language !== undefined && place === undefined ? 1 : 0);
  push(language === undefined ? 1 : 0);
}

function countMatches(text: string, pattern: RegExp): number {
  let count = 0;
  pattern.lastIndex = 0;
  while (count < 30 && pattern.test(text)) count++;
  return count;
}

function countSigns(text: string) {
  const counts = {
    lines: 1,
    backticks: 0,
    questions: 0,
    digits: 0,
    upper: 0,
    dense: 0,
    other: 0,
    exclaims: 0,
    parentheses: 0,
    commas: 0,
  };
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) counts.lines++;
    else if (code === 96) counts.backticks++;
    else if (code === 63 || code === 0xff1f) counts.questions++;
    else if (code >= 48 && code <= 57) counts.digits++;
    else if (code >= 65 && code <= 90) counts.upper++;
    else if (code === 33 || code === 0xff01) counts.exclaims++;
    else if (code === 40 || code === 0xff08) counts.parentheses++;
    else if (code === 44 || code === 0xff0c || code === 0x3001) counts.commas++;
    else if (code >= 0x2e80 && code < 0xd800) counts.dense++;
    else if (code >= 0x370 && code < 0x2000) counts.other++;
  }
  return counts;
}
