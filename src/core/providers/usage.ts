import { NO_USAGE } from '../common/types.ts';
import type { ProviderEvent, ReportedUsage } from './provider.ts';
import { costUnitOf, figureOf, type UsageFigure } from './usageNames.ts';

/**
 * What an answer says that it took: tokens, cost and the service tier that served it. Servers use many names for the
 * same figure, and put them in many places; there is one list of names for each figure, looked for in every place.
 */

/** No window holds more tokens than this; a larger figure is a fault of the server. */
const MOST_TOKENS = 10_000_000;
/** Nor does it cost more USD. */
const MOST_USD = 10_000;

/** Parts of what was written to the cache, which have to be added: Anthropic's lifetimes of 5 minutes and of an hour. */
const WRITTEN_PARTS = ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'];

/** Tokens with a price of their own that no list here has: audio, and what is kept in the cache for an hour. */
const UNPRICED = ['audio_tokens', 'audioTokens', 'ephemeral_1h_input_tokens'];

/** Names under which thoughts are beside the output, never inside it (Google's own protocol). */
const ALWAYS_APART = new Set(['thoughtsTokenCount', 'thoughts_token_count']);
/** Cache figures of these names are beside `input_tokens`, never inside it (Anthropic's own protocol). */
const BESIDE_INPUT = new Set([
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cacheReadInputTokens',
  'cacheCreationInputTokens',
]);

/** Members of one object that are looked at; no server states more. */
const MOST_MEMBERS = 500;

/** One figure, and where it was found. */
interface Figure {
  readonly value: number;
  readonly name: string;
  /** It is in the usage object itself, not in one of its details. */
  readonly atTop: boolean;
}

/** The first members of an object. */
function membersOf(object: Record<string, unknown>): (readonly [string, unknown])[] {
  const members: (readonly [string, unknown])[] = [];
  for (const name in object) {
    if (members.length >= MOST_MEMBERS) break;
    members.push([name, object[name]]);
  }
  return members;
}

/** A figure that is not a count of tokens. */
class NoCount extends Error {}

/**
 * Looks one figure up under all of its names. A zero beside a positive figure is the default of a field that the server
 * did not fill.
 *
 * @param counting a name need not say that it counts tokens: the usage object does
 * @returns each positive figure, or the zeros; empty when none is stated
 * @throws NoCount when one of them is no count of tokens
 */
function look(object: Record<string, unknown>, figure: UsageFigure | readonly string[], counting = false): Figure[] {
  const found = placesOf(object, counting).flatMap(({ place, counts }, index) =>
    membersOf(place).flatMap(([name, stated]): Figure[] => {
      const isIt = typeof figure === 'string' ? figureOf(name, counts) === figure : figure.includes(name);
      // An object of that name holds figures of its own.
      if (!isIt || stated === undefined || stated === null || typeof stated === 'object') return [];
      const value = count(stated);
      if (value === undefined) throw new NoCount();
      return [{ value, name, atTop: index === 0 }];
    }),
  );
  const positive = found.filter(({ value }) => value > 0);
  return positive.length > 0 ? positive : found;
}

interface Place {
  readonly place: Record<string, unknown>;
  /** Its name says that it holds token counts: `tokens` and `billed_units` of Cohere. */
  readonly counts: boolean;
}

/** A usage object and the parts of it that hold counts too: `prompt_tokens_details` and whatever else is called like that. */
const placesOf = (object: Record<string, unknown>, counting: boolean): readonly Place[] => [
  { place: object, counts: counting },
  ...membersOf(object).flatMap(([key, value]): Place[] => {
    const place = asObject(value);
    if (!place || Array.isArray(value) || /cost|price/i.test(key)) return [];
    const counts = /^(tokens|token_?counts?|token_?usage|billed_?units)$/i.test(key);
    return counts || /details$|^cache_?creation$/i.test(key) ? [{ place, counts }] : [];
  }),
];

const most = (figures: readonly Figure[]): number => Math.max(...figures.map(({ value }) => value));
const least = (figures: readonly Figure[]): number => Math.min(...figures.map(({ value }) => value));

/**
 * Reads the usage object of an answer. As a rule, cached and written tokens are inside the input, and reasoning is
 * inside the output. Where the names or the total say that they are beside it, they are added. Where figures
 * contradict each other, the ones that cost more are taken and marked.
 *
 * @param thoughtsApart tokens in the total that are in neither part are thoughts (Google's OpenAI-style endpoint)
 */
export function readOpenAiUsage(value: unknown, { thoughtsApart = false } = {}): ReportedUsage {
  // Of a list the last entry is the state at the end.
  const object = asObject(Array.isArray(value) ? value.at(-1) : value) ?? {};
  const nanoUsd = readCost(object);
  const stated = nanoUsd === undefined ? {} : { nanoUsd };
  try {
    return { ...readTokens(object, thoughtsApart), ...stated };
  } catch (error) {
    if (error instanceof NoCount) return { usage: null, doubtful: true, ...stated };
    throw error;
  }
}

/** @throws NoCount when the figures cannot be true */
function readTokens(object: Record<string, unknown>, thoughtsApart: boolean): ReportedUsage {
  const counting = look(object, 'input').length === 0 && look(object, 'output').length === 0;
  const found = {
    input: look(object, 'input', counting),
    output: look(object, 'output', counting),
    total: look(object, 'total', counting),
    read: look(object, 'cacheRead', counting),
    write: look(object, 'cacheWrite', counting),
    reasoning: look(object, 'reasoning', counting),
  };
  if (found.input.length === 0 || found.output.length === 0) throw new NoCount();
  const differ = Object.values(found).some((figures) => figures.length > 1 && most(figures) !== least(figures));
  const prompt = most(found.input);
  const completion = most(found.output);
  // A cached token costs less, a written one more.
  const read = found.read.length > 0 ? least(found.read) : 0;
  const parts = look(object, WRITTEN_PARTS).reduce((sum, { value }) => sum + value, 0);
  const written = Math.max(found.write.length > 0 ? most(found.write) : 0, parts);
  const reasoning = found.reasoning.length > 0 ? most(found.reasoning) : 0;
  // A total of zero is a field that the server did not fill.
  const total = found.total.length > 0 ? most(found.total) || undefined : undefined;

  const cache = cacheBeside({ found, prompt, completion, read, written, total });
  const input = prompt + (cache === 'inside' ? 0 : read + written);
  const thoughts = thoughtsBeside(found.reasoning, reasoning, completion);
  const gap = total === undefined ? 0 : total - input - completion;
  // A total that counted the cache apart from an input that does not hold it is short by the cache.
  const short = cache === 'inside' ? 0 : read + written;
  if (gap < 0 && gap + short < 0) throw new NoCount();
  const apart = Math.max(thoughts, gap, 0);
  const named = found.reasoning.some(({ name }) => ALWAYS_APART.has(name)) && (total === undefined || gap === apart);
  const explained = apart === 0 || named || (apart === gap && (apart === reasoning || thoughtsApart));
  return {
    usage: {
      input: input - read - written,
      cacheRead: read,
      cacheWrite: written,
      output: completion + apart,
      reasoning: reasoning || apart,
    },
    ...(differ || cache === 'beside' || !explained ? { doubtful: true } : {}),
    ...(look(object, UNPRICED).some(({ value }) => value > 0) ? { unpriced: true } : {}),
  };
}

/** Thoughts that cannot be inside the output: by their name, or because they are more than it. */
function thoughtsBeside(figures: readonly Figure[], reasoning: number, completion: number): number {
  return reasoning > completion || figures.some(({ name }) => ALWAYS_APART.has(name)) ? reasoning : 0;
}

/**
 * Whether the cache's tokens are part of the input figure or are beside it: the total tells, else the names, else that
 * a part cannot be larger than the whole.
 */
function cacheBeside({
  found,
  prompt,
  completion,
  read,
  written,
  total,
}: CacheFigures): 'inside' | 'beside' | 'surely' {
  const cached = read + written;
  if (cached === 0) return 'inside';
  const ofAnthropic = [...found.read, ...found.write].some(({ name, atTop }) => atTop && BESIDE_INPUT.has(name));
  if (total === prompt + cached + completion && ofAnthropic) return 'surely';
  if (total === prompt + completion && cached <= prompt) return 'inside';
  const named = ofAnthropic && found.input.every(({ name }) => name === 'input_tokens' || name === 'inputTokens');
  if (named && total === undefined) return 'surely';
  if (cached <= prompt) return 'inside';
  if (!ofAnthropic) throw new NoCount();
  return 'beside';
}

interface CacheFigures {
  readonly found: Readonly<Record<'input' | 'read' | 'write', readonly Figure[]>>;
  readonly prompt: number;
  readonly completion: number;
  readonly read: number;
  readonly written: number;
  readonly total: number | undefined;
}

/**
 * The stated cost in nano-USD; undefined where none is stated, or none in USD. Of several the highest counts: a zero may
 * be a field that the server did not fill.
 */
function readCost(object: Record<string, unknown>): number | undefined {
  const unit = statedUnit(object);
  if (unit === undefined) return undefined;
  const members = membersOf(object);
  const direct = members.flatMap(([name, value]) => amountIn(name, value) ?? []).map((usd) => usd * unit);
  const stated = direct.length > 0 ? direct : amountsBeside(members, unit);
  if (stated.length === 0) return undefined;
  const details = asObject(object['cost_details']);
  const upstream = object['is_byok'] === true ? amount(details?.['upstream_inference_cost']) : 0;
  // OpenRouter bills the tools that its server ran beside the tokens.
  const tools = amount(details?.['server_tool_cost']);
  return Math.round((Math.max(...stated) + (upstream ?? 0) + (tools ?? 0)) * 1e9);
}

/**
 * What one unit of the amounts in an object is in USD: 1 unless a member names a unit such as cents; undefined where it
 * names another currency, or credits, whose value we do not know.
 */
function statedUnit(object: Record<string, unknown>): number | undefined {
  for (const [name, value] of membersOf(object)) {
    if (!/currency$|^(cost|price|billing|amount)_?unit$/i.test(name) || typeof value !== 'string' || !value) continue;
    return /^\W*usd?\W*$|^\$$/i.test(value) ? 1 : costUnitOf(`cost ${value}`);
  }
  return 1;
}

/** Members beside which, or in which, a cost is stated where none is stated as such. */
const COST_PART = /^(input|output|prompt|completion|cached?|request)_?(tokens?_?)?costs?(_?usd)?$/i;
const COST_PLACE = /^_?(cost|billing|price|hidden)_?(details|info|breakdown|summary|params)?$/i;

/** The sum of the parts of a cost, and the costs that an object such as `billing` or `cost_details` holds. */
function amountsBeside(members: readonly (readonly [string, unknown])[], unit: number): number[] {
  const parts = members.flatMap(([name, value]) => (COST_PART.test(name) ? (amount(value) ?? []) : []));
  const inside = members.flatMap(([name, value]) => {
    const place = COST_PLACE.test(name) ? asObject(value) : undefined;
    const by = place && statedUnit(place);
    return place && by !== undefined
      ? membersOf(place)
          .flatMap(([inner, stated]) => amountIn(inner, stated) ?? [])
          .map((usd) => usd * by)
      : [];
  });
  const sum = parts.reduce((total, part) => total + part, 0);
  return [...(parts.length > 0 ? [sum * unit] : []), ...inside];
}

/** The amount in USD that a member states: a plain one, or an object that holds a total or the parts of one. */
function amountIn(name: string, value: unknown): number | undefined {
  const unit = costUnitOf(name);
  if (unit === undefined) return undefined;
  const usd = (stated: unknown, by: number): number | undefined => {
    const number = numberOf(stated);
    return number === undefined ? undefined : amount(number * by);
  };
  const inside = asObject(value);
  if (!inside) return usd(value, unit);
  const inner = statedUnit(inside);
  if (inner === undefined) return undefined;
  const totals = membersOf(inside).flatMap(([name, stated]) => {
    const by = /^(total|usd|amount|value)$/i.test(name) ? unit : costUnitOf(name);
    return by === undefined ? [] : (usd(stated, by * inner) ?? []);
  });
  if (totals.length > 0) return Math.max(...totals);
  const parts = membersOf(inside).flatMap(([name, stated]) =>
    /^(input|output|prompt|completion|cache|cached|request)/i.test(name) ? (usd(stated, unit * inner) ?? []) : [],
  );
  return parts.length > 0 ? parts.reduce((sum, part) => sum + part, 0) : undefined;
}

/** The headers in which servers state what an answer cost in USD. LiteLLM's is the first. */
const COST_HEADERS = ['x-litellm-response-cost', 'x-response-cost', 'x-total-cost', 'x-cost-usd'];

/**
 * The usage object of an answer that was not streamed, with the cost that the headers state. For a stream a server
 * cannot know the cost when it sends the headers.
 */
export function withStatedCost(usage: unknown, headers: Headers): unknown {
  const stated = COST_HEADERS.map((name) => amount(headers.get(name))).find((usd) => usd !== undefined);
  return stated === undefined ? usage : { cost: stated, ...asObject(usage) };
}

/** Reads usage, cost and service tier from the chunks of one OpenAI-style answer. */
export class UsageReader {
  readonly #dialect: { readonly thoughtsApart: boolean };
  #servedTier: string | undefined;

  constructor(dialect: { readonly thoughtsApart: boolean }) {
    this.#dialect = dialect;
  }

  /** @returns at most one event: what the chunk says about the answer as a whole so far */
  *read(chunk: unknown): Generator<Extract<ProviderEvent, { kind: 'usage' }>> {
    const object = asObject(chunk) ?? {};
    const usage = usageIn(object);
    const tier = object['service_tier'] ?? asObject(usage)?.['service_tier'];
    if (typeof tier === 'string' && tier) this.#servedTier = tier.toLowerCase();
    const beside = readCost(object);
    if (usage === undefined && beside === undefined) return;
    let read: ReportedUsage = usage === undefined ? { usage: null } : readOpenAiUsage(usage, this.#dialect);
    // Fields that a server has and does not fill (LocalAI): no request has no tokens.
    if (read.usage && read.usage.input + read.usage.cacheRead + read.usage.cacheWrite + read.usage.output === 0) {
      if (beside === undefined && !read.nanoUsd) return;
      read = { ...read, usage: null };
    }
    yield {
      kind: 'usage',
      ...(beside === undefined ? {} : { nanoUsd: beside }),
      ...read,
      ...(this.#servedTier === undefined ? {} : { servedTier: this.#servedTier }),
    };
  }
}

/**
 * Where chunks hold their usage: most in `usage`, Groq's older streams in `x_groq`, Google's own protocol in
 * `usageMetadata`, Moonshot in the choice, Cohere in `meta`, responses in `response`.
 */
function usageIn(chunk: Record<string, unknown>): unknown {
  const places = [chunk['usage'], ...usagesIn(chunk, 0), ollamaCounts(chunk), llamaCounts(chunk)];
  const stated = places.filter((place) => place !== undefined && place !== null);
  return stated.find((place) => Object.keys(asObject(place) ?? {}).length > 0) ?? stated[0];
}

/** Members deeper than this hold no usage. */
const MOST_DEPTH = 3;
const USAGE = /^(x_)?(token_?)?usage(_?meta_?data)?$|^billed_?units$|invocation_?metrics$/i;

function usagesIn(value: unknown, depth: number): readonly unknown[] {
  const object = asObject(value);
  if (!object || depth > MOST_DEPTH) return [];
  const members = membersOf(object);
  return [
    ...members.filter(([name]) => USAGE.test(name)).map(([, found]) => found),
    // What the model says is no place to look for figures.
    ...members
      .filter(([name, inner]) => typeof inner === 'object' && !USAGE.test(name) && !SAID.test(name))
      .flatMap(([, inner]) => usagesIn(inner, depth + 1)),
  ];
}

const SAID = /content|text|arguments|tool|reason|logprob|parts/i;

/** Ollama's own counts, as some gateways pass them on. */
function ollamaCounts({ prompt_eval_count: input, eval_count: output }: Record<string, unknown>): unknown {
  return input === undefined && output === undefined
    ? undefined
    : { input_tokens: input ?? 0, output_tokens: output ?? 0 };
}

/** llama.cpp's timings: `prompt_n` are the tokens that were not taken from the cache. */
function llamaCounts({ timings }: Record<string, unknown>): unknown {
  const { prompt_n: fresh, cache_n: cached = 0, predicted_n: output } = asObject(timings) ?? {};
  return typeof fresh === 'number' && typeof cached === 'number' && output !== undefined
    ? { prompt_tokens: fresh + cached, completion_tokens: output, cached_tokens: cached }
    : undefined;
}

/**
 * Reads the counts of Ollama's last line. One that is absent means zero, but both absent tell nothing;
 * `prompt_eval_count` includes what came from the cache, and how much that was is not told.
 */
export function readOllamaUsage(line: { prompt_eval_count?: unknown; eval_count?: unknown }): ReportedUsage {
  const prompt = line.prompt_eval_count ?? undefined;
  const answer = line.eval_count ?? undefined;
  if (prompt === undefined && answer === undefined) return { usage: null };
  const input = count(prompt ?? 0);
  const output = count(answer ?? 0);
  return input === undefined || output === undefined
    ? { usage: null, doubtful: true }
    : { usage: { ...NO_USAGE, input, output } };
}

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS ? value : undefined;

/** A number, or a text that is one. */
const numberOf = (value: unknown): number | undefined => {
  const number =
    typeof value === 'string' && value.trim() ? Number(value.replace(/^\s*(us)?\$|^\s*usd\s|\s*usd\s*$/i, '')) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

/** An amount in USD. */
const amount = (value: unknown): number | undefined => {
  const usd = numberOf(value);
  return usd !== undefined && usd >= 0 && usd <= MOST_USD ? usd : undefined;
};
