import type { ReportedUsage } from './provider.ts';

/** No window holds more tokens than this; a larger figure is a fault of the server. */
const MOST_TOKENS = 10_000_000;
/** Nor does it cost more USD. */
const MOST_USD = 10_000;

/**
 * Reads the usage object of an OpenAI-shaped answer. Cached and written tokens are inside `prompt_tokens`, reasoning is
 * inside `completion_tokens`; DeepSeek names its cache hits `prompt_cache_hit_tokens`; Google leaves thinking tokens out
 * of `completion_tokens` but has them in `total_tokens`; OpenRouter states the cost in USD (`cost`, and with the user's
 * own upstream key the upstream's bill beside it).
 *
 * @param thoughtsApart tokens in `total_tokens` that are in neither part are thoughts
 */
export function readOpenAiUsage(value: unknown, { thoughtsApart = false } = {}): ReportedUsage {
  const object = asObject(value) ?? {};
  const nanoUsd = readCost(object);
  const stated = nanoUsd === undefined ? {} : { nanoUsd };
  const inDetails = asObject(object['prompt_tokens_details']);
  const outDetails = asObject(object['completion_tokens_details']);
  const prompt = count(object['prompt_tokens']);
  const completion = count(object['completion_tokens']);
  const cacheRead = count(inDetails?.['cached_tokens'] ?? object['prompt_cache_hit_tokens'] ?? 0);
  const cacheWrite = count(inDetails?.['cache_write_tokens'] ?? 0);
  const reasoning = count(outDetails?.['reasoning_tokens'] ?? 0);
  const total =
    object['total_tokens'] === undefined ? (prompt ?? 0) + (completion ?? 0) : count(object['total_tokens']);
  const known = [prompt, completion, cacheRead, cacheWrite, reasoning, total];
  if (!known.every((figure) => figure !== undefined)) return { usage: null, doubtful: true, ...stated };
  const [input = 0, output = 0, read = 0, written = 0, thought = 0, sum = 0] = known;
  if (read + written > input || sum < input + output) return { usage: null, doubtful: true, ...stated };
  const apart = sum - input - output;
  return {
    usage: {
      input: input - read - written,
      cacheRead: read,
      cacheWrite: written,
      output: output + apart,
      reasoning: thought || apart,
    },
    ...stated,
    ...(apart > 0 && !thoughtsApart ? { doubtful: true } : {}),
    ...(inDetails?.['audio_tokens'] || outDetails?.['audio_tokens'] ? { unpriced: true } : {}),
  };
}

function readCost(object: Record<string, unknown>): number | undefined {
  const cost = amount(object['cost']);
  const currency = object['currency'] ?? 'USD';
  if (cost === undefined || currency !== 'USD') return undefined;
  const upstream =
    object['is_byok'] === true ? amount(asObject(object['cost_details'])?.['upstream_inference_cost']) : 0;
  return Math.round((cost + (upstream ?? 0)) * 1e9);
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
    : { usage: { input, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 } };
}

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS ? value : undefined;

const amount = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= MOST_USD ? value : undefined;
