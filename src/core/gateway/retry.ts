import type { CallLimits } from './call.ts';
import { PROCESS_CLOCK, type Clock } from '../common/clock.ts';
import { ModelError, type Failure } from '../common/failures.ts';

/** The one retry loop's decisions (test/faults/CATALOGUE.md, "Repeating"), and the clock that ends what takes too long. */

export type Verdict =
  /** Ask the same model again after a pause. */
  | 'again'
  /** Go on with the next model of the chain. */
  | 'next'
  /** Give up and tell the user. */
  | 'stop';

/** What the loop knows about the attempt that failed. */
export interface AttemptFacts {
  readonly failure: Failure;
  /** Text or reasoning was already shown: nothing may be repeated. */
  readonly visible: boolean;
  /** The request may have reached the server. */
  readonly sent: boolean;
  /** Failures of the same kind at the same model before this one, in this call. */
  readonly sameBefore: number;
  /** The next model of the chain, if any, belongs to another provider. */
  readonly nextIsElsewhere: boolean;
  /** The answer is wanted in a format and text of it had arrived: this model has had its chance. */
  readonly answered?: boolean;
}

/** A wait that the server asks for is only waited out up to here, in ms. */
const LONGEST_WAIT_MS = 30_000;

/** Decides what follows a failed attempt. */
export function judge(facts: AttemptFacts): Verdict {
  const { failure, visible, sent, sameBefore, nextIsElsewhere, answered = false } = facts;
  if (visible) return 'stop';
  switch (failure.kind) {
    // The request cannot have been accepted.
    case 'refused':
    case 'dns':
      return 'again';
    case 'timeout':
      return failure.waitingFor === 'connection' ? 'again' : 'next';
    // It may have been accepted and billed: once more, no further.
    case 'reset':
    case 'incomplete':
    case 'interrupted':
    case 'slept':
      return answered || (sent && sameBefore >= 1) ? 'next' : 'again';
    // The server itself says that it may be asked again.
    case 'rate-limited':
    case 'overloaded':
      return (failure.retryAfterMs ?? 0) > LONGEST_WAIT_MS ? 'next' : 'again';
    case 'server-error':
    case 'unknown-end':
    case 'empty':
    case 'bad-tool-call':
      return answered || sameBefore >= 1 ? 'next' : 'again';
    case 'model-missing':
    case 'unsupported':
    case 'policy':
    case 'context-length':
    case 'circuit-open':
    case 'unusable':
    case 'no-key':
    case 'no-keyring':
    case 'private':
    case 'no-consent':
    case 'passed-on':
    case 'not-local':
    case 'bad-url':
    case 'budget':
    case 'no-price':
    case 'no-ledger':
    case 'too-expensive':
    case 'no-model':
    case 'not-set-up':
      return 'next';
    case 'credit':
    case 'forbidden':
      return nextIsElsewhere || failure.onlyModel ? 'next' : 'stop';
    // The key that a gateway has for one of its providers is not the user's: its other models have others.
    case 'auth':
      return failure.by === undefined ? 'stop' : 'next';
    // A caller that needs a format tries the next model. A user who reads the answer sees that the model refused.
    case 'content-filter':
    case 'thought-limit':
    case 'no-text':
    case 'oversize':
      return answered ? 'next' : 'stop';
    case 'untrusted':
    case 'too-large':
    case 'tls':
    case 'redirect':
    case 'proxy':
    case 'wrong-path':
    case 'bad-request':
    case 'not-a-model':
    case 'internal':
      return 'stop';
  }
}

/** Pause before the `n`-th repetition (from 1), in ms: half a step plus a random half, doubling from 1 s up to 20 s. */
export function backoff(n: number, failure: Failure, random: () => number): number {
  const stepMs = Math.min(20_000, 1000 * 2 ** (n - 1));
  return Math.max(failure.retryAfterMs ?? 0, stepMs / 2 + (random() * stepMs) / 2);
}

/** Resolves after `ms`, or rejects at once when the signal is aborted. */
export function delay(ms: number, signal: AbortSignal, clock: Clock = PROCESS_CLOCK): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * How many repetitions a window may still make: each costs a token, each success gives a fifth of one back. When
 * everything fails at once, repeating would only make it worse.
 */
export class RetryQuota {
  static readonly MOST = 10;
  #tokens = RetryQuota.MOST;

  /** Takes one repetition; false when none is left. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  succeeded(): void {
    this.#tokens = Math.min(RetryQuota.MOST, this.#tokens + 0.2);
  }
}

/** How often the watchdog looks whether time has stood still, in ms. */
const LOOK_EVERY_MS = 1000;
/** A look that comes this much too late means that the computer slept, in ms. */
const SLEPT_MS = 10_000;
/** After waking, a connection has this long to show that it lives, in ms. */
const WAKE_MS = 1500;
/** Looks are late by this much on any machine, in ms. */
const LATE_MS = 100;

/**
 * Ends an attempt that waits too long: for the connection, for headers, for the first token, for the next one, or
 * altogether. Keep-alive bytes do not reach it, so they do not count. Time in which this process did not run (the
 * machine was busy) is not held against the server; after a sleep of the computer the connection must show at once
 * that it lives.
 */
export class Watchdog {
  readonly #limits: CallLimits;
  readonly #expire: (error: ModelError) => void;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #waitingFor: NonNullable<Failure['waitingFor']> | 'life';
  #deadline: number;
  #end: number;
  #lookDueUptime = 0;
  #lookDue = 0;
  #cancel: () => void = () => undefined;

  /** @param expire called at most once, with a `timeout` or `slept` failure */
  constructor(limits: CallLimits, expire: (error: ModelError) => void, clock: Clock = PROCESS_CLOCK) {
    this.#limits = limits;
    this.#expire = expire;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#end = this.#startedAt + limits.attemptMs;
    this.#waitingFor = 'headers';
    this.#deadline = this.#startedAt + limits.headersMs;
    this.#arm();
  }

  /** The request waits for a connection. */
  connecting(): void {
    if (this.#waitingFor === 'headers') this.#wait('connection', this.#clock.now() + this.#limits.connectMs);
  }

  /** The connection is open and the request is on its way. */
  connected(): void {
    if (this.#waitingFor === 'connection') this.#wait('headers', this.#startedAt + this.#limits.headersMs);
  }

  headers(): void {
    this.#wait('first-token', this.#startedAt + this.#limits.firstTokenMs);
  }

  token(): void {
    this.#wait('next-token', this.#clock.now() + this.#limits.silenceMs);
  }

  stop(): void {
    this.#cancel();
  }

  /** Tokens come by the thousand: the timer is touched only when it would come too late. */
  #wait(waitingFor: NonNullable<Failure['waitingFor']>, deadline: number): void {
    this.#waitingFor = waitingFor;
    this.#deadline = deadline;
    if (deadline < this.#lookDue) this.#arm();
  }

  #arm(): void {
    this.#cancel();
    const now = this.#clock.now();
    const ms = Math.max(0, Math.min(LOOK_EVERY_MS, this.#deadline - now, this.#end - now));
    this.#lookDue = now + ms;
    this.#lookDueUptime = this.#clock.uptime() + ms;
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    const late = this.#clock.uptime() - this.#lookDueUptime;
    if (late > SLEPT_MS) {
      this.#waitingFor = 'life';
      this.#deadline = now + WAKE_MS;
      this.#end = Math.max(this.#end, this.#deadline);
    } else if (late > LATE_MS) {
      this.#deadline += late;
      this.#end += late;
    }
    // Timers keep whole milliseconds only.
    if (now + 1 >= Math.min(this.#deadline, this.#end)) return this.#expire(new ModelError(this.#failure(now)));
    this.#arm();
  }

  #failure(now: number): Failure {
    if (this.#waitingFor === 'life') return { kind: 'slept' };
    return {
      kind: 'timeout',
      waitingFor: now + 1 >= this.#end && this.#end < this.#deadline ? 'end' : this.#waitingFor,
    };
  }
}
