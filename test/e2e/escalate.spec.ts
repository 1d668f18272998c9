import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** A made-up key, in two halves so that no scanner takes it for one. */
const TOKEN = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
/** `hide` in tag characters. */
const HIDDEN = [...'hide'].map((char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join('');

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: {
    'pool.ts':
      'export class Pool {\n  take(n: number) {\n    const x: string = n;\n    return x;\n  }\n\n  give() {}\n}\n',
    '.env': 'TOKEN=canary-secret\n',
    'tax.ts': 'export function tax(amount: number) {\n  return amount * 0.2;\n}\n',
    'shop.ts': `import { tax } from './tax';\n\nconst wrong: string = 1;\n\n/** ${HIDDEN} */\nexport function price(n: number) {\n  const key = '${TOKEN}';\n  return key + tax(n);${HIDDEN}\n}\n\nexport function checkout() {\n  return price(3);\n}\n`,
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

test(
  'escalating from the context menu sends the selection with file, symbol and diagnostics, and continues there',
  code.inWindow(async (window) => {
    cloud.script({ text: 'The type is wrong.', reasoning: 'Let me think about Pool.' });
    const editor = await window.openFile('pool.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.selectLines(3, 4);
    await window.contextMenu(editor, 'Gearshift', 'Escalate');
    await window.menuItem('Debug');
    const preview = window.page.locator('.quick-input-widget:visible');
    await preview.getByText('no secrets found').waitFor();
    assert.match(
      await preview.innerText(),
      /Send to frontier · ~\d+ tokens · ~\$[\d.]+, at most \$[\d.]+ · no secrets found/,
    );
    assert.equal(cloud.book.calls.length, 0, 'nothing is sent while the preview is open');
    await window.press('Enter');
    const chat = await ChatPage.find(window);
    const answer = await chat.ended(0);
    assert.match(await answer.locator('.answer-heading').innerText(), /frontier/i);
    await answer.getByText('The type is wrong.').waitFor();
    await answer.getByText('escalated').waitFor();
    const sent = cloud.book.calls[0]?.body as { model: string; messages: { content: string }[] };
    assert.equal(sent.model, 'frontier');
    const question = sent.messages.at(-1)?.content ?? '';
    assert.match(question, /pool\.ts:3-4/);
    assert.match(question, /Language: typescript/);
    assert.match(question, /Inside: Pool › take/);
    assert.match(question, /line 3: error: .*string/);
    assert.match(question, /const x: string = n;\n {4}return x;/);
    assert.doesNotMatch(question, /give\(\)/);

    await chat.frame.locator('.tier-button .tier-name', { hasText: /frontier/i }).waitFor();
    await chat.ask('And how would you test it?');
    await chat.ended(1);
    const next = cloud.book.calls[1]?.body as { model: string; messages: { role: string; content: string }[] };
    assert.equal(next.model, 'frontier');
    assert.deepEqual(
      next.messages.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
  }),
);

test(
  'without a selection the enclosing symbol goes',
  code.inWindow({ used: true }, async (window) => {
    const editor = await window.openFile('pool.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.goTo(7, 4);
    await window.contextMenu(editor, 'Gearshift', 'Escalate');
    await window.menuItem('Explain');
    await window.page.locator('.quick-input-widget:visible').getByText('no secrets found').waitFor();
    await window.press('Enter');
    const chat = await ChatPage.find(window);
    await chat.ended(0);
    const question = (cloud.book.calls[0]?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';
    assert.match(question, /pool\.ts:7/);
    assert.match(question, /```typescript\n {2}give\(\) \{\}\n```|```typescript\ngive\(\) \{\}\n```/);
    assert.doesNotMatch(question, /const x/);
  }),
);

test(
  'the preview shows definitions, callers and imports; parts can be dropped, secrets are masked, hidden characters are removed on request',
  code.inWindow({ used: true }, async (window) => {
    const editor = await window.openFile('shop.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 90_000 });
    await window.goTo(6, 10);
    await window.contextMenu(editor, 'Gearshift', 'Escalate');
    await window.menuItem('Security Audit');
    const preview = window.page.locator('.quick-input-widget:visible');
    await preview.getByText('1 secret masked').first().waitFor();
    const rows = await preview.innerText();
    assert.match(rows, /definition tax\.ts:1-3/);
    assert.match(rows, /caller shop\.ts:11-13/);
    assert.match(rows, /imports of shop\.ts/);
    assert.match(rows, /4 hidden characters/);
    const definition = preview.locator('.monaco-list-row', { hasText: 'definition tax.ts' });
    await definition.hover();
    await definition.locator('.codicon-go-to-file').click();
    await window.page.locator('.tab.active', { hasText: 'definition tax.ts' }).waitFor();
    await preview.locator('.monaco-list-row', { hasText: 'caller shop.ts' }).click();
    await preview.locator('.codicon-eye-closed').click();
    await preview.getByText('hidden characters removed').waitFor();
    await window.quickInput().focus();
    await window.press('Enter');
    const chat = await ChatPage.find(window);
    await chat.ended(0);
    const question = (cloud.book.calls[0]?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';
    assert.match(question, /export function tax/);
    assert.match(question, /import \{ tax \} from/);
    assert.doesNotMatch(question, /function checkout/);
    assert.match(question, /«masked secret [0-9a-f]{5}»/);
    assert.ok(!question.includes(TOKEN));
    assert.ok(!/[\u{e0000}-\u{e007f}]/u.test(question));
  }),
);

test(
  'a file of secrets is not sent without asking',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('.env');
    await window.command('Gearshift: Escalate to Frontier');
    await window.dialog('looks like a file with secrets').waitFor();
    await window.press('Escape');
    await window.page.waitForTimeout(500);
    assert.equal(cloud.book.calls.length, 0);
  }),
);

test(
  'Escape in the preview sends nothing; below a price that the user sets there is no preview',
  code.inWindow({ used: true }, async (window) => {
    await window.openFile('pool.ts');
    await window.command('Gearshift: Escalate: Review');
    await window.page.locator('.quick-input-widget:visible').getByText('no secrets found').waitFor();
    await window.press('Escape');
    await window.page.waitForTimeout(500);
    assert.equal(cloud.book.calls.length, 0);
    await window.setSetting('gearshift.escalate.previewAbove', 5);
    await window.openFile('pool.ts');
    await window.command('Gearshift: Escalate: Review');
    const chat = await ChatPage.find(window);
    await chat.ended(0);
    assert.equal(cloud.book.calls.length, 1);
  }),
);
