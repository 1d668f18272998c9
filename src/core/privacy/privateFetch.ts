import { isLoopback } from '../common/endpoints.ts';
import type { Settings } from '../settings/settings.ts';

type Fetch = typeof globalThis.fetch;

/** By what the network is reached. */
export interface Ways {
  /** Whether private mode is on at this moment. */
  readonly isPrivate: () => boolean;
  /** Whether a plain HTTP address of this machine is that of a server which plain HTTP is enough for. */
  readonly isPlain: (origin: string) => boolean;
  /** For plain HTTP. */
  readonly plainFetch: (url: string, init: PlainRequest) => Promise<Response>;
  readonly fetch?: Fetch;
}

/**
 * The one way to the network. In private mode it ends at this machine, whoever asks: refusing a model by its provider
 * comes first and has the better words, but must not be the only lock.
 *
 * @returns `fetch`, which rejects with a PrivateModeError for hosts that are not this machine
 */
export const createFetch =
  ({ isPrivate, isPlain, plainFetch, fetch = globalThis.fetch }: Ways): Fetch =>
  (input, init) => {
    const address = input instanceof URL ? input.href : typeof input === 'string' ? input : input.url;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const local = url !== undefined && isLoopback(url.hostname);
    if (!local && isPrivate()) return Promise.reject(new PrivateModeError(address));
    return local && url.protocol === 'http:' && isPlain(url.origin) && isPlainRequest(input, init)
      ? plainFetch(address, init ?? {})
      : fetch(input, init);
  };

/** Whether an Ollama of the settings has this address: what other servers need of a `fetch` is not known. */
export const isOllamaAt = ({ providers }: Pick<Settings, 'providers'>, origin: string): boolean =>
  [...providers.values()].some(
    ({ kind, baseUrl }) => kind === 'ollama' && URL.canParse(baseUrl) && new URL(baseUrl).origin === origin,
  );

/** What of a `RequestInit` the plain way takes. */
export interface PlainRequest {
  readonly method?: string | undefined;
  readonly headers?: HeadersInit | undefined;
  readonly body?: string | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

const isPlainRequest = (
  input: Parameters<Fetch>[0],
  init: RequestInit | undefined,
): init is (RequestInit & PlainRequest) | undefined =>
  (typeof input === 'string' || input instanceof URL) &&
  (init?.body === undefined || init.body === null || typeof init.body === 'string') &&
  init?.redirect === 'manual';

/** Something wanted to reach another machine while private mode was on. */
export class PrivateModeError extends Error {
  override readonly name = 'PrivateModeError';
  constructor(url: string) {
    super(`private mode is on: ${URL.canParse(url) ? new URL(url).host : 'an address'} was not contacted`);
  }
}
