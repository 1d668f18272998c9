import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Recipes in the chat: several models on one job, with VS Code's own diffs, tasks and files. */

const models = await startModels();
const { cloud } = models;
const SUM = 'export function add(a, b) {\n  return a - b;\n}\n';
/** The check of the workspace: it fails while `add` is wrong. */
const CHECK = [
  "import { add } from './sum.js';",
  "if (add(2, 3) !== 5) { console.log('RED: add(2, 3) is', add(2, 3)); process.exit(1); }",
  "console.log('GREEN');",
].join('\n');
const LOG = Array.from({ length: 1200 }, (_, i) => `LINE-OF-THE-LOG ${i}: nothing happened`).join('\n');
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'sum.js': SUM, 'check.mjs': CHECK, 'package.json': '{"type":"module"}\n', 'app.log': LOG },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

const edit = (from: string, to: string): string =>
  ['sum.js', '```js', '<<<<<<< SEARCH', from, '=======', to, '>>>>>>> REPLACE', '```'].join('\n');

const stageOf = (prompt: string): string =>
  prompt.includes('Write a plan')
    ? 'plan'
    : prompt.includes('Build what the plan says')
      ? 'work'
      : prompt.includes('You review a change')
        ? 'review'
        : prompt.includes('Extract from the text below')
          ? 'facts'
          : prompt.includes('Answer the question from the facts')
            ? 'answer'
            : prompt.includes('Judge whether the draft')
              ? 'verdict'
              : prompt.includes('so that it can be used as it is')
                ? 'draft'
                : 'other';

const sent = (n: number): string => JSON.stringify(cloud.book.calls[n]?.body);
const stages = (): string[] => cloud.book.calls.map(({ body }) => stageOf(JSON.stringify(body)));

/** Agrees to the card before a run. */
async function agree(chat: ChatPage): Promise<void> {
  await chat.frame.locator('.consent').waitFor({ timeout: 30_000 });
  await chat.button('Run').click();
}

const row = (chat: ChatPage, name: string) => chat.frame.locator('.run-row', { hasText: name });

async function applyDiff(window: Window): Promise<void> {
  await window.page.locator('.monaco-diff-editor').first().waitFor();
  await window.command('Gearshift: Apply Proposed Change');
  await window.page.locator('.monaco-diff-editor').first().waitFor({ state: 'hidden' });
}

test(
  'build: the edited plan is built, a red check goes back once, another model reviews, and the files of before come back',
  code.inWindow(async (window) => {
    let works = 0;
    cloud.script(({ prompt }) => {
      switch (stageOf(prompt)) {
        case 'plan':
          return 'FIRST-PLAN: change add.';
        case 'work':
          return works++ === 0
            ? edit('  return a - b;', '  return a * b;')
            : edit('  return a * b;', '  return a + b;');
        case 'review':
          return '{"findings":[]}';
        default:
          return 'ok';
      }
    });
    const chat = await ChatPage.open(window);
    await chat.mention('file:sum', 'sum.js');
    await chat.ask('/build Fix add');
    await window.pick('Write a Command');
    const box = window.page.locator('.quick-input-widget:visible input[placeholder="npm test"]');
    await box.fill('node check.mjs');
    await box.press('Enter');
    await chat.frame.locator('.consent').waitFor({ timeout: 30_000 });
    const card = await chat.frame.locator('.consent').innerText();
    for (const words of [
      'plan',
      'work',
      'review',
      'likely $0.',
      'at most $2.00',
      'node check.mjs',
      'Limits:',
      'one answer with edits',
    ])
      assert.ok(card.includes(words), `${words} in ${card}`);
    assert.equal(cloud.book.calls.length, 0, 'nothing is sent before the user agrees');
    await agree(chat);

    await row(chat, 'approve').getByRole('button', { name: 'Approve' }).waitFor({ timeout: 60_000 });
    await row(chat, 'plan').locator('summary').click();
    await row(chat, 'plan').getByRole('button', { name: 'Open Output' }).click();
    await window.page.locator('.tab', { hasText: 'plan.md' }).waitFor();
    await window.press('ControlOrMeta+a');
    await window.page.keyboard.type('EDITED-PLAN');
    await row(chat, 'approve').getByRole('button', { name: 'Approve' }).click();

    await applyDiff(window);
    assert.match(sent(1), /EDITED-PLAN/);
    assert.doesNotMatch(sent(1), /FIRST-PLAN/);
    await row(chat, 'work').getByRole('button', { name: 'Continue' }).click();
    // The check is red: the second attempt comes as a diff, and knows why.
    await applyDiff(window);
    assert.deepEqual(stages(), ['plan', 'work', 'work']);
    assert.match(sent(2), /RED: add\(2, 3\) is 6/);
    await row(chat, 'work').getByRole('button', { name: 'Continue' }).click();
    await chat.frame.locator('.run.done').waitFor({ timeout: 60_000 });
    assert.deepEqual(stages(), ['plan', 'work', 'work', 'review']);
    assert.deepEqual(
      cloud.book.calls.map(({ model }) => model),
      ['frontier', 'mid', 'mid', 'frontier'],
    );
    assert.match(sent(3), /GREEN/);
    await code.savedAs('sum.js', SUM.replace('a - b', 'a + b'));

    await chat.answer(0).getByRole('button', { name: 'Restore to before this answer' }).click();
    await window.dialog('You can undo the restore').getByRole('button', { name: 'Restore' }).click();
    await window.command('File: Save All Files');
    await code.savedAs('sum.js', SUM);
  }),
);

test(
  'extract: the reasoning request does not hold the text; draft: at the threshold nothing is rewritten; a run continues after a reload',
  code.inWindow({ used: true }, async (window) => {
    cloud.script(({ prompt }) => {
      switch (stageOf(prompt)) {
        case 'facts':
          return '{"facts":[{"fact":"THE-FACT"}]}';
        case 'verdict':
          return '{"score": 7, "reason": "fine"}';
        case 'draft':
          return 'THE-DRAFT';
        default:
          return 'THE-ANSWER';
      }
    });
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.mention('file:app', 'app.log');
    await chat.ask('/extract What happened?');
    await window.pick('Facts');
    await agree(chat);
    await chat.frame.locator('.run.done').waitFor({ timeout: 60_000 });
    assert.deepEqual(stages(), ['facts', 'answer']);
    assert.match(sent(0), /LINE-OF-THE-LOG 700/);
    assert.doesNotMatch(sent(1), /LINE-OF-THE-LOG/);
    assert.match(sent(1), /THE-FACT/);
    assert.match(await chat.frame.locator('.run-words').innerText(), /read about \d+ tokens in place of about/);

    await chat.newThread();
    await chat.ask('/draft A title');
    await agree(chat);
    await chat.frame.locator('.run.done').waitFor({ timeout: 60_000 });
    assert.deepEqual(stages().slice(2), ['draft', 'verdict']);
    assert.match(await row(chat, 'final').innerText(), /not needed/);

    await window.reload();
    const again = await ChatPage.open(window);
    assert.match(await again.frame.locator('.run.done').innerText(), /verdict/);
  }),
);
