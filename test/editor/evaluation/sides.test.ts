import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { formatTask, MOST_TASKS, type KeptTask } from '../../../src/core/evaluation/keptTask.ts';
import type { CallEvent, CallResult, ModelCall } from '../../../src/core/gateway/call.ts';
import { parseRecipe } from '../../../src/core/recipes/recipe.ts';
import { parsePromptFile } from '../../../src/core/chat/promptFiles.ts';
import { describeRun, runTasks } from '../../../src/editor/evaluation/runTasks.ts';
import { TaskFolders } from '../../../src/editor/evaluation/taskFolder.ts';
import { UnfinishedComparison } from '../../../src/editor/evaluation/unfinished.ts';
import { startHost } from '../../support/vscode/host.ts';
import { Memory, setEnv } from '../../support/window.ts';

/** The sides of a comparison as the user chooses them or a program states them, and what may be kept at all. */

const REVIEW = parsePromptFile('review.md', '---\nversion: 1\n---\nReview strictly: {{input}}', 'workspace');
const RECIPE = path.resolve(import.meta.dirname, '../../../media/recipes/draft.md');
const DRAFT = parseRecipe('draft.md', fs.readFileSync(RECIPE, 'utf8'), 'shipped').recipe ?? assert.fail();
const MODELS = { local: [], mid: ['small'], frontier: ['best'] } as const;

const taskOf = (name: string, over: Partial<KeptTask> = {}): KeptTask => ({
  ...{ name, kept: '2026-11-30', tier: 'mid', model: { provider: 'cloud', model: 'small' } },
  ...{ checks: [{ kind: 'contains', text: 'yes' }], answer: 'yes', files: [] },
  messages: [{ role: 'user', content: 'Is one and one two?' }],
  ...over,
});
const WITH_PROMPT = taskOf('With a prompt', {
  prompt: { name: 'review', version: '1 #aaaa1111', text: 'Review: it', input: 'it' },
  messages: [{ role: 'user', content: 'Review: it' }],
});

function rig(t: TestContext, tasks: readonly KeptTask[]) {
  const files = Object.fromEntries(tasks.map((task, i) => [`.gearshift/tasks/${i}.md`, formatTask(task)]));
  const host = startHost(t, { files });
  const calls: ModelCall[] = [];
  const gateway = {
    estimate: (call: Pick<ModelCall, 'chain'>) =>
      Promise.resolve({ model: call.chain[0], inputTokens: 1, likely: 1e6, atMost: 2e6 }),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      calls.push(call);
      yield { kind: 'text', text: call.stage === 'verdict' ? '{"score": 9, "reason": "fine"}' : 'yes' };
      const [model] = call.chain;
      const usage = { input: 1, cacheRead: 0, cacheWrite: 0, output: 1, reasoning: 0 };
      const cost = { cost: { nanoUsd: 1e6, source: 'computed' }, knownNanoUsd: 1e6 };
      const ended = { outcome: 'done', failure: null, place: null, finish: 'stop', model, modelReturned: null, usage };
      yield { kind: 'end', result: { ...ended, ...cost } as unknown as CallResult };
    },
  };
  const chain = (tier: keyof typeof MODELS) => MODELS[tier].map((model) => ({ provider: 'cloud', model }));
  const agreed: string[] = [];
  const consent = new Set(['https://api.example.com']);
  const provider = { ...{ name: 'cloud', kind: 'openai', baseUrl: 'https://api.example.com/v1' }, headers: {} };
  const config = {
    settings: {
      tiers: { local: [], mid: chain('mid'), frontier: chain('frontier') },
      ...{ localAnswers: [], private: false, consent, providers: new Map([['cloud', provider]]) },
    },
    agree: (origins: readonly string[], tier: string) => Promise.resolve(void agreed.push(`${origins.join()} ${tier}`)),
  } as never;
  const recipes = () =>
    Promise.resolve({
      ...{ all: new Map([['draft', DRAFT]]), chain, search: () => Promise.resolve('') },
      exists: () => Promise.resolve(true),
      schemasFor: () => Promise.resolve({}),
      estimate: () => Promise.resolve({ likely: 3e6, atMost: 9e6 } as never),
    });
  const storage = host.uri('storage');
  const parts = {
    ...{ config, gateway: gateway as never, folders: new TaskFolders(storage as never), recipes },
    ...{ trusted: () => true, unfinished: new UnfinishedComparison(storage as never), state: new Memory() },
    prompts: () => Promise.resolve(new Map(REVIEW ? [['review', REVIEW]] : [])),
  };
  const report = (): string => host.text('.gearshift/reports/kept-tasks.md') ?? '';
  return { host, calls, parts, report, agreed, consent };
}

test('two efforts of one model are compared: each is sent, named and priced', async (t) => {
  const { host, calls, parts, report } = rig(t, [taskOf('One')]);
  host.willPick(/^Compare which model/, 'A model with a stated effort…');
  host.willPick(/with which effort/, 'cloud/small with effort low');
  host.willPick(/^With which model/, 'A model with a stated effort…');
  host.willPick(/with which effort/, 'cloud/small with effort high');
  host.willClick(/^Compare cloud\/small with effort low and cloud\/small with effort high on 1 task/, 'Compare');
  await runTasks(parts, undefined);
  assert.deepEqual(
    calls.map(({ request }) => (request.kind === 'chat' ? request.effort : '')),
    ['low', 'high', 'low', 'high'],
  );
  assert.match(report(), /cloud\/small with effort low and cloud\/small with effort high/);
});

test('a recipe and a model are compared: the price of both is said before, and all stages count', async (t) => {
  const { host, calls, parts, report } = rig(t, [taskOf('One')]);
  host.willPick(/^Compare which model/, 'cloud/best');
  host.willPick(/^With which model/, 'Recipe /draft');
  host.willClick(/^Compare cloud\/best and the recipe \/draft on 1 task/, 'Compare');
  await runTasks(parts, undefined);
  assert.match(host.messages.find(({ modal }) => modal)?.detail ?? '', /likely cost \$0\.0080, and at most \$0\.02/);
  assert.deepEqual(
    calls.map(({ stage, tier, chain }) => [stage, tier, chain[0]?.model]),
    Array.from({ length: 2 }, () => [
      ['kept task', 'frontier', 'best'],
      ['draft', 'mid', 'small'],
      ['verdict', 'frontier', 'best'],
    ]).flat(),
  );
  assert.match(report(), /\| One \| 2 of 2 passed \| \$0\.0020 \| [\d.]+ s \| 2 of 2 passed \| \$0\.0040 \|/);
});

test('a recipe names every host that it uses for the first time', async (t) => {
  const { parts, consent, host, calls } = rig(t, [taskOf('One')]);
  consent.clear();
  await runTasks(parts, { a: 'stored', b: { recipe: 'draft' } });
  const said = host.messages.find(({ modal }) => modal)?.detail ?? '';
  for (const tier of ['mid', 'frontier'])
    assert.ok(
      said.includes(`api.example.com gets the texts of the tasks: you have not used it for the tier ${tier} yet.`),
    );
  assert.equal(calls.length, 0);
});

test('where only the prompts differ, tasks without one are left out: both sides would ask the same', async (t) => {
  const { host, calls, parts } = rig(t, [taskOf('One'), WITH_PROMPT, taskOf('Two')]);
  const sides = { a: 'cloud/small', b: { model: 'cloud/small', prompts: 'now' } };
  assert.equal(await describeRun(parts, sides), 'Compare on my 1 task (about $0.0040)');
  assert.equal(await describeRun(parts, { a: 'cloud/small', b: 'cloud/best' }), 'Compare on my 3 tasks (about $0.01)');
  host.willClick(/on 1 task/, 'Compare');
  await runTasks(parts, sides);
  assert.deepEqual(
    calls.map(({ request }) => (request.kind === 'chat' ? request.messages.at(-1)?.content : '')),
    ['Review: it', 'Review strictly: it', 'Review: it', 'Review strictly: it'],
  );
  const none = rig(t, [taskOf('One')]);
  await assert.rejects(runTasks(none.parts, sides), /no kept task was made with a prompt/);
});

test('after a comparison of before and now, the user keeps the new one or goes back at once', async (t) => {
  const { host, parts } = rig(t, [taskOf('One')]);
  const done: string[] = [];
  const decide = {
    keep: () => Promise.resolve(void done.push('keep')),
    back: () => Promise.resolve(void done.push('back')),
  };
  for (const button of ['Keep New', 'Go Back']) {
    host.willClick(/^Compare/, 'Compare');
    host.willClick(/too close to call/, button);
    await runTasks({ ...parts, decide }, { a: 'cloud/small', b: 'cloud/best' });
  }
  assert.deepEqual(done, ['keep', 'back']);
});

test('a CI job runs the tasks without a dialog, within the limit that its environment states', async (t) => {
  const sides = { a: 'stored', b: 'cloud/best' };
  const check = taskOf('One', { checks: [{ kind: 'command', command: 'node -e "0"' }] });
  const { host, calls, parts, report, agreed, consent } = rig(t, [check]);
  consent.clear();
  setEnv(t, { GEARSHIFT_KEPT_TASKS_USD: '0.001', GEARSHIFT_KEPT_TASKS_COMMANDS: undefined });
  await assert.rejects(runTasks(parts, sides), /run commands\. Set GEARSHIFT_KEPT_TASKS_COMMANDS to 1/);
  setEnv(t, { GEARSHIFT_KEPT_TASKS_COMMANDS: '1' });
  await assert.rejects(runTasks(parts, sides), /may cost \$0\.0040; GEARSHIFT_KEPT_TASKS_USD allows \$0\.0010/);
  assert.equal(calls.length, 0);
  setEnv(t, { GEARSHIFT_KEPT_TASKS_USD: '0.01' });
  await runTasks(parts, sides);
  assert.equal(host.messages.filter(({ modal }) => modal).length, 0);
  assert.deepEqual(agreed, ['https://api.example.com frontier']);
  assert.match(report(), /\| One \| 1 of 1 passed \|/);
  assert.match(
    host.text('.gearshift/reports/kept-tasks.xml') ?? '',
    /<testsuite name="cloud\/best" tests="2" failures="0"/,
  );
  // The palette asks all the same.
  host.willPick(/^Compare which model/, 'The answers you kept');
  host.willPick(/^With which model/, 'cloud/best');
  await runTasks(parts, undefined);
  assert.equal(host.messages.filter(({ modal }) => modal).length, 1);
  assert.equal(calls.length, 2);
});

test('50 tasks at most: no further one is kept in either folder, and of more files that are there the rest is named', async (t) => {
  const { host, parts } = rig(
    t,
    Array.from({ length: MOST_TASKS - 1 }, (_, i) => taskOf(`Task ${i}`)),
  );
  assert.equal(MOST_TASKS, 50);
  await parts.folders.keep(taskOf('The last'), 'private');
  for (const place of ['private', 'workspace'] as const)
    await assert.rejects(parts.folders.keep(taskOf('One more'), place), /There are 50 kept tasks already\. Delete one/);
  fs.writeFileSync(host.uri('.gearshift/tasks/zz.md').fsPath, formatTask(taskOf('By hand')));
  fs.writeFileSync(host.uri('.gearshift/tasks/zzz.md').fsPath, formatTask(taskOf('By hand too')));
  const { tasks, problems } = await parts.folders.read();
  assert.equal(tasks.length, 50);
  assert.ok(problems.length > 0 && problems.every((words) => /is left out: at most 50 tasks are used/.test(words)));
});

test('a file of a task that holds a secret is refused when it is read too: nothing of it is sent', async (t) => {
  const secret = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
  const { parts, host } = rig(t, [
    taskOf('In a question', { messages: [{ role: 'user', content: `Use ${secret}` }] }),
    taskOf('In a check', { checks: [{ kind: 'contains', text: secret }] }),
    taskOf('In the answer', { answer: secret }),
  ]);
  await assert.rejects(runTasks(parts, { a: 'stored', b: 'cloud/best' }), /No task is kept yet/);
  assert.equal(host.messages[0]?.text.match(/is left out: it holds a secret/g)?.length, 3);
});
