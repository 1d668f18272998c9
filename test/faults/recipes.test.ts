import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleRun, type RecipeRun } from '../../src/core/chat/recipeRun.ts';
import { advance, goOnAt, newRun } from '../../src/core/recipes/run.ts';
import { AFTER, ALL, makeRecipeRig, recipeFrom, replayed, spentBy, type RecipeRig } from '../core/recipes/rig.ts';

/** Every kind of failure at every stage of a recipe (M13): one end, an honest sum, and nothing started after it. */

const all = recipeFrom(ALL);
/** The stages that ask a model, in order, with how often each may ask. */
const ASKING = ['facts', 'plan', 'work', 'review'] as const;
const INDEX: Readonly<Record<string, number>> = { facts: 0, plan: 1, work: 3, review: 5 };

/** What a server does, and whether its answer tells what it sold: where not, the ledger estimates, and never below the truth. */
const FAULTS: readonly (readonly [scenario: string, counted: boolean])[] = [
  ['status:401', true],
  ['status:402', true],
  ['status:404', true],
  ['status:413', true],
  ['status:429', true],
  ['status:500', true],
  ['status:503', true],
  ['html', true],
  ['json-error', false],
  ['empty', false],
  ['drop-reset', false],
  ['drop-close', false],
  ['finish:content_filter', true],
  ['finish:length', true],
  ['error:3', false],
  ['cut:300', false],
  ['reset:300', false],
];

async function through(rig: RecipeRig, signal?: AbortSignal): Promise<RecipeRun> {
  const first = await rig.start(all, 'Fix add', signal);
  return first.status === 'paused' ? rig.goOn(goOnAt(first, 3), signal) : first;
}

/** What must hold of every run that has ended badly at a stage. */
function checkEnd(rig: RecipeRig, run: RecipeRun, stage: string, how: string): void {
  const at = INDEX[stage] ?? -1;
  const told = `${how} at ${stage}: ${JSON.stringify(run.stages.map(({ name, status, words }) => [name, status, words]))}`;
  assert.ok(run.status === 'failed' || run.status === 'stopped', told);
  assert.equal(run.stages[at]?.status, run.status, told);
  assert.ok(run.stages[at]?.words, `${told}: no words`);
  assert.ok(
    run.stages.every(({ status }, i) => (i < at ? status === 'done' : i === at || status === 'waiting')),
    told,
  );
  assert.deepEqual(
    [...new Set(rig.calls())],
    ASKING.slice(0, ASKING.indexOf(stage as (typeof ASKING)[number]) + 1),
    `${told}: nothing after it is sent`,
  );
  assert.equal(spentBy(run), rig.ledgerNano(), `${told}: the run's sum is the ledger's`);
  assert.ok(spentBy(run) >= rig.server.book.totals().costNano, `${told}: not below the truth`);
}

for (const [scenario, counted] of FAULTS)
  test(`M13 ${scenario} at each stage of a recipe: one end, nothing after it, and the sum is what was sold`, async (t) => {
    for (const stage of ASKING) {
      const rig = await makeRecipeRig(t, { scenarios: [scenario] });
      rig.failing.set(stage, scenario);
      const run = await through(rig);
      checkEnd(rig, run, stage, scenario);
      if (counted && !rig.costUnknown())
        assert.equal(spentBy(run), rig.server.book.totals().costNano, `${scenario} at ${stage}`);
      // What was stored is the run, whenever the window ends.
      for (let n = 0; n <= rig.changes.length; n++) {
        const stored = settleRun(replayed(newRun(all, 'Fix add'), rig.changes.slice(0, n)));
        assert.ok(stored.stages.every(({ status }) => status !== 'running') || stored.status === 'paused');
      }
    }
  });

test('M13 stopped at each stage of a recipe: one end, nothing after it, and the sum is on the ledger', async (t) => {
  const slow = 'between-tokens:30';
  for (const stage of ASKING) {
    const rig = await makeRecipeRig(t, { scenarios: [slow] });
    rig.failing.set(stage, slow);
    const controller = new AbortController();
    const running = through(rig, controller.signal);
    const at = ASKING.indexOf(stage);
    await rig.server.book.waitFor(({ calls }) => (calls[at]?.bytesWritten ?? 0) > 0);
    controller.abort();
    checkEnd(rig, await running, stage, 'a stop');
  }
});

test('M13 the money of the run is used up before each stage: what was done stays, and nothing more is sent', async (t) => {
  const whole = await makeRecipeRig(t);
  await through(whole);
  for (const stage of ASKING) {
    const rig = await makeRecipeRig(t);
    rig.files.set('src/add.js', AFTER);
    const cut = whole.changes.findIndex((change) => change.stage?.name === stage);
    const begun = replayed(newRun(all, 'Fix add'), whole.changes.slice(0, cut));
    const spent = spentBy(begun);
    const tight = { ...begun, status: 'running' as const, limits: { ...begun.limits, nanoUsd: spent + 1_000 } };
    const approved = stage === 'work' || stage === 'review' ? { ...goOnAt(tight, 3), since: begun.since } : tight;
    const run = await advance(stage === 'review' ? tight : approved, rig.ports, new AbortController().signal);
    assert.deepEqual([run.status, rig.calls(), spentBy(run)], ['stopped', [], spent], stage);
    assert.ok(run.stages[INDEX[stage] ?? 0]?.words, stage);
  }
});
