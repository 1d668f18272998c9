import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatCost } from '../../../src/core/money/displayMoney.ts';
import { costOf, formatPrice, formatUsd, isFree, PriceBook } from '../../../src/core/money/pricing.ts';
import { readOpenAiUsage } from '../../../src/core/providers/usage.ts';
import type { ProviderConfig, UserPrice } from '../../../src/core/common/providerConfig.ts';
import { NO_USAGE } from '../../../src/core/common/types.ts';

const provider = (
  baseUrl: string,
  prices: Record<string, UserPrice> = {},
  kind: ProviderConfig['kind'] = 'openai',
): ProviderConfig => ({
  name: 'p',
  kind,
  baseUrl,
  headers: {},
  prices: new Map(Object.entries(prices)),
});
const book = new PriceBook();

test("the user's price wins over the list price, and an unknown model has none", async () => {
  const at = 'https://openrouter.ai/api/v1';
  assert.equal((await book.find(provider(at), 'anthropic/claude-opus-5.5'))?.price.source, 'snapshot');
  const own = await book.find(
    provider(at, { 'anthropic/claude-opus-5.5': { input: 1, output: 2 } }),
    'anthropic/claude-opus-5.5',
  );
  assert.equal(own?.price.source, 'user');
  assert.equal(own && costOf({ ...NO_USAGE, input: 10, output: 10 }, own.price), 30_000);
  assert.equal(await book.find(provider(at), 'nobody/knows'), undefined);
});

test('prices belong to where a request goes, not to what the provider is called', async () => {
  assert.equal(await book.find(provider('https://gateway.example.com/v1'), 'gpt-5'), undefined);
  assert.ok(await book.find(provider('https://api.openai.com/v1'), 'gpt-5'));
});

test('only a model on this machine is free', () => {
  assert.equal(isFree(provider('http://127.0.0.1:11434', {}, 'ollama'), 'qwen'), true);
  assert.equal(isFree(provider('http://192.168.1.2:11434', {}, 'ollama'), 'qwen'), false);
  assert.equal(isFree(provider('http://127.0.0.1:11434', {}, 'ollama'), 'gpt-oss:120b-cloud'), false);
  assert.equal(isFree(provider('http://127.0.0.1:4000'), 'qwen'), false);
});

test('past a threshold the whole request moves to the higher price', async () => {
  const entry = await book.find(provider('https://generativelanguage.googleapis.com/v1beta/openai'), 'gemini-2.5-pro');
  assert.ok(entry);
  assert.equal(costOf({ ...NO_USAGE, input: 200_000 }, entry.price), 200_000 * 1250);
  assert.equal(
    costOf({ ...NO_USAGE, input: 150_000, cacheRead: 100_000 }, entry.price),
    150_000 * 2500 + 100_000 * 250,
  );
});

test('a million amounts of a hundredth of a cent are exactly a hundred dollars', () => {
  const price = {
    source: 'user' as const,
    date: '',
    steps: [{ above: 0, input: 1e9, output: 0, cacheRead: 0, cacheWrite: 0 }],
  };
  let sum = 0;
  for (let i = 0; i < 1_000_000; i++) sum += costOf({ ...NO_USAGE, input: 100 }, price);
  assert.equal(sum, 100 * 1e9);
});

test('buckets are disjoint and add up to what the provider counted', () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.nat(1e6),
      fc.nat(1e6),
      fc.nat(1e6),
      fc.nat(1e6),
      (fresh, read, write, out, reasoning) => {
        const reported = readOpenAiUsage({
          prompt_tokens: fresh + read + write,
          completion_tokens: out + reasoning,
          total_tokens: fresh + read + write + out + reasoning,
          prompt_tokens_details: { cached_tokens: read, cache_write_tokens: write },
          completion_tokens_details: { reasoning_tokens: reasoning },
        });
        assert.deepEqual(reported.usage, {
          input: fresh,
          cacheRead: read,
          cacheWrite: write,
          output: out + reasoning,
          reasoning,
        });
      },
    ),
  );
});

test('figures that cannot be true are not believed', () => {
  for (const usage of [
    null,
    3,
    {},
    { prompt_tokens: -1, completion_tokens: 1 },
    { prompt_tokens: 1.5, completion_tokens: 1 },
    { prompt_tokens: 1e15, completion_tokens: 1 },
    { prompt_tokens: '3', completion_tokens: 1 },
    { prompt_tokens: 3, completion_tokens: 1, total_tokens: 2 },
    { prompt_tokens: 3, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } },
  ])
    assert.deepEqual(readOpenAiUsage(usage), { usage: null, doubtful: true }, JSON.stringify(usage));
});

test("the dialects: DeepSeek's cache hits, Google's thoughts, OpenRouter's cost with the user's own key", () => {
  assert.equal(
    readOpenAiUsage({
      prompt_tokens: 10,
      completion_tokens: 1,
      prompt_cache_hit_tokens: 4,
      prompt_cache_miss_tokens: 6,
    }).usage?.cacheRead,
    4,
  );
  const thinking = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 };
  const counted = { ...NO_USAGE, input: 10, output: 30, reasoning: 25 };
  assert.deepEqual(readOpenAiUsage(thinking, { thoughtsApart: true }), { usage: counted });
  assert.deepEqual(readOpenAiUsage(thinking), { usage: counted, doubtful: true }, 'others have no such gap');
  assert.equal(
    readOpenAiUsage({
      prompt_tokens: 1,
      completion_tokens: 1,
      cost: 0.0001,
      is_byok: true,
      cost_details: { upstream_inference_cost: 0.002 },
    }).nanoUsd,
    2_100_000,
  );
  assert.equal(readOpenAiUsage({ prompt_tokens: 1, completion_tokens: 1, cost: -5 }).nanoUsd, undefined);
});

test('amounts as people read them', async () => {
  for (const [nano, text] of [
    [0, '$0'],
    [3_100_000, '$0.0031'],
    [98_300, '$0.000098'],
    [420_000_000, '$0.42'],
    [9_990_000, '$0.0100'],
    [1_234_560_000_000, '$1,234.56'],
    [12_345_678_990_000_000, '$12,345,678.99'],
    [1_005_000_000, '$1.01'],
    [-1_005_000_000, '$-1.01'],
    [12, '$0.000000012'],
  ] as const)
    assert.equal(formatUsd(nano), text);
  assert.equal(formatCost({ nanoUsd: null, source: 'unknown' }), 'cost unknown');
  assert.equal(formatCost({ nanoUsd: 2_000_000, source: 'estimated' }), '~$0.0020');
  assert.equal(formatCost({ nanoUsd: 0, source: 'free' }), 'free');
  const entry = await book.find(provider('https://openrouter.ai/api/v1'), 'anthropic/claude-opus-5.5');
  assert.equal(formatPrice(entry?.price), '$4 in · $20 out per M tokens');
});
