import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Insights, type InsightsMessage } from '../../../src/editor/insights/insights.ts';
import { watchDay, watchSpan } from '../../../src/core/insights/watchWeek.ts';
import { reportOf } from '../../../src/editor/insights/report.ts';
import { route } from '../../../src/core/routing/route.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import { rulesOn } from '../../../src/core/routing/rules.ts';
import { periodStarts } from '../../../src/core/insights/figures.ts';
import { forecastMonth } from '../../../src/core/money/budgets.ts';
import { formatUsd } from '../../../src/core/money/pricing.ts';
import { spanOf } from '../../../src/core/insights/spans.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { makeLedger } from '../../support/yearLedger.ts';
import { Memory, openWindow } from '../../support/window.ts';

/** Insights on a real ledger, with the settings of a window. */

const NOW = new Date(2026, 10, 27, 17).getTime();

async function openInsights(t: TestContext, days: number, settings: Record<string, unknown> = {}) {
  const window = openWindow(t, { settings });
  const store = await openSqliteLedger({ file: path.join(window.host.root, 'ledger.db'), windowId: 'w1' });
  t.after(() => store.close());
  const { opened, settled, outcomes } = makeLedger(days, NOW);
  store.include([
    ...opened.map((row) => ({ kind: 'opened', row }) as const),
    ...settled.map((row) => ({ kind: 'settled', row }) as const),
    ...outcomes.map((row) => ({ kind: 'outcome', row }) as const),
  ]);
  const memento = new Memory();
  let now = NOW;
  const parts = { ...window, store: () => Promise.resolve(store), memento, now: () => now };
  const insights = new Insights(parts);
  const act = async (message: InsightsMessage) => {
    await insights.act(message);
    return insights.read();
  };
  return {
    ...window,
    store,
    memento,
    insights,
    act,
    read: () => insights.read(),
    pass: (ms: number) => (now += ms),
    opened,
    settled,
  };
}

test('an empty ledger has a sentence, without a figure that would be a guess', async (t) => {
  const { read } = await openInsights(t, 0);
  const view = await read();
  assert.equal(view.money.amount, '$0');
  assert.deepEqual([view.advice, view.worth, view.questions, view.quality.rates], [[], null, [], []]);
  assert.equal(view.money.table.rows.length, 0);
  assert.ok(view.money.table.empty);
  assert.equal(view.period.mayGoBack, false);
});

test('one day says what it cost, and nothing that needs more', async (t) => {
  const { read, settled } = await openInsights(t, 1);
  const view = await read();
  assert.equal(view.worth, null);
  assert.deepEqual(
    view.advice.filter(({ id }) => id.startsWith('rework')),
    [],
  );
  const paid = settled.reduce((sum, { cost }) => sum + (cost.nanoUsd ?? 0), 0);
  assert.equal(view.money.amount, `$${(paid / 1e9).toFixed(2)}`);
  assert.match(view.quality.survival.rows[0]?.[2] ?? '', /not enough yet/);
});

test('a year: advice at the threshold, a period back, a workspace, a tier', async (t) => {
  const { read, act, opened, settled } = await openInsights(t, 365);
  const view = await read();
  assert.deepEqual(
    view.advice.map(({ id }) => id),
    ['rework:mid:bug', 'small-work:lookup'],
  );
  assert.match(view.advice[0]?.tried ?? '', /Questions of this kind/);
  assert.ok(view.worth);
  assert.equal(view.money.chart.bars.length, 30);
  const starts = periodStarts(NOW);
  const paidSince = (since: number) =>
    opened.reduce((sum, row, n) => (row.openedAt >= since ? sum + (settled[n]?.cost.nanoUsd ?? 0) : sum), 0);
  const forecast = formatUsd(forecastMonth(paidSince(starts.month), paidSince(starts.week), NOW) ?? 0);
  assert.ok(view.money.facts.includes(`about ${forecast} by the end of the month`), 'the forecast of the hover');
  const back = await act({ kind: 'period', period: 'month', back: 1 });
  const costOf = new Map(settled.map(({ attemptId, cost }) => [attemptId, cost.nanoUsd ?? 0]));
  const october = opened
    .filter(({ openedAt }) => new Date(openedAt).getMonth() === 9)
    .reduce((sum, { attemptId }) => sum + (costOf.get(attemptId) ?? 0), 0);
  assert.equal(back.money.amount, `$${(october / 1e9).toFixed(2)}`);
  const week = await act({ kind: 'period', period: 'week', back: 0 });
  assert.equal(week.money.chart.bars.length, 8);
  const elsewhere = await act({ kind: 'filter', workspace: 'file:///nowhere', tier: '' });
  assert.equal(elsewhere.money.amount, '$0');
  assert.deepEqual(elsewhere.questions, []);
  assert.doesNotMatch(elsewhere.time.facts.join(), /Ghost text/, 'nor are times of another workspace told');
  const frontier = await act({ kind: 'filter', workspace: '', tier: 'frontier' });
  assert.ok(frontier.money.table.rows.every(([, , tier]) => tier === 'frontier'));
  assert.ok(frontier.questions.length > 0 && frontier.questions.every(({ model }) => model.includes('opus')));
  assert.doesNotMatch(frontier.time.facts.join(), /Ghost text/);
  const local = await act({ kind: 'filter', workspace: '', tier: 'local' });
  assert.match(local.time.facts.join(), /Ghost text: \d+ ms from the last key/);
});

test('applied advice changes the next route, undo restores the settings, and dismissed advice stays away', async (t) => {
  const own = [{ name: 'mine', when: { languages: ['sql'] }, tier: 'mid' }];
  const { act, read, config, host, pass } = await openInsights(t, 60, { 'routing.rules': own });
  const facts = {
    ...{ text: 'Fix the crash when the list is empty', tokens: 60, contextTokens: 40, files: 1, task: 'chat' as const },
    ...{ threadTurns: 0, offline: false, private: false, overBudget: [], unhealthy: [], windowTokens: {} },
  };
  const tierNow = () => {
    const { routing } = config.settings;
    const options = { rules: rulesOn('2026-11-27', routing.rules), threshold: 3.5, complexity: scoreComplexity(facts) };
    return route(facts, options);
  };
  assert.notEqual(tierNow().tier, 'frontier');
  await read();
  const applied = await act({ kind: 'advice', id: 'rework:mid:bug', action: 'apply' });
  assert.deepEqual([tierNow().tier, tierNow().rule], ['frontier', 'advice-rework-mid-bug']);
  assert.ok(applied.applied);
  assert.ok(!applied.advice.some(({ id }) => id === 'rework:mid:bug'), 'what was applied is not advised again');
  const undone = await act({ kind: 'undo' });
  assert.deepEqual([undone.applied, config.userValue('routing.rules')], ['', own]);
  assert.notEqual(tierNow().tier, 'frontier');
  const dismissed = await act({ kind: 'advice', id: 'rework:mid:bug', action: 'dismiss' });
  assert.ok(!dismissed.advice.some(({ id }) => id === 'rework:mid:bug'));
  assert.ok(host);
  pass(1);
});

test('undo takes back only what it changed: rules that the user added since stay, and a rule that was edited is left', async (t) => {
  const own = { name: 'mine', when: { languages: ['sql'] }, tier: 'mid' };
  const later = { name: 'later', when: { languages: ['rust'] }, tier: 'frontier' };
  const { act, read, config, host } = await openInsights(t, 60, { 'routing.rules': [own] });
  await read();
  await act({ kind: 'advice', id: 'rework:mid:bug', action: 'apply' });
  const [advised] = config.userValue('routing.rules') as [Record<string, unknown>];
  await config.write('routing.rules', [later, advised, own]);
  await act({ kind: 'undo' });
  assert.deepEqual(config.userValue('routing.rules'), [later, own]);

  await act({ kind: 'advice', id: 'rework:mid:bug', action: 'apply' });
  const edited = { ...advised, tier: 'local' };
  await config.write('routing.rules', [edited, later]);
  const undone = await act({ kind: 'undo' });
  assert.deepEqual(config.userValue('routing.rules'), [edited, later], 'the user edited it, so it stays');
  assert.match(host.said.at(-1) ?? '', /"Send bugs to frontier" was not undone, because you changed it since/);
  assert.equal(undone.applied, '', 'there is nothing left to undo');

  await config.write('routing.rules', undefined);
  await read();
  await act({ kind: 'advice', id: 'rework:mid:bug', action: 'apply' });
  await config.write('routing.rules', []);
  await act({ kind: 'undo' });
  assert.deepEqual(config.userValue('routing.rules'), [], 'the user removed it already');
  await config.write('routing.rules', undefined);
  await act({ kind: 'advice', id: 'rework:mid:bug', action: 'apply' });
  await act({ kind: 'undo' });
  assert.equal(config.userValue('routing.rules'), undefined, 'no rules of the user are no setting');

  await act({ kind: 'oneModel' });
  await config.write('chat.tier', 'frontier');
  await act({ kind: 'undo' });
  assert.equal(config.settings.chatTier, 'frontier', 'a setting that was changed since is not overwritten');
});

test('one model for everything is one click, and undone with another', async (t) => {
  const { act, config } = await openInsights(t, 30);
  await act({ kind: 'oneModel' });
  assert.equal(config.settings.chatTier, 'mid');
  await act({ kind: 'undo' });
  assert.deepEqual([config.settings.chatTier, config.userValue('chat.tier')], ['auto', undefined]);
});

test('the user corrects a category: the figures follow', async (t) => {
  const { act, read } = await openInsights(t, 3);
  const before = await read();
  const [question] = before.questions;
  assert.ok(question);
  const count = (view: typeof before) =>
    view.money.table.rows
      .filter(([category]) => category === 'architecture')
      .reduce((sum, row) => sum + Number(row[3]), 0);
  const target = before.questions.find(({ category }) => category !== 'architecture');
  assert.ok(target);
  const after = await act({ kind: 'category', callId: target.callId, category: 'architecture' });
  assert.equal(count(after), count(before) + 1);
  assert.equal(after.questions.find(({ callId }) => callId === target.callId)?.corrected, true);
  const taken = await act({ kind: 'category', callId: target.callId, category: '' });
  assert.equal(count(taken), count(before));
});

test('a slider moves the split of a strategy, and amounts are shown in the currency that the user states', async (t) => {
  const currency = { code: 'EUR', rate: 0.5, date: '2026-11-01' };
  const { act, read } = await openInsights(t, 20, { 'insights.currency': currency });
  const before = await read();
  assert.match(before.money.amount, /EUR$/);
  assert.ok(before.money.facts.some((fact) => fact.includes('2026-11-01')));
  assert.match(before.money.amountUsd, /^\$\d/);
  assert.ok(reportOf(before, 'en').includes(`In USD: ${before.money.amountUsd}`), 'the report has USD beside it');
  const after = await act({ kind: 'split', id: 'primary-budget', first: 0 });
  const of = (view: typeof before) => view.whatIf.scenarios.find(({ id }) => id === 'primary-budget');
  assert.deepEqual([of(before)?.first, of(after)?.first], [70, 0]);
  assert.notEqual(of(before)?.cost, of(after)?.cost);
  assert.deepEqual(
    after.whatIf.example.rows.map((row) => row.slice(1)),
    [
      ['11.79 EUR', '56.25 EUR'],
      ['23.46 EUR', '112.50 EUR'],
    ],
  );
});

test('a watched week counts its days, sends nothing, survives a reload, and ends by itself', async (t) => {
  const { act, read, memento, pass, sent } = await openInsights(t, 5);
  assert.equal((await read()).watch.action, 'start');
  const started = await act({ kind: 'watch', action: 'start' });
  assert.match(started.watch.words, /^Day 1 of 7\./);
  pass(6 * 86_400_000);
  assert.match((await read()).watch.words, /^Day 7 of 7\./);
  pass(86_400_000);
  const over = (await read()).watch;
  assert.match(over.words, /over/);
  assert.equal(over.report?.rows[0]?.[0], 'As it was');
  assert.equal(over.report.rows.length, 8, 'What if on that week');
  assert.equal(over.report.rows[0]?.[2], '$0', 'the ledger ends where the week began');
  assert.ok(memento.get('gearshift.insights.watchedSince'));
  assert.equal(sent.length, 0);
  assert.equal((await act({ kind: 'watch', action: 'stop' })).watch.action, 'start');
});

test('the days of a watched week are those of the calendar, clocks changed or not', (t) => {
  const { TZ } = process.env;
  t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
  for (const [zone, start] of [
    ['UTC', [2026, 10, 20, 17]],
    ['Europe/Bucharest', [2026, 2, 26, 17]],
    ['Europe/Bucharest', [2026, 9, 22, 17]],
    ['Australia/Lord_Howe', [2026, 9, 1, 3]],
  ] as const) {
    process.env.TZ = zone;
    const [year, month, day, hour] = start;
    const since = new Date(year, month, day, hour).getTime();
    for (let days = 0; days < 7; days++) {
      const at = new Date(year, month, day + days, hour).getTime();
      assert.equal(watchDay(since, at), days + 1, `${zone} ${days}`);
      if (days > 0) assert.equal(watchDay(since, at - 1), days);
    }
    const { until } = watchSpan(since);
    assert.equal(new Date(until).getHours(), hour);
    assert.deepEqual([watchDay(since, until - 1), watchDay(since, until)], [7, undefined]);
  }
});

test('the report is whole by itself: no script, nothing from elsewhere, and names are escaped', async (t) => {
  const { read } = await openInsights(t, 40);
  const view = await read();
  const hostile = { ...view, worth: null, period: { ...view.period, title: '<script>alert(1)</script>"&' } };
  const html = reportOf(hostile, 'en');
  assert.doesNotMatch(html, /<script|<img|<link|<iframe|https?:|src=|href=|\son\w+=/i);
  assert.ok(html.includes('&lt;script&gt;'));
  assert.ok(html.includes(view.money.amount));
  assert.ok(html.includes("default-src 'none'"));
});

test('shares are held against the ranges of the preset in use, and against a general one without', async (t) => {
  const HAIKU = 'openrouter/anthropic/claude-haiku-4.5';
  const SONNET = 'openrouter/anthropic/claude-sonnet-5';
  const OPUS = 'openrouter/anthropic/claude-opus-5.5';
  const told = async (mid: string[], frontier: string[]) => {
    const { read } = await openInsights(t, 3, { 'tiers.mid': mid, 'tiers.frontier': frontier });
    const { shares, sharesNote } = await read();
    return { aims: shares.map(({ tier, from, to }) => [tier, from, to]), sharesNote };
  };
  const family = await told([HAIKU, SONNET], [OPUS, SONNET]);
  assert.deepEqual(family.aims, [
    ['local', 0, 0],
    ['mid', 0.85, 0.95],
    ['frontier', 0.05, 0.15],
  ]);
  assert.match(family.sharesNote, /those of the preset Speed and depth\.$/);
  const own = await told([OPUS], [OPUS]);
  assert.deepEqual(own.aims[2], ['frontier', 0.15, 0.2]);
  assert.match(own.sharesNote, /published recommendation/);
  assert.match(own.sharesNote, /Ghost text is counted apart: \d+ completions/);
});

test('fees of plans and the own machine are in as-it-was, in what was saved, and in scenarios of models in plan', async (t) => {
  const { read, act } = await openInsights(t, 40, {
    providers: { openrouter: { monthlyPlan: 300 } },
    'insights.machineHourlyCost': 2,
  });
  const view = await read();
  const of = (id: string) => view.whatIf.scenarios.find((each) => each.id === id);
  // November 27th, 17:00: 26.7 of 30 days.
  assert.match(of('as-it-was')?.models ?? '', /^plan openrouter: \$267\.08$/);
  assert.match(view.money.facts.join('\n'), /\$267\.08 of plan fees so far in this period, by its days/);
  assert.match(view.money.facts.join('\n'), /for everything.*; plan fees and your own machine counted/);
  assert.equal(of('one-mid')?.cost, '$267.08', 'mid is in plan: its calls cost nothing, its plan does');
  assert.match(view.whatIf.note, /flat plan costs the fee of its plan/);
  const elsewhere = await act({ kind: 'filter', workspace: 'file:///home/ada/tea-house', tier: '' });
  assert.doesNotMatch(elsewhere.whatIf.scenarios[0]?.models ?? '', /plan/, 'fees are for all workspaces');
});

test('a flat plan is a line of its own, and rows in plan say so in the table', async (t) => {
  const { read, store } = await openInsights(t, 0, {
    providers: { openrouter: { kind: 'openai', baseUrl: 'https://openrouter.ai/api/v1', monthlyPlan: 3 } },
  });
  const row = openedRow('in-plan/1', {
    openedAt: NOW - 60_000,
    provider: 'openrouter',
    modelAsked: 'glm',
    category: 'docs',
  });
  const settled = settledRow('in-plan/1', { cost: { nanoUsd: 0, source: 'plan' }, shadowNanoUsd: 410_000_000 });
  await store.open(row);
  await store.settle(settled);
  const { money } = await read();
  assert.equal(money.amount, '$0');
  assert.ok(money.facts.includes('Plan openrouter, $3.00 a month: by list price, its calls would have cost $0.41.'));
  assert.deepEqual(money.table.rows[0]?.slice(3), ['1', 'in plan ($0.41)', 'in plan ($0.41)']);
});

test('frontier over the pace of its budget is advised by the month or the week, from 20% on, and not on the first day', async (t) => {
  const advised = async (budgets: readonly object[]) => {
    const { read, store } = await openInsights(t, 0, { budgets });
    store.include(
      Array.from({ length: 20 }, (_, n) => {
        const attemptId = `review-${n}/1`;
        const about = { callId: `review-${n}`, tier: 'frontier', task: 'review' } as const;
        const outcome = { model: 'big', language: null, characters: 9, kept: 9, ms: null, kind: 'kept' } as const;
        return [
          { kind: 'opened', row: openedRow(attemptId, { ...about, openedAt: NOW - 60_000, category: 'review' }) },
          { kind: 'settled', row: settledRow(attemptId, { cost: { nanoUsd: 60_000_000, source: 'computed' } }) },
          { kind: 'outcome', row: { ...about, ...outcome, outcomeId: `${n}`, at: NOW } },
        ] as const;
      }).flat(),
    );
    const { advice } = await read();
    return advice.some(({ evidence }) => /over the pace of its budget/.test(evidence));
  };
  for (const period of ['month', 'week'] as const) {
    // $1.20 is spent: 20% over what the passed part of the period allows.
    const { since, until } = spanOf(period, 0, NOW);
    const usd = (until - since) / (NOW - since);
    assert.equal(await advised([{ tier: 'frontier', period, usd: usd - 0.001 }]), true, period);
    assert.equal(await advised([{ tier: 'frontier', period, usd: usd + 0.001 }]), false, `${period}: just under it`);
    assert.equal(await advised([{ tier: 'mid', period, usd: 0.0001 }]), false, 'a budget of another tier');
  }
  assert.equal(await advised([{ tier: 'frontier', period: 'day', usd: 0.0001 }]), false, 'a day has no pace');
});
