/** Drawing that takes no longer than about one frame leaves enough time for everything else, in ms. */
const QUICK_MS = 24;

/**
 * Collects messages and hands them on together, at most once per animation frame, and less often when drawing takes
 * long: then half of the time stays free for scrolling and typing. A hidden page has no frames, so a timer stands in.
 */
export function createPacer<T>(deliver: (batch: readonly T[]) => void): { later(item: T): void; now(item: T): void } {
  const HIDDEN_MS = 500;
  let queue: T[] = [];
  let scheduled = false;
  let earliest = 0;

  const flush = (): void => {
    scheduled = false;
    if (queue.length === 0) return;
    const batch = queue;
    queue = [];
    const start = performance.now();
    deliver(batch);
    // Drawing and layout happen after this task; the next one sees what they took.
    setTimeout(() => {
      const now = performance.now();
      const took = now - start;
      earliest = took > QUICK_MS ? now + Math.min(500, took) : 0;
    });
  };

  const inFrame = (): void => {
    let done = false;
    const once = (): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      if (scheduled) flush();
    };
    const timer = setTimeout(once, HIDDEN_MS);
    const frame = requestAnimationFrame(once);
  };

  return {
    later(item) {
      queue.push(item);
      if (scheduled) return;
      scheduled = true;
      const wait = earliest - performance.now();
      if (wait > 4) setTimeout(inFrame, wait);
      else inFrame();
    },
    /** In order after what was collected, without waiting. */
    now(item) {
      queue.push(item);
      flush();
    },
  };
}
