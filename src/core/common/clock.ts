/** Time that does not jump when somebody sets the system clock. Deadlines and pauses are measured by it. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Milliseconds since some moment, with the time that the computer slept. Equal to `now` where that is not known. */
  uptime(): number;
  /** Calls back once after `ms`. The returned function takes it back. */
  after(ms: number, callback: () => void): () => void;
}

/** The clock of this process. */
export const PROCESS_CLOCK: Clock = {
  now: () => performance.now(),
  uptime: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
