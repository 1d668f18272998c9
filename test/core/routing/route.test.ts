import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrangeRules, parseRules, SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { explainRoute, route } from '../../../src/core/routing/route.ts';
import type { Complexity, RequestFacts, Rule, RuleEntry } from '../../../src/core/routing/routingTypes.ts';

const FACTS: RequestFacts = {
  text: 'add a button',
  tokens: 1_000,
  files: 1,
  language: 'typescript',
  task: 'chat',
  threadTurns: 0,
  offline: false,
  private: false,
  overBudget: [],
  unhealthy: [],
  windowTokens: { local: 8_192, mid: 128_000, frontier: 400_000 },
};
const complexity = (score: number): Complexity => ({ score, level: 3, signals: [] });
const decide = (facts: Partial<RequestFacts>, score = 3, entries: readonly RuleEntry[] = [], threshold = 3.5) =>
  explainRoute({ ...FACTS, ...facts }, { rules: arrangeRules(entries), threshold, complexity: complexity(score) });
const names = (entries: readonly RuleEntry[]): string[] => arrangeRules(entries).map(({ name }) => name);

const CASES: readonly [what: string, facts: Partial<RequestFacts>, score: number, rule: string, tier: string][] = [
  ['ordinary work', {}, 3, 'default', 'mid'],
  ['a simple request', {}, 2, 'simple', 'local'],
  ['a short question within a thread', { threadTurns: 1 }, 1.2, 'follow-up', 'mid'],
  ['a hard request', {}, 4, 'complex', 'frontier'],
  ['a commit message, however hard', { action: 'commit-message' }, 5, 'small-action', 'local'],
  ['a title', { action: '/Title' }, 3, 'small-action', 'local'],
  ['an escalation, however simple', { action: 'escalate' }, 1, 'escalated', 'frontier'],
  ['a language that few models know', { language: 'haskell' }, 3.4, 'niche-language', 'frontier'],
  ['ordinary work in such a language', { language: 'haskell' }, 3.05, 'small-niche-language', 'mid'],
  ['a smaller request in such a language', { language: 'Haskell' }, 2.2, 'small-niche-language', 'mid'],
  ['a simple request in such a language', { language: 'Haskell' }, 1.5, 'simple', 'local'],
  ['much context', { tokens: 40_000 }, 3.4, 'long-context', 'frontier'],
  // 40,000 tokens are for no small model, however simple the question.
  ['much context for a simple question', { tokens: 40_000, windowTokens: {} }, 2, 'much-context', 'mid'],
  ['the most context of a small model', { tokens: 8_000, windowTokens: {} }, 2, 'simple', 'local'],
  ['a commit message about much code', { action: 'commit-message', tokens: 8_001 }, 5, 'large-small-action', 'mid'],
  ['old code to be converted', { text: 'convert this legacy code to modern patterns' }, 2.6, 'hard-topic', 'frontier'],
  ['a security audit', { text: 'a security audit of this' }, 2.6, 'hard-topic', 'frontier'],
  ['a test strategy', { text: 'a test strategy for this module' }, 2.6, 'hard-topic', 'frontier'],
  ['a review of much code', { text: 'review this', tokens: 5_000 }, 3, 'large-review', 'frontier'],
  [
    'a review of much code, in other words',
    { text: 'Überprüfe bitte diesen Code', tokens: 5_000 },
    2.8,
    'large-review',
    'frontier',
  ],
  [
    'work that mentions a review at its end',
    { text: 'add the missing tests for the parser, and when they pass we review the README', tokens: 5_000 },
    3,
    'default',
    'mid',
  ],
  ['a review of little code', { text: 'review this' }, 3, 'default', 'mid'],
  ['a judgment', { text: 'is this thread-safe?', contextTokens: 400 }, 1.2, 'judgment', 'mid'],
  ['a slow query', { text: 'optimize this query', language: 'sql' }, 2, 'sql-performance', 'mid'],
  ['many files to restructure', { text: 'refactor the logging', files: 12 }, 3.1, 'large-refactoring', 'frontier'],
  ['no network', { offline: true }, 5, 'offline', 'local'],
  ['private mode', { private: true }, 5, 'private', 'local'],
  ['private mode wins over an escalation', { private: true, action: 'escalate' }, 5, 'private', 'local'],
  ['the best tier over budget', { overBudget: ['frontier'] }, 4, 'frontier-over-budget', 'mid'],
  ['both paid tiers over budget', { overBudget: ['frontier', 'mid'] }, 4, 'mid-over-budget', 'local'],
  ['an escalation over budget', { overBudget: ['frontier'], action: 'escalate' }, 4, 'escalated', 'frontier'],
  ['the best tier down', { unhealthy: ['frontier'] }, 4, 'frontier-unhealthy', 'mid'],
  ['mid down', { unhealthy: ['mid'] }, 3, 'mid-unhealthy', 'local'],
  ['local down', { unhealthy: ['local'] }, 2, 'local-unhealthy', 'mid'],
  ['local down in private mode', { unhealthy: ['local'], private: true }, 2, 'private', 'local'],
  ['all down', { unhealthy: ['local', 'mid', 'frontier'] }, 4, 'complex', 'frontier'],
];

/** Requests that the shipped rules of topics and languages send to the best model. */
const FOR_THE_BEST: readonly Partial<RequestFacts>[] = [
  { language: 'haskell' },
  { text: 'convert this legacy code to modern patterns' },
  { text: 'review this', tokens: 5_000 },
  { text: 'refactor the logging', files: 12 },
];

test('a model that rated the request decides, not the shipped rules of topics and languages', () => {
  const judge = { model: 'ollama/qwen3:4b', nanoUsd: 0 };
  const choose = (facts: Partial<RequestFacts>, rated: Complexity, rules = SHIPPED_RULES): string =>
    route({ ...FACTS, ...facts }, { rules, threshold: 3.5, complexity: rated }).tier;
  for (const facts of FOR_THE_BEST) {
    assert.equal(choose(facts, complexity(3.2)), 'frontier');
    assert.equal(choose(facts, { ...complexity(3), judge }), 'mid');
    assert.equal(choose(facts, { ...complexity(4), judge }), 'frontier');
  }
  const own: RuleEntry[] = [{ name: 'haskell', when: { languages: ['haskell'] }, tier: 'frontier' }];
  assert.equal(choose({ language: 'haskell' }, { ...complexity(3), judge }, arrangeRules(own)), 'frontier');
});

test('a judgment of code is never local, also when a model rates it as easy', () => {
  const judge = { model: 'ollama/qwen3:4b', nanoUsd: 0 };
  const facts = { ...FACTS, text: 'is this thread-safe?', contextTokens: 400 };
  assert.equal(
    route(facts, { rules: SHIPPED_RULES, threshold: 3.5, complexity: { ...complexity(1), judge } }).tier,
    'mid',
  );
});
for (const [what, facts, score, rule, tier] of CASES)
  test(`${what} goes to ${tier} by the rule "${rule}"`, () => {
    const { route: found } = decide(facts, score);
    assert.deepEqual([found.rule, found.tier], [rule, tier], found.reason);
    assert.ok(found.reason.length > 8);
  });

test('the threshold decides from which score on the best tier is asked', () => {
  assert.equal(decide({}, 4, [], 4.5).route.tier, 'mid');
  assert.equal(decide({}, 4.5, [], 4.5).route.tier, 'frontier');
  assert.equal(decide({}, 2.6, [], 2.5).route.tier, 'frontier');
});

const SMALL_WINDOW = { windowTokens: { local: 4_096, mid: 128_000, frontier: 400_000 } };

test('a request that does not fit moves to the nearest larger tier that may take it, and says so', () => {
  const { route: moved } = decide({ tokens: 6_000, ...SMALL_WINDOW }, 2);
  assert.equal(moved.tier, 'mid');
  assert.equal(moved.doesNotFit?.movedTo, 'mid');
  assert.equal(moved.doesNotFit?.tier, 'local');
  assert.match(moved.reason, /6000 tokens won't fit/);
  assert.equal(decide({ tokens: 200_000 }, 2).route.tier, 'frontier');
  assert.equal(decide({ tokens: 6_000, unhealthy: ['mid'], ...SMALL_WINDOW }, 2).route.tier, 'frontier');
});

test('a request that fits nowhere is not moved and not passed over in silence', () => {
  for (const [facts, tier, room] of [
    [{ tokens: 1_000_000 }, 'mid', 128_000 - 2_048],
    [{ tokens: 20_000, private: true }, 'local', 8_192 - 2_048],
    [{ tokens: 20_000, offline: true }, 'local', 8_192 - 2_048],
    [{ tokens: 20_000, overBudget: ['mid', 'frontier'] as const }, 'local', 8_192 - 2_048],
  ] as const) {
    const { route: found } = decide(facts, 2);
    assert.equal(found.tier, tier);
    assert.equal(found.doesNotFit?.movedTo, undefined);
    assert.equal(found.doesNotFit?.room, room);
    assert.match(found.reason, /left out/);
  }
});

test('32,000 tokens go to a tier whose window is known, where there is one', () => {
  const windowTokens = { frontier: 400_000 };
  const { route: moved } = decide({ tokens: 32_000, windowTokens }, 3);
  assert.equal(moved.tier, 'frontier');
  assert.match(moved.reason, /mid's context window is unknown, so frontier/);
  assert.equal(decide({ tokens: 31_999, windowTokens }, 3).route.tier, 'mid');
  assert.equal(decide({ tokens: 32_000, windowTokens, private: true }, 3).route.tier, 'local', 'nothing leaves');
  assert.equal(decide({ tokens: 500_000, windowTokens }, 3).route.tier, 'mid', 'none is known to have the window');
});

test('an unknown window is taken to be large enough where no other is known', () => {
  assert.equal(decide({ tokens: 1_000_000, windowTokens: {} }, 2).route.doesNotFit, undefined);
});

test("the user's rules come first, in their order; the first that matches chooses", () => {
  const sql: RuleEntry = { name: 'sql', when: { languages: ['sql'] }, tier: 'local', model: 'ollama/sqlcoder:7b' };
  const many: RuleEntry = { name: 'many', when: { files: { min: 5 } }, tier: 'frontier' };
  const both = { language: 'sql', files: 9 };
  const first = decide(both, 3, [sql, many]).route;
  assert.deepEqual([first.rule, first.model], ['sql', { provider: 'ollama', model: 'sqlcoder:7b' }]);
  assert.equal(decide(both, 3, [many, sql]).route.rule, 'many');
  assert.equal(decide(both, 3, [{ ...many, enabled: false }, sql]).route.rule, 'sql');
});

test('no rule of the user sends anything out of private mode', () => {
  const all: RuleEntry = { name: 'all', when: {}, tier: 'frontier' };
  const { route: found } = decide({ private: true }, 5, [all, { name: 'private', enabled: false }]);
  assert.equal(found.tier, 'local');
  assert.match(found.reason, /private mode is on/);
});

test('a built-in rule can be turned off, changed in its place, and moved', () => {
  assert.equal(decide({}, 4, [{ name: 'complex', enabled: false }]).route.rule, 'default');
  const shipped = SHIPPED_RULES.map(({ name }) => name);
  assert.deepEqual(names([]), shipped);
  assert.deepEqual(names([{ name: 'default', tier: 'local' }]), shipped);
  assert.equal(decide({}, 3, [{ name: 'default', tier: 'local' }]).route.tier, 'local');
  assert.deepEqual(names([{ name: 'mine', tier: 'mid' }]), ['mine', ...shipped]);
  const swapped = names([{ name: 'simple' }, { name: 'complex' }]);
  assert.ok(swapped.indexOf('simple') < swapped.indexOf('complex'));
  assert.ok(swapped.indexOf('offline') < swapped.indexOf('simple'));
  assert.deepEqual([...swapped].sort(), [...shipped].sort());
  const between = names([{ name: 'complex' }, { name: 'mine', tier: 'mid' }, { name: 'simple' }]);
  assert.ok(between.indexOf('complex') < between.indexOf('mine'));
  assert.ok(between.indexOf('mine') < between.indexOf('simple'));
  assert.ok(between.indexOf('offline') < between.indexOf('complex'));
  const reversed = [...shipped].reverse();
  assert.deepEqual(names(reversed.map((name) => ({ name }))), reversed);
});

test('the dry run tells of every rule whether it matched and why', () => {
  const { route: found, trials } = decide({ overBudget: ['frontier'] }, 4, [
    { name: 'go', when: { languages: ['go'] }, tier: 'local' },
    { name: 'offline', enabled: false },
  ]);
  assert.equal(trials.length, SHIPPED_RULES.length + 1);
  const by = Object.fromEntries(trials.map((trial) => [trial.rule, trial]));
  assert.deepEqual([by['go']?.result, by['go']?.why], ['failed', 'the language is typescript']);
  assert.deepEqual([by['offline']?.result, by['offline']?.why], ['skipped', 'it is turned off']);
  assert.deepEqual([by['complex']?.result, by['complex']?.why], ['matched', 'its complexity is 4.0 of 5']);
  assert.deepEqual([by['simple']?.result, by['simple']?.why], ['skipped', 'an earlier rule already matched']);
  assert.equal(by['frontier-over-budget']?.result, 'matched');
  assert.equal(by['local-unhealthy']?.result, 'failed');
  assert.equal(found.tier, 'mid');
  assert.equal(found.reason, 'the frontier budget is used up, so mid', 'the one reason that decided');
  for (const { why } of trials) assert.ok(why);
});

test('route is what explainRoute says, and the same each time', () => {
  const options = { rules: SHIPPED_RULES, threshold: 3.5, complexity: complexity(3.9) };
  assert.deepEqual(route(FACTS, options), explainRoute(FACTS, options).route);
  assert.deepEqual(route(FACTS, options), route(FACTS, options));
});

test('without any rule the middle tier answers', () => {
  const found = route(FACTS, { rules: [], threshold: 3.5, complexity: complexity(5) });
  assert.deepEqual([found.tier, found.rule], ['mid', 'none']);
});

test('what moved the score is part of the reason', () => {
  const signals = [
    { name: 'architecture', weight: 1.2 },
    { name: 'oneliner', weight: -0.4 },
  ];
  const found = route(FACTS, { rules: SHIPPED_RULES, threshold: 3.5, complexity: { score: 4.2, level: 4, signals } });
  assert.equal(found.reason, 'its complexity is 4.2 of 5 (design or architecture)');
});

test('rules are checked strictly: what is misspelled or senseless is reported with its place', () => {
  const bad: unknown[] = [
    { tier: 'mid' },
    { name: '', tier: 'mid' },
    { name: 'a', tier: 'best' },
    { name: 'a', tier: 'mid', wehn: {} },
    { name: 'a', tier: 'mid', when: { score: {} } },
    { name: 'a', tier: 'mid', when: { score: { min: 4, max: 2 } } },
    { name: 'a', tier: 'mid', when: { tokens: { min: -1 } } },
    { name: 'a', tier: 'mid', when: { tasks: ['nonsense'] } },
    { name: 'a', tier: 'mid', when: { languages: [] } },
    { name: 'a', tier: 'mid', model: 'no-slash' },
    { name: 'a', tier: 'mid', enabled: 'no' },
    null,
    42,
  ];
  for (const [index, entry] of bad.entries()) {
    const { entries, problems } = parseRules([{ name: 'good', tier: 'mid' }, entry]);
    assert.equal(entries.length, 1, `${index}`);
    assert.deepEqual(
      problems.map((problem) => problem.index),
      [1],
    );
    assert.ok(problems[0]?.message);
  }
  for (const value of [undefined, null, {}, 'x']) assert.equal(parseRules(value).problems.length, 1);
});

test('the shipped rules are valid in the form in which users write theirs', () => {
  const { entries, problems } = parseRules(JSON.parse(JSON.stringify(SHIPPED_RULES)));
  assert.deepEqual(problems, []);
  assert.equal(entries.length, SHIPPED_RULES.length);
});

test('every condition can keep a rule from matching', () => {
  const conditions: readonly [Rule['when'], Partial<RequestFacts>][] = [
    [{ tasks: ['escalate'] }, {}],
    [{ actions: ['fix'] }, { action: 'explain' }],
    [{ notActions: ['explain'] }, { action: '/explain' }],
    [{ score: { min: 4 } }, {}],
    [{ languages: ['go'] }, {}],
    [{ languages: ['go'] }, { language: undefined }],
    [{ tokens: { max: 10 } }, {}],
    [{ files: { min: 2 } }, {}],
    [{ threadTurns: { min: 1 } }, {}],
    [{ offline: true }, {}],
    [{ private: true }, {}],
    [{ healthy: ['mid'] }, { unhealthy: ['mid'] }],
    [{ unhealthy: ['mid'] }, {}],
    [{ overBudget: ['mid'] }, {}],
    [{ fits: false }, {}],
    [{ fits: true }, { tokens: 10_000_000 }],
  ];
  for (const [when, facts] of conditions) {
    const rule: Rule = { name: 'mine', when, tier: 'frontier' };
    const { trials } = explainRoute(
      { ...FACTS, ...facts },
      { rules: [rule], threshold: 3.5, complexity: complexity(3) },
    );
    assert.equal(trials[0]?.result, 'failed', JSON.stringify(when));
    assert.ok(trials[0]?.why);
  }
});
