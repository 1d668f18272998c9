import { endpointOf, type Endpoint } from './endpoints.ts';
import type { Failure } from './failures.ts';
import type { ProviderConfig } from './providerConfig.ts';
import { TIERS, type Tier } from './types.ts';
import { PROVIDER_RULES } from './providerRules.ts';

/** Where the models of a server run: what servers said of it, and what follows for consent, private mode and price. */

/** A server that runs some models itself and passes the requests for others on, and what it said of one. */
export interface ModelSite {
  /** Origins that the server passes the model's requests on to; empty: it runs the model itself. */
  readonly passedOnTo: readonly string[];
  /** Another one means that the name stands for another model now; empty where the server tells none. */
  readonly digest: string;
}

interface KnownSite extends ModelSite {
  /** When the server was asked last, in ms of the caller's clock. */
  readonly askedAt: number;
  /** An answer said so, whatever the server's list says: that counts until the name stands for another model. */
  readonly byAnswer: boolean;
}

/** More names than any server has; beyond, what was learned first is forgotten. */
const MOST_SITES = 10_000;

/**
 * What is known of the places of models, by server and name. One for the process, like a cache of host names: the
 * gateway fills it, and the code that shows a price, a state or a consent reads it.
 */
class ModelSites {
  readonly #sites = new Map<string, KnownSite>();
  readonly #failures = new Map<string, { readonly failure: Failure; readonly at: number }>();

  /** @param baseUrl address of the server, without a trailing slash */
  get(baseUrl: string, model: string): KnownSite | undefined {
    return this.#sites.get(keyOf(baseUrl, model));
  }

  /**
   * What the server says of a model when it is asked.
   *
   * @param now in ms
   */
  learn(baseUrl: string, model: string, site: ModelSite, now = performance.now()): KnownSite {
    const before = this.get(baseUrl, model);
    const sticks = before?.byAnswer === true && (before.digest === '' || before.digest === site.digest);
    return this.#set(baseUrl, model, {
      ...site,
      ...(sticks ? { passedOnTo: before.passedOnTo } : {}),
      askedAt: now,
      byAnswer: sticks,
    });
  }

  /** What an answer of the model says: where it really comes from. */
  learnFromAnswer(baseUrl: string, model: string, origin: string, now = performance.now()): KnownSite {
    const digest = this.get(baseUrl, model)?.digest ?? '';
    return this.#set(baseUrl, model, { passedOnTo: [origin], digest, askedAt: now, byAnswer: true });
  }

  /** Why the server could not be asked about a model, and when that was; undefined since it answered. */
  failureOf(baseUrl: string, model: string): { readonly failure: Failure; readonly at: number } | undefined {
    return this.#failures.get(keyOf(baseUrl, model));
  }

  noteFailure(baseUrl: string, model: string, failure: Failure, now = performance.now()): void {
    if (this.#failures.size > MOST_SITES) this.#failures.clear();
    this.#failures.set(keyOf(baseUrl, model), { failure, at: now });
  }

  #set(baseUrl: string, model: string, site: KnownSite): KnownSite {
    const key = keyOf(baseUrl, model);
    this.#failures.delete(key);
    this.#sites.delete(key);
    this.#sites.set(key, site);
    const [oldest] = this.#sites.keys();
    if (this.#sites.size > MOST_SITES && oldest !== undefined) this.#sites.delete(oldest);
    return site;
  }
}

const keyOf = (baseUrl: string, model: string): string => `${baseUrl} ${model.trim()}`;

/** What the servers of this process said. */
export const MODEL_SITES = new ModelSites();

/** Takes over what a list of models says of those that run elsewhere. */
export function learnSites(
  provider: Pick<ProviderConfig, 'baseUrl' | 'allowUnencrypted'>,
  models: readonly { readonly id: string; readonly passedOnTo?: string | undefined }[],
): void {
  const check = endpointOf(provider);
  for (const { id, passedOnTo } of check.ok ? models : [])
    if (check.ok && passedOnTo !== undefined)
      // A model is known by its name with and without the default tag.
      for (const name of new Set([id, id.replace(/:latest$/, '')]))
        MODEL_SITES.learn(check.endpoint.baseUrl, name, { passedOnTo: [passedOnTo], digest: '' });
}

/** The origins that a request to a model reaches by the settings, its address and its name, whatever its server said. */
export const placesByRule = (
  { kind, runsHere = false }: Pick<ProviderConfig, 'kind' | 'runsHere'>,
  endpoint: Endpoint,
  model?: string,
): readonly string[] =>
  runsHere && kind === 'openai' && endpoint.loopback ? [] : PROVIDER_RULES[kind].placesOf(endpoint, model);

/**
 * The origins that a request to a model reaches outside of this machine, as far as is known without asking: each needs
 * the user's consent, and in private mode nothing may be sent. Empty when none is known.
 *
 * @param model without one, what every model of the provider has in common
 */
export function placesOf(
  provider: Pick<ProviderConfig, 'kind' | 'runsHere'>,
  endpoint: Endpoint,
  model?: string,
): readonly string[] {
  const byRule = (...of: [Endpoint, string?]): readonly string[] => placesByRule(provider, ...of);
  const site = model === undefined ? undefined : MODEL_SITES.get(endpoint.baseUrl, model);
  // What the server says of a model counts more than what its name suggests, unless it says that it runs it itself.
  return site && site.passedOnTo.length > 0
    ? [...new Set([...byRule(endpoint), ...site.passedOnTo])]
    : byRule(endpoint, model);
}

/** The place that a model's name alone says its server passes its requests on to; undefined when it says none. */
export function namedElsewhere(
  provider: Pick<ProviderConfig, 'kind' | 'runsHere'>,
  endpoint: Endpoint,
  model: string,
): string | undefined {
  const byAddress = placesByRule(provider, endpoint);
  return placesByRule(provider, endpoint, model).find((place) => !byAddress.includes(place));
}

/** Whether a request to the model leaves this machine, as far as is known without asking. */
export const leavesMachine = (
  provider: Pick<ProviderConfig, 'kind' | 'runsHere'>,
  endpoint: Endpoint,
  model?: string,
): boolean => placesOf(provider, endpoint, model).length > 0;

/** A model costs nothing only when it runs on this very machine. */
export function isFree(
  provider: Pick<ProviderConfig, 'kind' | 'baseUrl' | 'allowUnencrypted' | 'runsHere'>,
  model: string,
): boolean {
  const check = endpointOf(provider);
  return check.ok && !leavesMachine(provider, check.endpoint, model);
}

/**
 * Whether the user has agreed to send to a place. An agreement is an origin, for every tier, or an origin and the tier
 * that it was given for: `https://openrouter.ai frontier`.
 *
 * @param tier without one, whether any tier may
 */
export function isAgreedTo(consent: ReadonlySet<string>, origin: string, tier?: Tier): boolean {
  if (consent.has(origin)) return true;
  return tier === undefined
    ? TIERS.some((each) => consent.has(agreementFor(origin, each)))
    : consent.has(agreementFor(origin, tier));
}

/** What is kept when the user agrees that a tier sends to a place. */
export const agreementFor = (origin: string, tier: Tier): string => `${origin} ${tier}`;

/** The name of a place for people: `ollama.com`, `127.0.0.1:4102`. */
export const hostOf = (origin: string): string => (URL.canParse(origin) ? new URL(origin).host : origin);
