import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  settings: settingsFor(models),
  env: KEY_ENV,
  files: {
    'pool.ts':
      'export class Pool {\n  take(n: number) {\n    const x: string = n;\n    return x;\n  }\n\n  give() {}\n}\n',
    '.env': 'TOKEN=canary-secret\n',
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

test(
  'escalating from the context menu sends the selection with file, symbol and diagnostics, and is carried on there',
  code.inWindow(async (window) => {
    cloud.script({ text: 'The type is wrong.', reasoning: 'Let me think about Pool.' });
    const editor = await window.openFile('pool.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 60_000 });
    await window.selectLines(3, 4);
    await window.contextMenu(editor, 'Escalate to Frontier');
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
  code.inWindow(async (window) => {
    const editor = await window.openFile('pool.ts');
    await window.page.locator('.squiggly-error').first().waitFor({ timeout: 60_000 });
    await window.goTo(7, 4);
    await window.contextMenu(editor, 'Escalate to Frontier');
    const chat = await ChatPage.find(window);
    await chat.ended(0);
    const question = (cloud.book.calls[0]?.body as { messages: { content: string }[] }).messages.at(-1)?.content ?? '';
    assert.match(question, /pool\.ts:7/);
    assert.match(question, /```typescript\n {2}give\(\) \{\}\n```|```typescript\ngive\(\) \{\}\n```/);
    assert.doesNotMatch(question, /const x/);
  }),
);

test(
  'a file of secrets is not sent without asking',
  code.inWindow(async (window) => {
    await window.openFile('.env');
    await window.command('Gearshift: Escalate to Frontier');
    await window.dialog('looks like a file with secrets').waitFor();
    await window.press('Escape');
    await window.page.waitForTimeout(500);
    assert.equal(cloud.book.calls.length, 0);
  }),
);
