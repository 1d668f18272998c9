/**
 * Scenarios: what a server does instead of, or on the way of, a healthy answer. A scenario is plain data, or the
 * name of one. Names take an argument after `:` and are joined with `+`: `cut:120`, `reset:80+chunks:3`.
 *
 * Which one is in effect for a request, first hit wins:
 *  1. header `x-scenario: <name>`
 *  2. a suffix of the model name: `demo-mid!<name>` (the suffix is removed before the model is looked up)
 *  3. `server.next(scenario)`: a queue, each used once
 *  4. `server.always(scenario)`
 * 3 and 4 are for requests to a model, unless they name another path: `server.next('status:500', '/api/tags')`.
 */

/** Milliseconds by phase; `Infinity` waits until the client leaves. */
interface Delays {
  /** Before the server looks at the request: before any queueing, loading and generating. */
  readonly acceptMs?: number;
  /** After the model is ready, before the status line. */
  readonly headersMs?: number;
  /** After the headers, before the first token. */
  readonly firstTokenMs?: number;
  readonly betweenTokensMs?: number;
  /** Between the pieces made by `chunkBytes`. */
  readonly betweenChunksMs?: number;
}

/** A whole answer made up by the test. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; `undefined` with an error status becomes the protocol's own error body. */
  readonly body?: string | Uint8Array | object;
}

/** What a scripted reply may look at, for example to echo a header. */
interface ReplyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * Usage figures on the wire (the book keeps the true ones): `repeated` sends the usage event twice, `doubled`
 * doubles the figures, `every` puts cumulative figures in each event, `nan` is the bare word NaN (invalid JSON),
 * `inconsistent` breaks total = prompt + completion (no effect in Ollama's native API, which has no total).
 */
export type UsageVariant =
  | 'ok'
  | 'missing'
  | 'null'
  | 'negative'
  | 'nan'
  | 'string'
  | 'huge'
  | 'doubled'
  | 'repeated'
  | 'inconsistent'
  | 'every';

export interface Scenario {
  readonly delay?: Delays;
  /** Ends the body after N bytes: a well-formed end, a close in the middle, or a socket reset. */
  readonly cut?: { readonly atByte: number; readonly how: 'end' | 'close' | 'reset' };
  /** Sends the body in pieces of this many bytes. */
  readonly chunkBytes?: number;
  readonly encoding?: 'gzip' | 'deflate' | 'br';
  readonly contentType?: string;
  /** Extra response headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the model's answer; nothing is generated and nothing is charged. */
  readonly reply?: Reply | ((request: ReplyRequest) => Reply);
  /** These bytes on the socket instead of HTTP, then the end. */
  readonly raw?: string | Uint8Array;
  /** Destroys the connection as soon as the request was read. */
  readonly drop?: 'close' | 'reset';
  /** Generates until the client leaves. */
  readonly endless?: boolean;
  /** Sends nothing but keep-alive bytes (SSE comments, blank NDJSON lines), one per interval in ms; with `stallAfterTokens` after those. */
  readonly keepAliveMs?: number;
  /** Goes silent after this many tokens (0: after the headers) until the client leaves. */
  readonly stallAfterTokens?: number;
  /** Sends an error frame after this many tokens; `frame` defaults to the protocol's own shape. */
  readonly error?: { readonly afterTokens: number; readonly message?: string; readonly frame?: unknown };
  /** Another finish reason; `none` leaves it out. */
  readonly finish?: string;
  readonly usage?: UsageVariant;
  /** Leaves out the end marker: `data: [DONE]`, or the `done:true` line. */
  readonly noEnd?: boolean;
  /** Generates to the end although the client left. */
  readonly goesOn?: boolean;
  /** Last hand on each frame before it is written: drop it, double it, change it. */
  readonly mapFrame?: (frame: Record<string, unknown>, index: number) => readonly unknown[];
}

export type ScenarioLike = string | Scenario;

const HTML =
  '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>';

/** All named scenarios; the argument is the text after the colon. */
const NAMED: Readonly<Record<string, (argument: string) => Scenario>> = {
  ok: () => ({}),
  accept: (ms) => ({ delay: { acceptMs: Number(ms) } }),
  headers: (ms) => ({ delay: { headersMs: Number(ms) } }),
  'first-token': (ms) => ({ delay: { firstTokenMs: Number(ms) } }),
  'between-tokens': (ms) => ({ delay: { betweenTokensMs: Number(ms) } }),
  drip: (ms) => ({ chunkBytes: 1, delay: { betweenChunksMs: Number(ms) } }),
  hang: () => ({ delay: { headersMs: Infinity } }),
  stall: (tokens) => ({ stallAfterTokens: Number(tokens) }),
  cut: (bytes) => ({ cut: { atByte: Number(bytes), how: 'end' } }),
  close: (bytes) => ({ cut: { atByte: Number(bytes), how: 'close' } }),
  reset: (bytes) => ({ cut: { atByte: Number(bytes), how: 'reset' } }),
  'drop-close': () => ({ drop: 'close' }),
  'drop-reset': () => ({ drop: 'reset' }),
  chunks: (bytes) => ({ chunkBytes: Number(bytes) }),
  status: (status) => ({ reply: { status: Number(status) } }),
  'retry-after': (value) => ({ reply: { status: 429, headers: { 'retry-after': value } } }),
  html: () => ({ reply: { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: HTML } }),
  'json-error': () => ({ reply: { status: 200, body: { error: { message: 'upstream failed', code: 502 } } } }),
  empty: () => ({ reply: { status: 200, body: '' } }),
  raw: () => ({ raw: '\u0000\u0001\u0002 this is not HTTP\r\n\r\n' }),
  endless: () => ({ endless: true }),
  'keep-alive': (ms) => ({ keepAliveMs: Number(ms || 20) }),
  error: (tokens) => ({ error: { afterTokens: Number(tokens || 3) } }),
  finish: (reason) => ({ finish: reason }),
  usage: (variant) => ({ usage: variant as UsageVariant }),
  'no-end': () => ({ noEnd: true }),
  'goes-on': () => ({ goesOn: true }),
  'wrong-type': (type) => ({ contentType: type || 'text/plain' }),
  gzip: () => ({ encoding: 'gzip' }),
  deflate: () => ({ encoding: 'deflate' }),
  br: () => ({ encoding: 'br' }),
  'redirect-301': (location) => redirect(301, location),
  'redirect-302': (location) => redirect(302, location),
  'redirect-307': (location) => redirect(307, location),
  'redirect-308': (location) => redirect(308, location),
};

export const scenarioNames: readonly string[] = Object.keys(NAMED);

/** A redirect as a scenario, for those who have the URL at hand. */
export function redirect(status: 301 | 302 | 307 | 308, location: string): Scenario {
  return { reply: { status, headers: { location }, body: '' } };
}

/** The scenario with this name; throws on an unknown one, so that a typing error cannot pass as `ok`. */
export function scenarioNamed(text: string): Scenario {
  let scenario: Scenario = {};
  for (const part of text.split('+')) {
    const [name = '', argument = ''] = splitOnce(part.trim(), ':');
    const make = NAMED[name];
    if (!make) throw new Error(`Unknown scenario "${name}"; known: ${scenarioNames.join(', ')}`);
    const made = make(argument);
    scenario = { ...scenario, ...made, delay: { ...scenario.delay, ...made.delay } };
  }
  return scenario;
}

/** The scenario of the model name's suffix: `model!name`. */
export function splitModel(model: string): { model: string; scenario: string | undefined } {
  const [name = '', scenario] = splitOnce(model, '!');
  return { model: name, scenario };
}

function splitOnce(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

interface Planned {
  readonly scenario: ScenarioLike;
  readonly path: string | undefined;
}

/** The scenarios set for one server. */
export class ScenarioPlan {
  readonly #next: Planned[] = [];
  #always: Planned[] = [];

  next(scenario: ScenarioLike, path?: string): void {
    this.#next.push({ scenario, path });
  }

  /** `always('ok')` returns to normal. */
  always(scenario: ScenarioLike, path?: string): void {
    this.#always = this.#always.filter((planned) => planned.path !== path);
    this.#always.push({ scenario, path });
  }

  /** Forgets everything planned. */
  clear(): void {
    this.#next.length = 0;
    this.#always = [];
  }

  /** The scenario for a request; takes it from the queue if it came from there. */
  take(request: { path: string; isModelCall: boolean; header: string | undefined; model: string | undefined }): {
    label: string;
    scenario: Scenario;
  } {
    const chosen = request.header ?? request.model ?? this.#planned(request.path, request.isModelCall) ?? 'ok';
    if (typeof chosen === 'string') return { label: chosen, scenario: scenarioNamed(chosen) };
    return { label: JSON.stringify(chosen), scenario: chosen };
  }

  #planned(path: string, isModelCall: boolean): ScenarioLike | undefined {
    const fits = (planned: Planned) => (planned.path === undefined ? isModelCall : planned.path === path);
    const index = this.#next.findIndex(fits);
    if (index >= 0) return this.#next.splice(index, 1)[0]!.scenario;
    return this.#always.find(fits)?.scenario;
  }
}

/** Applies a usage variant to an object of figures (nested objects too); `undefined` means: leave it out. */
export function distortUsage(usage: Record<string, unknown>, variant: UsageVariant = 'ok'): unknown {
  switch (variant) {
    case 'ok':
    case 'repeated':
    case 'every':
      return usage;
    case 'missing':
      return undefined;
    case 'null':
      return null;
    case 'inconsistent':
      return { ...usage, ...('total_tokens' in usage && { total_tokens: Number(usage.total_tokens) + 7 }) };
    case 'negative':
      return mapNumbers(usage, (value) => -value - 1);
    case 'nan':
      return mapNumbers(usage, () => NAN_MARK);
    case 'string':
      return mapNumbers(usage, (value) => String(value));
    case 'huge':
      return mapNumbers(usage, () => 1e15);
    case 'doubled':
      return mapNumbers(usage, (value) => value * 2);
  }
}

const NAN_MARK = '__NaN__';

/** JSON as the scenario wants it: some servers write the bare word NaN, which JSON.stringify never does. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(`"${NAN_MARK}"`, 'NaN');
}

function mapNumbers(value: object, map: (value: number) => unknown): Record<string, unknown> {
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]): [string, unknown] => {
    if (typeof inner === 'number') return [key, map(inner)];
    return [key, inner !== null && typeof inner === 'object' ? mapNumbers(inner, map) : inner];
  });
  return Object.fromEntries(entries);
}
