import { failureOfError } from '../common/networkFailures.ts';
import { ModelError } from '../common/failures.ts';
import { ollamaFailure, openOllama } from './ollama.ts';
import type { Wire } from './provider.ts';

/** What the settings ask an Ollama server beside generations: docs.ollama.com/api. All of it throws `ModelError`. */

/** A model in the server's memory, as `/api/ps` tells it. */
export interface RunningModel {
  readonly name: string;
  /** Bytes in all, and the part of them on the GPU. */
  readonly sizeBytes: number;
  readonly vramBytes: number;
  /** When it is unloaded if no one asks it, in ms since the epoch; undefined when it stays. */
  readonly expiresAt?: number;
  /** The window that it was loaded with, in tokens. */
  readonly contextTokens?: number;
}

/** A line of `/api/pull`. `total` and `completed` are bytes of the layer that `digest` names. */
export interface PullLine {
  readonly status: string;
  readonly digest?: string;
  readonly total?: number;
  readonly completed?: number;
}

/** `0.32.9`; a build of one's own says `0.0.0`. */
export async function readVersion(wire: Wire): Promise<string> {
  return attempt(async () => {
    const { version } = (await (await openOllama(wire)).version()) as { version?: unknown };
    // Another program may answer anything to a path it does not know.
    if (typeof version !== 'string') throw new ModelError({ kind: 'not-a-model', detail: 'no version in its answer' });
    return version.slice(0, 40);
  });
}

/** A moment this far ahead means forever: Ollama then sends a date of the next century. */
const FOR_EVER_MS = 365 * 86_400_000;

/** The models that are loaded right now. `now` in ms since the epoch. */
export async function listRunning(wire: Wire, now: number): Promise<readonly RunningModel[]> {
  return attempt(async () => {
    const { models } = (await (await openOllama(wire)).ps()) as { models?: unknown };
    return (Array.isArray(models) ? models : []).flatMap((model: unknown): RunningModel[] => {
      const { name, size, size_vram, expires_at, context_length } = (model ?? {}) as Record<string, unknown>;
      if (typeof name !== 'string') return [];
      const expires = typeof expires_at === 'string' ? Date.parse(expires_at) : NaN;
      return [
        {
          name,
          sizeBytes: bytes(size),
          vramBytes: bytes(size_vram),
          ...(expires > 0 && expires < now + FOR_EVER_MS ? { expiresAt: expires } : {}),
          ...(typeof context_length === 'number' ? { contextTokens: context_length } : {}),
        },
      ];
    });
  });
}

/**
 * Downloads a model. Ends normally only when the server said that all of it is there; closing the iteration or the
 * wire's signal stops the download, of which what arrived stays on the server's disk.
 */
export async function* pullModel(model: string, wire: Wire): AsyncGenerator<PullLine> {
  try {
    for await (const line of await (await openOllama(wire)).pull({ model, stream: true })) {
      const { status, digest, total, completed } = line as Partial<PullLine>;
      yield {
        status: typeof status === 'string' ? status : '',
        ...(typeof digest === 'string' ? { digest } : {}),
        ...(typeof total === 'number' ? { total: bytes(total) } : {}),
        ...(typeof completed === 'number' ? { completed: bytes(completed) } : {}),
      };
    }
  } catch (error) {
    throw ollamaFailure(error);
  }
}

/** Takes a model out of memory; that of the disk stays. */
export const unloadModel = (model: string, wire: Wire): Promise<void> =>
  attempt(async () => {
    await (await openOllama(wire)).generate({ model, prompt: '', stream: false, keep_alive: 0 });
  });

/**
 * The embeddings of texts, one for each, as many numbers as the model has dimensions. Longer texts than the model takes are
 * cut by the server. Generates nothing.
 */
export const embedTexts = (
  model: string,
  texts: readonly string[],
  wire: Wire,
): Promise<readonly (readonly number[])[]> =>
  attempt(async () => {
    const asked = { model, input: [...texts], truncate: true };
    const { embeddings } = (await (await openOllama(wire)).embed(asked)) as { embeddings?: unknown };
    if (!Array.isArray(embeddings) || embeddings.length !== texts.length || !embeddings.every(isVector))
      throw new ModelError({ kind: 'not-a-model', detail: 'no embeddings in its answer' });
    return embeddings;
  });

const isVector = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((number) => Number.isFinite(number));

const bytes = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;

async function attempt<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    // What is not JSON is not Ollama.
    if (error instanceof SyntaxError) throw new ModelError({ kind: 'not-a-model', detail: 'its answer is not JSON' });
    throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
}
