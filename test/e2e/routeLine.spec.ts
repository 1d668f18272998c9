import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Outside of the chat too the user sees which tier answers and why, and can send the question to another one from there. */

const models = await startModels();
const { cloud } = models;
const SUM = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'git.enabled': true, 'git.autofetch': false },
  env: KEY_ENV,
  files: { 'sum.ts': SUM },
  prepare: (workspace) => {
    const git = (...args: string[]): void => {
      const who = ['-c', 'user.name=Specs', '-c', 'user.email=specs@gearshift.invalid', '-c', 'commit.gpgsign=false'];
      execFileSync('git', [...who, ...args], { cwd: workspace });
    };
    git('init', '-q');
    git('add', '-A', '-f');
    git('commit', '-qm', 'First things');
    fs.writeFileSync(path.join(workspace, 'sum.ts'), SUM.replace('a - b', 'a + b + 1'));
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

const askedModels = (): unknown[] => cloud.book.calls.map(({ body }) => (body as { model: string }).model);

test(
  'a commit message and an inline edit say their tier and reason in the status bar, and go to frontier from there',
  code.inWindow(async (window) => {
    const { page } = window;
    const line = page.locator('.statusbar-item', { hasText: /(mid|frontier) · (mid|frontier): / });
    await window.openFile('sum.ts');
    await page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await page.locator('.scm-view .monaco-list-row', { hasText: 'sum.ts' }).waitFor({ timeout: 90_000 });
    const box = page.locator('.scm-view .scm-editor .view-lines').first();
    cloud.script('Add instead of subtracting');
    await page.getByRole('button', { name: 'Generate Commit Message with Gearshift' }).first().click();
    await box.getByText('Add instead of subtracting', { exact: true }).first().waitFor();
    await line.filter({ hasText: 'mid · mid: local has no model that answers questions, so mid' }).waitFor();
    cloud.script('Add the numbers, as the name says');
    await line.click();
    await page.locator('.quick-input-widget:visible .monaco-list-row', { hasText: 'Ask frontier' }).click();
    await box.getByText('Add the numbers, as the name says', { exact: true }).first().waitFor();
    await line.filter({ hasText: 'frontier · frontier: you chose it' }).waitFor();
    assert.deepEqual(askedModels(), ['mid', 'frontier']);

    await window.openFile('sum.ts');
    await window.selectLines(2, 2);
    await window.press('ControlOrMeta+Alt+j');
    const ask = page.locator('.review-widget', { hasText: 'Edit 1 line in sum.ts' });
    await ask.locator('.monaco-editor.focused').waitFor();
    await window.type('add the numbers');
    cloud.script('```ts\n  return a + b;\n```');
    await window.press('Enter');
    await line.filter({ hasText: 'mid · mid: local has no model that answers questions, so mid' }).waitFor();
    await page.locator('.review-widget .comment-body', { hasText: 'return a + b;' }).waitFor();
  }),
);
