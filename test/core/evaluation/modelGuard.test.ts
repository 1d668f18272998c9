import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Tier } from '../../../src/core/common/types.ts';
import {
  changedWatches,
  describeChange,
  goBackTo,
  keepNew,
  observe,
  observePrompt,
  describePromptChanges,
  sidesOf,
  withFirst,
  type GuardState,
  type Seen,
  type SeenPrompt,
} from '../../../src/core/evaluation/modelGuard.ts';

/** A model that changes behind its name is told, with the name of before, until the user has decided. */

const seen = (returned: string | null, digest: string | null = null, asked = 'cloud/v4'): Seen => ({
  ...{ asked, returned, digest },
});
const after = (...all: readonly Seen[]): GuardState =>
  all.reduce<GuardState>((state, each, i) => observe(state, 'mid', each, i), {});
const day = (ms: number): string => `day ${ms}`;

test('another name from the server is reported at once, with the earlier name and the date', () => {
  const state = after(seen('v4-0711'), seen('v4-0711'), seen('v4-0926'), seen('v4-0926'));
  assert.equal(describeChange(state, 'mid', day), 'mid has answered as v4-0926 since day 2 (before: v4-0711)');
  assert.deepEqual(changedWatches(state), ['mid']);
  assert.equal(goBackTo(state, 'mid'), 'cloud/v4-0711');
  assert.equal(describeChange(keepNew(state, 'mid'), 'mid', day), '');
  assert.equal(describeChange(state, 'frontier', day), '');
});

test('a new digest under the same name is reported with the digests; there is no name to go back to', () => {
  const state = after(seen('qwen', 'sha256:0123456789abcdef'), seen('qwen', 'sha256:fedcba9876543210'));
  assert.equal(
    describeChange(state, 'mid', day),
    'mid has answered as qwen (fedcba987654) since day 1 (before: qwen (0123456789ab))',
  );
  assert.equal(goBackTo(state, 'mid'), undefined);
});

test('an alias that answered under its own name before has no name of its own to go back to', () => {
  assert.equal(goBackTo(after(seen('v4'), seen('v4-0926')), 'mid'), undefined);
});

test('the first of a chain that the user changed is reported, and can be restored', () => {
  const state = after(seen(null), seen(null, null, 'other/v5'));
  assert.equal(describeChange(state, 'mid', day), 'mid has been set to v5 since day 1, untested (before: v4)');
  assert.deepEqual(sidesOf(state, 'mid'), { a: 'cloud/v4', b: 'other/v5' });
  assert.equal(goBackTo(state, 'mid'), 'cloud/v4');
});

test('after two changes the model before the first is kept; going back ends the report', () => {
  const twice = after(seen('a'), seen('b'), seen('c'));
  assert.equal(describeChange(twice, 'mid', day), 'mid has answered as c since day 2 (before: a)');
  assert.deepEqual(changedWatches(after(seen('a'), seen('b'), seen('a'))), []);
});

test('what a server does not say does not count as a change', () => {
  assert.deepEqual(changedWatches(after(seen('a', 'x'), seen(null, null), seen('a', 'x'), seen('a', null))), []);
  assert.deepEqual(changedWatches(after(seen(null), seen('a'), seen('a', 'x'))), []);
});

test('an equal answer changes nothing, whatever came before', () => {
  const any: fc.Arbitrary<Seen> = fc.record({
    asked: fc.constantFrom('cloud/v4', 'other/v5'),
    returned: fc.constantFrom(null, 'a', 'b'),
    digest: fc.constantFrom(null, 'x', 'y'),
  });
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), (all) => {
      const state = after(...all);
      const last = all.at(-1);
      assert.ok(last);
      assert.equal(observe(state, 'mid', last, 99), state);
      const words = describeChange(state, 'mid', day);
      assert.equal(words === '', changedWatches(state).length === 0);
      const [, now, old] = /(?:has answered as|has been set to) (.*) since .*\(before: (.*)\)$/.exec(words) ?? [];
      if (words) assert.notEqual(now, old, JSON.stringify(state));
    }),
  );
});

test('a model that the user puts first is untested at once, before it answers; the earlier one put back is not', () => {
  const state = after(seen('v4-0711'));
  const switched = withFirst(state, 'mid', 'other/v5', 9);
  assert.equal(describeChange(switched, 'mid', day), 'mid has been set to v5 since day 9, untested (before: v4-0711)');
  assert.equal(describeChange(withFirst(state, 'mid', 'cloud/v4', 9), 'mid', day), '');
  assert.equal(withFirst({}, 'mid', 'other/v5', 9).mid, undefined, 'of a tier that never answered nothing is said');
  assert.equal(withFirst(state, 'mid', undefined, 9), state);
});

test('a former model that no longer has a name is compared by its stored answers', () => {
  assert.deepEqual(sidesOf(after(seen('qwen', 'x'), seen('qwen', 'y')), 'mid'), { a: 'stored', b: 'cloud/v4' });
  assert.deepEqual(sidesOf(after(seen('a'), seen('b')), 'mid'), { a: 'cloud/a', b: 'cloud/v4' });
  assert.equal(sidesOf(after(seen('a')), 'mid'), undefined);
});

const used = (version: string, over: Partial<SeenPrompt> = {}): SeenPrompt => ({
  ...{ name: 'review', version, workspace: 'file:///a', tier: 'mid', asked: 'cloud/v4', ...over },
});
const afterPrompts = (...all: readonly SeenPrompt[]): GuardState =>
  all.reduce<GuardState>((state, each, i) => observePrompt(state, each, i), after(seen('v4-0711')));
const prompts = (state: GuardState, tier: Tier = 'mid', workspace = 'file:///a'): readonly string[] =>
  describePromptChanges(state, tier, { workspace, day });

test('a prompt whose text changed under the same version is told by its hash, in the tier that it was used in', () => {
  const state = afterPrompts(used('1 #aaaa1111'), used('1 #aaaa1111'), used('1 #bbbb2222'));
  assert.deepEqual(prompts(state), [
    'mid has asked with another /review of the same version 1 since day 2 (#bbbb2222, before: #aaaa1111)',
  ]);
  assert.deepEqual(prompts(state, 'frontier'), []);
  assert.deepEqual(prompts(state, 'mid', 'file:///b'), [], 'another workspace may have another prompt of this name');
  assert.equal(describeChange(state, 'mid', day), '', 'the model is the same');
  assert.deepEqual(sidesOf(state, 'mid', 'file:///a'), { a: 'cloud/v4', b: { model: 'cloud/v4', prompts: 'now' } });
  assert.equal(goBackTo(state, 'mid'), undefined);
  const kept = keepNew(state, 'mid', 'file:///a');
  assert.deepEqual(prompts(kept), []);
  assert.equal(observePrompt(kept, used('1 #bbbb2222'), 9), kept);
  assert.deepEqual(prompts(observePrompt(kept, used('1 #cccc3333'), 9)).length, 1, 'the next change is told again');
});

test('a new version of a prompt is told by its version; as it was before, there is nothing to tell', () => {
  const state = afterPrompts(used('1 #aaaa1111'), used('2 #bbbb2222'));
  assert.deepEqual(prompts(state), ['mid has asked with /review 2 since day 1 (before: 1)']);
  assert.deepEqual(prompts(observePrompt(state, used('1 #aaaa1111'), 5)), []);
  assert.deepEqual(prompts(observePrompt(state, used('3 #cccc3333'), 5)), [
    'mid has asked with /review 3 since day 5 (before: 1)',
  ]);
});

test('a model and a prompt that changed are compared at once: before as it was, now with the current prompts', () => {
  const state = observePrompt(
    observePrompt(after(seen('v4-0711'), seen('v4-0926')), used('1 #aaaa1111'), 1),
    used('1 #bbbb2222'),
    2,
  );
  assert.deepEqual(sidesOf(state, 'mid', 'file:///a'), {
    a: 'cloud/v4-0711',
    b: { model: 'cloud/v4', prompts: 'now' },
  });
});

test('the local model that answers questions is watched apart from the one that completes', () => {
  const state = observe(
    observe(observe({}, 'localAnswers', seen('q', 'x'), 1), 'local', seen('c', 'x'), 1),
    'localAnswers',
    seen('q', 'y'),
    2,
  );
  assert.equal(describeChange(state, 'localAnswers', day), 'local has answered as q (y) since day 2 (before: q (x))');
  assert.equal(describeChange(state, 'local', day), '');
  assert.deepEqual(sidesOf(state, 'local'), { a: 'stored', b: 'cloud/v4' });
  assert.deepEqual(changedWatches(keepNew(state, 'local')), []);
});

test('no more than 200 prompts are remembered', () => {
  let state: GuardState = {};
  for (let n = 0; n < 300; n++) state = observePrompt(state, used('1 #a', { name: `p${n}` }), n);
  assert.equal(Object.keys(state.prompts ?? {}).length, 200);
  assert.ok(state.prompts?.['file:///a p299']);
});
