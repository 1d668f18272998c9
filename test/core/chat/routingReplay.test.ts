import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Attachment, Question, Thread } from '../../../src/core/chat/conversation.ts';
import { dryRun, oneLine, pastRequests, type DryRun } from '../../../src/core/chat/routingReplay.ts';
import { arrangeRules, moveRule, parseRules, SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import type { RuleEntry } from '../../../src/core/routing/routingTypes.ts';

const file = (path: string, text: string): Attachment => ({
  id: path,
  kind: 'file',
  label: path,
  path,
  language: 'rust',
  text,
  notes: '',
  tokens: 10,
});
const question = (id: string, text: string, after: string, attachments: readonly Attachment[] = []): Question => ({
  role: 'user',
  id,
  at: 1,
  after,
  text,
  attachments,
});
const answer = (id: string, questionId: string, over: Partial<Answer> = {}): Answer => ({
  role: 'assistant',
  id,
  at: 2,
  questionId,
  tier: 'mid',
  escalated: false,
  provider: 'cloud',
  model: 'mid-model',
  state: 'done',
  text: 'An answer of some words. '.repeat(40),
  reasoning: '',
  failure: null,
  place: null,
  facts: null,
  ...over,
});
const route = { tier: 'mid', chain: [], rule: 'default', reason: '', offers: [], likeness: { score: 3 } } as const;
const THREAD: Thread = {
  id: 't',
  title: '',
  createdAt: 0,
  updatedAt: 0,
  tier: 'auto',
  pinned: false,
  chosen: {},
  summaries: [],
  turns: [
    question('q1', 'What is a mutex?', ''),
    answer('a1', 'q1', { route }),
    question('q2', '/fix', 'a1', [file('a.rs', 'fn a() {}'), file('b.rs', 'fn b() {}')]),
    answer('a2', 'q2', { tier: 'frontier', route, model: 'deep' }),
    question('q3', 'And now?', 'a2'),
  ],
};
const RUN: DryRun = { rules: SHIPPED_RULES, threshold: 3.5, private: false, windowTokens: {} };

test('the questions of a thread are what the rules saw then: thread, context, action and what answered', () => {
  const turns = THREAD.turns.map((turn) =>
    turn.id === 'q2'
      ? { ...turn, prompt: { name: 'fix', version: '1', origin: 'shipped' as const, text: 'Fix.' } }
      : turn,
  );
  const [first, second, third] = pastRequests({ ...THREAD, turns: turns as Thread['turns'] });
  assert.deepEqual(first?.then, { tier: 'mid', model: 'mid-model', byRule: 'default' });
  assert.deepEqual(second?.then, { tier: 'frontier', model: 'deep', byRule: null }, 'the user overrode the rule');
  assert.equal(third?.then, null);
  assert.deepEqual(
    [first, second, third].map((past) => past?.asked.threadTurns),
    [0, 1, 2],
  );
  assert.deepEqual([second?.asked.files, second?.asked.language, second?.asked.action], [2, 'rust', '/fix']);
  assert.ok((second?.asked.tokens ?? 0) > (first?.asked.tokens ?? 0) + 100, 'with what was said before');
});

test('a dry run follows the rules as they are: other rules, another threshold, private mode', () => {
  const [first] = pastRequests(THREAD);
  assert.ok(first);
  const tiers = (run: Partial<DryRun>) => dryRun(first.asked, { ...RUN, ...run }).route.tier;
  assert.equal(tiers({}), 'local');
  const { entries } = parseRules([{ name: 'all', tier: 'frontier' }]);
  assert.equal(tiers({ rules: arrangeRules(entries) }), 'frontier');
  assert.equal(tiers({ threshold: 1 }), 'frontier');
  assert.equal(tiers({ threshold: 1, private: true }), 'local');
  assert.equal(tiers({ windowTokens: { local: 4 } }), 'mid', 'windows are those of today');
  const { trials } = dryRun(first.asked, RUN);
  assert.equal(trials.find(({ result }) => result === 'matched')?.rule, 'simple');
});

test('a question is shown in one line, and no pair is split', () => {
  assert.equal(oneLine('  a\n\tb  '), 'a b');
  assert.equal(oneLine('😀'.repeat(200)).isWellFormed(), true);
  assert.ok(oneLine('x'.repeat(10_000)).length <= 140);
});

const names = (entries: readonly RuleEntry[]): string[] => arrangeRules(entries).map(({ name }) => name);

test('a rule is moved by one place, and what is written down is no more than that needs', () => {
  const own: RuleEntry = { name: 'sql', when: { languages: ['sql'] }, tier: 'mid' };
  for (const start of [[], [own], [own, { name: 'simple', enabled: false }]] as RuleEntry[][]) {
    const order = names(start);
    for (const [place, name] of order.entries())
      for (const by of [-1, 1] as const) {
        const moved = moveRule(start, name, by);
        const wanted = [...order];
        if (place + by >= 0 && place + by < order.length) wanted.splice(place + by, 0, ...wanted.splice(place, 1));
        assert.deepEqual(names(moved), wanted, `${name} ${by}`);
        assert.deepEqual(parseRules(moved).problems, []);
        assert.ok(moved.length <= start.length + 2, `${name} ${by}: ${JSON.stringify(moved)}`);
        if (wanted[place] !== name)
          assert.deepEqual(names(moveRule(moved, name, by === 1 ? -1 : 1)), order, 'and back');
      }
  }
  assert.deepEqual(moveRule([], 'unknown', 1), []);
});
