import type { CallEvent, CallResult, ModelCall } from '../../src/core/gateway/call.ts';
import { CHAT_LIMITS } from '../../src/core/gateway/call.ts';
import type { Failure } from '../../src/core/common/failures.ts';
import { createGateway, type GatewayParts } from '../../src/core/gateway/gateway.ts';
import { PriceBook } from '../../src/core/money/pricing.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import { parseSettings, type RawSettings } from '../../src/core/settings/settings.ts';
import type { ModelRef } from '../../src/core/common/types.ts';
import { DEFAULTS } from './manifest.ts';
import { openFetch } from './fetch.ts';
import { MemoryLedger } from './memoryLedger.ts';

/** A gateway on real adapters and the real network, with a ledger in memory and no waiting between attempts. */
export function testGateway(raw: Record<string, unknown>, over: Partial<GatewayParts> = {}) {
  const { settings, problems } = parseSettings({ ...DEFAULTS, ...raw } as RawSettings, undefined);
  if (problems.length) throw new Error(JSON.stringify(problems));
  const ledger = new MemoryLedger();
  const reports: { model: ModelRef; failure: Failure | null }[] = [];
  const gateway = createGateway({
    settings: () => settings,
    key: () => Promise.resolve('sk-test'),
    trusted: () => true,
    adapters: ADAPTERS,
    prices: new PriceBook(),
    ledger,
    budgets: () => [],
    fetch: openFetch,
    now: Date.now,
    random: () => 0,
    nameSecret: (secret) => `n${secret.length}`,
    windowId: 'window-1',
    workspace: () => 'file:///workspace',
    report: (model, failure) => void reports.push({ model, failure }),
    log: () => undefined,
    askStepUp: () => Promise.resolve(true),
    ...over,
  });
  return { gateway, ledger, settings, reports };
}

/** A provider entry for a loopback server and the consent for it. */
export function openAiAt(url: string, extra: Record<string, unknown> = {}) {
  return {
    providers: { cloud: { kind: 'openai', baseUrl: `${url}/v1`, ...extra } },
    'consent.cloud': [new URL(url).origin],
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  };
}

/** A chat call to one or several models of the provider `cloud`. */
export function chatCall(models: string | readonly string[], over: Partial<ModelCall> = {}): ModelCall {
  const names = typeof models === 'string' ? [models] : models;
  return {
    tier: 'mid',
    task: 'chat',
    chain: names.map((model) => ({ provider: 'cloud', model })),
    request: { kind: 'chat', messages: [{ role: 'user', content: 'What is a mutex?' }], maxTokens: 500 },
    limits: CHAT_LIMITS,
    ...over,
  };
}

/** Consumes a call to its end. */
export async function finish(
  events: AsyncIterable<CallEvent>,
): Promise<{ text: string; events: CallEvent[]; result: CallResult }> {
  const all: CallEvent[] = [];
  for await (const event of events) all.push(event);
  const ends = all.filter((event) => event.kind === 'end');
  const [end] = ends;
  if (!end || ends.length !== 1 || all.at(-1) !== end)
    throw new Error(`expected exactly one end, at the end: ${JSON.stringify(all)}`);
  const text = all.map((event) => (event.kind === 'text' ? event.text : '')).join('');
  return { text, events: all, result: end.result };
}
