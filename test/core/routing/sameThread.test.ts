import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNewTopic } from '../../../src/core/routing/newTopic.ts';
import { route } from '../../../src/core/routing/route.ts';
import { arrangeRules, SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import type { Complexity, RequestFacts, ThreadSoFar } from '../../../src/core/routing/routingTypes.ts';
import { TIERS, type Tier } from '../../../src/core/common/types.ts';
import { FACTS } from '../../support/facts.ts';

/** A chat stays on its tier, unless the user, a rule, or a clear rise says otherwise; down only at a new topic. */

const at = (score: number): Complexity => ({ score, level: 3, signals: [] });
const routeAt = (
  score: number,
  thread: ThreadSoFar | undefined,
  over: Partial<RequestFacts> = {},
  rules = SHIPPED_RULES,
) =>
  route(
    { ...FACTS, text: 'hello', threadTurns: thread ? 1 : 0, thread, ...over },
    { rules, threshold: 3.5, complexity: at(score) },
  );
const same = (tier: Tier): ThreadSoFar => ({ tier, newTopic: false });

test('a chat of six questions stays where it began, wherever each of them would go by itself', () => {
  const six = [
    'Design the sharding of a multi-region ledger: decide on partition keys, consistency and migration.',
    'Why not shard by account?',
    'Show the schema of the routing table.',
    'And the index?',
    'Rename partition_id to shard_id in it.',
    'How do we move an account between shards without losing consistency?',
  ];
  const alone = six.map((text) => {
    const facts = { ...FACTS, text };
    return route(facts, { rules: SHIPPED_RULES, threshold: 3.5, complexity: scoreComplexity(facts) }).tier;
  });
  assert.ok(new Set(alone).size > 1, 'by themselves they go to different tiers');
  assert.equal(alone[0], 'frontier');
  const texts: string[] = [];
  let tier: Tier | undefined;
  for (const text of six) {
    const newTopic = isNewTopic({ texts: [text], paths: [] }, { texts, paths: [] });
    const facts: RequestFacts = {
      ...FACTS,
      text,
      threadTurns: texts.length,
      ...(tier ? { thread: { tier, newTopic } } : {}),
    };
    const chosen = route(facts, { rules: SHIPPED_RULES, threshold: 3.5, complexity: scoreComplexity(facts) });
    assert.equal(chosen.tier, 'frontier', text);
    if (tier && chosen.rule === 'same-thread-frontier') assert.equal(chosen.reason, 'this chat stays on frontier');
    tier = chosen.tier;
    texts.push(text, 'An answer about shards, accounts, the schema, the index and partitions.');
  }
});

test('a chat goes up only at a clear rise of the score, or by a rule that looks for something else', () => {
  assert.equal(routeAt(3.7, undefined).tier, 'frontier');
  assert.deepEqual(
    [routeAt(3.7, same('mid')).tier, routeAt(3.7, same('mid')).reason],
    ['mid', 'this chat stays on mid'],
  );
  assert.equal(routeAt(4.1, same('mid')).tier, 'frontier');
  assert.equal(routeAt(2.7, same('local')).tier, 'local');
  assert.equal(routeAt(3.1, same('local')).tier, 'mid');
  assert.equal(
    routeAt(3.1, same('mid'), { language: 'haskell' }).tier,
    'frontier',
    'a rule that looks for the language',
  );
  assert.equal(routeAt(1.2, same('local'), { tokens: 9_000 }).tier, 'mid', 'a rule that looks for the size');
});

test('a chat goes down only at a new topic, which the reason says', () => {
  assert.equal(routeAt(1.2, same('frontier')).tier, 'frontier');
  assert.equal(routeAt(3, same('frontier')).tier, 'frontier');
  const left = routeAt(1.2, { tier: 'frontier', newTopic: true });
  assert.equal(left.reason, `it begins a new topic, so ${left.tier}`);
  assert.notEqual(left.tier, 'frontier');
});

test('the user’s own rule, private mode and a named action decide whatever the chat was', () => {
  const own = arrangeRules([{ name: 'cheap', tier: 'local', when: {} }]);
  assert.equal(routeAt(3, same('frontier'), {}, own).tier, 'local');
  const changed = arrangeRules([{ name: 'simple', tier: 'local', when: { score: { max: 4 } } }]);
  assert.equal(
    routeAt(3, same('frontier'), { threadTurns: 0 }, changed).tier,
    'local',
    'a shipped rule that the user changed is his own',
  );
  assert.equal(routeAt(3, same('frontier'), { private: true }).tier, 'local');
  assert.equal(routeAt(1, same('mid'), { action: 'escalate' }).tier, 'frontier');
  const off = arrangeRules([{ name: 'same-thread-frontier', enabled: false }]);
  assert.notEqual(routeAt(1.2, same('frontier'), {}, off).tier, 'frontier', 'and the rule can be turned off');
});

test('whatever the state, a chat changes its tier only for one of these reasons', () => {
  const tier = fc.constantFrom(...TIERS);
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 5, noNaN: true }),
      tier,
      fc.boolean(),
      fc.constantFrom(undefined, 'typescript', 'rust', 'sql'),
      fc.constantFrom(0, 3_000, 9_000, 40_000),
      (score, from, newTopic, language, tokens) => {
        const to = routeAt(score, { tier: from, newTopic }, { language, tokens, contextTokens: tokens });
        const [before, after] = [TIERS.indexOf(from), TIERS.indexOf(to.tier)];
        if (after < before) assert.ok(newTopic, `down without a new topic by ${to.rule}`);
        if (after > before)
          assert.ok(
            score >= (from === 'local' ? 3 : 4) || language !== undefined || tokens > 2_000,
            `up by ${to.rule} at ${score}`,
          );
      },
    ),
    { numRuns: 3_000 },
  );
});

const chat = {
  texts: [
    'How does the retry loop of the gateway work?',
    'The loop backs off exponentially, with a quota for each window.',
  ],
  paths: ['src/gateway/retry.ts'],
};

test('a new topic is something else in words and files; a short follow-up never is, and in doubt none is', () => {
  const isNew = (text: string, ...paths: string[]) => isNewTopic({ texts: [text], paths }, chat);
  assert.equal(isNew('Write a regular expression that matches German postal codes with umlauts'), true);
  assert.equal(isNew('Translate the onboarding headline into French, Spanish and Japanese'), true);
  assert.equal(isNew('New topic: what is a quota?'), true);
  assert.equal(isNew('And now?'), false);
  assert.equal(isNew('Rename it to count'), false);
  assert.equal(isNew('Can the gateway share that quota between windows, so that retries are fair?'), false);
  assert.equal(
    isNew('Add documentation comments with examples and parameters', 'src/gateway/retry.ts'),
    false,
    'the same file',
  );
  assert.equal(
    isNewTopic({ texts: ['Write a regular expression for German postal codes'], paths: [] }, { texts: [], paths: [] }),
    false,
  );
});

test('topics are told apart in scripts without spaces, and any text is accepted', () => {
  const before = { texts: ['ゲートウェイの再試行ループはどう動きますか', '指数的に待ちます'], paths: [] };
  assert.equal(isNewTopic({ texts: ['請求書のPDFを生成する関数を書いてください'], paths: [] }, before), true);
  assert.equal(isNewTopic({ texts: ['再試行ループの待ち時間はどこで決まりますか'], paths: [] }, before), false);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (text, texts) => {
      isNewTopic({ texts: [text], paths: [] }, { texts, paths: [] });
      assert.equal(
        isNewTopic({ texts: [text], paths: [] }, { texts: [text], paths: [] }) &&
          !/topic|question|subject|task|something/i.test(text),
        false,
        'the same words again',
      );
    }),
  );
});
