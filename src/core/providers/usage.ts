import type { Usage } from '../types.ts';

/** What a provider's usage object says, in disjoint buckets; `nanoUsd` where it states the cost itself. */
export interface ReportedUsage {
  readonly usage: Usage;
  readonly nanoUsd?: number;
}

/** No single answer has more tokens than this; a larger figure is a fault of the server. */
const MOST_TOKENS = 100_000_000;
/** Nor does it cost more USD. */
const MOST_USD = 10_000;

/**
 * Reads the usage object of an OpenAI-shaped answer. Cached and written tokens are inside `prompt_tokens`, reasoning is
 * inside `completion_tokens`; DeepSeek names its cache hits `prompt_cache_hit_tokens`; Google leaves thinking tokens out
 * of `completion_tokens` but has them in `total_tokens`; OpenRouter states the cost in USD (`cost`, and with the user's
 * own upstream key the upstream's bill beside it).
 *
 * @returns undefined when a figure cannot be true (negative, not a whole number, absurdly large)
 */
export function readOpenAiUsage(value: unknown): ReportedUsage | undefined {
  const object = asObject(value);
  if (!object) return undefined;
  const details = asObject(object['prompt_tokens_details']);
  const prompt = count(object['prompt_tokens']);
  const completion = count(object['completion_tokens']);
  const cacheRead = count(details?.['cached_tokens'] ?? object['prompt_cache_hit_tokens'] ?? 0);
  const cacheWrite = count(details?.['cache_write_tokens'] ?? 0);
  const reasoning = count(asObject(object['completion_tokens_details'])?.['reasoning_tokens'] ?? 0);
  const total = object['total_tokens'] === undefined ? undefined : count(object['total_tokens']);
  if (prompt === undefined || completion === undefined || cacheRead === undefined || cacheWrite === undefined)
    return undefined;
  if (reasoning === undefined || cacheRead + cacheWrite > prompt) return undefined;
  if (object['total_tokens'] !== undefined && (total === undefined || total < prompt + completion)) return undefined;
  const thoughtsLeftOut = total === undefined ? 0 : total - prompt - completion;
  const nanoUsd = readCost(object);
  return {
    usage: {
      input: prompt - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite,
      output: completion + thoughtsLeftOut,
      reasoning: reasoning || thoughtsLeftOut,
    },
    ...(nanoUsd === undefined ? {} : { nanoUsd }),
  };
}

function readCost(object: Record<string, unknown>): number | undefined {
  const cost = amount(object['cost']);
  if (cost === undefined) return undefined;
  const upstream =
    object['is_byok'] === true ? amount(asObject(object['cost_details'])?.['upstream_inference_cost']) : 0;
  return Math.round((cost + (upstream ?? 0)) * 1e9);
}

/**
 * Reads the counts of Ollama's last line. One that is absent means zero, but both tell nothing; `prompt_eval_count` includes what came from the cache, and
 * how much that was is not told.
 */
export function readOllamaUsage(line: { prompt_eval_count?: unknown; eval_count?: unknown }): Usage | undefined {
  if (line.prompt_eval_count === undefined && line.eval_count === undefined) return undefined;
  const input = count(line.prompt_eval_count ?? 0);
  const output = count(line.eval_count ?? 0);
  return input === undefined || output === undefined
    ? undefined
    : { input, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 };
}

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS ? value : undefined;

const amount = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= MOST_USD ? value : undefined;
