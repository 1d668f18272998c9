import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** A whole conversation without a mouse, and with the places that the chat can live in. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'sum.ts': 'export const add = (a: number, b: number) => a - b;\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

/** Presses a key until the focus is on what has this name. */
async function focusOn(chat: ChatPage, window: Window, name: string | RegExp, key: 'Tab' | 'Shift+Tab'): Promise<void> {
  const focused = (): Promise<string> =>
    chat.frame.evaluate(() => {
      const { activeElement } = document;
      return `${activeElement?.getAttribute('aria-label') ?? ''}|${activeElement?.textContent ?? ''}`;
    });
  for (let i = 0; i < 60; i++) {
    const [label = '', text = ''] = (await focused()).split('|');
    if (typeof name === 'string' ? label === name || text === name : name.test(label)) return;
    await window.press(key);
  }
  throw new Error(`no key leads to ${String(name)}; the focus is on ${await focused()}`);
}

test(
  'keyboard only: open, attach, ask, read, copy, escalate, choose, edit, continue in a new chat, find the old one',
  code.inWindow(async (window) => {
    cloud.script(['It subtracts:\n\n```ts\na + b\n```', 'Frontier says the same.', 'Edited.', 'Other thread.']);
    await window.openFile('sum.ts');
    await window.press('ControlOrMeta+Alt+g');
    const chat = await ChatPage.find(window);
    await chat.frame.locator('.composer textarea:focus').waitFor();
    await window.page.keyboard.type('Why is @sum', { delay: 20 });
    await chat.frame.locator('.suggestions[aria-busy=false] li', { hasText: 'sum.ts' }).first().waitFor();
    await window.press('Enter');
    await chat.frame.locator('.composer .chip', { hasText: 'sum.ts' }).waitFor();
    await window.page.keyboard.type('wrong?');
    await window.press('Enter');
    await chat.ended(0);
    assert.match(JSON.stringify(cloud.book.calls[0]?.body), /a - b/);

    await focusOn(chat, window, 'Copy code', 'Shift+Tab');
    await window.press('Enter');
    await window.page.waitForTimeout(300);
    assert.equal(await window.page.evaluate(() => navigator.clipboard.readText()), 'a + b');
    await focusOn(chat, window, 'Escalate this', 'Tab');
    await window.press('Enter');
    await chat.ended(1);
    await focusOn(chat, window, 'Continue from this answer', 'Tab');
    await window.press('Enter');
    await chat.answer(0).locator('.compare-chosen').waitFor();
    await focusOn(chat, window, 'Edit and ask again', 'Shift+Tab');
    await window.press('Enter');
    await chat.frame.locator('.edit-field:focus').waitFor();
    await window.page.keyboard.type(' Again.');
    await window.press('Enter');
    await (await chat.ended(0)).getByText('Edited.').waitFor();
    await chat.frame.locator('.composer textarea:focus').waitFor();

    await chat.newThread();
    await chat.frame.locator('.composer textarea:focus').waitFor();
    await window.page.keyboard.type('else?');
    await window.press('Enter');
    await (await chat.ended(0)).getByText('Other thread.').waitFor();
    await chat.openHistory();
    await chat.frame.locator('.history [data-row]:focus').waitFor();
    await window.press('ArrowDown');
    await window.press('Enter');
    await chat.answer(0).getByText('Edited.').waitFor();
    await window.press('Escape');
  }),
);

test(
  'the chat opens in an editor tab, and moves to the secondary side bar with its conversation',
  code.inWindow(async (window) => {
    cloud.script(['In the tab.', 'In the bar.']);
    await window.command('Gearshift: Open Chat in Editor');
    const chat = await ChatPage.find(window);
    await chat.frame.locator('.composer textarea:focus').waitFor();
    await chat.ask('where?');
    await chat.ended(0);
    await window.screenshot('chat-tab');
    await chat.answer(0).getByText('In the tab.').waitFor();
    await window.command('View: Close All Editors');
    await (await ChatPage.open(window)).answer(0).getByText('In the tab.').waitFor();

    await window.command('View: Move View');
    await window.pick('Chat');
    await window.pick('New Secondary Side Bar Entry');
    await window.page.locator('.part.auxiliarybar .pane-body, .part.auxiliarybar .composite').first().waitFor();
    const moved = await ChatPage.find(window);
    await moved.ask('and now?');
    await (await moved.ended(1)).getByText('In the bar.').waitFor();
    await window.screenshot('chat-secondary');
  }),
);
