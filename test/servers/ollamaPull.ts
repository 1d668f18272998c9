/** Downloads of the Ollama server: layers, progress, and parts that stay on disk when a pull is broken off. */
import type { Exchange } from './loopback.ts';
import { NDJSON } from './generation.ts';
import { digestOf } from './ollamaModels.ts';
import { toJson } from './scenario.ts';
import { sleep } from './wire.ts';

/** Speed of the registry; may be changed at any time. */
export interface PullTiming {
  /** Default Infinity. */
  pullBytesPerSecond: number;
  /** Time between two progress lines of a layer, 60 ms in Ollama. */
  pullTickMs: number;
}

interface Layer {
  readonly digest: string;
  readonly total: number;
  completed: number;
  /** Requests that wait for this layer; they share one download. */
  waiting: number;
  advancedAt: number;
}

export class Downloads {
  readonly #timing: PullTiming;
  /** By digest; a broken-off download is resumed from here. */
  readonly #layers = new Map<string, Layer>();

  constructor(timing: PullTiming) {
    this.#timing = timing;
  }

  /** Bytes of a model that are on disk. */
  bytesOf(model: string, sizes: readonly number[]): number {
    return sizes.reduce((sum, total, index) => sum + this.#layer(model, index, total).completed, 0);
  }

  /**
   * Answers `POST /api/pull`. `sizes` are the layers of the model in bytes, undefined if the registry has no such
   * model. Calls `onSuccess` before the last line.
   */
  async pull(exchange: Exchange, model: string, sizes: readonly number[] | undefined, onSuccess: () => void) {
    const { wire, scenario, signal, body } = exchange;
    const stream = body.stream !== false;
    let sent = 0;
    const say = async (line: Record<string, unknown>) => {
      if (!stream) return;
      wire.head(200, { 'content-type': NDJSON.contentType });
      const lines = scenario.mapFrame?.(line, sent) ?? [line];
      sent++;
      for (const each of lines) await wire.write(NDJSON.frame(toJson(each)));
    };
    const fail = async (message: string) => {
      if (!stream) return wire.reply({ status: 500, body: { error: message } });
      await say({ error: message });
      return wire.end();
    };

    exchange.entry.phase = 'loading';
    await sleep(scenario.delay?.headersMs ?? 0, signal);
    await say({ status: 'pulling manifest' });
    if (!sizes) return fail('pull model manifest: file does not exist');
    for (const [index, total] of sizes.entries()) {
      for await (const layer of this.#download(this.#layer(model, index, total), signal)) {
        await say({
          status: `pulling ${layer.digest.slice(7, 19)}`,
          digest: layer.digest,
          total,
          ...(layer.completed > 0 && { completed: layer.completed }),
        });
        if (scenario.error && sent > scenario.error.afterTokens) {
          return fail(scenario.error.message ?? 'max retries exceeded: unexpected EOF');
        }
      }
    }
    await say({ status: 'verifying sha256 digest' });
    await say({ status: 'writing manifest' });
    await say({ status: 'removing unused layers' });
    onSuccess();
    if (!stream) return wire.reply({ body: { status: 'success' } });
    if (!scenario.noEnd) await say({ status: 'success' });
    return wire.end();
  }

  #layer(model: string, index: number, total: number): Layer {
    const digest = `sha256:${digestOf(`${model}#${index}`)}`;
    const known = this.#layers.get(digest);
    if (known) return known;
    const layer = { digest, total, completed: 0, waiting: 0, advancedAt: 0 };
    this.#layers.set(digest, layer);
    return layer;
  }

  /** Yields the layer at the start, at each tick and when it is complete. */
  async *#download(layer: Layer, signal: AbortSignal): AsyncGenerator<Layer> {
    if (layer.waiting === 0) layer.advancedAt = performance.now();
    layer.waiting++;
    try {
      yield layer;
      while (layer.completed < layer.total) {
        const { pullBytesPerSecond, pullTickMs } = this.#timing;
        const left = ((layer.total - layer.completed) * 1000) / pullBytesPerSecond;
        await sleep(Math.min(pullTickMs, Math.max(left, 1)), signal).finally(() => advance(layer, pullBytesPerSecond));
        yield layer;
      }
    } finally {
      layer.waiting--;
    }
  }
}

function advance(layer: Layer, bytesPerSecond: number): void {
  const at = performance.now();
  const bytes =
    bytesPerSecond === Infinity ? layer.total : Math.floor(((at - layer.advancedAt) * bytesPerSecond) / 1000);
  layer.completed = Math.min(layer.total, layer.completed + bytes);
  layer.advancedAt = at;
}
