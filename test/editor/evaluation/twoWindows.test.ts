import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { formatTask, type KeptTask } from '../../../src/core/evaluation/keptTask.ts';
import { registerEvaluation } from '../../../src/editor/evaluation/register.ts';
import { createServices, type Services } from '../../../src/editor/platform/services.ts';
import { registerRecipes } from '../../../src/editor/recipes/register.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import type { ModelCall } from '../../../src/core/gateway/call.ts';
import { CHAT_LIMITS } from '../../../src/core/gateway/call.ts';
import { formatUsd } from '../../../src/core/money/pricing.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { finish } from '../../support/gateway.ts';

import { Memory, openWindow, until } from '../../support/window.ts';

/** Two windows with all of their services over one disk, and a loopback server: a change is told in both, once. */

const MID = { input: 0.27, output: 1.1 };
const PRICES = { mid: MID, 'v4-0711': MID, frontier: { input: 5, output: 25 } };

/** What VS Code keeps for an extension: one file for all windows, each of which learns of the others a moment later. */
class DiskMemory extends Memory {
  static readonly #all = new Map<string, Set<DiskMemory>>();
  readonly #file: string;

  constructor(file: string) {
    super();
    this.#file = file;
    const all = DiskMemory.#all.get(file) ?? new Set();
    DiskMemory.#all.set(file, all.add(this));
    this.#read();
  }

  override async update(key: string, value: unknown): Promise<void> {
    await super.update(key, value);
    fs.writeFileSync(this.#file, JSON.stringify(Object.fromEntries(this.values)));
    for (const other of DiskMemory.#all.get(this.#file) ?? []) if (other !== this) setTimeout(() => other.#read(), 300);
  }

  #read(): void {
    if (!fs.existsSync(this.#file)) return;
    const stored = JSON.parse(fs.readFileSync(this.#file, 'utf8')) as Record<string, unknown>;
    this.values.clear();
    for (const [key, value] of Object.entries(stored)) this.values.set(key, value);
  }
}

async function rig(t: TestContext, files: Record<string, string> = {}, ollamaUrl?: string) {
  const server = await startOpenAi({
    models: [
      { name: 'mid', price: PRICES.mid },
      { name: 'frontier', price: PRICES.frontier },
    ],
  });
  t.after(() => server.stop());
  const { host } = openWindow(t, {
    files,
    settings: {
      providers: {
        cloud: { kind: 'openai', baseUrl: server.baseUrl, prices: PRICES },
        ...(ollamaUrl ? { ollama: { kind: 'ollama', baseUrl: ollamaUrl } } : {}),
      },
      'tiers.localAnswers': ollamaUrl ? ['ollama/llama3.2:3b'] : [],
      ...{ 'tiers.local': [], 'tiers.mid': ['cloud/mid'], 'tiers.frontier': ['cloud/frontier'] },
    },
  });
  const folder = (name: string): vscode.Uri => host.uri(`../${name}`) as unknown as vscode.Uri;
  fs.mkdirSync(folder('global').fsPath, { recursive: true });
  fs.writeFileSync(folder('state.json').fsPath, JSON.stringify({ consents: [server.url] }));
  const window = () => {
    const context = {
      subscriptions: [] as vscode.Disposable[],
      globalState: Object.assign(new DiskMemory(folder('state.json').fsPath), { setKeysForSync: () => undefined }),
      workspaceState: new Memory(),
      secrets: { get: () => Promise.resolve(undefined), onDidChange: () => ({ dispose: () => undefined }) },
      extensionUri: vscode.Uri.file(path.resolve(import.meta.dirname, '../../..')),
      globalStorageUri: folder('global'),
      ...{ storageUri: folder('workspace'), logUri: folder('logs'), extensionMode: 1 },
    } as unknown as vscode.ExtensionContext;
    const services = createServices(context);
    registerRecipes(services);
    services.shared.provide('prompts', () => Promise.resolve(() => Promise.resolve(new Map())));
    const commands = registerEvaluation(services);
    t.after(async () => {
      await services.ledger.ready;
      for (const each of context.subscriptions.toReversed()) await (each.dispose() as unknown);
    });
    return { services, commands };
  };
  return { host, server, window };
}

const call = (over: Partial<ModelCall> = {}): ModelCall => ({
  ...{ tier: 'mid', task: 'chat', chain: [{ provider: 'cloud', model: 'mid' }], limits: CHAT_LIMITS },
  request: { kind: 'chat', messages: [{ role: 'user', content: 'Are you there?' }], maxTokens: 500 },
  ...over,
});
const ask = async ({ gateway }: Services, over: Partial<ModelCall> = {}) => {
  const { result } = await finish(gateway.stream(call(over), new AbortController().signal));
  assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
};

/** What the hover, the settings and the composer say of a tier. */
async function places({ tiers, tierState, answerState }: Services, tier: Tier = 'mid') {
  const hover = (await tiers()).find((state) => state.tier === tier)?.changed;
  return [hover, (await tierState(tier)).changed, (await answerState(tier)).changed];
}

/** Two windows that follow the ledger already. */
async function openBoth(window: () => { readonly services: Services }): Promise<readonly [Services, Services]> {
  const [here, there] = [window().services, window().services];
  await until(() => here.ledger.figures && there.ledger.figures);
  return [here, there];
}

const TASK: KeptTask = {
  ...{ name: 'Add adds', kept: '2026-11-30', tier: 'mid', model: { provider: 'cloud', model: 'mid' } },
  ...{ checks: [{ kind: 'contains', text: 'yes' }], answer: 'yes', files: [] },
  messages: [{ role: 'user', content: 'Is one and one two?' }],
};
const TASKS = {
  '.gearshift/tasks/one.md': formatTask(TASK),
  '.gearshift/tasks/two.md': formatTask({ ...TASK, name: 'Another' }),
};

test('another name from the server is told after one call, in all three places of two windows, once', async (t) => {
  const { server, window } = await rig(t, TASKS);
  const [here, there] = await openBoth(window);
  server.settings.answersAs = 'v4-0711';
  await ask(here);
  await ask(there);
  assert.deepEqual(await places(here), [undefined, undefined, undefined]);
  const shown: string[] = [];
  there.onRefresh((states) => shown.push(states.find(({ tier }) => tier === 'mid')?.changed?.words ?? ''));
  server.settings.answersAs = 'v4-0926';
  await ask(here);
  const words = /^mid has answered as v4-0926 since \w+ \(before: v4-0711\)$/;
  await until(async () => (await places(here)).every((said) => said && words.test(said.words)));
  // Without a call of its own, the other window says the same a moment later.
  await until(() => words.test(shown.at(-1) ?? ''), 'the other window says so');
  const [said, ...others] = [...(await places(here)), ...(await places(there))];
  assert.ok(said);
  for (const other of others) assert.deepEqual(other, said, 'one sentence and one link, wherever it is');
  assert.match(said.compare, /^Compare on my 2 tasks \(about \$0\.0\d+\)$/);
  // The other window asks too: nothing new is told.
  await ask(there);
  await ask(here);
  for (const each of [here, there]) assert.deepEqual((await places(each))[0], said);
  // Decided in one window, it is decided in both.
  await (await there.shared.get('evaluation')).guard.keep('mid');
  await until(async () => [...(await places(here)), ...(await places(there))].every((each) => each === undefined));
  await until(() => shown.at(-1) === '');
  await ask(here);
  assert.deepEqual(await places(here), [undefined, undefined, undefined]);
});

test('a prompt whose text changed without a new version is told in the tier that it was used in, and kept tasks do not count', async (t) => {
  const { window } = await rig(t);
  const { services } = window();
  await ask(services, { promptName: 'review', promptVersion: '1 #aaaa1111' });
  await ask(services, { promptName: 'review', promptVersion: '1 #bbbb2222', stage: 'kept task' });
  await ask(services, { promptName: 'review', promptVersion: '1 #aaaa1111' });
  await ask(services, { promptName: 'build', promptVersion: '1 #cccc3333', run: 'r1' });
  await ask(services, { promptName: 'build', promptVersion: '1 #dddd4444', run: 'r2' });
  assert.deepEqual(await places(services), [undefined, undefined, undefined]);
  await ask(services, { promptName: 'review', promptVersion: '1 #bbbb2222' });
  const words =
    /^mid has asked with another \/review of the same version 1 since \w+ \(#bbbb2222, before: #aaaa1111\)$/;
  await until(async () => (await places(services)).every((said) => said && words.test(said.words)));
  const { guard } = await services.shared.get('evaluation');
  assert.deepEqual(guard.sides('mid'), { a: 'cloud/mid', b: { model: 'cloud/mid', prompts: 'now' } });
});

test('the first model of a chain that is edited is untested at once, in all three places', async (t) => {
  const { host, window } = await rig(t);
  const { services } = window();
  await ask(services);
  await services.shared.get('evaluation');
  host.settings.set('gearshift.tiers.mid', ['cloud/frontier', 'cloud/mid']);
  host.didChangeConfiguration.fire({ affectsConfiguration: () => true });
  const words = /^mid has been set to frontier since \w+, untested \(before: mid\)$/;
  await until(async () => (await places(services)).every((said) => said && words.test(said.words)));
});

test("a comparison's cost is what the server sold, and what the ledger and the report say", async (t) => {
  const { host, server, window } = await rig(t, TASKS);
  const { services, commands } = window();
  await ask(services);
  server.script(({ model }) => (model === 'mid' ? 'yes, two' : 'no'));
  const before = server.book.totals();
  host.willClick(/^Compare cloud\/mid and cloud\/frontier with effort high on 2 tasks/, 'Compare');
  await commands['gearshift.evaluation.run'](undefined, {
    a: 'cloud/mid',
    b: { model: 'cloud/frontier', effort: 'high' },
  } as never);
  const after = server.book.totals();
  assert.equal(after.modelCalls - before.modelCalls, 8, 'two tasks, two sides, twice each');
  const sold = after.costNano - before.costNano;
  assert.ok(sold > 0);
  const rows = (await (await services.ledger.ready).rows({ since: 0 })).filter(({ stage }) => stage === 'kept task');
  assert.equal(rows.length, 8);
  const booked = rows.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0);
  assert.equal(booked, sold);
  const report = host.text('.gearshift/reports/kept-tasks.md') ?? '';
  const sums = ['mid', 'frontier'].map((model) => {
    const own = rows.filter(({ modelAsked }) => modelAsked === model);
    return formatUsd(own.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0));
  });
  assert.ok(report.includes(`- cloud/mid: 4 of 4 answers passed, ${sums[0]}`), report);
  assert.ok(report.includes(`- cloud/frontier with effort high: 0 of 4 answers passed, ${sums[1]}`), report);
  const efforts = server.book.calls.map(({ body }) => Object(body) as { model: string; reasoning_effort?: string });
  assert.deepEqual(efforts.map(({ reasoning_effort: effort }) => effort).filter(Boolean), [
    'high',
    'high',
    'high',
    'high',
  ]);
  assert.ok(efforts.every(({ model, reasoning_effort: effort }) => (effort === undefined) === (model === 'mid')));
});

test('another digest of the local model that answers is told after one call, in all three places of two windows', async (t) => {
  const ollama = await startOllama({ models: [{ name: 'llama3.2:3b', files: 'of July' }] });
  t.after(() => ollama.stop());
  const { window } = await rig(t, {}, ollama.url);
  const [here, there] = await openBoth(window);
  const local = { tier: 'local', chain: [{ provider: 'ollama', model: 'llama3.2:3b' }] } as const;
  await ask(here, local);
  assert.deepEqual(await places(here, 'local'), [undefined, undefined, undefined]);
  ollama.addModel({ name: 'llama3.2:3b', files: 'of September' });
  await ask(here, local);
  const words = /^local has answered as llama3\.2:3b \((\w{12})\) since \w+ \(before: llama3\.2:3b \((?!\1)\w{12}\)\)$/;
  const all = async () => [...(await places(here, 'local')), ...(await places(there, 'local'))];
  await until(async () => (await all()).every((said) => said && words.test(said.words)));
  assert.equal(new Set((await all()).map((said) => JSON.stringify(said))).size, 1);
  const { guard } = await here.shared.get('evaluation');
  assert.deepEqual(guard.sides('local'), { a: 'stored', b: 'ollama/llama3.2:3b' }, 'the old files cannot be asked');
  assert.equal(guard.canGoBack('local'), false);
});
