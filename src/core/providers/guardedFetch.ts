import { t } from '@vscode/l10n';
import type { CallLimits } from '../gateway/call.ts';
import { ModelError, type Failure } from '../common/failures.ts';
import { turns } from '../common/eventLoop.ts';

/**
 * Everything between an adapter and the network: no redirect is followed, no request leaves for another origin, sizes
 * are bounded, and whatever goes wrong becomes one `Failure`.
 */

/** Error bodies are read up to here; more is thrown away. */
const ERROR_BODY_BYTES = 64 * 1024;

export interface GuardOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly origin: string;
  readonly signal: AbortSignal;
  readonly limits: Pick<CallLimits, 'lineBytes' | 'responseBytes' | 'requestBytes'>;
  /** Watches the request on its way; without, it counts as sent as soon as it is made. */
  readonly watch?: WatchSending | undefined;
  /** Told of the steps that `watch` sees. */
  readonly onSending?: SendingSteps;
  /** Called when the headers of a good response have arrived. */
  readonly onHeaders?: () => void;
  /** Given each line of the body: what is wrong with it, or undefined. */
  readonly checkLine?: (line: string) => Failure | undefined;
}

export interface SendingSteps {
  /** The request waits for a connection. */
  connecting(): void;
  /** It is written to a connection, or nobody can tell whether it is. */
  sent(): void;
}

/** Runs `send` and tells of the steps of the request that it makes. */
export type WatchSending = <T>(steps: SendingSteps, send: () => Promise<T>) => Promise<T>;

/** A fetch for one attempt, and the failure that it met. */
export interface GuardedFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Client libraries wrap errors in their own; this is the one that was thrown. */
  failure(): Failure | undefined;
  /** True once the request may have reached the server. */
  sent(): boolean;
  /** True once the server has begun a good answer. */
  accepted(): boolean;
}

/** Makes the fetch of one attempt. */
export function guardFetch(options: GuardOptions): GuardedFetch {
  let failure: Failure | undefined;
  let sent = false;
  let accepted = false;
  const failWith = (what: Failure): ModelError => {
    failure ??= what;
    return new ModelError(failure);
  };
  const fail = (what: Failure): never => {
    throw failWith(what);
  };
  const send = async (...[input, init]: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const go = () => options.fetch(input, { ...init, redirect: 'manual', signal: options.signal });
    sent = !options.watch;
    try {
      if (!options.watch) return await go();
      const steps: SendingSteps = {
        connecting: () => options.onSending?.connecting(),
        sent() {
          sent = true;
          options.onSending?.sent();
        },
      };
      return await options.watch(steps, go);
    } catch (error) {
      const found = failureOfError(error);
      if (NEVER_SENT.has(found.kind)) sent = false;
      return fail(found);
    }
  };
  const guarded: typeof globalThis.fetch = async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    if (new URL(url).origin !== options.origin) fail({ kind: 'redirect', detail: new URL(url).origin });
    const body = init?.body;
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : 0;
    if (bytes > options.limits.requestBytes)
      fail({ kind: 'too-large', detail: t('{0} kB; the limit is {1} kB', kb(bytes), kb(options.limits.requestBytes)) });
    const response = await send(input, init);
    sent = true;
    const { status } = response;
    if (!response.ok || status === 204 || status === 205 || status === 206) {
      const read = status >= 400 ? await readStart(response, ERROR_BODY_BYTES) : '';
      await response.body?.cancel().catch(() => undefined);
      if (status >= 400) fail(failureOfStatus(status, response.headers, read));
      if (status >= 300 && status !== 304)
        fail({ kind: 'redirect', status, detail: originOf(response.headers.get('location'), url) });
      fail({ kind: 'not-a-model', status, detail: t('status {0}', status) });
    }
    accepted = true;
    options.onHeaders?.();
    if (!response.body) return fail({ kind: 'empty' });
    const inspected = inspect(response.body, options, failWith);
    return new Response(inspected, { status, headers: response.headers });
  };
  return { fetch: guarded, failure: () => failure, sent: () => sent, accepted: () => accepted };
}

const NEVER_SENT: ReadonlySet<Failure['kind']> = new Set(['refused', 'dns', 'tls', 'proxy']);

/** A server that sends faster than we can read must not keep all else waiting: bytes are passed on in pieces. */
const PIECE_BYTES = 16 * 1024;

/** Passes bytes on while it counts them, looks for HTML at the start, and hands out lines where asked to. */
function inspect(
  body: ReadableStream<Uint8Array>,
  options: GuardOptions,
  failWith: (failure: Failure) => ModelError,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const inspector = new Inspector(options);
  /** What was read and looked at, but not yet passed on. */
  let ready: Looked & { last?: boolean } = { pass: NOTHING };
  const fill = async (): Promise<void> => {
    while (ready.pass.length === 0 && !ready.failure && !ready.last) {
      const { done, value } = await reader.read();
      ready = done ? { ...inspector.end(), last: true } : inspector.look(value);
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await turns.pass();
          await fill();
          const { pass, failure, last } = ready;
          if (pass.length > 0) controller.enqueue(pass.subarray(0, PIECE_BYTES));
          else if (failure) throw new ModelError(failure);
          ready = { ...ready, pass: pass.subarray(PIECE_BYTES) };
          if (last && !failure && ready.pass.length === 0) controller.close();
        } catch (error) {
          const failed = error instanceof ModelError ? failWith(error.failure) : error;
          controller.error(failed);
          await reader.cancel(failed).catch(() => undefined);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead: what nobody wants any more is left to the server.
    { highWaterMark: 0 },
  );
}

interface Looked {
  readonly pass: Uint8Array;
  readonly failure?: Failure | undefined;
}

const NOTHING = new Uint8Array();
const ENCODER = new TextEncoder();

class Inspector {
  readonly #limits: GuardOptions['limits'];
  readonly #checkLine: GuardOptions['checkLine'];
  #total = 0;
  #line = 0;
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not arrived. */
  #begun = '';
  #looked = false;

  constructor({ limits, checkLine }: GuardOptions) {
    this.#limits = limits;
    this.#checkLine = checkLine;
  }

  /** What of a chunk may be passed on, and what is wrong with the rest. */
  look(chunk: Uint8Array): Looked {
    this.#total += chunk.length;
    if (!this.#looked) {
      const first = chunk.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
      this.#looked = first !== undefined;
      if (first === 0x3c /* < */)
        return { pass: NOTHING, failure: { kind: 'not-a-model', detail: t('it sent a web page (HTML)') } };
    }
    const longest = this.#longestLine(chunk);
    if (longest > this.#limits.lineBytes || this.#total > this.#limits.responseBytes)
      return { pass: NOTHING, failure: { kind: 'oversize' } };
    return this.#checkLine ? this.#checkLines(this.#decoder.decode(chunk, { stream: true })) : { pass: chunk };
  }

  /** The last line, when it has no end. */
  end(): Looked {
    const rest = this.#begun + this.#decoder.decode();
    this.#begun = '';
    return this.#checkLine && rest ? this.#checkLines(`${rest}\n`) : { pass: NOTHING };
  }

  /** Only whole lines are passed on, without blank ones; those before one that is not right are as good as any. */
  #checkLines(text: string): Looked {
    if (!text.includes('\n')) {
      this.#begun += text;
      return { pass: NOTHING };
    }
    const lines = (this.#begun + text).split('\n');
    this.#begun = lines.pop() ?? '';
    let good = '';
    for (const line of lines) {
      const failure = this.#checkLine?.(line);
      if (failure) return { pass: ENCODER.encode(good), failure };
      if (line.trim()) good += `${line}\n`;
    }
    return { pass: ENCODER.encode(good) };
  }

  /** The longest line that ends, or goes on, in the chunk. */
  #longestLine(chunk: Uint8Array): number {
    let longest = 0;
    let start = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, start)) {
      longest = Math.max(longest, this.#line + at - start);
      this.#line = 0;
      start = at + 1;
    }
    this.#line += chunk.length - start;
    return Math.max(longest, this.#line);
  }
}

async function readStart(response: Response, limit: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let bytes = 0; bytes < limit;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // What has arrived is enough to tell the user.
  }
  // The rest is not wanted, and a server that never ends its error must not hold the socket.
  await reader.cancel().catch(() => undefined);
  return text.slice(0, limit);
}

const kb = (bytes: number): number => Math.ceil(bytes / 1024);

function originOf(location: string | null, base: string): string {
  try {
    return location ? new URL(location, base).origin : t('no address given');
  } catch {
    return t('an address that cannot be read');
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Translation of what went wrong

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
    case /does not support/.test(words) && status === 400:
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

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

/** Words of a server as they may be shown: one line, no control or hidden characters, at most 300 characters. */
export function cleanDetail(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
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
export function readRetryAfter(headers: Headers, now = Date.now()): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? NaN);
  if (milliseconds > 0) return milliseconds;
  const value = headers.get('retry-after');
  if (!value) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return ms > 0 ? ms : undefined;
}

/** A failure from whatever fetch, a stream or a client library threw. */
export function failureOfError(error: unknown): Failure {
  for (const cause of causes(error)) {
    if (cause instanceof ModelError) return cause.failure;
    // What answers does not speak HTTP; the parser's error has a name but not always a code.
    if (field(cause, 'name') === 'HTTPParserError')
      return { kind: 'not-a-model', detail: cleanDetail(messageOf(cause)) };
    const code = field(cause, 'code');
    const kind = typeof code === 'string' ? kindOfCode(code) : undefined;
    if (kind)
      return {
        kind,
        detail: kind === 'tls' ? `${messageOf(cause)} (${String(code)})` : String(code),
        ...(kind === 'timeout' ? { waitingFor: 'connection' as const } : {}),
      };
  }
  const message = error instanceof Error ? error.message : String(error);
  if ([...causes(error)].some((cause) => /\bproxy\b/i.test(messageOf(cause))))
    return { kind: 'proxy', detail: cleanDetail(messageOf([...causes(error)].at(-1))) };
  if (/terminated|other side closed|socket hang up|premature close/i.test(message)) return { kind: 'reset' };
  // Ports that fetch never connects to, such as 9 or 25.
  if ([...causes(error)].some((cause) => messageOf(cause) === 'bad port'))
    return { kind: 'bad-url', detail: 'blocked port' };
  if (/fetch failed|network/i.test(message)) return { kind: 'reset', detail: cleanDetail(message) };
  return { kind: 'internal', detail: cleanDetail(message) };
}

const messageOf = (error: unknown): string => String(field(error, 'message') ?? '');

function kindOfCode(code: string): Failure['kind'] | undefined {
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') return 'dns';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO/.test(code)) return 'tls';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' || code === 'UND_ERR_HEADERS_TIMEOUT')
    return 'timeout';
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') return 'not-a-model';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET' || code === 'ECONNABORTED') return 'reset';
  return undefined;
}

/** An error, its causes, and the parts of aggregate errors (a name with several addresses), at most 20. */
function* causes(error: unknown): Generator<unknown> {
  const queue = [error];
  for (let n = 0; queue.length && n < 20; n++) {
    const next = queue.shift();
    yield next;
    if (next instanceof AggregateError) queue.push(...(next.errors as unknown[]));
    const cause = field(next, 'cause');
    if (cause) queue.push(cause);
  }
}
