import * as v from 'valibot';
import { giveUp } from '../common/debugLog.ts';
import { eventLoop } from '../common/eventLoop.ts';
import { endpointOf, type Endpoint } from '../common/endpoints.ts';
import type { Price, PriceEntry } from './pricing.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { MODEL_ALIASES, MODEL_WINDOWS } from '../common/modelWindows.ts';
import { failureOfError } from '../common/networkFailures.ts';
import { guardFetch } from '../providers/guardedFetch.ts';
import { addressFor } from '../common/pastedAddress.ts';
import { keyHeadersForList } from '../providers/keyHeaders.ts';
import {
  entriesOf,
  modelInfoReader,
  modelsReader,
  readInTurns,
  type ListedPrice,
  type PriceList,
} from './priceLists.ts';

/**
 * Prices that an endpoint states itself: OpenRouter in its list of models, a LiteLLM proxy under `/model/info` (with the
 * user's own discounts). Asked at most daily, only where the user agreed to send, and never waited for: the first answer
 * to a question may still come from the list that is at hand.
 */

/** What is kept of an endpoint: USD per token, as it states them, and windows. Empty where it states nothing. */
export interface ListedPrices {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly models: PriceList;
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
const Step = v.tuple([v.number(), v.number(), v.number(), v.number(), v.number()]);
const Listed = v.object({
  steps: v.array(Step),
  contextTokens: v.optional(v.number()),
  served: v.optional(v.record(v.string(), v.array(Step))),
  standsFor: v.optional(v.array(v.string())),
  approximate: v.optional(v.boolean()),
  contradicts: v.optional(v.boolean()),
});

/** What was kept of an endpoint, before its models are looked at. */
const Kept = v.object({
  at: v.number(),
  models: v.custom<object>((value) => typeof value === 'object' && value !== null),
});

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
    return listed && listed.steps.length > 0 ? entryOf(listed, kept?.at ?? 0) : undefined;
  }

  /** Asks the endpoint now; true when it stated prices. */
  async refresh(provider: ProviderConfig): Promise<boolean> {
    const check = endpointOf(provider);
    if (!check.ok || !this.#parts.allowed(check.endpoint)) return false;
    await (this.#loaded ??= this.#load());
    return this.#refresh(provider, check.endpoint);
  }

  async #load(): Promise<void> {
    const kept: unknown = await this.#parts.load().catch(giveUp('kept prices'));
    if (typeof kept !== 'object' || kept === null) return;
    for (const [origin, stated] of Object.entries(kept) as [string, unknown][]) {
      const found = v.safeParse(Kept, stated);
      if (!found.success) continue;
      const models = Object.create(null) as Record<string, ListedPrice>;
      for (const [model, each] of Object.entries(found.output.models) as [string, unknown][]) {
        await eventLoop.yieldIfBusy();
        const listed = v.safeParse(Listed, each);
        if (listed.success) models[model] = listed.output;
      }
      await this.#keep(origin, { at: found.output.at, models });
    }
  }

  /** Windows and aliases are known of models without a price as well. */
  async #keep(origin: string, prices: ListedPrices): Promise<void> {
    this.#kept.set(origin, prices);
    for (const [model, { contextTokens, standsFor }] of Object.entries(prices.models)) {
      await eventLoop.yieldIfBusy();
      MODEL_WINDOWS.learn(origin, model, contextTokens);
      MODEL_ALIASES.learn(origin, model, standsFor);
    }
  }

  async #refresh(provider: ProviderConfig, endpoint: Endpoint): Promise<boolean> {
    const { now, save, onChange, log } = this.#parts;
    this.#nextAt.set(endpoint.origin, now() + PAUSE_MS);
    try {
      const models = await this.#ask(provider, endpoint);
      const doubtful = Object.entries(models).filter(([, { contradicts }]) => contradicts);
      const names = doubtful.slice(0, 5).map(([model]) => model);
      if (names.length > 0)
        log(`prices of ${endpoint.host}: the list contradicts itself about ${doubtful.length}: ${names.join(', ')}`);
      // An endpoint that states nothing will not tomorrow either: that is kept as well.
      await this.#keep(endpoint.origin, { at: now(), models });
      onChange();
      await save(Object.fromEntries(this.#kept));
      return Object.values(models).some(({ steps }) => steps.length > 0);
    } catch (error) {
      log(`prices of ${endpoint.host}: ${String(error)}`);
      return false;
    }
  }

  async #ask(provider: ProviderConfig, endpoint: Endpoint): Promise<PriceList> {
    const apiKey = await this.#parts.key(provider, endpoint);
    const secret = await this.#parts.secretHeaders?.(provider, endpoint);
    const get = async (url: string): Promise<unknown> => {
      const signal = AbortSignal.timeout(ASK_MS);
      const guard = guardFetch({
        fetch: this.#parts.fetch,
        origin: endpoint.origin,
        query: provider.query,
        signal,
        limits: LIMITS,
      });
      const headers = { ...provider.headers, ...secret, ...keyHeadersForList(endpoint.baseUrl, apiKey) };
      const response = await guard.fetch(url, { headers, signal });
      return response.ok ? response.json() : undefined;
    };
    const base = addressFor(endpoint.baseUrl, undefined);
    const models = await get(`${base}/models`);
    const zeroIsFree = new URL(endpoint.baseUrl).hostname === 'openrouter.ai';
    const listed = await readInTurns(modelsReader(models, zeroIsFree));
    if (Object.values(listed).some(({ steps }) => steps.length > 0)) return listed;
    // LM Studio states windows beside its OpenAI-style list, LiteLLM prices and windows.
    const further = PRICED_LISTS.find(([host]) => host.test(endpoint.host))?.[1] ?? 'model/info';
    const path = isLmStudio(models) ? `${endpoint.origin}/api/v0/models` : `${base}/${further}`;
    const answer = await get(path).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    return {
      ...listed,
      ...(await readInTurns(modelsReader(answer, false))),
      ...(await readInTurns(modelInfoReader(answer))),
    };
  }
}

/**
 * Where hosts state prices that leave them out of their list of models: docs.x.ai "List language models", docs.nebius.com
 * "List models", docs.nano-gpt.com "Models".
 */
const PRICED_LISTS: readonly (readonly [host: RegExp, path: string])[] = [
  [/(^|\.)x\.ai$/, 'language-models'],
  [/(^|\.)nebius\.(com|ai)$/, 'models?verbose=true'],
  [/(^|\.)nano-gpt\.com$/, 'models?detailed=true'],
];

/** Whether the endpoint said that it has no such list, or does not show it: asking again soon would not help. */
function isAbsent(error: unknown): boolean {
  const { status } = failureOfError(error);
  return status !== undefined && status >= 400 && status < 500 && ![401, 403, 407, 408, 425, 429].includes(status);
}

/** LM Studio names itself as the owner of its models (lmstudio.ai/docs, "List models"). */
const isLmStudio = (answer: unknown): boolean =>
  entriesOf(answer).some((entry) => Object.values(entry).includes('organization_owner'));

const nano = (usdPerToken: number): number => Math.round(usdPerToken * 1e15);

function entryOf({ steps, contextTokens, served, approximate }: ListedPrice, at: number): PriceEntry {
  const stepsOf = (listed: ListedPrice['steps']): Price['steps'] =>
    listed.map(([above, input, output, read, write]) => ({
      above,
      input: nano(input),
      output: nano(output),
      cacheRead: nano(read),
      cacheWrite: nano(write),
    }));
  const tiers = Object.entries(served ?? {}).map(([tier, listed]) => [tier, stepsOf(listed)] as const);
  const price: Price = {
    source: 'live',
    date: new Date(at).toISOString().slice(0, 10),
    steps: stepsOf(steps),
    ...(tiers.length > 0 ? { served: Object.fromEntries(tiers) } : {}),
    ...(approximate ? { approximate: true } : {}),
  };
  return { price, ...(contextTokens ? { contextTokens } : {}) };
}
