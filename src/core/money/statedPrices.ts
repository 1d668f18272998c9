/**
 * Reads what one entry of a list of models states of prices, in whatever place, unit and spelling a server publishes
 * them. What each number means is read from the words around it: `pricing.input`, `input_usd_per_1m_tokens`,
 * `model_spec.pricing.input.usd`, `cents_per_input_token`.
 */

/** `[above, input, output, cache read, cache write]`: input tokens from which the step counts, and USD per token. */
export type ListedStep = readonly [above: number, input: number, output: number, read: number, write: number];

/**
 * USD per token. The highest true price in November 2026 is $600 per million tokens; a higher figure than three times
 * that is a slip, as the entries are that state prices per million tokens as prices per token.
 */
export const MOST_USD_PER_TOKEN = 0.002;

type Part = 'input' | 'output' | 'read' | 'write';

/** One stated number. */
interface Statement {
  readonly part: Part;
  /** Input tokens above which it counts. */
  readonly above: number;
  readonly value: number;
  /** USD per token that a value of 1 means; undefined where the server does not say it. */
  readonly scale: number | undefined;
}

/** What an entry states, before it is known which unit the whole list uses. */
export interface Statements {
  readonly all: readonly Statement[];
  /** The entry states its price in another currency, or one that varies: no price can be computed. */
  readonly isOpen: boolean;
}

const MOST_DEPTH = 5;
const MOST_STATEMENTS = 200;
/** Members of one object that are looked at. */
const MOST_MEMBERS = 300;

/** Members that make the numbers in them prices. */
const PRICE_WORD = /^(pric(e|es|ing)|costs?|usd|cents?)$/;
/** Words of numbers that are no price of text tokens, or one of another way to be served. */
const OTHER =
  /^(images?|audio|videos?|requests?|search|searches|web|pixels?|chars?|characters?|seconds?|minutes?|hour|hours|hourly|day|month|monthly|finetune|finetuning|fine|training|base|embeddings?|reasoning|batch|flex|priority|fast|storage|quer(y|ies)|session|pages?|files?|tools?|interpreter|upscale|min|max|threshold|discount|discounted|rate|rates|ratio|multiplier|coefficient|percent|markup|original|off|limit|limits|rerank|speech|1h|1hr|60m)$/;
/** Currencies and counters that are not USD. */
const OTHER_MONEY =
  /^(eur|euros?|gbp|cny|rmb|yuan|jpy|inr|aud|cad|chf|krw|credits?|points?|tao|diem|vcu|sats?|btc|eth|neurons?)$/i;
const SEVERAL = /^(providers|endpoints|deployments)$/;

const wordsOf = (name: string): string[] =>
  (name.slice(0, 200).match(/\d+(?:million|thousand|hr|h|[kKmM])?|[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) =>
    word.toLowerCase(),
  );

const PER = String.raw`\bper (?:(?:input|output|prompt|completion|text|usd) )*`;
/** Any number of tokens: `per 1m`, `per million`, `per 100k`, `per 1000`. */
const PER_MANY = new RegExp(`${PER}(?:(\\d+) ?)?(m|mm|mtoks?|millions?|k|ktoks?|thousand)?\\b`);
const PER_TOKEN = new RegExp(`${PER}tokens?\\b`);

/** USD that a price of 1 means. */
function moneyIn(text: string): number {
  if (/\bcents?\b/.test(text)) return 0.01;
  if (/\bmicro(s|usd|dollars?)?\b/.test(text)) return 1e-6;
  return /\bnano(s|usd|dollars?)?\b/.test(text) ? 1e-9 : 1;
}

/** USD per token that a price of 1 means, by words such as `usd per 1m tokens`; undefined where they do not say it. */
function scaleOf(words: readonly string[]): number | undefined {
  const text = words.join(' ');
  const money = moneyIn(text);
  // xAI states US cents per 100 million tokens (docs.x.ai, "List language models").
  if (/\btext token price\b/.test(text)) return 1e-10;
  const [, count, many] = PER_MANY.exec(text) ?? [];
  if (count !== undefined || many !== undefined) {
    const tokens = Number(count ?? 1) * (many === undefined ? 1 : many.startsWith('m') ? 1e6 : 1e3);
    return tokens > 0 ? money / tokens : undefined;
  }
  if (PER_TOKEN.test(text)) return money;
  return undefined;
}

function partOf(words: readonly string[]): Part | undefined {
  const has = (...any: string[]): boolean => any.some((word) => words.includes(word));
  const isCache = has('cache', 'cached', 'caching') && !has('miss');
  if (isCache) return has('write', 'writes', 'creation', 'create', 'caching') ? 'write' : 'read';
  const isInput = has('input', 'inputs', 'prompt', 'in');
  const isOutput = has('output', 'outputs', 'completion', 'completions', 'out', 'generated');
  return isInput === isOutput ? undefined : isInput ? 'input' : 'output';
}

/** A number, or a text such as `$0.30 / 1M tokens`; `words` are those that follow the number. */
function numberIn(value: unknown): { readonly value: number; readonly words: readonly string[] } | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? { value, words: [] } : undefined;
  if (typeof value !== 'string' || value.length > 60) return undefined;
  const [, digits = '', unit = ''] =
    /^\s*(?:US)?\$?\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*(?:USD)?\s*(?:(?:\/|per)\s*([\w ]+))?$/i.exec(value) ?? [];
  return digits === '' || Number.isNaN(Number(digits))
    ? undefined
    : { value: Number(digits), words: unit ? ['per', ...wordsOf(unit)] : [] };
}

/** Members that state from how many input tokens on, or above how many, the prices beside them count. */
const FROM = /^(min_prompt_tokens|min_input_tokens|min_context|min_tokens|min|from)$/;
const ABOVE = /^(context_token_threshold|threshold|above|size|long_context_threshold)$/;

function thresholdOf(object: Readonly<Record<string, unknown>>): number | undefined {
  for (const [name, value] of Object.entries(object)) {
    const tokens = Number(typeof value === 'number' || typeof value === 'string' ? value : Number.NaN);
    if (FROM.test(name) && tokens >= 0) return Math.max(0, tokens - 1);
    if (ABOVE.test(name) && name !== 'long_context_threshold' && tokens > 0) return tokens;
    if (name === 'tier' && typeof value === 'object' && value !== null)
      return thresholdOf(value as Record<string, unknown>);
  }
  return undefined;
}

/** The threshold in words such as `above 272k tokens` or `context over 200k`. */
function thresholdIn(words: readonly string[]): number | undefined {
  const [, digits, unit] = /\b(?:above|over|beyond) (\d+)([km]?)\b/.exec(words.join(' ')) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 'k' ? 1_000 : unit === 'm' ? 1_000_000 : 1);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The list as a whole asks for the statements of each entry, and then each entry itself. */
const known = new WeakMap<object, Statements>();

/** What an entry of a list of models says of prices. */
export function statementsOf(entry: Readonly<Record<string, unknown>>): Statements {
  const read = known.get(entry) ?? readStatements(entry);
  known.set(entry, read);
  return read;
}

function readStatements(entry: Readonly<Record<string, unknown>>): Statements {
  const all: Statement[] = [];
  let isOpen = false;
  const long = Number(entry['long_context_threshold']);
  const visit = (value: unknown, words: readonly string[], unit: readonly string[], above: number, depth: number) => {
    if (depth > MOST_DEPTH || all.length >= MOST_STATEMENTS) return;
    if (Array.isArray(value)) {
      for (const each of value.slice(0, 50)) if (isObject(each)) visit(each, words, unit, above, depth + 1);
      return;
    }
    if (isObject(value)) {
      const isPriced = words.some((word) => PRICE_WORD.test(word));
      if ((isPriced || depth === 0) && isOtherCurrency(value)) {
        isOpen = true;
        return;
      }
      const own = isPriced ? unitBeside(value) : [];
      const kind = isPriced ? kindBeside(value) : [];
      const from = isPriced ? (thresholdOf(value) ?? above) : above;
      for (const [name, each] of Object.entries(value).slice(0, MOST_MEMBERS)) {
        if (SEVERAL.test(name)) continue;
        visit(each, [...words, ...kind, ...wordsOf(name)], own.length > 0 ? own : unit, from, depth + 1);
      }
      return;
    }
    if (words.some((word) => OTHER.test(word) || OTHER_MONEY.test(word))) return;
    const number = numberIn(value);
    const part = partOf(words);
    if (number === undefined || part === undefined) return;
    const scale = scaleOf([...words, ...number.words]) ?? scaleOf(unit);
    // A number is a price by a word such as `cost` around it, or by its unit.
    if (scale === undefined && !words.some((word) => PRICE_WORD.test(word))) return;
    if (number.value < 0) {
      isOpen = true;
      return;
    }
    const isLong = /\blong context\b/.test(words.join(' '));
    const threshold = thresholdIn(words) ?? (isLong ? (long > 0 ? long : 0) : above);
    all.push({ part, above: threshold, value: number.value, scale: scaled(words, number.value, scale) });
  };
  visit(entry, [], [], 0, 0);
  return { all, isOpen };
}

/**
 * Novita and its like write whole numbers of a ten-thousandth of a dollar under names that end in `per_m`
 * (novita.ai/docs, "List models"); others write dollars there. No whole price of $100 and more per million tokens is
 * stated in dollars under such a name.
 */
function scaled(words: readonly string[], value: number, scale: number | undefined): number | undefined {
  const isPerM = /\bprice per m$/.test(words.join(' '));
  return isPerM && Number.isInteger(value) && value >= 100 ? 1e-10 : scale;
}

/** The words of a member that states the unit of the prices beside it. */
function unitBeside(object: Readonly<Record<string, unknown>>): readonly string[] {
  for (const [name, value] of Object.entries(object)) {
    if (!/^(price_?)?(unit|units|per|unit_type|unit_size|type|denomination|basis)$/i.test(name)) continue;
    const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
    const words = wordsOf(text);
    // `tokens` alone says what is counted, not how many of them the price is for.
    if (words.length === 0 || (words.length === 1 && /^tokens?$/.test(words[0] ?? ''))) continue;
    const said = words.includes('per') ? words : ['per', ...words];
    if (scaleOf(said) !== undefined) return said;
  }
  return [];
}

/** Whether a member such as `currency_code` names another currency than the US dollar. */
const isOtherCurrency = (object: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(object).some(
    ([name, value]) =>
      /currency(_?code)?$/i.test(name) &&
      typeof value === 'string' &&
      value &&
      !/^(usd|us\$|\$|(us )?dollars?)$/i.test(value),
  );

/** The words of a member that says what a row of a list of prices is for: `{"type": "input", "price": 0.3}`. */
function kindBeside(object: Readonly<Record<string, unknown>>): readonly string[] {
  const said = [object['type'], object['kind'], object['name'], object['item']].find(
    (each) => typeof each === 'string',
  );
  const words = typeof said === 'string' ? wordsOf(said) : [];
  return words.some((word) => OTHER.test(word)) || partOf(words) !== undefined ? words : [];
}

/** The unit of the numbers that have none, as USD per token of a value of 1; `doubtful` where none fits. */
export type ListUnit = { readonly scale: number } | 'doubtful';

/**
 * Which unit a list uses that does not say it: prices per token are all below $0.002, prices per million tokens are
 * above that. The list decides as a whole, so that one slip in it is seen as one.
 */
export function unitOfList(list: readonly Statements[]): ListUnit {
  const values = list
    .flatMap(({ all }) => all)
    .filter(({ part, scale, value }) => scale === undefined && value > 0 && (part === 'input' || part === 'output'))
    .map(({ value }) => value)
    .toSorted((a, b) => a - b);
  const small = values.filter((value) => value <= MOST_USD_PER_TOKEN).length;
  if (small * 2 < values.length) return { scale: 1e-6 };
  const median = values[Math.floor(values.length / 2)] ?? 0;
  // A list in which half of all models cost over $100 per million tokens states another unit, such as per thousand.
  return values.length >= 4 && median > 1e-4 ? 'doubtful' : { scale: 1 };
}

/** The price of an entry. */
export interface EntryPrice {
  /** By rising threshold; empty where no price can be computed. */
  readonly steps: readonly ListedStep[];
  /** The entry contradicts itself, or its list; where it has a price, that is the highest of those stated. */
  readonly contradicts: boolean;
}

/** Two prices that differ by less than this share are the same price, rounded. */
const SAME = 0.001;

/** @param unit of the numbers that state none */
export function priceOf({ all, isOpen }: Statements, unit: ListUnit): EntryPrice {
  const none = (contradicts: boolean): EntryPrice => ({ steps: [], contradicts });
  if (isOpen || all.length === 0) return none(false);
  let contradicts = false;
  const prices = new Map<number, Map<Part, number>>();
  for (const { part, above, value, scale } of all) {
    const each = scale ?? (unit === 'doubtful' ? undefined : unit.scale);
    const usd = each === undefined ? undefined : Number((value * each).toPrecision(12));
    if (usd === undefined || usd > MOST_USD_PER_TOKEN) {
      if (part === 'read' || part === 'write') continue;
      return none(true);
    }
    const step = prices.get(above) ?? new Map<Part, number>();
    const before = step.get(part);
    // A zero beside a price is a field that is not filled in.
    if (before !== undefined && before > 0 && usd > 0 && Math.abs(before - usd) > SAME * Math.max(before, usd))
      contradicts = true;
    step.set(part, Math.max(before ?? 0, usd));
    prices.set(above, step);
  }
  const steps: ListedStep[] = [];
  for (const [above, step] of [...prices].toSorted(([a], [b]) => a - b)) {
    const [, inputBefore, outputBefore, readBefore, writeBefore] = steps.at(-1) ?? [];
    const input = step.get('input') ?? inputBefore;
    const output = step.get('output') ?? outputBefore;
    if (input === undefined || output === undefined) continue;
    const own = step.get('input');
    // A cached token that costs nothing beside one that has a price is a field that is not filled in.
    const stated = (part: 'read' | 'write'): number | undefined => step.get(part) || (input > 0 ? undefined : 0);
    const read = stated('read') ?? (own === undefined ? readBefore : undefined) ?? input;
    const write = stated('write') ?? (own === undefined ? writeBefore : undefined) ?? input;
    steps.push([above, input, output, read, write]);
  }
  const isSlip = steps.some(([, input, output]) => Math.max(input, output) > 0 && Math.max(input, output) < LEAST_USD);
  if (isSlip && all.some(({ scale }) => scale === undefined)) return none(true);
  return { steps: steps[0]?.[0] === 0 ? steps : [], contradicts };
}

/** USD per token: no text model costs less than $0.001 per million tokens. */
const LEAST_USD = 1e-9;
