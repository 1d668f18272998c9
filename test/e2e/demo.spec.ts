import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { startDemo } from '../servers/demo.ts';
import { demoSettings, makeWorkspace, WINDOW_SETTINGS } from '../tools/demoProfile.mjs';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';

/**
 * The walk of a new user after `npm start`: the steps of the demo's own README by keys and clicks, in their order and in
 * one window, each with its right result on screen. Nothing here knows the answers of the demo servers beforehand.
 */

const demo = await startDemo();
const { providers, tiers } = demoSettings(demo.addresses, ['local', 'mid', 'frontier']);
const code = await openVSCode({
  settings: { ...WINDOW_SETTINGS, ...tiers, 'gearshift.providers': providers, 'git.enabled': true },
  env: { GEARSHIFT_DEMO: '1', OLLAMA_HOST: undefined },
  files: {},
  prepare: (workspace) => assert.ok(makeWorkspace(workspace).git),
});
after(async () => {
  await code.close();
  await demo.stop();
});

const original = (file: string): string => code.onDisk(file) ?? assert.fail(`${file} is missing`);

/** The number of the first line with this text, from 1. */
function lineOf(file: string, text: string): number {
  const at = original(file)
    .split('\n')
    .findIndex((line) => line.includes(text));
  assert.ok(at >= 0, `${file} has no "${text}"`);
  return at + 1;
}

/** Allows the first request of a tier to an address, when the chat asks. */
async function allowIfAsked(chat: ChatPage, answer: number): Promise<void> {
  const ending = chat.answer(answer).locator('.ending');
  const allow = chat.button('Allow');
  await ending.or(allow).first().waitFor();
  if (await allow.isVisible()) await allow.click();
  await chat.ended(answer);
}

/** Step 1 of the README. */
async function acceptGhostText(window: Window): Promise<void> {
  const before = original('src/brewing.ts');
  const editor = await window.openFile('src/brewing.ts');
  await editor.locator('.view-line', { hasText: 'export function totalSteepingTime' }).click();
  await window.press('ArrowDown');
  await window.press('Tab');
  assert.match(await window.ghostText(), /return tea\.infusions\.reduce\(\(sum, seconds\) => sum \+ seconds, 0\);/);
  await window.acceptGhostText();
  await window.press('ControlOrMeta+s');
  await code.savedAs(
    'src/brewing.ts',
    before.replace('number {\n\n}', 'number {\n  return tea.infusions.reduce((sum, seconds) => sum + seconds, 0);\n}'),
  );
}

/** Step 2. */
async function askAboutLeaves(window: Window): Promise<void> {
  const chat = await ChatPage.open(window);
  await chat.mention('leaves.py', 'leaves.py');
  await chat.composer().press('End');
  await window.type('What does this file do?');
  await window.press('Enter');
  await allowIfAsked(chat, 0);
  const answer = chat.answer(0);
  await answer.getByText('leaves.py computes how much tea to use').waitFor();
  await answer.locator('.code-block', { hasText: 'def shopping_list' }).waitFor();
}

/** Step 3. */
async function escalateMerge(window: Window): Promise<void> {
  const editor = await window.openFile('stock.go');
  const first = lineOf('stock.go', 'Merge(other');
  await window.selectLines(first, first + 4);
  await window.contextMenu(editor, 'Gearshift', 'Escalate');
  await window.menuItem('Ask…');
  await window.page
    .locator('.quick-input-widget:visible')
    .getByText(/^Send to .* at most \$/)
    .waitFor();
  await window.quickInput().fill('Is this safe when two goroutines call it?');
  await window.press('Enter');
  const chat = await ChatPage.find(window);
  await chat.frame.getByText('escalated').waitFor();
  await allowIfAsked(chat, 0);
  await chat.answer(0).getByText('concurrent map writes').waitFor();
  await chat.answer(0).locator('.code-block').first().hover();
  await chat.answer(0).getByRole('button', { name: 'Apply as a change' }).first().click();
  await window.page.locator('.monaco-diff-editor').locator('.line-insert, .char-insert').first().waitFor();
  await window.page.locator('.editor-actions').getByText('Apply', { exact: true }).first().click();
  await window.page.locator('.monaco-diff-editor').waitFor({ state: 'hidden' });
  await saved(window, 'stock.go', (text) => text.includes('mu   sync.Mutex'));
  const fixed = original('stock.go');
  assert.match(fixed, /func \(s \*Shelf\) Merge\(other \*Shelf\) \{/);
  assert.equal(fixed.match(/^package stock$/gm)?.length, 1, 'the file was replaced, not doubled');
  assert.equal(fixed.match(/^func .*\bLow\(/gm)?.length, 1);
}

/** Step 4. */
async function editFindTea(window: Window): Promise<void> {
  const before = original('src/brewing.ts');
  await window.openFile('src/brewing.ts');
  const first = lineOf('src/brewing.ts', 'function findTea');
  await window.selectLines(first, first + 2);
  await window.press('ControlOrMeta+Alt+j');
  const box = window.page.locator('.review-widget', { hasText: 'Edit 3 lines in src/brewing.ts' });
  await box.locator('.monaco-editor.focused').waitFor();
  await window.type('Use a Map for the lookup');
  await window.press('Enter');
  const accept = window.page.locator('.codelens-decoration a', { hasText: 'Accept all (Shift+Alt+Enter)' });
  const single = window.page.locator('.codelens-decoration a', { hasText: 'Accept (Alt+Enter)' });
  await accept.or(single).first().waitFor();
  await window.press('Shift+Alt+Enter');
  await single.first().waitFor({ state: 'hidden' });
  await window.press('ControlOrMeta+s');
  const map = 'const teaByName = new Map(menu.map((tea) => [tea.name.toLowerCase(), tea]));';
  await saved(window, 'src/brewing.ts', (text) => text.includes(map));
  const after = original('src/brewing.ts');
  assert.match(after, /return teaByName\.get\(name\.toLowerCase\(\)\);/);
  assert.doesNotMatch(after, /menu\.find\(/);
  assert.ok(after.endsWith(before.slice(before.indexOf('/** The total time'))), 'the rest is untouched');
}

/** Step 5. */
async function reviewAndCommit(window: Window): Promise<void> {
  const { page } = window;
  const bug = lineOf('src/orders.ts', 'line.tins > 10');
  await window.command('Gearshift: Review My Changes');
  // One choice only, so nothing was picked: a command that costs money asks first.
  await window.dialog('Review this change').getByRole('button', { name: 'Send' }).click();
  await window.notification('findings').waitFor();
  await window.openFile('src/orders.ts');
  await page.locator('.review-widget', { hasText: 'Ten tins get no discount' }).waitFor();
  await window.command('Problems: Focus on Problems View');
  const problem = page.locator('.markers-panel .monaco-list-row', { hasText: 'Ten tins get no discount' });
  await problem.waitFor();
  assert.match(await problem.innerText(), new RegExp(`Ln ${bug}\\b`));

  await page
    .getByRole('tab', { name: /^Source Control/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Generate Commit Message with Gearshift' }).first().click();
  const message = page.locator('.scm-view .scm-editor .view-lines').first();
  await message.getByText('Add a discount for large orders', { exact: true }).first().waitFor();
  assert.doesNotMatch(await message.innerText(), /```|^#/m);
}

/** Step 6. */
async function readMeter(window: Window): Promise<void> {
  assert.match(await window.statusBarItem().innerText(), /\$\d+\.\d*[1-9]\d* demo/);
  const hover = await window.hoverMeter();
  const text = await hover.innerText();
  assert.match(text, /Costs are simulated/);
  for (const tier of ['local', 'mid', 'frontier']) assert.match(text, new RegExp(tier, 'i'));
}

/** Waits until a file is saved with a text that `holds`. */
async function saved(window: Window, file: string, holds: (text: string) => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await window.page.waitForTimeout(100))
    if (holds(original(file))) return;
  assert.fail(`${file} was not saved as expected:\n${original(file)}`);
}

test(
  'each step of the README of the demo does what the README says',
  code.inWindow(async (window) => {
    assert.ok(fs.existsSync(path.join(code.workspace, '.git')));
    const steps: [string, (window: Window) => Promise<void>][] = [
      ['ghost text', acceptGhostText],
      ['question', askAboutLeaves],
      ['escalation', escalateMerge],
      ['inline edit', editFindTea],
      ['review and commit message', reviewAndCommit],
      ['costs', readMeter],
    ];
    const begin = Date.now();
    const times: string[] = [];
    for (const [name, walk] of steps) {
      const since = Date.now();
      await walk(window);
      times.push(`${name} ${((Date.now() - since) / 1000).toFixed(1)} s`);
      await window.screenshot(`demo-${name.replaceAll(' ', '-')}`);
    }
    console.log(`walk of a new user: ${((Date.now() - begin) / 1000).toFixed(1)} s (${times.join(', ')})`);
  }),
);
