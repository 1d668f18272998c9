import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeterFigures } from '../../../src/core/insights/figures.ts';
import type { TierState } from '../../../src/core/gateway/tierStatus.ts';
import { monthSteps, type MonthParts } from '../../../src/editor/insights/afterMonth.ts';
import { WalkthroughSteps, type WalkthroughFacts } from '../../../src/editor/settings/walkthrough.ts';
import { MANIFEST } from '../../support/manifest.ts';
import { startHost } from '../../support/vscode/host.ts';
import { Memory } from '../../support/window.ts';

/** The steps of the walkthrough are done when what they ask for has happened. */

const state = (tier: 'local' | 'mid', ready: boolean, next: TierState['next'] = 'none'): TierState => ({
  ...{ tier, model: null, ready, words: '', next },
});
const used = (...tasks: string[]): MeterFigures =>
  ({ month: { byTask: new Map(tasks.map((task) => [task, {}])) } }) as unknown as MeterFigures;
const NOTHING: WalkthroughFacts = { local: undefined, mid: undefined, figures: undefined, metered: false, demo: false };
const done = (contexts: ReadonlyMap<string, unknown>): string[] =>
  [...contexts].flatMap(([name, value]) => (value === true ? [name.replace('gearshift.', '')] : []));

test('each step is done by its own fact, and undone when that no longer holds', (t) => {
  const { contexts } = startHost(t);
  const steps = new WalkthroughSteps();
  const after = (facts: Partial<WalkthroughFacts>): string[] => {
    steps.show({ ...NOTHING, ...facts });
    return done(contexts);
  };
  assert.deepEqual(after({}), []);
  assert.deepEqual(after({ local: state('local', false, 'start-ollama') }), []);
  assert.deepEqual(after({ local: state('local', false, 'pull-model') }), ['ollamaReached']);
  assert.deepEqual(after({ local: state('local', true) }), ['ollamaReached', 'localReady']);
  assert.deepEqual(after({ mid: state('mid', true) }), ['midReady']);
  assert.deepEqual(after({ figures: used('chat') }), ['chatted']);
  assert.deepEqual(after({ figures: used('escalate', 'completion') }), ['escalated']);
  const failed = { month: { byTask: new Map([['chat', { calls: 1, outputTokens: 0 }]]) } } as unknown as MeterFigures;
  assert.deepEqual(after({ figures: failed }), [], 'a question without an answer is no step');
  assert.deepEqual(after({ metered: true }), ['metered']);
  assert.deepEqual(after({}), []);
  // Demo servers are no Ollama, no model and no key of the user's own.
  const ready = { local: state('local', true), mid: state('mid', true) };
  assert.deepEqual(after({ ...ready, figures: used('chat'), demo: true }), ['chatted']);
});

test('only what changed is sent to the workbench', (t) => {
  const host = startHost(t);
  const steps = new WalkthroughSteps();
  steps.show(NOTHING);
  const { length } = host.executed;
  steps.show({ ...NOTHING });
  assert.equal(host.executed.length, length);
  steps.show({ ...NOTHING, metered: true });
  assert.equal(host.executed.length, length + 1);
});

test('opening shows the walkthrough of the manifest, and its done steps become true after it was read', async (t) => {
  const { contexts, commands } = startHost(t);
  const steps = new WalkthroughSteps();
  steps.show({ ...NOTHING, metered: true });
  let atOpening: string[] = [];
  let id = '';
  commands.set('workbench.action.openWalkthrough', (walkthrough: string) => {
    id = walkthrough;
    atOpening = done(contexts);
  });
  await steps.open();
  assert.equal(atOpening.length, 0);
  assert.deepEqual(done(contexts), ['metered']);
  const walkthroughs = (MANIFEST.contributes as unknown as { walkthroughs: { id: string }[] }).walkthroughs;
  assert.ok(walkthroughs.some((each) => id.endsWith(`#${each.id}`)));
});

test('an editor without walkthroughs leaves the done steps done', async (t) => {
  const { contexts } = startHost(t);
  const steps = new WalkthroughSteps();
  steps.show({ ...NOTHING, metered: true });
  await assert.rejects(steps.open(), /not found/);
  assert.deepEqual(done(contexts), ['metered']);
});

test('the manifest waits for the contexts that the code sets, and for no others', async (t) => {
  const { contexts } = startHost(t);
  new WalkthroughSteps().show(NOTHING);
  const store = { extent: async () => ({}), questions: async () => [] };
  const settings = { routing: { entries: [] }, budgets: [] };
  const month = await monthSteps({ store, settings, memento: new Memory(), now: 0 } as unknown as MonthParts);
  const set = new Set([...contexts.keys(), ...Object.keys(month).map((name) => `gearshift.month.${name}`)]);
  const waited = [...JSON.stringify(MANIFEST.contributes).matchAll(/onContext:(gearshift\.[\w.]+)/g)].map(
    ([, name = '']) => name,
  );
  assert.ok(waited.length > Object.keys(month).length);
  for (const name of waited) assert.ok(set.has(name), name);
  for (const name of Object.keys(month)) assert.ok(waited.includes(`gearshift.month.${name}`), name);
});
