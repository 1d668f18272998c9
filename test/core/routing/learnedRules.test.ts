import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isAlike,
  learnedRule,
  NO_HISTORY,
  readHistory,
  SIZE_BANDS,
  sizeBand,
  suggestsRule,
  withChoice,
  withOverride,
  type Alike,
  type ChoiceHistory,
} from '../../../src/core/routing/learnedRules.ts';
import { checkRule } from '../../../src/core/routing/conditions.ts';
import { describeConditions } from '../../../src/core/routing/describeRule.ts';
import { parseRules, rulesOn, SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import type { Rule } from '../../../src/core/routing/routingTypes.ts';
import { TIERS, type Tier } from '../../../src/core/common/types.ts';
import { FACTS } from '../../support/facts.ts';

/** Rules that the user's own overrides suggest: few, narrow, and ended by themselves. */

const DAY = 86_400_000;
const of = (over: Partial<Alike> = {}): Alike => ({ score: 3, language: 'go', tokens: 500, ...over });
const after = (times: number, alike: Alike, to: Tier, history: ChoiceHistory = NO_HISTORY, at = 0): ChoiceHistory => {
  let next = history;
  for (let i = 0; i < times; i++) {
    next = withChoice(next, { at, of: alike, chosen: 'mid', to: 'mid', rule: 'default' }, false);
    if (to !== 'mid') next = withOverride(next, { at, of: alike, chosen: 'mid', to, rule: 'default' });
  }
  return next;
};

test('three equal overrides suggest a rule; two, another tier, and old ones do not', () => {
  assert.equal(suggestsRule(after(2, of(), 'frontier'), of(), 'frontier', 0), false);
  const three = after(3, of(), 'frontier');
  assert.equal(suggestsRule(three, of(), 'frontier', 0), true);
  assert.equal(suggestsRule(three, of(), 'local', 0), false);
  assert.equal(suggestsRule(three, of(), 'frontier', 91 * DAY), false);
  assert.equal(three.choices.length, 3, 'an override takes the place of the choice that it overrides');
});

test('overrides count together only for the same action and size band, or without an action for the same language and complexity', () => {
  const three = after(3, of(), 'frontier');
  for (const other of [
    { action: '/fix' },
    { tokens: 5_000 },
    { language: 'rust' },
    { score: 3.5 },
    { tokens: undefined },
  ])
    assert.equal(suggestsRule(three, of(other), 'frontier', 0), false, JSON.stringify(other));
  assert.equal(suggestsRule(three, of({ score: 3.2, tokens: 1_900 }), 'frontier', 0), true);
  const fixes = after(3, of({ action: '/fix' }), 'frontier');
  assert.equal(suggestsRule(fixes, of({ action: '/fix', language: 'rust', score: 1.2 }), 'frontier', 0), true);
});

test('where the user mostly leaves such questions, no rule is suggested', () => {
  assert.equal(suggestsRule(after(3, of(), 'frontier', after(1, of(), 'mid')), of(), 'frontier', 0), true, '3 of 4');
  assert.equal(suggestsRule(after(3, of(), 'frontier', after(2, of(), 'mid')), of(), 'frontier', 0), false, '3 of 5');
});

test('questions that Auto sends to the tier by itself do not count for a rule', () => {
  let history = after(3, of(), 'frontier', after(3, of(), 'mid'));
  for (let i = 0; i < 20; i++)
    history = withChoice(history, { at: 0, of: of(), chosen: 'frontier', to: 'frontier', rule: 'complex' }, false);
  assert.equal(suggestsRule(history, of(), 'frontier', 0), false, 'of the 6 that Auto sent to mid, 3 were left there');
});

test('a learned rule matches what it was learned of and nothing of another size, is valid in the settings, and ends', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 5, noNaN: true }),
      fc.nat(100_000),
      fc.option(fc.constantFrom('/fix', 'review'), { nil: undefined }),
      fc.constantFrom(undefined, 'go', 'rust'),
      fc.constantFrom(...TIERS),
      (score, tokens, action, language, to) => {
        const entry = learnedRule({ score, tokens, action, language }, to, [], 0);
        assert.deepEqual(parseRules([entry]).problems, []);
        const rule = { when: {}, tier: to, ...entry } as Rule;
        const holds = (size: number): boolean =>
          checkRule(rule, {
            facts: { ...FACTS, tokens: size, action, language },
            complexity: { score, level: 3, signals: [] },
            threshold: 3.5,
            chosen: undefined,
          }).holds;
        assert.equal(holds(tokens), true);
        for (const from of SIZE_BANDS) if (sizeBand(tokens).min !== from) assert.equal(holds(from), false);
        assert.deepEqual(rulesOn('1970-03-02', [rule]), [rule]);
        assert.deepEqual(rulesOn('1970-03-03', [rule]), []);
      },
    ),
  );
});

test('a learned rule is counted each time that it chooses, and each time that the user asks another tier then', () => {
  let history = NO_HISTORY;
  const choice = { at: 0, of: of(), chosen: 'frontier', to: 'frontier', rule: 'my-go' } as const;
  for (let i = 0; i < 4; i++) history = withChoice(history, choice, true);
  history = withOverride(history, { ...choice, to: 'mid' });
  assert.deepEqual(history.uses, { 'my-go': { chosen: 4, overridden: 1 } });
  assert.deepEqual(withOverride(history, { ...choice, rule: 'default', to: 'mid' }).uses, history.uses);
});

test('a history is kept within bounds, and what was stored in another form is left out', () => {
  assert.equal(after(700, of(), 'mid').choices.length, 500);
  const kept = after(2, of(), 'local');
  assert.deepEqual(readHistory(JSON.parse(JSON.stringify(kept))), kept);
  fc.assert(fc.property(fc.jsonValue(), (stored) => void readHistory(stored)));
  assert.deepEqual(readHistory({ choices: [{ at: 1 }, null, 'x'], uses: { a: { chosen: 'x' } } }), NO_HISTORY);
});

test('likeness is symmetric, and every size has one band', () => {
  const alike = fc.record({ score: fc.double({ min: 1, max: 5, noNaN: true }), tokens: fc.nat(50_000) });
  fc.assert(fc.property(alike, alike, (a, b) => assert.equal(isAlike(a, b), isAlike(b, a))));
  fc.assert(
    fc.property(fc.nat(200_000), (tokens) => {
      const { min, max } = sizeBand(tokens);
      assert.ok(min <= tokens && tokens <= max);
    }),
  );
});

test('every built-in rule reads as a sentence', () => {
  for (const { name, when } of SHIPPED_RULES) {
    const words = describeConditions(when);
    assert.ok(words && !/undefined|\{\d\}/.test(words), `${name}: ${words}`);
  }
});
