import { PROCESS_CLOCK, type Clock } from '../common/clock.ts';
import type { Endpoint } from '../common/endpoints.ts';
import type { Failure, FailureKind } from '../common/failures.ts';
import { failureOfError } from '../common/networkFailures.ts';
import { MODEL_SITES, namedElsewhere, placesOf } from '../common/places.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import type { ProviderAdapter } from './provider.ts';

/** Finds out where a model runs before anything is sent to it. */

/** What a server said of a model holds for this long, in ms; an answer from elsewhere ends it at once. */
export const SITE_MS = 30_000;
/** While typing goes on, a server that could not be asked is left alone for this long, in ms. */
export const PATIENCE_MS = 30_000;
/** How long the question may take, in ms. */
const LOCATE_MS = 5_000;
/** Descriptions of models carry their whole template and license. */
const LIMITS = { lineBytes: 8 * 1024 * 1024, responseBytes: 16 * 1024 * 1024, requestBytes: 64 * 1024 };

export interface Locating {
  readonly adapter: Pick<ProviderAdapter, 'locate'>;
  readonly provider: ProviderConfig;
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly apiKey: string | null;
  readonly fetch: typeof globalThis.fetch;
  readonly clock?: Clock | undefined;
  /** What was learned within this time is not asked again, in ms; by default {@link SITE_MS}. */
  readonly maxAgeMs?: number | undefined;
  /** A server that could not be asked is not asked again within this time, in ms; by default 0. */
  readonly patienceMs?: number | undefined;
}

/** The server could not be reached, so nothing can be sent to it either. Any other failure means that it cannot say. */
const UNREACHABLE: ReadonlySet<FailureKind> = new Set([
  'refused',
  'dns',
  'tls',
  'reset',
  'slept',
  'proxy',
  'timeout',
  'overloaded',
  'private',
]);

/**
 * Asks the server of a model where the model runs, unless that is known. What it says is looked up in
 * {@link placesOf}. A server that answers but cannot say counts as one that passes everything on.
 *
 * @returns why nothing may be sent to the model because no one knows where it would end, or null
 */
export async function locateModel(of: Locating, signal: AbortSignal): Promise<Failure | null> {
  const { adapter, provider, endpoint, model, clock = PROCESS_CLOCK, maxAgeMs = SITE_MS, patienceMs = 0 } = of;
  const { baseUrl } = endpoint;
  if (!adapter.locate || namedElsewhere(provider, endpoint, model) !== undefined) return null;
  const known = MODEL_SITES.get(baseUrl, model);
  if (known && clock.now() - known.askedAt < maxAgeMs) return null;
  const before = MODEL_SITES.failureOf(baseUrl, model);
  const isRecent = before !== undefined && clock.now() - before.at < patienceMs;
  const failure = isRecent ? before.failure : await ask(of, signal);
  // Of a question that the caller withdrew nothing was learned.
  if (!failure || signal.aborted) return failure;
  if (!isRecent) MODEL_SITES.noteFailure(baseUrl, model, failure, clock.now());
  if (placesOf(provider, endpoint, model).length > 0) return null;
  if (UNREACHABLE.has(failure.kind) || failure.kind === 'model-missing') return failure;
  MODEL_SITES.learn(baseUrl, model, { passedOnTo: [endpoint.origin], digest: '' }, clock.now());
  return null;
}

async function ask(
  { adapter, provider, endpoint, model, apiKey, fetch, clock = PROCESS_CLOCK }: Locating,
  signal: AbortSignal,
): Promise<Failure | null> {
  // With it come the words of all servers' errors, which a window needs for its first question and not at its start.
  const { guardFetch } = await import('./guardedFetch.ts');
  const late = new AbortController();
  const cancel = clock.after(LOCATE_MS, () => late.abort());
  const guard = guardFetch({
    fetch,
    origin: endpoint.origin,
    query: provider.query,
    signal: AbortSignal.any([signal, late.signal]),
    limits: LIMITS,
  });
  const { headers, keepAlive } = provider;
  const wire = { baseUrl: endpoint.baseUrl, apiKey, headers, keepAlive, fetch: guard.fetch };
  try {
    const site = await adapter.locate?.(model, wire, MODEL_SITES.get(endpoint.baseUrl, model));
    if (site) MODEL_SITES.learn(endpoint.baseUrl, model, site, clock.now());
    return null;
  } catch (error) {
    return late.signal.aborted
      ? { kind: 'timeout', waitingFor: 'headers' }
      : (guard.failure() ?? failureOfError(error));
  } finally {
    cancel();
  }
}
