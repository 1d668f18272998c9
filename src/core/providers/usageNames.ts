/** Which figure a member of a usage object holds, by the words of its name. */

export type UsageFigure = 'input' | 'output' | 'total' | 'cacheRead' | 'cacheWrite' | 'reasoning';

/** Words that say how a figure is counted, not which one it is. */
const FILLING = /^(tokens?|count|counts|num|n|number|native|usage|used|billed|of|as|by|model|llm|normalized)$/;

/** The words of a name without those that only fill it, sorted and joined. */
const KEYS: Readonly<Record<string, UsageFigure>> = Object.fromEntries(
  (
    [
      ['input', ['input', 'prompt', 'inputs', 'prompts', 'input prompt', 'eval prompt']],
      [
        'output',
        [
          'output',
          'completion',
          'outputs',
          'completions',
          'candidates',
          'generated',
          'generation',
          'response',
          'answer',
        ],
      ],
      ['total', ['total', 'sum', 'all']],
      [
        'cacheRead',
        [
          'cached',
          'cache read',
          'cache reads',
          'cached read',
          'cached input',
          'cached prompt',
          'cached content',
          'cache hit',
          'cache hits',
          'cache hit prompt',
          'cache hit input',
          'cache input read',
          'cache input reads',
          'cache prompt read',
          'cache input',
          'cache prompt',
          'from cache',
          'cached total',
        ],
      ],
      [
        'cacheWrite',
        [
          'cache write',
          'cache writes',
          'cache creation',
          'cache created',
          'cache creation input',
          'cache creation prompt',
          'cache input write',
          'cache input writes',
          'cache prompt write',
          'cache written',
          'cached written',
        ],
      ],
      [
        'reasoning',
        ['reasoning', 'thinking', 'thoughts', 'thought', 'output reasoning', 'completion reasoning', 'output thinking'],
      ],
    ] as const
  ).flatMap(([figure, keys]) => keys.map((key) => [key.split(' ').toSorted().join(' '), figure] as const)),
);

/**
 * The figure that a name stands for in whatever spelling; undefined where it is none of them, such as the tokens of a
 * picture. A name has to say that it counts tokens, unless it is in an object that does.
 *
 * @param counts the member is in an object of token counts, as in `"tokens": {"input": 5}`
 */
export function figureOf(name: string, counts = false): UsageFigure | undefined {
  if (name.length > 60) return undefined;
  const words = (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []).map((word) => word.toLowerCase());
  if (!counts && !words.some((word) => /^tokens?$/.test(word))) return undefined;
  const key = words
    .filter((word) => !FILLING.test(word))
    .toSorted()
    .join(' ');
  return Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
}

/** USD that an amount of 1 means under a name such as `cost_in_usd_ticks` or `total_cost_cents`; undefined: no cost. */
export function costUnitOf(name: string): number | undefined {
  if (name.length > 60) return undefined;
  const words = (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []).map((word) => word.toLowerCase());
  const has = (...any: string[]): boolean => any.some((word) => words.includes(word));
  if (!has('cost', 'costs', 'price', 'charge', 'charged', 'spend', 'spent')) return undefined;
  if (!words.every((word) => COST_WORDS.test(word))) return undefined;
  // xAI states ticks: ten thousand million of them are a dollar.
  if (has('ticks')) return 1e-10;
  if (has('nano', 'nanos', 'nanousd')) return 1e-9;
  if (has('micro', 'micros', 'microusd', 'microdollars')) return 1e-6;
  if (has('milli', 'millis')) return 1e-3;
  return has('cent', 'cents') ? 0.01 : 1;
}

/** A name with any other word, such as `cost_limit` or `upstream_cost`, states another amount. */
const COST_WORDS =
  /^(costs?|price|charged?|spend|spent|total|estimated|request|response|call|amount|in|usd|us|dollars?|ticks|nanos?|micros?|millis?|cents?|nanousd|microusd|microdollars|value|final|billed|inference)$/;
