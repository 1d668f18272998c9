import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** As near to the end as still counts as there: sizes are rounded, and nobody aims at the last pixel. */
const NEAR_PX = 32;

interface What {
  /** An answer is under way. */
  moving: boolean;
  thread: string;
  turns: number;
}

/**
 * Keeps the end in sight while an answer grows, but only if the reader was there: who scrolled up stays. A new
 * question or another thread goes to the end.
 */
export function useFollow(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>, what: What) {
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const moving = useRef(what.moving);
  moving.current = what.moving;

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    following.current = true;
    setAtEnd(true);
    element.scrollTop = element.scrollHeight;
  }, []);

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    const look = (): void => {
      const end = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_PX;
      following.current = end;
      setAtEnd(end);
    };
    // Observed after layout and before paint, so following costs no layout of its own.
    const observer = new ResizeObserver(() => {
      if (following.current && moving.current) element.scrollTop = element.scrollHeight;
      else look();
    });
    observer.observe(inner);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  const before = useRef<{ thread: string; turns: number }>(undefined);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = { thread: what.thread, turns: what.turns };
    if (old?.thread !== what.thread || what.turns > old.turns) toEnd();
  }, [what.thread, what.turns]);

  return { atEnd, toEnd };
}
