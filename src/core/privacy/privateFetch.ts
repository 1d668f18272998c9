import { isLoopback } from '../common/endpoints.ts';

type Fetch = typeof globalThis.fetch;

/**
 * The one way to the network. In private mode it ends at this machine, for every caller: refusing a model by its provider
 * comes first and has the better words, but must not be the only lock.
 *
 * @param isPrivate whether private mode is on at this moment
 * @param hasProxy whether requests may be handed to a proxy. VS Code hands `localhost` and `127.0.0.1` to none, but every
 *   other address of this machine (source: @vscode/proxy-agent, `resolveProxy`)
 * @returns `fetch`, which in private mode rejects with a PrivateModeError for hosts that are not this machine, and follows
 *   no redirect: a server on this machine could name another one
 */
export const createFetch =
  (isPrivate: () => boolean, fetch: Fetch = globalThis.fetch, hasProxy: () => boolean = () => false): Fetch =>
  (input, init) => {
    if (!isPrivate()) return fetch(input, init);
    const address = input instanceof URL ? input.href : typeof input === 'string' ? input : input.url;
    const hostname = URL.canParse(address) ? new URL(address).hostname : '';
    const isLocal = isLoopback(hostname) && (/^(localhost|127\.0\.0\.1)$/.test(hostname) || !hasProxy());
    if (!isLocal) return Promise.reject(new PrivateModeError(address));
    return fetch(input, { ...init, redirect: 'manual' });
  };

/** Something wanted to reach another machine while private mode was on. */
export class PrivateModeError extends Error {
  override readonly name = 'PrivateModeError';
  constructor(url: string) {
    super(`private mode is on: ${URL.canParse(url) ? new URL(url).host : 'an address'} was not contacted`);
  }
}
