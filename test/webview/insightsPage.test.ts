import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { MeterFromPage, type MeterRow, type MeterState } from '../../src/protocol/insights.ts';
import { TASKS, type CostSource } from '../../src/core/common/types.ts';
import type { InsightsView } from '../../src/protocol/insightsView.ts';
import { barWidth, describeOutcome, describeSource, taskName } from '../../src/webview/insights/words.ts';
import { sourceMark } from '../../src/webview/shared/costSource.ts';
import { HOSTILE, servePage, THEMES, type HostedPage } from './panelPages.ts';

const row = (id: number, more: Partial<MeterRow> = {}): MeterRow => ({
  attemptId: `call-${id}/1`,
  time: '11/21/26, 2:01:11 PM',
  tier: 'local',
  task: 'completion',
  model: 'qwen2.5-coder:1.5b-base',
  provider: 'ollama',
  tokens: '612',
  cost: 'free',
  costSource: 'free',
  duration: '0.4 s',
  outcome: 'done',
  note: '',
  ...more,
});

const mid = { tier: 'mid', task: 'chat', model: 'deepseek/deepseek-chat-v3.1', provider: 'openrouter' } as const;
const frontier = { tier: 'frontier', task: 'escalate', model: 'claude-opus-4-1', provider: 'anthropic' } as const;

const STATE: MeterState = {
  tiers: [
    { tier: 'local', model: 'qwen2.5-coder:1.5b-base · ollama', state: 'ready', ready: true },
    { tier: 'mid', model: '', state: 'no model', ready: false },
    { tier: 'frontier', model: 'claude-opus-4-1 · anthropic', state: 'rate limited, back in 40 s', ready: false },
  ],
  budgets: [
    { name: '$5.00 a day', spent: '$0.42 spent', share: 0.084, level: 'ok' },
    {
      name: '$20.00 a month for frontier',
      spent: '$17.10 spent, $0.80 reserved for calls in progress',
      share: 0.895,
      level: 'near',
    },
    { name: '$1.00 a week for mid', spent: '$1.00 spent', share: 1, level: 'over' },
  ],
  outcomes: {
    offers: [
      {
        tier: 'local',
        model: 'qwen2.5-coder:1.5b-base',
        offered: '312',
        accepted: '97 (31%)',
        typedThrough: '40 (13%)',
        stillThere: '87% of 91',
      },
    ],
    edits: [
      { tier: 'mid', model: 'deepseek/deepseek-chat-v3.1', kept: '8 (80%)', edited: '1 (10%)', undone: '1 (10%)' },
      { tier: 'frontier', model: 'claude-opus-4-1', kept: '2 (100%)', edited: '0 (0%)', undone: '0 (0%)' },
    ],
  },
  rows: [
    row(1, { ...frontier, tokens: '', cost: '', costSource: 'unknown', duration: '', outcome: 'open' }),
    row(2),
    row(3, { ...mid, cost: '$0.0031', costSource: 'provider' }),
    row(4, { ...mid, cost: '$0.0004', costSource: 'computed', outcome: 'cancelled' }),
    row(5, { ...frontier, cost: '~$0.017', costSource: 'estimated', outcome: 'partial', note: 'the stream broke off' }),
    row(6, { ...mid, cost: 'cost unknown', costSource: 'unknown', outcome: 'failed', note: 'rate limited' }),
    row(7, { outcome: 'interrupted' }),
  ],
  location: '/home/ada/.config/Code/User/globalStorage/gearshift.gearshift/ledger/ledger.sqlite',
  notice: '',
};

const server = await servePage('insights');
after(() => server.close());

async function open(state: MeterState = STATE, width = 1000): Promise<HostedPage> {
  const hosted = await server.open({ width, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  assert.deepEqual(await hosted.posted(), [{ kind: 'ready' }]);
  return hosted;
}

test('each button posts its message', async () => {
  const hosted = await open();
  for (const [name, kind] of [
    ['Export', 'export'],
    ['Settings', 'openSettings'],
  ] as const) {
    await hosted.page.getByRole('button', { name }).click();
    assert.deepEqual(
      (await hosted.posted()).map((message) => parsePageMessage(MeterFromPage, message)),
      [{ kind }],
    );
  }
});

test('outcomes of suggestions and edits are shown by model, at every width; where nothing is known, a sentence says so', async () => {
  const hosted = await open();
  const section = hosted.page.getByRole('region', { name: 'Outcomes this month' });
  const completions = section.getByRole('table', { name: 'Completions' });
  const cells = await completions.getByRole('row', { name: /qwen/ }).getByRole('cell').allInnerTexts();
  assert.deepEqual(
    cells.map((cell) => cell.trim()),
    ['312', '97 (31%)', '40 (13%)', '87% of 91'],
  );
  await hosted.page.setViewportSize({ width: 320, height: 900 });
  const edits = section.getByRole('table', { name: 'Edits' });
  assert.equal(await edits.getByRole('row').count(), 2);
  await edits.getByRole('cell', { name: 'Undone 1 (10%)' }).waitFor();
  await hosted.send({ kind: 'state', state: { ...STATE, outcomes: { offers: [], edits: [] } } });
  assert.equal(await section.getByRole('table').count(), 0);
  await section.getByText('Nothing yet.').waitFor();
});

test('a row says how sure its amount is, in a word and in a sentence', async () => {
  const hosted = await open();
  const cells = hosted.page.locator('.ledger td.cost');
  assert.deepEqual(await cells.allInnerTexts(), [
    '',
    'free',
    '$0.0031 by provider',
    '$0.0004 computed',
    '~$0.017 estimated',
    'cost unknown',
    'free',
  ]);
  assert.equal(await cells.nth(2).getAttribute('title'), 'The provider stated this cost.');
  // Of a call that has not ended nothing is known yet, not even that it will be unknown.
  assert.equal(await cells.nth(0).getAttribute('title'), null);
});

test('the ledger is a table to a screen reader at every width', async () => {
  const hosted = await open();
  for (const width of [320, 1400]) {
    await hosted.page.setViewportSize({ width, height: 900 });
    const table = hosted.page.getByRole('table', { name: 'Latest calls' });
    assert.equal(await table.locator('tbody').getByRole('row').count(), STATE.rows.length);
    const failed = table.getByRole('row').filter({ hasText: 'rate limited' });
    assert.match(await failed.innerText(), /failed/);
  }
});

test('an empty ledger has a sentence, and a notice is read aloud', async () => {
  const outcomes = { offers: [], edits: [] };
  const hosted = await open({ ...STATE, rows: [], outcomes, notice: 'Kept in memory only.' });
  await hosted.page.getByText('No calls yet. Type in an editor').waitFor();
  assert.equal(await hosted.page.getByRole('table').count(), 0);
  await hosted.page.getByRole('status').filter({ hasText: 'Kept in memory only.' }).waitFor();
  await hosted.page.getByText('Calculating totals…').waitFor();
});

test('axe-core finds nothing in any theme, and nothing is wider than the page', async () => {
  const hosted = await open({ ...STATE, notice: 'The ledger was repaired.' });
  for (const theme of THEMES) {
    await hosted.setTheme(theme);
    assert.deepEqual(await hosted.axe(), [], theme);
  }
  for (const width of [320, 600, 1400]) {
    await hosted.page.setViewportSize({ width, height: 900 });
    assert.equal(await hosted.overflow(), 0, `at ${width} px`);
    assert.deepEqual(await hosted.axe(), [], `at ${width} px`);
  }
  assert.deepEqual(hosted.errors, []);
  assert.deepEqual(await hosted.violations(), []);
});

test("the host's strings are shown as text, whatever is in them", async () => {
  const hosted = await open();
  for (const text of HOSTILE) {
    const state: MeterState = {
      tiers: [{ tier: 'mid', model: text, state: text, ready: true }],
      budgets: [{ name: text, spent: text, share: 0.5, level: 'near' }],
      outcomes: {
        offers: [{ tier: 'mid', model: text, offered: text, accepted: text, typedThrough: text, stillThere: text }],
        edits: [{ tier: 'mid', model: text, kept: text, edited: text, undone: text }],
      },
      rows: [row(1, { time: text, model: text, provider: text, tokens: text, cost: text, duration: text, note: text })],
      location: text,
      notice: text,
    };
    await hosted.send({ kind: 'state', state });
    assert.deepEqual(await hosted.harm(), { ran: false, elements: [] }, text);
    assert.deepEqual(await hosted.violations(), []);
    assert.ok((await hosted.page.getByRole('main').innerText()).includes(text));
  }
});

test('a bar is as wide as its share, and seen as soon as there is any', () => {
  assert.deepEqual([0, 0.21, 1, 1.2, 0.00003, -1, NaN].map(barWidth), [0, 21, 100, 100, 1, 0, 0]);
});

test('every task, outcome and source has its words', () => {
  for (const task of TASKS) assert.ok(taskName(task));
  const outcomes = ['open', 'done', 'partial', 'failed', 'cancelled', 'interrupted'] as const;
  assert.equal(new Set(outcomes.map((outcome) => describeOutcome(outcome).words)).size, outcomes.length);
  const sources: CostSource[] = ['provider', 'computed', 'estimated', 'free', 'unknown'];
  assert.equal(new Set(sources.map(describeSource)).size, sources.length);
  assert.deepEqual(sources.map(sourceMark), ['by provider', 'computed', 'estimated', '', '']);
});

// ---- Insights

const table = (caption: string, columns: readonly string[], rows: readonly (readonly string[])[], empty = '') => ({
  ...{ caption, columns, rows, empty },
});

const VIEW: InsightsView = {
  period: { kind: 'month', title: 'November 2026', back: 0, mayGoBack: true },
  workspaces: [{ id: 'file:///a', name: 'tea-house' }],
  workspace: '',
  tier: '',
  advice: [
    {
      id: 'rework:mid:bug',
      title: 'Send bugs to frontier',
      evidence: '38 of 66 were corrected.',
      apply: 'Apply',
      tried: 'Questions of this kind: 80.',
    },
  ],
  applied: 'Send lookups to mid',
  worth: { words: 'You ask 11 questions a day.', small: 'Rules of thumb.', action: 'Ask mid in new chats' },
  money: {
    amount: '$3.74',
    amountUsd: '',
    facts: ['28% of the input came from caches'],
    chart: {
      title: 'Cost by day',
      top: '$0.36',
      bars: Array.from({ length: 30 }, (_, n) => ({
        label: `11/${n + 1}`,
        title: `Nov ${n + 1}, 2026`,
        total: '$0.36',
        parts: [
          { tier: 'mid', share: 0.2, text: '$0.07' },
          { tier: 'frontier', share: 0.8, text: '$0.29' },
        ],
      })),
    },
    table: table(
      'By category',
      ['Category', 'Model', 'Cost'],
      [['bugs', 'lab/a-model-with-a-very-long-name', '$0.14']],
    ),
  },
  shares: [{ tier: 'mid', words: 'mid: 76%', share: 0.76, from: 0.6, to: 0.7, target: 'aim: 60%–70%' }],
  sharesNote: 'Questions only.',
  time: { facts: ['Targets: 2 s and 10 s'], table: table('Time', ['Category', 'Answers'], [['bugs', '63']]) },
  quality: {
    facts: [],
    rates: [
      {
        name: 'mid · bugs',
        words: '36 of 63',
        verdict: 'needs a better model',
        rate: { share: 0.57, low: 0.45, high: 0.69 },
      },
      { name: 'mid · docs', words: 'not enough yet: 10 of 20', verdict: '', rate: null },
    ],
    survival: table('Characters still there', ['When', 'Texts'], [['after 30 s', '265']]),
    votes: table('Blind votes', ['Category', 'Model', 'Votes'], [['bugs', 'flash', '7']]),
    prompts: table('Prompts by version', ['Prompt', 'Version'], [['/review', '1 #0a1b2c3d']]),
    promptNotes: ['The text of /review changed, and its version is still 1.'],
  },
  whatIf: {
    note: 'Same tokens.',
    scenarios: [
      {
        id: 'primary-budget',
        name: 'Strong and budget',
        models: '70% a · 30% b',
        cost: '$3.98',
        difference: '$0.24 more',
        first: 70,
        firstName: 'a',
      },
    ],
    example: table('Example', ['Way', 'Three'], [['as published', '$23.58']]),
    colleague: null,
  },
  watch: { words: 'Keep your model for a week.', action: 'start', report: null },
  questions: [
    { callId: 'c1', time: '11/27/26, 3:47 PM', model: 'flash', cost: '$0.0025', category: 'bug', corrected: false },
  ],
  categories: [
    { id: 'bug', name: 'bugs' },
    { id: 'tests', name: 'tests' },
  ],
};

async function openInsights(view: InsightsView = VIEW, width = 1000): Promise<HostedPage> {
  const hosted = await open(STATE, width);
  await hosted.send({ kind: 'insights', insights: view });
  await hosted.page.getByRole('toolbar', { name: 'Period and filters' }).waitFor();
  return hosted;
}

test('what the user does in Insights reaches the host as a message of the protocol', async () => {
  const hosted = await openInsights();
  const { page } = hosted;
  const sent = async () => (await hosted.posted()).map((message) => parsePageMessage(MeterFromPage, message));
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const acts: readonly (readonly [() => Promise<unknown>, unknown])[] = [
    [() => button('Week').click(), { kind: 'period', period: 'week', back: 0 }],
    [() => button('Earlier').click(), { kind: 'period', period: 'month', back: 1 }],
    [
      () => page.getByLabel('Tier', { exact: true }).selectOption('mid'),
      { kind: 'filter', workspace: '', tier: 'mid' },
    ],
    [
      () => page.getByLabel('Workspace').selectOption('file:///a'),
      { kind: 'filter', workspace: 'file:///a', tier: '' },
    ],
    [() => button('Apply').click(), { kind: 'advice', id: 'rework:mid:bug', action: 'apply' }],
    [() => button('Dismiss').click(), { kind: 'advice', id: 'rework:mid:bug', action: 'dismiss' }],
    [() => button('Undo').click(), { kind: 'undo' }],
    [() => button('Ask mid in new chats').click(), { kind: 'oneModel' }],
    [() => button('Watch a week').click(), { kind: 'watch', action: 'start' }],
    [() => button('Report').click(), { kind: 'report' }],
    [() => button("Compare with a colleague's export").click(), { kind: 'compare' }],
    [
      () => page.getByLabel(/^Category of the question/).selectOption('tests'),
      { kind: 'category', callId: 'c1', category: 'tests' },
    ],
    [() => page.getByRole('slider').press('ArrowLeft'), { kind: 'split', id: 'primary-budget', first: 65 }],
  ];
  for (const [act, message] of acts) {
    await act();
    assert.deepEqual(await sent(), [message]);
  }
  // The present period has none after it: the button says why and does nothing.
  await button('Later').click({ force: true });
  assert.deepEqual(await sent(), []);
});

test('one bar of a chart is in the order of Tab, arrows move along the bars, and a table has the same figures', async () => {
  const { page } = await openInsights();
  const chart = page.getByRole('group', { name: 'Cost by day' });
  const bars = chart.getByRole('img');
  assert.equal(await bars.count(), 30);
  assert.equal(await chart.locator('[tabindex="0"]').count(), 1);
  await bars.last().focus();
  for (const [key, at] of [
    ['ArrowLeft', 28],
    ['Home', 0],
    ['ArrowRight', 1],
    ['End', 29],
  ] as const) {
    await page.keyboard.press(key);
    assert.equal(await bars.nth(at).evaluate((bar) => bar === document.activeElement), true, key);
  }
  assert.equal(await bars.last().getAttribute('aria-label'), 'Nov 30, 2026: $0.36, mid $0.07, frontier $0.29');
  await page.getByText('Show as a table').click();
  const twin = page.getByRole('table', { name: 'Cost by day' });
  assert.equal(await twin.locator('tbody').getByRole('row').count(), 30);
});

test('the days under a chart of a month are apart on a page of 260 px and of 1,000', async () => {
  const { page } = await openInsights();
  for (const width of [260, 1000]) {
    await page.setViewportSize({ width, height: 900 });
    const days = await page.locator('.bars .label').evaluateAll((labels) =>
      labels.map((label) => {
        const { left, right } = label.getBoundingClientRect();
        return { day: label.textContent, left, right };
      }),
    );
    assert.deepEqual(
      days.map(({ day }) => day),
      ['11/1', '11/8', '11/15', '11/22'],
    );
    for (const [i, { day, left }] of days.entries())
      if (i > 0) assert.ok(left > (days[i - 1]?.right ?? 0), `${String(day)} at ${width} px`);
    assert.ok((days.at(-1)?.right ?? Infinity) <= width);
  }
});

test('Insights: axe-core finds nothing in any theme, and nothing is wider than a page of 260 px', async () => {
  const hosted = await openInsights();
  for (const theme of THEMES) {
    await hosted.setTheme(theme);
    assert.deepEqual(await hosted.axe(), [], theme);
  }
  for (const width of [260, 600, 1400]) {
    await hosted.page.setViewportSize({ width, height: 900 });
    assert.equal(await hosted.overflow(), 0, `at ${width} px`);
    assert.deepEqual(await hosted.axe(), [], `at ${width} px`);
  }
  assert.deepEqual([hosted.errors, await hosted.violations()], [[], []]);
});

test('words of the host in Insights are shown as text, whatever is in them', async () => {
  const hosted = await openInsights();
  const swap = (value: unknown, text: string): unknown => {
    if (typeof value === 'string') return text;
    if (Array.isArray(value)) return value.map((each) => swap(each, text));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        ['kind', 'tier', 'action', 'id', 'callId'].includes(key) && typeof each === 'string' ? each : swap(each, text),
      ]),
    );
  };
  for (const text of HOSTILE) {
    await hosted.send({ kind: 'insights', insights: swap(VIEW, text) as InsightsView });
    assert.deepEqual(await hosted.harm(), { ran: false, elements: [] }, text);
    assert.deepEqual(await hosted.violations(), []);
  }
});
