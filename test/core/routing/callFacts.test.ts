import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callFacts } from '../../../src/core/routing/callFacts.ts';
import { route } from '../../../src/core/routing/route.ts';
import { rulesOn, arrangeRules } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import type { RequestFacts } from '../../../src/core/routing/routingTypes.ts';

const FACTS: RequestFacts = {
  text: 'Rename this variable to something better',
  tokens: 60,
  contextTokens: 40,
  files: 1,
  task: 'chat',
  threadTurns: 0,
  offline: false,
  private: false,
  overBudget: [],
  unhealthy: [],
  windowTokens: {},
};

const decide = (facts: RequestFacts) =>
  route(facts, { rules: rulesOn('2026-11-30', arrangeRules([])), threshold: 3.5, complexity: scoreComplexity(facts) });

test('a call that the rules chose is known by the kind of its reason, and by that of a later move', () => {
  const plain = decide(FACTS);
  assert.deepEqual(callFacts(FACTS, { reasons: plain.reasons, score: plain.score }).bumpKind, undefined);
  const facts = { ...FACTS, unhealthy: [plain.tier] };
  const moved = decide(facts);
  const found = callFacts(facts, { reasons: moved.reasons, score: moved.score });
  assert.notEqual(moved.tier, plain.tier);
  assert.deepEqual(
    [found.category, found.score, found.bumpKind],
    ['naming', moved.score, moved.reasons.at(-1)?.facts[0]?.kind],
  );
  assert.ok(found.bumpKind);
});

test('a tier that the user chose, or chose instead, says so', () => {
  assert.equal(callFacts(FACTS, undefined).reasonKind, 'user');
  const { reasons } = decide(FACTS);
  const bumped = callFacts(FACTS, { reasons, overridden: true });
  assert.deepEqual([bumped.reasonKind, bumped.bumpKind], ['user', 'user']);
});
