import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareWith, describeComparison } from '../../../src/core/insights/savings.ts';
import { machineCost, planFees } from '../../../src/core/insights/fixedCosts.ts';
import { NO_GROUP_SUMS } from '../../../src/core/ledger/groups.ts';
import { NO_LATENCIES } from '../../../src/core/ledger/latency.ts';
import type { GroupTotal } from '../../../src/core/ledger/groupTypes.ts';

const total = (over: Partial<GroupTotal>): GroupTotal => ({
  ...NO_GROUP_SUMS,
  tier: 'mid',
  task: 'chat',
  category: null,
  model: 'cloud/cheap',
  first: NO_LATENCIES,
  end: NO_LATENCIES,
  ...over,
});

const step = { above: 0, input: 5e9, output: 25e9, cacheRead: 0.5e9, cacheWrite: 6.25e9 };
const PRICE = {
  source: 'snapshot',
  date: '2026-09-23',
  steps: [step, { ...step, above: 200_000, input: 9e9 }],
} as const;

test('questions are priced as the frontier model would be; its own answers and ghost text are left as they were', () => {
  const comparison = compareWith('frontier', { model: 'cloud/best', price: PRICE }, [
    total({ inputTokens: 1_000_000, cachedTokens: 400_000, outputTokens: 100_000, nanoUsd: 0.3e9 }),
    total({ tier: 'frontier', inputTokens: 9, nanoUsd: 2e9 }),
    total({ tier: 'local', task: 'completion', inputTokens: 1_000_000 }),
  ]);
  // 0.6 M fresh, 0.4 M cached, 0.1 M out; the frontier's own two dollars.
  assert.deepEqual(comparison, { nanoUsd: 3e9 + 0.2e9 + 2.5e9 + 2e9, paid: 2.3e9 });
  assert.match(
    describeComparison({ model: 'best', ...comparison }) ?? '',
    /questions would have cost \$7\.70 at best's price: you saved \$5\.40\./,
  );
  assert.equal(describeComparison({ model: 'best', ...comparison, nanoUsd: 1 }), undefined);
});

test('plan fees and the own machine count as paid; one model for everything pays the fee of its own plan', () => {
  const fixed = {
    plans: new Map([
      ['zai', 3e9],
      ['lab', 20e9],
    ]),
    machine: 0.5e9,
  };
  const totals = [
    total({ model: 'zai/glm', shadowNanoUsd: 9e9, inputTokens: 1_000_000 }),
    total({ tier: 'local', model: 'ollama/q', durationMs: 3_600_000, inputTokens: 0 }),
  ];
  const paid = 23.5e9;
  assert.deepEqual(compareWith('frontier', { model: 'cloud/best', price: PRICE }, totals, fixed), {
    nanoUsd: 5e9,
    paid,
  });
  const inPlan = { source: 'plan', date: '', steps: [], list: PRICE } as const;
  assert.deepEqual(
    compareWith('frontier', { model: 'lab/best', price: inPlan }, totals, fixed),
    { nanoUsd: 20e9, paid },
    'a plan of 20 dollars is not free',
  );
  assert.deepEqual(
    compareWith('mid', { model: 'cloud/best', price: PRICE }, totals, fixed),
    { nanoUsd: 3e9, paid },
    'what mid asked under its plan is taken as it was',
  );
  assert.equal(machineCost(0.4e9, totals), 0.4e9, 'an hour of the own machine');
});

test('the fee of a period is its part of each calendar month', (t) => {
  const { TZ } = process.env;
  t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
  for (const zone of ['UTC', 'Europe/Bucharest', 'America/New_York']) {
    process.env.TZ = zone;
    const at = (month: number, day: number) => new Date(2026, month, day).getTime();
    const fee = (since: number, until: number) =>
      planFees([{ provider: 'zai', nanoUsd: 30e9 }], { since, until }).get('zai');
    assert.equal(fee(at(10, 1), at(11, 1)), 30e9, zone);
    assert.equal(fee(at(8, 1), at(8, 16)), 15e9);
    assert.equal(fee(at(0, 1), at(3, 1)), 90e9, 'three months, clocks changed or not');
    assert.equal(fee(at(2, 9), at(2, 9)), 0);
    // Half of September and ten days of October.
    assert.ok(Math.abs((fee(at(8, 16), at(9, 11)) ?? 0) - (15e9 + (10 / 31) * 30e9)) < 0.1e9);
  }
});
