import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Uri } from 'vscode';
import { MeterPanel } from '../../src/editor/insights/insightsPanel.ts';
import { LedgerService } from '../../src/editor/platform/ledgerService.ts';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { ChatFromPage } from '../../src/protocol/chat.ts';
import type { MeterToPage } from '../../src/protocol/insights.ts';
import { chatIn } from '../editor/chat/rig.ts';
import { openedRow, settledRow } from '../support/ledgerRows.ts';
import { IS_TRANSLATED, pseudo, speakPseudo } from '../support/pseudoLanguage.ts';
import { openSettingsPage } from '../support/settingsPage.ts';
import { openWindow, until } from '../support/window.ts';
import { servePage, type HostedPage } from './panelPages.ts';

/**
 * The pages in a made-up language that is 40% longer than English, at the width of a narrow sidebar: the states are those
 * that the extension itself sends, so its own texts are in that language too.
 */

const WIDTH = 260;

/** Opens a page with the state that the extension sent, and closes it with the test. */
async function open(
  t: TestContext,
  name: string,
  messages: readonly unknown[],
  l10n: Record<string, string>,
): Promise<HostedPage> {
  const server = await servePage(name);
  t.after(() => server.close());
  const hosted = await server.open({ width: WIDTH, height: 900 });
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
  const hosted = await open(t, 'settings', [{ kind: 'state', state }], l10n);
  await assertHolds(hosted, [...CONDITIONS, ...BRANDS]);
  for (const fold of await hosted.page.locator('details:not([open]) > summary').all()) await fold.click();
  for (const name of ['Add provider', 'Add budget'])
    await hosted.page.getByRole('button', { name: l10n[name] ?? name, exact: true }).click();
  await assertHolds(hosted, [...CONDITIONS, ...BRANDS]);
});

test('the Insights page cuts nothing and has all of its texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const { host, log } = openWindow(t);
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
  });
  t.after(() => {
    panel.dispose();
    ledger.dispose();
  });
  const store = await ledger.ready;
  await store.open(openedRow('call-1/1'));
  await store.settle(settledRow('call-1/1'));
  await until(() => ledger.figures?.today.all.calls === 1);
  panel.show();
  const [shown] = host.panels;
  assert.ok(shown);
  const posted = shown.webview.posted as unknown as readonly MeterToPage[];
  shown.webview.say({ kind: 'ready' });
  await until(() => posted.some((message) => message.kind === 'state' && message.state.rows.length > 0));
  const hosted = await open(t, 'insights', posted.filter(({ kind }) => kind === 'state').slice(-1), l10n);
  await assertHolds(hosted);
});

test('the chat cuts nothing and has all of its texts in the bundle', async (t) => {
  const l10n = speakPseudo(t);
  const chat = await chatIn(t, { files: { 'a.ts': 'export const a = 1;\n' } });
  await chat.ready();
  const empty = chat.state();
  assert.ok(empty);
  await assertHolds(await open(t, 'chat', [{ kind: 'state', state: empty }], l10n), ['cloud']);
  chat.replies.push('A **word**:\n\n```ts\nconst x = 1;\n```\n');
  await chat.ask('Why?');
  const turns = chat.turns();
  const state = { ...chat.state(), turns };
  await assertHolds(await open(t, 'chat', [{ kind: 'state', state }], l10n), ['cloud']);
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
  const hosted = await open(t, 'chat', [{ kind: 'state', state }], l10n);
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
