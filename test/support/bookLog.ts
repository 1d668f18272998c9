/** A log that keeps what failed, as `where: message`, and forgets everything else. */
export function bookLog() {
  const errors: string[] = [];
  const ignore = (): void => undefined;
  return {
    errors,
    error: (where: string, failed: unknown): void => void errors.push(`${where}: ${String(failed)}`),
    warn: ignore,
    info: ignore,
    debug: ignore,
    trace: ignore,
  };
}
