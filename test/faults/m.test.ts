import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { budgetsFor, limitOf, warningName, type Budget } from '../../src/core/money/budgets.ts';
import { CHAT_LIMITS, type ModelCall } from '../../src/core/gateway/call.ts';
import { CostCheck, type CostDrift } from '../../src/core/money/priceDrift.ts';
import { describeFailure } from '../../src/core/gateway/describeFailure.ts';
import { OverLimitError, type LedgerStore, type SpendingLimit } from '../../src/core/ledger/ledger.ts';
import { costOf, isFree, mostOf, PriceBook } from '../../src/core/money/pricing.ts';
import { parseSettings, type RawSettings } from '../../src/core/settings/settings.ts';
import { classify, isWorthAsking } from '../../src/core/routing/classifier.ts';
import type { Complexity } from '../../src/core/routing/routingTypes.ts';
import { mostRequestTokens } from '../../src/core/common/tokens.ts';
import type { Message } from '../../src/core/common/types.ts';
import type { LedgerBase } from '../../src/storage/ledger/buffer.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';
import { HOUR, makeDir, NOON, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';
import { FACTS } from '../support/facts.ts';
import { chatCall, finish, openAiAt, testGateway } from '../support/gateway.ts';
import { DEFAULTS } from '../support/manifest.ts';
import { seeded } from '../support/random.ts';

/** Money: the cases M01 to M21. */

const never = new AbortController().signal;
const MODELS = [
  { name: 'mid', price: { input: 0.27, output: 1.1, cacheRead: 0.07 } },
  { name: 'frontier', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }, reasoning: true },
];
const PRICES = Object.fromEntries(MODELS.map(({ name, price }) => [name, price]));

const budget = (over: Partial<Budget> = {}): Budget => ({ usd: 5, period: 'day', warnAt: 0.8, stop: 'ask', ...over });

/** A cloud with a real ledger that several windows share, each with a gateway of its own. */
async function shop(
  t: TestContext,
  budgets: readonly Budget[],
  {
    windows = 1,
    settings = {},
    server: options = {},
  }: {
    windows?: number;
    settings?: Record<string, unknown>;
    server?: Parameters<typeof startOpenAi>[0];
  } = {},
) {
  const server = await startOpenAi({ models: MODELS, apiKey: 'sk-test', ...options });
  t.after(() => server.stop());
  const dir = await makeDir(t);
  const open = async (windowId: string) => {
    const { store } = await openLedger({ dir, windowId, clock: Date.now, log: () => undefined });
    t.after(() => store.close());
    const { gateway } = testGateway(openAiAt(server.url, { prices: PRICES, ...settings }), {
      ledger: store,
      windowId,
      budgets: (tier) => budgetsFor(budgets, tier, null, Date.now()),
    });
    return { store, gateway };
  };
  const all = [];
  for (let n = 0; n < windows; n++) all.push(await open(`window-${n}`));
  const [first] = all;
  assert.ok(first);
  return { server, windows: all, ...first };
}

const spendingOf = async (store: LedgerStore, limit: SpendingLimit): Promise<number> => {
  const [found] = await store.spending([limit]);
  assert.ok(found);
  return found.spent + found.reserved;
};

test('M01 fifty parallel calls in three windows never overrun a budget for ten', async (t) => {
  const most = mostOf(mostRequestTokens(chatCall('mid').request), 500, priceOf(PRICES['mid']));
  assert.ok(most);
  const limit = budget({ usd: (most * 10) / 1e9 });
  const { server, windows, store } = await shop(t, [limit], { windows: 3 });
  let highest = 0;
  const calls = Array.from({ length: 50 }, async (_, n) => {
    const { gateway } = windows[n % 3] ?? assert.fail();
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    highest = Math.max(highest, await spendingOf(store, limitOf(limit, Date.now())));
    return result;
  });
  const results = await Promise.all(calls);
  const done = results.filter(({ outcome }) => outcome === 'done').length;
  const refused = results.filter(({ failure }) => failure?.kind === 'budget');
  assert.equal(done + refused.length, 50);
  assert.ok(done >= 10, `at least what surely fits goes out: ${done}`);
  assert.equal(server.book.calls.length, done, 'nothing is sent that was refused');
  assert.ok(highest <= most * 10, `${highest} of ${most * 10}`);
  assert.match(describe(refused[0]?.failure), /^Budget .* a day: .* left\. This may cost up to /);
  // O8: what was refused holds nothing back
  const after = await store.spending([limitOf(limit, Date.now())]);
  assert.equal(after[0]?.reserved, 0);
});

test('M01 ten thousand random schedules of parallel calls: no overrun at any moment', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const stores = await Promise.all(['w1', 'w2', 'w3'].map((windowId) => openSqliteLedger({ file, windowId })));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  const random = seeded(20261121);
  const below = (n: number) => Math.floor(random() * n);
  let overruns = 0;
  let refused = 0;
  for (let schedule = 0; schedule < 10_000; schedule++) {
    // a period of its own is a ledger of its own; every other one begins in the middle of an hour
    const since = NOON + schedule * HOUR + (schedule % 2) * 1_000;
    const limit: SpendingLimit = { since, tier: null, workspace: null, nanoUsd: 1_000 };
    const under: { id: string; reserved: number }[] = [];
    let total = 0;
    for (let step = 0; step < 6; step++) {
      const store = stores[below(3)] ?? assert.fail();
      const running = under.length > 0 && random() < 0.4 ? under.splice(below(under.length), 1)[0] : undefined;
      if (running) {
        const cost = below(running.reserved + 1);
        await store.settle(settled(running.id, { cost: { nanoUsd: cost, source: 'computed' } }));
        total -= running.reserved - cost;
      } else {
        const id = `${schedule}-${step}/1`;
        const reserved = 1 + below(600);
        try {
          await store.open(opened(id, { reserved, openedAt: since + step }), [limit]);
          under.push({ id, reserved });
          total += reserved;
        } catch (error) {
          assert.ok(error instanceof OverLimitError);
          assert.ok(total + reserved > limit.nanoUsd, 'what fits is not refused');
          refused++;
        }
      }
      if (total > limit.nanoUsd) overruns++;
    }
    if (schedule % 100 === 0) assert.equal(await spendingOf(stores[0] ?? assert.fail(), limit), total);
    for (const { id } of under) await stores[0]?.settle(settled(id, { cost: { nanoUsd: 0, source: 'computed' } }));
  }
  assert.equal(overruns, 0);
  assert.ok(refused > 1_000, `the budgets are tight: ${refused} refused`);
});

test('M02 what a dead window had reserved is free after a minute, and its row is estimated', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const dead = await openSqliteLedger({ file, windowId: 'dead' });
  const limit: SpendingLimit = { since: NOON, tier: null, workspace: null, nanoUsd: 100_000 };
  await dead.open(opened('a/1', { windowId: 'dead', reserved: 90_000 }), [limit]);
  await dead.close();
  const store = await openSqliteLedger({ file, windowId: 'alive' });
  t.after(() => store.close());
  await store.heartbeat(NOON + 59_000);
  assert.deepEqual(await store.spending([limit]), [{ spent: 0, reserved: 90_000 }]);
  await store.heartbeat(NOON + 60_001);
  assert.deepEqual(
    await store.spending([limit]),
    [{ spent: 90_000, reserved: 0 }],
    'charged with the most it can cost',
  );
  const [row] = await store.rows({ since: 0 });
  assert.deepEqual([row?.settled?.outcome, row?.settled?.cost.source], ['interrupted', 'estimated']);
});

test("M03 503 twice, then an answer: a row per attempt, and together they are the server's book", async (t) => {
  const { server, store, gateway } = await shop(t, []);
  server.next('status:503');
  server.next('status:503');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ticking = setInterval(() => t.mock.timers.tick(5_000), 5);
  t.after(() => clearInterval(ticking));
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  const rows = await store.rows({ since: 0 });
  assert.equal(rows.length, 3);
  assert.equal(new Set(rows.map(({ callId }) => callId)).size, 1);
  assert.equal(result.cost.nanoUsd, server.book.totals().costNano);
  const [total] = await store.totals(0);
  assert.deepEqual([total?.calls, total?.attempts, total?.nanoUsd], [1, 3, server.book.totals().costNano]);
});

test('M04 an answer that was lost after it was generated is asked for again only when the budget covers both', async (t) => {
  const most = mostOf(mostRequestTokens(chatCall('mid').request), 500, priceOf(PRICES['mid'])) ?? 0;
  for (const covered of [true, false]) {
    const usd = covered ? (most * 3) / 1e9 : most / 1e9;
    const { server, store, gateway } = await shop(t, [budget({ usd })]);
    server.next('reset:0');
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    const rows = (await store.rows({ since: 0 })).toReversed();
    assert.equal(rows[0]?.settled?.cost.source, 'estimated', 'the first may have been billed');
    assert.ok((rows[0].settled.cost.nanoUsd ?? 0) > 0);
    assert.equal(rows.length, covered ? 2 : 1);
    assert.equal(result.outcome, covered ? 'done' : 'failed');
    assert.equal(server.book.entries.length, covered ? 2 : 1);
  }
});

test('M05 a model that may cost over twice the first, or anything where the first is free, is asked about once, or never', async (t) => {
  const { server, store } = await shop(t, []);
  const at = (dearer: string, asked: string[], answer = true) =>
    testGateway(
      { ...openAiAt(server.url, { prices: PRICES }), 'fallback.costlier': dearer },
      {
        ledger: store,
        askStepUp: (from, to) => {
          asked.push(`${from.model.model} ${from.mostNanoUsd} > ${to.model.model} ${to.mostNanoUsd}`);
          return Promise.resolve(answer);
        },
      },
    ).gateway;
  for (const [dearer, answer, questions, answeredBy] of [
    ['ask', true, 1, 'frontier'],
    ['ask', false, 1, null],
    ['allow', false, 0, 'frontier'],
    ['never', true, 0, null],
  ] as const) {
    const asked: string[] = [];
    const gateway = at(dearer, asked, answer);
    for (let again = 0; again < 2; again++) {
      server.reset();
      server.always({
        reply: ({ body }) =>
          modelOf(body) === 'mid'
            ? { status: 404, body: { error: { message: 'model mid not found' } } }
            : { status: 200, body: whole('dear') },
      });
      const dear = await finish(gateway.stream(chatCall(['mid', 'frontier']), never));
      assert.equal(dear.result.outcome === 'done' ? dear.result.model?.model : null, answeredBy, dearer);
      if (!answeredBy) {
        assert.equal(dear.result.failure?.kind, 'model-missing', 'it ends with the first failure');
        assert.equal(dear.result.attempts.at(-1)?.failure?.kind, 'too-expensive');
      }
    }
    assert.equal(asked.length, questions, `${dearer}: once in a session`);
    if (questions) assert.match(asked[0] ?? '', /^mid \d+ > frontier \d+$/);
  }
  // typing is never interrupted by a question
  server.reset();
  const asked: string[] = [];
  const typing = await finish(at('ask', asked).stream(chatCall(['gone', 'frontier'], { task: 'completion' }), never));
  assert.equal(typing.result.outcome, 'failed');
  assert.deepEqual(asked, []);
});

test('M05 a step from a free model to a paid one is asked about, also where the paid one was free before', async (t) => {
  const { server, store } = await shop(t, []);
  const asked: string[] = [];
  const free = { input: 0, output: 0 };
  let prices: Record<string, object> = { small: free, other: free };
  const settings = () =>
    parseSettings({ ...DEFAULTS, ...openAiAt(server.url, { prices }) } as unknown as RawSettings, undefined).settings;
  const { gateway } = testGateway(openAiAt(server.url, { prices }), {
    ledger: store,
    settings,
    askStepUp: (from, to) => {
      asked.push(`${from.model.model} ${from.mostNanoUsd} > ${to.model.model} ${to.mostNanoUsd ? 'paid' : 'free'}`);
      return Promise.resolve(false);
    },
  });
  server.always({
    reply: ({ body }) =>
      modelOf(body) === 'small'
        ? { status: 404, body: { error: { message: 'model small not found' } } }
        : { status: 200, body: whole('from the other one') },
  });
  const ask = async () => (await finish(gateway.stream(chatCall(['small', 'other']), never))).result;
  assert.deepEqual([(await ask()).outcome, asked], ['done', []], 'from free to free nobody is asked');
  prices = { small: free, other: { input: 0.000_1, output: 0.000_1 } };
  const refused = await ask();
  assert.deepEqual([refused.outcome, refused.failure?.kind], ['failed', 'model-missing']);
  assert.deepEqual(asked, ['small 0 > other paid'], 'however little it costs');
  assert.equal(server.book.calls.length, 3, 'nothing went to the model that costs');
});

test('M06 a model of unknown price is never shown as free, and is not sent to under a hard budget', async (t) => {
  for (const stop of ['refuse', 'ask'] as const) {
    const { server, store, gateway } = await shop(t, [budget({ stop })], { settings: { prices: {} } });
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    assert.equal(result.failure?.kind, 'no-price');
    assert.match(describe(result.failure), /the price of mid is unknown/i);
    assert.equal(server.book.entries.length, 0);
    assert.deepEqual(await store.rows({ since: 0 }), []);
  }
  const { gateway, store } = await shop(t, [budget({ stop: 'warn' })], { settings: { prices: {} } });
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.deepEqual(result.cost, { nanoUsd: null, source: 'unknown' });
  assert.equal((await store.totals(0))[0]?.unknown, 1);
});

test('M07 the local tier costs nothing and needs no budget; a "local" model elsewhere is not free', async (t) => {
  const server = await startOllama({ models: ['qwen2.5-coder:1.5b-base'] });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway(
    { ...openAiAt('http://127.0.0.1:9'), providers: { box: { kind: 'ollama', baseUrl: server.url } } },
    { budgets: (tier) => budgetsFor([budget({ usd: 0, stop: 'refuse' })], tier, null, Date.now()) },
  );
  const call: ModelCall = {
    ...chatCall('x', { tier: 'local' }),
    chain: [{ provider: 'box', model: 'qwen2.5-coder:1.5b-base' }],
    limits: CHAT_LIMITS,
  };
  const { result } = await finish(gateway.stream(call, never));
  assert.deepEqual([result.outcome, result.cost], ['done', { nanoUsd: 0, source: 'free' }]);
  assert.deepEqual([ledger.opened[0]?.reserved, ledger.opened[0]?.price], [0, 'free']);
  const provider = { name: 'box', kind: 'ollama', headers: {}, prices: new Map() } as const;
  assert.equal(isFree({ ...provider, baseUrl: 'http://127.0.0.1:11434' }, 'qwen3'), true);
  assert.equal(isFree({ ...provider, baseUrl: 'http://gpu-box:11434' }, 'qwen3'), false);
  assert.equal(isFree({ ...provider, baseUrl: 'http://127.0.0.1:11434' }, 'gpt-oss:120b-cloud'), false);
});

test('M08 impossible prices are refused and the old one stays; one that is off by a factor of a thousand is not taken', async () => {
  const withPrice = (input: unknown) => ({
    ...DEFAULTS,
    providers: {
      openai: { kind: 'openai', baseUrl: 'https://api.openai.com/v1', prices: { 'gpt-5': { input, output: 10 } } },
    },
  });
  const good = parseSettings(withPrice(1.25) as unknown as RawSettings, undefined).settings;
  for (const bad of [-1, NaN, Infinity, 1e308, '0,5', null, [], {}]) {
    const { settings, problems } = parseSettings(withPrice(bad) as unknown as RawSettings, good);
    assert.equal(settings.providers.get('openai')?.prices.get('gpt-5')?.input, 1.25, String(bad));
    assert.equal(problems.filter(({ setting }) => setting === 'gearshift.providers').length, 1, String(bad));
  }
  const found = async (input: number) => {
    const { settings } = parseSettings(withPrice(input) as unknown as RawSettings, undefined);
    const provider = settings.providers.get('openai');
    assert.ok(provider);
    return new PriceBook().find(provider, 'gpt-5');
  };
  assert.equal((await found(2))?.price.source, 'user');
  assert.equal((await found(2))?.doubtful, undefined);
  // USD per token, or per thousand millions
  for (const slip of [0.00000125, 1_250_000 / 100]) {
    const entry = await found(slip);
    assert.equal(entry?.price.source, 'snapshot', String(slip));
    assert.equal(entry.doubtful, true);
  }
  assert.equal((await found(0))?.price.source, 'user', 'a price of zero is meant');
});

test('M09 a new price changes no row that is there', async (t) => {
  const { store, gateway, server } = await shop(t, []);
  await finish(gateway.stream(chatCall('mid'), never));
  const before = await store.rows({ since: 0 });
  const dearer = testGateway(openAiAt(server.url, { prices: { mid: { input: 99, output: 99 } } }), { ledger: store });
  await finish(dearer.gateway.stream(chatCall('mid'), never));
  const after = await store.rows({ since: 0 });
  assert.deepEqual(after.slice(1), before);
  assert.deepEqual([after[1]?.price, after[0]?.price], ['user 0.27/1.1/0.07/0.27', 'user 99/99/99/99']);
});

test('M10 one currency: every amount is USD, and a provider’s cost in something else is never taken for it', async (t) => {
  const { server, gateway, store } = await shop(t, []);
  const reply = (usage: object) =>
    server.next({
      reply: {
        status: 200,
        body: { ...whole('said'), model: 'mid', usage: { prompt_tokens: 10, completion_tokens: 1, ...usage } },
      },
    });
  // A cost as a text with its unit, or with a currency beside it, is not a number of USD.
  for (const usage of [{ cost: '0.01 EUR' }, { cost: { amount: 1, currency: 'EUR' } }, { cost: 1, currency: 'EUR' }]) {
    reply(usage);
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    assert.deepEqual(result.cost, { nanoUsd: 10 * 270 + 1_100, source: 'computed' }, JSON.stringify(usage));
  }
  reply({ cost: 0.001 });
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.deepEqual(result.cost, { nanoUsd: 1_000_000, source: 'provider' });
  const [total] = await store.totals(0);
  assert.equal(total?.nanoUsd, 3 * (10 * 270 + 1_100) + 1_000_000);
});

test('M11 a million amounts of a hundredth of a thousandth are exactly ten', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  t.after(() => store.close());
  const cost = {
    nanoUsd: costOf({ input: 100, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }, tenCents()),
    source: 'computed',
  } as const;
  assert.equal(cost.nanoUsd, 10_000, '0.00001 USD');
  for (let batch = 0; batch < 100; batch++) {
    store.include(
      Array.from({ length: 1_000 }, (_, n) => `${batch}-${n}/1`).flatMap((id) => [
        { kind: 'opened' as const, row: opened(id) },
        { kind: 'settled' as const, row: settled(id, { cost }) },
      ]),
    );
  }
  // a tenth of the million, so that the test stays quick: whole numbers do not round later either
  assert.equal((await store.totals(0))[0]?.nanoUsd, 1_000_000_000);
});

test('M14 asking a classifier has its own row, never costs more than it can save, and where it fails the scorer decides', async (t) => {
  const { server, store, gateway } = await shop(t, []);
  const scored: Complexity = { score: 3.1, level: 3, signals: [] };
  const parts = { gateway, model: { provider: 'cloud', model: 'mid' }, tier: 'mid' } as const;
  server.script('{"complexity": 5}');
  const asked = await classify(FACTS, scored, parts, never);
  assert.deepEqual([asked.source, asked.complexity.level], ['classifier', 5]);
  const [row] = await store.rows({ since: 0 });
  assert.equal(row?.task, 'routing');
  assert.equal(row.settled?.cost.nanoUsd, server.book.totals().costNano);
  server.always('status:503');
  const failed = await classify(FACTS, scored, parts, never);
  assert.deepEqual([failed.source, failed.complexity], ['scorer', scored]);
  assert.equal(isWorthAsking(1_001, { mid: 10_000, frontier: 20_000 }), false);
  assert.equal(isWorthAsking(1_000, { mid: 10_000, frontier: 20_000 }), true);
  assert.equal(isWorthAsking(null, { mid: 10_000, frontier: 20_000 }), false, 'nobody knows its price');
});

test('M16 the warning of a budget is shown once per period over all windows; at the limit only what costs is refused', async (t) => {
  const limit = budget({ usd: 0.0000001, stop: 'refuse' });
  const { windows, gateway, server } = await shop(t, [limit], { windows: 3 });
  const name = warningName({ budget: limit, limit: limitOf(limit, NOON) });
  const told = await Promise.all(windows.map(({ store }) => store.claim(name)));
  assert.equal(told.filter(Boolean).length, 1);
  const next = warningName({ budget: limit, limit: limitOf(limit, NOON + 86_400_000) });
  assert.equal(await windows[2]?.store.claim(next), true, 'the next day it is said again');
  const { result } = await finish(gateway.stream(chatCall('mid', { overBudget: true }), never));
  assert.equal(result.failure?.kind, 'budget', 'a budget that refuses cannot be overridden');
  assert.equal(result.failure.mayOverride, false);
  assert.equal(server.book.entries.length, 0);
});

test('M16 a budget that asks lets the call through once the user has seen the figures', async (t) => {
  const { gateway, store } = await shop(t, [budget({ usd: 0.0000001 })]);
  const refused = await finish(gateway.stream(chatCall('mid'), never));
  assert.equal(refused.result.failure?.mayOverride, true);
  assert.equal(describeFailure(refused.result.failure, place).next, 'send-anyway');
  const sent = await finish(gateway.stream(chatCall('mid', { overBudget: true }), never));
  assert.equal(sent.result.outcome, 'done');
  assert.equal((await store.rows({ since: 0 })).length, 1);
});

test('M17 costs that a provider states and that differ from the computed ones by more than 2% over 20 calls are reported once', async (t) => {
  const { server } = await shop(t, [], { server: { dialect: 'openrouter' } });
  for (const [factor, told] of [
    [1, 0],
    [1.01, 0],
    [1.1, 1],
    [0.8, 1],
  ] as const) {
    const check = new CostCheck();
    const drifts: CostDrift[] = [];
    const { gateway } = testGateway(
      openAiAt(server.url, { prices: { mid: { input: 0.27 * factor, output: 1.1 * factor } } }),
      {
        compareCost(...costs) {
          const drift = check.add(...costs);
          if (drift) drifts.push(drift);
        },
      },
    );
    for (let n = 0; n < 25; n++) {
      await finish(gateway.stream(chatCall('mid', { request: { ...chatCall('mid').request, maxTokens: 20 } }), never));
      if (n < 19) assert.equal(drifts.length, 0, 'not before 20 calls');
    }
    assert.equal(drifts.length, told, `prices ${factor} times the true ones`);
    if (told) assert.deepEqual([drifts[0]?.calls, drifts[0]?.model.model], [20, 'mid']);
  }
});

test('M20 the true cost is never above the highest one that was shown, whatever the text', async (t) => {
  const { gateway, server } = await shop(t, [], { server: { promptCache: 'write' } });
  const random = seeded(7);
  const alphabet = ['const x = 1;\n', '价格表', '🧪', '\t{}', 'ß', 'aaaaaaaa', '0x7f ', '\u0301', '𝕏', 'if (a<b) '];
  for (let run = 0; run < 60; run++) {
    const text = () =>
      Array.from(
        { length: 1 + Math.floor(random() * 200) },
        () => alphabet[Math.floor(random() * alphabet.length)],
      ).join('');
    const messages: Message[] = [
      { role: 'system', content: text() },
      { role: 'user', content: text() },
    ];
    const request = { kind: 'chat' as const, messages, maxTokens: 1 + Math.floor(random() * 400) };
    const model = run % 2 ? 'mid' : 'frontier';
    const call = chatCall(model, { request, tier: model as 'mid' });
    const testing = testGateway(openAiAt(server.url, { prices: PRICES }));
    const estimate = await testing.gateway.estimate(call);
    const { result } = await finish(gateway.stream(call, never));
    assert.ok(estimate?.atMost, 'a highest cost is shown');
    assert.ok((result.cost.nanoUsd ?? Infinity) <= estimate.atMost, `${result.cost.nanoUsd} of ${estimate.atMost}`);
    assert.ok((estimate.likely ?? 0) <= estimate.atMost);
  }
});

test('M21 the request names one model, and no list of others for the provider to choose from', async (t) => {
  const { server, gateway } = await shop(t, [], { server: { dialect: 'openrouter' } });
  await finish(gateway.stream(chatCall(['mid', 'frontier']), never));
  const [entry] = server.book.entries;
  const body = entry?.body as Record<string, unknown>;
  assert.equal(body['model'], 'mid');
  for (const field of ['models', 'route', 'fallbacks', 'provider']) assert.equal(body[field], undefined, field);
});

test('G05 with a hard budget nothing that costs is sent while the ledger cannot be written; local continues', async (t) => {
  const { gateway, server } = await shop(t, [budget({ stop: 'refuse' })]);
  await finish(gateway.stream(chatCall('mid'), never));
  const { bufferWrites } = await import('../../src/storage/ledger/buffer.ts');
  const broken = { open: () => Promise.reject(new Error('ENOSPC')) } as unknown as LedgerBase;
  const ledger = bufferWrites(broken, { onProblem: () => undefined, clock: Date.now });
  const hard = testGateway(openAiAt(server.url, { prices: PRICES }), {
    ledger,
    budgets: (tier) => budgetsFor([budget()], tier, null, Date.now()),
  });
  const { result } = await finish(hard.gateway.stream(chatCall('mid'), never));
  assert.equal(result.failure?.kind, 'no-ledger');
  assert.equal(server.book.calls.length, 1);
  await assert.doesNotReject(ledger.open(opened(`${randomUUID()}/1`, { tier: 'local', reserved: 0 }), []));
});

test('M01 without SQLite, too, two windows cannot spend the same last cent', async (t) => {
  const dir = await makeDir(t);
  const open = async (windowId: string) => {
    const { store } = await openLedger({
      dir,
      windowId,
      clock: Date.now,
      log: () => undefined,
      loadSqlite: withoutSqlite,
    });
    t.after(() => store.close());
    return store;
  };
  const stores = [await open('w1'), await open('w2')];
  const limit: SpendingLimit = { since: 0, tier: null, workspace: null, nanoUsd: 1_000 };
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => stores[n % 2]?.open(opened(`${n}/1`, { reserved: 100 }), [limit])),
  );
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 10);
});

const modelOf = (body: unknown): unknown => (body as { model?: unknown }).model;
const whole = (content: string) => ({
  model: 'frontier',
  choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
});

const place = { provider: 'cloud', host: 'cloud', model: 'mid', kind: 'openai' } as const;
const describe = (failure: Parameters<typeof describeFailure>[0] | null | undefined): string =>
  failure ? describeFailure(failure, place).text : '';

function priceOf(price: (typeof PRICES)[string] | undefined) {
  assert.ok(price);
  const nano = (usd: number) => Math.round(usd * 1e9);
  const {
    input,
    output,
    cacheRead = input,
    cacheWrite = input,
  } = price as Record<string, number> & {
    input: number;
    output: number;
  };
  return {
    source: 'user' as const,
    date: '',
    steps: [
      { above: 0, input: nano(input), output: nano(output), cacheRead: nano(cacheRead), cacheWrite: nano(cacheWrite) },
    ],
  };
}

/** $0.10 per million tokens. */
const tenCents = () => priceOf({ input: 0.1, output: 0.1 } as never);
