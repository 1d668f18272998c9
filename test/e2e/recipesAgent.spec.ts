import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';
import type { Answer, Ask } from '../servers/text.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { CHAT_KEYS, costOf, ledgerRows, VsCodeChat } from './vsCodeChat.ts';

/** The work stage of a recipe by VS Code's own agent, with models of several families on two tiers. */

const PRICES = {
  'qwen3-coder': { input: 0.3, output: 1, cacheRead: 0.05 },
  'claude-haiku-5': { input: 0.4, output: 1.5, cacheRead: 0.05 },
  'claude-opus-5.5': { input: 4, output: 20, cacheRead: 0.2 },
  'gpt-6': { input: 2, output: 10, cacheRead: 0.2 },
} as const;
/** The first model of mid, which the server does not have. */
const GONE = 'qwen3-gone';
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
const SUM = 'export function add(a, b) {\n  return a - b;\n}\n';
const CHECK = [
  "import { add } from './sum.js';",
  "if (add(2, 3) !== 5) { console.log('RED: add(2, 3) is', add(2, 3)); process.exit(1); }",
  "console.log('GREEN');",
].join('\n');
const LOOP =
  '---\ndescription: An agent that never ends\nrequests: 3\n---\n## work (mid)\nLOOP-FOREVER\n## after (mid)\nTHE-STAGE-AFTER {{work}}\n';
const code = await openVSCode({
  consents: [cloud.url],
  settings: {
    'gearshift.providers': {
      ollama: { kind: 'ollama', baseUrl: ollama.url },
      lab: {
        kind: 'openai',
        baseUrl: cloud.baseUrl,
        prices: { ...PRICES, [GONE]: PRICES['qwen3-coder'] },
        apiKeyEnv: 'GEARSHIFT_TEST_KEY',
      },
    },
    'gearshift.tiers.local': ['ollama/llama3.2:3b'],
    'gearshift.tiers.mid': [`lab/${GONE}`, 'lab/claude-haiku-5'],
    'gearshift.tiers.frontier': ['lab/claude-opus-5.5', 'lab/gpt-6'],
    'gearshift.chat.tier': 'mid',
    'gearshift.confirmAbove': 100,
  },
  env: { GEARSHIFT_TEST_KEY: 'sk-right', OLLAMA_HOST: undefined, HOME: home },
  files: {
    'sum.js': SUM,
    'check.mjs': CHECK,
    'package.json': '{"type":"module"}\n',
    '.vscode/tasks.json': JSON.stringify({
      version: '2.0.0',
      tasks: [{ label: 'check the sum', type: 'shell', command: 'node check.mjs', group: 'test' }],
    }),
    '.gearshift/recipes/loop.md': LOOP,
  },
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

const file = path.join(code.workspace, 'sum.js');
const read = { name: 'read_file', arguments: { filePath: file, startLine: 1, endLine: 20 } };
const edit = (oldString: string, newString: string) => ({
  name: 'replace_string_in_file',
  arguments: { filePath: file, oldString, newString },
});
const command = {
  name: 'run_in_terminal',
  arguments: {
    command: 'echo ran-$((40+2)) > ran.txt',
    ...{ explanation: 'Say something', goal: 'Test', mode: 'sync', isBackground: false, timeout: 10_000 },
  },
};

const isAgent = (body: object): boolean => JSON.stringify(body).includes('currently running in');

/** The models: a plan, an agent that is wrong at first, and a reviewer. */
function answer({ body, prompt }: Ask): Answer {
  const { messages = [] } = body as { messages?: { role: string; content: unknown }[] };
  if (!isAgent(body)) {
    if (prompt.includes('Write a plan')) return { text: 'FIRST-PLAN: change add.' };
    if (prompt.includes('You review a change')) return { text: '{"findings":[]}' };
    return { text: 'ok' };
  }
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const steps = messages.slice(last).filter(({ role }) => role === 'tool').length;
  if (prompt.includes('LOOP-FOREVER')) return { text: `Step ${steps + 1}. `, toolCalls: [read] };
  const calls = prompt.includes('RED: add')
    ? [edit('  return a * b;', '  return a + b;'), command]
    : [read, edit('  return a - b;', '  return a * b;')];
  const call = calls[steps];
  return call ? { text: 'I work. ', toolCalls: [call] } : { text: 'All is done.' };
}

const row = (chat: ChatPage, name: string) => chat.frame.locator('.run-row', { hasText: name });

test(
  "build by VS Code's agent: it falls back and stays, a red check sends it back, another family reviews, and the files come back",
  code.inWindow(async (window) => {
    const agents = new VsCodeChat(window);
    await agents.use();
    const chat = await ChatPage.open(window);
    await chat.mention('file:sum', 'sum.js');
    await chat.ask('/build Fix add');
    await window.pick('check the sum');
    await chat.frame.locator('.consent').waitFor({ timeout: 30_000 });
    const card = await chat.frame.locator('.consent').innerText();
    for (const words of [
      "VS Code's agent Gearshift Build",
      'The check runs: node check.mjs',
      'Limits: $2.00 for the run, 30 requests',
    ])
      assert.ok(card.includes(words), `${words} in ${card}`);
    await chat.button('Run').click();
    await row(chat, 'approve').getByRole('button', { name: 'Approve' }).waitFor({ timeout: 60_000 });
    await row(chat, 'plan').locator('summary').click();
    await row(chat, 'plan').getByRole('button', { name: 'Open Output' }).click();
    await window.page.locator('.tab', { hasText: 'plan.md' }).waitFor();
    await window.press('ControlOrMeta+a');
    await window.page.keyboard.type('EDITED-PLAN');
    await row(chat, 'approve').getByRole('button', { name: 'Approve' }).click();

    await agents.allow();
    await chat.frame.locator('.run.done').waitFor({ timeout: 120_000 });
    await window.screenshot('recipe-agent');
    const { calls } = cloud.book;
    const work = calls.filter(({ body }) => isAgent(body as object));
    assert.deepEqual(
      work.map(({ body }) => (body as { model: string }).model),
      [GONE, ...Array.from({ length: 6 }, () => 'claude-haiku-5')],
    );
    const sent = JSON.stringify(work[0]?.body);
    assert.match(sent, /EDITED-PLAN/);
    assert.doesNotMatch(sent, /FIRST-PLAN/);
    assert.match(JSON.stringify(work[4]?.body), /RED: add\(2, 3\) is 6/);
    const review = calls.at(-1);
    assert.equal(review?.model, 'gpt-6', 'Claude built, so Claude does not review');
    assert.match(JSON.stringify(review?.body), /GREEN/);
    await code.savedAs('sum.js', SUM.replace('a - b', 'a + b'));

    const all = await ledgerRows(code);
    const rows = all.filter(({ stage }) => stage === 'Gearshift Build');
    assert.equal(new Set(rows.map(({ run }) => run)).size, 1);
    assert.equal(new Set(rows.map(({ conversation }) => conversation)).size, 2, 'one for each round');
    assert.equal(rows.length, work.length);
    assert.equal(costOf(all), cloud.book.totals().costNano);
    await row(chat, 'work').locator('summary').click();
    const facts = await row(chat, 'work').innerText();
    for (const words of ['claude-haiku-5', 'cached']) assert.ok(facts.includes(words), facts);
    // With the titles and progress texts that VS Code asked for about the agent's work; the last may come later.
    const overhead = all.filter(({ run, task }) => run === rows[0]?.run && task === 'overhead').length;
    const requests = Number(/(\d+) requests/.exec(facts)?.[1]);
    assert.ok(requests >= work.length && requests <= work.length + overhead, `${facts}\noverhead: ${overhead}`);

    await chat.answer(0).getByRole('button', { name: 'Restore to before this answer' }).click();
    await window.dialog('You can undo the restore').getByRole('button', { name: 'Restore' }).click();
    await window.command('File: Save All Files');
    await code.savedAs('sum.js', SUM);
    assert.ok(!fs.existsSync(path.join(code.workspace, 'ran.txt')), 'what a command made is gone too');
  }),
);

test(
  'an agent that never ends is ended by the limit of its requests, and nothing after it is started',
  code.inWindow({ used: true }, async (window) => {
    await new VsCodeChat(window).use();
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask('/loop now');
    await chat.frame.locator('.consent').waitFor({ timeout: 30_000 });
    await chat.button('Run').click();
    await chat.frame.locator('.run.stopped').waitFor({ timeout: 120_000 });
    assert.match(await row(chat, 'work').innerText(), /used up its requests/);
    assert.equal(cloud.book.calls.filter(({ body, status }) => status === 200 && isAgent(body as object)).length, 2);
    assert.ok(cloud.book.calls.every(({ rawBody }) => !rawBody.includes('THE-STAGE-AFTER')));
    await window.screenshot('recipe-agent-limit');
  }),
);
