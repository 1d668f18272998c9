import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareWith, describeComparison } from '../../../src/core/insights/savings.ts';
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
  const comparison = compareWith('frontier', PRICE, [
    total({ inputTokens: 1_000_000, cachedTokens: 400_000, outputTokens: 100_000, nanoUsd: 0.3e9 }),
    total({ tier: 'frontier', inputTokens: 9, nanoUsd: 2e9 }),
    total({ tier: 'local', task: 'completion', inputTokens: 1_000_000 }),
  ]);
  // 0.6 M fresh, 0.4 M cached, 0.1 M out; the frontier's own two dollars.
  assert.deepEqual(comparison, { nanoUsd: 3e9 + 0.2e9 + 2.5e9 + 2e9, paid: 2.3e9 });
  assert.match(
    describeComparison({ model: 'best', ...comparison }) ?? '',
    /questions would have cost \$7\.70 at best's list price: \$5\.40 saved\./,
  );
  assert.equal(describeComparison({ model: 'best', ...comparison, nanoUsd: 1 }), undefined);
});
