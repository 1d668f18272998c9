/**
 * The server's book: what was asked, what was generated, what it cost and how each request ended. It is the truth
 * against which ledgers, budgets and leak checks are compared. Money is integer nano-USD (1 USD = 1e9).
 */

/** USD per million tokens. Cache prices default to the input price. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** Tokens sold, in disjoint input buckets. `reasoning` is the part of `output` that was thought, not said. */
export interface Tokens {
  inputFresh: number;
  inputCached: number;
  cacheWrite: number;
  output: number;
  reasoning: number;
}

/** How far a request had come. It stays as it was when the connection closed. */
type Phase = 'received' | 'queued' | 'loading' | 'prompt' | 'decoding' | 'complete';

/** One request. Everything is filled in while it runs. */
export interface BookEntry {
  readonly sequence: number;
  /** Milliseconds since the epoch, with fractions. */
  readonly receivedAt: number;
  readonly method: string;
  readonly path: string;
  /** The query string without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as received, and parsed as JSON (undefined if it is not JSON). */
  rawBody: string;
  body: unknown;
  model: string | undefined;
  /** True for requests that ask a model to generate. */
  isModelCall: boolean;
  /** Name or JSON of the scenario in effect, `ok` if none. */
  scenario: string;
  status: number | undefined;
  phase: Phase;
  /** Who ended the exchange; undefined while it runs. */
  closedBy: 'client' | 'server' | undefined;
  closedAt: number | undefined;
  /** Body bytes handed to the socket (after compression). */
  bytesWritten: number;
  readonly tokens: Tokens;
  /** True if the model had to be loaded or reloaded for this request. */
  loadedModel: boolean;
  /** What was generated so far, also after the client left. */
  text: string;
  reasoning: string;
  /** The price of `tokens` by the server's own list. */
  readonly costNano: number;
  /** An error in the server itself; always undefined unless the server has a bug. */
  fault: unknown;
}

export interface BookTotals extends Tokens {
  readonly requests: number;
  readonly modelCalls: number;
  readonly costNano: number;
}

/** Milliseconds since the epoch with sub-millisecond resolution; never runs backwards. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Price of tokens in nano-USD: exact sum over the buckets, rounded half up once. */
export function costNano(tokens: Readonly<Tokens>, price: Price | undefined): number {
  if (!price) return 0;
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  const perMillion =
    BigInt(tokens.inputFresh) * nanoPerMillion(input) +
    BigInt(tokens.inputCached) * nanoPerMillion(cacheRead) +
    BigInt(tokens.cacheWrite) * nanoPerMillion(cacheWrite) +
    BigInt(tokens.output) * nanoPerMillion(output);
  return Number((perMillion + 500_000n) / 1_000_000n);
}

function nanoPerMillion(usdPerMillion: number): bigint {
  return BigInt(Math.round(usdPerMillion * 1e9));
}

type Opening = Pick<BookEntry, 'method' | 'path' | 'query' | 'headers'>;

export class Book {
  /** All requests since the start or the last reset, in order of arrival. */
  entries: BookEntry[] = [];
  /** Connections open at this moment, idle keep-alive ones included. */
  openSockets = 0;
  /** Connections accepted since the start or the last reset. */
  connections = 0;
  /** Requests being answered at this moment, and the most there ever were at once. */
  inFlight = 0;
  maxConcurrent = 0;

  readonly #prices: Readonly<Record<string, Price>>;
  readonly #watchers = new Set<() => void>();
  #sequence = 0;

  constructor(prices: Readonly<Record<string, Price>> = {}) {
    this.#prices = prices;
  }

  /** Requests that asked a model to generate. */
  get calls(): BookEntry[] {
    return this.entries.filter((entry) => entry.isModelCall);
  }

  get last(): BookEntry | undefined {
    return this.entries.at(-1);
  }

  priceOf(model: string | undefined): Price | undefined {
    return model === undefined ? undefined : this.#prices[model];
  }

  totals(): BookTotals {
    const total = { requests: 0, modelCalls: 0, costNano: 0, ...noTokens() };
    for (const entry of this.entries) {
      total.requests++;
      if (entry.isModelCall) total.modelCalls++;
      total.costNano += entry.costNano;
      for (const key of Object.keys(entry.tokens) as (keyof Tokens)[]) total[key] += entry.tokens[key];
    }
    return total;
  }

  /** Resolves with the predicate's first truthy value; rejects after `ms` with what the book held then. */
  async waitFor<T>(predicate: (book: this) => T, ms = 2000): Promise<T & {}> {
    const deadline = now() + ms;
    for (;;) {
      const value = predicate(this);
      if (value) return value;
      const left = deadline - now();
      if (left <= 0) throw new Error(`The book did not fulfill ${predicate} within ${ms} ms: ${this.summary()}`);
      await this.#changed(Math.min(left, 20));
    }
  }

  /** Resolves once no request has been under way, and none has come, for so long. */
  async quiet(ms: number): Promise<void> {
    for (let since = now(), seen = this.#sequence; now() - since < ms; await this.#changed(ms)) {
      if (this.inFlight === 0 && seen === this.#sequence) continue;
      since = now();
      seen = this.#sequence;
    }
  }

  /** One line per request, for messages of failing tests. */
  summary(): string {
    const line = (entry: BookEntry) =>
      `#${entry.sequence} ${entry.method} ${entry.path} ${entry.status ?? '-'} ${entry.phase} closed by ${entry.closedBy ?? 'nobody'}`;
    return this.entries.map(line).join('; ') || 'no requests';
  }

  /** Forgets all requests and the maximum; sockets and running requests stay counted. */
  reset(): void {
    this.entries = [];
    this.connections = 0;
    this.maxConcurrent = this.inFlight;
  }

  /** Used by the servers: begins an entry. */
  open(opening: Opening): BookEntry {
    const priceOf = (model: string | undefined) => this.priceOf(model);
    const entry: BookEntry = {
      ...opening,
      sequence: ++this.#sequence,
      receivedAt: now(),
      rawBody: '',
      body: undefined,
      model: undefined,
      isModelCall: false,
      scenario: 'ok',
      status: undefined,
      phase: 'received',
      closedBy: undefined,
      closedAt: undefined,
      bytesWritten: 0,
      tokens: noTokens(),
      loadedModel: false,
      text: '',
      reasoning: '',
      get costNano() {
        return costNano(this.tokens, priceOf(this.model));
      },
      fault: undefined,
    };
    this.entries.push(entry);
    this.inFlight++;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.inFlight);
    this.changed();
    return entry;
  }

  /** Used by the servers: ends an entry; the first call decides. */
  close(entry: BookEntry, by: 'client' | 'server', at = now()): void {
    if (entry.closedBy) return;
    entry.closedBy = by;
    entry.closedAt = at;
    this.inFlight--;
    this.changed();
  }

  /** Used by the servers: wakes those who wait for a change. */
  changed(): void {
    for (const wake of this.#watchers) wake();
  }

  #changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#watchers.add(done);
    });
  }
}

function noTokens(): Tokens {
  return { inputFresh: 0, inputCached: 0, cacheWrite: 0, output: 0, reasoning: 0 };
}
