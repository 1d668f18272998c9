import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProviderConfig } from '../../../src/core/common/providerConfig.ts';
import {
  modelsReader,
  readInTurns,
  readModelInfo,
  readModels,
  type PriceList,
} from '../../../src/core/money/priceLists.ts';
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

const { published: PUBLISHED } = LISTS as unknown as {
  readonly published: readonly (Pick<Recorded, 'source' | 'prices'> & { readonly answer: unknown })[];
};

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

for (const { source, answer, prices } of PUBLISHED)
  test(`prices in the unit in which they are published: ${source}`, () => {
    const list = readModels(answer, false);
    for (const [model, steps] of Object.entries(prices)) assert.deepEqual(perMillion(list, model), steps, model);
  });

test('a list that contradicts itself is flagged, and what is computed with it is an estimate', () => {
  const entry = (id: string, prompt: number, completion: number) => ({ id, pricing: { prompt, completion } });
  const { a, slip } = readModels(
    { data: [entry('a', 1e-6, 2e-6), entry('b', 1e-6, 2e-6), entry('slip', 1, 2)] },
    false,
  );
  assert.deepEqual([a?.contradicts, slip?.contradicts, slip?.steps], [undefined, true, []]);
  const twice = { ...entry('a', 1e-6, 2e-6), cost: { input_per_million: 3, output_per_million: 2 } };
  const { a: both } = readModels({ data: [twice] }, false);
  assert.deepEqual([both?.contradicts, both?.approximate, both?.steps[0]?.[1]], [true, true, 3e-6]);
  const providers = [{ provider: 'x', pricing: { input: 1, output: 2 } }, { provider: 'y' }];
  const { a: open } = readModels({ data: [{ id: 'a', providers }] }, false);
  assert.deepEqual([open?.approximate, open?.contradicts], [true, undefined]);
  const thousands = [1, 2, 3, 4].map((each) => entry(`${each}`, 0.0005 * each, 0.0005));
  assert.ok(Object.values(readModels({ data: thousands }, false)).every(({ steps }) => steps.length === 0));
});

test('whatever place, spelling and unit a list uses, the price that is read is the price that is stated', () => {
  const usd = fc.double({ min: 0.01, max: 100, noNaN: true }).map((each) => Number(each.toPrecision(4)));
  const places: readonly ((prices: object) => object)[] = [
    (prices) => prices,
    (prices) => ({ pricing: prices }),
    (prices) => ({ metadata: { pricing: prices } }),
    (prices) => ({ model_spec: { price: prices } }),
    (prices) => ({ info: { cost: prices } }),
  ];
  const names = [
    ['input', 'output'],
    ['prompt', 'completion'],
    ['inputTokens', 'outputTokens'],
    ['input_price', 'output_price'],
    ['promptTokenPrice', 'completionTokenPrice'],
    ['prompt_cost', 'completion_cost'],
  ] as const;
  const units = [
    ['', 1e-6],
    ['_per_million', 1],
    ['_per_1m_tokens', 1],
    ['PerMTok', 1],
    ['_per_1k_tokens', 1e-3],
    ['_per_token', 1e-6],
    ['_cents_per_million_tokens', 100],
    ['_usd_per_million', 1],
  ] as const;
  const input = fc.tuple(
    fc.array(fc.tuple(usd, usd), { minLength: 1, maxLength: 5 }),
    fc.nat(places.length - 1),
    fc.constantFrom(...names),
    fc.constantFrom(...units),
    fc.boolean(),
  );
  fc.assert(
    fc.property(input, ([all, place, [inName, outName], [unit, factor], asText]) => {
      const write = (value: number): number | string => (asText ? String(value * factor) : value * factor);
      const wrap = place === 0 && !/pric|cost|per/i.test(inName + unit) ? places[1] : places[place];
      const data = all.map(([one, other], index) => ({
        id: `m${index}`,
        ...wrap?.({ [inName + unit]: write(one), [outName + unit]: write(other), image: 7, request: 0 }),
      }));
      const list = readModels({ data }, false);
      for (const [index, [one, other]] of all.entries()) {
        const [, ofInput, ofOutput] = perMillion(list, `m${index}`)?.[0] ?? [];
        assert.ok(Math.abs((ofInput ?? -1) - one) < 1e-3 * one, `input ${ofInput} is ${one}`);
        assert.ok(Math.abs((ofOutput ?? -1) - other) < 1e-3 * other, `output ${ofOutput} is ${other}`);
      }
    }),
    { numRuns: 400 },
  );
});

test('what LiteLLM states about service tiers and aliases is read', () => {
  const list = readModelInfo(LISTS.litellm.answer);
  assert.deepEqual(list['steps']?.served?.['priority']?.[0]?.slice(1, 3), [5e-6, 3e-5]);
  assert.deepEqual(list['steps']?.served?.['flex']?.[0]?.slice(1, 3), [1.25e-6, 7.5e-6]);
  assert.deepEqual(list['nulls']?.standsFor, ['openai/up-nulls']);
});

test('of several deployments the price is never below that of any, in any order', () => {
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
  for (const suffix of [':fastest', ':some-provider', ':throughput']) {
    const entry = await book.find(at(router), `anthropic/claude-sonnet-4.5${suffix}`);
    assert.deepEqual([entry?.price.steps[0]?.input, entry?.price.approximate], [sonnet, true], suffix);
  }
  assert.equal(await input('http://127.0.0.1:4000/v1', 'house/model:thing'), undefined);
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

test('a list price with a last day is replaced by the next one on that day', async () => {
  const google = at('https://generativelanguage.googleapis.com/v1beta/openai');
  const on = async (day: string) =>
    (await new PriceBook(undefined, () => Date.parse(day)).find(google, 'gemini-3.6-flash'))?.price.steps[0];
  const [before, after] = [await on('2026-12-31T12:00:00Z'), await on('2027-01-01T00:00:00Z')];
  assert.deepEqual([before?.input, before?.output], [0.75e9, 3.75e9]);
  assert.deepEqual([after?.input, after?.output], [1.5e9, 7.5e9]);
});

test('a long list of prices does not block the event loop, and is read the same', async () => {
  const providers = [1, 2, 3, 4, 5].map((each) => ({ provider: `p${each}`, pricing: { input: each, output: 2 } }));
  const data = Array.from({ length: 1_000 }, (_, index) => ({ id: `m${index}`, providers }));
  let turns = 0;
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    turns++;
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const began = performance.now();
  const inTurns = await readInTurns(modelsReader({ data }, false));
  const tookMs = performance.now() - began;
  clearInterval(timer);
  assert.deepEqual(inTurns, readModels({ data }, false));
  assert.ok(turns > 2, `${turns} turns`);
  assert.ok(longestMs < Math.max(60, tookMs / 2), `${longestMs} ms of ${tookMs} ms without a turn`);
});
