import type { Clock } from '../../src/core/common/clock.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  readonly real: NodeJS.Timeout | undefined;
}

/** A clock that runs like any other, and that a test can also put forward or let sleep. */
export class FakeClock implements Clock {
  #ahead = 0;
  #slept = 0;
  #frozenAt: number | undefined;
  readonly #timers = new Set<Timer>();

  /** Timers that are still to come. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return (this.#frozenAt ?? performance.now()) + this.#ahead;
  }

  uptime(): number {
    return this.now() + this.#slept;
  }

  after(ms: number, callback: () => void): () => void {
    const real = this.#frozenAt === undefined ? setTimeout(() => this.#fire(timer), ms) : undefined;
    const timer: Timer = { due: this.now() + ms, callback, real };
    this.#timers.add(timer);
    return () => {
      clearTimeout(real);
      this.#timers.delete(timer);
    };
  }

  /** From here on only `advance` moves the time: a busy machine cannot spoil what is exact to the millisecond. */
  freeze(): void {
    this.#frozenAt ??= performance.now();
    for (const { real } of this.#timers) clearTimeout(real);
  }

  /** Lets time pass; every timer on the way fires at its time. */
  advance(ms: number): void {
    const target = this.now() + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.due - b.due)[0];
      if (!next || next.due > target) break;
      this.#ahead += Math.max(0, next.due - this.now());
      this.#fire(next);
    }
    this.#ahead += Math.max(0, target - this.now());
  }

  /** The computer sleeps: nothing runs meanwhile. On some systems the clock stands still as well. */
  sleep(ms: number, { clockStops = false } = {}): void {
    if (clockStops) this.#slept += ms;
    else this.#ahead += ms;
  }

  #fire(timer: Timer): void {
    clearTimeout(timer.real);
    if (this.#timers.delete(timer)) timer.callback();
  }
}
