import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Where else than in an editor one escalates from: a problem, the output of a terminal, a failed test. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'terminal.integrated.gpuAcceleration': 'off' }, // text is in the page
  env: KEY_ENV,
  files: {
    'sum.ts': 'export function add(a: number, b: number): string {\n  return a - b;\n}\n',
    'sum.test.ts': "import { add } from './sum';\n\ntest('add adds', () => expect(add(1, 2)).toBe(3));\n",
  },
  extensions: ['test/fixtures/failing-test'],
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

/** What the preview shows; Enter sends it. Returns the question that went to the frontier model. */
async function send(window: Window, rows: RegExp): Promise<string> {
  const preview = window.page.locator('.quick-input-widget:visible');
  await preview.getByText('no secrets found').waitFor();
  assert.match(await preview.innerText(), rows);
  const n = cloud.book.calls.length;
  await window.press('Enter');
  for (const end = Date.now() + 45_000; cloud.book.calls.length === n && Date.now() < end;)
    await window.page.waitForTimeout(50);
  await (await ChatPage.find(window)).ended(0);
  const sent = cloud.book.calls[n]?.body as { model: string; messages: { content: string }[] };
  assert.equal(sent.model, 'frontier');
  return sent.messages.at(-1)?.content ?? '';
}

test(
  'I31 a problem of the Problems view, selected output of a terminal, and a failed test escalate with the code that they name',
  code.inWindow(async (window) => {
    const { page } = window;
    await window.openFile('sum.ts');
    await page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.command('Problems: Focus on Problems View');
    const problem = page.locator('.markers-panel .monaco-list-row', { hasText: 'not assignable' });
    await problem.click();
    await window.press('ControlOrMeta+.');
    await window.menuItem('Escalate with Gearshift');
    const aboutProblem = await send(window, /sum\.ts:1-3/);
    assert.match(aboutProblem, /line 2: Type 'number' is not assignable to type 'string'/);
    assert.match(aboutProblem, /return a - b;/);

    await window.command('Terminal: Create New Terminal');
    const terminal = page.locator('.terminal-wrapper.active .xterm');
    await terminal.locator('.xterm-rows', { hasText: '/workspace' }).waitFor();
    await window.type('echo "Oops at sum.ts:2:10"\n');
    await terminal.locator('.xterm-rows > div', { hasText: /^Oops at sum/ }).waitFor();
    await window.command('Terminal: Select All');
    await terminal.click({ button: 'right', position: { x: 5, y: 5 } });
    await window.menuItem('Gearshift');
    await window.menuItem('Escalate Terminal Selection');
    const box = page.getByPlaceholder('Ask about this output');
    await box.fill('What is this?');
    const aboutOutput = await send(window, /code sum\.ts:1-/);
    assert.match(aboutOutput, /What is this\?/);
    assert.match(aboutOutput, /Oops at sum\.ts:2:10/);
    assert.match(aboutOutput, /return a - b;/);

    await window.command('Test: Run All Tests');
    const message = page.locator('.test-output-peek-tree .monaco-list-row', { hasText: 'Expected 3, got -1' });
    await message.click();
    await page.locator('.floating-click-widget', { hasText: 'Escalate with Gearshift' }).click();
    const aboutTest = await send(window, /failure of add adds[\s\S]*sum\.test\.ts:1-[\s\S]*sum\.ts:1-/);
    assert.match(aboutTest, /Expected: 3\nActual: -1/);
    assert.match(aboutTest, /toBe\(3\)/);
    assert.match(aboutTest, /return a - b;/);
  }),
);
