import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** What the light bulb offers, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const SUM =
  'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport function wrong(): string {\n  return 1;\n}\n';
const USE = "import { add } from './sum';\n\nadd(1, 2);\n";
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
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

/** The new lines of an edit that waits in the editor. */
const inset = (window: Window, text: string) => window.page.locator('.review-widget .comment-body', { hasText: text });
const lens = (window: Window, title: string) => window.page.locator('.codelens-decoration a', { hasText: title });
const lastQuestion = (): string =>
  (cloud.book.calls.at(-1)?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';

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
  'the light bulb fixes, explains and escalates a problem, documents, writes tests, and finds a name that the language server gives',
  code.inWindow({ used: true }, async (window) => {
    const { page } = window;
    await window.openFile('sum.ts');
    await page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.goTo(6, 5);
    cloud.script(`\`\`\`ts\n${SUM.replace('return 1', "return '1'").trimEnd()}\n\`\`\``);
    await window.lightBulb('Fix with Gearshift');
    await inset(window, "return '1'").waitFor();
    assert.match(lastQuestion(), /line 6: Type 'number' is not assignable to type 'string'/);
    await lens(window, 'Accept (Alt+Enter)').first().waitFor();
    await window.press('Shift+Alt+Enter');
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
    await inset(window, 'The sum.').waitFor();
    await lens(window, 'Accept (Alt+Enter)').first().waitFor();
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
