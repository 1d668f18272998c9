import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '@vscode/l10n';
import {
  addFacts,
  describeCostOf,
  describeFallback,
  describeMove,
  describeRoute,
  fallbackOf,
  smallPrint,
  wordsOf,
} from '../../../src/core/chat/describeAnswer.ts';
import type { Answer, AnswerFacts, ThreadEvent } from '../../../src/core/chat/conversation.ts';
import { parseEvent } from '../../../src/core/chat/storedEvent.ts';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import type { CallResult, Tried } from '../../../src/core/gateway/call.ts';

/** What is stored of an answer are kinds and figures, worded when it is shown; sentences of older versions still show. */

const SMALL = { provider: 'cloud', model: 'small' };
const LARGE = { provider: 'cloud', model: 'large' };
const FACTS: AnswerFacts = {
  usage: NO_USAGE,
  usageEstimated: false,
  nanoUsd: 1,
  costSource: 'computed',
  ttftMs: 1,
  durationMs: 2,
  finish: 'stop',
};
const ANSWER: Answer = {
  role: 'assistant',
  id: 'a',
  at: 1,
  questionId: 'q',
  tier: 'mid',
  escalated: false,
  provider: 'cloud',
  model: 'large',
  state: 'done',
  text: 'Because.',
  reasoning: '',
  failure: null,
  place: null,
  facts: FACTS,
};

/** The facts of an answer of today, with everything that is worded. */
const TODAY: Answer = {
  ...ANSWER,
  state: 'failed',
  move: { from: SMALL, to: LARGE, sizes: { tokens: 9_000, window: 1_000 } },
  facts: {
    ...FACTS,
    priceFrom: { source: 'live', date: '2026-11-01' },
    fallback: { from: SMALL, to: LARGE, failure: { kind: 'overloaded', status: 503 } },
    notes: [{ note: 'other-model', asked: 'small', returned: 'large' }],
  },
  route: {
    tier: 'frontier',
    chain: [LARGE],
    rule: 'hard',
    reasons: [
      {
        facts: [
          { kind: 'score', values: [4.16] },
          { kind: 'files', values: [1] },
        ],
        signals: ['security', 'test'],
      },
      { facts: [{ kind: 'over-budget', values: ['frontier'] }], then: 'mid' },
      { facts: [{ kind: 'moved', values: [9_000, 1_000, 'mid', 'frontier'] }] },
    ],
    offers: [],
    likeness: { score: 4 },
  },
  failure: {
    kind: 'budget',
    mayOverride: true,
    budget: { usd: 5, period: 'day', tier: 'mid', limit: 5e9, spent: 4.8e9, reserved: 0, needed: 0.32e9 },
  },
};

/** The same as older versions have stored it. */
const OLD = {
  ...ANSWER,
  state: 'failed',
  moved: 'Die Frage ist zu lang.',
  route: { tier: 'mid', chain: [], rule: 'r', reason: 'Keine Regel passt.', offers: [], likeness: { score: 1 } },
  facts: {
    ...FACTS,
    costDetail: 'Der Anbieter nannte den Preis.',
    fallback: 'large statt small.',
    notes: ['Hinweis.'],
  },
  failure: { kind: 'budget', detail: 'Das Budget ist erreicht.', mayOverride: true },
};

const stored = (turn: unknown): Answer => {
  const event: ThreadEvent | undefined = parseEvent(JSON.stringify({ e: 'answer', at: 1, turn }));
  assert.ok(event?.e === 'answer');
  const update = parseEvent(JSON.stringify({ e: 'update', at: 1, id: 'a', change: turn }));
  assert.equal(update?.e, 'update');
  return event.turn;
};
const worded = (answer: Answer): string[] => [
  describeMove(answer),
  answer.facts ? describeCostOf(answer.facts) : '',
  answer.facts ? describeFallback(answer.facts) : '',
  wordsOf(answer, '').text,
  answer.route ? describeRoute(answer.route) : '',
];

test('kinds and figures come back from the disk and are worded when they are shown', () => {
  const answer = stored(TODAY);
  assert.deepEqual(answer, TODAY);
  assert.deepEqual(worded(answer), [
    "About 9.0k tokens won't fit in small's 1.0k-token window, so large will answer.",
    "Computed from the provider's token counts and its own prices of 2026-11-01.",
    'cloud/large answered because cloud/small did not (overloaded, 503).',
    'Budget $5.00 a day for mid: $4.80 spent, $0.20 left. This may cost up to $0.32.',
    "about 9000 tokens won't fit in the 1000 that mid has room for, so frontier",
  ]);
  assert.equal(wordsOf(answer, '').next, 'send-anyway');
});

test('the language is that of the window that shows the answer, not of the one that stored it', (t) => {
  const line = JSON.stringify(TODAY);
  t.after(() => config({ contents: {} }));
  config({ contents: { '{0} answered because {1} did not ({2}).': '{0} statt {1} ({2}).' } });
  assert.equal(
    describeFallback(stored(JSON.parse(line)).facts ?? FACTS),
    'cloud/large statt cloud/small (overloaded, 503).',
  );
});

test('sentences that older versions have stored are shown as they are', () => {
  assert.deepEqual(worded(stored(OLD)), [
    'Die Frage ist zu lang.',
    'Der Anbieter nannte den Preis.',
    'large statt small.',
    'Das Budget ist erreicht.',
    'Keine Regel passt.',
  ]);
  assert.deepEqual(worded(stored({ ...OLD, moved: undefined, facts: { ...OLD.facts, fallback: '' } })).slice(0, 3), [
    '',
    'Der Anbieter nannte den Preis.',
    '',
  ]);
});

test('figures of the wrong shape cost their event, as other damage does', () => {
  for (const damage of [
    { move: { from: 'small' } },
    { failure: { kind: 'budget', budget: { usd: 'five' } } },
    { facts: { ...FACTS, fallback: { from: SMALL } } },
    { facts: { ...FACTS, notes: [{ note: 1 }] } },
    { facts: { ...FACTS, priceFrom: 'live' } },
  ])
    assert.equal(
      parseEvent(JSON.stringify({ e: 'update', at: 1, id: 'a', change: damage })),
      undefined,
      JSON.stringify(damage),
    );
});

test('an answer in two calls has the notes of both once, and the doubtful origin of its price', () => {
  const note = { note: 'maybe-billed', asked: 'small', returned: null } as const;
  const first: AnswerFacts = { ...FACTS, priceFrom: { source: 'user', date: '' }, notes: [note] };
  const second: AnswerFacts = { ...FACTS, costSource: 'provider', notes: [{ ...note }, 'Hinweis.'] };
  const sum = addFacts(first, second);
  assert.deepEqual(sum.notes, [note, 'Hinweis.']);
  assert.equal(describeCostOf(sum), "Computed from the provider's token counts and your prices.");
  assert.equal(describeCostOf(addFacts({ ...first, costDetail: 'Alt.' }, second)), 'Alt.');
});

test('a fallback is kept only when another model than the first answered', () => {
  const place = { provider: 'cloud', host: 'x.example', model: 'small', kind: 'openai' as const };
  const tried: Tried = { model: SMALL, place, failure: { kind: 'auth', status: 401, detail: 'no' }, nanoUsd: 0 };
  const result = { model: LARGE, attempts: [tried] } as unknown as CallResult;
  assert.deepEqual(fallbackOf(result), { from: SMALL, to: LARGE, failure: { kind: 'auth', status: 401 } });
  assert.equal(fallbackOf({ ...result, model: SMALL }), undefined);
  assert.equal(fallbackOf({ ...result, model: null }), undefined);
});

test('a reason that only a newer version knows is left out, and the others are shown', () => {
  const reasons = [
    {
      facts: [
        { kind: 'moon-phase', values: ['full'] },
        { kind: 'private', values: [] },
      ],
      signals: ['?'],
    },
  ];
  const { route } = stored({ ...TODAY, route: { ...TODAY.route, reasons } });
  assert.equal(route && describeRoute(route), 'private mode is on');
});

test('the footer says how much of the input came from the cache, as tokens and as a share', () => {
  const of = (usage: Partial<AnswerFacts['usage']>) => smallPrint({ ...FACTS, usage: { ...NO_USAGE, ...usage } }).input;
  assert.equal(of({ input: 1_000, cacheRead: 3_000 }), '4.0k in (3.0k cached, 75%)');
  assert.equal(of({ input: 500, cacheRead: 1_000, cacheWrite: 500 }), '2.0k in (1.0k cached, 50%)');
  assert.equal(of({ input: 1_000 }), '1.0k in');
});
