import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** The history of the chat, by keyboard, in real VS Code. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({ settings: settingsFor(models), env: KEY_ENV, files: { 'a.ts': 'let a;\n' } });
after(async () => {
  await code.close();
  await models.stop();
});

test(
  'threads are searched, renamed, pinned, exported, deleted and put back, and all of it survives a reload',
  code.inWindow(async (window) => {
    cloud.script(({ prompt }) => (prompt.includes('kettle') ? 'Boil it.' : 'A semaphore counts.'));
    const chat = await ChatPage.open(window);
    await chat.ask('What is a semaphore?');
    await chat.ended(0);
    await chat.button('New chat').first().click();
    await chat.frame.locator('.empty').waitFor();
    await chat.ask('How does a kettle work?');
    await chat.ended(0);

    const openHistory = async (page: ChatPage): Promise<void> => {
      // It stays open while a thread is exported.
      if ((await page.frame.locator('.history').count()) === 0) await page.button('Chat history').click();
      await page.frame.locator('.history [data-row]').first().focus();
    };
    await openHistory(chat);
    await window.page.keyboard.type('counts');
    await chat.frame.locator('.history mark', { hasText: 'counts' }).waitFor();
    await window.screenshot('chat-history-search');
    await window.press('ArrowDown');
    await window.press('Enter');
    await chat.answer(0).getByText('A semaphore counts.').waitFor();

    await openHistory(chat);
    await chat.frame.locator('.history [data-row]', { hasText: 'What is a semaphore?' }).focus();
    await window.press('F2');
    await chat.frame.getByRole('textbox', { name: 'New name' }).fill('Semaphores');
    await window.press('Enter');
    await chat.frame.locator('h1', { hasText: 'Semaphores' }).waitFor();
    await chat.button('Pin Semaphores').click({ force: true });
    await chat.frame.locator('.history .codicon-pinned').first().waitFor();
    await window.screenshot('chat-history');
    await chat.button('Export Semaphores').click({ force: true });
    await chat.frame.getByRole('menuitem', { name: 'As Markdown' }).click();
    await window.quickInput().waitFor();
    await window.press('Enter');
    await window.page.locator('.tab', { hasText: 'Semaphores.md' }).waitFor();
    assert.match(
      fs.readFileSync(path.join(code.workspace, 'Semaphores.md'), 'utf8'),
      /# Semaphores.*A semaphore counts\./s,
    );

    await openHistory(chat);
    await chat.frame.locator('.history [data-row]', { hasText: 'kettle' }).focus();
    await window.press('Delete');
    await chat.frame.locator('.history [data-row]', { hasText: 'kettle' }).waitFor({ state: 'detached' });
    await chat.button('Undo').click();
    await chat.frame.locator('.history [data-row]', { hasText: 'kettle' }).waitFor();
    await chat.frame.locator('.history [data-row]', { hasText: 'kettle' }).focus();
    await window.press('Delete');
    await chat.frame.locator('.history [data-row]', { hasText: 'kettle' }).waitFor({ state: 'detached' });

    await window.reload();
    const again = await ChatPage.open(window);
    await openHistory(again);
    assert.deepEqual(await again.frame.locator('.history .history-title').allInnerTexts(), ['Semaphores']);
    assert.equal(await again.frame.locator('.history .history-row .codicon-pinned').count(), 1);
  }),
);
