import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { BlindAnswer } from '../../../src/core/chat/blind.ts';
import type { ModelCall } from '../../../src/core/gateway/call.ts';
import type { AnswerTurnView } from '../../../src/protocol/chat.ts';
import { settle, until } from '../../support/settle.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { chatIn } from './rig.ts';

/** A question that two models answer: what the page learns of them before the vote, and what the vote does. */

const RIVAL = { tier: 'frontier', model: { provider: 'hidden-cloud', model: 'rival-model' } } as const;
const NAMES = /rival-model|hidden-cloud|usual-model|cloud|frontier/;

async function blindChat(
  t: TestContext,
  { first = 'a' as 'a' | 'b', session = {}, voted = [] as BlindAnswer[][] } = {},
) {
  return chatIn(t, {
    model: 'usual-model',
    session: { rival: () => Promise.resolve(RIVAL), random: () => (first === 'a' ? 0 : 0.9), ...session },
    voted: (pair) => Promise.resolve(void voted.push([...pair])),
  });
}

const answersOf = (rig: Awaited<ReturnType<typeof blindChat>>): AnswerTurnView[] =>
  rig.turns().filter((turn): turn is AnswerTurnView => turn.role === 'assistant');

const modelOf = (call: ModelCall | undefined): string => call?.chain[0]?.model ?? '';

/** Asks, and waits until both answers can be voted on. */
async function askBoth(rig: Awaited<ReturnType<typeof blindChat>>, text = 'Which is it?'): Promise<AnswerTurnView[]> {
  rig.say({ kind: 'ask', text, tier: 'mid' });
  await until(() => answersOf(rig).length >= 2 && answersOf(rig).every(({ blind }) => blind?.canVote), 'the vote');
  return answersOf(rig);
}

test('until the vote nothing that the page is sent names a model, a tier or a price; the vote shows both', async (t) => {
  for (const first of ['a', 'b'] as const) {
    const voted: BlindAnswer[][] = [];
    const rig = await blindChat(t, { first, voted });
    rig.replies.push('one answer', 'another answer');
    await rig.ready();
    const before = rig.posted.length;
    const [a, b] = await askBoth(rig);
    assert.ok(a && b);
    assert.deepEqual([a.blind?.name, b.blind?.name], ['Answer A', 'Answer B']);
    // The turns alone: the list of tiers names all models, and says of none that it answered.
    for (const message of rig.posted.slice(before)) {
      if (message.kind === 'turn') assert.doesNotMatch(JSON.stringify(message.turn), NAMES);
      if (message.kind === 'state') assert.doesNotMatch(JSON.stringify(message.state.turns), NAMES);
      if (message.kind === 'delta') assert.doesNotMatch(JSON.stringify(message), NAMES);
    }
    assert.ok([a, b].every(({ footer, model, provider }) => footer === null && model === '' && provider === ''));
    rig.say({ kind: 'vote', turnId: a.id, vote: 'b' });
    await until(() => answersOf(rig).every(({ blind }) => blind?.words), 'the names');
    const [shownA, shownB] = answersOf(rig);
    assert.equal(shownA?.model, first === 'a' ? 'usual-model' : 'rival-model', 'the places are drawn');
    assert.equal(shownB?.model, first === 'a' ? 'rival-model' : 'usual-model');
    assert.equal(shownB?.chosen, true, 'the conversation goes on from the better one');
    assert.match(shownB?.blind?.words ?? '', /B is better/);
    assert.deepEqual(
      voted.map((pair) => pair.map(({ vote, blind }) => [blind.place, blind.rival, vote])),
      [
        [
          ['a', first === 'b', 'b'],
          ['b', first === 'a', 'b'],
        ],
      ],
    );
    // A second vote changes nothing.
    rig.say({ kind: 'vote', turnId: a.id, vote: 'a' });
    await settle();
    assert.equal(voted.length, 1);
  }
});

test('both calls are named on the ledger; the second model is asked alone, and the places are kept on disk', async (t) => {
  const rig = await blindChat(t);
  await rig.ready();
  const [a] = await askBoth(rig);
  assert.deepEqual(rig.calls.map((call) => [modelOf(call), call.tier, call.stage]).toSorted(), [
    ['rival-model', 'frontier', 'blind comparison'],
    ['usual-model', 'mid', 'blind comparison'],
  ]);
  rig.say({ kind: 'vote', turnId: a?.id ?? '', vote: 'same' });
  await until(() => answersOf(rig).every(({ blind }) => blind?.words), 'the names');
  const { id } = rig.session.thread;
  await rig.session.start();
  await rig.session.open(id);
  const [again, other] = rig.session.thread.turns.filter((turn) => turn.role === 'assistant');
  assert.deepEqual([again?.vote, other?.vote], ['same', 'same']);
  assert.deepEqual(new Set([again?.blind?.place, other?.blind?.place]), new Set(['a', 'b']));
});

test('a chat that continues without a vote shows the names, and no vote is kept', async (t) => {
  const voted: BlindAnswer[][] = [];
  let count = 0;
  const rig = await blindChat(t, {
    voted,
    session: { rival: () => Promise.resolve(count++ === 0 ? RIVAL : undefined) },
  });
  await rig.ready();
  await askBoth(rig);
  await rig.ask('And then?');
  assert.equal(rig.calls.length, 3);
  assert.ok(
    rig.session.thread.turns.every((turn) => turn.role === 'user' || turn.blind === undefined || turn.vote === 'none'),
  );
  assert.ok(answersOf(rig).every(({ model }) => model !== ''));
  assert.equal(voted.length, 0);
});

test('an answer that fails shows the names, and there is nothing to vote on', async (t) => {
  const rig = await blindChat(t);
  rig.replies.push(() => Promise.reject(new Error('broken')), 'fine');
  await rig.ready();
  rig.say({ kind: 'ask', text: 'Which is it?', tier: 'mid' });
  await until(() => answersOf(rig).some(({ state }) => state === 'failed') && rig.session.busy === null, 'the failure');
  await until(() => answersOf(rig).every(({ model }) => model !== ''), 'the names');
  assert.ok(answersOf(rig).every(({ blind }) => !blind?.canVote));
});

test('where the user would have to be asked first, one model answers', async (t) => {
  const consent = [{ origin: 'https://hidden.example', model: RIVAL.model }];
  const cases = [
    { missingConsent: (chain: ModelCall['chain']) => (chain[0]?.model === 'rival-model' ? consent : []) },
    { confirmAbove: () => 1 },
    { rival: () => Promise.reject(new Error('the settings cannot be read')) },
    // The price is unknown, so a budget cannot be kept for both.
    { room: () => Promise.resolve(5e9) },
  ];
  for (const session of cases) {
    const rig = await blindChat(t, { session });
    await rig.ready();
    await rig.ask('Which is it?');
    await settle();
    assert.deepEqual(rig.calls.map(modelOf), ['usual-model']);
    assert.equal(answersOf(rig)[0]?.blind, undefined);
  }
});

test('a budget must have room for the most that both answers can cost together, else one model answers', async (t) => {
  const estimate = { model: RIVAL.model, inputTokens: 100, likely: 2e8, atMost: 1e9 };
  for (const [room, calls] of [
    [1.9e9, 1],
    [2e9, 2],
  ] as const) {
    const rig = await chatIn(t, {
      model: 'usual-model',
      estimate,
      session: { rival: () => Promise.resolve(RIVAL), room: () => Promise.resolve(room) },
    });
    await rig.ready();
    await rig.ask('Which is it?');
    await until(() => rig.session.busy === null, 'the end');
    assert.equal(rig.calls.length, calls, `${room} nano-USD`);
  }
});

test('a stop ends both calls', async (t) => {
  const rig = await blindChat(t);
  const gone: string[] = [];
  const wait = (call: ModelCall, signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        gone.push(modelOf(call));
        resolve('');
      });
    });
  rig.replies.push(wait, wait);
  await rig.ready();
  rig.say({ kind: 'ask', text: 'Which is it?', tier: 'mid' });
  await until(() => rig.calls.length === 2, 'both calls');
  rig.say({ kind: 'stop' });
  await until(() => rig.session.busy === null, 'the end');
  assert.deepEqual(gone.toSorted(), ['rival-model', 'usual-model']);
});

test('both answers are reserved in the budgets before either of them is there', async (t) => {
  const prices = { 'usual-model': { input: 1, output: 2 }, 'rival-model': { input: 5, output: 25 } };
  const models = Object.entries(prices).map(([name, price]) => ({ name, price }));
  const server = await startOpenAi({ models, ttftMs: 300 });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway(openAiAt(server.url, { prices }));
  const rival = { tier: 'frontier', model: { provider: 'cloud', model: 'rival-model' } } as const;
  const rig = await blindChat(t, { session: { gateway, rival: () => Promise.resolve(rival) } });
  await rig.ready();
  rig.say({ kind: 'ask', text: 'Which is it?', tier: 'mid' });
  await until(() => ledger.opened.length === 2, 'both rows');
  assert.equal(ledger.settled.length, 0, 'no answer is there yet');
  const reserved = new Map(ledger.opened.map((row) => [row.modelAsked, row.reserved ?? 0]));
  const [usual = 0, other = 0] = [reserved.get('usual-model'), reserved.get('rival-model')];
  assert.ok(usual > 0 && other > usual, 'the longest answer of each, by its own price');
  await until(() => answersOf(rig).length >= 2 && answersOf(rig).every(({ blind }) => blind?.canVote), 'the vote');
  assert.equal(ledger.settled.length, 2);
  assert.ok(ledger.nanoUsd > 0 && ledger.nanoUsd <= usual + other);
  assert.equal(ledger.nanoUsd, server.book.totals().costNano);
});
