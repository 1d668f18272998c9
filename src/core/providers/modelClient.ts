import { giveUp } from '../common/debugLog.ts';
import type { Endpoint } from '../common/endpoints.ts';
import { ModelError } from '../common/failures.ts';
import { hostOf, placesOf } from '../common/places.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import type { ModelRef } from '../common/types.ts';
import { guardFetch } from './guardedFetch.ts';
import { locateModel } from './locate.ts';
import { loadModel, readWindow, showModel, type OllamaModel } from './ollama.ts';
import type { InfillServer } from './infill.ts';
import type { Wire } from './provider.ts';

/** Descriptions of models carry their whole template and license. */
const SHOW_LIMITS = { lineBytes: 8 * 1024 * 1024, responseBytes: 16 * 1024 * 1024, requestBytes: 64 * 1024 };

/** The server of a model. */
export interface ModelServer {
  readonly provider: ProviderConfig;
  readonly endpoint: Endpoint;
  readonly apiKey: string | null;
}

interface Reached {
  readonly kind: ProviderConfig['kind'];
  readonly wire: Wire;
  /** Origin of another server that the model's requests are passed on to. */
  readonly elsewhere: string | undefined;
}

/**
 * Describes and loads models of a server; of one beside Ollama, how it fills gaps. Neither generates anything, so neither has a row on the ledger.
 *
 * @param serverOf rejects with a ModelError where a model may not be asked
 */
export function createModelClient(
  fetch: typeof globalThis.fetch,
  serverOf: (model: ModelRef) => Promise<ModelServer>,
): {
  readonly show: (model: ModelRef, signal: AbortSignal) => Promise<OllamaModel & InfillServer>;
  /** Tokens of the window that the model is loaded with; undefined where the server does not say. */
  readonly load: (model: ModelRef, signal: AbortSignal) => Promise<number | undefined>;
} {
  const reach = async (model: ModelRef, signal: AbortSignal): Promise<Reached> => {
    const { provider, endpoint, apiKey } = await serverOf(model);
    const { ADAPTERS } = await import('./adapters.ts');
    const adapter = ADAPTERS[provider.kind];
    const unknown = await locateModel({ adapter, provider, endpoint, model: model.model, apiKey, fetch }, signal);
    if (unknown) throw new ModelError(unknown);
    const guard = guardFetch({ fetch, origin: endpoint.origin, query: provider.query, signal, limits: SHOW_LIMITS });
    const { headers, keepAlive } = provider;
    const byAddress = placesOf(provider, endpoint);
    const elsewhere = placesOf(provider, endpoint, model.model).find((place) => !byAddress.includes(place));
    return {
      kind: provider.kind,
      wire: { baseUrl: endpoint.baseUrl, apiKey, headers, keepAlive, fetch: guard.fetch },
      elsewhere,
    };
  };
  return {
    async show(model, signal) {
      const { kind, wire, elsewhere } = await reach(model, signal);
      if (kind !== 'ollama') {
        const { probeInfill } = await import('./infill.ts');
        return { template: '', family: '', architecture: '', ...(await probeInfill(wire)) };
      }
      // The server may pass on even this question.
      if (elsewhere !== undefined) return { template: '', family: '', architecture: '', remoteHost: hostOf(elsewhere) };
      return showModel(model.model, wire);
    },
    async load(model, signal) {
      const { kind, wire, elsewhere } = await reach(model, signal);
      // Only Ollama loads a model by a question of its own.
      if (kind !== 'ollama') return undefined;
      if (elsewhere !== undefined) throw new ModelError({ kind: 'not-local', detail: hostOf(elsewhere) });
      await loadModel(model.model, wire);
      // A server that does not tell has loaded it anyway.
      return (await readWindow(model.model, wire).catch(giveUp('window of a model'))) || undefined;
    },
  };
}
