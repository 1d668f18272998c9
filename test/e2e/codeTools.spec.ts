import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Edits by instruction, and what the light bulb offers, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const SUM =
  'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport function wrong(): string {\n  return 1;\n}\n';
const USE = "import { add } from './sum';\n\nadd(1, 2);\n";
const code = await openVSCode({
  settings: { ...settingsFor(models), 'files.refactoring.autoSave': true },
  env: KEY_ENV,
  // With a project the language server knows files that are not open.
  files: { 'sum.ts': SUM, 'use.ts': USE, 'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n' },
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

/** The answer is whole: until then there is nothing to accept. */
const written = (window: Window) =>
  window.notification('Gearshift edits sum.ts').waitFor({ state: 'hidden', timeout: 90_000 });

async function textIs(window: Window, file: string, text: string): Promise<void> {
  const end = Date.now() + 45_000;
  let shown = '';
  while (Date.now() < end && shown !== text) {
    shown = await window.editorText(file).catch(() => '');
    await window.page.waitForTimeout(100);
  }
  assert.equal(shown, text);
}

test(
  'an inline edit streams into a diff, is followed up, taken hunk by hunk or as a whole, undone in one step, or discarded',
  code.inWindow(async (window) => {
    await window.openFile('sum.ts');
    await window.selectLines(1, 3);
    cloud.script('```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```');
    cloud.settings.tokensPerSecond = 20;
    await window.press('ControlOrMeta+Alt+j');
    await window.answer('For example', 'Make it add');
    await diffOf(window).locator('.line-insert, .char-insert').first().waitFor();
    await written(window);
    assert.match(lastQuestion(), /<edit>\nexport function add[\s\S]*\n<\/edit>\n<after>\n\nexport function wrong/);
    assert.match(lastQuestion(), /Instruction: Make it add/);
    assert.equal(code.onDisk('sum.ts'), SUM);

    cloud.settings.tokensPerSecond = Infinity;
    cloud.script('```ts\n// sums\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n```');
    await window.command('Gearshift: Ask for Another Version');
    await window.answer('For example', 'Name the type of the result');
    await diffOf(window).getByText('): number {').first().waitFor();
    const { messages } = cloud.book.calls[1]?.body as { messages: { role: string; content: string }[] };
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    await written(window);
    await window.press('ControlOrMeta+Enter');
    const whole = SUM.replace('number) {\n  return a - b', 'number): number {\n  return a + b');
    await textIs(window, 'sum.ts', `// sums\n${whole}`);
    await window.press('ControlOrMeta+z');
    await textIs(window, 'sum.ts', SUM);

    // Two hunks, in the answer for the whole file: the first is rejected, the second accepted.
    await window.press('ControlOrMeta+a');
    cloud.script(`\`\`\`ts\n${SUM.replace('a - b', 'a * b').replace('return 1', "return '1'").trimEnd()}\n\`\`\``);
    await window.command('Gearshift: Edit Inline');
    await window.answer('For example', 'Two things');
    await diffOf(window).getByText("return '1'").first().waitFor();
    await written(window);
    await diffOf(window)
      .locator('.modified .view-line', { hasText: 'a * b' })
      .hover({ position: { x: 40, y: 8 } });
    await window.page.locator('.monaco-hover:visible a', { hasText: 'Reject This Change' }).click();
    await diffOf(window).locator('.modified .view-line', { hasText: 'a * b' }).waitFor({ state: 'hidden' });
    await diffOf(window).locator('.modified .view-line', { hasText: "return '1'" }).click();
    await window.press('Alt+Enter');
    await diffOf(window).waitFor({ state: 'hidden' });
    const second = SUM.replace('return 1', "return '1'");
    await textIs(window, 'sum.ts', second);
    await code.savedAs('sum.ts', second);
    await window.press('ControlOrMeta+z');
    await textIs(window, 'sum.ts', SUM);

    // Without a selection the function around the cursor is meant.
    await window.goTo(2, 4);
    cloud.script('```ts\nexport function add() {}\n```');
    await window.command('Gearshift: Edit Inline');
    await window.answer('For example', 'Empty it');
    await diffOf(window).locator('.line-delete, .char-delete').first().waitFor();
    await written(window);
    assert.match(lastQuestion(), /<edit>\nexport function add[\s\S]*\n}\n<\/edit>/);
    await window.command('Gearshift: Discard Proposed Change');
    await diffOf(window).waitFor({ state: 'hidden' });
    await textIs(window, 'sum.ts', SUM);
  }),
);

test(
  'the light bulb fixes, explains and escalates a problem, documents, writes tests, and finds a name that the language server gives',
  code.inWindow({ used: true }, async (window) => {
    const { page } = window;
    await window.openFile('sum.ts');
    await page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.goTo(6, 5);
    cloud.script(`\`\`\`ts\n${SUM.replace('return 1', "return '1'").trimEnd()}\n\`\`\``);
    await window.lightBulb('Fix with Gearshift');
    await diffOf(window).getByText("return '1'").first().waitFor();
    assert.match(lastQuestion(), /line 6: Type 'number' is not assignable to type 'string'/);
    await written(window);
    await window.press('ControlOrMeta+Enter');
    await textIs(window, 'sum.ts', SUM.replace('return 1', "return '1'"));
    await window.press('ControlOrMeta+z');
    await textIs(window, 'sum.ts', SUM);

    await page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.goTo(6, 5);
    cloud.script('It returns a number.');
    await window.lightBulb('Explain with Gearshift');
    const chat = await ChatPage.find(window);
    await (await chat.ended(0)).getByText('It returns a number.').waitFor();
    assert.match(lastQuestion(), /Explain these problems/);
    assert.match(lastQuestion(), /return 1;/);

    await window.openFile('sum.ts');
    await window.selectLines(1, 3);
    cloud.script('`sum.test.ts`:\n\n```ts\ntest("adds", () => {});\n```');
    await window.lightBulb('Generate tests with Gearshift');
    await (await chat.ended(1)).getByText('sum.test.ts').first().waitFor();
    assert.match(lastQuestion(), /Write tests for this code/);
    assert.doesNotMatch(lastQuestion(), /function wrong/);

    await window.openFile('sum.ts');
    await window.selectLines(1, 3);
    cloud.script('```ts\n/** The sum. */\nexport function add(a: number, b: number) {\n  return a - b;\n}\n```');
    await window.lightBulb('Document with Gearshift');
    await diffOf(window).getByText('The sum.').first().waitFor();
    await written(window);
    await window.press('Alt+Enter');
    await textIs(window, 'sum.ts', `/** The sum. */\n${SUM}`);

    await window.goTo(2, 17);
    await window.press('Shift+ArrowRight');
    cloud.script('sum\nplus');
    await window.lightBulb('Suggest a better name with Gearshift');
    await window.pick('plus');
    await textIs(window, 'sum.ts', `/** The sum. */\n${SUM.replace('add', 'plus')}`);
    await window.openFile('use.ts');
    await textIs(window, 'use.ts', USE.replaceAll('add', 'plus'));
  }),
);
