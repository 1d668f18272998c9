/** Settings and state of the Ollama server: the models on disk, the runners in memory. */
import type { Book } from './book.ts';
import type { LoopbackOptions } from './loopback.ts';
import { describeModel, fullName } from './ollamaModels.ts';
import type { ModelSpec, OllamaModel } from './ollamaModels.ts';
import type { PullTiming } from './ollamaPull.ts';
import { Runner } from './runner.ts';
import type { Timing } from './runner.ts';

/** The environment of the server (`OLLAMA_*`). */
export interface OllamaEnvironment {
  /** Generations at once per model. Default 1. */
  readonly numParallel: number;
  /** Requests that may wait for a load. Default 512. */
  readonly maxQueue: number;
  /** Default 3; the one unused for longest is unloaded first. */
  readonly maxLoadedModels: number;
  /** Window of a runner without num_ctx, in tokens. Default 4096. */
  readonly contextLength: number;
  /** How long a model stays loaded, in ms. Default 5 min. */
  readonly keepAliveMs: number;
  /** Signed in at ollama.com: cloud models answer. Default false. */
  readonly signedIn: boolean;
  readonly version: string;
  /**
   * Where names that end in a cloud tag are passed on to when they are not on the disk, as servers from 0.17.6 on do.
   * Without it such a name is missing.
   */
  readonly cloudHost: string | undefined;
}

export interface OllamaOptions
  extends LoopbackOptions, Partial<Timing>, Partial<PullTiming>, Partial<OllamaEnvironment> {
  /** Models on disk. Default: a base coder, an instruct coder and an embedding model. */
  readonly models?: readonly ModelSpec[];
  /** Models that can be pulled, with the sizes of their layers in bytes. */
  readonly registry?: Readonly<Record<string, readonly number[]>>;
  /** The embedding of a text. Without it the server has no such path, as servers before 0.3 had none. */
  readonly embed?: ((text: string) => readonly number[]) | undefined;
}

const DEFAULT_MODELS = ['qwen2.5-coder:1.5b-base', 'qwen2.5-coder:7b', 'nomic-embed-text:latest'];

/** What the handlers share. */
export class OllamaHost {
  readonly models = new Map<string, OllamaModel>();
  readonly runners = new Map<string, Runner>();
  readonly timing: Timing & PullTiming;
  readonly environment: OllamaEnvironment;
  readonly book: Book;

  constructor(options: OllamaOptions, book: Book) {
    this.book = book;
    for (const spec of options.models ?? DEFAULT_MODELS) this.add(spec);
    this.timing = {
      promptTokensPerSecond: options.promptTokensPerSecond ?? Infinity,
      decodeTokensPerSecond: options.decodeTokensPerSecond ?? Infinity,
      loadMs: options.loadMs ?? 0,
      pullBytesPerSecond: options.pullBytesPerSecond ?? Infinity,
      pullTickMs: options.pullTickMs ?? 60,
    };
    this.environment = {
      numParallel: options.numParallel ?? 1,
      maxQueue: options.maxQueue ?? 512,
      maxLoadedModels: options.maxLoadedModels ?? 3,
      contextLength: options.contextLength ?? 4096,
      keepAliveMs: options.keepAliveMs ?? 300_000,
      signedIn: options.signedIn ?? false,
      version: options.version ?? '0.32.9',
      cloudHost: options.cloudHost,
    };
  }

  add(spec: ModelSpec): void {
    const model = describeModel(spec);
    this.models.set(model.name, model);
  }

  /** Names are found in any case and without the registry's own name, as the real server finds them. */
  find(name: unknown): OllamaModel | undefined {
    if (typeof name !== 'string') return undefined;
    const exact = this.models.get(fullName(name));
    const { cloudHost } = this.environment;
    const trimmed = name.trim();
    if (cloudHost && /:\s*([^/:]*-)?cloud$/i.test(trimmed))
      return describeModel({ name: trimmed, remoteHost: cloudHost });
    const plain = (text: string): string =>
      fullName(text.trim().replace(/^(registry\.ollama\.ai\/)?(library\/)?/, '')).toLowerCase();
    return exact ?? [...this.models.values()].find((model) => plain(model.name) === plain(name));
  }

  /** The runner of a model; makes room among the loaded models if needed. */
  runnerOf(model: OllamaModel): Runner {
    let runner = this.runners.get(model.name);
    if (!runner) {
      runner = new Runner(this.timing, this.environment.numParallel);
      this.runners.set(model.name, runner);
    }
    if (!runner.loaded) {
      const others = [...this.runners.values()].filter((other) => other.loaded);
      const unused = others.filter((other) => other.idle).sort((a, b) => a.expiresAt - b.expiresAt)[0];
      if (others.length >= this.environment.maxLoadedModels) unused?.unload();
    }
    return runner;
  }
}
