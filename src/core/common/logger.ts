/** The interface between the parts of the extension and its log. The editor's side of it masks keys and paths; see `maskLine`. */
export interface Logger {
  /**
   * Something unexpected failed.
   *
   * @param where what was being done, such as `chat history`
   * @param error its message and stack are written
   */
  error(where: string, error: unknown): void;
  warn(line: string): void;
  info(line: string): void;
  /** Seen when the user lowers the log level. @param error why something was given up without a word; one line of it */
  debug(line: string, error?: unknown): void;
  /** For what happens with every key. */
  trace(line: string, error?: unknown): void;
}

/** Takes one line for the log; with an error, that error's stack as well. */
export type LogLine = (line: string, error?: unknown) => void;

/** Writes lines without an error as warnings. */
export const lineLog =
  (log: Logger, prefix = ''): LogLine =>
  (line, error) => {
    if (error === undefined) log.warn(prefix + line);
    else log.error(prefix + line, error);
  };
