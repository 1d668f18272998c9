import { isLoopback } from './endpoints.ts';

/**
 * The one way to the network. In private mode it ends at this machine, whoever asks: refusing a model by its provider
 * comes first and has the better words, but must not be the only lock.
 *
 * @param isPrivate whether private mode is on at this moment
 * @returns `fetch`, which rejects with a PrivateModeError for hosts that are not this machine
 */
export const createFetch =
  (isPrivate: () => boolean, fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch =>
  (input, init) => {
    if (isPrivate()) {
      const url = input instanceof Request ? input.url : String(input);
      if (!URL.canParse(url) || !isLoopback(new URL(url).hostname)) return Promise.reject(new PrivateModeError(url));
    }
    return fetch(input, init);
  };

/** Something wanted to reach another machine while private mode was on. */
export class PrivateModeError extends Error {
  override readonly name = 'PrivateModeError';
  constructor(url: string) {
    super(`private mode is on: ${URL.canParse(url) ? new URL(url).host : 'an address'} was not contacted`);
  }
}
