import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud } = models;
const SUM =
  'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport function wrong(): string {\n  return 1;\n}\n';
const code = await openVSCode({
  settings: { ...settingsFor(models), 'files.refactoring.autoSave': true },
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
