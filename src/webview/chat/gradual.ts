import { useEffect, useRef, useState } from 'preact/hooks';

/** So many turns are drawn at once when a thread is opened: more than a screen. */
const FIRST = 8;
/** The rest is drawn in steps of about this long, in ms, so that scrolling and typing are never kept waiting. */
const STEP_MS = 12;

/** The part of a thread that is drawn. */
export interface Drawn {
  /** The index of the first turn to be drawn; 0 once all are there. */
  readonly from: number;
  /** All are there and have been laid out. */
  readonly settled: boolean;
}

/** Draws a long thread from its end: what is seen first at once, what is above bit by bit. */
export function useGradual(thread: string, turns: number): Drawn {
  const place = useRef({ thread: '', from: 0, step: 4 });
  if (place.current.thread !== thread) place.current = { thread, from: Math.max(0, turns - FIRST), step: 4 };
  const { from } = place.current;
  const [, redraw] = useState(0);
  useEffect(() => {
    if (from === 0) return;
    let start = 0;
    const timer = setTimeout(() => {
      start = performance.now();
      const { step } = place.current;
      place.current = { ...place.current, from: Math.max(0, from - step) };
      redraw((count) => count + 1);
      // Drawing and layout happen after this task.
      setTimeout(() => {
        const ms = performance.now() - start;
        const next = ms < STEP_MS ? step * 2 : ms > 2 * STEP_MS ? step / 2 : step;
        place.current = { ...place.current, step: Math.max(1, Math.min(16, Math.round(next))) };
      });
    });
    return () => clearTimeout(timer);
  }, [thread, from]);
  const [settled, setSettled] = useState<string>();
  const all = from === 0;
  useEffect(() => {
    if (!all) return;
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => setSettled(thread));
    });
    return () => cancelAnimationFrame(frame);
  }, [thread, all]);
  return { from: Math.min(from, turns), settled: all && settled === thread };
}
