import { giveUp } from '../common/debugLog.ts';
import type { CallEvent, ModelCall } from './call.ts';
import type { CandidateParts, ReadyCandidate } from './resolveModel.ts';
import type { Clock } from '../common/clock.ts';
import { placesOf } from '../common/places.ts';
import { contextTokensOf } from '../money/pricing.ts';
import { guardFetch } from '../providers/guardedFetch.ts';

/** A load that takes longer than this has failed, in ms. Ollama itself gives up when a load stands still for 5 minutes. */
const LOAD_MS = 1_800_000;
const TELL_EVERY_MS = 1_000;
const LIMITS = { lineBytes: 1024 * 1024, responseBytes: 4 * 1024 * 1024, requestBytes: 64 * 1024 };

/**
 * Has the server load a model before it is asked. Ollama sends no header before the first token, and drops a load when
 * the connection is closed: an answer that waited for the load would end at its time limit, and the next one would
 * begin from nothing. Nothing of the user's is sent and nothing is generated, so there is no row on the ledger. What
 * goes wrong here goes wrong in the attempt that follows too, and is told there. What a person does not wait for
 * (completions) has a load of its own.
 *
 * @returns the candidate with the window that the model is loaded with
 */
export async function* loadFirst(
  parts: Pick<CandidateParts, 'adapters' | 'fetch' | 'prices'>,
  clock: Clock,
  call: Pick<ModelCall, 'task' | 'limits'>,
  candidate: ReadyCandidate,
  signal: AbortSignal,
): AsyncGenerator<CallEvent, ReadyCandidate> {
  const { provider, endpoint, model, place } = candidate;
  const adapter = parts.adapters[provider.kind];
  const byAddress = placesOf(provider, endpoint);
  const passedOn = placesOf(provider, endpoint, model.model).some((each) => !byAddress.includes(each));
  const { loading } = adapter;
  if (!loading || call.task === 'completion' || passedOn) return candidate;
  const left = new AbortController();
  const ownSignal = AbortSignal.any([signal, left.signal, AbortSignal.timeout(LOAD_MS)]);
  const guard = guardFetch({
    fetch: parts.fetch,
    origin: endpoint.origin,
    query: provider.query,
    signal: ownSignal,
    limits: LIMITS,
  });
  const { baseUrl } = endpoint;
  const { headers, apiKey = null } = candidate;
  const wire = { baseUrl, apiKey, headers, keepAlive: provider.keepAlive, fetch: guard.fetch };
  const started = clock.now();
  let loadMs: number | undefined;
  try {
    const asked = settled(loading.isLoaded(model.model, wire));
    await within(asked.end, call.limits.headersMs, clock);
    if (signal.aborted) return candidate;
    // A server that says nothing to this has used up its time to begin an answer.
    if (!asked.isSettled()) return { ...candidate, silentMs: clock.now() - started };
    if (asked.value() === false) {
      const load = settled(loading.load(model.model, wire));
      for (;;) {
        await within(load.end, TELL_EVERY_MS, clock);
        if (load.isSettled() || signal.aborted) break;
        yield { kind: 'loading', model, place, ms: clock.now() - started };
      }
      loadMs = clock.now() - started;
    }
  } finally {
    left.abort();
  }
  return {
    ...candidate,
    ...(loadMs === undefined ? {} : { loadMs }),
    contextTokens: await contextTokensOf(parts.prices, provider, model.model),
  };
}

/** Waits for an end, but no longer than `ms`. */
async function within(end: Promise<void>, ms: number, clock: Clock): Promise<void> {
  let cancel = (): void => undefined;
  const tick = new Promise<void>((resolve) => (cancel = clock.after(ms, resolve)));
  await Promise.race([end, tick]);
  cancel();
}

/** A promise that can be looked at; `value` is undefined while it is under way and after a failure. */
function settled<T>(promise: Promise<T>): { end: Promise<void>; isSettled: () => boolean; value: () => T | undefined } {
  let done = false;
  let value: T | undefined;
  const end = promise
    .then((result) => void (value = result))
    .catch(giveUp('loading a model'))
    .then(() => void (done = true));
  return { end, isSettled: () => done, value: () => value };
}
