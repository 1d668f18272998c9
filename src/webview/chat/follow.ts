import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** As near to the end as still counts as there: sizes are rounded, and users do not aim at the last pixel. */
const NEAR_PX = 32;

/** Elements that handle Home and End themselves, the conversation included. */
const OWN_KEYS = 'input, textarea, [tabindex]';

interface What {
  /** An answer is under way. */
  moving: boolean;
  thread: string;
  turns: number;
}

/**
 * Keeps the end in sight while an answer grows, but only if the reader was there: who scrolled up stays. A new
 * question or another thread goes to the end, and stays there while sizes that were guessed become known; what the
 * reader then unfolds at the end must not move.
 */
export function useFollow(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>, what: What) {
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const moving = useRef(what.moving);
  moving.current = what.moving;
  const settling = useRef(true);
  /** Where the reader was when last seen, and whether that was the end. */
  const top = useRef(0);
  const wasAtEnd = useRef(true);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    following.current = settling.current = true;
    setAtEnd(true);
    element.scrollTop = element.scrollHeight;
  }, []);

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    const keeps = (): boolean => following.current && (moving.current || settling.current);
    const look = (): void => {
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      const end = below <= NEAR_PX;
      // Direction tells a reader who leaves or comes back from content that grew or shrank.
      if (end && (element.scrollTop > top.current || element.scrollTop === 0)) following.current = true;
      else if (!end && element.scrollTop < top.current) following.current = false;
      top.current = element.scrollTop;
      wasAtEnd.current = end;
      setAtEnd(end || keeps());
    };
    // Observed after layout and before paint, so following costs no layout of its own.
    const observer = new ResizeObserver((entries) => {
      // A composer that grows takes its room from the conversation: the end that was in sight stays in sight.
      const isResized = entries.some(({ target }) => target === element) && wasAtEnd.current;
      if (!keeps() && !isResized) return look();
      element.scrollTop = element.scrollHeight;
      top.current = element.scrollTop;
      wasAtEnd.current = true;
    });
    observer.observe(inner);
    observer.observe(element);
    const touched = (): void => {
      settling.current = false;
    };
    // Scrolling is smooth: its first step is as small as what an answer grows by in a frame.
    const wheel = ({ deltaY }: WheelEvent): void => {
      if (deltaY < 0 && element.scrollTop > 0) following.current = false;
    };
    // At once: on the way of a smooth scroll sizes become known, which would shift where it ends.
    const key = (event: KeyboardEvent): void => {
      touched();
      const scrolls = event.target instanceof Element && event.target.closest(OWN_KEYS) === element;
      if (event.defaultPrevented || event.shiftKey || event.altKey || !scrolls) return;
      if (event.key === 'End') toEnd();
      else if (event.key === 'Home') {
        following.current = false;
        element.scrollTop = 0;
      } else return;
      event.preventDefault();
    };
    element.addEventListener('wheel', wheel, { passive: true });
    element.addEventListener('scroll', look, { passive: true });
    element.addEventListener('pointerdown', touched, { passive: true });
    element.addEventListener('keydown', key);
    return () => {
      observer.disconnect();
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointerdown', touched);
      element.removeEventListener('keydown', key);
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
