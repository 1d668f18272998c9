/** Others have their turn when work has gone on for so long. */
const TURN_MS = 8;

/** Calls back in the next turn of the event loop: at once where the host has a way to say so, as Node has, else after a timer. */
const nextTurn: (callback: () => void) => void =
  (globalThis as { setImmediate?: (callback: () => void) => void }).setImmediate ??
  ((callback) => void setTimeout(callback, 0));

/**
 * Shares the one thread of this process. Work that can come in crowds (pieces of a fast answer, a hundred calls at once)
 * asks here before each bit: when 8 ms of the present turn of the event loop have passed, it waits for the next one, so
 * that timers, keystrokes and whatever else have theirs.
 */
class EventLoop {
  #began: number | undefined;

  /** Undefined, without any wait, while the present turn has time left. */
  yieldIfBusy(): Promise<void> | undefined {
    return this.#isOver() ? this.#wait() : undefined;
  }

  async #wait(): Promise<void> {
    do await new Promise<void>(nextTurn);
    while (this.#isOver());
  }

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
