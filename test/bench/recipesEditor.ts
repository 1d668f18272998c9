/**
 * The recipe *build* with VS Code's agent against one frontier model alone in VS Code's default agent, in real VS Code,
 * on the ten tasks of `recipeTasks.ts`. Files, tools, tests and prices are real; the models are scripted, each with its
 * stated skill. Everything that is sent counts, the titles of conversations too. Part of `npm run bench:recipes`.
 *
 *   --tasks <n>  only the first n tasks
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ChatPage } from '../e2e/chatPage.ts';
import { openVSCode, type Window } from '../e2e/harness.ts';
import { CHAT_KEYS, VsCodeChat } from '../e2e/vsCodeChat.ts';
import { startOpenAi } from '../servers/openai.ts';
import type { Answer, Ask } from '../servers/text.ts';
import { Dice } from '../support/random.ts';
import { fileOf, PLAN, PRICES, SKILL, TASKS, testOf, type Name, type Task } from './recipeTasks.ts';

const { values: options } = parseArgs({ options: { tasks: { type: 'string' } } });
const tasks = TASKS.slice(0, Number(options.tasks ?? TASKS.length));

/** How long one run may take, in ms. */
const RUN_MS = 180_000;
/** So often a model alone tries again after its own test failed. */
const MOST_TRIES = 3;

const cloud = await startOpenAi({
  promptCache: 'read',
  models: (Object.keys(PRICES) as Name[]).map((name) => ({ name, price: PRICES[name] })),
});
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-home-'));
const code = await openVSCode({
  consents: [cloud.url],
  settings: {
    'gearshift.providers': { lab: { kind: 'openai', baseUrl: cloud.baseUrl, prices: PRICES } },
    'gearshift.tiers.local': [],
    'gearshift.tiers.mid': ['lab/qwen-mid', 'lab/mistral-mid'],
    'gearshift.tiers.frontier': ['lab/claude-top', 'lab/gpt-top'],
    'gearshift.chat.tier': 'mid',
    'gearshift.confirmAbove': 100,
  },
  env: { OLLAMA_HOST: undefined, HOME: home },
  files: { 'src/module.js': '', 'test.js': '', 'package.json': '{"type":"module"}\n' },
  keys: {
    ...CHAT_KEYS,
    'ctrl+alt+shift+4': {
      command: 'workbench.action.chat.open',
      args: { mode: 'agent', modelSelector: { vendor: 'gearshift', id: 'frontier' } },
    },
  },
});
const moduleFile = path.join(code.workspace, 'src/module.js');

/** The task under way: what the file has now, and how often a model has written it. */
let now = { task: tasks[0] as Task, code: '', works: 0, dice: new Dice(1) };

type Step = NonNullable<Answer['toolCalls']>[number];
const READ: Step = { name: 'read_file', arguments: { filePath: moduleFile, startLine: 1, endLine: 400 } };
const RUN: Step = {
  name: 'run_in_terminal',
  arguments: {
    ...{ command: 'node test.js', explanation: 'Runs the test', goal: 'Test', mode: 'sync', isBackground: false },
    timeout: 10_000,
  },
};

/** The next edit of a model, right with the probability of its skill. */
function edit(model: string): Step {
  const [first, again] = SKILL[model] ?? [0, 0];
  const isRight = now.dice.chance(now.works++ === 0 ? first : again);
  const next = isRight ? now.task.after : `${now.code}\n// attempt ${now.works}`;
  const step = {
    name: 'replace_string_in_file',
    arguments: { filePath: moduleFile, oldString: now.code, newString: next },
  };
  now.code = next;
  return step;
}

cloud.script(({ body, prompt, model }: Ask): Answer => {
  const { messages = [], tools = [] } = body as {
    messages?: { role: string; content: unknown }[];
    tools?: unknown[];
  };
  if (prompt.includes('Write a plan')) return { text: PLAN };
  if (prompt.includes('You review a change')) return { text: '{"findings":[]}' };
  if (tools.length === 0) return { text: 'A title' };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const results = messages.slice(last).filter(({ role }) => role === 'tool');
  // The instructions of the default agent name ours too, as agents that it can hand work to.
  const isOurs = JSON.stringify(messages).includes(String.raw`You are currently running in \"Gearshift Build\" mode`);
  if (results.length === 0) return { toolCalls: [READ] };
  if (isOurs) return results.length === 1 ? { toolCalls: [edit(model)] } : { text: 'It is built.' };
  // One model alone edits, runs the test, and tries again while it fails.
  if (results.length % 2 === 0) return { toolCalls: [RUN] };
  const isRed = results.length === 1 || JSON.stringify(results.at(-1)).includes('FAILED');
  return isRed && results.length <= 2 * MOST_TRIES ? { toolCalls: [edit(model)] } : { text: 'All is done.' };
});

function prepare(task: Task, seed: number): void {
  fs.writeFileSync(moduleFile, fileOf(task.before));
  fs.writeFileSync(path.join(code.workspace, 'test.js'), testOf(task));
  now = { task, code: task.before, works: 0, dice: new Dice(seed) };
  cloud.book.reset();
}

interface Sums {
  done: number;
  nanoUsd: number;
  requests: number;
  fresh: number;
  cached: number;
  ms: number;
}
const none = (): Sums => ({ done: 0, nanoUsd: 0, requests: 0, fresh: 0, cached: 0, ms: 0 });

async function count(sums: Sums, began: number): Promise<void> {
  sums.ms += performance.now() - began;
  await cloud.book.quiet(500);
  const { costNano, inputFresh, inputCached } = cloud.book.totals();
  sums.done += spawnSync(process.execPath, ['test.js'], { cwd: code.workspace }).status === 0 ? 1 : 0;
  sums.nanoUsd += costNano;
  sums.requests += cloud.book.calls.length;
  sums.fresh += inputFresh;
  sums.cached += inputCached;
}

async function runBuild(window: Window, sums: Sums, isFirst: boolean): Promise<void> {
  const chat = await ChatPage.open(window);
  await chat.newThread();
  await chat.mention('file:module', 'module.js');
  const began = performance.now();
  await chat.ask(`/build ${now.task.ask}`);
  if (isFirst) {
    await window.pick('Write a Command');
    const box = window.page.locator('.quick-input-widget:visible input[placeholder="npm test"]');
    await box.fill('node test.js');
    await box.press('Enter');
  }
  await chat.frame.locator('.consent').waitFor({ timeout: 30_000 });
  await chat.button('Run').click();
  const approve = chat.frame.locator('.run-row', { hasText: 'approve' }).getByRole('button', { name: 'Approve' });
  await approve.click({ timeout: 60_000 });
  await chat.frame.locator('.run.done, .run.failed, .run.handed-over, .run.stopped').waitFor({ timeout: RUN_MS });
  await count(sums, began);
}

async function runAlone(window: Window, sums: Sums): Promise<void> {
  const chat = new VsCodeChat(window);
  await chat.start('Agent', 'Frontier');
  const began = performance.now();
  await chat.ask(`${now.task.ask}, in src/module.js. Run node test.js afterward.`);
  let isDone = false;
  const answered = chat
    .answered('All is done.')
    .waitFor({ timeout: RUN_MS })
    .finally(() => (isDone = true));
  // Each command asks.
  while (!isDone) await Promise.race([answered, chat.allow(5_000).catch(() => undefined)]);
  await answered;
  await count(sums, began);
}

const say = (name: string, { done, nanoUsd, requests, fresh, cached, ms }: Sums): void =>
  void process.stdout.write(
    `${name}: ${done} of ${tasks.length} done, $${(nanoUsd / 1e9).toFixed(4)}, ${requests} requests, ` +
      `${Math.round((100 * cached) / Math.max(1, fresh + cached))}% of the input cached, ${(ms / 1000).toFixed(0)} s\n`,
  );

let shown: Window | undefined;
const build = none();
const alone = none();
try {
  const window = await code.newWindow();
  shown = window;
  await new VsCodeChat(window).use();
  for (const [n, task] of tasks.entries()) {
    prepare(task, n + 1);
    await runBuild(window, build, n === 0);
    prepare(task, n + 1);
    await runAlone(window, alone);
    process.stdout.write(`  ${n + 1}. ${task.ask}\n`);
  }
  say("build, with VS Code's agent", build);
  say("one frontier model alone in VS Code's default agent", alone);
} catch (error) {
  for (const { model, body } of cloud.book.calls) {
    const { messages = [] } = body as { messages?: { role: string }[] };
    process.stderr.write(`${model}: ${messages.map(({ role }) => role).join(' ')}\n`);
  }
  await code.saveFailure('bench recipes', shown);
  throw error;
} finally {
  await code.close();
  await cloud.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
