import type { Failure } from './errors.ts';
import { ModelError } from './errors.ts';
import type { CallLimits } from './call.ts';

/** The one retry loop's decisions (section 0.4 of the fault list), and the clock that ends what takes too long. */

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
}

/** A wait that the server asks for is only waited out up to here, in ms. */
export const LONGEST_WAIT_MS = 30_000;

/** Decides what follows a failed attempt. */
export function judge(facts: AttemptFacts): Verdict {
  const { failure, visible, sent, sameBefore, nextIsElsewhere } = facts;
  if (visible) return 'stop';
  switch (failure.kind) {
    // The request cannot have been accepted.
    case 'refused':
    case 'dns':
      return 'again';
    // It may have been accepted and billed: once more, no further.
    case 'reset':
    case 'incomplete':
      return !sent || sameBefore < 1 ? 'again' : 'next';
    // The server itself says that it may be asked again.
    case 'rate-limited':
    case 'overloaded':
      return (failure.retryAfterMs ?? 0) > LONGEST_WAIT_MS ? 'next' : 'again';
    case 'server-error':
    case 'empty':
      return sameBefore < 1 ? 'again' : 'next';
    case 'model-missing':
    case 'context-length':
    case 'timeout':
    case 'no-key':
    case 'no-consent':
    case 'bad-url':
    case 'budget':
    case 'no-price':
    case 'no-ledger':
    case 'no-model':
      return 'next';
    case 'credit':
    case 'forbidden':
      return nextIsElsewhere ? 'next' : 'stop';
    case 'untrusted':
    case 'too-large':
    case 'tls':
    case 'redirect':
    case 'auth':
    case 'wrong-path':
    case 'bad-request':
    case 'unsupported':
    case 'not-a-model':
    case 'no-text':
    case 'content-filter':
    case 'oversize':
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
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Ends an attempt that waits too long: for headers, for the first token, for the next one, or altogether. Keep-alive
 * bytes do not reach it, so they do not count.
 */
export class Watchdog {
  readonly #limits: CallLimits;
  readonly #expire: (error: ModelError) => void;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param expire called at most once, with a `timeout` failure */
  constructor(limits: CallLimits, expire: (error: ModelError) => void) {
    this.#limits = limits;
    this.#expire = expire;
    this.#arm('headers', limits.headersMs);
  }

  headers(): void {
    this.#arm('first-token', this.#limits.firstTokenMs - this.#elapsed());
  }

  token(): void {
    this.#arm('next-token', this.#limits.silenceMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  #arm(waitingFor: NonNullable<Failure['waitingFor']>, ms: number): void {
    clearTimeout(this.#timer);
    const left = this.#limits.attemptMs - this.#elapsed();
    const what = left < ms ? 'end' : waitingFor;
    this.#timer = setTimeout(
      () => this.#expire(new ModelError({ kind: 'timeout', waitingFor: what })),
      Math.max(0, Math.min(ms, left)),
    );
  }
}
