import type { FinishReason } from '../common/types.ts';

/**
 * How an answer ended. `failed`: the server says that it broke off; `unknown`: it says a word that we do not know, so
 * the answer may be incomplete.
 */
export type EndReason = FinishReason | 'failed' | 'unknown';

/**
 * Classes of the words that servers have for the end of an answer, first match first. They are looked for in the word in
 * lower case with `_` between its parts. What is in none of them is unknown, and never taken for a whole answer.
 */
const CLASSES: readonly (readonly [EndReason, RegExp])[] = [
  [
    'stop',
    /^(finish_reason_)?(stop(ped)?|end|end_?turn|eos(_token)?|stop_(sequence|string|token|word)|complete[d]?|done|finish(ed)?|success|natural|normal)$/,
  ],
  ['tool-calls', /^(tool|function)/],
  [
    'content-filter',
    /filter|safety|sensitive|refus|moderat|block|prohibited|recitation|spii|policy|guardrail|violat|harm|toxic/,
  ],
  [
    'length',
    /length|max_?(new_|output_|completion_|context_)?tokens|token_?limit|context_window|truncat|too_long|budget|out_of_tokens/,
  ],
  [
    'failed',
    /error|fail|abort|cancel|time_?d?_?out|insufficient|resource|network|interrupt|unavailable|overload|disconnect|malformed|load|kill|crash|exception|rate_?limit|throttl|deadline|expired/,
  ],
];

/** The class of a finish reason in any spelling. */
export function classifyReason(reason: string): EndReason {
  const word = reason
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_');
  return CLASSES.find(([, words]) => words.test(word))?.[0] ?? 'unknown';
}

/**
 * Members that say why an answer ended, the first that does counts. `stop_reason` beside another one is the text that
 * stopped it (vLLM).
 */
const REASON_KEYS = [
  'finish_reason',
  'finishReason',
  'done_reason',
  'stop_reason',
  'stopReason',
  'finish_details',
  'native_finish_reason',
] as const;

/** The reason that a choice states, as its server spells it; undefined while the answer goes on. */
export function readReason(choice: Record<string, unknown>): string | undefined {
  const said = REASON_KEYS.map((key) => wordIn(choice[key])).find((word) => word !== undefined);
  const native = wordIn(choice['native_finish_reason']);
  // A gateway that does not know the word of the model's own server says `stop`.
  const isCut = said !== undefined && native !== undefined && isGood(said) && CUTS.has(classifyReason(native));
  return isCut ? native : said;
}

const isGood = (reason: string): boolean => classifyReason(reason) === 'stop';
const CUTS: ReadonlySet<EndReason> = new Set(['length', 'content-filter', 'failed']);

/** A reason as a text, a number, an object that names it, or a list of one of these. */
function wordIn(value: unknown): string | undefined {
  if (Array.isArray(value)) return wordIn(value[0]);
  if (typeof value === 'object' && value !== null) {
    const { type, reason, name } = value as Record<string, unknown>;
    return wordIn(type ?? reason ?? name);
  }
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && !/^\s*(null|undefined)?\s*$/i.test(value) ? value.trim() : undefined;
}
