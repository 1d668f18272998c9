import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Total } from '../../../src/core/ledger/ledger.ts';
import {
  activePreset,
  describeMonth,
  EXAMPLE_MONTH,
  isActive,
  monthCost,
  monthUse,
  PRESET_IDS,
  presetsFor,
  type Chains,
} from '../../../src/core/setup/presets.ts';
import { PriceBook, type Price } from '../../../src/core/money/pricing.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { parseModelRef, TIERS, type Tier } from '../../../src/core/common/types.ts';
import { DEFAULTS } from '../../support/manifest.ts';

const { providers } = parseSettings(DEFAULTS as RawSettings, undefined).settings;
const FACTS = { local: 'ollama/qwen2.5-coder:1.5b-base', localChat: 'ollama/qwen2.5-coder:7b', ownServer: undefined };
const priceAt = (input: number, output: number): Price => ({
  source: 'user',
  date: '',
  steps: [{ above: 0, input: input * 1e9, output: output * 1e9, cacheRead: input * 1e8, cacheWrite: input * 1e9 }],
});

test('every preset names models whose price is known, at providers that are shipped', async () => {
  const book = new PriceBook();
  for (const { id, chains } of presetsFor(FACTS)) {
    for (const text of TIERS.flatMap((tier) => chains[tier])) {
      const ref = parseModelRef(text);
      const provider = ref && providers.get(ref.provider);
      assert.ok(provider, `${id}: ${text}`);
      assert.ok(await book.find(provider, ref.model), `${id}: no price for ${text}`);
    }
  }
  assert.deepEqual(
    presetsFor(FACTS).map(({ id }) => id),
    [...PRESET_IDS],
  );
});

test('the preset with several providers has several; the local preset has only this computer', () => {
  const by = new Map(presetsFor(FACTS).map((preset) => [preset.id, preset]));
  const diverse = by.get('diversity')?.chains;
  assert.ok(diverse);
  for (const tier of ['mid', 'frontier'] as const)
    assert.equal(new Set(diverse[tier].map((ref) => ref.split('/')[0])).size, diverse[tier].length);
  const local = by.get('all-local')?.chains;
  assert.ok(local && TIERS.every((tier) => local[tier].every((ref) => ref.startsWith('ollama/'))));
  const own = presetsFor({ ...FACTS, ownServer: 'rack/qwen3-coder' }).find(({ id }) => id === 'self-hosted');
  assert.deepEqual(own?.chains.mid, ['rack/qwen3-coder']);
});

test('a preset is in use only when all chains are equal', () => {
  const [preset] = presetsFor(FACTS);
  assert.ok(preset);
  assert.equal(isActive(preset, structuredClone(preset.chains) as Chains), true);
  assert.equal(isActive(preset, { ...preset.chains, mid: [...preset.chains.mid, 'a/b'] }), false);
});

test("the sources' example month: input and output at their own prices", () => {
  const prices = { local: priceAt(0, 0), mid: priceAt(0.27, 1.1), frontier: priceAt(15, 75) };
  // 3 M × 0.27 + 1 M × 1.1 + 1.125 M × 15 + 0.375 M × 75
  assert.equal(monthCost(EXAMPLE_MONTH, prices), Math.round((0.81 + 1.1 + 16.875 + 28.125) * 1e9));
  const all = { local: priceAt(15, 75), mid: priceAt(15, 75), frontier: priceAt(15, 75) };
  assert.equal(monthCost(EXAMPLE_MONTH, all), 225e9);
});

const total = (tier: Tier, task: Total['task'], calls: number): Total => ({
  tier,
  task,
  calls,
  attempts: calls,
  inputTokens: calls * 1000,
  cachedTokens: calls * 400,
  outputTokens: calls * 100,
  nanoUsd: 0,
  estimatedNanoUsd: 0,
  unknown: 0,
  open: 0,
});

test('enough calls of the user make the month; test calls are not part of it', () => {
  assert.equal(monthUse([total('mid', 'chat', 19), total('local', 'completion', 5000)]).source, 'example');
  const use = monthUse([total('mid', 'chat', 15), total('frontier', 'escalate', 5), total('mid', 'test', 100)]);
  assert.equal(use.source, 'ledger');
  assert.deepEqual(use.tiers.mid, { input: 9000, cached: 6000, output: 1500 });
  const prices = { local: undefined, mid: priceAt(1, 2), frontier: priceAt(10, 20) };
  // A tier that was not used needs no price.
  assert.equal(monthCost(use, prices), 9e6 + 6e5 + 3e6 + (3e7 + 2e6 + 1e7));
});

test('a month with an unknown price has an unknown cost, and a month without calls costs nothing', () => {
  const free = { local: priceAt(0, 0), mid: priceAt(0, 0), frontier: priceAt(0, 0) };
  assert.equal(monthCost(EXAMPLE_MONTH, { ...free, mid: undefined }), undefined);
  assert.match(describeMonth(undefined), /unknown/);
  assert.equal(describeMonth(monthCost(EXAMPLE_MONTH, free)), '$0 a month');
  assert.equal(describeMonth(3.104e9), 'about $3.10 a month');
});

test('the preset that answers questions is found by its chains, whatever model completes; its ranges can be met', () => {
  const isOwn = (model: string): boolean => model.startsWith('ollama/') || model.startsWith('vllm/');
  for (const facts of [FACTS, { ...FACTS, ownServer: 'vllm/qwen3-coder' }])
    for (const preset of presetsFor(facts)) {
      const found = activePreset({ ...preset.chains, local: ['ollama/another'] }, isOwn);
      assert.equal(found?.id, preset.id);
      assert.deepEqual(found?.shares, preset.shares);
      const ranges = Object.values(preset.shares);
      for (const [from, to] of ranges) assert.ok(0 <= from && from < to && to <= 1, preset.id);
      if (ranges.length === 0) continue;
      const sum = (end: 0 | 1): number => ranges.reduce((all, range) => all + range[end], 0);
      assert.ok(sum(0) <= 1 && sum(1) >= 1, `${preset.id}: shares that add up to 1 lie in all ranges`);
    }
  const own = (mid: string[], frontier: string[]) => activePreset({ local: [], mid, frontier }, isOwn)?.id;
  assert.equal(own([], []), undefined);
  assert.equal(own(['openai/gpt-5'], ['openai/gpt-5']), undefined, 'one cloud model is not all local');
  assert.equal(own(['openai/gpt-5'], ['openrouter/anthropic/claude-sonnet-5']), undefined, 'no server of the own');
});
