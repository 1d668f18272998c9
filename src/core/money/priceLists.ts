import { eventLoop } from '../common/eventLoop.ts';
import { windowOfEntry } from '../common/modelWindows.ts';
import {
  MOST_USD_PER_TOKEN,
  priceOf,
  statementsOf,
  unitOfList,
  type EntryPrice,
  type ListedStep,
  type ListUnit,
  type Statements,
} from './statedPrices.ts';

/** The lists in which endpoints state prices and windows of their models, as they publish them. */

/** What an endpoint states of one model. */
export interface ListedPrice {
  /** By rising threshold; empty where no price is stated. */
  readonly steps: readonly ListedStep[];
  readonly contextTokens?: number | undefined;
  /** Prices of other service tiers, such as `flex` and `priority`. */
  readonly served?: Readonly<Record<string, readonly ListedStep[]>> | undefined;
  /** The models that the name stands for, where it is an alias. */
  readonly standsFor?: readonly string[] | undefined;
  /** What is computed with the price is an estimate: the list contradicts itself, or not all who may serve state one. */
  readonly approximate?: boolean | undefined;
  /** The list contradicts itself about this model. */
  readonly contradicts?: boolean | undefined;
}

export type PriceList = Readonly<Record<string, ListedPrice>>;

const MOST_MODELS = 10_000;
/**
 * A list of models with the prices and windows that it states, in whatever form it states them: see `statedPrices.ts`.
 * A model that several providers serve under one name, as at Hugging Face, has the highest price of them, and each
 * provider's own one under `model:provider`.
 *
 * @param zeroIsFree the endpoint states a price of zero only of models that cost nothing
 */
export const readModels = (answer: unknown, zeroIsFree: boolean): PriceList => atOnce(modelsReader(answer, zeroIsFree));

/** A reader that stops after each entry, so that a long list never holds up the extension host. */
type ListReader = Generator<undefined, PriceList, undefined>;

function atOnce(reader: ListReader): PriceList {
  for (;;) {
    const { done, value } = reader.next();
    if (done) return value;
  }
}

/** Reads a list with pauses for other work of the process; a list of 10,000 models takes seconds. */
export async function readInTurns(reader: ListReader): Promise<PriceList> {
  for (;;) {
    const { done, value } = reader.next();
    if (done) return value;
    await eventLoop.yieldIfBusy();
  }
}

/** {@link readModels}, entry by entry. */
export function* modelsReader(answer: unknown, zeroIsFree: boolean): ListReader {
  const entries = entriesOf(answer).filter((entry) => !('model_info' in entry));
  const statements: Statements[] = [];
  for (const entry of entries) {
    for (const each of [entry, ...providersIn(entry)]) statements.push(statementsOf(each));
    yield;
  }
  const unit = unitOfList(statements);
  return yield* collect(entries, (entry) => {
    const model = [entry['id'], entry['model_id'], entry['model_name'], entry['model'], entry['name'], entry['slug']]
      .filter((name) => typeof name === 'string')
      .find(Boolean);
    if (model === undefined) return [];
    const isFree = zeroIsFree || /:free$/i.test(model) || entry['is_free'] === true || entry['isFree'] === true;
    const read = (stated: Readonly<Record<string, unknown>>): EntryPrice => readEntry(stated, unit, isFree);
    const [own, providers] = [read(entry), providersIn(entry).map((each) => [each, read(each)] as const)];
    const stated = [own, ...providers.map(([, price]) => price)].filter(({ steps }) => steps.length > 0);
    const steps = stated
      .map((price) => price.steps)
      .reduce((one, other) => highest(one, other), stated[0]?.steps ?? []);
    const isApproximate =
      steps.length > 0 &&
      (stated.some(({ contradicts }) => contradicts) ||
        (own.steps.length === 0 && providers.some(([, price]) => price.steps.length === 0)));
    const contradicts = own.contradicts || providers.some(([, price]) => price.contradicts);
    const listed: ListedPrice = {
      steps,
      contextTokens: windowOfEntry(entry),
      ...(isApproximate ? { approximate: true } : {}),
      ...(contradicts ? { contradicts: true } : {}),
    };
    const aliases = Array.isArray(entry['aliases']) ? (entry['aliases'] as unknown[]) : [];
    return [
      [model, listed],
      ...aliases.flatMap((alias): Listing[] => (typeof alias === 'string' && alias ? [[alias, listed]] : [])),
      ...providers.flatMap(([each, price]): Listing[] => {
        const { provider } = each;
        return typeof provider === 'string' && price.steps.length > 0
          ? [[`${model}:${provider}`, { steps: price.steps, contextTokens: windowOfEntry(each) }]]
          : [];
      }),
    ];
  });
}

function readEntry(entry: Readonly<Record<string, unknown>>, unit: ListUnit, isFree: boolean): EntryPrice {
  const price = priceOf(statementsOf(entry), unit);
  return price.steps.length > 0 && (isFree || price.steps.some(isPriced)) ? price : { ...price, steps: [] };
}

/** The providers that serve a model and can be asked now. */
function providersIn(entry: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const { providers, endpoints, deployments } = entry;
  const listed = [providers, endpoints, deployments].find((each): each is unknown[] => Array.isArray(each)) ?? [];
  return listed
    .slice(0, 50)
    .filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null)
    .filter(({ status }) => typeof status !== 'string' || /^(live|active|online|ok|available)$/i.test(status));
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
export const readModelInfo = (answer: unknown): PriceList => atOnce(modelInfoReader(answer));

/** {@link readModelInfo}, entry by entry. */
export function* modelInfoReader(answer: unknown): ListReader {
  return yield* collect(entriesOf(answer), (entry) => {
    const { model_name: name, model_info, litellm_params } = entry;
    if (typeof name !== 'string' || model_info === undefined) return [];
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
      [
        name,
        {
          steps: known ? steps : [],
          contextTokens: windowOfEntry(info),
          ...(Object.keys(served).length > 0 ? { served } : {}),
          ...(standsFor.length > 0 ? { standsFor } : {}),
        },
      ],
    ];
  });
}

/** The steps of one service tier (`''` is the standard one), empty where it has no input or output price. */
function liteLlmSteps(info: Record<string, unknown>, tier: string, standard: readonly ListedStep[] = []): ListedStep[] {
  const stated = (field: string, above: string): number | undefined =>
    amount(info[`${field}${above}${tier}`]) ?? (tier && above ? amount(info[`${field}${tier}${above}`]) : undefined);
  // Cached tokens at zero beside tokens with a price: the proxy does not know their price.
  const cachedPrice = (field: string): number | undefined => stated(field, '') || undefined;
  const first = standard[0];
  const input = stated(FIELDS.input, '');
  const output = stated(FIELDS.output, '');
  const tiered = tier === '' ? tieredSteps(info['tiered_pricing']) : [];
  if (input === undefined || output === undefined) return tiered;
  const read = cachedPrice(FIELDS.read) ?? (first ? Math.max(input, first[3]) : input);
  const write = cachedPrice(FIELDS.write) ?? (first ? Math.max(input, first[4]) : input);
  const steps: ListedStep[] = [[0, input, output, read, write]];
  for (const above of thresholdsOf(info)) {
    const own = Object.values(FIELDS).map((field) => above.names.map((each) => stated(field, each)).find(isAmount));
    if (own.every((usd) => usd === undefined)) continue;
    const [, inputBefore, outputBefore, readBefore, writeBefore] = steps.at(-1) ?? steps[0] ?? [0, 0, 0, 0, 0];
    const [ownInput = inputBefore, ownOutput = outputBefore, ownRead, ownWrite] = own;
    const cached = cachedPrice(FIELDS.read) === undefined ? ownInput : readBefore;
    const cachedWrite = cachedPrice(FIELDS.write) === undefined ? ownInput : writeBefore;
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

/** A zero beside a price is a field that is not filled in, and unknown is never zero. */
const isPriced = ([, input, output]: ListedStep): boolean => input > 0 && output > 0;

type Listing = readonly [id: string, listed: ListedPrice];

/** The entries of a list of models, or of a table of them by their names. */
export function entriesOf(answer: unknown): Record<string, unknown>[] {
  const { data, models } = asObject(answer);
  const list = [data, models, answer].find((each): each is unknown[] => Array.isArray(each));
  if (list) return list.slice(0, MOST_MODELS).map(asObject);
  const table = [data, models].find((each) => typeof each === 'object' && each !== null);
  return Object.entries(asObject(table))
    .slice(0, MOST_MODELS)
    .map(([id, entry]) => ({ id, ...asObject(entry) }));
}

function* collect(
  entries: readonly Record<string, unknown>[],
  read: (entry: Record<string, unknown>) => readonly Listing[],
): ListReader {
  const found = Object.create(null) as Record<string, ListedPrice>;
  for (const entry of entries) {
    for (const [id, listed] of read(entry)) {
      const before = found[id];
      const says = listed.contextTokens !== undefined || listed.standsFor !== undefined || listed.contradicts === true;
      if (listed.steps.length === 0 && !says && !before) continue;
      found[id] = before ? joined(before, listed) : listed;
    }
    yield;
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
    ...((one.approximate ?? other.approximate) ? { approximate: true } : {}),
    ...((one.contradicts ?? other.contradicts) ? { contradicts: true } : {}),
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

const isAmount = (usd: number | undefined): usd is number => usd !== undefined;

/** A price in USD per token, stated as a number or as text; undefined where it is none, or absurd. */
function amount(value: unknown): number | undefined {
  const usd = typeof value === 'string' && value.trim() ? Number(value) : value;
  return typeof usd === 'number' && usd >= 0 && usd <= MOST_USD_PER_TOKEN ? usd : undefined;
}
