/**
 * Why a question is given up when another comes. One for all: making an error with its stack for each key is most of
 * what a key would cost.
 */
export const OVERTAKEN = new DOMException('Overtaken by another question', 'AbortError');

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
