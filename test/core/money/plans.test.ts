import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { NO_GROUP_SUMS } from '../../../src/core/ledger/groups.ts';
import type { GroupTotal } from '../../../src/core/ledger/groupTypes.ts';
import { NO_LATENCIES } from '../../../src/core/ledger/latency.ts';
import { settleAbandoned } from '../../../src/core/ledger/ledger.ts';
import { describePlan, planFigures } from '../../../src/core/insights/planFigures.ts';
import { formatCost, withShadow } from '../../../src/core/money/displayMoney.ts';
import { formatPrice, mostOf, PriceBook } from '../../../src/core/money/pricing.ts';
import { plansOf } from '../../../src/core/money/plans.ts';
import { readProviders } from '../../../src/core/settings/providerSettings.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';

/** Flat monthly plans: a call costs nothing more, and its list price is kept beside it. */

const PRICE = { input: 0.27, output: 1.1 };
const never = new AbortController().signal;

async function shop(t: TestContext, extra: Record<string, unknown>, dialect?: 'openrouter') {
  const server = await startOpenAi({
    models: [{ name: 'mid', price: PRICE }],
    apiKey: 'sk-test',
    ...(dialect ? { dialect } : {}),
  });
  t.after(() => server.stop());
  return { server, ...testGateway(openAiAt(server.url, extra)) };
}

test('a call under a plan costs nothing, and its list price is the shadow price on the ledger', async (t) => {
  const { server, gateway, ledger } = await shop(t, { prices: { mid: PRICE }, monthlyPlan: 3 });
  const estimate = await gateway.estimate(chatCall('mid'));
  assert.deepEqual([estimate?.likely, estimate?.atMost], [0, 0]);
  assert.ok((estimate?.monthlyPlan?.shadowNanoUsd ?? 0) > 0, 'the list price is told before the call');
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.deepEqual(result.cost, { nanoUsd: 0, source: 'plan' });
  assert.equal(result.shadowNanoUsd, server.book.totals().costNano);
  assert.equal(formatCost(result.cost), 'in plan');
  const [settled] = ledger.settled;
  assert.deepEqual(settled?.cost, { nanoUsd: 0, source: 'plan' });
  assert.equal(settled?.shadowNanoUsd, server.book.totals().costNano);
  assert.ok((settled?.shadowNanoUsd ?? 0) > 0);
  const [opened] = ledger.opened;
  assert.equal(opened?.reserved, 0);
  assert.equal(opened?.price, 'plan user 0.27/1.1/0.27/0.27');
});

test('under a plan the cost that the provider states is the shadow price', async (t) => {
  const prices = { mid: { input: 99, output: 99 } };
  const { server, gateway, ledger } = await shop(t, { prices, monthlyPlan: 0 }, 'openrouter');
  await finish(gateway.stream(chatCall('mid'), never));
  assert.deepEqual(ledger.settled[0]?.cost, { nanoUsd: 0, source: 'plan' });
  assert.equal(ledger.settled[0]?.shadowNanoUsd, server.book.totals().costNano);
});

test('a plan covers models whose price is not known; without a plan there is no shadow price', async (t) => {
  const covered = await shop(t, { prices: {}, monthlyPlan: 20 });
  await finish(covered.gateway.stream(chatCall('mid'), never));
  assert.deepEqual(covered.ledger.settled[0]?.cost, { nanoUsd: 0, source: 'plan' });
  assert.equal(covered.ledger.settled[0]?.shadowNanoUsd, null);
  assert.deepEqual((await covered.gateway.estimate(chatCall('mid')))?.monthlyPlan, { shadowNanoUsd: null });
  const paid = await shop(t, { prices: { mid: PRICE } });
  await finish(paid.gateway.stream(chatCall('mid'), never));
  assert.equal(paid.ledger.settled[0]?.cost.source, 'computed');
  assert.equal(paid.ledger.settled[0]?.shadowNanoUsd, null);
});

test('an attempt whose window crashed is in plan too', () => {
  const row = { price: 'plan snapshot 2026-09-23 1/2/1/1', reserved: 0 };
  const opened = { attemptId: 'a/1', callId: 'a', openedAt: 1, estimatedInput: 5, estimatedCost: 0, ...row };
  assert.deepEqual(settleAbandoned(opened as never, 2).cost, { nanoUsd: 0, source: 'plan' });
});

test('the settings take a plan of 0 and more, and report anything else', () => {
  const read = (monthlyPlan: unknown) => {
    const messages: string[] = [];
    const providers = readProviders(
      { zai: { kind: 'openai', baseUrl: 'https://api.z.ai/api/coding/paas/v4', monthlyPlan } },
      { lastGood: undefined, ollamaUrl: undefined, ollamaHost: undefined, report: (text) => messages.push(text) },
    );
    return { plan: providers?.get('zai')?.monthlyPlan, plans: plansOf(providers ?? new Map()), messages };
  };
  assert.deepEqual(read(3), { plan: 3, plans: [{ provider: 'zai', nanoUsd: 3_000_000_000 }], messages: [] });
  assert.equal(read(0).plan, 0);
  assert.deepEqual(read(undefined).plans, []);
  for (const wrong of [-1, '3', NaN, null, {}]) {
    const { plan, messages } = read(wrong);
    assert.equal(plan, undefined, String(wrong));
    assert.match(messages[0] ?? '', /zai"?: monthlyPlan is not valid/);
  }
});

test('whatever is asked, a price under a plan reserves nothing and says that it is in plan', async () => {
  const provider = { name: 'p', kind: 'openai', headers: {}, prices: new Map(), monthlyPlan: 3 } as const;
  const entry = await new PriceBook().find(
    { ...provider, baseUrl: 'https://openrouter.ai/api/v1' },
    'anthropic/claude-opus-5.5',
  );
  assert.equal(entry?.price.list?.source, 'snapshot');
  assert.equal(formatPrice(entry?.price), 'in plan');
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(100_000), (input, output) => {
      assert.equal(mostOf(input, output, entry?.price), 0);
    }),
  );
  // A model on this computer is free, plan or not.
  const own = { ...provider, kind: 'ollama', baseUrl: 'http://127.0.0.1:11434' } as const;
  assert.equal((await new PriceBook().find(own, 'qwen'))?.price.source, 'free');
});

test('the figures of a plan are those of its provider alone', () => {
  const total = (model: string, calls: number, shadowNanoUsd: number): GroupTotal => ({
    ...{ tier: 'mid', task: 'chat', category: 'bug', model },
    ...{ ...NO_GROUP_SUMS, calls, shadowNanoUsd, first: NO_LATENCIES, end: NO_LATENCIES },
  });
  const [zai, idle] = planFigures(
    [total('zai/glm', 4, 7_200_000_000), total('zai/glm-air', 2, 100_000_000), total('zai2/glm', 9, 5)],
    [
      { provider: 'zai', nanoUsd: 3_000_000_000 },
      { provider: 'idle', nanoUsd: 1_000_000_000 },
    ],
  );
  assert.ok(zai && idle);
  assert.equal(zai.calls, 6);
  assert.equal(describePlan(zai), 'Plan zai, $3.00 a month: by list price, its calls would have cost $7.30.');
  assert.equal(describePlan(idle), 'Plan idle, $1.00 a month: no calls.');
  assert.match(describePlan({ ...zai, shadowNanoUsd: 0 }), /list price of its models is unknown/);
  assert.equal(withShadow('$0', { nanoUsd: 0, shadowNanoUsd: 410_000_000 }), 'in plan ($0.41)');
  assert.equal(withShadow('$0.10', { nanoUsd: 1e8, shadowNanoUsd: 410_000_000 }), '$0.10 + in plan ($0.41)');
  assert.equal(withShadow('$0.10', { nanoUsd: 1e8, shadowNanoUsd: 0 }), '$0.10');
});
