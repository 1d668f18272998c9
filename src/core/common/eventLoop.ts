/** Others have their turn when work has gone on for so long. */
const TURN_MS = 8;

/** Calls back in the next turn of the event loop: at once where the host has a way to say so, as Node has, else after a timer. */
const nextTurn: (callback: () => void) => void =
  (globalThis as { setImmediate?: (callback: () => void) => void }).setImmediate ??
  ((callback) => void setTimeout(callback, 0));

/**
 * Shares the one thread of this process. Work that can come in crowds (pieces of a fast answer, a hundred calls at once)
 * asks here before each bit: when 8 ms of the current turn of the event loop have passed, it waits for the next one, so
 * that timers, keystrokes and whatever else have theirs. Callers go on in the order in which they asked, one in each turn.
 */
class EventLoop {
  #began: number | undefined;
  readonly #waiting: (() => void)[] = [];

  /** Undefined, without any wait, while the current turn has time left and no other caller waits. */
  yieldIfBusy(): Promise<void> | undefined {
    return this.#waiting.length > 0 || this.#isOver() ? this.#wait() : undefined;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) nextTurn(this.#wakeNext);
    });
  }

  readonly #wakeNext = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) nextTurn(this.#wakeNext);
  };

  #isOver(): boolean {
    if (this.#began !== undefined) return performance.now() - this.#began > TURN_MS;
    this.#began = performance.now();
    // Callbacks run in their order: this one comes before those of all callers that wait for the next turn.
    nextTurn(() => (this.#began = undefined));
    return false;
  }
}

/** The turns of this process. */
export const eventLoop = new EventLoop();
