import { endpointOf, type Endpoint } from '../../core/common/endpoints.ts';
import { ModelError, type Failure } from '../../core/common/failures.ts';
import type { FailurePlace } from '../../core/gateway/describeFailure.ts';
import { mayNotSend, needsKey, readHeaders, readKey } from '../../core/gateway/resolveModel.ts';
import { ADAPTERS } from '../../core/providers/adapters.ts';
import { locateModel } from '../../core/providers/locate.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Wire } from '../../core/providers/provider.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { guardFetch } from '../../core/providers/guardedFetch.ts';
import { failureOfError } from '../../core/common/networkFailures.ts';
import type { Keys } from './apiKeys.ts';

/** Questions to a provider that generate nothing, and so have no row on the ledger. The rules of sending hold. */

export interface AskParts {
  readonly keys: Pick<Keys, 'get' | 'headers' | 'origin'>;
  /** Ends at this machine while private mode is on. */
  readonly fetch: typeof globalThis.fetch;
  readonly trusted: () => boolean;
  readonly config: { readonly settings: Pick<Settings, 'private' | 'consent'> };
}

export interface AskLimits {
  /** The whole question, in ms. */
  readonly ms: number;
  readonly responseBytes?: number;
  /** Ends the question. */
  readonly cancel?: AbortSignal;
  /** The user does not wait for this answer: the page repeats the request while it is open. */
  readonly unasked?: boolean;
  /** The user was just asked about this very question, and saw what is sent with it. */
  readonly agreed?: boolean;
  /** The model that is to do something, for example to be loaded. Without one the question is about the server. */
  readonly model?: string;
}

const MiB = 1024 * 1024;

export type ProviderReply<T> =
  | { readonly ok: true; readonly value: T; readonly ms: number }
  | { readonly ok: false; readonly failure: Failure; readonly place: FailurePlace };

/** Where failures of a provider happen, for their words. */
export function failurePlaceOf(provider: ProviderConfig, model = ''): FailurePlace {
  const check = endpointOf(provider);
  const host = check.ok ? check.endpoint.host : provider.baseUrl;
  return { provider: provider.name, host, model, kind: provider.kind };
}

/** Asks a provider something over a guarded wire. Whatever goes wrong comes back as a failure. */
export async function askProvider<T>(
  provider: ProviderConfig,
  parts: AskParts,
  limits: AskLimits,
  question: (wire: Wire, signal: AbortSignal) => Promise<T>,
): Promise<ProviderReply<T>> {
  const { model, cancel } = limits;
  const place = failurePlaceOf(provider, model);
  const fail = (failure: Failure): ProviderReply<T> => ({ ok: false, failure, place });
  const check = endpointOf(provider);
  if (!check.ok) return fail({ kind: 'bad-url', detail: check.why });
  const { endpoint } = check;
  const mayNot = (): Failure | null => mayNotSend(parts.config.settings, parts.trusted(), provider, endpoint, model);
  let apiKey: string | null;
  let headers = provider.headers;
  let typed = false;
  try {
    apiKey = await readKey((...of) => parts.keys.get(...of), provider, endpoint);
    headers = { ...headers, ...(await readHeaders((...of) => parts.keys.headers(...of), provider, endpoint)) };
    typed = apiKey !== null && (await parts.keys.origin(provider)) === 'stored';
  } catch (error) {
    return fail(failureOfError(error));
  }
  // A key that the user typed for this very origin may go there. Public information of a server may be asked for without
  // consent too, as long as no data of the user is sent and the user wants it now.
  const bare = apiKey === null && Object.keys(headers).length === 0;
  const isAllowed = model === undefined && (typed || limits.agreed === true || (bare && !limits.unasked));
  const forbidden = mayNot();
  if (forbidden && !(forbidden.kind === 'no-consent' && isAllowed)) return fail(forbidden);
  if (apiKey === null && needsKey(endpoint)) return fail({ kind: 'no-key' });
  const limit = AbortSignal.timeout(limits.ms);
  const signal = cancel ? AbortSignal.any([limit, cancel]) : limit;
  if (model !== undefined) {
    const adapter = ADAPTERS[provider.kind];
    const unknown = await locateModel(
      { adapter, provider: { ...provider, headers }, endpoint, model, apiKey, fetch: parts.fetch },
      signal,
    );
    const refusal = unknown ?? mayNot();
    if (refusal) return fail(refusal);
  }
  const guard = openGuard(parts.fetch, { ...endpoint, query: provider.query }, signal, limits);
  const started = performance.now();
  try {
    const { keepAlive } = provider;
    const wire: Wire = { baseUrl: endpoint.baseUrl, apiKey, headers, keepAlive, fetch: guard.fetch };
    return { ok: true, value: await question(wire, signal), ms: performance.now() - started };
  } catch (error) {
    if (limit.aborted && !cancel?.aborted) return fail({ kind: 'timeout', waitingFor: 'headers' });
    return fail(guard.failure() ?? (error instanceof ModelError ? error.failure : failureOfError(error)));
  }
}

const openGuard = (
  fetch: typeof globalThis.fetch,
  { origin, query }: Pick<Endpoint, 'origin'> & Pick<ProviderConfig, 'query'>,
  signal: AbortSignal,
  { responseBytes = 16 * MiB }: AskLimits,
) =>
  guardFetch({
    fetch,
    origin,
    query,
    signal,
    limits: { lineBytes: Math.min(responseBytes, 8 * MiB), responseBytes, requestBytes: 64 * 1024 },
  });
