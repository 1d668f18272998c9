import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud } = models;
const SUM =
  'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport function wrong(): string {\n  return 1;\n}\n';
const code = await openVSCode({
  settings: { ...settingsFor(models), 'git.enabled': true, 'files.refactoring.autoSave': true },
  env: KEY_ENV,
  files: { 'sum.ts': SUM, 'use.ts': "import { add } from './sum';\n\nadd(1, 2);\n" },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  cloud.settings.tokensPerSecond = Infinity;
});

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    cwd: code.workspace,
    encoding: 'utf8',
  });

const diffOf = (window: Window) => window.page.locator('.monaco-diff-editor');
const lastQuestion = (): string =>
  (cloud.book.calls.at(-1)?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';

async function textIs(window: Window, file: string, text: string): Promise<void> {
  const end = Date.now() + 10_000;
  let shown = '';
  while (Date.now() < end && shown !== text) {
    shown = await window.editorText(file).catch(() => '');
    await window.page.waitForTimeout(100);
  }
  assert.equal(shown, text);
}

test(
  'an inline edit streams into a diff, is followed up, applied, and undone in one step',
  code.inWindow(async (window) => {
    await window.openFile('sum.ts');
    await window.selectLines(1, 3);
    cloud.script('```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```');
    cloud.settings.tokensPerSecond = 20;
    await window.press('ControlOrMeta+Alt+j');
    await window.answer('For example', 'Make it add');
    await diffOf(window).locator('.line-insert, .char-insert').first().waitFor();
    await window.notification('Gearshift edits sum.ts').waitFor({ state: 'hidden', timeout: 30_000 });
    assert.match(lastQuestion(), /<edit>\nexport function add[\s\S]*\n<\/edit>\n<after>\n\nexport function wrong/);
    assert.match(lastQuestion(), /Instruction: Make it add/);
    assert.equal(fs.readFileSync(path.join(code.workspace, 'sum.ts'), 'utf8'), SUM);

    cloud.settings.tokensPerSecond = Infinity;
    cloud.script('```ts\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n```');
    await window.command('Gearshift: Ask for Another Version');
    await window.answer('For example', 'Name the type of the result');
    await diffOf(window).getByText('): number {').first().waitFor();
    const { messages } = cloud.book.calls[1]?.body as { messages: { role: string; content: string }[] };
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    await window.notification('Gearshift edits sum.ts').waitFor({ state: 'hidden', timeout: 30_000 });
    await window.command('Gearshift: Apply Proposed Change');
    await window.openFile('sum.ts');
    await textIs(window, 'sum.ts', SUM.replace('number) {\n  return a - b', 'number): number {\n  return a + b'));
    await window.press('ControlOrMeta+z');
    await textIs(window, 'sum.ts', SUM);
  }),
);

test(
  'a discarded inline edit leaves nothing behind',
  code.inWindow(async (window) => {
    await window.openFile('sum.ts');
    await window.goTo(2, 4);
    cloud.script('```ts\nexport function add() {}\n```');
    await window.command('Gearshift: Edit Here');
    await window.answer('For example', 'Empty it');
    await diffOf(window).locator('.line-delete, .char-delete').first().waitFor();
    await window.notification('Gearshift edits sum.ts').waitFor({ state: 'hidden', timeout: 30_000 });
    assert.match(lastQuestion(), /<edit>\nexport function add[\s\S]*\n}\n<\/edit>/, 'the function around the cursor');
    await window.command('Gearshift: Discard Proposed Change');
    await diffOf(window).waitFor({ state: 'hidden' });
    await window.openFile('sum.ts');
    await textIs(window, 'sum.ts', SUM);
  }),
);

test(
  'the light bulb fixes a problem as a diff, explains it in the chat, and finds a better name that the language server gives',
  code.inWindow(async (window) => {
    await window.openFile('sum.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 60_000 });
    await window.goTo(6, 5);
    cloud.script(`\`\`\`ts\n${SUM.replace('return 1', "return '1'").trimEnd()}\n\`\`\``);
    await quickFix(window, 'Fix with Gearshift');
    await diffOf(window).locator('.line-insert, .char-insert').first().waitFor();
    assert.match(lastQuestion(), /line 6: Type 'number' is not assignable to type 'string'/);
    await window.notification('Gearshift edits sum.ts').waitFor({ state: 'hidden', timeout: 30_000 });
    await window.command('Gearshift: Discard Proposed Change');

    cloud.script('It returns a number.');
    await window.openFile('sum.ts');
    await window.goTo(6, 5);
    await quickFix(window, 'Explain with Gearshift');
    const chat = await ChatPage.find(window);
    await (await chat.ended(0)).getByText('It returns a number.').waitFor();
    assert.match(lastQuestion(), /Explain these problems/);

    cloud.script('sum\nplus');
    await window.openFile('sum.ts');
    await window.goTo(1, 17);
    await window.press('Shift+ArrowRight');
    await quickFix(window, 'Suggest a better name with Gearshift');
    await window.pick('plus');
    await textIs(window, 'sum.ts', SUM.replace('add', 'plus'));
    await window.openFile('use.ts');
    await textIs(window, 'use.ts', "import { plus } from './sum';\n\nplus(1, 2);\n");
  }),
);

async function quickFix(window: Window, title: string): Promise<void> {
  await window.press('ControlOrMeta+.');
  const row = window.page.locator('.action-widget .monaco-list-row', { hasText: title });
  await row.waitFor();
  // The list ignores the mouse for its first moments: until it closes, the click was not taken.
  for (let tries = 0; tries < 20 && (await row.isVisible()); tries++) {
    await row.click({ timeout: 2_000 }).catch(() => {}); // it closed meanwhile
    await window.page.waitForTimeout(300);
  }
}

test(
  'the commit message is written into the box of the SCM view from what is staged, without secrets',
  code.inWindow(async (window) => {
    git('init', '-q');
    git('add', '-A', '-f');
    git('commit', '-qm', 'First things');
    fs.writeFileSync(path.join(code.workspace, 'sum.ts'), SUM.replace('a - b', 'a + b'));
    fs.writeFileSync(path.join(code.workspace, '.env'), 'TOKEN=canary-secret\n');
    git('add', '-A', '-f');
    await window.page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await window.page.locator('.scm-view .monaco-list-row', { hasText: 'sum.ts' }).waitFor({ timeout: 60_000 });
    cloud.script('```\nAdd instead of subtracting\n```');
    await window.page.getByRole('button', { name: 'Write Commit Message' }).first().click();
    await window.page.locator('.scm-view .scm-editor', { hasText: 'Add instead of subtracting' }).waitFor();
    assert.match(lastQuestion(), /- First things/);
    assert.match(lastQuestion(), /\+ {2}return a \+ b;/);
    assert.doesNotMatch(lastQuestion(), /canary/);
  }),
);

test(
  'a review puts its findings at their lines, in the Problems view too, until they are dismissed',
  code.inWindow(async (window) => {
    git('init', '-q');
    git('add', '-A', '-f');
    git('commit', '-qm', 'First things');
    fs.writeFileSync(path.join(code.workspace, 'sum.ts'), SUM.replace('a - b', 'a + b + 1'));
    await window.openFile('sum.ts');
    await window.page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await window.page.locator('.scm-view .monaco-list-row', { hasText: 'sum.ts' }).waitFor({ timeout: 60_000 });
    cloud.script(
      JSON.stringify({
        findings: [
          {
            path: 'sum.ts',
            line: 9,
            severity: 'error',
            title: 'Adds one too many',
            detail: '[click](command:workbench.action.terminal.new) the + 1 is wrong',
            quote: '  return a + b + 1;',
          },
          { path: 'other.ts', line: 1, severity: 'error', title: 'Not there', quote: 'x' },
        ],
      }),
    );
    await window.command('Gearshift: Review My Changes');
    await window.notification('1 finding. 1 was left out').waitFor();
    await window.openFile('sum.ts');
    const comment = window.page.locator('.review-comment', { hasText: 'Adds one too many' });
    await comment.waitFor();
    assert.equal(await comment.locator('a', { hasText: 'click' }).count(), 0, 'no command link');
    await window.command('Problems: Focus on Problems View');
    const problem = window.page.locator('.markers-panel .monaco-list-row', { hasText: 'Adds one too many' });
    await problem.waitFor();
    assert.match(await problem.innerText(), /Ln 2/);
    await window.page.getByRole('button', { name: 'Dismiss Finding' }).first().click();
    await problem.waitFor({ state: 'hidden' });
  }),
);
