/**
 * Debug lines of code that has no logger at hand: errors that a caller gives up without a word. One listener for the
 * process, as with Node's own `debuglog`: passing a logger through every reader of a file would hide what they do.
 */
type Listener = (line: string, error: unknown) => void;

let listener: Listener | undefined;

/**
 * Sends debug lines to a log from now on.
 *
 * @returns stops that
 */
export function listenToDebugLog(to: Listener): () => void {
  listener = to;
  return () => {
    if (listener === to) listener = undefined;
  };
}

/** A file that is not there, or work that the caller has stopped: both happen all day and explain nothing. */
function isExpected(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'AbortError' || code === 'ENOENT' || code === 'FileNotFound';
}

/**
 * Says at debug level that an error was given up.
 *
 * @param where what was being done, such as `list of chats`
 */
export function debugLog(where: string, error: unknown): void {
  if (!isExpected(error)) listener?.(where, error);
}

/** For `.catch(…)`: says the error at debug level and goes on with a value. */
export const giveUp =
  <T = undefined>(where: string, value?: T): ((error: unknown) => T) =>
  (error) => {
    debugLog(where, error);
    return value as T;
  };
