import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setDisplayCurrency } from '../../../src/core/common/displayCurrency.ts';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import { describeLikely, describeRange, likelyCost } from '../../../src/core/money/likelyCost.ts';
import type { Price } from '../../../src/core/money/pricing.ts';

/** What is told of a cost before a call is made. */

afterEach(() => setDisplayCurrency({}));

const LIST: Price = {
  source: 'snapshot',
  date: '2026-09-23',
  steps: [{ above: 0, input: 2e9, output: 10e9, cacheRead: 2e9, cacheWrite: 2e9 }],
};
const FREE: Price = { source: 'free', date: '', steps: [] };
const PLAN: Price = { source: 'plan', date: '', steps: [], list: LIST };
const USAGE = { ...NO_USAGE, input: 10_000, output: 1_000 };

test('a price per token, a plan, the own machine and an unknown price are told apart', () => {
  const told = (price: Price | undefined) => describeLikely(likelyCost(USAGE, price));
  assert.deepEqual([LIST, PLAN, FREE, undefined].map(told), [
    'about $0.03',
    'in plan (~$0.03)',
    'free',
    'price unknown',
  ]);
  assert.equal(told({ source: 'plan', date: '', steps: [] }), 'in plan', 'without a list price there is no amount');
  assert.deepEqual(likelyCost(USAGE, PLAN), { nanoUsd: 0, monthlyPlan: { shadowNanoUsd: 30_000_000 } });
});

test('the card before a call has two amounts, or the plan; in the display currency', () => {
  const range = (over: Partial<Parameters<typeof describeRange>[0]> = {}) =>
    describeRange({ likely: 20_000_000, atMost: 310_000_000, ...over });
  assert.equal(range(), 'likely $0.02, at most $0.31');
  assert.equal(range({ atMost: null }), undefined);
  assert.equal(range({ likely: 0, atMost: 0, monthlyPlan: { shadowNanoUsd: 20_000_000 } }), 'in plan (~$0.02)');
  setDisplayCurrency({ code: 'EUR', rate: 2 });
  assert.equal(range(), 'likely 0.04 EUR, at most 0.62 EUR');
});
