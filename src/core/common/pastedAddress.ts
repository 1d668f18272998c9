/** Addresses as users paste them: with the path of one request, and with what a deployment needs in its query. */

/** Paths of single requests, of OpenAI's, Anthropic's and Ollama's APIs. */
const REQUEST_PATHS =
  /\/+(chat\/completions|completions|responses|messages|embeddings|models|api\/(generate|chat|tags|show|ps|embed|version)|model\/info)\/*$/i;
/** What Ollama's own API does not have: the address of its OpenAI-style side. */
const OLLAMA_PATHS = /\/+(v1|api)\/*$/i;
/** Members of a query that carry a secret, which settings must not hold. */
export const isSecretName = (name: string): boolean => /key|token|secret|sig$|signature|auth|password/i.test(name);

export interface PastedAddress {
  /** Without the path of a request and without a query. */
  readonly baseUrl: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * The address that requests are built on. A query that carries a secret stays where it is, so that the address is
 * refused.
 */
export function readPastedAddress(text: string, kind: 'ollama' | 'openai'): PastedAddress {
  const [, address = text, search = ''] = /^([^?#]*)\?([^#]*)$/.exec(text) ?? [];
  const query = Object.fromEntries(new URLSearchParams(search));
  const own = Object.keys(query).some(isSecretName) ? text : address;
  let baseUrl = own.replace(REQUEST_PATHS, '');
  if (kind === 'ollama') baseUrl = baseUrl.replace(OLLAMA_PATHS, '');
  return own === text && own !== address ? { baseUrl: text, query: {} } : { baseUrl, query };
}
