import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DryRun, PastRequest } from '../../../src/core/chat/routingReplay.ts';
import { sharesOf, targetsOf } from '../../../src/core/chat/routingTargets.ts';
import { costOf, type Price } from '../../../src/core/money/pricing.ts';
import { NO_USAGE, TIERS } from '../../../src/core/common/types.ts';
import { SHIPPED_RULES } from '../../../src/core/routing/rules.ts';

/** Shares and costs of thresholds on questions of the past. */

const priceOf = (input: number, output: number): Price => ({
  source: 'user',
  date: '',
  steps: [{ above: 0, input: input * 1e9, output: output * 1e9, cacheRead: input * 1e9, cacheWrite: input * 1e9 }],
});
const FREE: Price = { source: 'free', date: '', steps: [] };
const PRICES = { local: FREE, mid: priceOf(1, 2), frontier: priceOf(5, 25) };
const RUN: DryRun = { rules: SHIPPED_RULES, threshold: 3.5, private: false, windowTokens: {} };
const THRESHOLDS = [2.5, 3.5, 5];
const TEXTS = [
  'rename x to y',
  'Write a function that groups the orders by customer',
  'Redesign the architecture of this ledger: decide on partition boundaries and consistency.',
  'And now?',
];
const request = (over: Partial<PastRequest> & { text?: string; tokens?: number } = {}): PastRequest => ({
  id: 'q',
  threadId: 't',
  at: 0,
  outputTokens: 100,
  then: { tier: 'mid', model: 'm', byRule: null },
  ...over,
  asked: {
    text: over.text ?? 'rename x to y',
    tokens: over.tokens ?? 1_000,
    contextTokens: 0,
    files: 0,
    language: undefined,
    action: undefined,
    threadTurns: 0,
  },
});

test('every question is counted once on each line, and each line costs what its tiers cost', () => {
  const past = fc.array(
    fc.record({
      text: fc.constantFrom(...TEXTS),
      tokens: fc.nat(20_000),
      outputTokens: fc.option(fc.nat(3_000)),
      threadId: fc.constantFrom('a', 'b', 'c'),
      at: fc.nat(1_000),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(past, (list) => {
      const found = targetsOf(list.map(request), PRICES, RUN, THRESHOLDS);
      const all = (questions: Readonly<Record<string, number>>) =>
        TIERS.reduce((sum, tier) => sum + (questions[tier] ?? 0), 0);
      for (const line of [...found.thresholds, found.asked, found.alwaysMid, found.allFrontier])
        assert.equal(all(line.questions), list.length);
      const naive = list.reduce(
        (sum, { tokens, outputTokens }) =>
          sum + costOf({ ...NO_USAGE, input: tokens, output: outputTokens ?? 700 }, PRICES.mid),
        0,
      );
      assert.equal(found.alwaysMid.nanoUsd, naive);
      for (const { nanoUsd } of found.thresholds) assert.ok((nanoUsd ?? 0) <= (found.allFrontier.nanoUsd ?? 0));
    }),
    { numRuns: 200 },
  );
});

test('a higher threshold never sends more questions to frontier, and a chat stays where the same run put it', () => {
  const hard = request({ text: TEXTS[2] ?? '' });
  const follow = request({ id: 'q2', at: 1, text: 'And now?' });
  const [low, middle, high] = targetsOf([follow, hard], PRICES, RUN, THRESHOLDS).thresholds;
  assert.deepEqual([low?.questions.frontier, middle?.questions.frontier, high?.questions.frontier], [2, 2, 0]);
});

test('a price that is unknown makes the costs unknown of the lines that need it, and only those', () => {
  const found = targetsOf([request()], { ...PRICES, frontier: undefined }, RUN, THRESHOLDS);
  assert.equal(found.allFrontier.nanoUsd, null);
  assert.equal(found.thresholds[1]?.nanoUsd, 0);
});

test('shares are shown in whole percent of the questions', () => {
  assert.deepEqual(sharesOf({ questions: { local: 1, mid: 2, frontier: 0 }, nanoUsd: 0 }), [
    { tier: 'local', percent: 33 },
    { tier: 'mid', percent: 67 },
  ]);
  assert.deepEqual(sharesOf({ questions: { local: 0, mid: 0, frontier: 0 }, nanoUsd: 0 }), []);
});
