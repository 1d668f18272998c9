import { t } from '@vscode/l10n';
import { endpointOf, type Endpoint } from '../common/endpoints.ts';
import type { ModelCall } from './call.ts';
import type { Clock } from '../common/clock.ts';
import { ModelError, type Failure } from '../common/failures.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
import { MODEL_ALIASES } from '../common/modelWindows.ts';
import { hostOf, isAgreedTo, MODEL_SITES, placesByRule, placesOf } from '../common/places.ts';
import { locateModel, PATIENCE_MS, SITE_MS } from '../providers/locate.ts';
import type { ProviderAdapter } from '../providers/provider.ts';
import type { FailurePlace } from './describeFailure.ts';
import { displayMoney } from '../money/displayMoney.ts';
import { contextTokensOf, costsNothing, mostOf, type Price, type PriceBook } from '../money/pricing.ts';
import type { GatewaySettings } from './gatewaySettings.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import type { PricedModel, CostlierModelQuestion, CostlierModelAnswers } from '../money/costlierModel.ts';
import { estimateRequestTokens, mostRequestTokens } from '../common/tokens.ts';
import type { ModelRef, ModelRequest, Tier } from '../common/types.ts';

/** The models of a chain: who can be asked, and who may stand in for whom. */

/** What is needed to find out whether a model can be asked. */
export interface CandidateParts {
  /** The key of a provider for exactly this origin, or null. */
  readonly key: (provider: ProviderConfig, endpoint: Endpoint) => Promise<string | null>;
  /** Headers of a provider that carry keys, for exactly this origin. */
  readonly secretHeaders?: (provider: ProviderConfig, endpoint: Endpoint) => Promise<Readonly<Record<string, string>>>;
  /** Whether the user trusts the workspace; without, nothing leaves the machine. */
  readonly trusted: () => boolean;
  readonly prices: Pick<PriceBook, 'find'>;
  readonly adapters: Readonly<Record<ProviderConfig['kind'], ProviderAdapter>>;
  readonly fetch: typeof globalThis.fetch;
  /**
   * Where the settings say so, asked before a model answers that may cost more than twice the first of the chain, or
   * that costs anything where the first is free, or whose price no one knows; unless the call has a question of its own.
   * Without any the answer is no.
   */
  readonly askStepUp?: CostlierModelQuestion | undefined;
}

/** Hosts that are known to need a key: asking them without one only costs a round trip. */
const NEED_KEY = new Set([
  'api.openai.com',
  'openrouter.ai',
  'api.anthropic.com',
  'api.deepseek.com',
  'api.mistral.ai',
  'generativelanguage.googleapis.com',
  'api.groq.com',
]);

export const needsKey = (endpoint: Endpoint): boolean => NEED_KEY.has(new URL(endpoint.baseUrl).hostname);

/**
 * The rules of sending: why nothing may go to this provider right now, or null. They hold for whatever is sent, also
 * for what generates nothing and costs nothing.
 *
 * @param model without one, what every model of the provider has in common
 * @param tier that sends: the first use of each tier at a place is introduced. Without one, any tier's agreement counts
 */
export function mayNotSend(
  settings: Pick<GatewaySettings, 'private' | 'consent'>,
  trusted: boolean,
  provider: ProviderConfig,
  endpoint: Endpoint,
  model?: string,
  tier?: Tier,
): Failure | null {
  return mayNotReach(settings, trusted, placesOf(provider, endpoint, model), endpoint, tier);
}

/**
 * Why these places may not get anything, or null.
 *
 * @param endpoint the address that is asked: words name another place than this one
 */
function mayNotReach(
  settings: Pick<GatewaySettings, 'private' | 'consent'>,
  trusted: boolean,
  places: readonly string[],
  endpoint: Endpoint,
  tier?: Tier,
): Failure | null {
  const forbidden = (kind: Failure['kind'], place: string | undefined): Failure =>
    place === undefined || place === endpoint.origin ? { kind } : { kind, detail: hostOf(place) };
  if (places.length === 0) return null;
  if (settings.private) return forbidden('private', places.at(-1));
  if (!trusted) return forbidden('untrusted', places.at(-1));
  const missing = places.find((place) => !isAgreedTo(settings.consent, place, tier));
  return missing === undefined ? null : forbidden('no-consent', missing);
}

/**
 * The key of a provider for exactly this origin, or null. Where nothing leaves the machine a keyring that cannot be read
 * is in no user's way: servers there rarely want a key, and say so if they do.
 *
 * @throws ModelError `no-keyring`
 */
export const readKey = (
  key: CandidateParts['key'],
  provider: ProviderConfig,
  endpoint: Endpoint,
): Promise<string | null> => readSecret(() => key(provider, endpoint), null, provider, endpoint);

/** As {@link readKey}, for headers that carry keys. */
export const readHeaders = (
  headers: CandidateParts['secretHeaders'],
  provider: ProviderConfig,
  endpoint: Endpoint,
): Promise<Readonly<Record<string, string>>> =>
  readSecret(() => headers?.(provider, endpoint) ?? Promise.resolve({}), {}, provider, endpoint);

async function readSecret<T>(
  read: () => Promise<T>,
  none: T,
  provider: ProviderConfig,
  endpoint: Endpoint,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (placesOf(provider, endpoint).length === 0) return none;
    throw new ModelError({ kind: 'no-keyring', detail: cleanDetail(messageOf(error)) }, { cause: error });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A model of the chain with all that is needed to ask it, or the reason why it cannot be asked. */
export interface Candidate {
  readonly model: ModelRef;
  readonly place: FailurePlace;
  readonly refusal: Failure | null;
  readonly provider?: ProviderConfig;
  readonly endpoint?: Endpoint;
  readonly apiKey?: string | null;
  readonly price?: Price | undefined;
  readonly contextTokens?: number | undefined;
  /** The models that the endpoint says the name stands for. */
  readonly standsFor?: readonly string[] | undefined;
}

export type ReadyCandidate = Candidate & {
  provider: ProviderConfig;
  endpoint: Endpoint;
  /** The provider's own and those that carry keys. */
  headers: Readonly<Record<string, string>>;
  /** How long the server said nothing when it was asked about the model just before, in ms. */
  silentMs?: number;
  /** How long the server took to load the model just before, in ms. */
  loadMs?: number;
  /** The digest of the model's files as its server stated it last; null where it states none. */
  digest?: () => string | null;
  /** What is sent to it leaves this machine. */
  leaves: boolean;
  /**
   * Takes note that an answer comes from elsewhere.
   *
   * @param origin of the server that really answers
   * @returns why the answer must not go on, or null when the user agreed to that place
   */
  passedOn: (origin: string) => Failure | null;
};

export interface Finding {
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
  /**
   * The user waits for this one call: its server is asked again, whether it could be asked before or not, and what it said
   * of the model before does not count.
   */
  readonly careful: boolean;
  /** The tier that sends; undefined where nothing is sent, as for an estimate. */
  readonly tier?: Tier | undefined;
}

/** Whether a model can be asked, and how. Nothing of the user's is sent; its server may be asked where the model runs. */
export async function findCandidate(
  parts: CandidateParts,
  settings: GatewaySettings,
  model: ModelRef,
  { signal, clock, careful, tier }: Finding,
): Promise<Candidate | ReadyCandidate> {
  const provider = settings.providers.get(model.provider);
  const nowhere = (refusal: Failure): Candidate => ({
    model,
    place: {
      provider: model.provider,
      host: provider?.baseUrl ?? model.provider,
      model: model.model,
      kind: provider?.kind ?? 'openai',
    },
    refusal,
  });
  if (!provider) return nowhere({ kind: 'no-model', detail: `gearshift.providers: ${model.provider}?` });
  const check = endpointOf(provider);
  if (!check.ok) return nowhere({ kind: 'bad-url', detail: check.why });
  const { endpoint } = check;
  const place: FailurePlace = { provider: provider.name, host: endpoint.host, model: model.model, kind: provider.kind };
  const refuse = (refusal: Failure): Candidate => ({ model, place, refusal });
  // What was known of the model may be out of date: its server is asked if it may be asked at all.
  const byRule = placesByRule(provider, endpoint, model.model);
  const before = mayNotReach(settings, parts.trusted(), byRule, endpoint, tier);
  if (before) return refuse(before);
  let apiKey: string | null;
  let headers = provider.headers;
  try {
    apiKey = await readKey((...of) => parts.key(...of), provider, endpoint);
    headers = { ...headers, ...(await readHeaders(parts.secretHeaders, provider, endpoint)) };
  } catch (error) {
    return refuse(failureOfError(error));
  }
  if (apiKey === null && needsKey(endpoint)) return refuse({ kind: 'no-key' });
  const { fetch, adapters } = parts;
  // A model that was pulled again a moment ago has another digest, which belongs on this row of the ledger.
  const maxAgeMs = careful ? 0 : SITE_MS;
  const patienceMs = careful ? 0 : PATIENCE_MS;
  const adapter = adapters[provider.kind];
  const nowhereKnown = await locateModel(
    {
      adapter,
      provider: { ...provider, headers },
      endpoint,
      model: model.model,
      apiKey,
      fetch,
      clock,
      maxAgeMs,
      patienceMs,
    },
    signal,
  );
  const after = nowhereKnown ?? mayNotSend(settings, parts.trusted(), provider, endpoint, model.model, tier);
  if (after) return refuse(after);
  const entry = await parts.prices.find(provider, model.model);
  const contextTokens = await contextTokensOf(parts.prices, provider, model.model);
  return {
    model,
    place,
    refusal: null,
    provider,
    endpoint,
    apiKey,
    headers,
    price: entry?.price,
    standsFor: MODEL_ALIASES.get(endpoint.baseUrl, model.model),
    contextTokens,
    digest: () => MODEL_SITES.get(endpoint.baseUrl, model.model)?.digest?.trim() || null,
    leaves: placesOf(provider, endpoint, model.model).length > 0,
    passedOn(origin) {
      MODEL_SITES.learnFromAnswer(endpoint.baseUrl, model.model, origin, clock?.now());
      const no = mayNotReach(settings, parts.trusted(), [origin], endpoint, tier);
      return no && { kind: 'passed-on', detail: hostOf(origin) };
    },
  };
}

/** An estimate lies at most this much above the truth. */
const OVERESTIMATE = 1.2;

/** Why a request cannot be sent to a model: it is surely larger than its window; null when it may fit. */
export function findTooLarge(request: ModelRequest, { contextTokens }: Candidate): Failure | null {
  if (contextTokens === undefined || mostRequestTokens(request) <= contextTokens) return null;
  const tokens = estimateRequestTokens(request);
  return tokens <= contextTokens * OVERESTIMATE
    ? null
    : { kind: 'context-length', sizes: { tokens, window: contextTokens } };
}

/** The chain as steps of price and of size: who may stand in for whom. */
export class FallbackGuard {
  readonly #parts: CandidateParts;
  readonly #settings: GatewaySettings;
  readonly #call: ModelCall;
  readonly #stepUps: CostlierModelAnswers;
  /** How long the user was asked, in ms: no model took that time. */
  askedMs = 0;

  constructor(parts: CandidateParts, settings: GatewaySettings, call: ModelCall, stepUps: CostlierModelAnswers) {
    this.#parts = parts;
    this.#settings = settings;
    this.#call = call;
    this.#stepUps = stepUps;
  }

  /** Why a model may not answer in place of the first of the chain, as far as money goes; null when it may. */
  async findTooDear(candidate: ReadyCandidate, signal: AbortSignal): Promise<Failure | null> {
    const [first] = this.#call.chain;
    if (!first) return null;
    const provider = this.#settings.providers.get(first.provider);
    const entry = provider && (await this.#parts.prices.find(provider, first.model));
    const from = this.#priced(first, entry?.price);
    const to = this.#priced(candidate.model, candidate.price);
    if (costsNothing(to.price)) return null;
    const known = from.mostNanoUsd !== null && to.mostNanoUsd !== null;
    if (known && from.price?.source !== 'free' && to.mostNanoUsd <= 2 * from.mostNanoUsd) return null;
    if (await this.#mayStepUp(from, to, signal)) return null;
    return {
      kind: 'too-expensive',
      detail: to.mostNanoUsd === null ? t('price unknown') : `≤ ${displayMoney(to.mostNanoUsd)}`,
    };
  }

  async #mayStepUp(from: PricedModel, to: PricedModel, signal: AbortSignal): Promise<boolean> {
    const { costlierFallback } = this.#settings;
    if (costlierFallback !== 'ask') return costlierFallback === 'allow';
    const question = this.#call.askStepUp ?? this.#parts.askStepUp;
    // No one wants to be asked while typing.
    if (!question || this.#call.task === 'completion') return false;
    const asked = this.#stepUps.ask(from, to, question);
    const begun = performance.now();
    const left = Promise.withResolvers<boolean>();
    const leave = (): void => left.resolve(false);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([asked, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      this.askedMs += performance.now() - begun;
    }
  }

  /** Whether a model is not known to have a window as small as one that was too small. */
  isWider({ contextTokens }: ReadyCandidate, tooSmall: number | undefined): boolean {
    return tooSmall === undefined || contextTokens === undefined || contextTokens > tooSmall;
  }

  #priced(model: ModelRef, price: Price | undefined): PricedModel {
    const { request } = this.#call;
    return { model, price, mostNanoUsd: mostOf(mostRequestTokens(request), request.maxTokens, price) };
  }
}
