import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHAT_LIMITS, type CallEvent, type CallResult, type ModelCall } from '../../src/core/gateway/call.ts';
import type { Failure } from '../../src/core/common/failures.ts';
import { createGateway, type GatewayParts, type ObservedGateway } from '../../src/core/gateway/gateway.ts';
import type { LedgerStore } from '../../src/core/ledger/ledger.ts';
import { PriceBook } from '../../src/core/money/pricing.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import { parseSettings, type RawSettings } from '../../src/core/settings/settings.ts';
import type { ModelRef } from '../../src/core/common/types.ts';
import { watchSending } from '../../src/editor/platform/requestEvents.ts';
import { openFetch } from '../support/fetch.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { costNano, type Tokens } from '../servers/book.ts';
import type { ModelServer } from '../servers/loopback.ts';
import { startOllama, type OllamaServer } from '../servers/ollama.ts';
import { startOpenAi, type OpenAiServer } from '../servers/openai.ts';
import { DEFAULTS } from '../support/manifest.ts';
import { FakeClock } from './fakeClock.ts';
import { PROTOCOLS, type Protocol } from './frames.ts';

/** Planted where it belongs; found anywhere else, it is a leak. */
export const CANARY_KEY = 'sk-canary-3f9a-do-not-log';
export const CANARY_PROMPT = 'PROMPT-CANARY What is a mutex?';

/** Priced models of both servers, so that money can be compared everywhere; `local` is free at Ollama. */
const PRICES = {
  mid: { input: 0.27, output: 1.1 },
  second: { input: 0.3, output: 1.2 },
  frontier: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
} as const;
type ModelName = keyof typeof PRICES;
/** Ollama does not tell what came from its cache, so there it has no price of its own. */
const priceAt = (protocol: Protocol, { input, output, ...cache }: Record<'input' | 'output', number>) =>
  protocol === 'ollama' ? { input, output } : { input, output, ...cache };
const nameAt = (protocol: Protocol, model: string): string => (protocol === 'ollama' ? `${model}:cloud` : model);

/** What the server of a protocol asks for tokens of a model, in nano-USD. */
export function costAtServer(protocol: Protocol, model: string | undefined, tokens: Tokens): number {
  const name = (Object.keys(PRICES) as ModelName[]).find((each) => nameAt(protocol, each) === model);
  return name ? costNano(tokens, priceAt(protocol, PRICES[name])) : 0;
}

/** Takes what is to be undone at the end, as a test's context does. */
export interface Cleanup {
  after(undo: () => unknown): void;
}

/** One window: a gateway with real adapters and a real ledger in a folder of its own, and a server to talk to. */
export interface Rig {
  readonly t: Cleanup;
  readonly protocol: Protocol;
  readonly server: ModelServer;
  readonly gateway: ObservedGateway;
  /** A gateway that knows nothing of what went wrong before: closed circuits, a full quota. */
  renew(): void;
  readonly ledger: LedgerStore;
  readonly ledgerDir: string;
  readonly clock: FakeClock;
  readonly log: string[];
  readonly reports: { model: ModelRef; failure: Failure | null }[];
  ref(model: string): ModelRef;
  call(over?: Partial<ModelCall>): ModelCall;
  /** Makes a call and consumes it to its end; waits between attempts pass at once. */
  ask(over?: Partial<ModelCall>, signal?: AbortSignal): Promise<Run>;
}

/** A call that has ended. */
export interface Run {
  readonly text: string;
  readonly reasoning: string;
  readonly events: readonly CallEvent[];
  readonly waits: readonly number[];
  readonly result: CallResult;
  readonly signal: AbortSignal;
  /** By the clock of the rig. */
  readonly tookMs: number;
  readonly limits: ModelCall['limits'];
}

export interface RigOptions {
  /** Instead of the server's address. */
  readonly url?: string;
  readonly parts?: Partial<GatewayParts>;
  /** Shares the ledger's folder of another window. */
  readonly beside?: Rig;
}

export async function makeRig(t: Cleanup, protocol: Protocol, options: RigOptions = {}): Promise<Rig> {
  const server = options.beside?.server ?? (await startServer(protocol));
  if (!options.beside) t.after(() => server.stop());
  const url = options.url ?? server.url;
  const { settings, problems } = parseSettings(rawSettings(protocol, url) as RawSettings, undefined);
  if (problems.length) throw new Error(JSON.stringify(problems));
  const ledgerDir = options.beside?.ledgerDir ?? mkdtempSync(join(tmpdir(), 'faults-'));
  const log: string[] = [];
  const windowId = crypto.randomUUID();
  const note = (line: string): void => void log.push(line);
  const { store: ledger } = await openLedger({ dir: ledgerDir, windowId, clock: Date.now, log: note });
  t.after(async () => {
    await ledger.close();
    if (!options.beside) rmSync(ledgerDir, { recursive: true, force: true, maxRetries: 5 });
  });
  const clock = new FakeClock();
  const reports: Rig['reports'] = [];
  const make = (): ObservedGateway =>
    createGateway({
      settings: () => settings,
      key: () => Promise.resolve(CANARY_KEY),
      trusted: () => true,
      adapters: ADAPTERS,
      prices: new PriceBook(),
      ledger,
      budgets: () => [],
      fetch: openFetch,
      now: Date.now,
      random: () => 0.5,
      nameSecret: (secret) => `n${secret.length}`,
      windowId,
      workspace: () => 'file:///workspace',
      report: (model, failure) => void reports.push({ model, failure }),
      log: note,
      clock,
      watchSending,
      askStepUp: () => Promise.resolve(true),
      ...options.parts,
    });
  let gateway = make();
  const ref = (model: string): ModelRef => ({ provider: 'server', model: nameAt(protocol, model) });
  const call = (over: Partial<ModelCall> = {}): ModelCall => ({
    tier: 'mid',
    task: 'chat',
    chain: [ref('mid')],
    request: { kind: 'chat', messages: [{ role: 'user', content: CANARY_PROMPT }], maxTokens: 500 },
    limits: CHAT_LIMITS,
    ...over,
  });
  const ask = (over: Partial<ModelCall> = {}, signal = new AbortController().signal): Promise<Run> =>
    consume(gateway, call(over), signal, clock);
  return {
    t,
    protocol,
    server,
    get gateway() {
      return gateway;
    },
    renew: () => void (gateway = make()),
    ledger,
    ledgerDir,
    clock,
    log,
    reports,
    ref,
    call,
    ask,
  };
}

/** Follows a call to its end. */
export async function consume(
  gateway: ObservedGateway,
  call: ModelCall,
  signal: AbortSignal,
  clock: FakeClock,
): Promise<Run> {
  const started = clock.now();
  const events: CallEvent[] = [];
  const waits: number[] = [];
  for await (const event of gateway.stream(call, signal)) {
    events.push(event);
    if (event.kind !== 'waiting') continue;
    waits.push(event.ms);
    setTimeout(() => clock.advance(event.ms), 1);
  }
  const ends = events.filter((event) => event.kind === 'end');
  const [end] = ends;
  if (!end || ends.length !== 1 || events.at(-1) !== end)
    throw new Error(`not exactly one end: ${JSON.stringify(events)}`);
  const join = (kind: 'text' | 'reasoning'): string =>
    events.map((event) => (event.kind === kind ? event.text : '')).join('');
  return {
    text: join('text'),
    reasoning: join('reasoning'),
    events,
    waits,
    result: end.result,
    signal,
    tookMs: clock.now() - started,
    limits: call.limits,
  };
}

function startServer(protocol: Protocol): Promise<OpenAiServer | OllamaServer> {
  const names = Object.keys(PRICES) as ModelName[];
  return protocol === 'openai'
    ? startOpenAi({ apiKey: CANARY_KEY, models: names.map((name) => ({ name, price: PRICES[name] })) })
    : startOllama({
        models: [...names.map((name) => nameAt(protocol, name)), 'local'],
        prices: Object.fromEntries(names.map((name) => [nameAt(protocol, name), priceAt(protocol, PRICES[name])])),
        numParallel: 8,
        signedIn: true,
      });
}

/** @param factor of all prices */
export function rawSettings(protocol: Protocol, url: string, factor = 1): Record<string, unknown> {
  const dear = (price: object): object =>
    Object.fromEntries(Object.entries(price).map(([name, usd]: [string, number]) => [name, usd * factor]));
  const entry = {
    kind: protocol,
    baseUrl: protocol === 'openai' ? `${url}/v1` : url,
    prices: Object.fromEntries(
      Object.entries(PRICES).map(([name, price]) => [nameAt(protocol, name), dear(priceAt(protocol, price))]),
    ),
  };
  return {
    ...DEFAULTS,
    providers: { server: entry, twin: entry },
    // Ollama's models of the rig are cloud models: what they are sent ends at its cloud.
    'consent.cloud': [new URL(url).origin, 'https://ollama.com'],
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  };
}

/** One case of CATALOGUE.md, once for each protocol that it applies to. The name begins with its id. */
export function fault(
  name: string,
  run: (rig: Rig) => Promise<void>,
  { protocols = PROTOCOLS, options }: { protocols?: readonly Protocol[]; options?: RigOptions } = {},
): void {
  test(name, async (t) => {
    for (const protocol of protocols) {
      try {
        await run(await makeRig(t, protocol, options));
      } catch (error) {
        if (error instanceof Error) error.message = `${protocol}: ${error.message}`;
        throw error;
      }
    }
  });
}
