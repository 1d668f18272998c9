import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { Uri } from 'vscode';
import { NO_USAGE } from '../../src/core/common/types.ts';
import type { Comparison, Trial } from '../../src/core/evaluation/compare.ts';
import type { KeptTask } from '../../src/core/evaluation/keptTask.ts';
import { markdownReport } from '../../src/core/evaluation/report.ts';
import { newStage, type RecipeRun, type RunForecast, type StageRun } from '../../src/core/chat/recipeRun.ts';
import { runConsent, runView } from '../../src/editor/chat/runView.ts';
import { MeterPanel } from '../../src/editor/insights/insightsPanel.ts';
import { LedgerService } from '../../src/editor/platform/ledgerService.ts';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { ChatFromPage, type AnswerTurnView } from '../../src/protocol/chat.ts';
import type { MeterToPage } from '../../src/protocol/insights.ts';
import { chatIn } from '../editor/chat/rig.ts';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { openedRow, settledRow } from '../support/ledgerRows.ts';
import { IS_TRANSLATED, pseudo, speakPseudo } from '../support/pseudoLanguage.ts';
import { openSettingsPage } from '../support/settingsPage.ts';
import { Memory, openWindow, until } from '../support/window.ts';
import { makeLedger } from '../support/yearLedger.ts';
import { servePage, type HostedPage, type PageServer } from './panelPages.ts';

/**
 * The pages in a made-up language that is 40% longer than English, at the width of a narrow sidebar: the states are those
 * that the extension itself sends, so its own texts are in that language too.
 */

const WIDTH = 260;

/** Each page with its browser, which takes a second to start. */
const servers = new Map<string, Promise<PageServer>>();
after(() => Promise.all([...servers.values()].map(async (server) => (await server).close())));

/** Opens a page with the state that the extension sent. */
async function open(name: string, messages: readonly unknown[], l10n: Record<string, string>): Promise<HostedPage> {
  const server = servers.get(name) ?? servePage(name);
  servers.set(name, server);
  const hosted = await (await server).open({ width: WIDTH, height: 900 });
  await hosted.send({ kind: 'init', l10n });
  for (const message of messages) await hosted.send(message);
  return hosted;
}

/** Texts of the bundle that are cut: outside the page, or outside a box that hides what does not fit. */
const cutTexts = (hosted: HostedPage): Promise<string[]> =>
  hosted.page.evaluate(() => {
    const cut: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = (node.textContent ?? '').trim();
      if (
        !element ||
        !/[⟦⟧]/.test(text) ||
        !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
      )
        continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width < 2) continue;
      for (let up: HTMLElement | null = element; up; up = up.parentElement) {
        const style = getComputedStyle(up);
        const frame = up.getBoundingClientRect();
        // For those who listen only.
        if (frame.width <= 1) break;
        const hides = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip';
        const wide = hides(style.overflowX) && (box.right > frame.right + 1 || box.left < frame.left - 1);
        const high = hides(style.overflowY) && (box.bottom > frame.bottom + 1 || box.top < frame.top - 1);
        if (wide || high || (up === document.body && box.right > innerWidth + 1)) {
          cut.push(`${text} in ${up.className || up.tagName}`);
          break;
        }
        if (['auto', 'scroll'].includes(style.overflowX)) break;
      }
    }
    return [...new Set(cut)];
  });

/** The innermost elements that reach out of the page. */
const wideElements = (hosted: HostedPage): Promise<string[]> =>
  hosted.page.evaluate(() => {
    const isWide = (element: Element): boolean => element.getBoundingClientRect().right > innerWidth + 1;
    const scrolls = (element: Element): boolean => {
      for (let up = element.parentElement; up; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== 'visible') return true;
      return false;
    };
    return [...document.querySelectorAll('#root *')]
      .filter((element) => isWide(element) && ![...element.children].some(isWide) && !scrolls(element))
      .map(
        (element) =>
          `${element.tagName}.${element.className} in ${element.parentElement?.className}: ${element.textContent.slice(0, 60)}`,
      );
  });

/** Visible texts of several words that are not in the language of the page. */
const englishTexts = (hosted: HostedPage): Promise<string[]> =>
  hosted.page.evaluate(() => {
    const english: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = (node.textContent ?? '').trim();
      const block = node.parentElement?.closest('p, li, td, th, button, h1, h2, h3, h4, label, div, span');
      const isData = node.parentElement?.closest('code, pre, .data, textarea');
      if (/[a-z]{2,} [a-z]{2,}/i.test(text) && !isData && !/[⟦⟧]/.test(block?.textContent ?? '')) english.push(text);
    }
    for (const element of document.querySelectorAll('[title], [aria-label], [placeholder]'))
      for (const name of ['title', 'aria-label', 'placeholder']) {
        const text = element.getAttribute(name) ?? '';
        if (/[a-z]{2,} [a-z]{2,}/i.test(text) && !/[⟦⟧]/.test(text)) english.push(`${name}: ${text}`);
      }
    return [...new Set(english)];
  });

/** Opens every fold of the page. */
const unfold = (hosted: HostedPage): Promise<void> =>
  hosted.page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });

async function assertHolds(hosted: HostedPage, data: readonly string[] = []): Promise<void> {
  assert.deepEqual(await cutTexts(hosted), []);
  assert.deepEqual(await wideElements(hosted), []);
  assert.ok((await hosted.overflow()) <= 0, 'the page is wider than its place');
  assert.deepEqual(
    (await englishTexts(hosted)).filter((text) => !data.some((known) => text.includes(known))),
    [],
  );
  assert.deepEqual(hosted.errors, []);
}

test('the made-up language is 40% longer and keeps what is filled in', () => {
  for (const text of ['Save', 'Ask', '{0} of {1} models', 'Key', 'Choose "Try it" in the settings', 'x']) {
    const long = pseudo(text);
    assert.ok(long.length >= text.length * 1.4, long);
    assert.match(long, IS_TRANSLATED);
    assert.deepEqual(long.match(/\{\d\}/g), text.match(/\{\d\}/g));
  }
});

/** Conditions of rules as `settings.json` has them. */
const CONDITIONS = ['min threshold'];
/** Brands are not translated. */
const BRANDS = ['Mistral AI', 'Google Gemini'];

test('the settings page cuts nothing and has all of its texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const page = await openSettingsPage(t, {
    settings: {
      'gearshift.budgets': [{ usd: 2, period: 'day', tier: 'frontier', stop: 'ask' }],
      'gearshift.tiers.mid': [
        'openrouter/deepseek/deepseek-chat-v3.1-terminus',
        'lab/Qwen3-Coder-30B-A3B-Instruct-FP8',
      ],
      'gearshift.providers': { lab: { kind: 'openai', baseUrl: 'http://gpu-07.lab.internal:8000/v1' } },
      'gearshift.routing.rules': [{ name: 'sql', when: { languages: ['sql'] }, tier: 'mid' }],
    },
  });
  const state = await page.after({ kind: 'runDoctor' }, (s) => s.doctor.state === 'done');
  const hosted = await open('settings', [{ kind: 'state', state }], l10n);
  await assertHolds(hosted, [...CONDITIONS, ...BRANDS]);
  for (const fold of await hosted.page.locator('details:not([open]) > summary').all()) await fold.click();
  for (const name of ['Add provider', 'Add budget', 'Add rule'])
    await hosted.page.getByRole('button', { name: l10n[name] ?? name, exact: true }).click();
  await assertHolds(hosted, [...CONDITIONS, ...BRANDS]);
});

/** The page of Insights on a ledger, in the state that the extension sends. */
async function openInsights(t: TestContext, days: number, l10n: Record<string, string>): Promise<HostedPage> {
  const window = openWindow(t);
  const { host, log } = window;
  const store = await openSqliteLedger({ file: path.join(host.root, 'insights.db'), windowId: 'w1' });
  const { opened, settled, outcomes } = makeLedger(days, Date.now() - 3_600_000);
  store.include([
    ...opened.map((row) => ({ kind: 'opened', row }) as const),
    ...settled.map((row) => ({ kind: 'settled', row }) as const),
    ...outcomes.map((row) => ({ kind: 'outcome', row }) as const),
  ]);
  const ledger = new LedgerService({
    dir: path.join(host.root, 'ledger'),
    log,
    budgets: () => [],
    frontierPrice: () => Promise.resolve(undefined),
    plans: () => [],
  });
  const panel = new MeterPanel({
    extensionUri: Uri.file('/extension'),
    store: () => ledger.ready,
    figures: () => ledger.figures,
    tiers: () => Promise.resolve([]),
    notices: () => [],
    now: Date.now,
    log,
    insights: { ...window, store: () => Promise.resolve(store), memento: new Memory(), now: Date.now },
  });
  t.after(() => {
    panel.dispose();
    ledger.dispose();
    return store.close();
  });
  const own = await ledger.ready;
  await own.open(openedRow('call-1/1'));
  await own.settle(settledRow('call-1/1'));
  await until(() => (ledger.figures?.today.all.calls ?? 0) > 0);
  panel.show();
  const [shown] = host.panels;
  assert.ok(shown);
  const posted = shown.webview.posted as unknown as readonly MeterToPage[];
  shown.webview.say({ kind: 'ready' });
  const isThere = (wanted: MeterToPage['kind']): boolean => posted.some(({ kind }) => kind === wanted);
  await until(() => isThere('state') && isThere('insights'));
  const last = (wanted: MeterToPage['kind']) => posted.findLast(({ kind }) => kind === wanted);
  return open('insights', [last('state'), last('insights')], l10n);
}

for (const days of [0, 60])
  test(`the Insights page, ${days} days old, cuts nothing and has all of its texts in the bundle`, async (t) => {
    const hosted = await openInsights(t, days, speakPseudo(t));
    if (days > 0) await hosted.page.locator('.advice').first().waitFor();
    await unfold(hosted);
    await assertHolds(hosted);
  });

test('the chat cuts nothing and has all of its texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const chat = await chatIn(t, { files: { 'a.ts': 'export const a = 1;\n' } });
  await chat.ready();
  const empty = chat.state();
  assert.ok(empty);
  await assertHolds(await open('chat', [{ kind: 'state', state: empty }], l10n), ['cloud']);
  chat.replies.push('A **word**:\n\n```ts\nconst x = 1;\n```\n');
  await chat.ask('Why?');
  const turns = chat.turns();
  const state = { ...chat.state(), turns };
  await assertHolds(await open('chat', [{ kind: 'state', state }], l10n), ['cloud']);
});

test('the lists, the history, a notice and what @codebase took cut nothing and have all of their texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const files = { 'src/pool.ts': 'export class Pool {\n  take() {}\n}\n', 'src/use.ts': 'import "./pool.ts";\n' };
  const chat = await chatIn(t, { files });
  await chat.ready();
  chat.replies.push('`Pool.take`');
  await chat.ask('@codebase where does the pool take?');
  const notice = l10n['Demo models: canned answers from this computer. Costs are simulated.'] ?? '';
  assert.match(notice, IS_TRANSLATED);
  const state = { ...chat.state(), turns: chat.turns(), notice };
  const hosted = await open('chat', [{ kind: 'state', state }], l10n);
  // How long ago a chat was is for the platform to say.
  const data = ['cloud', 'where does the pool take?', 'this minute'];
  await hosted.page.locator('.pieces summary').click();
  await assertHolds(hosted, data);
  await hosted.page.locator('.tier-button').click();
  await hosted.page.locator('#tier-mid').waitFor();
  await assertHolds(hosted, data);
  await hosted.page.keyboard.press('Escape');
  for (const key of ['@', '/']) {
    await hosted.page.locator('.composer textarea').fill('');
    await hosted.page.locator('.composer textarea').fill(key);
    const asked = await waitForSuggest(hosted, key);
    chat.say(asked);
    await until(() => chat.last('suggestions')?.seq === asked.seq);
    await hosted.send(chat.last('suggestions'));
    await hosted.page.locator('.suggestions li').first().waitFor();
    // The texts of the prompts themselves come from files.
    await assertHolds(hosted, [
      ...data,
      ...(chat.last('suggestions')?.items ?? []).map(({ detail }) => detail).filter(Boolean),
    ]);
    await hosted.page.keyboard.press('Escape');
  }
  await hosted.page.locator('.composer textarea').fill('');
  await hosted.send({ kind: 'history' });
  await hosted.page.locator('.history').waitFor();
  await assertHolds(hosted, data);
});

/** The question of the page for the list that follows what was typed. */
async function waitForSuggest(
  hosted: HostedPage,
  typed: string,
): Promise<Extract<ChatFromPage, { readonly kind: 'suggest' }>> {
  for (let tries = 0; ; tries++) {
    for (const message of (await hosted.posted()).map((each) => parsePageMessage(ChatFromPage, each)).reverse())
      if (message?.kind === 'suggest' && message.mention === typed.replace('@', '')) return message;
    assert.ok(tries < 100, `nothing is suggested for ${typed}`);
    await hosted.page.waitForTimeout(20);
  }
}

const TOP = { provider: 'openrouter', model: 'anthropic/claude-opus-5.5' };
const USED = { ...NO_USAGE, input: 1_200, cacheRead: 48_000, output: 3_100 };
const stage = (name: string, kind: string, over: Partial<StageRun> = {}): StageRun => ({
  ...newStage(name, kind, kind === 'approve' || kind === 'check' ? undefined : 'frontier'),
  ...over,
});
const answered = { status: 'done', model: TOP, usage: USED, nanoUsd: 21_000_000, requests: 3, ms: 12_300 } as const;

/** Runs in every state, with stages in every state. */
const RUNS: readonly RecipeRun[] = (
  [
    ['running', [stage('plan', 'ask', { status: 'running' }), stage('approve', 'approve')]],
    [
      'paused',
      [
        stage('plan', 'ask', { ...answered, output: 'A', edited: true }),
        stage('approve', 'approve', { status: 'paused' }),
      ],
    ],
    ['paused', [stage('plan', 'ask', { ...answered, output: 'A' }), stage('work', 'work', { status: 'paused' })]],
    [
      'done',
      [
        stage('facts', 'extract', { ...answered, output: '{}', tokens: { context: 40_000, output: 900 } }),
        stage('verdict', 'score', { status: 'skipped' }),
        stage('answer', 'ask', { ...answered, output: 'B', costUnknown: true, by: ['alpha', 'beta', 'gamma'] }),
      ],
    ],
    [
      'failed',
      [
        stage('work', 'work', { ...answered, status: 'failed', output: 'C' }),
        stage('review', 'review', {
          status: 'failed',
          failure: { kind: 'no-model' } as NonNullable<StageRun['failure']>,
        }),
      ],
    ],
    ['stopped', [stage('work', 'work', { ...answered, status: 'stopped', output: 'D' }), stage('check', 'check')]],
    [
      'handed-over',
      [stage('work', 'work', { ...answered, output: 'E' }), stage('check', 'check', { status: 'failed' })],
    ],
  ] as const
).map(([status, stages]) => ({
  ...{ recipe: 'build', version: '1', text: '', task: 'Fix add', status, stages },
  limits: { nanoUsd: 2e9, requests: 30, ms: 600_000 },
  since: { nanoUsd: 0, ms: 0, requests: [] },
}));

const FORECAST: RunForecast = {
  recipe: 'build',
  stages: [
    { name: 'plan', kind: 'ask', tier: 'frontier', model: TOP, likely: 2e7, atMost: 4e8 },
    { name: 'approve', kind: 'approve', tier: undefined, model: undefined, likely: 0, atMost: 0 },
    { name: 'work', kind: 'work', tier: 'mid', model: undefined, likely: null, atMost: null },
  ],
  likely: null,
  atMost: null,
  unpriced: [TOP],
  limits: { nanoUsd: 2e9, requests: 30, ms: 600_000 },
  remarks: [],
};

/** A chat with an answer, as the extension sends it. */
async function chatWithAnswer(t: TestContext) {
  const chat = await chatIn(t, { files: { 'a.ts': 'export const a = 1;\n' } });
  await chat.ready();
  chat.replies.push('One.');
  await chat.ask('Why?');
  const [question, answer] = chat.turns();
  assert.ok(question && typeof answer === 'object' && answer.role === 'assistant');
  return { state: chat.state(), question, answer };
}

test('the run of a recipe and the card before it cut nothing and have all of their texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const { state, question, answer } = await chatWithAnswer(t);
  const hosted = await open('chat', [], l10n);
  for (const [n, run] of RUNS.entries())
    for (const compared of [false, true]) {
      const view = { ...answer, id: `run-${n}`, text: '', footer: null, run: runView({ ...run, compared }, '') };
      await hosted.send({ kind: 'state', state: { ...state, turns: [question, view] } });
      await hosted.page.locator(`.run.${run.status}`).waitFor();
      await unfold(hosted);
      await assertHolds(hosted, ['cloud']);
    }
  const consent = {
    ...{ id: 'k1', tier: 'frontier', cost: [], sends: [] },
    places: [{ host: 'openrouter.ai', model: TOP.model, price: '', note: '' }],
    run: runConsent(FORECAST),
  };
  await hosted.send({ kind: 'state', state: { ...state, turns: [question], consent } });
  await hosted.page.getByText('openrouter.ai').first().waitFor();
  await assertHolds(hosted, ['cloud']);
});

test('two blind answers, before the vote and after it, cut nothing and have all of their texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const { state, question, answer } = await chatWithAnswer(t);
  const hosted = await open('chat', [], l10n);
  const places = ['Answer A', 'Answer B'] as const;
  const words = ['A is better.', 'B is better.', 'both are equally good.', 'neither is good.'].map(
    (vote) => `Your vote: ${vote}`,
  );
  for (const vote of ['', ...words]) {
    const views = places.map((name, n): AnswerTurnView => ({
      ...answer,
      id: `a${n}`,
      footer: vote ? answer.footer : null,
      blind: { name: l10n[name] ?? name, words: vote && (l10n[vote] ?? vote), canVote: !vote },
    }));
    await hosted.send({ kind: 'state', state: { ...state, turns: [question, ...views] } });
    await hosted.page
      .getByText(l10n['Answer B'] ?? '')
      .first()
      .waitFor();
    await assertHolds(hosted, ['cloud']);
  }
});

test('the report of kept tasks has all of its texts in the bundle', (t) => {
  speakPseudo(t);
  const task: KeptTask = {
    ...{ name: 'merge', kept: '2026-11-30', tier: 'mid', model: TOP, messages: [], answer: 'x', files: [] },
    checks: [{ kind: 'answers' }, { kind: 'applies' }],
  };
  const trial = (side: 'a' | 'b', over: Partial<Trial> = {}): Trial => ({
    ...{ task: task.name, side, round: 1, answer: 'x', words: '', outcomes: [], nanoUsd: 2_000_000, ms: 900 },
    ...over,
  });
  const failed = task.checks.map((check) => ({ check, passed: false, words: '' }));
  const other = { model: { provider: 'openrouter', model: 'deepseek/deepseek-v4' } };
  for (const [isComplete, trials] of [
    [true, [trial('a'), trial('b')]],
    [false, [trial('a'), trial('b', { outcomes: failed, nanoUsd: null })]],
    [false, []],
  ] as const) {
    const comparison: Comparison = { a: { model: TOP }, b: other, tasks: [task], trials, isComplete };
    const lines = markdownReport(comparison, new Date(0)).split(/\n|\|/);
    assert.deepEqual(
      lines.filter((line) => /[a-z]{2,} [a-z]{2,}/i.test(line) && !IS_TRANSLATED.test(line)),
      [],
    );
    assert.ok(lines.filter((line) => IS_TRANSLATED.test(line)).length > 5);
  }
});
