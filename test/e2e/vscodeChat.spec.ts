import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { Locator } from 'playwright-core';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { Answer, Ask } from '../servers/text.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** VS Code's own chat and agents on our tiers, signed out, from a fresh profile. */

const models = await startModels();
const { cloud, ollama } = models;
// VS Code's chat extension writes into the folder .copilot of the home.
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-home-'));
const BROKEN = 'function add(a, b) {\n  return a\n}\n';
const FIXED = 'function add(a, b) {\n  return a + b;\n}\n';
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'gearshift.tiers.local': ['ollama/llama3.2:3b'] },
  env: { ...KEY_ENV, HOME: home },
  files: { 'a.js': BROKEN },
});
after(async () => {
  await code.close();
  await models.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(() => {
  cloud.reset();
  ollama.reset();
  cloud.script(answer);
  ollama.script('Fixing add');
});

const AGENT = '.interactive-session';

/** A model that reads, edits and runs a command, one step after the other, as the question says. */
function answer(ask: Ask): Answer {
  const { tools = [], messages = [] } = ask.body as {
    tools?: { function: { name: string } }[];
    messages?: { role: string; content: unknown }[];
  };
  const names = tools.map(({ function: { name } }) => name);
  const last = messages.findLastIndex(({ role, content }) => role === 'user' && /!\w+/.test(JSON.stringify(content)));
  const asked = JSON.stringify(messages[last]?.content ?? '');
  const steps = messages.slice(last).filter(({ role }) => role === 'tool').length;
  if (names.length === 0) return { text: 'Fix add' };
  const file = path.join(code.workspace, 'a.js');
  const read = { name: 'read_file', arguments: { filePath: file, startLine: 1, endLine: 20 } };
  if (asked.includes('!work'))
    return [
      { text: 'I read the file. ', toolCalls: [read] },
      {
        text: 'I edit it. ',
        toolCalls: [
          { name: 'replace_string_in_file', arguments: { filePath: file, oldString: BROKEN, newString: FIXED } },
        ],
      },
      {
        toolCalls: [
          {
            name: 'run_in_terminal',
            pieceLength: 7,
            arguments: {
              command: 'echo ran-$((40+2)) > ran.txt',
              explanation: 'Say something',
              goal: 'Test',
              mode: 'sync',
              isBackground: false,
              timeout: 10_000,
            },
          },
        ],
      },
      { text: 'All is done.' },
    ][Math.min(steps, 3)]!;
  if (asked.includes('!loop'))
    // A few steps use up the budget.
    return { text: `Step ${steps + 1}. ${'word '.repeat(1_000)}`, toolCalls: [read] };
  if (asked.includes('!slow')) return { text: `Slowly. ${'word '.repeat(3_000)}` };
  return { text: 'A plain answer.' };
}

async function ask(window: Window, text: string): Promise<void> {
  await window.page.locator(`${AGENT} .chat-input-container .monaco-editor`).last().click();
  await window.type(text);
  await window.press('Enter');
}
/** The answer with this text, when it is complete. */
const answered = (window: Window, text: string | RegExp): Locator =>
  window.page.locator(`${AGENT} .interactive-response:not(.chat-response-loading)`, { hasText: text }).last();

async function rows(): Promise<readonly LedgerRow[]> {
  const dir = path.join(code.globalStorageDir, 'ledger');
  const { store } = await openLedger({ dir, windowId: 'spec', clock: Date.now, log: () => undefined });
  const all = await store.rows({ since: 0 });
  await store.close();
  return all;
}

test(
  'one command, and an agent reads, edits and runs a command; every request is on the ledger as the servers sold it',
  code.inWindow(async (window) => {
    // The local model may have been loaded already, for completions.
    const before = ollama.book.calls.length;
    await window.command("Gearshift: Use Gearshift in VS Code's Chat");
    const dialog = window.dialog("Use Gearshift in VS Code's chat?");
    await dialog.getByText(/Microsoft's built-in chat extension/).waitFor();
    assert.equal(cloud.book.calls.length + ollama.book.calls.length, before, 'nothing happens before the user agrees');
    await dialog.getByRole('button', { name: 'Use Gearshift' }).click();
    await window.page.locator(`${AGENT} .model-picker-name`, { hasText: /Mid/ }).waitFor();
    await window.screenshot('vscode-chat-ready');
    await ask(window, 'please !work on it');
    await window.page
      .locator(AGENT)
      .getByRole('button', { name: /^Allow/ })
      .last()
      .click({ timeout: 60_000 });
    await answered(window, 'All is done.').waitFor();
    await window.screenshot('vscode-chat-agent');
    assert.equal(code.onDisk('a.js'), FIXED);
    await code.savedAs('ran.txt', 'ran-42\n');
    await cloud.book.quiet(500);
    const all = await rows();
    const steps = all.filter(({ task }) => task === 'agent');
    assert.equal(steps.length, 4);
    assert.deepEqual(new Set(steps.map(({ stage }) => stage)), new Set(['chat']));
    assert.equal(new Set(steps.map(({ conversation }) => conversation)).size, 1);
    assert.ok(steps[0]?.conversation);
    assert.match(steps[0]?.initiator ?? '', /copilot-chat/i);
    const overhead = all.filter(({ task }) => task === 'overhead');
    assert.ok(overhead.length >= 1, 'the title');
    assert.ok(overhead.every(({ tier }) => tier !== 'frontier'));
    const sold = cloud.book.totals().costNano;
    assert.equal(
      all.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0),
      sold,
    );
    assert.equal(all.length, cloud.book.calls.length + ollama.book.calls.length);
    const bodies = cloud.book.calls.map(({ rawBody }) => rawBody).join('\n');
    assert.doesNotMatch(bodies, /_conversationId|"name":"insert_edit_into_file"/);
  }),
);

test(
  "the settings page shows each piece of VS Code's chat, removes Gearshift from it and sets it up again",
  code.inWindow({ used: true }, async (window) => {
    await window.command('Gearshift: Open Settings');
    const frame = await window.webview('#vscode-chat');
    const section = frame.locator('#vscode-chat');
    await frame.locator('a[href="#vscode-chat"]').click();
    for (const piece of ['version', 'registered', 'group', 'aiFeatures', 'builtIn', 'harness'])
      await section.locator(`[data-piece="${piece}"].ok`).waitFor();
    await section.getByRole('button', { name: /^Remove from VS Code's chat/ }).click();
    await window
      .dialog(/Remove Gearshift/)
      .getByRole('button', { name: 'Remove', exact: true })
      .click();
    await section.locator('[data-piece="group"].info').waitFor();
    await section.getByRole('button', { name: /^Use Gearshift in VS Code's chat/ }).click();
    await window
      .dialog(/Use Gearshift in VS Code's chat/)
      .getByRole('button', { name: 'Use Gearshift' })
      .click();
    await section.locator('[data-piece="group"].ok').waitFor();
    for (const piece of ['chat.utilityModel', 'chat.utilitySmallModel'])
      await section.locator(`[data-piece="${piece}"].ok`).waitFor();
    await window.screenshot('vscode-chat-settings');
  }),
);

test(
  'stopping an agent ends the request; the partial answer stays',
  code.inWindow({ used: true }, async (window) => {
    cloud.settings.tokensPerSecond = 30;
    await ask(window, 'now !slow');
    await window.page.locator(AGENT, { hasText: 'Slowly.' }).waitFor();
    await window.press('Escape');
    await window.page
      .locator(`${AGENT} .chat-execute-toolbar .codicon-stop-circle`)
      .first()
      .click()
      .catch(() => undefined);
    const call = await cloud.book.waitFor((book) => book.calls.find(({ closedBy }) => closedBy === 'client'), 20_000);
    assert.ok(call.tokens.output < 3_000);
    cloud.settings.tokensPerSecond = Infinity;
    await answered(window, 'Slowly.').waitFor();
    // What VS Code logs at its stop comes later, and must name no file of Gearshift.
    await ask(window, 'now !plain');
    await answered(window, 'A plain answer.').waitFor();
    const logged = window.console.filter((line) => /Cancel+ed/.test(line));
    assert.deepEqual(
      logged.filter((line) => line.includes('gearshift.gearshift')),
      [],
    );
  }),
);

test(
  'a budget that ends in the middle of the work says so in one sentence; what was done stays',
  code.inWindow({ used: true }, async (window) => {
    // VS Code logs what a provider throws.
    window.expected = /Gearshift:|Canceled/;
    const before = await rows();
    const reserved = Math.max(...before.filter(({ task }) => task === 'agent').map((row) => row.reserved ?? 0));
    const spent = before.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0);
    const usd = (spent + reserved * 1.25) / 1e9;
    await window.setSetting('gearshift.budgets', [{ usd, period: 'month', stop: 'refuse' }]);
    await ask(window, 'go on in a !loop');
    const reply = answered(window, /Gearshift:/);
    await reply.waitFor();
    await reply.getByText(/Budget .* a month: .* left\. This may cost up to/).waitFor();
    await window.screenshot('vscode-chat-budget');
    assert.doesNotMatch(await reply.innerText(), /\bat .*\.(js|mjs|ts):\d+/, 'no stack');
    assert.ok(cloud.book.calls.length >= 1, 'the work began');
    const last = (await rows()).filter(({ task }) => task === 'agent');
    assert.ok(last.every(({ settled }) => settled !== null));
  }),
);

test(
  'in private mode nothing is sent, and the answer says why',
  code.inWindow({ settings: { 'gearshift.private': true }, used: true }, async (window) => {
    window.expected = /Gearshift:|Canceled/;
    await ask(window, 'a plain question');
    await answered(window, /Private mode is on/).waitFor();
    assert.equal(cloud.book.calls.length, 0);
  }),
);
