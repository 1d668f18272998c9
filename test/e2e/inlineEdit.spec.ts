import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Inline edits by key, with VS Code's default settings: asked for, shown, accepted and rejected in the editor itself. */

const models = await startModels();
const { cloud, ollama } = models;
const SUM =
  'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport function wrong(): string {\n  return 1;\n}\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'sum.ts': SUM, 'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  cloud.settings.tokensPerSecond = Infinity;
  // The text of an editor is read with its ghost text: there is none here.
  ollama.reset();
  ollama.script('');
});

const lastQuestion = (): string =>
  (cloud.book.calls.at(-1)?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';

/** The new lines of a change, in the inset below its place. */
const inset = (window: Window, text: string) => window.page.locator('.review-widget .comment-body', { hasText: text });
const lens = (window: Window, title: string) => window.page.locator('.codelens-decoration a', { hasText: title });
/** What is before the actions of a change, such as its number; it is no link. */
const lensWords = (window: Window, words: string) =>
  window.page.locator('.codelens-decoration span', { hasText: words }).first();
/** The box that takes the instruction. */
const box = (window: Window, title: string) => window.page.locator('.review-widget', { hasText: title });

async function textIs(window: Window, text: string): Promise<void> {
  const end = Date.now() + 45_000;
  let shown = '';
  while (Date.now() < end && shown !== text) {
    shown = await window.editorText('sum.ts').catch(() => '');
    await window.page.waitForTimeout(100);
  }
  assert.equal(shown, text);
}

/** Presses the key of the inline edit, types the instruction at the code, and sends it with Enter. */
async function edit(window: Window, title: string, instruction: string): Promise<void> {
  await window.press('ControlOrMeta+Alt+j');
  await box(window, title).waitFor();
  await box(window, title).locator('.monaco-editor.focused').waitFor();
  await window.type(instruction);
  await window.press('Enter');
  await box(window, title).waitFor({ state: 'hidden' });
}

const whole = (text: string): string => `\`\`\`ts\n${text.trimEnd()}\n\`\`\``;

test(
  'an inline edit is asked for at the code, grows in the editor, is followed up, accepted by key, and undone in one step',
  code.inWindow(async (window) => {
    await window.openFile('sum.ts');
    await window.selectLines(1, 3);
    cloud.script('```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```');
    cloud.settings.tokensPerSecond = 10;
    await edit(window, 'Edit 3 lines in sum.ts', 'Make it add');
    await lens(window, 'Stop (Shift+Alt+Backspace)').waitFor();
    await inset(window, '+ return a + b;').waitFor();
    await lens(window, 'Accept (Alt+Enter)').waitFor();
    assert.match(lastQuestion(), /<edit>\nexport function add[\s\S]*\n<\/edit>\n<after>\n\nexport function wrong/);
    assert.match(lastQuestion(), /Instruction: Make it add/);
    assert.equal(code.onDisk('sum.ts'), SUM, 'nothing is written before it is accepted');
    assert.equal(await window.page.locator('.part.panel:visible').count(), 0, 'no view opens by itself');

    cloud.settings.tokensPerSecond = Infinity;
    cloud.script('```ts\n// sums\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n```');
    await edit(window, 'What should be different?', 'Name the type of the result');
    await inset(window, '): number {').waitFor();
    const { messages } = cloud.book.calls[1]?.body as { messages: { role: string; content: string }[] };
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    await lens(window, 'Accept all (Shift+Alt+Enter)').first().waitFor();
    await window.press('Shift+Alt+Enter');
    const changed = `// sums\n${SUM.replace('number) {\n  return a - b', 'number): number {\n  return a + b')}`;
    await textIs(window, changed);
    await lens(window, 'Accept').first().waitFor({ state: 'hidden' });
    await code.savedAs('sum.ts', changed);
    // VS Code knows only a moment after it has written a file that it is saved: after an undo before that, which no user
    // is fast enough for, it takes the file for saved. Nothing on the screen says when.
    await window.page.waitForTimeout(1_000);
    await window.press('ControlOrMeta+z');
    await textIs(window, SUM);
    await code.savedAs('sum.ts', SUM);
  }),
);

test(
  'changes are accepted and rejected one by one by their CodeLenses, saved in between, and Discard leaves the rest',
  code.inWindow({ used: true }, async (window) => {
    const editor = await window.openFile('sum.ts');
    await window.press('ControlOrMeta+a');
    cloud.script(whole(`// head\n${SUM.replace('a - b', 'a * b').replace('return 1', "return '1'")}`));
    await edit(window, 'Edit 7 lines in sum.ts', 'Three things');
    await lensWords(window, '3 of 3').waitFor();
    await lens(window, 'Reject (Alt+Backspace)').nth(1).click();
    await lensWords(window, '2 of 2').waitFor();
    await inset(window, 'a * b').waitFor({ state: 'hidden' });
    await window.press('ControlOrMeta+s');
    await lens(window, 'Accept (Alt+Enter)').last().click();
    const second = SUM.replace('return 1', "return '1'");
    await textIs(window, second);
    await code.savedAs('sum.ts', second);
    await inset(window, '// head').waitFor();
    // What the user types beside it moves the change, and is kept.
    await editor.locator('.view-line', { hasText: 'return a - b' }).click();
    await window.press('End');
    await window.type(' // mine');
    await lens(window, 'Discard (Shift+Alt+Backspace)').click();
    await lens(window, 'Discard').waitFor({ state: 'hidden' });
    await textIs(window, second.replace('a - b;', 'a - b; // mine'));
  }),
);

test(
  'Escape leaves the box, a reload in the middle leaves the text, and Ctrl+Alt+J asks about the function at the cursor',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('sum.ts');
    await window.goTo(2, 4);
    await window.press('ControlOrMeta+Alt+j');
    await box(window, 'Edit 3 lines in sum.ts').locator('.monaco-editor.focused').waitFor({ timeout: 30_000 });
    await window.press('Escape');
    await box(window, 'Edit 3 lines in sum.ts').waitFor({ state: 'hidden' });
    assert.equal(cloud.book.calls.length, 0);
    cloud.script('```ts\nexport function add() {}\n```');
    await edit(window, 'Edit 3 lines in sum.ts', 'Empty it');
    await inset(window, 'export function add() {}').waitFor();
    assert.match(lastQuestion(), /<edit>\nexport function add[\s\S]*\n}\n<\/edit>/);
    await window.reload();
    await window.openFile('sum.ts');
    await textIs(window, SUM);
    assert.equal(code.onDisk('sum.ts'), SUM);
  }),
);
