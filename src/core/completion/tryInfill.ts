import type { FimRequest } from '../common/types.ts';
import { TRIED_FORMATS, type StatedInfill } from '../common/infillSetting.ts';
import { formatOf, formatPrompt, type FormatChoice } from './fim.ts';

/** Tries whether a model can infill where neither the server nor its name tells: it is asked, and its answer is judged. */

const GAP = {
  before: 'function add(a, b) {\n  return ',
  after: ';\n}\n\nconsole.log(add(1, 2));\n',
  path: 'add.js',
  repo: 'test',
  language: 'javascript',
  snippets: [],
};
/** `a + b` and a little more, in tokens. */
const MAX_TOKENS = 16;

/** A small gap as a question in one format. */
export function gapRequest(format: Exclude<FormatChoice, { mode: 'none' | 'unknown' }>): FimRequest {
  const rest = { kind: 'fim', maxTokens: MAX_TOKENS, temperature: 0 } as const;
  if (format.mode === 'raw') {
    const { raw, stop } = formatPrompt(format.family, GAP);
    return { ...rest, prompt: { raw }, stop };
  }
  return { ...rest, prompt: { prefix: GAP.before, suffix: GAP.after, api: format.api }, stop: [] };
}

/** Whether an answer is what the small gap lacks: a sentence about it, or the marks said again, is not. */
export function fillsGap(answer: string): boolean {
  const line = answer.trimStart().split('\n', 1)[0] ?? '';
  return /^\(?\s*(a\s*\+\s*b|b\s*\+\s*a)\b/.test(line);
}

/**
 * Asks in one format after the other until an answer fills the gap.
 *
 * @param ask the whole answer; empty where there is none
 * @returns the format that worked; undefined where none did
 */
export async function tryInfill(ask: (request: FimRequest) => Promise<string>): Promise<StatedInfill | undefined> {
  for (const format of TRIED_FORMATS) if (fillsGap(await ask(gapRequest(formatOf(format))))) return format;
  return undefined;
}
