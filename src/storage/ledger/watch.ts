/** Watching a ledger that several windows write: own writes are told at once, those of others by polling. */

import { debugLog } from '../../core/common/debugLog.ts';

const POLL_MS = 1_000;

export interface Watch {
  onChange(listener: () => void): { dispose(): void };
  /** Tells all listeners, after the running code has ended. */
  notify(): void;
  dispose(): void;
}

/** `hasChanged` says whether somebody else wrote since it was last asked; it is asked once a second while anybody listens. */
export function createWatch(hasChanged: () => boolean | Promise<boolean>): Watch {
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  /** Said once, not each second. */
  let unreadable = false;

  // In a task of its own each: what a listener throws is its own fault and never looks like a failed write.
  const notify = () => listeners.forEach((listener) => queueMicrotask(listener));

  const poll = async () => {
    try {
      if (await hasChanged()) notify();
      unreadable = false;
    } catch (error) {
      // Not readable at the moment: the next second asks again, and readers and writers are told the reason.
      if (!unreadable) debugLog('watching the ledger', error);
      unreadable = true;
    }
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    notify,
    onChange(listener) {
      const own = () => listener();
      listeners.add(own);
      timer ??= setInterval(() => void poll(), POLL_MS).unref();
      return {
        dispose() {
          listeners.delete(own);
          if (listeners.size === 0) stop();
        },
      };
    },
    dispose() {
      listeners.clear();
      stop();
    },
  };
}
