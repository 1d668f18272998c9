import {
  circuitBreaker,
  CircuitState,
  handleWhen,
  type CircuitBreakerPolicy,
  type IBackoff,
  type IBreaker,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import type { Clock } from '../common/clock.ts';
import type { Failure, FailureKind } from '../common/failures.ts';

/**
 * One circuit for each endpoint and model: after 3 failures in a row, or when more than half of at least 5 calls in a
 * minute fail, the model is left alone for 30 s; then one call tries it.
 */

const IN_A_ROW = 3;
const AT_LEAST = 5;
const WINDOW_MS = 60_000;
const OPEN_MS = 30_000;

/** Failures that say something about the endpoint's health; the others are about the request, the key or the answer. */
const COUNTS: ReadonlySet<FailureKind> = new Set([
  'refused',
  'dns',
  'reset',
  'timeout',
  'rate-limited',
  'overloaded',
  'server-error',
  'incomplete',
]);

/** What is known of a model at an endpoint, for people to look at. */
export interface CircuitInfo {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly model: string;
  readonly state: 'closed' | 'open' | 'probing';
  /** When the model may be asked again, in milliseconds from now; null while the circuit is closed. */
  readonly retryInMs: number | null;
  readonly lastFailure: Failure | null;
  /** How long ago that was, in milliseconds. */
  readonly lastFailureAgoMs: number | null;
  /** Milliseconds to the first token of the last answer. */
  readonly lastLatencyMs: number | null;
}

/** Leave to ask a model. It must be given back by exactly one of its functions. */
export interface Leave {
  readonly probe: boolean;
  succeeded(latencyMs: number | null): Promise<void>;
  failed(failure: Failure): Promise<void>;
  /** The call was cancelled: nothing was learned. */
  withdrawn(): Promise<void>;
}

/** A model that is left alone, and for how long. */
export interface Refusal {
  readonly retryInMs: number;
  readonly lastFailure: Failure | null;
}

class Failed extends Error {}
/** Of a cancelled probe: the circuit stays open, but nothing forbids the next probe. */
class Withdrawn extends Error {}

/** Both rules at once; cockatiel's own breakers have one each and look at the system clock. */
class Trend implements IBreaker {
  /** Not kept over restarts. */
  state: unknown = null;
  readonly #clock: Clock;
  #inARow = 0;
  #recent: { at: number; failed: boolean }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  success(state: CircuitState): void {
    this.#inARow = 0;
    if (state === CircuitState.HalfOpen) this.#recent = [];
    else this.#note(false);
  }

  failure(): boolean {
    this.#inARow++;
    this.#note(true);
    const failures = this.#recent.filter(({ failed }) => failed).length;
    return this.#inARow >= IN_A_ROW || (this.#recent.length >= AT_LEAST && failures > this.#recent.length / 2);
  }

  #note(failed: boolean): void {
    const at = this.#clock.now();
    this.#recent = this.#recent.filter((call) => at - call.at < WINDOW_MS);
    this.#recent.push({ at, failed });
  }
}

class Circuit {
  readonly #clock: Clock;
  readonly #policy: CircuitBreakerPolicy;
  #openedAt = 0;
  #openUntil = 0;
  lastFailure: { readonly failure: Failure; readonly at: number } | null = null;
  lastLatencyMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    // cockatiel compares the pause with the system clock, which may jump: it is endless until ours says that it is over.
    const pause: IBackoff<IHalfOpenAfterBackoffContext> = {
      next: ({ result }) => {
        this.#openedAt = clock.now();
        this.#openUntil = 'error' in result && result.error instanceof Withdrawn ? 0 : clock.now() + OPEN_MS;
        return pause;
      },
      get duration() {
        return isOver() ? -Infinity : Infinity;
      },
    };
    const isOver = (): boolean => this.retryInMs === 0;
    const counted = handleWhen((error) => error instanceof Failed || error instanceof Withdrawn);
    this.#policy = circuitBreaker(counted, { halfOpenAfter: pause, breaker: new Trend(clock) });
  }

  get state(): CircuitInfo['state'] {
    if (this.#policy.state === CircuitState.Closed) return 'closed';
    return this.#policy.state === CircuitState.HalfOpen ? 'probing' : 'open';
  }

  get retryInMs(): number {
    return Math.max(0, this.#openUntil - this.#clock.now());
  }

  /** @param begunAt when the call began, if a person made it; who asks after the circuit opened is a probe of his own. */
  admit(begunAt: number | null): Leave | Refusal {
    if (this.state === 'open' && begunAt !== null && begunAt > this.#openedAt) this.#openUntil = 0;
    if (this.state === 'probing' || (this.state === 'open' && this.retryInMs > 0))
      return { retryInMs: this.retryInMs, lastFailure: this.lastFailure?.failure ?? null };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // The policy throws what it is given back.
    const settled = this.#policy.execute(() => promise).catch(() => undefined);
    const probe = this.#policy.state === CircuitState.HalfOpen;
    return {
      probe,
      succeeded: (latencyMs) => {
        this.lastLatencyMs = latencyMs ?? this.lastLatencyMs;
        resolve();
        return settled;
      },
      failed: (failure) => {
        this.lastFailure = { failure, at: this.#clock.now() };
        if (COUNTS.has(failure.kind)) reject(new Failed());
        else resolve();
        return settled;
      },
      withdrawn: () => {
        reject(probe ? new Withdrawn() : new Error('cancelled'));
        return settled;
      },
    };
  }
}

export class Circuits {
  readonly #clock: Clock;
  readonly #circuits = new Map<string, { origin: string; model: string; circuit: Circuit }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks for leave to call a model. See `Circuit.admit` for `begunAt`. */
  admit(origin: string, model: string, begunAt: number | null): Leave | Refusal {
    return this.#of(origin, model).admit(begunAt);
  }

  /** All that were asked so far. */
  snapshot(): readonly CircuitInfo[] {
    return [...this.#circuits.values()].map(({ origin, model, circuit }) => ({
      origin,
      model,
      state: circuit.state,
      retryInMs: circuit.state === 'closed' ? null : circuit.retryInMs,
      lastFailure: circuit.lastFailure?.failure ?? null,
      lastFailureAgoMs: circuit.lastFailure && this.#clock.now() - circuit.lastFailure.at,
      lastLatencyMs: circuit.lastLatencyMs,
    }));
  }

  #of(origin: string, model: string): Circuit {
    const key = `${origin} ${model}`;
    const known = this.#circuits.get(key);
    if (known) return known.circuit;
    const circuit = new Circuit(this.#clock);
    this.#circuits.set(key, { origin, model, circuit });
    return circuit;
  }
}
