import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arrangeRules, moveRule, SHIPPED_RULES, switchRule } from '../../../src/core/routing/rules.ts';
import type { RuleEntry } from '../../../src/core/routing/routingTypes.ts';

/** Rules as the settings page moves and switches them. */

const OWN: RuleEntry = { name: 'mine', tier: 'frontier', when: { languages: ['go'] } };
const names = [...SHIPPED_RULES.map(({ name }) => name), OWN.name];
const step = fc.oneof(
  fc.record({ name: fc.constantFrom(...names), by: fc.constantFrom(-1 as const, 1 as const) }),
  fc.record({ name: fc.constantFrom(...names), enabled: fc.boolean() }),
);
const order = (entries: readonly RuleEntry[]): string[] => arrangeRules(entries).map(({ name }) => name);
const isOn = (entries: readonly RuleEntry[], wanted: string): boolean =>
  arrangeRules(entries).find(({ name }) => name === wanted)?.enabled !== false;

test('turning a rule on or off moves no rule, whatever was done before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let entries: readonly RuleEntry[] = [OWN];
      for (const each of steps) {
        const before = order(entries);
        if ('by' in each) {
          entries = moveRule(entries, each.name, each.by);
          continue;
        }
        const others = names.filter((name) => name !== each.name).map((name) => isOn(entries, name));
        entries = switchRule(entries, each.name, each.enabled);
        assert.deepEqual(order(entries), before);
        assert.equal(isOn(entries, each.name), each.enabled);
        assert.deepEqual(
          names.filter((name) => name !== each.name).map((name) => isOn(entries, name)),
          others,
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('a built-in rule that is turned off and on again leaves no entry, one of the user’s keeps all it says', () => {
  const off = switchRule([], 'simple', false);
  assert.deepEqual(off, [{ name: 'simple', enabled: false }]);
  assert.deepEqual(switchRule(off, 'simple', true), []);
  assert.deepEqual(switchRule([], 'simple', true), []);
  const changed: RuleEntry = { enabled: false, name: 'simple', tier: 'mid' };
  assert.deepEqual(switchRule([changed], 'simple', true), [{ name: 'simple', tier: 'mid' }]);
  assert.deepEqual(switchRule([OWN], 'mine', false), [{ ...OWN, enabled: false }]);
});

test('a rule that is turned off after a later one was changed is still tried before it', () => {
  const entries = switchRule([{ name: 'default', tier: 'frontier' }], 'simple', false);
  assert.ok(order(entries).indexOf('simple') < order(entries).indexOf('default'));
});
