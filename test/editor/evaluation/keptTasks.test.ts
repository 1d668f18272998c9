import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { Answer, Question, Thread } from '../../../src/core/chat/conversation.ts';
import type { ModelRef } from '../../../src/core/common/types.ts';
import { parsePromptFile } from '../../../src/core/chat/promptFiles.ts';
import { parseTask } from '../../../src/core/evaluation/keptTask.ts';
import type { CallEvent, CallResult, ModelCall } from '../../../src/core/gateway/call.ts';
import { ModelGuard, type Ended } from '../../../src/editor/evaluation/guard.ts';
import { keepTask } from '../../../src/editor/evaluation/keepTask.ts';
import { runTasks } from '../../../src/editor/evaluation/runTasks.ts';
import { UnfinishedComparison } from '../../../src/editor/evaluation/unfinished.ts';
import { TaskFolders } from '../../../src/editor/evaluation/taskFolder.ts';
import { settle } from '../../support/settle.ts';
import { startHost } from '../../support/vscode/host.ts';
import { Memory } from '../../support/window.ts';

/** From an answer in the chat to a test, a comparison of two models on it, and a word when a model changes. */

const SUM = 'export function add(a: number, b: number) {\n  return a - b;\n}\n';
const RIGHT = '`sum.ts`:\n\n```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```\n';
const WRONG = RIGHT.replace('a + b', 'a * b');

function threadWith(answer: string, over: Partial<Answer> = {}): { thread: Thread; answer: Answer } {
  const question = {
    role: 'user',
    id: 'q',
    at: 1,
    after: '',
    text: 'Mend add in sum.ts.',
    attachments: [],
  } as Question;
  const turn = {
    ...{ role: 'assistant', id: 'a', at: 2, questionId: 'q', tier: 'mid', escalated: false, provider: 'cloud' },
    ...{ model: 'one', state: 'done', text: answer, reasoning: '', failure: null, place: null, facts: null, ...over },
  } as Answer;
  const thread = {
    id: 't',
    title: 'Mend add',
    turns: [question, turn],
    chosen: {},
    summaries: [],
  } as unknown as Thread;
  return { thread, answer: turn };
}

const REVIEW = parsePromptFile('review.md', '---\nversion: 2\n---\nReview strictly: {{input}}', 'workspace');
const PROMPTS = new Map(REVIEW ? [['review', REVIEW]] : []);

function rig(t: TestContext, files: Record<string, string> = { 'sum.ts': SUM }) {
  const host = startHost(t, { files });
  const storage = host.uri('storage');
  const own = { unfinished: new UnfinishedComparison(storage), state: new Memory() };
  return { host, folders: new TaskFolders(storage), ...own, prompts: () => Promise.resolve(PROMPTS) };
}

test('an answer is kept with its files before and after, for the team, and can be read back', async (t) => {
  const { host, folders } = rig(t);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, thread, answer);
  const kept = parseTask(host.text('.gearshift/tasks/add-adds.md') ?? '');
  assert.ok('task' in kept);
  assert.deepEqual(kept.task.files, [{ path: 'sum.ts', before: SUM, after: SUM.replace('a - b', 'a + b') }]);
  assert.deepEqual(
    kept.task.checks.map(({ kind }) => kind),
    ['applies', 'keeps'],
  );
  assert.match(kept.task.messages.at(-1)?.content ?? '', /Mend add in sum\.ts\./);
  assert.equal((await folders.read()).tasks.length, 1);
});

test('after the answer was applied, what the user made of the file counts as good', async (t) => {
  const { host, folders } = rig(t, { 'sum.ts': SUM.replace('a - b', 'b + a') });
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  const now = SUM.replace('a - b', 'b + a');
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  await keepTask(folders, thread, answer, [
    { uri: vscode.Uri.joinPath(folder.uri, 'sum.ts'), before: SUM, now },
    { uri: vscode.Uri.file('/elsewhere/other.ts'), before: 'x', now: 'y' },
  ]);
  const kept = parseTask(host.text('.gearshift/tasks/add-adds.md') ?? '');
  assert.ok('task' in kept);
  assert.deepEqual(kept.task.files, [{ path: 'sum.ts', before: SUM, after: now }]);
  assert.deepEqual(
    kept.task.checks.map(({ kind }) => kind),
    ['applies', 'keeps'],
  );
});

test('a secret, an unfinished answer and an escape from the dialog keep nothing', async (t) => {
  const { host, folders } = rig(t, { 'sum.ts': SUM, 'secret.ts': `${SUM}// ghp_${'a1B2c3D4e5F6'.repeat(3)}\n` });
  const cut = threadWith(RIGHT, { state: 'partial' });
  await assert.rejects(keepTask(folders, cut.thread, cut.answer), /Only a whole answer/);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, undefined);
  await keepTask(folders, thread, answer);
  const secret = threadWith(RIGHT.replace('sum.ts', 'secret.ts'));
  await assert.rejects(keepTask(folders, secret.thread, secret.answer), /a file holds a secret/);
  assert.equal((await folders.read()).tasks.length, 0);
});

const configWith = (one: ModelRef, two: ModelRef): never =>
  ({
    settings: {
      tiers: { local: [], mid: [one], frontier: [two] },
      localAnswers: [],
      providers: new Map([['cloud', {}]]),
    },
  }) as never;

const result = (outcome: CallResult['outcome'], nanoUsd: number): CallResult =>
  ({ outcome, failure: null, place: null, cost: { nanoUsd } }) as unknown as CallResult;

test('two models are compared on the kept task; both reports are in the workspace, and the cost is what was asked', async (t) => {
  const { host, folders, unfinished, state, prompts } = rig(t);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, thread, answer);
  const calls: ModelCall[] = [];
  const gateway = {
    estimate: () =>
      Promise.resolve({ model: { provider: 'cloud', model: 'x' }, inputTokens: 1, likely: 2e6, atMost: 9e6 }),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      calls.push(call);
      yield { kind: 'text', text: call.chain[0]?.model === 'one' ? RIGHT : WRONG };
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  const one = { provider: 'cloud', model: 'one' };
  const two = { provider: 'cloud', model: 'two' };
  const config = configWith(one, two);
  host.willClick(/^Compare cloud\/one and cloud\/two on 1 task/, 'Compare');
  await runTasks({ config, gateway, folders, unfinished, state, prompts }, { a: 'cloud/one', b: 'cloud/two' });
  assert.match(host.messages.find(({ modal }) => modal)?.detail ?? '', /will likely cost \$0\.008/);
  assert.deepEqual(
    calls.map(({ chain }) => chain.map(({ model }) => model).join()),
    ['one', 'two', 'one', 'two'],
    'one model each, without fallbacks',
  );
  const report = host.text('.gearshift/reports/kept-tasks.md') ?? '';
  assert.match(report, /\| Add adds \| 2 of 2 passed \| \$0\.0020 \| [\d.]+ s \| 0 of 2 passed \| \$0\.0020 \|/);
  assert.match(report, /makes what you kept: It makes something else of sum\\?\.ts than you kept/);
  assert.match(host.text('.gearshift/reports/kept-tasks.xml') ?? '', /tests="2" failures="2"/);
  // Who does not agree to the price is asked nothing.
  await runTasks({ config, gateway, folders, unfinished, state, prompts }, { a: 'cloud/one', b: 'cloud/two' });
  assert.equal(calls.length, 4);
});

test('a stopped comparison goes on after a restart, and asks only what is left; both answers are shown as a diff', async (t) => {
  const { host, folders, unfinished, state, prompts } = rig(t);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, thread, answer);
  const one = { provider: 'cloud', model: 'one' };
  const two = { provider: 'cloud', model: 'two' };
  const config = configWith(one, two);
  const asked: (string | undefined)[] = [];
  let stopAfter = 1;
  const gateway = {
    estimate: () => Promise.resolve({ model: one, inputTokens: 1, likely: 1e6, atMost: 9e6 }),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      if (stopAfter-- === 0) return void (yield { kind: 'end', result: result('cancelled', 0) });
      asked.push(call.chain[0]?.model);
      yield { kind: 'text', text: call.chain[0]?.model === 'one' ? RIGHT : WRONG };
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  const sides = { a: 'cloud/one', b: 'cloud/two' };
  host.willClick(/^Compare cloud\/one/, 'Compare');
  await runTasks({ config, gateway, folders, unfinished, state, prompts }, sides);
  assert.deepEqual(asked, ['one']);
  // Another window, with nothing but the file.
  const later = new UnfinishedComparison(host.uri('storage'));
  stopAfter = Infinity;
  host.willClick(/was stopped after 1 answers?/, 'Continue');
  host.willClick(/^Compare cloud\/one/, 'Compare');
  host.willClick(/too close to call/, 'Show Answers');
  host.willPick(/Both answers/, 'Add adds');
  await runTasks({ config, gateway, folders, unfinished: later, state, prompts }, undefined);
  assert.deepEqual(asked, ['one', 'two', 'one', 'two']);
  assert.match(host.messages.findLast(({ modal }) => modal)?.detail ?? '', /likely cost \$0\.0030/, 'for what is left');
  assert.equal(await later.read((await folders.read()).tasks), undefined, 'it is complete');
  await settle();
  const [command, left, right, title] = host.executed.findLast(([name]) => name === 'vscode.diff') ?? [];
  assert.equal(command, 'vscode.diff');
  assert.match(String(title), /^Add adds: cloud\/one and cloud\/two/);
  const text = async (uri: unknown): Promise<string> =>
    (await vscode.workspace.openTextDocument(uri as vscode.Uri)).getText();
  assert.deepEqual([await text(left), await text(right)], [RIGHT, WRONG]);
});

test('the prompts of now are a side: the question is made again with them, and the ledger has their version', async (t) => {
  const { host, folders, unfinished, state, prompts } = rig(t);
  const { thread, answer } = threadWith('Fine.');
  const [question] = thread.turns as [Question];
  const used = {
    name: 'review',
    version: '1',
    origin: 'workspace',
    hash: 'aaaaaaaa',
    text: 'Review: the pool',
  } as const;
  const asked = { ...thread, turns: [{ ...question, text: '/review the pool', prompt: used }, answer] };
  host.willType(/short name/, 'Pool');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, asked, answer);
  const calls: ModelCall[] = [];
  const one = { provider: 'cloud', model: 'one' };
  const gateway = {
    estimate: () => Promise.resolve({ model: one, inputTokens: 1, likely: 1e6, atMost: 9e6 }),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      calls.push(call);
      yield { kind: 'text', text: 'Fine.' };
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  host.willPick(/Compare which model/, 'cloud/one');
  host.willPick(/With which model/, 'cloud/one with the prompts of now');
  host.willClick(/^Compare cloud\/one and cloud\/one with the prompts of now/, 'Compare');
  const config = configWith(one, { provider: 'cloud', model: 'two' });
  await runTasks({ config, gateway, folders, unfinished, state, prompts }, undefined);
  const sent = calls.map(({ request, promptVersion }) => [
    request.kind === 'chat' ? request.messages.at(-1)?.content : '',
    promptVersion?.split(' ')[0],
  ]);
  assert.deepEqual(sent.slice(0, 2), [
    ['Review: the pool', '1'],
    ['Review strictly: the pool', '2'],
  ]);
});

test('a command of a task runs only after it was allowed, once, on the files that the answer makes', async (t) => {
  const { host, folders, unfinished, state, prompts } = rig(t);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, thread, answer);
  const file = '.gearshift/tasks/add-adds.md';
  const check = `node -e "process.exit(require('fs').readFileSync('sum.ts','utf8').includes('a + b')?0:3)"`;
  const text = (host.text(file) ?? '').replace('  - keeps', `  - command ${JSON.stringify(check)}`);
  await vscode.workspace.fs.writeFile(host.uri(file), new TextEncoder().encode(text));
  const one = { provider: 'cloud', model: 'one' };
  const two = { provider: 'cloud', model: 'two' };
  let asked = 0;
  const gateway = {
    estimate: () => Promise.resolve({ model: one, inputTokens: 1, likely: 1e6, atMost: 9e6 }),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      asked++;
      yield { kind: 'text', text: call.chain[0]?.model === 'one' ? RIGHT : WRONG };
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  const parts = { config: configWith(one, two), gateway, folders, unfinished, state, prompts };
  const sides = { a: 'cloud/one', b: 'cloud/two' };
  await runTasks(parts, sides);
  assert.equal(asked, 0, 'nothing without the permission');
  assert.ok(host.messages.findLast(({ modal }) => modal)?.detail?.includes(check), 'the user reads what would run');
  host.willClick(/Allow the kept tasks/, 'Allow');
  host.willClick(/^Compare cloud\/one/, 'Compare');
  await runTasks(parts, sides);
  const report = host.text('.gearshift/reports/kept-tasks.md') ?? '';
  assert.match(report, /\| Add adds \| 2 of 2 passed \|.*\| 0 of 2 passed \|/);
  assert.match(report, /It ended with 3/);
  assert.equal(host.text('sum.ts'), SUM, 'the file of the user stays');
  const before = host.messages.length;
  await runTasks(parts, sides);
  assert.ok(!host.messages.slice(before).some(({ text: words }) => words.startsWith('Allow')), 'asked once');
  host.trusted = false;
  state.values.clear();
  await assert.rejects(runTasks(parts, sides));
});

test('the model of before that is gone is compared by its stored answer, and the report says so', async (t) => {
  const { host, folders, unfinished, state, prompts } = rig(t);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, thread, answer);
  const one = { provider: 'cloud', model: 'one' };
  const two = { provider: 'cloud', model: 'two' };
  const gateway = {
    estimate: () => Promise.resolve({ model: one, inputTokens: 1, likely: 1e6, atMost: 9e6 }),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      if (call.chain[0]?.model === 'one') {
        const gone = { ...result('failed', 0), failure: { kind: 'model-missing' }, place: PLACE };
        return void (yield { kind: 'end', result: gone as CallResult });
      }
      yield { kind: 'text', text: WRONG };
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  host.willClick(/^Compare cloud\/one/, 'Compare');
  await runTasks(
    { config: configWith(one, two), gateway, folders, unfinished, state, prompts },
    { a: 'cloud/one', b: 'cloud/two' },
  );
  const report = host.text('.gearshift/reports/kept-tasks.md') ?? '';
  assert.match(report, /cloud\/one is gone: its stored answer is compared/);
  assert.match(report, /\| Add adds \| 2 of 2 passed \|.*\| 0 of 2 passed \|/);
});

test('without a task the command says how to keep one; a broken file is named with its line', async (t) => {
  const { host, folders, unfinished, state, prompts } = rig(t, {
    '.gearshift/tasks/bad.md': '---\nname: x\ntier: top\n---\n',
  });
  const parts = { config: {} as never, gateway: {} as never, folders, unfinished, state, prompts };
  await assert.rejects(runTasks(parts, undefined), /No task is kept yet/);
  assert.match(host.messages[0]?.text ?? '', /^\.gearshift\/tasks\/bad\.md:3: The tier of a task is one of/);
});

const PLACE = { provider: 'cloud', host: 'lab.example', model: 'one', kind: 'openai' };

const ended = (modelReturned: string | null, over: Partial<Ended> = {}): Ended =>
  ({
    tier: 'mid',
    provider: 'cloud',
    modelAsked: 'v4',
    outcome: 'done',
    digest: null,
    modelReturned,
    ...over,
  }) as Ended;

test('another model behind the name is reported in every window, until the user keeps it or goes back', async (t) => {
  startHost(t);
  const state = new Memory();
  let chain = [
    { provider: 'cloud', model: 'v4' },
    { provider: 'other', model: 'spare' },
  ];
  let told = 0;
  const guardIn = (): ModelGuard =>
    new ModelGuard({
      state,
      chain: () => chain,
      setChain: (_tier, refs) => {
        chain = refs.map((ref) => ({ provider: ref.split('/')[0] ?? '', model: ref.split('/')[1] ?? '' }));
        return Promise.resolve();
      },
      onChange: () => told++,
      now: () => Date.UTC(2026, 10, 24, 12),
    });
  const [here, there] = [guardIn(), guardIn()];
  await here.note(ended('v4-0711'));
  assert.equal(here.words('mid'), '');
  await here.note(ended('spare', { provider: 'other', modelAsked: 'spare' }));
  assert.equal(here.words('mid'), '', 'a fallback is no change');
  await here.note(ended(null, { outcome: 'failed' }));
  await here.note(ended('v4-0926'));
  for (const guard of [here, there])
    assert.equal(guard.words('mid'), 'mid answers as v4-0926 since Tuesday (before: v4-0711)');
  assert.deepEqual(there.sides('mid'), { a: 'cloud/v4-0711', b: 'cloud/v4' });
  const before = told;
  await here.note(ended('v4-0926'));
  assert.equal(told, before, 'once');
  await there.goBack('mid');
  assert.deepEqual(
    chain.map(({ model }) => model),
    ['v4-0711', 'spare'],
  );
  assert.equal(here.words('mid'), '');
});
