import { checkEndpoint, type Endpoint } from '../../core/common/endpoints.ts';
import { ModelError, type Failure } from '../../core/common/failures.ts';
import type { FailurePlace } from '../../core/gateway/describeFailure.ts';
import { leavesMachine, needsKey } from '../../core/gateway/resolveModel.ts';
import type { Wire } from '../../core/providers/provider.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { guardFetch } from '../../core/providers/guardedFetch.ts';
import { failureOfError } from '../../core/common/networkFailures.ts';
import type { Keys } from './apiKeys.ts';

/** Questions to a provider that generate nothing, and so have no row on the ledger. The rules of sending hold. */

export interface AskParts {
  readonly keys: Keys;
  /** Ends at this machine while private mode is on. */
  readonly fetch: typeof globalThis.fetch;
  readonly trusted: () => boolean;
  readonly private: () => boolean;
}

export interface AskLimits {
  /** The whole question, in ms. */
  readonly ms: number;
  readonly responseBytes?: number;
}

const MiB = 1024 * 1024;

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly ms: number }
  | { readonly ok: false; readonly failure: Failure; readonly place: FailurePlace };

/** Where failures of a provider happen, for their words. */
export function placeOf(provider: ProviderConfig, model = ''): FailurePlace {
  const check = checkEndpoint(provider.baseUrl);
  const host = check.ok ? check.endpoint.host : provider.baseUrl;
  return { provider: provider.name, host, model, kind: provider.kind };
}

/** Asks a provider something over a guarded wire. Whatever goes wrong comes back as a failure. */
export async function askProvider<T>(
  provider: ProviderConfig,
  parts: AskParts,
  limits: AskLimits,
  question: (wire: Wire, signal: AbortSignal) => Promise<T>,
  cancel?: AbortSignal,
): Promise<Answer<T>> {
  const place = placeOf(provider);
  const fail = (failure: Failure): Answer<T> => ({ ok: false, failure, place });
  const check = checkEndpoint(provider.baseUrl);
  if (!check.ok) return fail({ kind: 'bad-url', detail: check.why });
  const { endpoint } = check;
  if (leavesMachine(provider.kind, endpoint) && !parts.trusted()) return fail({ kind: 'untrusted' });
  if (leavesMachine(provider.kind, endpoint) && parts.private()) return fail({ kind: 'private' });
  const apiKey = await parts.keys.get(provider, endpoint);
  if (apiKey === null && needsKey(endpoint)) return fail({ kind: 'no-key' });
  const limit = AbortSignal.timeout(limits.ms);
  const signal = cancel ? AbortSignal.any([limit, cancel]) : limit;
  const guard = openGuard(parts.fetch, endpoint, signal, limits);
  const started = performance.now();
  try {
    const { headers, keepAlive } = provider;
    const wire: Wire = { baseUrl: endpoint.baseUrl, apiKey, headers, keepAlive, fetch: guard.fetch };
    return { ok: true, value: await question(wire, signal), ms: performance.now() - started };
  } catch (error) {
    if (limit.aborted && !cancel?.aborted) return fail({ kind: 'timeout', waitingFor: 'headers' });
    return fail(guard.failure() ?? (error instanceof ModelError ? error.failure : failureOfError(error)));
  }
}

const openGuard = (
  fetch: typeof globalThis.fetch,
  endpoint: Endpoint,
  signal: AbortSignal,
  { responseBytes = 16 * MiB }: AskLimits,
) =>
  guardFetch({
    fetch,
    origin: endpoint.origin,
    signal,
    limits: { lineBytes: Math.min(responseBytes, 8 * MiB), responseBytes, requestBytes: 64 * 1024 },
  });
