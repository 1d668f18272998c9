import type { Failure } from '../common/failures.ts';
import { cleanDetail } from '../common/networkFailures.ts';
import { readErrorWords, readWait, type ErrorWords } from './errorWords.ts';
import { classify } from './failureClasses.ts';

export { hasError } from './errorWords.ts';

/** Translation of what went wrong on the wire into one `Failure`. */

/** A failure from an HTTP status, its headers and (the start of) its body. */
export function failureOfStatus(status: number, headers: Headers, body: string): Failure {
  const elements = readXml(body);
  const isPage = !elements && /^\s*</.test(body);
  return failureOfWords(status, readErrorWords(elements ?? (isPage ? '' : body)), headers, isPage);
}

/** The elements of an error in XML that hold text alone, by name; undefined when the body is none, for example a page. */
function readXml(body: string): Readonly<Record<string, string>> | undefined {
  if (!/^\s*(<\?xml|<(\w+:)?error[\s>])/i.test(body) || /<html/i.test(body)) return undefined;
  const elements = [...body.matchAll(/<(\w{1,40})>([^<]{1,1000})<\/\1>/g)];
  return Object.fromEntries(elements.map(([, name = '', text = '']) => [name, text]));
}

function failureOfWords(status: number, said: ErrorWords, headers: Headers, isPage = false): Failure {
  const detail = cleanDetail(said.message);
  const base = {
    status,
    ...(detail ? { detail } : {}),
    ...(said.by ? { by: said.by } : {}),
    ...(said.param && status < 500 ? { param: cleanDetail(said.param) } : {}),
  };
  const found = classify(status, `${said.codes.map(withItsWords).join(' ')} ${said.message}`);
  const kind = found?.kind ?? kindOfStatus(status, isPage ? '' : said.message);
  const retryAfterMs = readRetryAfter(headers) ?? said.retryAfterMs ?? readReset(headers, status === 429);
  const sizes = said.sizes ?? found?.sizes;
  return {
    kind,
    ...base,
    ...(found?.onlyModel ? { onlyModel: true as const } : {}),
    ...(sizes && kind === 'context-length' ? { sizes } : {}),
    ...(retryAfterMs !== undefined && (kind === 'rate-limited' || kind === 'overloaded') ? { retryAfterMs } : {}),
  };
}

/** A code and the words that it is made of: `ModelNotFound`, `model_not_found` and `model-not-found` say the same. */
function withItsWords(code: string): string {
  const words = code
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, ' ')
    .trim();
  return words === code ? code : `${code} ${words}.`;
}

/** What a status means by itself. */
function kindOfStatus(status: number, message: string): Failure['kind'] {
  switch (status) {
    case 401:
      return 'auth';
    case 402:
      return 'credit';
    case 403:
    case 451:
      return 'forbidden';
    case 404:
    case 410:
      // A model that is missing has words about the model; an unknown path has a page, or nothing of the kind.
      return /model|sunset|retired|deprecated|discontinued|no longer/i.test(message) ? 'model-missing' : 'wrong-path';
    case 405:
      return 'wrong-path';
    case 407:
      return 'proxy';
    case 413:
      return 'too-large';
    case 420:
    case 429:
      return 'rate-limited';
    // Waited too long, a conflict, something behind it failed (TGI, Bedrock), too early, Groq's capacity, closed by a proxy.
    case 408:
    case 409:
    case 424:
    case 425:
    case 498:
    case 499:
      return 'overloaded';
    // llama.cpp answers this where a model has no marks for gaps.
    case 501:
      return 'unsupported';
    default:
      return status >= 500 ? 'overloaded' : 'bad-request';
  }
}

/**
 * A failure from an error that came with status 200: inside a stream, or in place of one. It may have been billed, so
 * its `status` is only what the error says of itself.
 *
 * @param error the error in any shape: a text, the value of an `error` member, or the whole object that is one
 * @param headers those of the answer, which may state a wait
 */
export function failureOfErrorObject(error: unknown, headers = new Headers()): Failure {
  const said = readErrorWords(error);
  const code = said.codes.find((each) => each in STATUS_OF_CODE);
  const named = said.status ?? (code === undefined ? undefined : STATUS_OF_CODE[code]);
  const found = named === undefined ? undefined : failureOfWords(named, said, headers);
  if (found && found.kind !== 'bad-request') return found;
  if (/\bmodel\b.*\bnot found\b/i.test(said.message)) return failureOfWords(404, said, headers);
  const worded = failureOfWords(400, said, headers);
  if (worded.kind !== 'bad-request') return named === undefined ? withoutStatus(worded) : worded;
  // A server that says when to ask again is busy, not broken.
  const busy = failureOfWords(503, said, headers);
  if (busy.kind === 'overloaded' && busy.retryAfterMs !== undefined) return withoutStatus(busy);
  const detail = cleanDetail(said.message);
  return {
    kind: 'server-error',
    ...(detail ? { detail } : {}),
    ...(said.by ? { by: said.by } : {}),
    ...(said.param ? { param: cleanDetail(said.param) } : {}),
  };
}

/** The server stated none. */
function withoutStatus({ status: _, ...failure }: Failure): Failure {
  return failure;
}

/** Names that providers give to what HTTP has numbers for. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  RESOURCE_EXHAUSTED: 429,
  overloaded_error: 529,
  UNAVAILABLE: 503,
  insufficient_quota: 402,
  model_not_found: 404,
  invalid_api_key: 401,
  authentication_error: 401,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
};

/** Secrets shorter than this are not looked for: they would blot out ordinary words. */
const SHORTEST_SECRET = 6;

/** The failure without the secrets that a server may have echoed, also where its words were cut in the middle of one. */
export function withoutSecrets(failure: Failure, secrets: readonly (string | null | undefined)[]): Failure {
  let { detail } = failure;
  if (!detail) return failure;
  for (const secret of secrets) {
    if (!secret || secret.length < SHORTEST_SECRET) continue;
    detail = detail.replaceAll(secret, '•••');
    for (let length = secret.length - 1; length >= SHORTEST_SECRET; length--)
      if (detail.endsWith(secret.slice(0, length))) detail = `${detail.slice(0, -length)}•••`;
  }
  return { ...failure, detail };
}

/**
 * `retry-after-ms`, or `retry-after` in seconds or as a date, also with a prefix in front (`x-ms-retry-after-ms`); undefined
 * for anything that is not a time ahead.
 */
function readRetryAfter(headers: Headers, now = Date.now()): number | undefined {
  const waits = [...headers].flatMap(([name, value]): number[] => {
    const found = /(?:^|-)retry-after(-ms|-seconds)?$/.exec(name);
    if (!found) return [];
    const isNumber = /^\d+(\.\d+)?$/.test(value.trim());
    if (found[1] === '-ms') return isNumber ? [Number(value)] : [];
    return [isNumber ? Number(value) * 1000 : Date.parse(value) - now];
  });
  const exact = Number(headers.get('retry-after-ms') ?? NaN);
  if (exact > 0) return exact;
  const ahead = waits.filter((ms) => ms > 0);
  return ahead.length > 0 ? Math.max(...ahead) : undefined;
}

/**
 * When the limits that are used up are renewed, in ms; undefined when no header says. Each limit has a header with what is
 * left of it and one with the time: OpenAI, Groq, OpenRouter `x-ratelimit-…`, Anthropic `anthropic-ratelimit-…`, and
 * `RateLimit` with all in one (draft-ietf-httpapi-ratelimit-headers).
 */
function readReset(headers: Headers, isLimited: boolean): number | undefined {
  const waits = [...headers].flatMap(([name, value]): number[] => {
    if (name === 'ratelimit' && /\b(remaining|r)=0\b/.test(value))
      return [Number(/\b(?:reset|t)=(\d+)/.exec(value)?.[1] ?? NaN) * 1000];
    if (!/rate-?limit/.test(name) || !name.includes('reset')) return [];
    // Where no header says what is left, the refusal does.
    const left = headers.get(name.replace('reset', 'remaining'))?.trim() ?? (isLimited ? '0' : '');
    return /^0+(\.0+)?$/.test(left) ? [readWait(value) ?? NaN] : [];
  });
  const ahead = waits.filter((ms) => ms > 0);
  return ahead.length > 0 ? Math.max(...ahead) : undefined;
}
