import { t } from '@vscode/l10n';
import { isFreeVariant, withoutVariant } from '../common/modelNames.ts';
import { MODEL_WINDOWS } from '../common/modelWindows.ts';
import { isFree } from '../common/places.ts';
import { FREE_PRICE, PLAN_PRICE } from '../ledger/ledger.ts';
import type { ProviderConfig, UserPrice } from '../common/providerConfig.ts';
import type { Cost, Usage } from '../common/types.ts';
import { formatAmount, formatDecimal } from '../common/language.ts';

/**
 * Prices and the one place where tokens become money. Amounts are integers in nano-USD (1e-9 USD). Layers, first hit
 * wins: free (a model on this machine), the user's own prices, what the endpoint itself states, a dated snapshot of
 * list prices, unknown. Under a flat monthly plan a call costs nothing, and that price is kept beside it.
 */

/** Prices in nano-USD per million tokens, above a number of input tokens. */
interface PriceStep {
  readonly above: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface Price {
  readonly source: 'free' | 'plan' | 'user' | 'live' | 'snapshot';
  /** Day of a list, `2026-09-23`; empty otherwise. */
  readonly date: string;
  /** By rising threshold, the first at 0. The whole request moves to the step that its input reaches. */
  readonly steps: readonly PriceStep[];
  /** Prices of other service tiers by their name, such as `flex` and `priority`, where the endpoint states them. */
  readonly served?: Readonly<Record<string, readonly PriceStep[]>>;
  /** What is computed with it is an estimate: a list of another host of the same maker, or one that contradicts itself. */
  readonly approximate?: boolean;
  /** Of `plan`: the price per token that the plan replaces, where it is known. */
  readonly list?: Price;
}

/** The model's context window as the price list knows it. */
export interface PriceEntry {
  readonly price: Price;
  readonly contextTokens?: number;
  /** The user's price is not taken: it is a thousand times off the list price, as when given per token. */
  readonly doubtful?: boolean;
}

type MatchRule = [how: string, text: string] | [how: 'and', rules: MatchRule[]];
/** Shape of prices.snapshot.json, which test/tools/price-snapshot.mjs writes; prices in USD per million tokens. */
interface Snapshot {
  readonly date: string;
  readonly hosts: Readonly<
    Record<
      string,
      readonly {
        id: string;
        prices: (number | null)[][];
        /** Prices that are announced for a later day; the ones before are valid until then. */
        later?: readonly (readonly [from: string, prices: (number | null)[][]])[];
        match?: MatchRule[];
        context?: number;
      }[]
    >
  >;
}

const FREE: Price = {
  source: 'free',
  date: '',
  steps: [{ above: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
};

export { isFree };

/** A price whose calls a plan pays for. */
const inPlan = (list: Price | undefined): Price => ({
  source: 'plan',
  date: '',
  steps: [{ above: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
  ...(list ? { list } : {}),
});

/** An entry of the price book for a provider that may have a plan; the entry itself where it has none. */
function underPlan(provider: ProviderConfig, entry: PriceEntry | undefined): PriceEntry | undefined {
  return provider.monthlyPlan === undefined ? entry : { ...entry, price: inPlan(entry?.price) };
}

/** The price per token behind a plan, undefined where it is unknown; of any other price, the price itself. */
export const listPrice = (price: Price | undefined): Price | undefined =>
  price?.source === 'plan' ? price.list : price;

/** Whether a call costs nothing by itself: its model runs on this computer, or a plan pays for it. */
export const costsNothing = (price: Price | undefined): boolean => price?.source === 'free' || price?.source === 'plan';

/** What the snapshot says of a model at a host. */
interface Listed {
  readonly entry: PriceEntry | undefined;
  /** The host belongs to a maker of models, which states no prices where they can be read. */
  readonly maker: boolean;
}

/** Looks prices up. The snapshot is read with the first question about a cloud model. */
export class PriceBook {
  readonly #live: { find(provider: ProviderConfig, model: string): Promise<PriceEntry | undefined> } | undefined;
  readonly #now: () => number;
  readonly #found = new Map<string, Listed>();

  /**
   * @param live prices that endpoints state themselves
   * @param now in ms since the epoch: list prices may have a last day
   */
  constructor(
    live?: { find(provider: ProviderConfig, model: string): Promise<PriceEntry | undefined> },
    now: () => number = Date.now,
  ) {
    this.#live = live;
    this.#now = now;
  }

  /** The price of a model at a provider, or undefined when no one knows it. */
  async find(provider: ProviderConfig, model: string): Promise<PriceEntry | undefined> {
    if (isFree(provider, model)) {
      const window = MODEL_WINDOWS.get(provider.baseUrl, model);
      return { price: FREE, ...(window === undefined ? {} : { contextTokens: window }) };
    }
    return underPlan(provider, await this.#perToken(provider, model));
  }

  async #perToken(provider: ProviderConfig, model: string): Promise<PriceEntry | undefined> {
    const users = spellingsOf(model).flatMap((name) => provider.prices.get(name) ?? [])[0];
    const base = withoutUnknownVariant(model);
    const listed =
      (await this.#listed(provider, model)) ??
      (base === undefined ? undefined : approximate(await this.#listed(provider, base)));
    if (!users) return listed;
    if (listed && isSlip(users, listed.price)) return { ...listed, doubtful: true };
    return { ...listed, price: fromUser(users) };
  }

  async #listed(provider: ProviderConfig, model: string): Promise<PriceEntry | undefined> {
    const { host } = new URL(provider.baseUrl);
    const today = new Date(this.#now()).toISOString().slice(0, 10);
    const key = `${today} ${host} ${model}`;
    const listed = this.#found.get(key) ?? findInSnapshot(await readSnapshot(), host, model, today);
    this.#found.set(key, listed);
    if (listed.maker) return listed.entry;
    // A free variant that its host does not list by this name costs nothing there.
    const free = host === 'openrouter.ai' && isFreeVariant(model);
    for (const name of free ? [model] : spellingsOf(model)) {
      const live = await this.#live?.find(provider, name);
      if (live) return live;
    }
    return listed.entry;
  }
}

/** The names that a model may be listed by, the most exact first. */
const spellingsOf = (model: string): readonly string[] => [
  ...new Set([model, model.replace(/^models\//, ''), withoutVariant(model)]),
];

/**
 * The name of a model without a suffix such as `:fastest` or `:some-provider`, by which routers choose how or by whom it
 * is served; undefined where it has none, or the suffix is a version. Who serves it may have another price.
 */
const withoutUnknownVariant = (model: string): string | undefined =>
  /^(.*\/.*):[a-z][a-z-]*$/i.exec(isFreeVariant(model) ? '' : model)?.[1];

const approximate = (entry: PriceEntry | undefined): PriceEntry | undefined =>
  entry && { ...entry, price: { ...entry.price, approximate: true } };

/** The list prices in this build. The module loader keeps them, so only the first call reads a file. */
async function readSnapshot(): Promise<Snapshot> {
  const { default: snapshot } = await import('./prices.snapshot.json', { with: { type: 'json' } });
  return snapshot as unknown as Snapshot;
}

/**
 * Hosts whose models have the list prices of another: its regional addresses, which may cost a tenth more
 * (openai.com, "Data residency"), and OpenAI's models at Azure.
 */
const SAME_LIST: readonly (readonly [RegExp, host: string, factor: number])[] = [
  [/^[a-z-]+\.api\.openai\.com$/, 'api.openai.com', 1.1],
  [/\.(openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.com$/, 'api.openai.com', 1.1],
];

function findInSnapshot({ date, hosts }: Snapshot, host: string, model: string, today: string): Listed {
  const [, other, factor = 1] = SAME_LIST.find(([address]) => address.test(host)) ?? [];
  const entries = hosts[host] ?? hosts[other ?? ''];
  const names = spellingsOf(model);
  const exact = names.flatMap((name) => entries?.find(({ id }) => id === name) ?? [])[0];
  const free = host === 'openrouter.ai' && isFreeVariant(model) && exact?.id !== model;
  const entry =
    exact ?? names.flatMap((name) => entries?.find(({ match }) => match?.some((rule) => matches(rule, name))) ?? [])[0];
  const context = entry?.context ? { contextTokens: entry.context } : {};
  const price: Price | undefined = free
    ? { source: 'snapshot', date, steps: FREE.steps }
    : entry && {
        source: 'snapshot',
        date,
        steps: (entry.later?.findLast(([from]) => from <= today)?.[1] ?? entry.prices).map((each) =>
          times(fromSnapshot(each), factor),
        ),
        ...(other && !hosts[host] ? { approximate: true } : {}),
      };
  return {
    entry: price && { price, ...context },
    maker: entries !== undefined && host !== 'openrouter.ai',
  };
}

const times = ({ above, input, output, cacheRead, cacheWrite }: PriceStep, factor: number): PriceStep => {
  const by = (price: number): number => Math.round(price * factor);
  return { above, input: by(input), output: by(output), cacheRead: by(cacheRead), cacheWrite: by(cacheWrite) };
};

/** Service tiers at the standard price. `on_demand` and `performance` are Groq's. */
const STANDARD_TIERS = new Set(['default', 'standard', 'auto', 'on_demand', 'standard_only', 'unspecified', '']);
/** What another tier costs at most, as a multiple of the standard price, where no price of its own is stated. */
const MOST_TIER_FACTOR: Readonly<Record<string, number>> = { priority: 2, fast: 2, flex: 1, batch: 1 };
/** Hosts where `flex` costs half: openai.com/api/pricing. */
const HALF_FLEX = /(^|\.)api\.openai\.com$/;

/**
 * The price at the service tier that served an answer.
 *
 * @param tier as the answer says, in lower case; undefined where it says none
 * @param host of the endpoint
 * @returns `exact: false` where no list states the tier's price; then it is an estimate that is not below the truth
 */
export function atServedTier(
  price: Price,
  tier: string | undefined,
  host: string,
): { readonly price: Price; readonly exact: boolean } {
  const exact = price.approximate !== true;
  if (tier === undefined || STANDARD_TIERS.has(tier) || costsNothing(price)) return { price, exact };
  const stated = price.served && Object.hasOwn(price.served, tier) ? price.served[tier] : undefined;
  if (stated) return { price: { ...price, steps: stated }, exact };
  const factor = tier === 'flex' && HALF_FLEX.test(host) ? 0.5 : (MOST_TIER_FACTOR[tier] ?? 1);
  return { price: { ...price, steps: price.steps.map((each) => times(each, factor)) }, exact: false };
}

/**
 * Tokens of a model's context window: what the user set, else what its own server says, else what its price list says;
 * undefined when none of them does.
 */
export async function contextTokensOf(
  prices: Pick<PriceBook, 'find'>,
  provider: ProviderConfig,
  model: string,
): Promise<number | undefined> {
  const set = provider.contextTokens?.get(model);
  if (set !== undefined) return set;
  const listed = (await prices.find(provider, model))?.contextTokens;
  return MODEL_WINDOWS.get(provider.baseUrl, model) ?? listed;
}

function matches(rule: MatchRule, model: string): boolean {
  const [how, what] = rule;
  if (typeof what !== 'string') return what.every((inner) => matches(inner, model));
  switch (how) {
    case 'equals':
      return model === what;
    case 'starts_with':
      return model.startsWith(what);
    case 'ends_with':
      return model.endsWith(what);
    case 'contains':
      return model.includes(what);
    case 'regex':
      return new RegExp(what).test(model);
    default:
      return false;
  }
}

/** How far a user's price may lie from the list price before it is taken for one per token, or for a slip. */
const SLIP = 1_000;

/** A price of zero is meant: flat rates and private deployments have it. */
function isSlip({ input, output }: UserPrice, { steps: [listed] }: Price): boolean {
  const off = (mine: number, theirs: number): boolean =>
    mine > 0 && theirs > 0 && (nano(mine) >= theirs * SLIP || nano(mine) * SLIP <= theirs);
  return listed !== undefined && (off(input, listed.input) || off(output, listed.output));
}

const nano = (usdPerMillion: number): number => Math.round(usdPerMillion * 1e9);

const step = (
  above: number,
  input: number,
  output: number,
  cacheRead: number | null | undefined,
  cacheWrite: number | null | undefined,
): PriceStep => ({
  above,
  input: nano(input),
  output: nano(output),
  // Where no price for the cache is known, the input price bounds it from above for reads; writes may cost more.
  cacheRead: nano(cacheRead ?? input),
  cacheWrite: nano(cacheWrite ?? input),
});

const fromUser = (price: UserPrice): Price => ({
  source: 'user',
  date: '',
  steps: [step(0, price.input, price.output, price.cacheRead, price.cacheWrite)],
});

const fromSnapshot = ([above, input, output, cacheRead, cacheWrite]: (number | null)[]): PriceStep =>
  step(above ?? 0, input ?? 0, output ?? 0, cacheRead, cacheWrite);

/** Exact cost of an attempt in nano-USD, rounded half up once at the end. */
export function costOf(usage: Usage, price: Price): number {
  const total = usage.input + usage.cacheRead + usage.cacheWrite;
  const at = price.steps.findLast(({ above }) => total > above) ?? price.steps[0];
  if (!at) return 0;
  const sum =
    BigInt(usage.input) * BigInt(at.input) +
    BigInt(usage.cacheRead) * BigInt(at.cacheRead) +
    BigInt(usage.cacheWrite) * BigInt(at.cacheWrite) +
    BigInt(usage.output) * BigInt(at.output);
  return Number((sum + 500_000n) / 1_000_000n);
}

/**
 * The most that a request can cost, in nano-USD: every byte a token, at the dearest input price that it may reach, and
 * the longest answer. Null when the price is unknown.
 */
export function mostOf(inputBytes: number, maxOutput: number, price: Price | undefined): number | null {
  if (!price) return null;
  if (costsNothing(price)) return 0;
  const reached = price.steps.filter(({ above }, index) => index === 0 || inputBytes > above);
  return Math.max(
    ...reached.map((at) => {
      const dearest = { ...at, input: Math.max(at.input, at.cacheRead, at.cacheWrite) };
      const usage = { input: inputBytes, output: maxOutput, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
      return costOf(usage, { ...price, steps: [{ ...dearest, above: 0 }] });
    }),
  );
}

/** A price as rows keep it: `snapshot 2026-09-23 5/25/0.5/6.25`, USD per million input, output, cache read and write. */
export function formatPriceUsed(price: Price | undefined): string | null {
  if (!price) return null;
  if (price.source === 'free') return FREE_PRICE;
  if (price.source === 'plan') return [PLAN_PRICE, formatPriceUsed(price.list)].filter(Boolean).join(' ');
  const steps = price.steps.map(({ above, input, output, cacheRead, cacheWrite }) => {
    const text = [input, output, cacheRead, cacheWrite].map((nanoUsd) => nanoUsd / 1e9).join('/');
    return above > 0 ? `>${above} ${text}` : text;
  });
  return [price.source, price.date, ...steps].filter(Boolean).join(' ');
}

/** The cost of tokens at a price, with its source; `counted` tells whether the provider counted the tokens. */
export function priceTokens(usage: Usage, counted: boolean, price: Price | undefined): Cost {
  if (!price) return { nanoUsd: null, source: 'unknown' };
  if (price.source === 'free' || price.source === 'plan') return { nanoUsd: 0, source: price.source };
  return { nanoUsd: costOf(usage, price), source: counted ? 'computed' : 'estimated' };
}

// ---------------------------------------------------------------------------------------------------------------------
// Amounts for people

/**
 * An amount in USD: two significant digits below a cent (`$0.0031`), cents above (`$0.42`), `$0` only for exactly
 * nothing.
 */
export function formatUsd(nanoUsd: number): string {
  if (nanoUsd === 0) return '$0';
  const usd = nanoUsd / 1e9;
  if (Math.abs(usd) < 0.01) {
    const digits = Math.min(9, 1 - Math.floor(Math.log10(Math.abs(usd))));
    return `$${formatDecimal(usd, digits)}`;
  }
  // Half a cent goes up.
  const cents = Math.round(Math.abs(nanoUsd) / 1e7);
  return `$${nanoUsd < 0 ? '-' : ''}${formatAmount(cents / 100)}`;
}

/** A price as a short text: `$0.27 in · $1.10 out per M tokens`. */
export function formatPrice(price: Price | undefined): string {
  if (!price) return t('price unknown');
  if (price.source === 'free') return t('free, on this computer');
  if (price.source === 'plan') return t('in plan');
  const first = price.steps[0];
  if (!first) return t('price unknown');
  const text = t('{0} in · {1} out per M tokens', perMillion(first.input), perMillion(first.output));
  return price.steps.length > 1 ? t('from {0}', text) : text;
}

/** Where a price comes from and of which day: `list price of 2026-09-23`. */
export function describePriceSource({ source, date, list }: Price): string {
  switch (source) {
    case 'free':
      return '';
    case 'plan':
      return list ? t('in plan; {0}', describePriceSource(list)) : t('in plan');
    case 'user':
      return t('your price');
    case 'live':
      return t("the endpoint's own price of {0}", date);
    case 'snapshot':
      return t('list price as of {0}', date);
  }
}

/** Prices per million keep the digits they have: `$0.0983`, `$5`, `$0.50`. */
function perMillion(nanoUsd: number): string {
  const usd = nanoUsd / 1e9;
  return Number.isInteger(usd)
    ? `$${usd}`
    : `$${formatDecimal(usd, Math.max(2, (String(usd).split('.')[1] ?? '').length))}`;
}

/** Where a price or a cost comes from, in a sentence for a tooltip. */
export function describeCost(cost: Pick<Cost, 'source'>, price: Pick<Price, 'source' | 'date'> | undefined): string {
  switch (cost.source) {
    case 'provider':
      return t('The provider stated this cost.');
    case 'computed':
      if (price?.source === 'user') return t("Computed from the provider's token counts and your prices.");
      return price?.source === 'live'
        ? t("Computed from the provider's token counts and its own prices of {0}.", price.date)
        : t("Computed from the provider's token counts and list prices of {0}.", price?.date ?? '?');
    case 'estimated':
      return t('Estimated: the provider did not report the tokens of every attempt.');
    case 'free':
      return t('The model runs on this computer.');
    case 'plan':
      return t('Your monthly plan with the provider pays for this call.');
    case 'unknown':
      return t('No price is known for this model. Set one in gearshift.providers to have it counted.');
  }
}
