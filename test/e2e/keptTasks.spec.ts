import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** An answer becomes a test, two models are compared on it, and another model behind a name is told, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const RIGHT = '`sum.ts`:\n\n```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'sum.ts': 'export function add(a: number, b: number) {\n  return a - b;\n}\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

/** What the ledger says that comparisons cost, in nano-USD. */
async function spentOnTasks(): Promise<number> {
  const { store } = await openLedger({
    dir: path.join(code.globalStorageDir, 'ledger'),
    windowId: 'spec',
    clock: Date.now,
    log: () => undefined,
  });
  const rows = (await store.rows({ since: 0 })).filter(({ stage }) => stage === 'kept task');
  await store.close();
  return rows.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0);
}

const fileOf = (name: string): string => path.join(code.workspace, '.gearshift', name);

test(
  'an answer is kept as a test by its button; two models are compared on it after the price is shown',
  code.inWindow(async (window) => {
    cloud.script(({ model }) => (model === 'mid' ? RIGHT : RIGHT.replace('a + b', 'a + c')));
    const chat = await ChatPage.open(window);
    await chat.ask('Mend add in sum.ts.');
    await chat.ended(0);
    await chat.button('Keep as a test').click();
    await window.answer('A short name for the test', 'Add adds');
    await window.pick('For the team');
    await window.notification('Kept as a test.').waitFor();
    const task = fs.readFileSync(fileOf('tasks/add-adds.md'), 'utf8');
    assert.match(task, /- keeps/);
    fs.writeFileSync(fileOf('tasks/add-adds.md'), task.replace('  - keeps', '  - problems'));
    const before = cloud.book.calls.length;
    const sold = cloud.book.totals().costNano;
    const tabs = await window.page.getByRole('tab').allInnerTexts();
    await window.command('Gearshift: Run Kept Tasks');
    await window.pick('cloud/mid');
    await window.pick('cloud/frontier');
    const dialog = window.dialog('Compare cloud/mid and cloud/frontier on 1 task?');
    await dialog.getByText('It will likely cost $').waitFor();
    assert.equal(cloud.book.calls.length, before, 'nothing is sent before');
    await dialog.getByRole('button', { name: 'Compare' }).click();
    await window.page.getByRole('tab', { name: /kept-tasks\.md/ }).waitFor();
    assert.equal(cloud.book.calls.length, before + 4);
    const report = fs.readFileSync(fileOf('reports/kept-tasks.md'), 'utf8');
    // TypeScript's server judged copies of both answers.
    assert.match(report, /\| Add adds \| 2 of 2 passed \|.*\| 0 of 2 passed \|/);
    assert.match(report, /no new problems: New problems in sum\\?\.ts: Cannot find name 'c'/);
    assert.match(fs.readFileSync(fileOf('reports/kept-tasks.xml'), 'utf8'), /<testsuite name="cloud\/mid" tests="2"/);
    assert.equal(await spentOnTasks(), cloud.book.totals().costNano - sold, "the ledger is the server's book");
    const left = (await window.page.getByRole('tab').allInnerTexts()).filter((name) => !tabs.includes(name));
    assert.deepEqual(left.length, 1, `the report alone: ${left.join(', ')}`);
    await window.screenshot('kept-tasks-report');
    await window.notification('too close to call').getByRole('button', { name: 'Show Answers' }).click();
    await window.pick('Add adds');
    await window.page.getByRole('tab', { name: /Add adds: cloud\/mid and cloud\/frontier/ }).waitFor();
    await window.screenshot('kept-tasks-diff');
  }),
);

test(
  'when a server answers with another model, the settings, the hover and the list of tiers say so after one call',
  code.inWindow({ used: true }, async (window) => {
    cloud.script('Yes.');
    cloud.settings.answersAs = 'v4-0711';
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask('Are you there?');
    await chat.ended(0);
    cloud.settings.answersAs = 'v4-0926';
    await chat.ask('And now?');
    await chat.ended(1);
    const sentence = /mid has answered as v4-0926 since \w+ \(before: .*\)/;
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('[data-tier="mid"]');
    const card = page.locator('[data-tier="mid"]');
    await card.getByText(sentence).waitFor();
    const compare = card.getByRole('button', { name: /^Compare on my 1 task \(about \$.*\)/ });
    const link = (await compare.innerText()).trim();
    for (const look of ['dark2026', 'light2026', 'contrast'] as const) await window.screenshot('model-change', look);
    const hover = await window.hoverMeter();
    await hover.getByText(sentence).waitFor();
    await hover.getByText(link, { exact: true }).waitFor();
    await window.screenshot('model-change-hover', 'dark2026');
    await chat.frame.locator('.tier-button').click();
    await chat.frame.locator('#tier-mid').getByText(sentence).waitFor();
    const option = chat.frame.getByRole('option', { name: link });
    await option.waitFor();
    for (const look of ['dark2026', 'light2026', 'contrast'] as const)
      await window.screenshot('model-change-composer', look);
    await option.click();
    const dialog = window.dialog('Compare cloud/v4-0711 and cloud/mid on 1 task?');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await window.command('Gearshift: Open Settings');
    const shown = (await window.webview('[data-tier="mid"]')).locator('[data-tier="mid"]');
    await shown.getByRole('button', { name: 'Keep new' }).click();
    await shown.getByText(sentence).waitFor({ state: 'detached' });

    // By hand: untested before it has answered, and never in the way.
    await window.setSetting('gearshift.tiers.mid', ['cloud/frontier', 'cloud/mid']);
    const untested = /mid has been set to frontier since \w+, untested \(before: .*\)/;
    const switched = (await window.webview('[data-tier="mid"]')).locator('[data-tier="mid"]');
    await switched.getByText(untested).waitFor();
    await switched.getByRole('button', { name: /^Compare on my 1 task/ }).waitFor();
    await switched.getByRole('button', { name: 'Go back' }).click();
    await switched.getByText(untested).waitFor({ state: 'detached' });
  }),
);
