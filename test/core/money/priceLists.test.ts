import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProviderConfig } from '../../../src/core/common/providerConfig.ts';
import { readModelInfo, readModels, type PriceList } from '../../../src/core/money/priceLists.ts';
import { PriceBook } from '../../../src/core/money/pricing.ts';

interface Recorded {
  readonly source: string;
  readonly answer: { readonly data: readonly object[] };
  /** USD per million tokens. */
  readonly prices: Readonly<Record<string, readonly (readonly number[])[] | null>>;
  readonly windows: Readonly<Record<string, number>>;
}
const LISTS = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/prices-lists.json', import.meta.url), 'utf8'),
) as Readonly<Record<'litellm' | 'models', Recorded>>;

const READERS = { litellm: readModelInfo, models: (answer: unknown) => readModels(answer, false) };
const perMillion = (list: PriceList, model: string) => {
  const steps = list[model]?.steps ?? [];
  return steps.length === 0
    ? null
    : steps.map(([above, ...prices]) => [above, ...prices.map((usd) => Number((usd * 1e6).toFixed(6)))]);
};

for (const kind of ['litellm', 'models'] as const)
  test(`prices and windows as published: ${LISTS[kind].source}`, () => {
    const { answer, prices, windows } = LISTS[kind];
    const list = READERS[kind](answer);
    for (const [model, steps] of Object.entries(prices)) assert.deepEqual(perMillion(list, model), steps, model);
    for (const [model, tokens] of Object.entries(windows)) assert.equal(list[model]?.contextTokens, tokens, model);
  });

test('what LiteLLM states of service tiers and aliases', () => {
  const list = readModelInfo(LISTS.litellm.answer);
  assert.deepEqual(list['steps']?.served?.['priority']?.[0]?.slice(1, 3), [5e-6, 3e-5]);
  assert.deepEqual(list['steps']?.served?.['flex']?.[0]?.slice(1, 3), [1.25e-6, 7.5e-6]);
  assert.deepEqual(list['nulls']?.standsFor, ['openai/up-nulls']);
});

test('of several deployments the price is never below that of any, in whatever order they stand', () => {
  const usd = fc.double({ min: 1e-9, max: 1e-3, noNaN: true });
  const deployment = fc.record({ input: usd, output: usd, above: usd, threshold: fc.constantFrom(32, 128, 200, 272) });
  fc.assert(
    fc.property(fc.array(deployment, { minLength: 1, maxLength: 4 }), fc.nat(500_000), (all, tokens) => {
      const list = readModelInfo({
        data: all.map(({ input, output, above, threshold }) => ({
          model_name: 'm',
          model_info: {
            input_cost_per_token: input,
            output_cost_per_token: output,
            [`input_cost_per_token_above_${threshold}k_tokens`]: above,
            [`output_cost_per_token_above_${threshold === 32 ? 128 : 32}k_tokens`]: null,
          },
        })),
      });
      const at = list['m']?.steps.findLast(([from]) => tokens > from) ?? list['m']?.steps[0];
      for (const { input, output, above, threshold } of all) {
        assert.ok((at?.[1] ?? 0) >= (tokens > threshold * 1_000 ? above : input));
        assert.ok((at?.[2] ?? 0) >= output);
      }
    }),
  );
});

const at = (baseUrl: string): ProviderConfig => ({
  name: 'p',
  kind: 'openai',
  baseUrl,
  headers: {},
  prices: new Map(),
});

test('spellings of a model and addresses of a maker find the list price', async () => {
  const book = new PriceBook();
  const input = async (baseUrl: string, model: string) => (await book.find(at(baseUrl), model))?.price.steps[0]?.input;
  const router = 'https://openrouter.ai/api/v1';
  const sonnet = await input(router, 'anthropic/claude-sonnet-4.5');
  assert.ok(sonnet);
  for (const suffix of [':nitro', ':floor', ':online'])
    assert.equal(await input(router, `anthropic/claude-sonnet-4.5${suffix}`), sonnet, suffix);
  assert.equal(await input(router, 'some/model:free'), 0);
  const google = 'https://generativelanguage.googleapis.com/v1beta/openai';
  assert.equal(await input(google, 'models/gemini-2.5-flash'), await input(google, 'gemini-2.5-flash'));
  const openai = await input('https://api.openai.com/v1', 'gpt-5');
  assert.ok(openai);
  for (const host of ['eu.api.openai.com', 'house.openai.azure.com']) {
    const entry = await book.find(at(`https://${host}/v1`), 'gpt-5');
    assert.equal(entry?.price.approximate, true, host);
    assert.ok((entry.price.steps[0]?.input ?? 0) >= openai, host);
  }
});

test('a list price with a last day gives way to the next one on that day', async () => {
  const google = at('https://generativelanguage.googleapis.com/v1beta/openai');
  const on = async (day: string) =>
    (await new PriceBook(undefined, () => Date.parse(day)).find(google, 'gemini-3.6-flash'))?.price.steps[0];
  const [before, after] = [await on('2026-12-31T12:00:00Z'), await on('2027-01-01T00:00:00Z')];
  assert.deepEqual([before?.input, before?.output], [0.75e9, 3.75e9]);
  assert.deepEqual([after?.input, after?.output], [1.5e9, 7.5e9]);
});
