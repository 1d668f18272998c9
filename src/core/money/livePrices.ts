import * as v from 'valibot';
import { endpointOf, type Endpoint } from '../common/endpoints.ts';
import type { Price, PriceEntry } from './pricing.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { guardFetch } from '../providers/guardedFetch.ts';

/**
 * Prices that an endpoint states itself: OpenRouter in its list of models, a LiteLLM proxy under `/model/info` (with the
 * user's own discounts). Asked at most daily, only where the user agreed to send, and never waited for: the first answer
 * to a question may still come from the list that is at hand.
 */

/** What is kept of an endpoint: USD per token, as it states them. */
export interface ListedPrices {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly models: Readonly<Record<string, ListedPrice>>;
}

interface ListedPrice {
  readonly steps: readonly (readonly [above: number, input: number, output: number, read: number, write: number])[];
  readonly contextTokens?: number;
}

export interface LivePricesParts {
  readonly fetch: typeof globalThis.fetch;
  readonly key: (provider: ProviderConfig, endpoint: Endpoint) => Promise<string | null>;
  /** Headers of the provider that carry keys. */
  readonly secretHeaders?: (provider: ProviderConfig, endpoint: Endpoint) => Promise<Readonly<Record<string, string>>>;
  /** Whether the endpoint may be asked: the workspace is trusted and the user agreed. */
  readonly allowed: (endpoint: Endpoint) => boolean;
  /** What was kept, by origin; anything that is not of this shape counts as nothing. */
  readonly load: () => Promise<unknown>;
  readonly save: (kept: Readonly<Record<string, ListedPrices>>) => Promise<void>;
  readonly now: () => number;
  readonly onChange: () => void;
  readonly log: (line: string) => void;
}

const DAY_MS = 86_400_000;
/** After a failure the endpoint is left alone for this long, in ms. */
const PAUSE_MS = 600_000;
const ASK_MS = 15_000;
const LIMITS = { lineBytes: 16 * 1024 * 1024, responseBytes: 16 * 1024 * 1024, requestBytes: 1024 };
const MOST_MODELS = 10_000;
/** Nobody charges a dollar per token; what says so is broken. */
const MOST_USD_PER_TOKEN = 0.1;

const Kept = v.record(
  v.string(),
  v.object({
    at: v.number(),
    models: v.record(
      v.string(),
      v.object({
        steps: v.array(v.tuple([v.number(), v.number(), v.number(), v.number(), v.number()])),
        contextTokens: v.optional(v.number()),
      }),
    ),
  }),
);

export class LivePrices {
  readonly #parts: LivePricesParts;
  readonly #kept = new Map<string, ListedPrices>();
  /** By origin: when it may be asked again. */
  readonly #nextAt = new Map<string, number>();
  #loaded: Promise<void> | undefined;

  constructor(parts: LivePricesParts) {
    this.#parts = parts;
  }

  /** The endpoint's own price of a model, as far as it is known by now. */
  async find(provider: ProviderConfig, model: string): Promise<PriceEntry | undefined> {
    const check = endpointOf(provider);
    if (!check.ok || provider.kind !== 'openai') return undefined;
    await (this.#loaded ??= this.#load());
    const { origin } = check.endpoint;
    const kept = this.#kept.get(origin);
    const now = this.#parts.now();
    const due = now >= (this.#nextAt.get(origin) ?? 0) && now - (kept?.at ?? 0) > DAY_MS;
    if (due && this.#parts.allowed(check.endpoint)) void this.#refresh(provider, check.endpoint);
    const listed = kept && Object.hasOwn(kept.models, model) ? kept.models[model] : undefined;
    return listed && entryOf(listed, kept?.at ?? 0);
  }

  /** Asks the endpoint now; true when it stated prices. */
  async refresh(provider: ProviderConfig): Promise<boolean> {
    const check = endpointOf(provider);
    if (!check.ok || !this.#parts.allowed(check.endpoint)) return false;
    await (this.#loaded ??= this.#load());
    return this.#refresh(provider, check.endpoint);
  }

  async #load(): Promise<void> {
    const found = v.safeParse(Kept, await this.#parts.load().catch(() => undefined));
    if (!found.success) return;
    for (const [origin, prices] of Object.entries(found.output)) this.#kept.set(origin, prices as ListedPrices);
  }

  async #refresh(provider: ProviderConfig, endpoint: Endpoint): Promise<boolean> {
    const { now, save, onChange, log } = this.#parts;
    this.#nextAt.set(endpoint.origin, now() + PAUSE_MS);
    try {
      const models = await this.#ask(provider, endpoint);
      if (Object.keys(models).length === 0) {
        // It states no prices, and will not tomorrow either.
        this.#nextAt.set(endpoint.origin, now() + DAY_MS);
        return false;
      }
      this.#kept.set(endpoint.origin, { at: now(), models });
      onChange();
      await save(Object.fromEntries(this.#kept));
      return true;
    } catch (error) {
      log(`prices of ${endpoint.host}: ${String(error)}`);
      return false;
    }
  }

  async #ask(provider: ProviderConfig, endpoint: Endpoint): Promise<Record<string, ListedPrice>> {
    const apiKey = await this.#parts.key(provider, endpoint);
    const secret = await this.#parts.secretHeaders?.(provider, endpoint);
    const get = async (path: string): Promise<unknown> => {
      const signal = AbortSignal.timeout(ASK_MS);
      const guard = guardFetch({ fetch: this.#parts.fetch, origin: endpoint.origin, signal, limits: LIMITS });
      const headers = { ...provider.headers, ...secret, ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) };
      const response = await guard.fetch(endpoint.baseUrl + path, { headers, signal });
      return response.ok ? response.json() : undefined;
    };
    const listed = readModels(await get('/models'));
    return Object.keys(listed).length > 0 ? listed : readModelInfo(await get('/model/info'));
  }
}

const nano = (usdPerToken: number): number => Math.round(usdPerToken * 1e15);

function entryOf({ steps, contextTokens }: ListedPrice, at: number): PriceEntry {
  const price: Price = {
    source: 'live',
    date: new Date(at).toISOString().slice(0, 10),
    steps: steps.map(([above, input, output, read, write]) => ({
      above,
      input: nano(input),
      output: nano(output),
      cacheRead: nano(read),
      cacheWrite: nano(write),
    })),
  };
  return { price, ...(contextTokens ? { contextTokens } : {}) };
}

/** A price per token, stated as a number or as text. */
const Amount = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.nonEmpty(), v.transform(Number))]),
  v.number(),
  v.minValue(0),
  v.maxValue(MOST_USD_PER_TOKEN),
);
const Count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e9));

const OpenRouterModel = v.object({
  id: v.string(),
  context_length: v.nullish(Count),
  pricing: v.object({
    prompt: Amount,
    completion: Amount,
    input_cache_read: v.optional(Amount),
    input_cache_write: v.optional(Amount),
  }),
});

/** The list of models as OpenRouter gives it: openrouter.ai/docs, "List available models". */
function readModels(answer: unknown): Record<string, ListedPrice> {
  return collect(answer, (entry) => {
    const { success, output } = v.safeParse(OpenRouterModel, entry);
    if (!success) return undefined;
    const { prompt, completion, input_cache_read = prompt, input_cache_write = prompt } = output.pricing;
    return [output.id, [[0, prompt, completion, input_cache_read, input_cache_write]], output.context_length];
  });
}

const LiteLlmModel = v.object({
  model_name: v.string(),
  model_info: v.looseObject({
    input_cost_per_token: Amount,
    output_cost_per_token: Amount,
    cache_read_input_token_cost: v.nullish(Amount),
    cache_creation_input_token_cost: v.nullish(Amount),
    max_input_tokens: v.nullish(Count),
  }),
});

/** `GET /model/info` of a LiteLLM proxy: docs.litellm.ai, "Model Management". */
function readModelInfo(answer: unknown): Record<string, ListedPrice> {
  return collect(answer, (entry) => {
    const { success, output } = v.safeParse(LiteLlmModel, entry);
    if (!success) return undefined;
    const info = output.model_info;
    const { input_cost_per_token: input, output_cost_per_token: out } = info;
    const read = info.cache_read_input_token_cost ?? input;
    const write = info.cache_creation_input_token_cost ?? input;
    const steps: ListedPrice['steps'][number][] = [[0, input, out, read, write]];
    for (const thousand of [128, 200]) {
      const above = (name: string, base: number): number => {
        const stated = v.safeParse(Amount, info[`${name}_above_${thousand}k_tokens`]);
        return stated.success ? stated.output : base;
      };
      if (`input_cost_per_token_above_${thousand}k_tokens` in info)
        steps.push([
          thousand * 1000,
          above('input_cost_per_token', input),
          above('output_cost_per_token', out),
          above('cache_read_input_token_cost', read),
          above('cache_creation_input_token_cost', write),
        ]);
    }
    return [output.model_name, steps, info.max_input_tokens];
  });
}

function collect(
  answer: unknown,
  read: (entry: unknown) => [id: string, steps: ListedPrice['steps'], context: number | null | undefined] | undefined,
): Record<string, ListedPrice> {
  const shape = v.safeParse(v.object({ data: v.array(v.unknown()) }), answer);
  const found = Object.create(null) as Record<string, ListedPrice>;
  for (const entry of shape.success ? shape.output.data.slice(0, MOST_MODELS) : []) {
    const one = read(entry);
    if (!one) continue;
    const [id, steps, contextTokens] = one;
    found[id] = { steps, ...(contextTokens ? { contextTokens } : {}) };
  }
  return found;
}
