import { windowOfEntry } from '../common/modelWindows.ts';

/** The lists in which endpoints state prices and windows of their models, as they publish them. */

/** `[above, input, output, cache read, cache write]`: input tokens from which the step counts, and USD per token. */
type ListedStep = readonly [above: number, input: number, output: number, read: number, write: number];

/** What an endpoint states of one model. */
export interface ListedPrice {
  /** By rising threshold; empty where no price is stated. */
  readonly steps: readonly ListedStep[];
  readonly contextTokens?: number | undefined;
  /** Prices of other service tiers, such as `flex` and `priority`. */
  readonly served?: Readonly<Record<string, readonly ListedStep[]>> | undefined;
  /** The models that the name stands for, where it is an alias. */
  readonly standsFor?: readonly string[] | undefined;
}

export type PriceList = Readonly<Record<string, ListedPrice>>;

const MOST_MODELS = 10_000;
/**
 * USD per token. The highest true price in November 2026 is $600 per million tokens; a higher figure than three times
 * that is a slip, as the entries are that state prices per million tokens as prices per token.
 */
const MOST_USD_PER_TOKEN = 0.002;

/**
 * A list of models as OpenRouter, Vercel and others give it, with prices per token in `pricing` and windows under many
 * names (openrouter.ai/docs, "List available models").
 *
 * @param zeroIsFree the endpoint states a price of zero only of models that cost nothing
 */
export function readModels(answer: unknown, zeroIsFree: boolean): PriceList {
  return collect(answer, (entry) => {
    const { id, name, pricing } = entry;
    const model = typeof id === 'string' ? id : typeof name === 'string' ? name : undefined;
    if (model === undefined) return undefined;
    const base = stepOf(0, asObject(pricing));
    const steps = base && (zeroIsFree || isPriced(base) || /:free$/i.test(model)) ? [base] : [];
    const overrides = steps.length > 0 ? asObject(pricing)['overrides'] : undefined;
    const further = (Array.isArray(overrides) ? overrides.map(asObject) : []).flatMap((override): ListedStep[] => {
      const from = [override['min_prompt_tokens'], override['min_input_tokens'], override['min_context']].find(isCount);
      // It counts from that many tokens on, not above them.
      const step =
        from === undefined ? undefined : stepOf(from - 1, { ...override, ...asObject(override['pricing']) }, base);
      return step ? [step] : [];
    });
    return [model, { steps: sorted([...steps, ...further]), contextTokens: windowOfEntry(entry) }];
  });
}

const NAMES = {
  input: ['prompt', 'input', 'input_price'],
  output: ['completion', 'output', 'output_price'],
  read: ['input_cache_read', 'cache_read', 'cached_price'],
  write: ['input_cache_write', 'cache_write', 'caching_price'],
};

/** A step in OpenRouter's names; what is not stated costs what it cost `before`, cached tokens what input costs. */
function stepOf(above: number, pricing: Record<string, unknown>, before?: ListedStep): ListedStep | undefined {
  const [input, output, read, write] = [NAMES.input, NAMES.output, NAMES.read, NAMES.write].map((names) =>
    names.map((name) => amount(pricing[name])).find((usd) => usd !== undefined),
  );
  const [, inputBefore, outputBefore] = before ?? [];
  const base = input ?? inputBefore;
  const out = output ?? outputBefore;
  return base === undefined || out === undefined ? undefined : [above, base, out, read ?? base, write ?? base];
}

/** The fields of a LiteLLM price, by the part of the tokens. */
const FIELDS = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  read: 'cache_read_input_token_cost',
  write: 'cache_creation_input_token_cost',
} as const;

/**
 * `GET /model/info` of a LiteLLM proxy (docs.litellm.ai, "Model Management"). Fields are there with null where they are
 * not set; steps are named by their threshold, as in `input_cost_per_token_above_272k_tokens`. Zero for both input and
 * output is what older proxies say of a model that they do not know.
 */
export function readModelInfo(answer: unknown): PriceList {
  return collect(answer, (entry) => {
    const { model_name: name, model_info, litellm_params } = entry;
    if (typeof name !== 'string') return undefined;
    const info = asObject(model_info);
    const steps = liteLlmSteps(info, '');
    const known = steps.length > 0 && (steps.some(isPriced) || /[:/-]free$/i.test(name));
    const served = Object.fromEntries(
      ['flex', 'priority', 'batch'].flatMap((tier) => {
        const own = known ? liteLlmSteps(info, `_${tier}`, steps) : [];
        return own.length > 0 ? [[tier, own]] : [];
      }),
    );
    const upstream = [asObject(litellm_params)['model'], info['key'], info['base_model']];
    const standsFor = upstream.filter((model): model is string => typeof model === 'string' && model !== name);
    return [
      name,
      {
        steps: known ? steps : [],
        contextTokens: windowOfEntry(info),
        ...(Object.keys(served).length > 0 ? { served } : {}),
        ...(standsFor.length > 0 ? { standsFor } : {}),
      },
    ];
  });
}

/** The steps of one service tier (`''` is the standard one), empty where it has no input or output price. */
function liteLlmSteps(info: Record<string, unknown>, tier: string, standard: readonly ListedStep[] = []): ListedStep[] {
  const stated = (field: string, above: string): number | undefined =>
    amount(info[`${field}${above}${tier}`]) ?? (tier && above ? amount(info[`${field}${tier}${above}`]) : undefined);
  const first = standard[0];
  const input = stated(FIELDS.input, '');
  const output = stated(FIELDS.output, '');
  const tiered = tier === '' ? tieredSteps(info['tiered_pricing']) : [];
  if (input === undefined || output === undefined) return tiered;
  const read = stated(FIELDS.read, '') ?? (first ? Math.max(input, first[3]) : input);
  const write = stated(FIELDS.write, '') ?? (first ? Math.max(input, first[4]) : input);
  const steps: ListedStep[] = [[0, input, output, read, write]];
  for (const above of thresholdsOf(info)) {
    const own = Object.values(FIELDS).map((field) => above.names.map((each) => stated(field, each)).find(isAmount));
    if (own.every((usd) => usd === undefined)) continue;
    const [, inputBefore, outputBefore, readBefore, writeBefore] = steps.at(-1) ?? steps[0] ?? [0, 0, 0, 0, 0];
    const [ownInput = inputBefore, ownOutput = outputBefore, ownRead, ownWrite] = own;
    const cached = stated(FIELDS.read, '') === undefined ? ownInput : readBefore;
    const cachedWrite = stated(FIELDS.write, '') === undefined ? ownInput : writeBefore;
    steps.push([above.tokens, ownInput, ownOutput, ownRead ?? cached, ownWrite ?? cachedWrite]);
  }
  return [...steps, ...tiered.filter(([above]) => above > 0)].toSorted(([a], [b]) => a - b);
}

/** The thresholds in the names of fields that are set, in tokens and as the names write them. */
function thresholdsOf(info: Record<string, unknown>): readonly { tokens: number; names: readonly string[] }[] {
  const found = new Map<number, string[]>();
  for (const [name, value] of Object.entries(info)) {
    const [, words = '', digits = '', unit = ''] = /(_above_(\d+)([km]?)_tokens)/i.exec(name) ?? [];
    if (!words || amount(value) === undefined) continue;
    const tokens = Number(digits) * ({ k: 1_000, m: 1_000_000 }[unit.toLowerCase()] ?? 1);
    if (tokens <= 0 || tokens > 1e9) continue;
    found.set(tokens, [...new Set([...(found.get(tokens) ?? []), words])]);
  }
  return [...found].toSorted(([a], [b]) => a - b).map(([tokens, names]) => ({ tokens, names }));
}

/** `tiered_pricing` of LiteLLM: prices by ranges of input tokens. */
const tieredSteps = (value: unknown): ListedStep[] =>
  sorted(
    (Array.isArray(value) ? value.map(asObject) : []).flatMap((tier): ListedStep[] => {
      const { range } = tier;
      const from: unknown = Array.isArray(range) ? range[0] : undefined;
      const input = amount(tier[FIELDS.input]);
      const output = amount(tier[FIELDS.output]);
      if (typeof from !== 'number' || from < 0 || input === undefined || output === undefined) return [];
      return [[from, input, output, amount(tier[FIELDS.read]) ?? input, amount(tier[FIELDS.write]) ?? input]];
    }),
  );

const sorted = (steps: readonly ListedStep[]): ListedStep[] => steps.toSorted(([a], [b]) => a - b);

const isPriced = ([, input, output]: ListedStep): boolean => input > 0 || output > 0;

function collect(
  answer: unknown,
  read: (entry: Record<string, unknown>) => [id: string, listed: ListedPrice] | undefined,
): PriceList {
  const { data, models } = asObject(answer);
  const entries = [data, models, answer].find((list): list is unknown[] => Array.isArray(list)) ?? [];
  const found = Object.create(null) as Record<string, ListedPrice>;
  for (const entry of entries.slice(0, MOST_MODELS)) {
    const one = read(asObject(entry));
    if (!one) continue;
    const [id, listed] = one;
    const before = found[id];
    if (listed.steps.length === 0 && listed.contextTokens === undefined && !listed.standsFor && !before) continue;
    found[id] = before ? joined(before, listed) : listed;
  }
  return found;
}

/**
 * Several deployments under one name, any of which may answer: the highest price and the smallest window. When one has
 * no price, nothing bounds what an answer costs, so there is none.
 */
function joined(one: ListedPrice, other: ListedPrice): ListedPrice {
  const unpriced = one.steps.length === 0 || other.steps.length === 0;
  const windows = [one.contextTokens, other.contextTokens].filter((tokens) => tokens !== undefined);
  const standsFor = [...new Set([...(one.standsFor ?? []), ...(other.standsFor ?? [])])];
  const tiers = new Set([...Object.keys(one.served ?? {}), ...Object.keys(other.served ?? {})]);
  const served = Object.fromEntries(
    [...tiers].map((tier) => [tier, highest(one.served?.[tier] ?? one.steps, other.served?.[tier] ?? other.steps)]),
  );
  return {
    steps: unpriced ? [] : highest(one.steps, other.steps),
    ...(windows.length > 0 ? { contextTokens: Math.min(...windows) } : {}),
    ...(tiers.size > 0 && !unpriced ? { served } : {}),
    ...(standsFor.length > 0 ? { standsFor } : {}),
  };
}

/** At each threshold of either, the higher price of each part. */
function highest(one: readonly ListedStep[], other: readonly ListedStep[]): ListedStep[] {
  const at = (steps: readonly ListedStep[], above: number): ListedStep =>
    steps.findLast(([from]) => from <= above) ?? steps[0] ?? [0, 0, 0, 0, 0];
  const thresholds = [...new Set([...one, ...other].map(([above]) => above))].toSorted((a, b) => a - b);
  return thresholds.map((above): ListedStep => {
    const [, input, output, read, write] = at(one, above);
    const [, input2, output2, read2, write2] = at(other, above);
    return [above, Math.max(input, input2), Math.max(output, output2), Math.max(read, read2), Math.max(write, write2)];
  });
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0;

const isAmount = (usd: number | undefined): usd is number => usd !== undefined;

/** A price in USD per token, stated as a number or as text; undefined where it is none, or absurd. */
function amount(value: unknown): number | undefined {
  const usd = typeof value === 'string' && value.trim() ? Number(value) : value;
  return typeof usd === 'number' && usd >= 0 && usd <= MOST_USD_PER_TOKEN ? usd : undefined;
}
