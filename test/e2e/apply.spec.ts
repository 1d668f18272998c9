import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { OutcomeRow } from '../../src/core/ledger/outcomes.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud } = models;
const SUM = 'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport const two = add(1, 1);\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'sum.ts': SUM, 'src/other.ts': 'export const one = 1;\n', '.vscode/settings.json': '{}\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

/** Waits until a file of the workspace has this text on disk, or in its editor. */
async function showsText(window: Window, file: string, text: string): Promise<void> {
  const end = Date.now() + 45_000;
  let shown = '';
  while (Date.now() < end) {
    shown = await window.editorText(file).catch(() => '');
    if (shown === text || code.onDisk(file) === text) return;
    await window.page.waitForTimeout(100);
  }
  assert.equal(shown, text);
}

async function ask(window: Window, answer: string): Promise<ChatPage> {
  cloud.script(answer);
  const chat = await ChatPage.open(window);
  await chat.ask('Fix add');
  await chat.ended(0);
  return chat;
}

async function applyBlock(chat: ChatPage, n = 0): Promise<void> {
  await chat.answer(0).locator('.code-block').nth(n).hover();
  await chat.answer(0).getByRole('button', { name: 'Apply as a change' }).nth(n).click();
}

const SETTINGS_CHANGE = '.vscode/settings.json: proposed change';

/** Discards the change of the settings, whose tab is active, and waits until it is gone. */
async function discardSettings(window: Window): Promise<void> {
  await window.command('Gearshift: Discard Proposed Change');
  await window.page.locator('.tab', { hasText: SETTINGS_CHANGE }).waitFor({ state: 'detached' });
}

const diffOf = (window: Window) => window.page.locator('.monaco-diff-editor');

test(
  'a code block is shown as a diff, applied by its button, and undone in one step',
  code.inWindow(async (window) => {
    await window.openFile('sum.ts');
    const chat = await ask(
      window,
      'It subtracts:\n\n```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```',
    );
    await applyBlock(chat);
    await diffOf(window).locator('.line-insert, .char-insert').first().waitFor();
    assert.equal(code.onDisk('sum.ts'), SUM, 'nothing is written while the diff is shown');
    await window.page.locator('.editor-actions').getByText('Apply', { exact: true }).first().click();
    await diffOf(window).waitFor({ state: 'hidden' });
    await showsText(window, 'sum.ts', SUM.replace('a - b', 'a + b'));
    await window.openFile('sum.ts');
    await window.press('ControlOrMeta+z');
    await showsText(window, 'sum.ts', SUM);
  }),
);

test(
  'a change that does not fit changes nothing, says where it nearly did, and asks the mid tier for a clean one',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('sum.ts');
    const chat = await ask(
      window,
      '```\n<<<<<<< SEARCH\n  return a * b;\n=======\n  return a + b;\n>>>>>>> REPLACE\n```',
    );
    await applyBlock(chat);
    const notice = window.notification('does not fit sum.ts');
    await notice.waitFor();
    assert.match(await notice.innerText(), /Line 2 of sum\.ts should be "return a \* b;" but is "return a - b;"/);
    assert.equal(code.onDisk('sum.ts'), SUM);
    cloud.script('```\n<<<<<<< SEARCH\n  return a - b;\n=======\n  return a + b;\n>>>>>>> REPLACE\n```');
    await notice.getByRole('button', { name: 'Ask for a Cleaner Edit' }).click();
    await chat.ended(1);
    const sent = JSON.stringify(cloud.book.calls[1]?.body);
    assert.match(sent, /"model":"mid"/);
    assert.match(sent, /return a - b;/);
    await chat.answer(1).locator('.code-block').hover();
    await chat.answer(1).getByRole('button', { name: 'Apply as a change' }).click();
    await diffOf(window).locator('.line-insert, .char-insert').first().waitFor();
    await window.command('Gearshift: Apply Proposed Change');
    await showsText(window, 'sum.ts', SUM.replace('a - b', 'a + b'));
  }),
);

test(
  'several files are shown and applied together; settings are left out and ask on their own; nothing leaves the workspace',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('sum.ts');
    const chat = await ask(
      window,
      [
        '`sum.ts`:',
        '```ts\n<<<<<<< SEARCH\n  return a - b;\n=======\n  return a + b;\n>>>>>>> REPLACE\n```',
        '`src/new.ts`:',
        '```ts\nexport const fresh = true;\n```',
        '`../outside.ts`:',
        '```ts\nexport const bad = true;\n```',
        '`.vscode/settings.json`:',
        '```json\n{ "terminal.integrated.env.linux": { "X": "1" } }\n```',
      ].join('\n\n'),
    );
    await chat.button('Apply all changes').click();
    await window.notification('../outside.ts is outside this workspace').waitFor();
    await diffOf(window).first().waitFor();
    assert.equal(code.onDisk('src/new.ts'), undefined);
    await window.page.locator('.tab.active', { hasText: SETTINGS_CHANGE }).waitFor();
    await window.command('Gearshift: Apply Proposed Change');
    await window.dialog('can make the editor run programs').waitFor();
    await window.press('Escape');
    await discardSettings(window);
    assert.equal(code.onDisk('.vscode/settings.json'), '{}\n');
    await window.page.locator('.tab', { hasText: 'Proposed changes (2 files)' }).click();
    await window.page.locator('.tab.active', { hasText: 'Proposed changes (2 files)' }).waitFor();
    await window.page.locator('.multiDiffEntry, .multi-diff-root-floating-menu, .monaco-diff-editor').first().waitFor();
    await window.command('Gearshift: Apply Proposed Change');
    await window.openFile('sum.ts');
    await showsText(window, 'sum.ts', SUM.replace('a - b', 'a + b'));
    await code.savedAs('src/new.ts', 'export const fresh = true;\n');
    assert.equal(fs.existsSync(path.join(code.workspace, '../outside.ts')), false);
    await chat.frame.locator('.applied-words', { hasText: 'Applied to sum.ts, src/new.ts' }).waitFor();
    await chat.button('Undo').click();
    await showsText(window, 'sum.ts', SUM);
    await code.savedAs('src/new.ts', undefined);
    assert.equal(await window.dialog().count(), 0, 'nothing is asked');

    // Once more, but only one of the two: ticked in VS Code's refactor preview.
    await chat.button('Apply all changes').click();
    await window.page.locator('.tab.active', { hasText: SETTINGS_CHANGE }).waitFor();
    await discardSettings(window);
    await window.page.locator('.tab', { hasText: 'Proposed changes (2 files)' }).click();
    await window.page.locator('.tab.active', { hasText: 'Proposed changes (2 files)' }).waitFor();
    await window.command('Gearshift: Choose Changes to Apply');
    const preview = window.page.locator('.bulk-edit-panel');
    await preview
      .locator('.monaco-list-row', { hasText: 'sum.ts' })
      .locator('input, .monaco-checkbox, .edit-checkbox')
      .first()
      .click();
    await preview.getByRole('button', { name: 'Apply' }).click();
    await showsText(window, 'sum.ts', SUM.replace('a - b', 'a + b'));
    await code.savedAs('src/new.ts', undefined);
    await window.command('Gearshift: Undo Applied Change');
    await showsText(window, 'sum.ts', SUM);
  }),
);

/** What became of edits, from the file of the ledger. */
async function readOutcomes(): Promise<readonly OutcomeRow[]> {
  const dir = path.join(code.globalStorageDir, 'ledger');
  const { store } = await openLedger({ dir, windowId: 'spec', clock: Date.now, log: () => undefined });
  const rows = await store.outcomes({ since: 0 });
  await store.close();
  return rows;
}

test(
  'new problems after a change are on the card under its answer, undone with a button, and the ledger knows it',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('sum.ts');
    const chat = await ask(
      window,
      '```ts\nexport function add(a: number, b: number): string {\n  return a + b;\n}\n```',
    );
    await applyBlock(chat);
    await diffOf(window).locator('.line-insert, .char-insert').first().waitFor();
    await window.command('Gearshift: Apply Proposed Change');
    const card = chat.answer(0).getByRole('region', { name: 'Applied change' });
    await card.getByText('One new problem:').waitFor({ timeout: 90_000 });
    assert.match(await card.innerText(), /sum\.ts[^]*not assignable to type 'string'/);
    await card.getByRole('button', { name: 'Fix' }).waitFor();
    await window.screenshot('result-card');
    await card.getByRole('button', { name: 'Undo' }).click();
    await showsText(window, 'sum.ts', SUM);
    await card.getByText('Undone in sum.ts.').waitFor();
    // Written a second after it happened.
    await window.page.waitForTimeout(2_000);
    const [last] = await readOutcomes();
    assert.deepEqual(last && [last.kind, last.tier, last.task, last.model, last.language, last.kept], [
      'undone',
      'mid',
      'chat',
      'mid',
      'typescript',
      0,
    ]);
  }),
);
