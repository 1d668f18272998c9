import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { startOpenAi } from '../servers/openai.ts';
import { openVSCode } from './harness.ts';

/** What models answer when they are asked for a commit message or a review, in real VS Code with its default settings. */

const PRICE = { input: 0.27, output: 1.1, cacheRead: 0.07 };
const MODELS = ['first', 'second', 'third'];
const cloud = await startOpenAi({ apiKey: 'sk-right', models: MODELS.map((name) => ({ name, price: PRICE })) });
const SUM = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const code = await openVSCode({
  consents: [cloud.url],
  settings: {
    'gearshift.providers': {
      cloud: {
        kind: 'openai',
        baseUrl: cloud.baseUrl,
        apiKeyEnv: 'GEARSHIFT_TEST_KEY',
        prices: Object.fromEntries(MODELS.map((name) => [name, PRICE])),
      },
    },
    'gearshift.tiers.local': [],
    'gearshift.tiers.mid': MODELS.map((name) => `cloud/${name}`),
    'gearshift.tiers.frontier': [],
    'git.enabled': true,
    'git.autofetch': false,
  },
  env: { GEARSHIFT_TEST_KEY: 'sk-right', OLLAMA_HOST: undefined },
  files: { 'sum.ts': SUM, 'use.ts': "import { add } from './sum';\n\nexport const three = add(1, 2);\n" },
  prepare: (workspace) => {
    git(workspace, 'init', '-q');
    git(workspace, 'add', '-A', '-f');
    git(workspace, 'commit', '-qm', 'First things');
    fs.writeFileSync(path.join(workspace, 'sum.ts'), SUM.replace('a - b', 'a + b + 1'));
    git(workspace, 'add', '-A', '-f');
  },
});
after(async () => {
  await code.close();
  await cloud.stop();
});
beforeEach(() => cloud.reset());

function git(workspace: string, ...args: string[]): void {
  const who = ['-c', 'user.name=Specs', '-c', 'user.email=specs@gearshift.invalid', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...args], { cwd: workspace });
}

const asked = (): string[] => cloud.book.calls.map(({ body }) => (body as { model: string }).model);
const lastQuestion = (): string =>
  (cloud.book.calls.at(-1)?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';

const PAGE =
  '# Summary\n\n## Changes\n\n- Changed the sum\n- Nothing else\n\n| file | lines |\n|---|---|\n| sum.ts | 1 |';

/** Answers as small models give them, and what has to be in the box. `second` answers where `first` cannot be used. */
const BAD: readonly (readonly [answers: readonly string[], message: string])[] = [
  [
    ['Sure! Here is the commit message:\n\n```text\nAdd one more\n```\n\nLet me know if you want it shorter.'],
    'Add one more',
  ],
  [
    [
      '<think>The sum is off.</think>\n**fix: add what is given**\n\n---\n\n### Explanation\n\n- `fix` because it was wrong',
    ],
    'fix: add what is given',
  ],
  [['1. fix: count right\n2. chore: change the sum\n3. feat: a new sum'], 'fix: count right'],
  [['{"message": "Say what a sum is"}'], 'Say what a sum is'],
  [[PAGE, 'Take the next model'], 'Take the next model'],
];

test(
  'a commit message is extracted from five bad answers, and when no model gives one the user can read the answer',
  code.inWindow(async (window) => {
    const { page } = window;
    await window.openFile('sum.ts');
    await page
      .getByRole('tab', { name: /^Source Control/ })
      .first()
      .click();
    await page.locator('.scm-view .monaco-list-row', { hasText: 'sum.ts' }).waitFor({ timeout: 60_000 });
    const box = page.locator('.scm-view .scm-editor .view-lines').first();
    const button = page.getByRole('button', { name: 'Generate Commit Message with Gearshift' }).first();
    for (const [answers, message] of BAD) {
      cloud.script([...answers]);
      await button.click();
      await box.getByText(message, { exact: true }).first().waitFor();
      assert.equal((await box.innerText()).trim().replace(/\u00a0/g, ' '), message, 'nothing else is in the box');
    }
    assert.deepEqual(asked().slice(-2), ['first', 'second']);

    cloud.script([PAGE, PAGE, PAGE]);
    await button.click();
    const told = window.notification("didn't answer in the requested format");
    await told.waitFor();
    assert.deepEqual(asked().slice(-3), MODELS);
    assert.match(await told.innerText(), /Cost: \$0\.0/);
    await told.getByRole('button', { name: 'Show Answer' }).click();
    await page.getByRole('tab', { name: /Untitled-1/ }).waitFor();
    await page.locator('.view-line', { hasText: '# Summary' }).first().waitFor();
    await box.getByText('Take the next model', { exact: true }).first().waitFor();
  }),
);

test(
  'a review that cannot be used goes to the next model, reads the callers, and a dismissed finding is not raised again',
  code.inWindow({ used: true }, async (window) => {
    const { page } = window;
    const finding = {
      path: 'b/sum.ts',
      line: 3,
      severity: 'error',
      kind: 'bug',
      title: 'Adds one too many',
      quote: '  return a + b + 1;',
    };
    cloud.script(['Looks good to me!', JSON.stringify({ findings: [finding] })]);
    await window.openFile('sum.ts');
    await window.command('Gearshift: Review My Changes');
    // Another extension could have run the command, and there is no choice to be made: the price is asked first.
    await window.dialog('Review this change').getByRole('button', { name: 'Send', exact: true }).click();
    await window.notification('1 finding. Cost: $0.0').waitFor({ timeout: 30_000 });
    assert.deepEqual(asked(), ['first', 'second']);
    assert.match(lastQuestion(), /use\.ts \(uses add\):[\s\S]*add\(1, 2\)/);
    const comment = page.locator('.review-widget', { hasText: 'Adds one too many' });
    await comment.waitFor();
    await comment.getByRole('button', { name: 'Dismiss Finding' }).click();
    await window.command('Notifications: Clear All Notifications');

    cloud.script([JSON.stringify({ findings: [{ ...finding, title: 'One too many is added' }] })]);
    await window.command('Gearshift: Review My Changes');
    // Another extension could have run the command, and there is no choice to be made: the price is asked first.
    await window.dialog('Review this change').getByRole('button', { name: 'Send', exact: true }).click();
    await window.notification('1 finding that you dismissed before is not shown').waitFor({ timeout: 30_000 });
  }),
);
