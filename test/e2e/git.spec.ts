import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** The commit message and the review of changes, on a real git repository in real VS Code. */

const models = await startModels();
const { cloud } = models;
const SUM = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'git.enabled': true, 'git.autofetch': false },
  env: KEY_ENV,
  files: { 'sum.ts': SUM, 'use.ts': "import { add } from './sum';\n\nadd(1, 2);\n" },
  prepare: (workspace) => {
    git(workspace, 'init', '-q');
    git(workspace, 'add', '-A', '-f');
    git(workspace, 'commit', '-qm', 'First things');
    write(workspace, 'sum.ts', SUM.replace('a - b', 'a + b + 1'));
    write(workspace, '.env', 'TOKEN=canary-secret\n');
    write(workspace, 'fresh.ts', 'export {};\n');
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

function git(workspace: string, ...args: string[]): void {
  const who = ['-c', 'user.name=Specs', '-c', 'user.email=specs@gearshift.invalid', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...args], { cwd: workspace });
}

function write(workspace: string, file: string, text: string): void {
  fs.writeFileSync(path.join(workspace, file), text);
}

const lastQuestion = (): string =>
  (cloud.book.calls.at(-1)?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';

test(
  'the button of the SCM view writes, stops and explains itself; a review puts findings at their lines until they are dismissed',
  code.inWindow(async (window) => {
    const { page } = window;
    await window.openFile('sum.ts');
    await page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await page.locator('.scm-view .monaco-list-row', { hasText: 'sum.ts' }).waitFor({ timeout: 90_000 });
    const box = page.locator('.scm-view .scm-editor .view-lines').first();
    const button = page.getByRole('button', { name: 'Generate Commit Message with Gearshift' }).first();
    const boxIs = (text: string) => box.getByText(text, { exact: true }).first().waitFor();

    // Nothing is staged.
    cloud.script('```\nAdd instead of subtracting\n```');
    // The status bar says it for some seconds only.
    const said = page.locator('.statusbar-item', { hasText: 'Nothing is staged' }).waitFor();
    await button.click();
    await Promise.all([said, boxIs('Add instead of subtracting')]);
    assert.match(lastQuestion(), /- First things/);
    assert.match(lastQuestion(), /\+ {2}return a \+ b \+ 1;/);
    assert.match(lastQuestion(), /New files[^\n]*\nfresh\.ts\n/);
    assert.doesNotMatch(lastQuestion(), /canary|\.env/);
    await window.command('Notifications: Clear All Notifications');

    // What is staged, in the conventional form, continuing what is in the box; stopped, it stays as it was.
    await window.setSetting('gearshift.commitMessage.conventional', true);
    git(code.workspace, 'add', 'fresh.ts');
    await page.locator('.scm-view .monaco-list-row', { hasText: 'Staged Changes' }).waitFor();
    cloud.settings.tokensPerSecond = 2;
    cloud.script('feat: never to be seen in the box');
    await button.click();
    const stop = page.getByRole('button', { name: 'Stop Generating Commit Message' }).first();
    await stop.click();
    await button.waitFor();
    await boxIs('Add instead of subtracting');
    cloud.settings.tokensPerSecond = Infinity;
    cloud.script('feat: add a fresh start');
    await button.click();
    await boxIs('feat: add a fresh start');
    const [system] = (cloud.book.calls.at(-1)?.body as { messages: { content: string }[] }).messages;
    assert.match(system?.content ?? '', /Conventional Commits/);
    assert.match(lastQuestion(), /\+export \{\};/);
    assert.doesNotMatch(lastQuestion(), /a \+ b/);
    assert.match(lastQuestion(), /began with: Add instead of subtracting/);

    cloud.next('status:400');
    await button.click();
    await window.notification('Gearshift:').waitFor();
    await boxIs('feat: add a fresh start');
    await window.command('Notifications: Clear All Notifications');

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
          { path: 'sum.ts', line: 1, severity: 'info', title: 'No word about it' },
          { path: 'other.ts', line: 1, severity: 'error', title: 'Not there', quote: 'x' },
        ],
      }),
    );
    await window.command('Gearshift: Review My Changes');
    await window.pick('Unstaged changes');
    await window.notification('2 findings. 1 finding was dropped').waitFor();
    await window.openFile('sum.ts');
    const comment = page.locator('.review-widget', { hasText: 'Adds one too many' });
    await comment.waitFor();
    assert.match(await comment.innerText(), /error/i);
    assert.equal(await comment.locator('a', { hasText: 'click' }).count(), 0, 'no command link');
    await window.command('Problems: Focus on Problems View');
    const problem = (title: string) => page.locator('.markers-panel .monaco-list-row', { hasText: title });
    await problem('No word about it').waitFor();
    assert.match(await problem('Adds one too many').innerText(), /Ln 2/);
    assert.equal(await problem('Adds one too many').locator('.codicon-error').count(), 1);
    assert.equal(await problem('No word about it').locator('.codicon-info').count(), 1);
    assert.equal(await problem('Not there').count(), 0);
    await comment.getByRole('button', { name: 'Dismiss Finding' }).click();
    await problem('Adds one too many').waitFor({ state: 'hidden' });
    await problem('No word about it').waitFor();
    await window.command('Gearshift: Clear Review Findings');
    await problem('No word about it').waitFor({ state: 'hidden' });
  }),
);
