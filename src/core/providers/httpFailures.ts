import type { Failure } from '../common/failures.ts';
import { cleanDetail, field } from '../common/networkFailures.ts';

/** Translation of what went wrong on the wire into one `Failure`. */

/**
 * A failure from an HTTP status, its headers and (the start of) its body. The wordings are those of Ollama, OpenAI,
 * Anthropic, OpenRouter and LiteLLM.
 */
export function failureOfStatus(status: number, headers: Headers, body: string): Failure {
  const { message, code } = readErrorBody(body);
  const detail = cleanDetail(message);
  const base = { status, ...(detail ? { detail } : {}) };
  const words = `${code} ${message}`.toLowerCase();
  const html = /^\s*</.test(body);
  switch (true) {
    case /context.?length|context window|maximum context|too many tokens|prompt is too long|prompt is longer|exceeds? the (available )?context/.test(
      words,
    ) &&
      (status === 400 || status === 413 || status === 422):
      return { kind: 'context-length', ...base };
    case /budget.?(has been )?exceeded|insufficient.?(quota|credits?|balance)/.test(words) || status === 402:
      return { kind: 'credit', ...base };
    case (/does not support|(suffix|infill) is not (currently )?supported/.test(words) && status === 400) ||
      status === 501:
      return { kind: 'unsupported', ...base };
    case status === 407:
      return { kind: 'proxy', ...base };
    case status === 401:
      return { kind: 'auth', ...base };
    case status === 403:
      return { kind: 'forbidden', ...base };
    case status === 404:
      // A model that is missing has words about the model; an unknown path has a page, or nothing of the kind.
      return { kind: !html && /model/.test(words) ? 'model-missing' : 'wrong-path', ...base };
    case status === 413:
      return { kind: 'too-large', ...base };
    case status === 429: {
      const retryAfterMs = readRetryAfter(headers);
      return { kind: 'rate-limited', ...base, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
    case status === 408 || status === 409 || status >= 500: {
      const retryAfterMs = readRetryAfter(headers);
      return {
        kind: 'overloaded',
        status,
        ...(html || !detail ? {} : { detail }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      };
    }
    default:
      return { kind: 'bad-request', status, ...(html || !detail ? {} : { detail }) };
  }
}

/**
 * A failure from an error that came with status 200: inside a stream, or in place of one. It may have been billed, so
 * its `status` is only what the error says of itself.
 *
 * @param error the value of the `error` field, in any of the shapes in use
 */
export function failureOfErrorObject(error: unknown): Failure {
  const body = JSON.stringify({ error });
  const { message, code } = readErrorBody(body);
  const status = Number(code);
  const named = Number.isInteger(status) && status >= 400 && status < 600 ? status : STATUS_OF_CODE[code];
  const found = named === undefined ? undefined : failureOfStatus(named, new Headers(), body);
  if (found && found.kind !== 'bad-request' && found.kind !== 'wrong-path') return found;
  if (/\bmodel\b.*\bnot found\b/i.test(message)) return failureOfStatus(404, new Headers(), body);
  const worded = failureOfStatus(400, new Headers(), body);
  if (worded.kind !== 'bad-request') return worded;
  const detail = cleanDetail(message);
  return { kind: 'server-error', ...(detail ? { detail } : {}) };
}

/** Names that providers give to what HTTP has numbers for. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  overloaded_error: 529,
  insufficient_quota: 402,
  model_not_found: 404,
  invalid_api_key: 401,
};

/** The server's words in any of the shapes in use: `{error: "…"}`, `{error: {message, code}}`, an array of those, text. */
function readErrorBody(body: string): { message: string; code: string } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { message: body, code: '' };
  }
  let error: unknown = Array.isArray(value) ? value[0] : value;
  // Gateways wrap what they were told, at times more than once.
  for (let depth = 0; depth < 3; depth++) error = field(error, 'error') ?? error;
  if (typeof error === 'string') return { message: error, code: '' };
  const message = field(error, 'message');
  const code = field(error, 'code') ?? field(error, 'type');
  return {
    message: typeof message === 'string' ? message : '',
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : '',
  };
}

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

/** `retry-after-ms`, or `retry-after` in seconds or as a date; undefined for anything that is not a time ahead. */
function readRetryAfter(headers: Headers, now = Date.now()): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? NaN);
  if (milliseconds > 0) return milliseconds;
  const value = headers.get('retry-after');
  if (!value) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return ms > 0 ? ms : undefined;
}
