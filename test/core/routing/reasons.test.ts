import { CATEGORIES } from '../../../src/core/ledger/categories.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeReasons } from '../../../src/core/routing/describeReasons.ts';
import { explainRoute } from '../../../src/core/routing/route.ts';
import { arrangeRules } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import { TOPICS } from '../../../src/core/routing/topicNames.ts';
import type { Complexity, Conditions, RequestFacts, RuleEntry } from '../../../src/core/routing/routingTypes.ts';
import { TIERS } from '../../../src/core/common/types.ts';
import { readLabeled } from '../../bench/routing/data.ts';
import { CLAIMS, claimsTable, SIGNAL_NAMES, signalClaim, type State } from '../../support/routingClaims.ts';

/** Whether what the router says is true of the state that it is said of. */

const tier = fc.constantFrom(...TIERS);
const tiers = fc.uniqueArray(tier, { maxLength: 3 });
const someTiers = fc.uniqueArray(tier, { minLength: 1, maxLength: 2 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const TEXTS = readLabeled().map(({ text }) => text);
/** Questions with a topic that a shipped rule looks for. */
const ASKED = ['is this thread-safe?', 'do a security audit of this login', 'convert this legacy code', 'review this'];
const seldom = fc.nat(5).map((drawn) => drawn === 0);
const window = maybe(fc.constantFrom(2_048, 8_192, 32_768, 128_000));
const language = fc.constantFrom('rust', 'sql', 'typescript', 'haskell', 'python');
const action = fc.constantFrom('/fix', 'commit-message', 'escalate', 'rename', '/review');
const why = maybe(fc.constantFrom('no-model', 'no-chat-model', 'no-key', 'failed'));

const shortage = maybe(
  fc.record({ left: fc.constantFrom(0, 0.1e9, 0.3e9), needed: fc.constantFrom(null, 0.35e9, 1e9) }),
);

const requestFacts: fc.Arbitrary<RequestFacts> = fc
  .record({
    text: fc.oneof(fc.constantFrom(...TEXTS), fc.constantFrom(...ASKED), fc.string({ maxLength: 60 })),
    contextTokens: maybe(fc.oneof(fc.constantFrom(0, 400, 8_000, 8_001), fc.nat(60_000))),
    more: fc.nat(4_000),
    files: fc.nat(14),
    language: maybe(language),
    task: fc.constantFrom('chat', 'escalate', 'edit', 'review'),
    action: maybe(action),
    threadTurns: fc.nat(3),
    thread: maybe(fc.record({ tier, newTopic: fc.boolean() })),
    offline: seldom,
    private: seldom,
    overBudget: tiers,
    shortages: fc.record({ local: shortage, mid: shortage, frontier: shortage }),
    unhealthy: tiers,
    why: fc.record({ local: why, mid: why, frontier: why }),
    windowTokens: fc.record({ local: window, mid: window, frontier: window }),
  })
  .map(({ more, why: whys, ...facts }) => ({
    ...facts,
    tokens: (facts.contextTokens ?? 0) + more,
    unready: Object.fromEntries(facts.unhealthy.map((each) => [each, whys[each]])),
  }));

const conditions: fc.Arbitrary<Conditions> = fc.record(
  {
    actions: fc.array(action, { minLength: 1, maxLength: 2 }),
    notActions: fc.array(action, { minLength: 1, maxLength: 2 }),
    languages: fc.array(language, { minLength: 1, maxLength: 2 }),
    topics: fc.uniqueArray(fc.constantFrom(...TOPICS), { minLength: 1, maxLength: 2 }),
    categories: fc.uniqueArray(fc.constantFrom(...CATEGORIES), { minLength: 1, maxLength: 3 }),
    score: fc.constantFrom({ min: 2 }, { max: 3 }, { min: 'threshold' as const }),
    tokens: fc.constantFrom({ min: 500 }, { max: 9_000 }),
    files: fc.constantFrom({ min: 2 }, { max: 5 }),
    threadTurns: fc.constantFrom({ min: 1 }, { max: 1 }),
    sameThread: someTiers,
    offline: fc.boolean(),
    private: fc.boolean(),
    healthy: someTiers,
    unhealthy: someTiers,
    overBudget: someTiers,
    fits: fc.boolean(),
    chosen: someTiers,
  },
  { requiredKeys: [] },
);
const entries: fc.Arbitrary<RuleEntry[]> = fc.array(
  fc
    .record({
      when: fc.oneof({ weight: 4, arbitrary: conditions }, fc.constant({})),
      tier,
      enabled: fc.boolean(),
      because: maybe(fc.constant('we know this code')),
    })
    .map((rule) => ({ ...rule, name: 'x' })),
  { maxLength: 3 },
);
const judge: fc.Arbitrary<Complexity['judge']> = maybe(
  fc.record({ model: fc.constant('ollama/m'), nanoUsd: fc.option(fc.nat(5_000)) }),
);

function stateOf(facts: RequestFacts, own: readonly RuleEntry[], judged: Complexity['judge']) {
  const rules = arrangeRules(own.map((entry, i) => ({ ...entry, name: `own-${i}` })));
  const complexity = { ...scoreComplexity(facts), ...(judged ? { judge: judged } : {}) };
  const { route, trials } = explainRoute(facts, { rules, threshold: 3.5, complexity });
  return { route, state: { facts, complexity, rules, trials } satisfies State };
}

test('every fact that is given as a reason is true of the state, and every signal of the request', () => {
  const told = new Set<string>();
  fc.assert(
    fc.property(requestFacts, entries, judge, (facts, own, judged) => {
      const { route, state } = stateOf(facts, own, judged);
      for (const { facts: found, signals = [] } of route.reasons) {
        for (const { kind, values } of found) {
          told.add(kind);
          assert.ok(CLAIMS[kind].holds(values, state), `${kind} ${values.join(', ')}`);
        }
        for (const signal of signals) {
          told.add(signal);
          const name = SIGNAL_NAMES.find((each) => each === signal);
          assert.ok(name && signalClaim(name).holds([], state), `${signal}: ${facts.text}`);
        }
      }
      assert.ok(route.reason, 'there is always a reason');
      assert.ok(!route.reason.includes('; '), `one reason, not a list: ${route.reason}`);
    }),
    { numRuns: 3_000 },
  );
  for (const kind of [
    'private',
    'because',
    'over-budget',
    'same-thread',
    'new-topic',
    'budget-short',
    'no-price',
    'no-chat-model',
    'no-key',
    'moved',
    'topic',
    'judged',
    'tokens',
    'brief',
  ])
    assert.ok(told.has(kind), `no state led to "${kind}", so it was not compared`);
});

test('the reason that is shown speaks of the tier that was chosen, where it names where a question went', () => {
  fc.assert(
    fc.property(requestFacts, entries, judge, (facts, own, judged) => {
      const { route } = stateOf(facts, own, judged);
      const named = /, so (local|mid|frontier)$/.exec(describeReasons(route.reasons))?.[1];
      if (named) assert.equal(named, route.tier);
    }),
    { numRuns: 2_000 },
  );
});

test('much context is never a reason at 8,000 tokens or less', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TEXTS),
      fc.integer({ min: 0, max: 8_000 }),
      fc.nat(14),
      (text, contextTokens, files) => {
        const { signals } = scoreComplexity({ text, contextTokens, files });
        assert.ok(signals.every(({ name }) => name !== 'context'));
      },
    ),
  );
});

test('the table of sentences equals the code', () => {
  const file = new URL('../../../docs/routing-reasons.md', import.meta.url);
  assert.equal(fs.readFileSync(file, 'utf8'), claimsTable(), 'write it by: npm run reasons');
});
