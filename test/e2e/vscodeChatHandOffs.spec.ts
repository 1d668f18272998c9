import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';
import type { Answer, Ask } from '../servers/text.ts';
import { openVSCode, type Window } from './harness.ts';
import { CHAT_KEYS, costOf, ledgerRows, VsCodeChat } from './vsCodeChat.ts';

/** Plan, Build and Review in VS Code's chat, signed out, with models of several families on two tiers. */

const PRICES = {
  'qwen3-coder': { input: 0.3, output: 1, cacheRead: 0.05 },
  'claude-haiku-5': { input: 1, output: 5, cacheRead: 0.1 },
  'claude-opus-5.5': { input: 4, output: 20, cacheRead: 0.2 },
  'gpt-6': { input: 2, output: 10, cacheRead: 0.2 },
} as const;
const cloud = await startOpenAi({
  apiKey: 'sk-right',
  promptCache: 'read',
  models: Object.entries(PRICES).map(([name, price]) => ({ name, price })),
});
const ollama = await startOllama({
  models: [{ name: 'llama3.2:3b', capabilities: ['completion'], family: 'llama' }],
});
// VS Code's chat extension writes into the folder .copilot of the home.
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-home-'));
const BROKEN = 'function add(a, b) {\n  return a\n}\n';
const FIXED = 'function add(a, b) {\n  return a + b;\n}\n';
const code = await openVSCode({
  consents: [cloud.url],
  settings: {
    'gearshift.providers': {
      ollama: { kind: 'ollama', baseUrl: ollama.url },
      lab: { kind: 'openai', baseUrl: cloud.baseUrl, prices: PRICES, apiKeyEnv: 'GEARSHIFT_TEST_KEY' },
    },
    'gearshift.tiers.local': ['ollama/llama3.2:3b'],
    'gearshift.tiers.mid': ['lab/qwen3-coder', 'lab/claude-haiku-5'],
    'gearshift.tiers.frontier': ['lab/claude-opus-5.5', 'lab/gpt-6'],
    'gearshift.confirmAbove': 100,
  },
  env: { GEARSHIFT_TEST_KEY: 'sk-right', OLLAMA_HOST: undefined, HOME: home },
  files: { 'a.js': BROKEN, 'b.js': 'const x = 1;\n' },
  keys: CHAT_KEYS,
});
after(async () => {
  await code.close();
  await Promise.all([cloud.stop(), ollama.stop()]);
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(() => {
  cloud.reset();
  ollama.reset();
  cloud.script(answer);
  ollama.script('Fixing add');
});

const file = path.join(code.workspace, 'a.js');
const read = { name: 'read_file', arguments: { filePath: file, startLine: 1, endLine: 20 } };
const edit = {
  name: 'replace_string_in_file',
  arguments: { filePath: file, oldString: BROKEN, newString: FIXED },
};

/** The agent that the instructions name. */
const agentOf = (messages: readonly { role: string; content: unknown }[]): string =>
  /currently running in \\?"([^"\\]+)\\?" mode/.exec(
    JSON.stringify(messages.filter(({ role }) => role === 'system')),
  )?.[1] ?? '';

/** A model of each agent: it uses the agent's tools, one step after the other, and then says so. */
function answer({ body }: Ask): Answer {
  const { messages = [], tools = [] } = body as { messages?: { role: string; content: unknown }[]; tools?: unknown[] };
  if (tools.length === 0) return { text: 'Fix add' };
  const instructions = JSON.stringify(messages.filter(({ role }) => role === 'system'));
  if (/summary of the entire conversation/.test(instructions)) return { text: '<summary>A plan was made.</summary>' };
  // The inline chat has one tool, an agent several.
  if (tools.length <= 3) return { text: 'Nothing has to change.' };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const asked = JSON.stringify(messages[last]?.content ?? '');
  const steps = messages.slice(last).filter(({ role }) => role === 'tool').length;
  if (asked.includes('!twenty')) return steps < 19 ? { toolCalls: [read] } : { text: 'Read it nineteen times.' };
  if (asked.includes('!fail')) {
    // The answer to this request is still whole; every later one fails.
    if (steps === 1) cloud.always('status:500');
    return { toolCalls: [steps === 0 ? read : edit] };
  }
  const agent = agentOf(messages);
  if (agent === 'Gearshift Build') return steps < 2 ? { toolCalls: [[read, edit][steps]!] } : { text: 'It is built.' };
  if (steps === 0) return { toolCalls: [read] };
  return { text: agent === 'Gearshift Review' ? 'No findings.' : 'The plan: return the sum in a.js.' };
}

/** The models that answered agents; titles have no tools. */
const models = (): (string | undefined)[] =>
  cloud.book.calls
    .filter(({ status, rawBody }) => status === 200 && rawBody.includes('"tools":'))
    .map(({ model }) => model);

/** Waits until words that an editor shows behind a line match. */
async function costAtLine({ page }: Window, words: RegExp): Promise<void> {
  const shown = async (): Promise<string> => {
    const contents = await page.evaluate(() =>
      [...document.querySelectorAll('.view-line span')].map((span) => getComputedStyle(span, '::after').content),
    );
    return contents.join(' ').replaceAll('\u00a0', ' ');
  };
  for (let tries = 100; tries > 0 && !words.test(await shown()); tries--) await page.waitForTimeout(200);
  assert.match(await shown(), words);
}

test(
  'plan, build and review by hand-offs: nothing is sent by itself, and after a fallback another family reviews',
  code.inWindow(async (window) => {
    const chat = new VsCodeChat(window);
    await chat.use();
    await chat.start('Plan', 'Frontier');
    await chat.ask('add forgets its second number');
    await chat.answered('The plan: return the sum').waitFor();
    assert.deepEqual(new Set(models()), new Set(['claude-opus-5.5']));
    await window.screenshot('vscode-chat-plan');

    cloud.book.reset();
    await chat.handOff('Build this plan');
    await chat.runsOn('Gearshift Build', 'Mid');
    await window.page.locator('.chat-input-container', { hasText: 'Implement the plan above.' }).waitFor();
    await cloud.book.quiet(500);
    assert.equal(cloud.book.calls.length, 0, 'the user sends the step that writes');
    // The first model of the tier fails, so that Claude builds.
    cloud.next({
      reply: { status: 404, body: { error: { message: 'The model does not exist', code: 'model_not_found' } } },
    });
    await chat.input.click();
    await window.press('Enter');
    // The one that can answer costs more, so the user is asked.
    await window
      .notification(/qwen3-coder did not answer/)
      .getByRole('button', { name: 'Use claude-haiku-5' })
      .click();
    await chat.answered('It is built.').waitFor();
    assert.equal(code.onDisk('a.js'), FIXED);
    assert.deepEqual(models(), Array(3).fill('claude-haiku-5'), 'the model that began goes on');

    cloud.book.reset();
    await chat.handOff('Review the changes');
    await chat.runsOn('Gearshift Review', 'Frontier');
    await chat.input.click();
    await window.press('Enter');
    await chat.answered('No findings.').waitFor();
    assert.deepEqual(new Set(models()), new Set(['gpt-6']), 'the first model of frontier is of the family that built');
    await window.openFile('a.js');
    await window.screenshot('vscode-chat-review');

    const rows = (await ledgerRows(code)).filter(({ task }) => task === 'agent');
    const stages = ['Gearshift Plan', 'Gearshift Build', 'Gearshift Review'];
    assert.deepEqual(new Set(rows.map(({ stage }) => stage)), new Set(stages));
    assert.equal(new Set(rows.map(({ conversation }) => conversation)).size, 1);
    const reviews = rows.filter(({ stage }) => stage === 'Gearshift Review');
    assert.ok(reviews.some(({ rule }) => rule === 'other-than-builder'));
  }),
);

test(
  'a turn of 20 requests: the ledger is the book of the server, with stage and conversation on each row',
  code.inWindow({ used: true }, async (window) => {
    const chat = new VsCodeChat(window);
    const before = new Set((await ledgerRows(code)).map(({ attemptId }) => attemptId));
    await chat.use();
    await chat.start('Build', 'Mid');
    await chat.ask('please !twenty');
    await chat.answered('Read it nineteen times.').waitFor({ timeout: 120_000 });
    await cloud.book.quiet(500);
    const all = (await ledgerRows(code)).filter(({ attemptId }) => !before.has(attemptId));
    const rows = all.filter(({ task }) => task === 'agent');
    assert.equal(rows.length, 20);
    assert.equal(all.length, cloud.book.calls.length + ollama.book.calls.length);
    const booked = (costs: readonly (number | null | undefined)[]) => costs.toSorted((a, b) => (a ?? 0) - (b ?? 0));
    assert.deepEqual(
      booked(all.filter(({ tier }) => tier !== 'local').map(({ settled }) => settled?.cost.nanoUsd)),
      booked(cloud.book.calls.map(({ costNano }) => costNano)),
    );
    assert.equal(costOf(all), cloud.book.totals().costNano);
    assert.deepEqual(new Set(rows.map(({ stage }) => stage)), new Set(['Gearshift Build']));
    const [conversation] = new Set(rows.map((row) => row.conversation));
    assert.ok(conversation);
    assert.ok(rows.every((row) => row.conversation === conversation && row.initiator !== null));
    const cached = all.reduce((sum, { settled }) => sum + (settled?.usage.cacheRead ?? 0), 0);
    assert.equal(cached, cloud.book.totals().inputCached);
    assert.ok(cached > 0);
  }),
);

test(
  'a provider that fails in the middle of the work: one sentence, and what was done stays',
  code.inWindow({ used: true }, async (window) => {
    // VS Code logs what a provider throws.
    window.expected = /Gearshift:/;
    const chat = new VsCodeChat(window);
    const before = new Set((await ledgerRows(code)).map(({ attemptId }) => attemptId));
    await chat.use();
    await chat.start('Build', 'Mid');
    await chat.ask('please !fail');
    const reply = chat.answered(/Gearshift:/);
    await reply.waitFor({ timeout: 120_000 });
    const text = await reply.innerText();
    assert.match(text, /\b500\b/);
    assert.doesNotMatch(text, /\bat .*\.(js|mjs|ts):\d+/, 'no stack');
    await window.screenshot('vscode-chat-failure');
    await code.savedAs('a.js', FIXED);
    await cloud.book.quiet(500);
    const all = (await ledgerRows(code)).filter(({ attemptId }) => !before.has(attemptId));
    assert.ok(all.every(({ settled }) => settled !== null));
    assert.equal(costOf(all), cloud.book.totals().costNano);
    const failed = all.filter(({ settled }) => settled?.outcome === 'failed');
    assert.ok(failed.length >= 1 && failed.every(({ stage }) => stage === 'Gearshift Build'));
  }),
);

test(
  'what VS Code asks by itself never goes to frontier: titles, progress texts and the summary of a conversation',
  code.inWindow({ used: true }, async (window) => {
    const chat = new VsCodeChat(window);
    const before = new Set((await ledgerRows(code)).map(({ attemptId }) => attemptId));
    await chat.use();
    await chat.start('Plan', 'Frontier');
    await chat.ask('add forgets its second number');
    await chat.answered('The plan: return the sum').waitFor();
    await chat.ask('/compact');
    // The first Enter takes the command from the list of suggestions.
    await window.press('Enter');
    const compacted = (): Promise<LedgerRow | undefined> =>
      ledgerRows(code).then((rows) =>
        rows.find(({ attemptId, stage }) => stage === 'compaction' && !before.has(attemptId)),
      );
    for (let tries = 100; tries > 0 && !(await compacted())?.settled; tries--) await window.page.waitForTimeout(300);
    const row = await compacted();
    assert.equal(row?.settled?.outcome, 'done');
    const overhead = (await ledgerRows(code)).filter(({ task }) => task === 'overhead');
    assert.ok(overhead.some(({ stage }) => stage === 'title'));
    assert.ok(overhead.every(({ tier }) => tier !== 'frontier'));
  }),
);

test(
  'from a selection: the agent that builds gets it, the user sends, and the cost is at the line where it was started',
  code.inWindow({ used: true }, async (window) => {
    const chat = new VsCodeChat(window);
    await chat.use();
    await chat.start('Agent', 'Mid');
    await window.openFile('a.js');
    await window.selectLines(1, 3);
    cloud.book.reset();
    await window.command('Gearshift: Build This');
    await chat.runsOn('Gearshift Build', 'Mid');
    await window.page.locator('.chat-input-container', { hasText: 'Implement this, at a.js:1-3' }).waitFor();
    await cloud.book.quiet(500);
    assert.equal(cloud.book.calls.length, 0, 'the user sends it');
    await chat.input.click();
    await window.press('Enter');
    await chat.answered('It is built.').waitFor();
    await costAtLine(window, /Gearshift Build: .*\$\d.* for 3 requests/);
    await window.screenshot('vscode-chat-build');
  }),
);

test(
  "VS Code's inline chat opens on the tier that the user picks, and its cost is at the line",
  code.inWindow({ used: true }, async (window) => {
    const chat = new VsCodeChat(window);
    await chat.use();
    await window.openFile('b.js');
    await window.selectLines(1, 1);
    cloud.book.reset();
    await window.command("Gearshift: Edit in VS Code's Inline Chat");
    await window.pick('frontier');
    // It has the focus when it is there.
    await window.page.locator('.inline-chat-widget', { hasText: 'Gearshift Frontier' }).waitFor();
    await window.type('rename x');
    await window.press('Enter');
    const call = await cloud.book.waitFor(
      (book) => book.calls.find(({ rawBody }) => rawBody.includes('rename x')),
      30_000,
    );
    assert.equal(call.model, 'claude-opus-5.5');
    await costAtLine(window, /Inline edit: .*\$\d.* for 1 request/);
    await window.screenshot('vscode-chat-inline');
  }),
);
