import { t } from '@vscode/l10n';
import { ModelError, type Failure } from '../common/failures.ts';
import { withQuery } from '../common/pastedAddress.ts';
import { eventLoop } from '../common/eventLoop.ts';
import { failureOfError } from '../common/networkFailures.ts';
import { inUtf8 } from './charset.ts';
import { failureOfStatus } from './httpFailures.ts';

/**
 * Everything between an adapter and the network: no redirect is followed, no request leaves for another origin, sizes
 * are bounded, and whatever goes wrong becomes one `Failure`.
 */

/** Error bodies are read up to here; more is thrown away. */
const ERROR_BODY_BYTES = 64 * 1024;

/** Sizes in bytes: of one line of a stream, of a whole response, of a request's body. */
export interface WireLimits {
  readonly lineBytes: number;
  readonly responseBytes: number;
  readonly requestBytes: number;
}

export interface GuardOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly origin: string;
  /** What the address of a deployment needs in the query of every request, for example `api-version`. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
  readonly limits: WireLimits;
  /** Watches the request on its way; without, it counts as sent as soon as it is made. */
  readonly watch?: WatchSending | undefined;
  /** Told of the steps that `watch` sees. */
  readonly onSending?: SendingSteps;
  /** Called when the headers of a good response have arrived. */
  readonly onHeaders?: () => void;
  /** Given those headers: what is wrong with them, or undefined. */
  readonly checkHeaders?: ((headers: Headers) => Failure | undefined) | undefined;
  /** Given each line of the body: what is wrong with it, or undefined. */
  readonly checkLine?: (line: string) => Failure | undefined;
  /** Given each line before that: what is passed on of it. */
  readonly cleanLine?: ((line: string) => string) | undefined;
}

export interface SendingSteps {
  /** The request waits for a connection. */
  connecting(): void;
  /** It is written to a connection, or no one can tell whether it is. */
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
  const withQueryOf = (input: Parameters<typeof globalThis.fetch>[0]): typeof input =>
    options.query && !(input instanceof Request) ? withQuery(String(input), options.query) : input;
  const send = async (...[input, init]: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const go = () => options.fetch(withQueryOf(input), { ...init, redirect: 'manual', signal: options.signal });
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
    // A request that is sent again in another form is judged by itself.
    failure = undefined;
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    if (new URL(url).origin !== options.origin) fail({ kind: 'redirect', detail: new URL(url).origin });
    const body = init?.body;
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body).length : 0;
    if (bytes > options.limits.requestBytes)
      fail({ kind: 'too-large', detail: t('{0} kB; the limit is {1} kB', kb(bytes), kb(options.limits.requestBytes)) });
    const response = inUtf8(await send(input, init));
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
    const wrong = options.checkHeaders?.(response.headers);
    if (wrong) return fail(wrong);
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
          await eventLoop.yieldIfBusy();
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
    // Nothing is read ahead: what no one wants any more is left to the server.
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
  readonly #cleanLine: GuardOptions['cleanLine'];
  #total = 0;
  #line = 0;
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not arrived. */
  #begun = '';
  #looked = false;

  constructor({ limits, checkLine, cleanLine }: GuardOptions) {
    this.#limits = limits;
    this.#checkLine = checkLine;
    this.#cleanLine = cleanLine;
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
    for (const said of lines) {
      const line = this.#cleanLine?.(said) ?? said;
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
