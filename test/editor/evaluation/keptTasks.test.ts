import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Answer, Question, Thread } from '../../../src/core/chat/conversation.ts';
import { parseTask } from '../../../src/core/evaluation/keptTask.ts';
import type { ModelRef } from '../../../src/core/common/types.ts';
import type { CallEvent, CallResult, ModelCall } from '../../../src/core/gateway/call.ts';
import { ModelGuard, type Ended } from '../../../src/editor/evaluation/guard.ts';
import { keepTask } from '../../../src/editor/evaluation/keepTask.ts';
import { runTasks } from '../../../src/editor/evaluation/runTasks.ts';
import { TaskFolders } from '../../../src/editor/evaluation/taskFolder.ts';
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

function rig(t: TestContext, files: Record<string, string> = { 'sum.ts': SUM }) {
  const host = startHost(t, { files });
  return { host, folders: new TaskFolders(host.uri('storage')) };
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

const settingsOf = (mid: ModelRef, frontier: ModelRef) => ({
  tiers: { local: [], mid: [mid], frontier: [frontier] },
  localAnswers: [],
  providers: new Map(),
  consent: new Set<string>(),
  private: false,
});

const result = (outcome: CallResult['outcome'], nanoUsd: number): CallResult =>
  ({ outcome, failure: null, place: null, cost: { nanoUsd } }) as unknown as CallResult;

test('two models are compared on the kept task; both reports are in the workspace, and the cost is what was asked', async (t) => {
  const { host, folders } = rig(t);
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
  const config = { settings: settingsOf(one, two) } as never;
  host.willClick(/^Compare cloud\/one and cloud\/two on 1 task/, 'Compare');
  await runTasks({ config, gateway, folders, trusted: () => true }, { a: 'cloud/one', b: 'cloud/two' });
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
  assert.match(report, /makes what you kept: It makes something else of sum\\?\.ts than you kept/);
  assert.match(host.text('.gearshift/reports/kept-tasks.xml') ?? '', /tests="2" failures="2"/);
  // Who does not agree to the price is asked nothing.
  await runTasks({ config, gateway, folders, trusted: () => true }, { a: 'cloud/one', b: 'cloud/two' });
  assert.equal(calls.length, 4);
});

test('without a task the command says how to keep one; a broken file is named with its line', async (t) => {
  const { host, folders } = rig(t, { '.gearshift/tasks/bad.md': '---\nname: x\ntier: top\n---\n' });
  const parts = { config: {} as never, gateway: {} as never, folders, trusted: () => true };
  await assert.rejects(runTasks(parts, undefined), /No task is kept yet/);
  assert.match(host.messages[0]?.text ?? '', /^\.gearshift\/tasks\/bad\.md:3: The tier of a task is one of/);
});

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

test('another model behind the name is told in every window, until the user keeps it or goes back', async (t) => {
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
