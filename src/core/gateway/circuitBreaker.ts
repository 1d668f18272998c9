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

/** An endpoint that ends answers as it means to is in good health. */
const isOfEndpoint = ({ kind, endedByServer }: Failure): boolean => COUNTS.has(kind) && !endedByServer;

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

/** Permission to ask a model. It is given back by the first of these functions that is called; the others do nothing then. */
export interface Permit {
  readonly probe: boolean;
  /** @param latencyMs milliseconds to the first token; null when nothing was measured */
  succeeded(latencyMs: number | null): void;
  failed(failure: Failure): void;
  /** The call was canceled: nothing was learned. */
  withdrawn(): void;
}

/** A model that is left alone, and for how long. */
export interface Rejection {
  readonly retryInMs: number;
  readonly lastFailure: Failure | null;
}

/**
 * Closed: calls pass, and their outcomes are counted. Open: calls are refused until the pause is over. Probing: one call
 * tries the model while the others are refused; its outcome closes the circuit or opens it again.
 */
class Circuit {
  readonly #clock: Clock;
  state: CircuitInfo['state'] = 'closed';
  #openedAt = 0;
  #openUntil = 0;
  #failuresInARow = 0;
  /** Outcomes of the last minute. */
  #recent: { readonly at: number; readonly failed: boolean }[] = [];
  lastFailure: { readonly failure: Failure; readonly at: number } | null = null;
  lastLatencyMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the pause is over. */
  get retryInMs(): number {
    return Math.max(0, this.#openUntil - this.#clock.now());
  }

  /**
   * @param begunAt when the call began, if a person made it: one that was asked after the circuit opened is a probe at
   *   once. Null for calls that typing causes.
   */
  admit(begunAt: number | null): Permit | Rejection {
    const isAsked = begunAt !== null && begunAt > this.#openedAt;
    if (this.state === 'probing' || (this.state === 'open' && this.retryInMs > 0 && !isAsked))
      return { retryInMs: this.retryInMs, lastFailure: this.lastFailure?.failure ?? null };
    const probe = this.state === 'open';
    if (probe) {
      this.state = 'probing';
      this.#openUntil = 0;
    }
    let settled = false;
    const once = (settle: () => void): void => {
      if (settled) return;
      settled = true;
      settle();
    };
    return {
      probe,
      succeeded: (latencyMs) =>
        once(() => {
          this.lastLatencyMs = latencyMs ?? this.lastLatencyMs;
          this.#succeeded(probe);
        }),
      failed: (failure) =>
        once(() => {
          this.lastFailure = { failure, at: this.#clock.now() };
          if (isOfEndpoint(failure)) this.#failed(probe);
          else this.#succeeded(probe);
        }),
      // The circuit stays open, but nothing forbids the next probe.
      withdrawn: () => once(() => probe && this.#open(0)),
    };
  }

  #succeeded(probe: boolean): void {
    this.#failuresInARow = 0;
    if (probe) {
      this.state = 'closed';
      this.#recent = [];
    } else this.#note(false);
  }

  #failed(probe: boolean): void {
    this.#failuresInARow++;
    this.#note(true);
    const failures = this.#recent.filter(({ failed }) => failed).length;
    const isBad =
      this.#failuresInARow >= IN_A_ROW || (this.#recent.length >= AT_LEAST && failures > this.#recent.length / 2);
    // Calls that began before the circuit opened do not prolong the pause, nor do they decide for the probe.
    if (probe || (isBad && this.state === 'closed')) this.#open(OPEN_MS);
  }

  #open(pauseMs: number): void {
    this.state = 'open';
    this.#openedAt = this.#clock.now();
    this.#openUntil = this.#openedAt + pauseMs;
  }

  #note(failed: boolean): void {
    const at = this.#clock.now();
    this.#recent = this.#recent.filter((call) => at - call.at < WINDOW_MS);
    this.#recent.push({ at, failed });
  }
}

export class Circuits {
  readonly #clock: Clock;
  readonly #circuits = new Map<string, { origin: string; model: string; circuit: Circuit }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Asks for leave to call a model.
   * @param begunAt when the call began, if a person made it; null for calls that typing causes
   */
  admit(origin: string, model: string, begunAt: number | null): Permit | Rejection {
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
