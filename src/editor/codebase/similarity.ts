import { debugLog } from '../../core/common/debugLog.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { ModelError } from '../../core/common/failures.ts';
import { leavesMachine } from '../../core/common/places.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { cosine } from '../../core/codebase/rerank.ts';
import { hashOf } from '../../core/codebase/words.ts';
import { maskSecrets } from '../../core/privacy/maskSecrets.ts';
import { ADAPTERS } from '../../core/providers/adapters.ts';
import { embedTexts } from '../../core/providers/ollamaServer.ts';
import { nameSecret } from '../platform/installKey.ts';
import { askProvider, type AskParts } from '../platform/askProvider.ts';

/**
 * How near pieces of code are to a question, by an embedding model of an Ollama server on this computer. Nothing leaves
 * this computer, and nothing is generated, so there is no row on the ledger.
 */

/** Embeddings of one model, compared with the question. */
interface Similarities {
  readonly model: string;
  /** Of each text, from -1 to 1. */
  readonly values: readonly number[];
}

/** Undefined where no embedding model is on this computer, or it did not answer in time. Never rejects. */
export type Similar = (
  question: string,
  texts: readonly string[],
  signal: AbortSignal,
) => Promise<Similarities | undefined>;

interface SimilarityParts extends AskParts {
  readonly config: AskParts['config'] & {
    readonly settings: { readonly providers: ReadonlyMap<string, ProviderConfig> };
  };
}

/** How long it counts whether there is an embedding model, in ms. */
const FOUND_MS = 60_000;
/** How long the list of models may take, in ms. */
const LIST_MS = 500;
/** How long one batch may take, in ms; the caller stops before. */
const BATCH_MS = 10_000;
/** The beginning of a piece says what it is: so many characters of each are embedded. */
const MOST_CHARACTERS = 1_200;
/** Texts of one request: what is done before the time is over is known the next time. */
const BATCH = 6;
/** Embeddings that are kept: of 1,024 dimensions they take 4 MB. */
const MOST_KEPT = 1_000;

interface Embedder {
  readonly provider: ProviderConfig;
  readonly model: string;
}

/** Makes the comparison. Servers are asked for their models with the first question only. */
export function createSimilar(parts: SimilarityParts): Similar {
  const kept = new Map<string, Float32Array>();
  let known: { readonly embedder: Embedder | undefined; readonly at: number } | undefined;

  const find = async (signal: AbortSignal): Promise<Embedder | undefined> => {
    if (!known || Date.now() - known.at > FOUND_MS)
      known = { embedder: await findEmbedder(parts, signal), at: Date.now() };
    return known.embedder;
  };
  const embed = async ({ provider, model }: Embedder, texts: readonly string[], signal: AbortSignal) => {
    const keyOf = (text: string): string => `${provider.name}/${model} ${text.length} ${hashOf(text)}`;
    const missing = [...new Set(texts)].filter((text) => !kept.has(keyOf(text)));
    for (let at = 0; at < missing.length; at += BATCH) {
      const batch = missing.slice(at, at + BATCH);
      const limits = { ms: BATCH_MS, model, cancel: signal, unasked: true };
      const reply = await askProvider(provider, parts, limits, (wire) => {
        // The server may have said meanwhile that it passes the model's requests on.
        if (!runsHere(provider, model)) throw new ModelError({ kind: 'not-local' });
        return embedTexts(model, batch, wire);
      });
      if (!reply.ok) throw new ModelError(reply.failure);
      for (const [i, text] of batch.entries()) kept.set(keyOf(text), Float32Array.from(reply.value[i] ?? []));
    }
    const vectors = texts.map((text) => kept.get(keyOf(text)) ?? new Float32Array());
    for (const key of [...kept.keys()].slice(0, Math.max(0, kept.size - MOST_KEPT))) kept.delete(key);
    return vectors;
  };

  return async (question, texts, signal) => {
    try {
      const embedder = await find(signal);
      if (!embedder || signal.aborted) return undefined;
      const plain = [question, ...texts].map((text) => maskSecrets(text.slice(0, MOST_CHARACTERS), nameSecret).text);
      const [asked, ...pieces] = await embed(embedder, plain, signal);
      if (!asked || pieces.some(({ length }) => length !== asked.length)) return undefined;
      return { model: embedder.model, values: pieces.map((piece) => cosine(asked, piece)) };
    } catch (error) {
      debugLog('embeddings of the codebase', error);
      return undefined;
    }
  };
}

/** The first embedding model of the Ollama servers on this computer. */
async function findEmbedder(parts: SimilarityParts, signal: AbortSignal): Promise<Embedder | undefined> {
  for (const provider of parts.config.settings.providers.values()) {
    if (provider.kind !== 'ollama' || !runsHere(provider)) continue;
    const limits = { ms: LIST_MS, cancel: signal, unasked: true };
    const reply = await askProvider(provider, parts, limits, (wire, stop) => ADAPTERS.ollama.models(wire, stop));
    const found = reply.ok
      ? reply.value.find(
          ({ id, capabilities, passedOnTo }) =>
            (capabilities?.includes('embedding') ?? false) && passedOnTo === undefined && runsHere(provider, id),
        )
      : undefined;
    if (found) return { provider, model: found.id };
  }
  return undefined;
}

/** Whether a request to the server, or to one of its models, stays on this computer, as far as is known. */
function runsHere(provider: ProviderConfig, model?: string): boolean {
  const check = endpointOf(provider);
  return check.ok && check.endpoint.loopback && !leavesMachine(provider, check.endpoint, model);
}
