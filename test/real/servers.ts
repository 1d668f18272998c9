import assert from 'node:assert/strict';
import { MODEL_WINDOWS } from '../../src/core/common/modelWindows.ts';
import { endpointOf } from '../../src/core/common/endpoints.ts';
import type { ProviderConfig } from '../../src/core/common/providerConfig.ts';
import { CHAT_LIMITS, type CallResult } from '../../src/core/gateway/call.ts';
import { LivePrices } from '../../src/core/money/livePrices.ts';
import { formatPrice, PriceBook } from '../../src/core/money/pricing.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import { runBuild } from './build.ts';
import { openFetch } from '../support/fetch.ts';
import { testGateway } from '../support/gateway.ts';

/**
 * The same gateway as in the editor, against servers that other people wrote. A server takes part when its address is
 * in the environment: `GEARSHIFT_REAL_OLLAMA`, `GEARSHIFT_REAL_LITELLM`, `GEARSHIFT_REAL_LLAMACPP`,
 * `GEARSHIFT_REAL_VLLM`, `GEARSHIFT_REAL_LMSTUDIO`, `GEARSHIFT_REAL_OPENAI`. Its model and key are in the variables
 * with `_MODEL` and `_KEY` behind; without a model the first of its list is asked.
 */

const SERVERS = {
  OLLAMA: 'ollama',
  LITELLM: 'openai',
  LLAMACPP: 'openai',
  VLLM: 'openai',
  LMSTUDIO: 'openai',
  OPENAI: 'openai',
} as const;

interface Real {
  readonly name: string;
  readonly provider: ProviderConfig;
  readonly key: string | null;
  readonly model: string;
}

async function open(name: keyof typeof SERVERS, baseUrl: string): Promise<Real> {
  const key = process.env[`GEARSHIFT_REAL_${name}_KEY`] ?? null;
  const provider = { name: 'real', kind: SERVERS[name], baseUrl, headers: {}, prices: new Map() };
  const check = endpointOf(provider);
  assert.ok(check.ok, `${name}: ${baseUrl} is no address of a server`);
  const wire = { baseUrl: check.endpoint.baseUrl, apiKey: key, headers: {}, fetch: openFetch };
  const models = await ADAPTERS[provider.kind].models(wire, AbortSignal.timeout(10_000));
  const model = process.env[`GEARSHIFT_REAL_${name}_MODEL`] ?? models[0]?.id;
  assert.ok(model, `${name} lists no model`);
  say(name, `${models.length} models; asked is ${model}`);
  return { name, provider, key, model };
}

/** A gateway to one server, with the prices that it states itself. */
function gatewayTo({ provider, key, model }: Real) {
  const { kind, baseUrl } = provider;
  let saved: unknown;
  const live = new LivePrices({
    fetch: openFetch,
    key: () => Promise.resolve(key),
    allowed: () => true,
    load: () => Promise.resolve(saved),
    save: (kept) => Promise.resolve(void (saved = kept)),
    now: Date.now,
    onChange: () => undefined,
    log: (line) => say('prices', line),
  });
  const prices = new PriceBook(live);
  const raw = {
    providers: { real: { kind, baseUrl } },
    'consent.cloud': [new URL(baseUrl).origin],
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  };
  const testing = testGateway(raw, { prices, key: () => Promise.resolve(key) });
  const ask = async (content: string, maxTokens: number, stopAfterMs = Infinity, asked = model) => {
    const stop = new AbortController();
    const timer = Number.isFinite(stopAfterMs) ? setTimeout(() => stop.abort(), stopAfterMs) : undefined;
    let text = '';
    let loading = 0;
    let result: CallResult | undefined;
    const request = { kind: 'chat' as const, messages: [{ role: 'user' as const, content }], maxTokens };
    const chain = [{ provider: 'real', model: asked }];
    const call = { tier: 'mid' as const, task: 'chat' as const, chain, request, limits: CHAT_LIMITS };
    for await (const event of testing.gateway.stream(call, stop.signal)) {
      if (event.kind === 'text') text += event.text;
      if (event.kind === 'loading') loading = event.ms;
      if (event.kind === 'end') result = event.result;
    }
    clearTimeout(timer);
    assert.ok(result, 'a call ends with its end');
    return { text, loading, result };
  };
  return { live, prices, ask, gateway: testing.gateway };
}

const say = (name: string, words: string): void => void process.stdout.write(`${name.toLowerCase()}: ${words}\n`);

const describe = ({ outcome, failure, usage, usageEstimated, cost, ttftMs, notes }: CallResult): string =>
  JSON.stringify({ outcome, failure, usage, usageEstimated, cost, ttftMs: ttftMs && Math.round(ttftMs), notes });

/** A model that repeats itself is asked so often for an answer with a count. */
const MOST_TRIES = 8;
/** A prompt that is too long for a larger window would cost too much time. */
const MOST_WINDOW = 32_768;

async function tryServer(real: Real): Promise<void> {
  const { name, provider, model } = real;
  const { live, prices, ask } = gatewayTo(real);
  if (provider.kind === 'openai') say(name, `states prices: ${String(await live.refresh(provider))}`);
  say(name, `price: ${formatPrice((await prices.find(provider, model))?.price)}`);

  let whole = await ask('Answer with one word: which color has the sky at noon?', 200);
  say(name, `answer: ${describe(whole.result)}, loading ${Math.round(whole.loading / 1_000)} s`);
  // Ollama ends an answer without a count when its model repeats a token: small models do that often.
  for (let tries = 1; tries < MOST_TRIES && provider.kind === 'ollama' && whole.result.usageEstimated; tries++) {
    whole = await ask('Answer with one word: which color has the sky at noon?', 200);
    say(name, `answer again: ${describe(whole.result)}`);
  }
  assert.equal(whole.result.outcome, 'done');
  assert.ok(whole.text.length > 0);
  assert.equal(whole.result.usageEstimated, false, 'the server counts its tokens');
  say(name, `window: ${MODEL_WINDOWS.get(provider.baseUrl, model) ?? 'not told'}`);

  const window = MODEL_WINDOWS.get(provider.baseUrl, model);
  if (window !== undefined && window <= MOST_WINDOW) {
    const long = await ask('word '.repeat(window), 20);
    say(name, `too long: ${describe(long.result)}`);
    assert.equal(long.result.failure?.kind, 'context-length');
    assert.ok(long.result.failure?.sizes, 'both sizes are told');
  }

  const stopped = await ask('Count from one to five hundred in words.', 4_000, 1_500);
  say(name, `stopped: ${describe(stopped.result)}`);
  if (stopped.result.outcome === 'cancelled') assert.ok(stopped.result.usage.output < 4_000, 'not the maximum');

  const missing = await ask('hello', 20, Infinity, 'no-such-model-here');
  say(name, `missing model: ${describe(missing.result)}`);
  if (missing.result.outcome === 'failed') return assert.equal(missing.result.cost.nanoUsd ?? 0, 0);
  // A server of a single model, such as llama.cpp's, answers to any name: that is told.
  assert.ok(missing.result.notes.some(({ note }) => note === 'other-model'));
}

/** The recipe *build* on one task. With `GEARSHIFT_REAL_…_REVIEWER`, a second model of another family reviews. */
async function tryBuild(real: Real): Promise<void> {
  const { name, model } = real;
  const reviewer = process.env[`GEARSHIFT_REAL_${name}_REVIEWER`];
  const { gateway } = gatewayTo(real);
  const asked = { provider: 'real', model };
  const run = await runBuild(gateway, asked, reviewer ? { ...asked, model: reviewer } : undefined);
  const rows = run.stages.map((stage) => `${stage.name} ${stage.status} ${stage.requests}`).join(', ');
  say(
    name,
    `build: ${run.status}; ${rows}; ${run.stages
      .map(({ words }) => words)
      .filter(Boolean)
      .join(' ')}`,
  );
  assert.notEqual(run.status, 'running');
}

let tried = 0;
for (const name of Object.keys(SERVERS) as (keyof typeof SERVERS)[]) {
  const url = process.env[`GEARSHIFT_REAL_${name}`];
  if (!url) continue;
  tried++;
  const real = await open(name, url);
  await tryServer(real);
  await tryBuild(real);
}
if (tried === 0) {
  process.stderr.write(
    'No server is given, so neither the gateway nor the recipe build was run. See docs/real-servers.md.\n',
  );
  process.exitCode = 1;
}
