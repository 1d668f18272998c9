import { t } from '@vscode/l10n';
import { endpointOf } from '../common/endpoints.ts';
import { statedInfill, type InfillApi, type StatedInfill } from '../common/infillSetting.ts';
import { ModelError, type Failure } from '../common/failures.ts';
import { describeFailure, type FailurePlace, type FailureWords } from '../gateway/describeFailure.ts';
import { hostOf, namedElsewhere } from '../common/places.ts';
import type { Settings } from '../settings/settings.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { formatModelRef, type ModelRef } from '../common/types.ts';
import { failureOfError } from '../common/networkFailures.ts';
import type { FormatChoice } from './fim.ts';
import { untilAborted } from '../common/lazyAbort.ts';

/** What a server tells about a model; Ollama's `/api/show`. */
export interface ModelDescription {
  readonly capabilities?: readonly string[];
  readonly template: string;
  readonly family: string;
  readonly architecture: string;
  readonly contextTokens?: number;
  readonly basename?: string | undefined;
  readonly gapTokens?: boolean | undefined;
  /** The server's own way to fill a gap; see `ModelFacts`. */
  readonly api?: InfillApi | undefined;
  /** Set for models that run elsewhere. */
  readonly remoteHost?: string;
}

/** The two questions that are asked of the local server beside completions. Both throw `ModelError`. */
export interface LocalModelClient {
  show(model: ModelRef, signal: AbortSignal): Promise<ModelDescription>;
  /** Loads the model into memory, which may take minutes. Tokens of the window that it is loaded with, where known. */
  load(model: ModelRef, signal: AbortSignal): Promise<number | undefined | void>;
}

export type UsableFormat = Exclude<FormatChoice, { mode: 'none' | 'unknown' }>;

/** What is known about the local tier's first model. Only a `ready` one is asked for completions. */
export type LocalModelState =
  /** The local tier names no model. */
  | { readonly kind: 'none' }
  /** The user has not typed yet. */
  | { readonly kind: 'unknown'; readonly model: ModelRef }
  | { readonly kind: 'checking'; readonly model: ModelRef }
  /** `since`: ms since the epoch. */
  | { readonly kind: 'loading'; readonly model: ModelRef; readonly since: number }
  | {
      readonly kind: 'ready';
      readonly model: ModelRef;
      readonly format: UsableFormat;
      readonly contextTokens: number | undefined;
      /** Host that the user's text is sent to; undefined when the server is this machine. */
      readonly leavesTo?: string | undefined;
    }
  /** The server does not have it. */
  | { readonly kind: 'missing'; readonly model: ModelRef; readonly failure: Failure }
  | { readonly kind: 'cannot-infill'; readonly model: ModelRef; readonly why: string }
  /** Neither the server nor the name tells whether it can infill; its answer to a gap would. */
  | { readonly kind: 'cannot-tell'; readonly model: ModelRef; readonly why: string }
  | { readonly kind: 'unreachable'; readonly model: ModelRef; readonly failure: Failure }
  /** The server, or our own rules, say no. */
  | { readonly kind: 'refused'; readonly model: ModelRef; readonly failure: Failure };

/** Why a completion is wanted now: typing, or a key that asks for one. */
export type Trigger = 'typing' | 'invoke';

/** While typing goes on, a server that does not answer is asked again at most this often, in ms. */
export const RETRY_MS = 30_000;
/** Ollama unloads a model after 5 idle minutes; before that a request needs no loading, in ms. */
const WARM_MS = 270_000;
const SHOW_MS = 5_000;
const LOAD_MS = 300_000;
/** Completions that may fail in a row for reasons of their own before the model is left alone for a while. */
const FAILURES = 3;

interface Target {
  readonly model: ModelRef;
  readonly provider: ProviderConfig;
}

/** Formats in which a model's answer to a small gap was right, where neither its server nor its name told; by model and address. */
export interface ProvenFormats {
  get(place: string): StatedInfill | undefined;
  set(place: string, format: StatedInfill): unknown;
}

/**
 * The local tier's model as a small state machine: `unknown → checking → loading → ready`, or one of the states that
 * say why not. It loads the model in a call of its own, because a load that belonged to a completion would be
 * canceled by the next key. Failing states are left by time (while typing goes on), by an explicit request, or by
 * other settings.
 */
export class LocalModel {
  readonly #client: LocalModelClient;
  readonly #now: () => number;
  readonly #listeners = new Set<(state: LocalModelState) => void>();
  #target: Target | null = null;
  #state: LocalModelState = { kind: 'none' };
  /** The check or load under way. */
  #work: Promise<void> | null = null;
  #abort = new AbortController();
  #woken = false;
  /** When a failing state may be left, and when the model last answered; ms since the epoch. */
  #retryAt = 0;
  #usedAt = 0;
  #failures = 0;
  readonly #proven: ProvenFormats;

  /** @param parts `now` in ms since any fixed time; `proven` outlives the window where it is kept on disk */
  constructor(parts: {
    readonly client: LocalModelClient;
    readonly now: () => number;
    readonly proven?: ProvenFormats;
  }) {
    this.#client = parts.client;
    this.#now = parts.now;
    this.#proven = parts.proven ?? new Map<string, StatedInfill>();
  }

  get state(): LocalModelState {
    return this.#state;
  }

  /** The model that completions would be asked of, whatever its state. */
  get model(): ModelRef | null {
    return this.#target?.model ?? null;
  }

  /** @returns a function that ends the subscription */
  onChange(listener: (state: LocalModelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes the first model of the local tier. Nothing happens while model and server stay the same; otherwise what was
   * known is forgotten, and asked again at once if the user has been typing. The first question waits for that.
   */
  configure(settings: Settings): void {
    const model = settings.tiers.local[0];
    const provider = model && settings.providers.get(model.provider);
    const target = model && provider ? { model, provider } : null;
    if (keyOf(target) === keyOf(this.#target)) return;
    this.#target = target;
    this.recheck();
  }

  /** Forgets what is known, for example because the workspace became trusted. */
  recheck(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#work = null;
    this.#retryAt = 0;
    this.#failures = 0;
    this.#set(this.#target ? { kind: 'unknown', model: this.#target.model } : { kind: 'none' });
    if (this.#woken) this.wake('typing');
  }

  /** The model's answer to a gap was right in this format: that tells what neither the server nor the name did. */
  prove(format: StatedInfill): void {
    if (!this.#target || this.#state.kind !== 'cannot-tell') return;
    this.#proven.set(placeKey(this.#target), format);
    this.recheck();
  }

  /** A completion is wanted: checks, loads or tries again if that is due. Returns at once. */
  wake(trigger: Trigger): void {
    this.#woken = true;
    const target = this.#target;
    if (!target || this.#work) return;
    const state = this.#state;
    if (state.kind === 'ready') {
      if (this.#now() - this.#usedAt > WARM_MS) this.#run((signal) => this.#load(target, state, signal));
    } else if (state.kind === 'unknown' || trigger === 'invoke' || this.#now() >= this.#retryAt) {
      this.#run((signal) => this.#check(target, signal));
    }
  }

  /**
   * The state after the server was asked about the model: at once where that is known. Whether it has loaded the model is
   * not waited for. Rejects when `signal` is aborted before.
   */
  async check(signal: AbortSignal): Promise<LocalModelState> {
    if (!['ready', 'loading', 'cannot-tell', 'cannot-infill'].includes(this.#state.kind)) this.wake('invoke');
    while (this.#work && this.#state.kind === 'checking') {
      const { promise, resolve } = Promise.withResolvers<void>();
      const unsubscribe = this.onChange(() => resolve());
      await untilAborted(Promise.race([promise, this.#work]), signal).finally(unsubscribe);
    }
    return this.#state;
  }

  /** The state once no check or load is under way; rejects when `signal` is aborted before that. */
  async settled(signal: AbortSignal): Promise<LocalModelState> {
    // Settings may change meanwhile, which starts another check.
    while (this.#work) await untilAborted(this.#work, signal);
    return this.#state;
  }

  /** How a completion went: null when it went well. A failure may end the readiness. */
  report(model: ModelRef, failure: Failure | null): void {
    const state = this.#state;
    if (state.kind !== 'ready' || formatModelRef(model) !== formatModelRef(state.model)) return;
    // A server that ended the answer itself, as Ollama does when a model repeats itself, is in good health.
    if (!failure || failure.endedByServer) {
      this.#usedAt = this.#now();
      this.#failures = 0;
      return;
    }
    const target = this.#target;
    this.#failures++;
    if (target && failure.kind === 'timeout' && failure.waitingFor !== 'next-token' && this.#failures < FAILURES) {
      // Another program may have pushed the model out of memory: loading is what it would be waiting for.
      if (!this.#work) this.#run((signal) => this.#load(target, state, signal));
    } else if (END_AT_ONCE.has(failure.kind) || this.#failures >= FAILURES) {
      this.#fail(state.model, failure);
    }
  }

  dispose(): void {
    this.#abort.abort();
    this.#listeners.clear();
    this.#target = null;
  }

  #run(work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#abort;
    const running: Promise<void> = work(signal)
      .catch((error: unknown) => {
        if (!signal.aborted && this.#target) this.#fail(this.#target.model, failureOfError(error));
      })
      .finally(() => {
        if (this.#work === running) this.#work = null;
      });
    this.#work = running;
  }

  async #check({ model, provider }: Target, signal: AbortSignal): Promise<void> {
    this.#set({ kind: 'checking', model });
    const shown = await within(SHOW_MS, signal, (limited) => this.#client.show(model, limited));
    const check = endpointOf(provider);
    const byName = check.ok ? namedElsewhere(provider, check.endpoint, model.model) : undefined;
    const elsewhere = shown.remoteHost ?? (byName && hostOf(byName));
    // Its name is in the local tier, but each key would leave the machine.
    if (elsewhere !== undefined)
      return this.#stop({ kind: 'refused', model, failure: { kind: 'not-local', detail: elsewhere } });
    const { chooseFormat } = await import('./fim.ts');
    const format = chooseFormat({
      ...shown,
      model: model.model,
      stated: statedInfill(provider.infill, model.model) ?? this.#proven.get(placeKey({ model, provider })),
    });
    if (format.mode === 'unknown') return this.#stop({ kind: 'cannot-tell', model, why: format.why });
    if (format.mode === 'none') return this.#stop({ kind: 'cannot-infill', model, why: format.why });
    // The address alone tells this: a server on this machine may still pass on what it gets, and is agreed to as such.
    const leavesTo = check.ok && !check.endpoint.loopback ? check.endpoint.host : undefined;
    const ready = { kind: 'ready', model, format, contextTokens: shown.contextTokens, leavesTo } as const;
    await this.#load({ model, provider }, ready, signal);
  }

  async #load(
    { model }: Target,
    ready: Extract<LocalModelState, { kind: 'ready' }>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#set({ kind: 'loading', model, since: this.#now() });
    const loaded = await within(LOAD_MS, signal, (limited) => this.#client.load(model, limited));
    this.#usedAt = this.#now();
    // The server may run a model with a smaller window than it could have; a longer prompt would be refused.
    this.#set(loaded ? { ...ready, contextTokens: loaded } : ready);
  }

  #fail(model: ModelRef, failure: Failure): void {
    if (failure.kind === 'model-missing') this.#stop({ kind: 'missing', model, failure });
    else if (UNREACHABLE.has(failure.kind)) this.#stop({ kind: 'unreachable', model, failure });
    else this.#stop({ kind: 'refused', model, failure });
  }

  #stop(state: LocalModelState): void {
    this.#retryAt = this.#now() + RETRY_MS;
    this.#failures = 0;
    this.#set(state);
  }

  #set(state: LocalModelState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** A state in words, with what the user can do about it. */
  describe(state: LocalModelState = this.#state): FailureWords {
    switch (state.kind) {
      case 'none':
        return { text: t('No model is set for the local tier.'), next: 'settings' };
      case 'unknown':
        return { text: t('{0} has not been used yet.', state.model.model), next: 'none' };
      case 'checking':
        return { text: t('Checking {0} on the server.', state.model.model), next: 'none' };
      case 'loading': {
        const seconds = Math.round((this.#now() - state.since) / 1000);
        return { text: t('{0} is being loaded into memory ({1} s so far).', state.model.model, seconds), next: 'none' };
      }
      case 'ready':
        return {
          text: state.leavesTo
            ? t(
                '{0} is ready. The text around the cursor leaves this computer for {1}.',
                state.model.model,
                state.leavesTo,
              )
            : t('{0} is ready.', state.model.model),
          next: 'none',
        };
      case 'cannot-infill':
        return { text: state.why, next: 'settings' };
      case 'cannot-tell':
        return { text: state.why, next: 'try-infill' };
      case 'missing':
      case 'unreachable':
      case 'refused':
        return describeFailure(state.failure, this.place(state.model));
    }
  }

  /** Where a model is, for messages about it. */
  place(model: ModelRef): FailurePlace {
    const provider = this.#target?.provider;
    const check = provider && endpointOf(provider);
    return {
      provider: model.provider,
      host: check?.ok ? check.endpoint.host : (provider?.baseUrl ?? model.provider),
      model: model.model,
      kind: provider?.kind ?? 'ollama',
    };
  }
}

const UNREACHABLE: ReadonlySet<Failure['kind']> = new Set(['refused', 'dns', 'reset', 'timeout', 'overloaded']);

/** Failures that the next completion would meet as well. Others may belong to the one request. */
const END_AT_ONCE: ReadonlySet<Failure['kind']> = new Set([
  'refused',
  'dns',
  'tls',
  'redirect',
  'auth',
  'credit',
  'forbidden',
  'model-missing',
  'wrong-path',
  'unsupported',
  'not-a-model',
  'no-model',
  'bad-url',
  'untrusted',
  'no-consent',
  'no-key',
]);

/** Runs a call that must end within `ms`, whatever its client makes of the signal. */
async function within<T>(ms: number, signal: AbortSignal, call: (limited: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(ms);
  const limited = AbortSignal.any([signal, deadline]);
  try {
    return await untilAborted(call(limited), limited);
  } catch (error) {
    if (deadline.aborted) throw new ModelError({ kind: 'timeout', waitingFor: 'headers' }, { cause: error });
    throw error;
  } finally {
    signal.throwIfAborted();
  }
}

/** A model at an address. */
const placeKey = ({ model, provider }: Target): string => `${formatModelRef(model)} ${provider.baseUrl}`;

const keyOf = (target: Target | null): string =>
  target
    ? JSON.stringify([
        formatModelRef(target.model),
        target.provider.kind,
        target.provider.baseUrl,
        target.provider.headers,
        statedInfill(target.provider.infill, target.model.model),
      ])
    : '';
