import type { Endpoint } from '../common/endpoints.ts';
import type { ModelRef } from '../common/types.ts';
import { guardFetch } from './guardedFetch.ts';
import { loadModel, showModel } from './ollama.ts';
import type { Wire } from './provider.ts';

/** Descriptions of models carry their whole template and license. */
const SHOW_LIMITS = { lineBytes: 8 * 1024 * 1024, responseBytes: 16 * 1024 * 1024, requestBytes: 64 * 1024 };

/** The server of a model, with what a request to it carries. */
export type ModelServer = Pick<Wire, 'apiKey' | 'headers' | 'keepAlive'> & { readonly endpoint: Endpoint };

/**
 * Describes and loads models of an Ollama server. Neither generates anything, so neither has a row on the ledger.
 *
 * @param serverOf rejects with a ModelError where a model may not be asked
 */
export function createModelClient(
  fetch: typeof globalThis.fetch,
  serverOf: (model: ModelRef) => Promise<ModelServer>,
): {
  readonly show: (model: ModelRef, signal: AbortSignal) => ReturnType<typeof showModel>;
  readonly load: (model: ModelRef, signal: AbortSignal) => ReturnType<typeof loadModel>;
} {
  const wireTo = async (model: ModelRef, signal: AbortSignal): Promise<Wire> => {
    const { endpoint, ...rest } = await serverOf(model);
    const guard = guardFetch({ fetch, origin: endpoint.origin, signal, limits: SHOW_LIMITS });
    return { ...rest, baseUrl: endpoint.baseUrl, fetch: guard.fetch };
  };
  return {
    show: async (model, signal) => showModel(model.model, await wireTo(model, signal)),
    load: async (model, signal) => loadModel(model.model, await wireTo(model, signal)),
  };
}
