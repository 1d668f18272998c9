import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type axe from 'axe-core';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/**
 * What the chat reaches beyond the open file, in real VS Code and by keyboard: the codebase, instructions of folders, any
 * model for one question, the terminal, and chats of other folders.
 */

const models = await startModels();
const { cloud } = models;
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CANARY = 'canary-7f3a';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: {
    ...settingsFor(models),
    'terminal.integrated.gpuAcceleration': 'off', // text is in the page
    'gearshift.tiers.mid': ['cloud/mid', 'cloud/frontier'],
  },
  env: KEY_ENV,
  files: {
    'src/net/retry.ts':
      'export async function retryWithBackoff(attempt: () => Promise<void>) {\n  for (;;) await attempt();\n}\n',
    'src/net/AGENTS.md': 'Answer about this folder in verse.\n',
    'AGENTS.md': 'Be kind.\n',
    'src/pool.ts': 'export class Pool {\n  take() {}\n}\n',
    'build/retry.ts': `export const retry = '${CANARY}';\n`,
    '.gitignore': 'build/\n',
    '.env': `RETRY=${CANARY}\n`,
  },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  cloud.script('Fine.');
});

const asked = (): { model: string; messages: { content: unknown }[] } =>
  cloud.book.calls.at(-1)?.body as { model: string; messages: { content: unknown }[] };
const sent = (): string => String(asked().messages.at(-1)?.content ?? '');

/** What is wrong for people who use a screen reader, by axe-core. */
async function problemsOf({ frame }: ChatPage): Promise<string[]> {
  await frame.evaluate(AXE);
  return frame.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: typeof axe }).axe;
    // The background is that of VS Code behind the frame, which axe does not see; test/webview checks contrast.
    const rules = { region: { enabled: false }, 'color-contrast': { enabled: false } };
    const { violations } = await run(document, { rules });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

test(
  '@codebase is chosen by keyboard; its pieces are sent, shown with tokens, and open; what Git ignores and secrets are not',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    await chat.composer().click();
    await chat.composer().pressSequentially('where is the retry logic? ', { delay: 5 });
    await chat.mention('codeb', '@codebase');
    assert.equal(await chat.composer().inputValue(), 'where is the retry logic? @codebase ');
    await chat.composer().press('Enter');
    await chat.ended(0);
    assert.match(sent(), /--- src\/net\/retry\.ts:1-\d \(retryWithBackoff\) ---/);
    assert.ok(!JSON.stringify(asked()).includes(CANARY));
    const question = chat.frame.locator('article.user').first();
    await question.locator('.chip', { hasText: 'codebase: 1 piece' }).waitFor();
    const summary = question.locator('.pieces summary');
    await summary.focus();
    await summary.press('Enter');
    await question.locator('.pieces li', { hasText: /retryWithBackoff.*tokens/ }).waitFor();
    assert.deepEqual(await problemsOf(chat), []);
    await window.screenshot('chat-codebase');
    await question.getByRole('button', { name: 'src/net/retry.ts:1-' }).press('Enter');
    await window.editor('src/net/retry.ts').waitFor();
    // A file that is gone is not found, and nothing is sent where nothing is found.
    fs.rmSync(path.join(code.workspace, 'src/net/retry.ts'));
    const calls = cloud.book.calls.length;
    await chat.ask('@codebase retry logic');
    await chat.frame.locator('.composer-problem', { hasText: 'Nothing in' }).waitFor();
    assert.equal(cloud.book.calls.length, calls);
  }),
);

test(
  'a question about a file brings the instructions of its folder, shown as chips',
  code.inWindow({ used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.mention('file:net/retry', 'retry.ts');
    await chat.composer().pressSequentially('what is this?');
    await chat.composer().press('Enter');
    await chat.ended(0);
    assert.match(sent(), /Be kind\.[^]*in verse/);
    const chips = chat.frame.locator('article.user .chip');
    await chips.filter({ hasText: 'src/net/AGENTS.md' }).waitFor();
    assert.deepEqual(await problemsOf(chat), []);
  }),
);

test(
  'a model of the chain, or any other, is chosen by keyboard for one question',
  code.inWindow({ used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    const button = chat.frame.locator('.tier-button');
    await button.focus();
    await button.press('ArrowDown');
    const list = chat.frame.getByRole('listbox', { name: /Tier for the next questions/ });
    await list.waitFor();
    assert.deepEqual(await problemsOf(chat), []);
    await window.screenshot('chat-model-picker');
    while ((await list.locator('li.active', { hasText: 'cloud/frontier' }).count()) === 0)
      await list.press('ArrowDown');
    await list.press('Enter');
    await chat.frame.getByRole('button', { name: /Model for the next question: cloud\/frontier/ }).waitFor();
    await chat.ask('one');
    await chat.ended(0);
    assert.equal(asked().model, 'frontier');
    await chat.ask('two');
    await chat.ended(1);
    assert.equal(asked().model, 'mid', 'it was for one question');

    await button.focus();
    await button.press('ArrowDown');
    await list.press('End');
    await list.press('Enter');
    await window.pick('cloud');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'frontier' }).waitFor();
    await window.pick('frontier');
    await chat.frame.getByRole('button', { name: /Model for the next question: cloud\/frontier/ }).waitFor();
    await chat.ask('three');
    await chat.ended(2);
    assert.equal(asked().model, 'frontier');
  }),
);

test(
  'a command for the terminal is inserted at the prompt, and runs only when the user presses Enter',
  code.inWindow({ used: true }, async (window) => {
    const { page } = window;
    await window.command('Terminal: Create New Terminal');
    const terminal = page.locator('.terminal-wrapper.active .xterm');
    await terminal.locator('.xterm-rows', { hasText: '/workspace' }).waitFor();
    cloud.script('```sh\necho out-$((40+2))\n```');
    await window.command('Gearshift: Suggest Terminal Command…');
    await window.answer('What do you want to do in the terminal?', 'print a number');
    await terminal.locator('.xterm-rows', { hasText: 'echo out-$((40+2))' }).waitFor();
    assert.equal(await terminal.locator('.xterm-rows > div', { hasText: /^out-42/ }).count(), 0);
    await terminal.click();
    await window.press('Enter');
    await terminal.locator('.xterm-rows > div', { hasText: /^out-42/ }).waitFor();
  }),
);

test(
  'a chat of another folder is found by keyboard in the history, and continues here',
  code.inWindow(async (window) => {
    const other = path.join(code.globalStorageDir, 'chats', 'f00f00f00f00f00f');
    fs.mkdirSync(other, { recursive: true });
    const thread = { e: 'thread', at: 1_000, id: 'other-1', title: 'Why is the kettle slow?', tier: 'mid' };
    const turn = { role: 'user', id: 'q1', at: 1_000, text: 'Why is the kettle slow?', attachments: [] };
    const lines = [thread, { e: 'question', at: 1_000, turn }].map((event) => JSON.stringify(event));
    fs.writeFileSync(path.join(other, 'other-1.jsonl'), `${lines.join('\n')}\n`);
    const chat = await ChatPage.open(window);
    await chat.openHistory();
    assert.deepEqual(await problemsOf(chat), []);
    const row = chat.frame.locator('.other-chats');
    await row.focus();
    await row.press('Enter');
    await window.pick('Why is the kettle slow?');
    await chat.frame.locator('article.user', { hasText: 'Why is the kettle slow?' }).waitFor();
    await chat.ask('and now?');
    await chat.ended(0);
    assert.match(JSON.stringify(asked()), /and now\?/);
  }),
);
