import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Usage } from '../../../src/core/common/types.ts';
import { costOf, type Price } from '../../../src/core/money/pricing.ts';
import { readOpenAiUsage, UsageReader, withStatedCost } from '../../../src/core/providers/usage.ts';

interface Shape {
  readonly name: string;
  readonly source: string;
  readonly chunk: unknown;
  /** Input, cache read, cache write, output, reasoning; null: not to be believed. */
  readonly tokens: readonly number[] | null;
  readonly nanoUsd?: number;
  readonly doubtful?: boolean;
  readonly unpriced?: boolean;
  readonly servedTier?: string;
}

const SHAPES = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/usage-shapes.json', import.meta.url), 'utf8'),
) as readonly Shape[];

const read = (chunk: unknown) => [...new UsageReader({ thoughtsApart: false }).read(chunk)][0];
const asList = (usage: Usage | null | undefined) =>
  usage ? [usage.input, usage.cacheRead, usage.cacheWrite, usage.output, usage.reasoning] : null;

for (const shape of SHAPES)
  test(`usage as ${shape.source} sends it: ${shape.name}`, () => {
    const event = read(shape.chunk);
    assert.deepEqual(
      {
        tokens: asList(event?.usage),
        nanoUsd: event?.nanoUsd,
        doubtful: event?.doubtful ?? false,
        unpriced: event?.unpriced ?? false,
        servedTier: event?.servedTier,
      },
      {
        tokens: shape.tokens,
        nanoUsd: shape.nanoUsd,
        doubtful: shape.doubtful ?? false,
        unpriced: shape.unpriced ?? false,
        servedTier: shape.servedTier,
      },
    );
  });

test('a chunk without usage says nothing, and a tier in an earlier chunk counts', () => {
  const reader = new UsageReader({ thoughtsApart: false });
  assert.deepEqual([...reader.read({ choices: [], service_tier: 'Priority' })], []);
  assert.deepEqual([...reader.read({ usage: null })], []);
  const [event] = reader.read({ usage: { prompt_tokens: 1, completion_tokens: 1 } });
  assert.equal(event?.servedTier, 'priority');
});

test('a cost in a header counts only when it is an amount', () => {
  const withHeader = (value: string) =>
    withStatedCost({ prompt_tokens: 1 }, new Headers({ 'x-litellm-response-cost': value }));
  assert.deepEqual(withHeader('0.25'), { cost: 0.25, prompt_tokens: 1 });
  for (const value of ['None', '', '-1', 'NaN']) assert.deepEqual(withHeader(value), { prompt_tokens: 1 }, value);
});

const PRICE: Price = {
  source: 'user',
  date: '',
  steps: [{ above: 0, input: 5e9, output: 25e9, cacheRead: 0.5e9, cacheWrite: 6.25e9 }],
};
const INPUTS = ['prompt_tokens', 'input_tokens', 'promptTokenCount', 'num_prompt_tokens', 'inputTokenCount'] as const;
const OUTPUTS = ['completion_tokens', 'output_tokens', 'tokens_completion', 'generatedTokens'] as const;

test('no spelling, order, unknown member or odd total makes a cost lower than the truth without a mark', () => {
  fc.assert(
    fc.property(
      fc.record({
        fresh: fc.nat(1e5),
        read: fc.nat(1e5),
        written: fc.nat(1e5),
        said: fc.nat(1e5),
        thought: fc.nat(1e5),
      }),
      fc.constantFrom(...INPUTS),
      fc.constantFrom(...OUTPUTS),
      fc.constantFrom(
        'cached_tokens',
        'cache_read_tokens',
        'num_cached_tokens',
        'cache_hit_tokens',
        'cachedPromptTokens',
      ),
      fc.constantFrom('cache_write_tokens', 'cache_creation_tokens', 'cacheWriteTokens', 'tokens_cache_written'),
      fc.constantFrom('prompt_tokens_details', 'input_tokens_details', undefined),
      fc.constantFrom('true', 'absent', 'null', 'zero'),
      fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue()),
      fc.infiniteStream(fc.nat(1_000)),
      (truth, inputName, outputName, readName, writeName, place, total, unknown, order) => {
        const input = truth.fresh + truth.read + truth.written;
        const output = truth.said + truth.thought;
        const cache = { [readName]: truth.read, [writeName]: truth.written };
        const totals = { true: input + output, absent: undefined, null: null, zero: 0 } as const;
        const members = Object.entries({
          ...unknown,
          [inputName]: input,
          [outputName]: output,
          ...(place ? { [place]: cache } : cache),
          completion_tokens_details: { reasoning_tokens: truth.thought },
          total_tokens: totals[total as keyof typeof totals],
        }).map((member) => [order.next().value, member] as const);
        const shuffled = Object.fromEntries(members.toSorted(([a], [b]) => a - b).map(([, member]) => member));
        const { usage, doubtful } = readOpenAiUsage(shuffled);
        const isTrue = {
          input: truth.fresh,
          cacheRead: truth.read,
          cacheWrite: truth.written,
          output,
          reasoning: truth.thought,
        };
        assert.ok(usage || doubtful);
        if (usage && !doubtful) assert.ok(costOf(usage, PRICE) >= costOf(isTrue, PRICE), JSON.stringify(shuffled));
        assert.deepEqual(usage, isTrue, JSON.stringify(shuffled));
      },
    ),
  );
});
