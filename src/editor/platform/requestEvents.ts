import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { uptime } from 'node:os';
import { PROCESS_CLOCK, type Clock } from '../../core/common/clock.ts';
import type { SendingSteps, WatchSending } from '../../core/providers/guardedFetch.ts';

/** Time and request events of the extension host's process, without VS Code. */

/** The clock of this process, with the time that the computer slept: the system's uptime goes on meanwhile. */
export const HOST_CLOCK: Clock = { ...PROCESS_CLOCK, uptime: () => uptime() * 1000 };

/** The steps that the request of the current asynchronous context wants to hear of. */
const current = new AsyncLocalStorage<SendingSteps>();
let watching: WeakMap<object, SendingSteps> | undefined;

/**
 * Node's `fetch` tells on its diagnostics channels when it looks for a connection and when it has one.
 * Another fetch (VS Code can use Electron's) tells nothing; then its requests count as sent from the start.
 */
export const watchSending: WatchSending = (steps, send) => {
  watching ??= listen();
  let seen = false;
  const noted: SendingSteps = {
    connecting() {
      seen = true;
      steps.connecting();
    },
    sent: () => steps.sent(),
  };
  return current.run(noted, async () => {
    try {
      return await send();
    } finally {
      if (!seen) steps.sent();
    }
  });
};

function listen(): WeakMap<object, SendingSteps> {
  const requests = new WeakMap<object, SendingSteps>();
  const requestOf = (message: unknown): object => (message as { request: object }).request;
  subscribe('undici:request:create', (message) => {
    const steps = current.getStore();
    if (!steps) return;
    requests.set(requestOf(message), steps);
    steps.connecting();
  });
  subscribe('undici:client:sendHeaders', (message) => requests.get(requestOf(message))?.sent());
  return requests;
}
