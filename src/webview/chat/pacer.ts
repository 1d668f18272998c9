/** Drawing that takes no longer than about one frame leaves enough time for everything else, in ms. */
const QUICK_MS = 24;
/** At most 30 draws a second: more of them read no better and cost the battery. In ms. */
const DRAW_EVERY_MS = 33;
/** So much before a draw is due, its frame is asked for: the frame that comes then is the due one. In ms. */
const EARLY_MS = 8;

/**
 * Collects messages and hands them on together, in an animation frame, at most 30 times a second, and less often when
 * drawing takes long: then half of the time stays free for scrolling and typing. A hidden page has no frames, so a timer
 * takes their place.
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
    earliest = start + DRAW_EVERY_MS;
    deliver(batch);
    // Drawing and layout happen after this task; the next one sees what they took.
    setTimeout(() => {
      const now = performance.now();
      const took = now - start;
      if (took > QUICK_MS) earliest = Math.max(earliest, now + Math.min(500, took));
    });
  };

  const inFrame = (): void => {
    let done = false;
    const once = (): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      if (!scheduled) return;
      // A screen of more than 60 frames a second has one before the draw is due.
      if (earliest - performance.now() > 2) inFrame();
      else flush();
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
      if (wait > EARLY_MS) setTimeout(inFrame, wait - EARLY_MS);
      else inFrame();
    },
    /** In order after what was collected, without waiting. */
    now(item) {
      queue.push(item);
      flush();
    },
  };
}
