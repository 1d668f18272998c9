import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_USAGE, type ModelRef } from '../../../src/core/common/types.ts';
import type { AgentTask } from '../../../src/core/recipes/ports.ts';
import type { RecipeRun } from '../../../src/core/chat/recipeRun.ts';
import { settleRun } from '../../../src/core/chat/recipeRun.ts';
import { goOnAt, newRun } from '../../../src/core/recipes/run.ts';
import { estimateRun } from '../../../src/core/recipes/estimate.ts';
import {
  attachment,
  ALL,
  AFTER,
  DRAFT,
  EDIT,
  ERROR_FOUND,
  makeRecipeRig,
  recipeFrom,
  replayed,
  spentBy,
} from './rig.ts';

const all = recipeFrom(ALL);
const draft = recipeFrom(DRAFT);
const statuses = ({ stages }: RecipeRun): string[] => stages.map(({ status }) => status);

/** Runs to the pause, approves, and runs to the end. */
async function through(rig: Awaited<ReturnType<typeof makeRecipeRig>>, approved?: string): Promise<RecipeRun> {
  const paused = await rig.start(all);
  assert.equal(paused.status, 'paused');
  return rig.goOn(goOnAt(paused, 3, approved));
}

test('a run goes through all kinds of stages, and its sum is what the server sold', async (t) => {
  const rig = await makeRecipeRig(t);
  const run = await through(rig);
  assert.equal(run.status, 'done');
  assert.deepEqual(rig.calls(), ['facts', 'plan', 'work', 'review']);
  assert.equal(spentBy(run), rig.server.book.totals().costNano);
  assert.equal(rig.files.get('src/add.js'), AFTER);
  assert.deepEqual(
    run.stages.map(({ model }) => model?.model),
    ['qwen-mid', 'claude-top', undefined, 'qwen-mid', undefined, 'claude-top'],
  );
});

test('replaying the stored events gives the run: everything that is shown is stored', async (t) => {
  const rig = await makeRecipeRig(t);
  const begun = newRun(all, 'Fix add');
  const paused = await rig.start(all);
  assert.deepEqual(replayed(begun, rig.changes), paused);
});

test("the implementer's request holds the edited plan, and not the one before", async (t) => {
  const rig = await makeRecipeRig(t);
  await through(rig, 'EDITED-PLAN: keep the name.');
  const work = JSON.stringify(rig.server.book.calls[2]?.body);
  assert.match(work, /EDITED-PLAN/);
  assert.doesNotMatch(work, /make add add/);
});

test('a stage is sent what its prompt names and nothing else', async (t) => {
  const rig = await makeRecipeRig(t);
  await through(rig);
  const [facts, plan] = rig.server.book.calls.map(({ body }) => JSON.stringify(body));
  assert.match(facts ?? '', /a - b/);
  assert.doesNotMatch(plan ?? '', /a - b/, 'the reasoning stage has only the facts');
  assert.match(plan ?? '', /add subtracts/);
});

for (const [score, calls, last] of [
  [9, ['draft', 'verdict'], 'skipped'],
  [7, ['draft', 'verdict'], 'skipped'],
  [6.9, ['draft', 'verdict', 'final'], 'done'],
] as const)
  test(`a draft with a score of ${score} at a threshold of 7: ${calls.length} calls`, async (t) => {
    const rig = await makeRecipeRig(t);
    rig.answer('verdict', JSON.stringify({ score, reason: 'so' }));
    const run = await rig.start(draft);
    assert.equal(run.status, 'done');
    assert.deepEqual(rig.calls(), calls);
    assert.equal(run.stages.at(-1)?.status, last);
    assert.equal(spentBy(run), rig.server.book.totals().costNano);
  });

test('JSON that does not fit is repaired once, and fails after that', async (t) => {
  for (const [second, status] of [
    ['{"facts":["x"]}', 'paused'],
    ['{"facts":1}', 'failed'],
  ] as const) {
    const rig = await makeRecipeRig(t);
    rig.answer('facts', (prompt) => (prompt.includes('does not fit the schema') ? second : 'no JSON at all'));
    const run = await rig.start(all);
    assert.equal(run.status, status);
    assert.deepEqual(rig.calls(), status === 'paused' ? ['facts', 'facts', 'plan'] : ['facts', 'facts']);
    assert.equal(spentBy(run), rig.server.book.totals().costNano);
  }
});

test('a red check goes back once to the same model, then to the next, then to a person', async (t) => {
  const rig = await makeRecipeRig(t);
  for (let n = 0; n < 5; n++) rig.checks.push({ ok: false, output: `RED-${n}` });
  const run = await through(rig);
  assert.equal(run.status, 'handed-over');
  const work = rig.server.book.calls.filter((_, i) => rig.calls()[i] === 'work');
  assert.deepEqual(
    work.map(({ model }) => model),
    ['qwen-mid', 'qwen-mid', 'mistral-mid'],
  );
  assert.match(JSON.stringify(work[1]?.body), /RED-0/);
  assert.match(JSON.stringify(work[2]?.body), /RED-1/);
  assert.ok(!rig.calls().includes('review'), 'nothing after the red check is started');
  assert.equal(run.stages[4]?.output, 'RED-2', 'the output is kept');
  assert.equal(spentBy(run), rig.server.book.totals().costNano);
});

test('a red check with one model only goes back once, then to a person', async (t) => {
  const rig = await makeRecipeRig(t, { chains: { mid: ['qwen-mid'] } });
  for (let n = 0; n < 5; n++) rig.checks.push({ ok: false, output: 'RED' });
  const run = await through(rig);
  assert.equal(run.status, 'handed-over');
  assert.equal(rig.calls().filter((stage) => stage === 'work').length, 2);
});

test('M12 a reviewer that always finds errors: the work goes back once, then a person takes over', async (t) => {
  const rig = await makeRecipeRig(t);
  rig.answer('review', ERROR_FOUND);
  const run = await through(rig);
  assert.equal(run.status, 'handed-over');
  assert.deepEqual(rig.calls(), ['facts', 'plan', 'work', 'review', 'work', 'review']);
  assert.match(JSON.stringify(rig.server.book.calls[4]?.body), /It is wrong/);
  assert.match(run.stages[5]?.output ?? '', /src\/add\.js:1 \(error\): It is wrong/);
  assert.equal(spentBy(run), rig.server.book.totals().costNano);
});

test('the reviewer is of another family than the implementer, also after a fallback', async (t) => {
  const rig = await makeRecipeRig(t, {
    chains: { mid: ['qwen-mid', 'claude-top'], frontier: ['claude-top', 'gpt-top'] },
  });
  rig.answer('work', (_, model) => (model === 'qwen-mid' ? 'I cannot.' : EDIT));
  const run = await through(rig);
  assert.equal(run.status, 'done');
  assert.equal(run.stages[3]?.model?.model, 'claude-top', 'the implementer fell back');
  assert.equal(run.stages[5]?.model?.model, 'gpt-top', 'so Claude does not review');
});

test('where every model is of the family that built, the review is refused and nothing is sent', async (t) => {
  const rig = await makeRecipeRig(t, { chains: { mid: ['claude-top'], frontier: ['claude-top'] } });
  const run = await through(rig);
  assert.equal(run.status, 'failed');
  assert.deepEqual(rig.calls(), ['facts', 'plan', 'work']);
  assert.match(run.stages[5]?.words ?? '', /family that wrote this \(claude\)/);
});

test('a finding on a line that the change does not have is dropped', async (t) => {
  const rig = await makeRecipeRig(t);
  rig.answer('review', ERROR_FOUND.replace('src/add.js', 'src/none.js'));
  const run = await through(rig);
  assert.equal(run.status, 'done');
  assert.match(run.stages[5]?.output ?? '', /nothing/);
});

test('the money limit stops a run in the middle, what was paid stays, and continuing starts the limit again', async (t) => {
  const rig = await makeRecipeRig(t);
  const cheap = recipeFrom(ALL.replace('money: 5', 'money: 0.01'));
  const stoppedRun = await rig.start(cheap);
  assert.deepEqual([stoppedRun.status, ...statuses(stoppedRun).slice(0, 3)], ['stopped', 'done', 'stopped', 'waiting']);
  assert.equal(stoppedRun.stages[1]?.failure?.kind, 'budget');
  assert.deepEqual(rig.calls(), ['facts'], 'the costly stage was not sent');
  assert.equal(spentBy(stoppedRun), rig.server.book.totals().costNano);
});

test('no answer may be longer than what the limit leaves', async (t) => {
  const rig = await makeRecipeRig(t);
  await rig.start(recipeFrom(ALL.replace('money: 5', 'money: 0.06')));
  const plan = rig.server.book.calls[1]?.body as { max_tokens?: number; max_completion_tokens?: number };
  const most = plan.max_tokens ?? plan.max_completion_tokens ?? Infinity;
  assert.ok(most * 25_000 <= 0.06e9, `${most} tokens`);
});

test('requests of a stage are limited', async (t) => {
  const rig = await makeRecipeRig(t, { scenarios: ['status:500'] });
  rig.failing.set('facts', 'status:500');
  const run = await rig.start(recipeFrom(ALL.replace('money: 5', 'requests: 1')));
  assert.equal(run.status, 'failed');
  assert.equal(rig.server.book.calls.length, 1);
});

test('the time limit ends an endless answer', async (t) => {
  const rig = await makeRecipeRig(t, { scenarios: ['endless+between-tokens:20'] });
  rig.failing.set('plan', 'endless+between-tokens:20');
  const run = await rig.start(recipeFrom(ALL.replace('money: 5', 'minutes: 0.02')));
  assert.equal(run.status, 'stopped');
  assert.match(run.stages[1]?.words ?? '', /time limit/);
  assert.deepEqual([...new Set(rig.calls())], ['facts', 'plan']);
});

test('stop keeps everything, and the run continues where it stopped without paying again', async (t) => {
  const rig = await makeRecipeRig(t, { scenarios: ['between-tokens:50'] });
  rig.failing.set('plan', 'between-tokens:50');
  const controller = new AbortController();
  const running = rig.start(all, 'Fix add', controller.signal);
  await rig.server.book.waitFor(({ calls }) => (calls[1]?.bytesWritten ?? 0) > 0);
  controller.abort();
  const run = await running;
  assert.deepEqual([run.status, ...statuses(run).slice(0, 3)], ['stopped', 'done', 'stopped', 'waiting']);
  rig.failing.clear();
  const on = await rig.goOn(goOnAt(run, 1));
  assert.equal(on.status, 'paused');
  assert.deepEqual(rig.calls(), ['facts', 'plan', 'plan']);
  assert.equal(spentBy(on), rig.ledgerNano());
});

test('a run continues after a reload at its last finished stage', async (t) => {
  const rig = await makeRecipeRig(t);
  const begun = newRun(all, 'Fix add');
  await rig.start(all);
  // The window ends while the plan comes: what is stored ends with "running".
  const upTo = rig.changes.findIndex(({ stage }) => stage?.name === 'plan' && stage.status === 'running');
  const stored = settleRun(JSON.parse(JSON.stringify(replayed(begun, rig.changes.slice(0, upTo + 1)))) as RecipeRun);
  assert.deepEqual([stored.status, ...statuses(stored).slice(0, 2)], ['stopped', 'done', 'stopped']);
  const on = await rig.goOn(goOnAt(stored, 1));
  assert.equal(on.status, 'paused');
  assert.deepEqual(rig.calls(), ['facts', 'plan', 'plan']);
});

test('editing and continuing from a stage runs what follows once more, and keeps what was paid', async (t) => {
  const rig = await makeRecipeRig(t);
  const run = await through(rig);
  const before = spentBy(run);
  const on = await rig.goOn(goOnAt(run, 1, '{"facts":["EDITED-FACT"]}'));
  assert.equal(on.status, 'paused');
  assert.match(JSON.stringify(rig.server.book.calls.at(-1)?.body), /EDITED-FACT/);
  assert.equal(on.stages[0]?.edited, true);
  assert.ok(spentBy(on) > before);
  assert.equal(spentBy(on), rig.server.book.totals().costNano);
});

test('a port that throws fails its stage, and nothing after it is started', async (t) => {
  const rig = await makeRecipeRig(t, { over: { check: () => Promise.reject(new Error('no shell')) } });
  const run = await through(rig);
  assert.deepEqual([run.status, run.stages[4]?.status, run.stages[5]?.status], ['failed', 'failed', 'waiting']);
  assert.match(run.stages[4]?.words ?? '', /no shell/);
});

test('an estimate names each stage with its price, and the run never costs more than the highest estimate', async (t) => {
  const rig = await makeRecipeRig(t);
  const price = (model: string) => {
    const [input, output] = model.endsWith('top') ? [5e9, 25e9] : [0.3e9, 1.2e9];
    return {
      source: 'user' as const,
      date: '',
      steps: [{ above: 0, input: input ?? 0, output: output ?? 0, cacheRead: input ?? 0, cacheWrite: input ?? 0 }],
    };
  };
  const given = { task: 'Fix add', context: [attachment('x')] };
  const estimate = await estimateRun(all, given, {
    chain: rig.ports.chain,
    price: ({ model }) => Promise.resolve(price(model)),
  });
  const parts = { chain: rig.ports.chain, price: ({ model }: ModelRef) => Promise.resolve(price(model)) };
  const agent = (await estimateRun(all, given, { ...parts, byAgent: true })).stages[3];
  assert.ok((agent?.likely ?? 0) > 5 * (estimate.stages[3]?.likely ?? Infinity), 'an agent sends many requests');
  assert.equal(agent?.atMost, all.limits.nanoUsd, 'its limit is the money of the run');
  const free = {
    ...price('mid'),
    source: 'free' as const,
    steps: [{ above: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
  };
  const own = await estimateRun(all, given, { ...parts, price: () => Promise.resolve(free), byAgent: true });
  assert.deepEqual([own.likely, own.atMost], [0, 0]);
  const run = await through(rig);
  assert.deepEqual(
    estimate.stages.map(({ model }) => model?.model),
    ['qwen-mid', 'claude-top', undefined, 'qwen-mid', undefined, 'claude-top'],
  );
  for (const [i, { atMost, likely }] of estimate.stages.entries()) {
    assert.ok((run.stages[i]?.nanoUsd ?? 0) <= (atMost ?? -1), `stage ${i}`);
    assert.ok((likely ?? -1) <= (atMost ?? -1));
  }
  assert.ok((estimate.atMost ?? 0) <= all.limits.nanoUsd);
});

test("where VS Code's agent does the work, its requests and models count, and it stays within what is left", async (t) => {
  const tasks: AgentTask[] = [];
  const rig = await makeRecipeRig(t, {
    over: {
      agent: (task) => {
        tasks.push(task);
        rig.files.set('src/add.js', AFTER);
        const usage = { ...NO_USAGE, input: 100, output: 10 };
        return Promise.resolve({
          outcome: 'done',
          text: 'Built.',
          by: ['claude-top'],
          requests: 5,
          usage,
          nanoUsd: 7_000,
        });
      },
    },
  });
  const run = await through(rig, 'EDITED-PLAN');
  assert.equal(run.status, 'done');
  assert.match(tasks[0]?.prompt ?? '', /EDITED-PLAN/);
  assert.equal(tasks[0]?.nanoUsd, all.limits.nanoUsd, 'the limit counts from the approval');
  assert.deepEqual([run.stages[3]?.requests, run.stages[3]?.nanoUsd], [5, 7_000]);
  assert.equal(run.stages[5]?.model?.model, 'gpt-top', 'the family of the agent does not review');
  assert.equal(spentBy(run), rig.server.book.totals().costNano + 7_000);
});

test("the time limit stops VS Code's agent, and what it has used until then counts", async (t) => {
  const usage = { ...NO_USAGE, input: 100 };
  const used = { by: ['claude-top'], requests: 2, usage, nanoUsd: 5_000 };
  const rig = await makeRecipeRig(t, {
    over: {
      agent: async ({ progress }, signal) => {
        progress(used);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return { ...used, outcome: 'cancelled', text: 'Half of it.' };
      },
    },
  });
  const paused = await rig.start(recipeFrom(ALL.replace('money: 5', 'minutes: 0.02')));
  const run = await rig.goOn(goOnAt(paused, 3));
  assert.equal(run.status, 'stopped');
  assert.match(run.stages[3]?.words ?? '', /time limit/);
  assert.deepEqual([run.stages[3]?.requests, run.stages[3]?.nanoUsd, run.stages[4]?.status], [2, 5_000, 'waiting']);
  // A window that ends in the middle of the work keeps what was counted by then.
  const counted = rig.changes.findIndex(({ stage }) => stage?.requests === 2 && stage.status === 'running');
  const stored = settleRun(replayed(goOnAt(paused, 3), rig.changes.slice(0, counted + 1)));
  assert.deepEqual([stored.status, stored.stages[3]?.nanoUsd], ['stopped', 5_000]);
});

test('where there is no agent, the stage is one answer with edits, and says why', async (t) => {
  const rig = await makeRecipeRig(t, { over: { agent: () => Promise.resolve({ unavailable: 'It is turned off.' }) } });
  const run = await through(rig);
  assert.equal(run.status, 'done');
  assert.deepEqual(rig.calls(), ['facts', 'plan', 'work', 'review']);
  assert.equal(run.stages[3]?.words, 'It is turned off.');
  assert.equal(rig.files.get('src/add.js'), AFTER);
});
