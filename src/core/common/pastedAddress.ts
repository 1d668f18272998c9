import { checkEndpoint, type EndpointCheck } from './endpoints.ts';

/** Addresses as users paste them: with the path of one request, and with what a deployment needs in its query. */

/**
 * Paths of single requests and of pages: of OpenAI's, Anthropic's, Google's and Ollama's APIs, and of the servers that
 * speak them (llama.cpp, LM Studio, vLLM, TGI, LiteLLM, KoboldCpp). Several may follow each other.
 */
const REQUEST_PATHS = new RegExp(
  String.raw`\/+(?:${[
    String.raw`(?:chat|fim|beta)\/+completions?`,
    'completions?',
    'responses',
    String.raw`messages(?:\/+(?:count_tokens|batches))?`,
    'embeddings?|rerank|moderations|audio|images|files|batches|fine_tuning|assistants|infill|tokenize|detokenize|apply-template',
    String.raw`models\/+[^/]+:[a-z]+`,
    String.raw`(?<=\/v\d\w*\/+)models\/+[^/]+`,
    'models',
    String.raw`(?:model|model_group)\/+info`,
    String.raw`key\/+(?:info|generate)`,
    String.raw`api\/+(?:generate|chat|tags|show|ps|embed|embeddings|version|pull|push|create|copy|delete|blobs|extra)`,
    'generate|generate_stream|invocations|props|slots|metrics|version',
    String.raw`health(?:z|\/+\w+)?|docs|redoc|openapi\.json|ui|swagger`,
  ].join('|')})\/*$`,
  'i',
);
/** What Ollama's own API does not have: the address of its OpenAI-style side. */
const OLLAMA_PATHS = /\/+(v1|api)\/*$/i;
/** Members of a query that carry a secret, which settings must not hold. */
export const isSecretName = (name: string): boolean =>
  /key|token|secret|sig$|signature|auth|passw|pwd|credential|jwt|session|^code$/i.test(name);

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
  // The part after `#` is a place in a page, which is never sent.
  const [, address = '', search = '', place = ''] =
    /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text.trim().replace(/^(["'<])(.*)["'>]$/, '$2')) ?? [];
  const query = Object.fromEntries(new URLSearchParams(search));
  const placed = [...new URLSearchParams(place)].filter(([, value]) => value).map(([name]) => name);
  const isSecret = [...Object.keys(query), ...placed].some(isSecretName);
  if (isSecret) return { baseUrl: text, query: {} };
  let baseUrl = toThisMachine(address);
  for (let before = ''; before !== baseUrl;) {
    before = baseUrl;
    baseUrl = baseUrl.replace(REQUEST_PATHS, '');
  }
  if (kind === 'ollama') baseUrl = baseUrl.replace(OLLAMA_PATHS, '');
  return { baseUrl: kind === 'openai' ? toOpenAiSide(baseUrl) : baseUrl, query };
}

/** A server listens on every address of a machine; a client on the same machine asks it at its own. */
const toThisMachine = (address: string): string =>
  address.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/i, '$1127.0.0.1');

/** Google's own API has its OpenAI-style side below `/openai` (ai.google.dev/gemini-api/docs/openai). */
const toOpenAiSide = (baseUrl: string): string =>
  baseUrl.replace(
    /^(https:\/\/generativelanguage\.googleapis\.com)(?:\/+(v\d\w*))?\/*$/i,
    (_, host: string, version = 'v1beta') => `${host}/${String(version)}/openai`,
  );

/** {@link checkEndpoint} for an address as it is pasted, with what its query says. */
export function checkPastedAddress(
  text: string,
  kind: 'ollama' | 'openai',
  allowUnencrypted?: boolean,
): EndpointCheck & { readonly query: PastedAddress['query'] } {
  const { baseUrl, query } = readPastedAddress(text, kind);
  return { ...checkEndpoint(baseUrl, allowUnencrypted), query };
}

/**
 * The address of a deployment: `{model}` in a path stands for the model's name. Without a model, for example to list
 * them, the path ends before it, and before Azure's deployments, which have no list of models below them.
 */
export const addressFor = (baseUrl: string, model: string | undefined): string =>
  model === undefined
    ? baseUrl.replace(/\/[^/]*(\{|%7B)model(\}|%7D).*$/i, '').replace(/\/deployments(\/[^/]+)?$/i, '')
    : baseUrl.replace(/(\{|%7B)model(\}|%7D)/gi, () => encodeURIComponent(model));

/** An address with members of a query; those that it has already stay as they are. */
export function withQuery(url: string, query: Readonly<Record<string, string>> | undefined): string {
  if (!query || Object.keys(query).length === 0) return url;
  const parsed = new URL(url);
  for (const [name, value] of Object.entries(query))
    if (!parsed.searchParams.has(name)) parsed.searchParams.set(name, value);
  return parsed.href;
}
