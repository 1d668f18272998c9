/**
 * Why a question is given up when another comes. One for all: making an error with its stack for each key is most of
 * what a key would cost.
 */
export const SUPERSEDED = new DOMException('Overtaken by another question', 'AbortError');

/** Tells the waiting code that the answer is no longer wanted. The signal may be made only when it is asked for. */
export interface Cancellable {
  readonly signal: AbortSignal;
}

/** Makes its signal when somebody waits for it: most keys are answered at once, and signals are not cheap. */
export class LazyAbortController implements Cancellable {
  #controller: AbortController | null = null;
  #aborted = false;

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(SUPERSEDED);
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort(SUPERSEDED);
  }
}

/** The promise's result, or a rejection as soon as the signal is aborted. The promise itself goes on. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
