import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { findHost } from '../support/hostProcess.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** The history of the chat, by keyboard, and what is left of it when its extension host dies or its file is damaged. */

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'a.ts': 'let a;\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

const TOKENS_PER_SECOND = 20;
/** What may be lost of an answer that was streaming, in ms. */
const MOST_LOST_MS = 250;
/** From the host to the page, and a slow machine, in ms. */
const SLACK_MS = 500;

/** The number of the last whole word, of `w1 w2 w3 …`. */
const lastWord = (text: string): number => Number(/w(\d+)\s+\w*$/.exec(text.trim())?.[1] ?? NaN);

/** The files of the conversations. */
function threadFiles(): string[] {
  const folder = path.join(code.dir, 'data', 'User');
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('gearshift.gearshift') && file.endsWith('.jsonl'))
    .map((file) => path.join(folder, file))
    .filter((file) => fs.readFileSync(file, 'utf8').includes('"e":"question"'));
}

test(
  'threads are searched, renamed, pinned, exported, deleted and restored, and all of it survives a reload',
  code.inWindow(async (window) => {
    cloud.script(({ prompt }) => (prompt.includes('kettle') ? 'Boil it.' : 'A semaphore counts.'));
    const chat = await ChatPage.open(window);
    await chat.ask('What is a semaphore?');
    await chat.ended(0);
    await chat.newThread();
    await chat.frame.locator('.empty').waitFor();
    await chat.ask('How does a kettle work?');
    await chat.ended(0);

    const openHistory = async (page: ChatPage): Promise<void> => {
      // It stays open while a thread is exported.
      if ((await page.frame.locator('.history').count()) === 0) await page.openHistory();
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

test(
  'an extension host that is killed while an answer streams loses at most its last moment, and the answer can continue',
  { skip: process.platform !== 'linux' && 'the host is found by /proc' },
  code.inWindow({ used: true }, async (window) => {
    cloud.settings.tokensPerSecond = TOKENS_PER_SECOND;
    cloud.script([Array.from({ length: 400 }, (_, i) => `w${i + 1}`).join(' '), 'and the rest.']);
    const chat = await ChatPage.open(window);
    await chat.ask('A long story?');
    await chat
      .answer(0)
      .getByText(/w1 .*w20 /)
      .waitFor();
    const host = findHost(code.dir);
    assert.ok(host);
    window.expected = /Extension host \(Remote\) terminated unexpectedly/;
    process.kill(host, 'SIGKILL');
    const seen = lastWord(await chat.answer(0).locator('.markdown').innerText());
    assert.ok(seen >= 20, `${seen} words were seen`);
    cloud.settings.tokensPerSecond = Infinity;

    await window.reload();
    const again = await ChatPage.open(window);
    const answer = await again.ended(0);
    const kept = lastWord(await answer.locator('.markdown').innerText());
    const most = ((MOST_LOST_MS + SLACK_MS) * TOKENS_PER_SECOND) / 1000;
    assert.ok(kept >= seen - most, `${seen} words were seen, ${kept} were kept`);
    await answer.getByText('the window was closed while it was streaming').waitFor();
    await again.frame.getByText('A long story?').first().waitFor();
    await answer.getByRole('button', { name: 'Continue', exact: true }).click();
    await answer.getByText(/w1 .*and the rest\./).waitFor();
  }),
);

test(
  'a file with a torn line and with foreign bytes keeps its other lines, and is still written to',
  code.inWindow({ used: true }, async (window) => {
    cloud.script(['First answer.', 'Second answer.', 'Third answer.']);
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.frame.locator('.empty').waitFor();
    await chat.ask('One, before the damage?');
    await chat.ended(0);
    await chat.ask('Two, before the damage?');
    await chat.ended(1);
    const file = threadFiles().find((name) => fs.readFileSync(name, 'utf8').includes('One, before the damage?'));
    assert.ok(file);
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    const middle = lines.findIndex((line) => line.includes('First answer.'));
    lines.splice(middle + 1, 0, '\0\0\0\0\0\0', '{"e":"delta","at":1,"id":"x","text":');
    fs.writeFileSync(file, `${lines.join('\n')}\n{"e":"answer","at":17`);
    await window.reload();
    const again = await ChatPage.open(window);
    await again.answer(0).getByText('First answer.').waitFor();
    await again.answer(1).getByText('Second answer.').waitFor();
    assert.equal(await again.frame.locator('article.user').count(), 2);
    await again.ask('Three, after it?');
    await (await again.ended(2)).getByText('Third answer.').waitFor();
    await window.reload();
    const last = await ChatPage.open(window);
    await last.answer(2).getByText('Third answer.').waitFor();
    assert.equal(await last.frame.locator('article.user').count(), 3);
  }),
);
