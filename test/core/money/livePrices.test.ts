import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { LivePrices, type LivePricesParts } from '../../../src/core/money/livePrices.ts';
import { costOf, PriceBook, type PriceEntry } from '../../../src/core/money/pricing.ts';
import type { ProviderConfig } from '../../../src/core/common/providerConfig.ts';
import { MODEL_ALIASES } from '../../../src/core/common/modelWindows.ts';
import { startOpenAi } from '../../servers/openai.ts';

const DAY = 86_400_000;

const providerAt = (url: string): ProviderConfig => ({
  name: 'gateway',
  kind: 'openai',
  baseUrl: url,
  headers: {},
  prices: new Map(),
});

/** Prices of an endpoint, with a clock and a memory that tests hold. */
function live(over: Partial<LivePricesParts> = {}) {
  const seen = { now: Date.UTC(2026, 10, 21), saved: undefined as unknown, changes: 0, asked: 0, logs: [] as string[] };
  const prices = new LivePrices({
    fetch: (input, init) => {
      seen.asked++;
      return globalThis.fetch(input, init);
    },
    key: () => Promise.resolve('sk-test'),
    allowed: () => true,
    load: () => Promise.resolve(seen.saved),
    save: (kept) => {
      seen.saved = JSON.parse(JSON.stringify(kept));
      return Promise.resolve();
    },
    now: () => seen.now,
    onChange: () => void seen.changes++,
    log: (line) => void seen.logs.push(line),
    ...over,
  });
  return { prices, seen };
}

const perMillion = (entry: PriceEntry | undefined): number[] | undefined => {
  const [step] = entry?.price.steps ?? [];
  return step && [step.input, step.output, step.cacheRead, step.cacheWrite].map((nano) => nano / 1e9);
};

test("OpenRouter's list: prices per token become prices per million, with cache and window", async (t) => {
  const server = await startOpenAi({
    dialect: 'openrouter',
    models: [{ name: 'vendor/mid', price: { input: 0.27, output: 1.1, cacheRead: 0.07 }, contextLength: 163_840 }],
  });
  t.after(() => server.stop());
  const provider = providerAt(`${server.url}/v1`);
  const { prices, seen } = live();
  assert.equal(await prices.refresh(provider), true);
  const entry = await prices.find(provider, 'vendor/mid');
  assert.deepEqual(perMillion(entry), [0.27, 1.1, 0.07, 0.27]);
  assert.deepEqual([entry?.contextTokens, entry?.price.source, entry?.price.date], [163_840, 'live', '2026-11-21']);
  assert.equal(await prices.find(provider, 'vendor/other'), undefined);
  assert.equal(seen.changes, 1);
  // kept: another window, or the next start, knows them without asking
  const next = live({ load: () => Promise.resolve(seen.saved) });
  assert.deepEqual(perMillion(await next.prices.find(provider, 'vendor/mid')), [0.27, 1.1, 0.07, 0.27]);
  assert.equal(next.seen.asked, 0);
});

/** A LiteLLM proxy as far as its prices go. */
async function liteLlm(t: TestContext, data: unknown) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.authorization ?? ''}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: request.url === '/model/info' ? data : [{ id: 'mid' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { provider: providerAt(url), requests };
}

test("a LiteLLM proxy's own prices, with its thresholds, asked with the user's key", async (t) => {
  const { provider, requests } = await liteLlm(t, [
    {
      model_name: 'house-model',
      model_info: {
        input_cost_per_token: 1.25e-6,
        output_cost_per_token: 1e-5,
        cache_read_input_token_cost: 3.125e-7,
        input_cost_per_token_above_200k_tokens: 2.5e-6,
        output_cost_per_token_above_200k_tokens: 1.5e-5,
        max_input_tokens: 1_048_576,
      },
    },
    { model_name: 'free-text', model_info: { input_cost_per_token: 'free', output_cost_per_token: 1 } },
    { model_name: 'negative', model_info: { input_cost_per_token: -1, output_cost_per_token: 1e-6 } },
    { model_name: 'absurd', model_info: { input_cost_per_token: 3, output_cost_per_token: 1e-6 } },
    'junk',
    null,
  ]);
  const { prices } = live();
  await prices.refresh(provider);
  assert.deepEqual(requests, ['/models Bearer sk-test', '/model/info Bearer sk-test']);
  const entry = await prices.find(provider, 'house-model');
  assert.equal(entry?.contextTokens, 1_048_576);
  const usage = (input: number) => ({ input, cacheRead: 0, cacheWrite: 0, output: 1_000, reasoning: 0 });
  assert.equal(costOf(usage(200_000), entry.price), 250_000_000 + 10_000_000);
  assert.equal(costOf(usage(200_001), entry.price), 500_002_500 + 15_000_000);
  for (const bad of ['free-text', 'negative', 'absurd', '__proto__'])
    assert.equal(await prices.find(provider, bad), undefined);
});

test('an endpoint is asked at most daily, never without consent, and not again at once after a failure', async (t) => {
  const server = await startOpenAi({
    dialect: 'openrouter',
    models: [{ name: 'mid', price: { input: 1, output: 2 } }],
  });
  t.after(() => server.stop());
  const provider = providerAt(`${server.url}/v1`);
  let allowed = false;
  const { prices, seen } = live({ allowed: () => allowed });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 250));
  await prices.find(provider, 'mid');
  assert.equal(await prices.refresh(provider), false);
  await settle();
  assert.equal(seen.asked, 0);
  allowed = true;
  server.next('status:503', '/v1/models');
  await prices.find(provider, 'mid');
  await settle();
  const after = seen.asked;
  await prices.find(provider, 'mid');
  await settle();
  assert.equal(seen.asked, after, 'it is left alone for a while');
  seen.now += 601_000;
  assert.equal(await prices.find(provider, 'mid'), undefined, 'nobody waits for it');
  await settle();
  assert.deepEqual(perMillion(await prices.find(provider, 'mid')), [1, 2, 1, 1]);
  const asked = seen.asked;
  seen.now += DAY - 1_000;
  await prices.find(provider, 'mid');
  await settle();
  assert.equal(seen.asked, asked);
  seen.now += 700_000;
  await prices.find(provider, 'mid');
  await settle();
  assert.equal(seen.asked, asked + 1);
});

test("the order of prices: the user's, the endpoint's own, the list; makers of models are not asked", async () => {
  const asked: string[] = [];
  const entry: PriceEntry = {
    price: {
      source: 'live',
      date: '2026-11-21',
      steps: [{ above: 0, input: 9e9, output: 9e9, cacheRead: 9e9, cacheWrite: 9e9 }],
    },
  };
  const book = new PriceBook({
    find: ({ baseUrl }, model) => {
      asked.push(new URL(baseUrl).host);
      return Promise.resolve(model.includes('unlisted') ? undefined : entry);
    },
  });
  const source = async (baseUrl: string, model: string, prices: ProviderConfig['prices'] = new Map()) =>
    (await book.find({ ...providerAt(baseUrl), prices }, model))?.price.source;
  assert.equal(await source('https://openrouter.ai/api/v1', 'deepseek/deepseek-chat'), 'live');
  assert.equal(await source('http://127.0.0.1:4000', 'anything'), 'live');
  assert.equal(
    await source('http://127.0.0.1:4000', 'anything', new Map([['anything', { input: 8, output: 8 }]])),
    'user',
  );
  assert.equal(await source('http://127.0.0.1:4000', 'unlisted'), undefined);
  assert.deepEqual(new Set(asked), new Set(['openrouter.ai', '127.0.0.1:4000']));
  assert.equal(await source('https://api.openai.com/v1', 'gpt-5'), 'snapshot');
  assert.ok(!asked.includes('api.openai.com'));
});

test('a damaged file of kept prices counts as none', async () => {
  for (const content of [undefined, null, 'x', { a: 1 }, { 'https://x': { at: 'now', models: {} } }]) {
    const { prices } = live({ load: () => Promise.resolve(content), allowed: () => false });
    assert.equal(await prices.find(providerAt('https://x/v1'), 'mid'), undefined);
  }
  const { prices } = live({ load: () => Promise.reject(new Error('ENOENT')), allowed: () => false });
  assert.equal(await prices.find(providerAt('https://x/v1'), 'mid'), undefined);
});

test('what an alias means is known where the proxy knows no price, and survives a restart', async (t) => {
  const info = [{ model_name: 'team', litellm_params: { model: 'anthropic/claude-sonnet-5' }, model_info: {} }];
  const server = createServer((request, response) =>
    response.end(JSON.stringify({ data: request.url === '/model/info' ? info : [{ id: 'team' }] })),
  ).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const provider = providerAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const first = live();
  await first.prices.refresh(provider);
  assert.deepEqual(MODEL_ALIASES.get(provider.baseUrl, 'team'), ['anthropic/claude-sonnet-5']);
  const later = live({ load: () => Promise.resolve(first.seen.saved), allowed: () => false });
  MODEL_ALIASES.learn(provider.baseUrl, 'team', []);
  await later.prices.find(provider, 'team');
  assert.deepEqual(MODEL_ALIASES.get(provider.baseUrl, 'team'), ['anthropic/claude-sonnet-5']);
});

test('kept prices of thousands of models are read in turns, and an entry of another shape costs no other one', async () => {
  const models = Object.fromEntries(
    Array.from({ length: 30_000 }, (_, i) => [`m${i}`, { steps: [[0, 1e-6, 2e-6, 1e-6, 1e-6]], contextTokens: 4_096 }]),
  );
  const origin = 'http://127.0.0.1:9';
  const { prices } = live({
    load: () => Promise.resolve({ [origin]: { at: 1, models: { ...models, broken: { steps: 'x' } } }, other: 7 }),
    allowed: () => false,
  });
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const began = performance.now();
  const entry = await prices.find(providerAt(origin), 'm29999');
  const tookMs = performance.now() - began;
  clearInterval(timer);
  assert.equal(entry?.contextTokens, 4_096);
  assert.equal(await prices.find(providerAt(origin), 'broken'), undefined);
  assert.ok(longestMs < Math.max(100, tookMs / 2), `${longestMs} ms of ${tookMs} ms without a turn`);
});
