/**
 * The marks that models write around their thoughts inside an answer, as the chat templates of their makers have them.
 * Chat, completions and commit messages read the same table.
 */
export interface ThinkingMarks {
  readonly open: string;
  readonly close: string;
}

const THINKING_MARKS: readonly ThinkingMarks[] = [
  // DeepSeek, Qwen, GLM, MiniMax
  { open: '<think>', close: '</think>' },
  { open: '<thinking>', close: '</thinking>' },
  { open: '<thought>', close: '</thought>' },
  // Magistral
  { open: '[THINK]', close: '[/THINK]' },
  // Seed-OSS
  { open: '<seed:think>', close: '</seed:think>' },
  // Kimi
  { open: '◁think▷', close: '◁/think▷' },
  { open: '<|begin_of_thought|>', close: '<|end_of_thought|>' },
  // Models that were told in their prompt to think in tags
  { open: '<thoughts>', close: '</thoughts>' },
  { open: '<reasoning>', close: '</reasoning>' },
  { open: '<reason>', close: '</reason>' },
  // Command A
  { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  // gpt-oss (harmony): all channels before the final one
  { open: '<|channel|>analysis<|message|>', close: '<|channel|>final<|message|>' },
  { open: '<|channel|>commentary<|message|>', close: '<|channel|>final<|message|>' },
  { open: '<|start|>assistant<|channel|>analysis<|message|>', close: '<|channel|>final<|message|>' },
  { open: '<|start|>assistant<|channel|>commentary<|message|>', close: '<|channel|>final<|message|>' },
  // Gemma 4
  { open: '<|channel>thought', close: '<channel|>' },
];

/** As many UTF-16 units as the longest mark has, and more. */
const LONGEST = 64;

const lower = (text: string): string => text.toLowerCase();

/** The marks that a text begins with; `maybe` when more of it is needed to tell. */
export function openingMarks(text: string): ThinkingMarks | 'maybe' | undefined {
  const begun = lower(text.slice(0, LONGEST));
  const found = THINKING_MARKS.find(({ open }) => begun.startsWith(lower(open)));
  return found ?? (THINKING_MARKS.some(({ open }) => lower(open).startsWith(begun)) ? 'maybe' : undefined);
}

/** Where a mark begins in a text, in any case; -1 when it is not there. */
export const indexOfMark = (text: string, mark: string, from = 0): number => lower(text).indexOf(lower(mark), from);

const ANY_CLOSE = new RegExp(THINKING_MARKS.map(({ close }) => close.replace(/[[\]|]/g, '\\$&')).join('|'), 'giu');

/**
 * The first closing mark that nothing opened: some chat templates write the opening mark into the prompt, so that the
 * answer has the closing one alone and all before it is thought. A mark that the answer speaks about (in code, in
 * quotes, or after an opening one) does not count.
 *
 * @param said what of the answer came before the text
 */
export function findLoneClose(
  said: string,
  text: string,
): { readonly at: number; readonly length: number } | undefined {
  for (const match of text.matchAll(ANY_CLOSE)) {
    const before = said + text.slice(0, match.index);
    if (!isSpokenOf(before)) return { at: match.index, length: match[0].length };
  }
  return undefined;
}

const isSpokenOf = (before: string): boolean =>
  isQuoted(before) || THINKING_MARKS.some(({ open }) => indexOfMark(before, open) >= 0);

/** Whether what follows a text is quoted: it is in a block of code, between backticks, or right after a quote. */
export function isQuoted(before: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const fences = before.match(/^[ \t]*(```|~~~)/gm)?.length ?? 0;
  const ticks = line.match(/`/g)?.length ?? 0;
  return fences % 2 === 1 || ticks % 2 === 1 || /["'“‘«]$/.test(before);
}

/** How many characters at the end of a text may be the beginning of one of the marks. */
export function tailOfMark(text: string, marks: readonly string[]): number {
  const end = lower(text.slice(-LONGEST));
  for (let length = end.length; length > 0; length--) {
    const tail = end.slice(-length);
    if (marks.some((mark) => mark.length > length && lower(mark).startsWith(tail))) return length;
  }
  return 0;
}

/** All closing marks. */
export const CLOSING_MARKS: readonly string[] = THINKING_MARKS.map(({ close }) => close);

/**
 * A whole answer without its thoughts; empty when they have not ended.
 *
 * @param text the answer so far
 * @param isText whether a mark is text at this place, for example because the document has it
 */
export function withoutThoughts(text: string, isText: (mark: string) => boolean = () => false): string {
  const begun = text.trimStart();
  const marks = openingMarks(begun);
  if (marks && marks !== 'maybe') {
    if (isText(marks.open)) return text;
    const end = indexOfMark(begun, marks.close);
    return end < 0 ? '' : begun.slice(end + marks.close.length).replace(/^\n+/, '');
  }
  const lone = findLoneClose('', text);
  if (!lone || isText(text.slice(lone.at, lone.at + lone.length))) return text;
  return text.slice(lone.at + lone.length).replace(/^\n+/, '');
}
