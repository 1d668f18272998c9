import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadEvent } from '../../../src/core/chat/conversation.ts';
import type { RuleDraft } from '../../../src/protocol/settings.ts';
import { openSettingsPage } from '../../support/settingsPage.ts';

/** Rules that a person writes or that are learned, and what they would do to the user's last questions. */

const NOW = Date.now();
const thread = (
  id: string,
  text: string,
  over: { language?: string; ago?: number; tier?: 'local' | 'mid' } = {},
): ThreadEvent[] => {
  const at = NOW - (over.ago ?? 60_000);
  const attachment = {
    kind: 'file',
    ...{ id: 'c', label: 'a.rs', path: 'a.rs', notes: '', tokens: 10 },
    language: over.language ?? 'typescript',
    text: 'fn a() {}',
  } as const;
  return [
    { e: 'thread', at, id, title: id, tier: 'auto' },
    { e: 'question', at, turn: { role: 'user', id: `q-${id}`, at, after: '', text, attachments: [attachment] } },
    {
      e: 'answer',
      at,
      turn: {
        ...{ role: 'assistant', id: `a-${id}`, at, questionId: `q-${id}`, tier: over.tier ?? 'mid', escalated: false },
        ...{ provider: 'cloud', model: 'small', state: 'done', text: 'An answer.', reasoning: '' },
        ...{ failure: null, place: null, facts: null },
      },
    } as ThreadEvent,
  ];
};
const chatsOf = (threads: Readonly<Record<string, readonly ThreadEvent[]>>) => ({
  list: () =>
    Promise.resolve(
      Object.entries(threads).map(([id, events]) => ({
        id,
        title: id,
        pinned: false,
        updatedAt: events[0]?.at ?? 0,
        nanoUsd: 0,
      })),
    ),
  load: (id: string) => Promise.resolve(threads[id] ?? []),
});
const CHATS = chatsOf({
  one: thread('one', 'Write a function that groups the orders by customer', { language: 'rust' }),
  two: thread('two', 'rename x to y', { tier: 'local' }),
});

const DRAFT: RuleDraft = {
  actions: [],
  languages: ['rust'],
  topics: [],
  tokens: null,
  score: { min: 2.5 },
  tier: 'frontier',
  because: 'our Rust code has subtle lifetimes',
  until: '2099-12-31',
};

test('a rule of the dialog is shown as a sentence with what it does to the last questions, then added before all others', async (t) => {
  const page = await openSettingsPage(t, { chats: CHATS });
  const shown = await page.after({ kind: 'previewRule', draft: DRAFT }, (s) => s.routing.preview != null);
  assert.equal(
    shown.routing.preview?.sentence,
    'When the complexity is at least 2.5 and the language is rust, then frontier, because our Rust code has subtle lifetimes. Until 2099-12-31.',
  );
  assert.equal(shown.routing.preview?.words, 'Of your last questions (2), it matches 1; 1 would go to another tier.');
  assert.deepEqual(shown.routing.preview?.questions, ['Write a function that groups the orders by customer']);
  const added = await page.after({ kind: 'addRule', draft: DRAFT }, (s) => s.routing.rules[0]?.name === 'my-rust');
  assert.equal(added.routing.rules[0]?.removable, true);
  await page.after({ kind: 'addRule', draft: DRAFT }, (s) => s.routing.rules[0]?.name === 'my-rust-2');
  await page.after({ kind: 'removeRule', name: 'my-rust-2' }, (s) => s.routing.rules[0]?.name === 'my-rust');
  await page.after({ kind: 'previewRule', draft: null }, (s) => s.routing.preview === null);
});

test('learned rules say how often they were right, and a rule that has ended says so and is not tried', async (t) => {
  const learned = { learned: '2026-09-23', because: 'you chose mid 3 times for such questions' };
  const rules = [
    { name: 'my-fix', tier: 'mid', when: { actions: ['/fix'] }, until: '2099-01-01', ...learned },
    { name: 'my-old', tier: 'frontier', when: {}, until: '2026-01-01', ...learned },
  ];
  const page = await openSettingsPage(t, {
    settings: { 'routing.rules': rules },
    uses: () => ({ 'my-fix': { chosen: 12, overridden: 1 } }),
  });
  const [fix, old] = page.state.routing.rules;
  assert.deepEqual(
    [fix?.learned, fix?.ended],
    ['Right 11 of 12 times; in the rest you asked another tier.', undefined],
  );
  assert.deepEqual([old?.learned, old?.ended], ['Not used yet.', true]);
  const tried = await page.after({ kind: 'tryRoute', text: 'rename x to y' }, (s) => s.routing.tried !== null);
  assert.equal(tried.routing.tried?.result.rule, 'simple');
});

test('thresholds are compared on the last 30 days, with shares and cost beside always mid and all frontier; nothing is sent', async (t) => {
  const day = 86_400_000;
  const page = await openSettingsPage(t, {
    settings: {
      providers: {
        lab: {
          kind: 'openai',
          baseUrl: 'https://lab.example/v1',
          prices: { mid: { input: 1, output: 2 }, best: { input: 5, output: 25 } },
        },
      },
      'tiers.mid': ['lab/mid'],
      'tiers.frontier': ['lab/best'],
    },
    chats: chatsOf({
      hard: thread('hard', 'Redesign the architecture of this ledger: decide on partition boundaries and consistency.'),
      easy: thread('easy', 'rename x to y', { ago: 20 * day }),
      old: thread('old', 'Write a parser', { ago: 31 * day }),
    }),
  });
  assert.equal(page.state.routing.targets, null, 'nothing is read before it is asked for');
  const shown = await page.after({ kind: 'showTargets', on: true }, (s) => s.routing.targets != null);
  const { questions, rows } = shown.routing.targets ?? { questions: 0, rows: [] };
  assert.equal(questions, 2, 'the question of 31 days ago is not counted');
  const row = (name: string) => rows.find((each) => each.name === name);
  assert.equal(
    row('Auto at 3.5')?.shares,
    '50% mid, 50% frontier',
    'without a local model that answers none is counted',
  );
  assert.equal(row('Auto at 5')?.shares, '100% mid');
  assert.equal(row('Always mid')?.shares, '100% mid');
  assert.equal(row('Always mid')?.cost, row('Auto at 5')?.cost);
  assert.equal(row('All frontier')?.shares, '100% frontier');
  const usd = (name: string): number => Number(row(name)?.cost.slice(1));
  assert.ok(usd('Always mid') < usd('Auto at 3.5') && usd('Auto at 3.5') < usd('All frontier'));
  const local = await page.after(
    { kind: 'setLocalAnswers', chain: ['ollama/qwen3:4b'] },
    (s) => s.routing.targets?.rows.some(({ shares }) => shares.includes('local')) === true,
  );
  assert.equal(
    local.routing.targets?.rows.find(({ name }) => name === 'Auto at 3.5')?.shares,
    '50% local, 50% frontier',
  );
  assert.deepEqual(
    page.sent.filter(({ url }) => url.includes('lab.example')),
    [],
  );
  await page.after({ kind: 'showTargets', on: false }, (s) => s.routing.targets === null);
});
