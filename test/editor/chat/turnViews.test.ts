import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, AnswerRoute, Attachment, Question, Thread } from '../../../src/core/chat/conversation.ts';
import { appliedView, draftChip, turnViews, type TurnParts } from '../../../src/editor/chat/viewModel.ts';
import type { AnswerTurnView, TurnView } from '../../../src/protocol/chat.ts';

/** The turns of a thread as the page shows them: versions, comparisons, summaries, routes and cards of edits. */

const PARTS: TurnParts = {
  busy: null,
  describeRemembered: (_, tier) => `Always ${tier}`,
  applied: () => undefined,
  answers: () => true,
  canRestore: () => false,
};

const question = (id: string, over: Partial<Question> = {}): Question => ({
  role: 'user',
  id,
  at: 0,
  after: '',
  text: `${id}?`,
  attachments: [],
  ...over,
});
const answer = (id: string, questionId: string, over: Partial<Answer> = {}): Answer => ({
  role: 'assistant',
  id,
  at: 0,
  questionId,
  tier: 'mid',
  escalated: false,
  provider: 'cloud',
  model: 'small',
  state: 'done',
  text: id,
  reasoning: '',
  failure: null,
  place: null,
  facts: null,
  ...over,
});
const thread = (turns: Thread['turns'], over: Partial<Thread> = {}): Thread => ({
  id: 't',
  title: '',
  createdAt: 0,
  updatedAt: 0,
  tier: 'mid',
  pinned: false,
  turns,
  chosen: {},
  summaries: [],
  ...over,
});

const ids = (views: readonly TurnView[]): string[] => views.map(({ role, id }) => `${role} ${id}`);
const answers = (views: readonly TurnView[]): AnswerTurnView[] => views.filter((view) => view.role === 'assistant');

test('an answer that is asked for again replaces the first, which can be shown again', () => {
  const turns = [question('q'), answer('a', 'q'), answer('b', 'q')];
  const [shown] = answers(turnViews(thread(turns), PARTS));
  assert.deepEqual([shown?.id, shown?.versions], ['b', { at: 2, of: 2, previous: 'a', next: null }]);
  const [back] = answers(turnViews(thread(turns, { chosen: { q: 'a' } }), PARTS));
  assert.deepEqual([back?.id, back?.versions], ['a', { at: 1, of: 2, previous: null, next: 'b' }]);
});

test('compared answers are side by side until the conversation continues from one of them', () => {
  const turns = [question('q'), answer('a', 'q'), answer('b', 'q', { beside: true, tier: 'frontier' })];
  const compared = turnViews(thread(turns, { chosen: { q: 'b' } }), PARTS);
  assert.deepEqual(ids(compared), ['user q', 'assistant a', 'assistant b']);
  assert.deepEqual(
    answers(compared).map(({ chosen }) => chosen),
    [false, true],
  );
  const after = thread([...turns, question('next', { after: 'b' }), answer('c', 'next')], {
    chosen: { q: 'b' },
  });
  assert.deepEqual(ids(turnViews(after, PARTS)), ['user q', 'assistant b', 'user next', 'assistant c']);
});

test('a summary is below the turns that it replaces, with what it cost', () => {
  const summary = {
    ...{ id: 'f', upTo: 'a', questions: 1, text: 'We spoke of q.', tokens: 9, model: 'cloud/small' },
    ...{ nanoUsd: 2_000_000, costSource: 'provider' as const },
  };
  const views = turnViews(thread([question('q'), answer('a', 'q')], { summaries: [summary] }), PARTS);
  assert.deepEqual(ids(views), ['user q', 'assistant a', 'summary f']);
  const [last] = views.slice(-1);
  assert.equal(last?.role === 'summary' && last.words, 'The questions above (1) are sent as a summary');
  assert.match((last?.role === 'summary' && last.detail) || '', /^Written by cloud\/small, \$0\.002/);
});

const ROUTE: AnswerRoute = {
  tier: 'mid',
  chain: [],
  rule: 'default',
  reason: 'a short question',
  offers: [
    { tier: 'local', model: { provider: 'ollama', model: 'tiny' }, nanoUsd: 0 },
    { tier: 'mid', model: { provider: 'cloud', model: 'small' }, nanoUsd: 2_000_000 },
    { tier: 'frontier', model: { provider: 'cloud', model: 'large' }, nanoUsd: null },
  ],
  likeness: { score: 2 },
};

test('an answer that Auto routed says why, what others would cost, and offers a rule where the user chose otherwise', () => {
  const viewOf = (tier: Answer['tier']) =>
    answers(turnViews(thread([question('q'), answer('a', 'q', { route: ROUTE, tier })]), PARTS))[0]?.route;
  const own = viewOf('mid');
  assert.deepEqual([own?.line, own?.brief, own?.score], ['Auto → mid', 'a short question', 'Complexity 2.0 of 5']);
  assert.match(own?.words ?? '', /^Auto chose mid: /);
  assert.match(own?.cost ?? '', /^about \$0\.002/);
  assert.deepEqual(
    own?.others.map(({ tier, cost, model }) => [tier, cost, model]),
    [
      ['local', 'free', 'ollama/tiny'],
      ['frontier', 'price unknown', 'cloud/large'],
    ],
  );
  assert.equal(own?.remember, null);
  const other = viewOf('frontier');
  assert.deepEqual([other?.line, other?.brief], ['frontier instead of mid', 'your choice']);
  assert.match(other?.words ?? '', /^You chose frontier; Auto had chosen mid: /);
  assert.equal(other?.remember, 'Always frontier');
});

test('a question shows its chips and its prompt; an edited one its versions', () => {
  const attachment: Attachment = {
    ...{ id: 'x', kind: 'file', label: 'a.ts', path: 'src/a.ts', language: 'typescript', text: 'x', notes: '' },
    ...{ tokens: 3, remarks: ['2 files were left out.'] },
  };
  const prompt = { name: 'review', version: '7', origin: 'shipped' as const, text: 'Review' };
  const [view] = turnViews(thread([question('q', { attachments: [attachment], prompt }), answer('a', 'q')]), PARTS);
  assert.ok(view?.role === 'user');
  assert.deepEqual(view.chips, [
    { id: 'x', kind: 'file', label: 'a.ts', tokens: 3, detail: 'src/a.ts\n2 files were left out.' },
  ]);
  assert.deepEqual(view.prompt, { label: '/review, version 7', text: 'Review' });
});

test('a chip warns of secrets and hidden characters before its text is sent', () => {
  const base = { id: 'x', kind: 'file' as const, label: 'a', path: '', language: '', notes: '', tokens: 1 };
  const plain = draftChip({ ...base, text: 'let a = 1;' });
  assert.deepEqual([plain.secrets, plain.hidden], [undefined, undefined]);
  const risky = draftChip({ ...base, text: 'ghp_16C7e42F292c6912E7710c838347Ae178B4a \u202e' });
  assert.deepEqual([risky.secrets, risky.hidden], [1, 1]);
});

test('the card of an edit shows its state: looking, clean, problems with a fix, undone', () => {
  const edit = { id: 'e', files: ['a.ts', 'b.ts'], undo: () => Promise.resolve(true) };
  const fix = (): Promise<void> => Promise.resolve();
  const card = (problems: readonly string[] | null, isUndone = false, canFix = true) =>
    appliedView({ ...edit, problems, fix: canFix ? fix : null }, isUndone);
  assert.deepEqual([card(null).state, card([]).state, card(['1: x']).state], ['checking', 'clean', 'problems']);
  assert.equal(card(['1: x']).words, 'Applied to a.ts, b.ts. One new problem:');
  const many = card(['1', '2', '3', '4', '5', '6', '7']);
  assert.deepEqual([many.problems.length, many.words], [5, 'Applied to a.ts, b.ts. 7 new problems:']);
  assert.deepEqual([many.canUndo, many.canFix, card(['1'], false, false).canFix], [true, true, false]);
  const undone = card(['1: x'], true);
  assert.deepEqual([undone.words, undone.canUndo, undone.problems], ['Undone in a.ts, b.ts.', false, []]);
});

test('attempts that ended alike are one line with their count, others have a line each', () => {
  const place = { provider: 'ollama', host: '127.0.0.1:11434', model: 'small', kind: 'ollama' } as const;
  const model = { provider: 'ollama', model: 'small' };
  const refused = { model, place, failure: { kind: 'refused' }, nanoUsd: 0 } as const;
  const other = { ...refused, place: { ...place, model: 'large' } };
  const failed = answer('a', 'q', { state: 'failed', text: '', tried: [refused, refused, other, refused] });
  const [shown] = answers(turnViews(thread([question('q'), failed]), PARTS));
  assert.equal(shown?.tried.length, 2);
  assert.match(shown.tried[0] ?? '', /^small at 127\.0\.0\.1:11434: .* \(no cost\), 3 attempts$/);
  assert.match(shown.tried[1] ?? '', /^large at .* \(no cost\)$/);
});

test('what is missing before a model can answer is listed with its buttons, and no tier is shown as chosen', () => {
  const gaps = [
    { tier: 'mid', why: 'no-key', provider: 'openrouter' },
    { tier: 'local', why: 'no-chat-model' },
  ] as const;
  const failed = answer('a', 'q', { state: 'failed', text: '', failure: { kind: 'not-set-up', gaps }, route: ROUTE });
  const [shown] = answers(turnViews(thread([question('q'), failed]), PARTS));
  assert.deepEqual(
    shown?.setup?.map(({ words, next, provider }) => [words, next, provider]),
    [
      ['mid: OpenRouter has no API key.', 'set-key', 'openrouter'],
      ['local: no model on this computer is set to answer questions.', 'choose-local', ''],
      ['', 'set-up-ollama', ''],
      ['', 'get-started', ''],
    ],
  );
  assert.deepEqual([shown?.route, shown?.next, shown?.tried], [null, 'retry', []]);
  assert.equal(answers(turnViews(thread([question('q'), answer('a', 'q')]), PARTS))[0]?.setup, undefined);
});

test('an answer that a budget refused offers the next cheaper tier that has a model', () => {
  const budget = { usd: 1, period: 'day', limit: 1e9, spent: 1e9, reserved: 0, needed: 1e8 } as const;
  const offered = (
    tier: Answer['tier'],
    has: NonNullable<TurnParts['answers']>,
    failure: Answer['failure'] = { kind: 'budget', budget },
  ) =>
    answers(
      turnViews(thread([question('q'), answer('a', 'q', { tier, state: 'failed', text: '', failure })]), {
        ...PARTS,
        answers: has,
      }),
    )[0]?.useTier;
  assert.equal(
    offered('frontier', () => true),
    'mid',
  );
  assert.equal(
    offered('mid', () => true),
    'local',
  );
  assert.equal(
    offered('mid', (tier) => tier !== 'local'),
    undefined,
  );
  assert.equal(
    offered('frontier', () => true, { kind: 'no-price' }),
    'mid',
  );
  assert.equal(
    offered('frontier', () => true, { kind: 'overloaded' }),
    undefined,
  );
});
