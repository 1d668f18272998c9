import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { answerForFrontier } from '../../../src/core/chat/branches.ts';
import type { Answer, Attachment } from '../../../src/core/chat/conversation.ts';
import type { Chosen, Unrouted } from '../../../src/core/chat/answerRun.ts';
import type { ConsentRequest } from '../../../src/core/chat/approval.ts';
import type { ChatSession } from '../../../src/core/chat/session.ts';
import { describeMove, describeRoute, smallPrint, wordsOf } from '../../../src/core/chat/describeAnswer.ts';
import { handoff } from '../../../src/core/chat/handoff.ts';
import { threadPath } from '../../../src/core/chat/branches.ts';
import { buildMessages } from '../../../src/core/chat/prompt.ts';
import type { SetupGap } from '../../../src/core/common/failures.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import { startOpenAi, type OpenAiServer } from '../../servers/openai.ts';
import type { CallEvent } from '../../../src/core/gateway/call.ts';
import { RESULT } from '../../support/facts.ts';
import { startChatSession } from '../../support/chatSession.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';
import { until } from '../../support/settle.ts';

const answers = (session: ChatSession): Answer[] =>
  session.thread.turns.filter((turn): turn is Answer => turn.role === 'assistant');
const idOf = (request: ConsentRequest | null): string => request?.id ?? '';
const attachment = (text: string): Attachment => ({
  id: 'a1',
  kind: 'escalation',
  label: 'src/a.ts:1-2',
  path: 'src/a.ts',
  language: 'typescript',
  text,
  notes: 'Inside: add',
  tokens: 5,
});

test('a conversation: questions and answers follow one another, and the second question carries the first', async (t) => {
  const { server, session, ledger } = await startChatSession(t);
  server.script(['one', 'two']);
  await session.ask('first?', 'mid');
  await session.ask('second?', 'mid');
  assert.deepEqual(
    answers(session).map(({ text, state }) => [text, state]),
    [
      ['one', 'done'],
      ['two', 'done'],
    ],
  );
  const body = server.book.calls[1]?.body as { messages: { role: string; content: string }[] };
  assert.deepEqual(
    body.messages.slice(1).map(({ role, content }) => `${role}: ${content}`),
    ['user: first?', 'assistant: one', 'user: second?'],
  );
  assert.equal(ledger.settled.length, 2);
  const facts = answers(session)[0]?.facts;
  assert.equal(facts?.nanoUsd, server.book.calls[0]?.costNano);
  assert.match(facts ? smallPrint(facts).cost : '', /^\$0\./);
});

test('stop closes the socket, keeps the text so far, and the next question works', async (t) => {
  const { server, session } = await startChatSession(t);
  server.next('between-tokens:20');
  const asked = session.ask('long?', 'mid');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 5);
  await session.stop();
  await asked;
  const [answer] = answers(session);
  assert.equal(answer?.state, 'cancelled');
  assert.ok((answer?.text.length ?? 0) > 5);
  assert.equal(wordsOf(answer as Answer, '').text, 'Stopped.');
  await server.book.waitFor((book) => book.calls[0]?.closedBy === 'client', 1_000);
  await session.ask('again?', 'mid');
  assert.equal(answers(session)[1]?.state, 'done');
});

test('the chat asks about a more expensive model once; stopping instead of answering decides nothing', async (t) => {
  const { server, session } = await startChatSession(t, {
    chain: () => ['gone', 'frontier'].map((model) => ({ provider: 'cloud', model })),
  });
  server.script(['from frontier', 'again from frontier']);
  const asked = session.ask('first?', 'mid');
  await until(() => session.consent !== null);
  assert.deepEqual(
    [session.consent?.places, session.consent?.stepUp?.from.model.model, session.consent?.stepUp?.to.model.model],
    [[], 'gone', 'frontier'],
  );
  assert.equal(session.busy?.waiting, 'Waiting for your answer.');
  await session.stop();
  await asked;
  assert.equal(session.consent, null);
  assert.equal(answers(session)[0]?.state, 'cancelled');
  const askedOf = server.book.entries.map(({ model }) => model);
  assert.deepEqual(askedOf, ['gone'], 'the dearer one was not asked');

  const again = session.retry(answers(session)[0]?.id ?? '');
  await until(() => session.consent !== null);
  session.decideConsent('another', true);
  const consentId = idOf(session.consent);
  assert.notEqual(consentId, '', 'it still stands');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  session.decideConsent(consentId, true);
  await again;
  assert.ok((answers(session)[0]?.facts?.durationMs ?? NaN) < 990, 'the time of the user is not that of the models');
  assert.deepEqual([answers(session)[0]?.state, answers(session)[0]?.text], ['done', 'from frontier']);
  await session.ask('second?', 'mid');
  assert.equal(answers(session)[1]?.text, 'again from frontier', 'what was answered is not asked again');
});

test('a user who refuses the more expensive model sees the failure of the first', async (t) => {
  const { server, session } = await startChatSession(t, {
    chain: () => ['gone', 'frontier'].map((model) => ({ provider: 'cloud', model })),
  });
  for (let n = 0; n < 2; n++) {
    const asked = session.ask(`${n}?`, 'mid');
    if (n === 0) {
      await until(() => session.consent !== null);
      session.decideConsent(session.consent?.id ?? '', false);
    }
    await asked;
    assert.equal(answers(session)[n]?.failure?.kind, 'model-missing');
    assert.equal(answers(session)[n]?.tried?.at(-1)?.failure?.kind, 'too-expensive');
  }
  assert.deepEqual([...new Set(server.book.entries.map(({ model }) => model))], ['gone']);
});

test('everything is on disk: another window shows the same conversation', async (t) => {
  const { session, make } = await startChatSession(t);
  await session.ask('What is a mutex?\nIn detail.', 'mid');
  await session.dispose();
  const other = make();
  await other.restore(session.thread.id);
  assert.equal(other.thread.title, 'What is a mutex?');
  assert.deepEqual(other.thread.turns, session.thread.turns);
  assert.equal(other.threads.length, 1);
});

test('an answer that was in progress when its window died keeps what it had and says that it is incomplete', async (t) => {
  const { server, session, make, dir } = await startChatSession(t);
  server.next('between-tokens:30');
  void session.ask('long?', 'mid');
  await until(
    () =>
      fs.existsSync(path.join(dir, `${session.thread.id}.jsonl`)) &&
      fs.readFileSync(path.join(dir, `${session.thread.id}.jsonl`), 'utf8').includes('"delta"'),
  );
  const other = make();
  await other.restore(session.thread.id);
  const [answer] = answers(other);
  assert.equal(answer?.state, 'partial');
  assert.ok((answer?.text.length ?? 0) > 0);
  await session.stop();
});

test('a damaged line costs that line only, and a torn last line does not swallow the next', async (t) => {
  const { session, make, dir, logs } = await startChatSession(t);
  await session.ask('one?', 'mid');
  await session.dispose();
  const file = path.join(dir, `${session.thread.id}.jsonl`);
  fs.appendFileSync(file, '{"e":"que');
  const other = make();
  await other.restore(session.thread.id);
  await other.ask('two?', 'mid');
  await other.dispose();
  const third = make();
  await third.restore(session.thread.id);
  assert.deepEqual(
    third.thread.turns.map(({ text, role }) => (role === 'user' ? text : role)),
    ['one?', 'assistant', 'two?', 'assistant'],
  );
  assert.ok(logs.some((line) => line.includes('damaged')));
});

test('escalating starts a thread of its own on the frontier tier, which continues there', async (t) => {
  const { server, session, ledger } = await startChatSession(t);
  await session.ask('small?', 'mid');
  await session.escalate(attachment('const a = 1;\n```\nx'), 'Review this.');
  assert.equal(session.thread.tier, 'frontier');
  const [answer] = answers(session);
  assert.deepEqual(
    [answer?.tier, answer?.escalated, answer?.state, answer?.model],
    ['frontier', true, 'done', 'frontier'],
  );
  const sent = JSON.stringify(server.book.calls[1]?.body);
  assert.match(sent, /src\/a\.ts:1-2.*Inside: add.*const a = 1;.*Review this\./s);
  assert.doesNotMatch(sent, /small\?/, 'the other conversation is not sent');
  assert.deepEqual(
    ledger.opened.map(({ tier, task, language }) => [tier, task, language]),
    [
      ['mid', 'chat', null],
      ['frontier', 'escalate', 'typescript'],
    ],
  );
  await session.ask('and why?', session.thread.tier);
  assert.equal((server.book.calls[2]?.body as { model: string }).model, 'frontier');
});

const chosen = (tier: Tier, model: string): Chosen => ({
  tier,
  chain: [{ provider: 'cloud', model }],
  rule: 'default',
  reasons: [{ facts: [{ kind: 'no-rule', values: [] }] }],
  likeness: { score: 3, language: 'typescript' },
});

test('Auto: the rules choose before anything is sent; reason, prices of all tiers and the rule are kept', async (t) => {
  const asked: Unrouted[] = [];
  const { server, session, ledger, make } = await startChatSession(t, {
    route: (request) => {
      asked.push(request);
      assert.equal(server.book.calls.length, asked.length - 1);
      return Promise.resolve(chosen('frontier', 'frontier'));
    },
  });
  await session.ask('first?', 'auto');
  await session.ask('second?', 'auto');
  assert.deepEqual(
    asked.map(({ question, threadTurns }) => [question.text, threadTurns]),
    [
      ['first?', 0],
      ['second?', 1],
    ],
  );
  assert.equal(asked[1]?.messages.at(-1)?.content, 'second?');
  const [answer] = answers(session);
  assert.equal(answer?.tier, 'frontier');
  assert.ok(answer.route);
  assert.equal(describeRoute(answer.route), 'no rule matched');
  assert.deepEqual(
    answer.route.offers.map(({ tier }) => tier),
    ['local', 'mid', 'frontier'],
  );
  const [, mid, frontier] = answer.route.offers.map(({ nanoUsd }) => nanoUsd ?? 0);
  assert.ok((frontier ?? 0) > (mid ?? 0), 'each tier has its own price');
  assert.deepEqual(
    ledger.opened.map(({ rule }) => rule),
    ['default', 'default'],
  );
  assert.equal(session.thread.tier, 'auto');
  const again = make();
  await again.restore(session.thread.id);
  assert.deepEqual(answers(again)[0]?.route, answer.route);
});

test('frontier can be asked the last question that Auto sent elsewhere, and no other', async (t) => {
  const { session } = await startChatSession(t, { route: () => Promise.resolve(chosen('mid', 'mid')) });
  assert.equal(answerForFrontier(session.thread), undefined, 'there is no answer yet');
  await session.ask('pinned?', 'mid');
  assert.equal(answerForFrontier(session.thread), undefined, 'the user chose the tier');
  await session.ask('hard?', 'auto');
  const offered = answerForFrontier(session.thread);
  assert.ok(offered);
  await session.reroute(offered.id, 'frontier');
  const last = answers(session).at(-1);
  assert.deepEqual([last?.tier, last?.state, last?.route?.tier], ['frontier', 'done', 'mid']);
  assert.equal(answers(session).length, 2, 'in the place of the answer of mid');
  assert.equal(answerForFrontier(session.thread), undefined, 'frontier has answered');
});

test('overriding Auto stops the answer in progress, closes its socket and asks the other tier in its place', async (t) => {
  const { server, session, ledger } = await startChatSession(t, { route: () => Promise.resolve(chosen('mid', 'mid')) });
  server.next('between-tokens:50');
  const first = session.ask('hard?', 'auto');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 0);
  await session.reroute(answers(session)[0]?.id ?? '', 'frontier');
  await first;
  const [answer, ...others] = answers(session);
  assert.equal(others.length, 0);
  assert.deepEqual([answer?.tier, answer?.state, answer?.route?.tier], ['frontier', 'done', 'mid']);
  assert.deepEqual(
    ledger.settled.map(({ outcome }) => outcome),
    ['cancelled', 'done'],
  );
  assert.deepEqual(
    ledger.opened.map(({ rule, tier }) => [rule, tier]),
    [
      ['default', 'mid'],
      [null, 'frontier'],
    ],
  );
  assert.equal(server.book.calls[0]?.closedBy, 'client');
});

test('when the rules cannot be applied the question goes to mid, and the log says why', async (t) => {
  const { session, logs } = await startChatSession(t, { route: () => Promise.reject(new Error('broken')) });
  await session.ask('first?', 'auto');
  assert.deepEqual(
    answers(session).map(({ tier, state, route }) => [tier, state, route]),
    [['mid', 'done', undefined]],
  );
  assert.match(logs.join('\n'), /routing: Error: broken/);
});

test('a question that no tier can answer yet is not sent; the answer says what is missing, and Retry leaves it to Auto again', async (t) => {
  const gaps: readonly SetupGap[] = [{ tier: 'mid', why: 'no-key', provider: 'cloud' }];
  let isReady = false;
  const asked: [Tier, boolean][] = [];
  const { server, session, ledger } = await startChatSession(t, {
    route: () => Promise.resolve(isReady ? chosen('frontier', 'frontier') : chosen('mid', 'mid')),
    gaps: (tier, auto) => {
      asked.push([tier, auto]);
      return Promise.resolve(isReady ? [] : gaps);
    },
    missingConsent: () => (isReady ? [] : assert.fail('consent is not asked for while nothing can be sent')),
  });
  await session.ask('what is this?', 'auto');
  const [answer] = answers(session);
  assert.deepEqual([answer?.state, answer?.failure], ['failed', { kind: 'not-set-up', gaps }]);
  assert.equal(answer?.tried, undefined, 'nothing was tried, so nothing is handed over');
  assert.deepEqual([server.book.calls.length, ledger.opened.length], [0, 0]);
  isReady = true;
  await session.retry(answer?.id ?? '');
  assert.deepEqual(
    answers(session).map(({ tier, state }) => [tier, state]),
    [['frontier', 'done']],
  );
  await session.ask('and on mid?', 'mid');
  assert.deepEqual(asked, [
    ['mid', true],
    ['frontier', true],
    ['mid', false],
  ]);
});

test('where another window used the budget up after the rules chose, they choose once more, and the cheaper tier answers', async (t) => {
  const budget = { usd: 1, period: 'day', limit: 1e9, spent: 0.9e9, reserved: 0, needed: 0.4e9 } as const;
  const asked: Tier[] = [];
  let isSpent = false;
  const { session } = await startChatSession(t, {
    route: () => Promise.resolve(isSpent ? chosen('mid', 'mid') : chosen('frontier', 'frontier')),
    gateway: {
      estimate: () => Promise.resolve(undefined),
      async *stream({ tier }): AsyncIterable<CallEvent> {
        asked.push(tier);
        isSpent = true;
        const refused = tier === 'frontier';
        if (!refused) yield { kind: 'text', text: 'An answer.' };
        const failure = refused ? ({ kind: 'budget', budget, mayOverride: false } as const) : null;
        yield { kind: 'end', result: { ...RESULT, outcome: refused ? 'failed' : 'done', failure } };
      },
    },
  });
  await session.ask('redesign it', 'auto');
  assert.deepEqual(asked, ['frontier', 'mid']);
  assert.deepEqual(
    answers(session).map(({ tier, state, route }) => [tier, state, route?.tier]),
    [['mid', 'done', 'mid']],
  );
  // What the user chose stays refused: only Auto goes down by itself.
  isSpent = false;
  await session.ask('and again', 'frontier');
  assert.deepEqual(answers(session).at(-1)?.failure?.kind, 'budget');
});

test('when nothing answers, the question can be handed over with context, what was tried, why it failed and what it cost', async (t) => {
  const { server, session, make } = await startChatSession(t, {
    chain: () => [
      { provider: 'cloud', model: 'mid' },
      { provider: 'cloud', model: 'frontier' },
    ],
  });
  await session.ask('hello?', 'mid');
  session.attach({ ...attachment('const x = 1;'), kind: 'selection' });
  server.next('status:402');
  await session.ask('why `x`?', 'mid');
  const answer = answers(session).at(-1);
  assert.equal(answer?.state, 'failed');
  const text = handoff(session.thread, answer);
  assert.match(text, /## What was tried\n\n- mid at 127\.0\.0\.1:\d+: .+ \(no cost\)/);
  assert.match(text, /Total: \$0\./);
  assert.match(
    text,
    /## The question\n\n<context source="src\/a\.ts:1-2">\nInside: add\n```typescript\nconst x = 1;\n```\n<\/context>\n\nwhy `x`\?/,
  );
  assert.match(text, /### You\n\nhello\?/);
  assert.doesNotMatch(text, /You are a coding assistant/);
  const again = make();
  await again.restore(session.thread.id);
  assert.deepEqual(answers(again).at(-1)?.tried, answer.tried);
});

test('rules go with the first question of a thread, and again only when they changed', async (t) => {
  let text = 'Tabs only.';
  const rule = (): Attachment => ({ ...attachment(text), kind: 'rules', label: 'AGENTS.md', notes: '' });
  const { server, session } = await startChatSession(t, { rules: () => Promise.resolve([rule()]) });
  await session.ask('one?', 'mid');
  await session.ask('two?', 'mid');
  text = 'Spaces only.';
  await session.ask('three?', 'mid');
  const contents = (n: number): string[] =>
    (server.book.calls[n]?.body as { messages: { content: string }[] }).messages.slice(1).map(({ content }) => content);
  assert.match(
    contents(0)[0] ?? '',
    /^<rules source="AGENTS\.md">\n```typescript\nTabs only\.\n```\n<\/rules>\n\none\?$/,
  );
  assert.equal(contents(1)[0], contents(0)[0], 'the head stays as it was');
  assert.equal(contents(1)[2], 'two?');
  assert.match(contents(2)[4] ?? '', /Spaces only\..*three\?$/s);
});

test('a prompt is sent in place of its name, and the thread keeps which one it was', async (t) => {
  const { server, session } = await startChatSession(t);
  const prompt = { name: 'fix', version: '2', origin: 'user' as const, text: 'Fix this: it hangs' };
  session.attach(attachment('const a = 1;'));
  await session.ask('/fix', 'mid', prompt);
  assert.match(JSON.stringify(server.book.calls[0]?.body), /Fix this: it hangs/);
  assert.equal(session.thread.title, '/fix src/a.ts:1-2');
  const [question] = session.thread.turns;
  assert.deepEqual(question?.role === 'user' && question.prompt, prompt);
});

test('an attachment cannot close its own fence', () => {
  const question = { role: 'user' as const, id: 'q', at: 0, text: 'why?', attachments: [attachment('a\n````\nb')] };
  const thread = {
    id: 't',
    title: '',
    createdAt: 0,
    updatedAt: 0,
    tier: 'mid' as const,
    pinned: false,
    turns: [question],
    chosen: {},
    summaries: [],
  };
  const text = buildMessages(thread, 'q').at(-1)?.content ?? '';
  assert.match(text, /\n`````typescript\na\n````\nb\n`````\n/);
});

test('without consent nothing is sent until the user agrees; refusing leaves the question where it is', async (t) => {
  const granted: string[][] = [];
  const { server, session } = await startChatSession(t, {
    missingConsent: () =>
      granted.length ? [] : [{ origin: 'https://x.example', model: { provider: 'cloud', model: 'mid' } }],
    grantConsent: (origins) => {
      granted.push([...origins]);
      return Promise.resolve();
    },
  });
  const refused = session.ask('one?', 'mid');
  await until(() => session.consent !== null);
  session.decideConsent('not-this-id', true);
  assert.equal(server.book.calls.length, 0);
  session.decideConsent(session.consent?.id ?? '', false);
  await refused;
  assert.equal(answers(session)[0]?.state, 'cancelled');
  assert.equal(server.book.calls.length, 0);
  const allowed = session.retry(answers(session)[0]?.id ?? '');
  await until(() => session.consent !== null);
  session.decideConsent(session.consent?.id ?? '', true);
  await allowed;
  assert.deepEqual(granted, [['https://x.example']]);
  assert.deepEqual(
    answers(session).map(({ state }) => state),
    ['done'],
  );
});

test('a question to the frontier tier above the set sum is asked about, in one thread again only at twice the cost', async (t) => {
  const { server, session } = await startChatSession(t, { confirmAbove: () => 100 });
  const asked: number[] = [];
  session.onEvent(() => {
    const { consent } = session;
    if (!consent || consent.estimate?.atMost === asked.at(-1)) return;
    asked.push(consent.estimate?.atMost ?? 0);
    queueMicrotask(() => session.decideConsent(consent.id, true));
  });
  await session.ask('cheap?', 'mid');
  assert.deepEqual(asked, [], 'the mid tier is never asked about');
  await session.ask('expensive?', 'frontier');
  assert.equal(asked.length, 1);
  await session.ask('again?', 'frontier');
  assert.equal(asked.length, 1, 'agreed to already');
  await session.ask('x '.repeat(100_000), 'frontier');
  assert.equal(asked.length, 2);
  assert.ok((asked[1] ?? 0) > 2 * (asked[0] ?? 0));
  await session.start('frontier');
  await session.ask('expensive?', 'frontier');
  assert.equal(asked.length, 3, 'another thread');
  assert.equal(server.book.calls.length, 5);
});

test('an escalation whose highest price was agreed to in the preview is not confirmed again; one that costs more is', async (t) => {
  const rule: Attachment = { ...attachment('Tabs only.'), kind: 'rules', label: 'AGENTS.md', notes: '' };
  const { server, session } = await startChatSession(t, {
    confirmAbove: () => 1,
    rules: () => Promise.resolve([rule]),
  });
  const shown = (await session.estimateEscalation([attachment('x')], 'Why?'))?.atMost ?? 0;
  assert.ok(shown > 1);
  await session.escalate(attachment('x'), 'Why?', [], shown);
  assert.equal(server.book.calls.length, 1, 'what was shown counted the rules too');
  const second = session.escalate(attachment('y'), 'Why?', [], shown - 1);
  await until(() => session.consent !== null);
  assert.deepEqual([session.consent?.estimate?.atMost, session.consent?.places], [shown, []]);
  session.decideConsent(session.consent?.id ?? '', false);
  await second;
  assert.equal(server.book.calls.length, 1);
});

/** An answer in one piece, by another model than was asked. */
const OTHER = {
  model: 'gpt-other',
  choices: [{ message: { role: 'assistant', content: 'me' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
};

test('what the ledger notes about an answer is in its small print, once', async (t) => {
  const { server, session, ledger } = await startChatSession(t);
  server.next({
    reply: { status: 200, body: OTHER },
  });
  await session.ask('who?', 'mid');
  assert.deepEqual(answers(session)[0]?.facts?.notes, [{ note: 'other-model', asked: 'mid', returned: 'gpt-other' }]);
  assert.equal(ledger.settled[0]?.note, 'other-model');
  server.next('cut:900');
  await session.ask('whole?', 'mid');
  assert.deepEqual(answers(session)[1]?.facts?.notes, [{ note: 'maybe-billed', asked: 'mid', returned: 'mid' }]);
  await session.ask('fine?', 'mid');
  assert.deepEqual(answers(session)[2]?.facts?.notes, []);
});

test('asking twice at once is one call', async (t) => {
  const { server, session } = await startChatSession(t);
  await Promise.all([session.ask('one?', 'mid'), session.ask('one?', 'mid')]);
  assert.equal(server.book.calls.length, 1);
});

test('a failed answer says where and what next, and retrying takes its place', async (t) => {
  const { server, session } = await startChatSession(t);
  server.next('status:401');
  await session.ask('one?', 'mid');
  const [failed] = answers(session);
  const words = wordsOf(failed as Answer, '');
  assert.match(words.text, /127\.0\.0\.1:\d+ refused the key \(401\)/);
  assert.equal(words.next, 'set-key');
  await session.retry(failed?.id ?? '');
  assert.deepEqual(
    answers(session).map(({ state }) => state),
    ['done'],
  );
});

test('threads are listed newest first and are deleted permanently', async (t) => {
  const { session } = await startChatSession(t);
  await session.ask('first thread', 'mid');
  await session.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await session.ask('second thread', 'mid');
  assert.deepEqual(
    session.threads.map(({ title }) => title),
    ['second thread', 'first thread'],
  );
  await session.remove(session.thread.id);
  assert.deepEqual(
    session.threads.map(({ title }) => title),
    ['first thread'],
  );
  assert.equal(session.thread.turns.length, 0);
});

/** The texts on the path: what is shown and sent. */
const shown = (session: ChatSession): string[] =>
  threadPath(session.thread).flatMap(({ question, active }) => [question.text, active?.text ?? '']);
const bodyOf = (server: OpenAiServer, n: number): string[] =>
  (server.book.calls[n]?.body as { messages: { content: string }[] }).messages.slice(1).map(({ content }) => content);

test('editing an earlier question branches: the old branch stays, can be gone back to, and survives a reload', async (t) => {
  const { server, session, make } = await startChatSession(t);
  server.script(['a1', 'a2', 'b1', 'a3']);
  session.attach(attachment('code'));
  await session.ask('q1', 'mid');
  await session.ask('q2', 'mid');
  const [first] = session.thread.turns;
  await session.edit(first?.id ?? '', 'q1 changed', 'mid');
  assert.deepEqual(shown(session), ['q1 changed', 'b1']);
  assert.match(bodyOf(server, 2).join(), /code.*q1 changed/s);
  assert.doesNotMatch(bodyOf(server, 2).join(), /q2|a1/);
  session.choose(first?.id ?? '');
  assert.deepEqual(shown(session), ['q1', 'a1', 'q2', 'a2']);
  await session.ask('q3', 'mid');
  assert.deepEqual(
    bodyOf(server, 3).map((text) => text.slice(-2)),
    ['q1', 'a1', 'q2', 'a2', 'q3'],
  );
  await session.dispose();
  const other = make();
  await other.restore(session.thread.id);
  assert.deepEqual(shown(other), ['q1', 'a1', 'q2', 'a2', 'q3', 'a3']);
  assert.equal(threadPath(other.thread)[0]?.versions.length, 2);
});

test('asking another tier puts its answer beside the first; the conversation continues from the chosen one', async (t) => {
  const { server, session, ledger } = await startChatSession(t);
  server.script(['of mid', 'of frontier', 'more']);
  await session.ask('q1', 'mid');
  const first = answers(session)[0] as Answer;
  await session.retry(first.id, { tier: 'frontier', escalated: true });
  const [step] = threadPath(session.thread);
  assert.deepEqual(
    step?.answers.map(({ text, tier, beside = false, escalated }) => [text, tier, beside, escalated]),
    [
      ['of mid', 'mid', false, false],
      ['of frontier', 'frontier', true, true],
    ],
  );
  const escalated = bodyOf(server, 1);
  assert.deepEqual(escalated.slice(0, 2), ['q1', 'of mid'], 'the same context, and what the cheaper tier said');
  assert.match(String(escalated[2]), /smaller model/);
  assert.deepEqual(
    ledger.opened.map(({ task }) => task),
    ['chat', 'escalate'],
  );
  session.choose(first.id);
  await session.ask('q2', 'mid');
  assert.deepEqual(bodyOf(server, 2), ['q1', 'of mid', 'q2']);
});

test('asking again keeps an answer that says something, also one that was continued from', async (t) => {
  const { server, session } = await startChatSession(t);
  server.script(['one', 'two', 'again']);
  await session.ask('q1', 'mid');
  await session.ask('q2', 'mid');
  await session.retry(answers(session)[0]?.id ?? '');
  assert.deepEqual(shown(session), ['q1', 'again']);
  session.choose(answers(session)[0]?.id ?? '');
  assert.deepEqual(shown(session), ['q1', 'one', 'q2', 'two']);
});

test('an answer that was cut continues where it is: one text, costs added up, and nothing else can', async (t) => {
  const { server, session } = await startChatSession(t);
  server.script([{ text: 'The first half, ', finish: 'length' }, 'the second half.']);
  await session.ask('q1', 'mid');
  const cut = answers(session)[0] as Answer;
  assert.equal(cut.facts?.finish, 'length');
  await session.continueAnswer(cut.id);
  const whole = answers(session)[0] as Answer;
  assert.deepEqual([whole.id, whole.text, whole.state], [cut.id, 'The first half, the second half.', 'done']);
  assert.equal(bodyOf(server, 1)[1], 'The first half, ');
  assert.match(bodyOf(server, 1)[2] ?? '', /Go on exactly where it stopped/);
  const [a, b] = server.book.calls;
  assert.equal(whole.facts?.nanoUsd, (a?.costNano ?? 0) + (b?.costNano ?? 0));
  await session.continueAnswer(whole.id);
  assert.equal(server.book.calls.length, 2, 'what is whole is not gone on with');
});

test('continuing that fails leaves what was there', async (t) => {
  const { server, session } = await startChatSession(t);
  server.script([{ text: 'half', finish: 'length' }]);
  await session.ask('q1', 'mid');
  server.next('status:401');
  await session.continueAnswer(answers(session)[0]?.id ?? '');
  const [answer] = answers(session);
  assert.deepEqual([answer?.text, answer?.state, answer?.failure?.kind], ['half', 'partial', 'auth']);
  assert.ok((answer?.facts?.usage.input ?? 0) > 0, 'what it has cost is still told');
});

test('pieces of an answer say where they begin, so that a page that was just sent the whole repeats nothing', async (t) => {
  const { server, session } = await startChatSession(t);
  server.script('word '.repeat(40));
  let page = '';
  let gaps = 0;
  session.onEvent((event) => {
    if (event.kind !== 'delta') return;
    if (event.textAt > page.length) gaps++;
    page = page.slice(0, event.textAt) + event.text;
  });
  await session.ask('q1', 'mid');
  assert.deepEqual([page, gaps], [answers(session)[0]?.text, 0]);
});

/** Long enough that three questions fill the window of these tests. */
const LONG = 'lorem ipsum dolor '.repeat(200);

test('when the window is near, the oldest turns are summarized by the cheap tier, once; rules and the newest turns stay', async (t) => {
  const rule: Attachment = { ...attachment('Tabs only.'), kind: 'rules', label: 'AGENTS.md', notes: '' };
  const { server, session, ledger, make } = await startChatSession(t, {
    window: () => Promise.resolve(3_000),
    rules: () => Promise.resolve([rule]),
  });
  const asked = (n: number): string =>
    JSON.stringify((server.book.calls[n]?.body as { messages: unknown[] } | undefined)?.messages ?? '');
  server.script(({ prompt }) =>
    prompt.includes('Write the notes.') ? 'NOTES: the user likes locks.' : `Answer. ${LONG}`,
  );
  for (const question of ['q1', 'q2', 'q3']) await session.ask(question, 'frontier');
  const forecast = await session.forecast(LONG);
  assert.ok((forecast?.plan.toCompact ?? 0) > 0, 'it is said before it is done');
  assert.equal(session.thread.summaries.length, 0);
  await session.ask(`q4 ${LONG}`, 'frontier');
  const [summary] = session.thread.summaries;
  assert.equal(summary?.text, 'NOTES: the user likes locks.');
  assert.equal(server.book.calls.length, 5);
  assert.equal((server.book.calls[3]?.body as { model: string }).model, 'mid');
  assert.match(asked(4), /<rules.*Tabs only.*<summary of what was said before>\\nNOTES: the user likes locks.*q4/s);
  assert.doesNotMatch(asked(4), /"q1"/);
  assert.deepEqual(
    ledger.opened.map(({ tier }) => tier),
    ['frontier', 'frontier', 'frontier', 'mid', 'frontier'],
  );
  await session.ask('q5', 'frontier');
  assert.equal(server.book.calls.length, 6, 'not summarized again for the next one');
  const head = (n: number) => (server.book.calls[n]?.body as { messages: unknown[] }).messages.slice(0, -1);
  assert.deepEqual(head(5).slice(0, head(4).length), head(4), 'the head stays as it was');
  const other = make();
  await session.dispose();
  await other.restore(session.thread.id);
  assert.deepEqual(other.thread.summaries, session.thread.summaries);
});

test('when no summary can be had the oldest turns are left out, and the answer says how many', async (t) => {
  const { server, session } = await startChatSession(t, { window: () => Promise.resolve(3_000) });
  server.script(() => `Answer. ${LONG}`);
  for (const question of ['q1', 'q2', 'q3']) await session.ask(question, 'frontier');
  server.next('status:400');
  await session.ask(`q4 ${LONG}`, 'frontier');
  const answer = answers(session).at(-1);
  assert.equal(answer?.state, 'done');
  assert.ok((answer?.leftOut ?? 0) > 0);
  assert.doesNotMatch(JSON.stringify(server.book.calls.at(-1)?.body), /"q1"/);
  assert.match(JSON.stringify(server.book.calls.at(-1)?.body), /q4/);
});

/** A chat whose mid tier is a model with a small window and one with a larger one, and that says so before. */
async function windows(t: TestContext, small: number, large: number) {
  const server = await startOpenAi({ models: ['small', 'large'].map((name) => ({ name })) });
  t.after(() => server.stop());
  const prices = { small: { input: 1, output: 2 }, large: { input: 1, output: 2 } };
  const { gateway, ledger } = testGateway(openAiAt(server.url, { prices, contextTokens: { small, large } }));
  const made = await startChatSession(t, {
    gateway,
    chain: (tier) => (tier === 'mid' ? ['small', 'large'] : ['small']).map((model) => ({ provider: 'cloud', model })),
    window: ({ model }) => Promise.resolve(model === 'large' ? large : small),
  });
  return { ...made, server, ledger };
}

test('a question that is too long for the first model goes to one that takes it; both are named, and nothing is cut', async (t) => {
  const { server, session, ledger } = await windows(t, 1_000, 100_000);
  session.attach({ ...attachment(LONG.repeat(3)), tokens: 2_400 });
  const forecast = await session.forecast('why?');
  assert.equal(forecast?.larger?.model, 'large');
  const said: string[] = [];
  session.onEvent((event) => {
    if (event.kind === 'turn' && event.turn.state === 'waiting') said.push(describeMove(event.turn));
  });
  await session.ask('why?', 'mid');
  const [answer] = answers(session);
  assert.deepEqual([answer?.state, answer?.model], ['done', 'large']);
  assert.match(said[0] ?? '', /^About [\d.]+k tokens won't fit in small's 1\.0k-token window, so large will answer\.$/);
  assert.equal(server.book.calls.length, 1, 'the small one was not even asked');
  assert.ok(JSON.stringify(server.book.calls[0]?.body).includes(LONG.repeat(3)));
  assert.equal(ledger.opened.length, 1);
});

test('I60 a question that is too long for every model is not sent: sizes, what to leave out, and the way back', async (t) => {
  const { server, session } = await windows(t, 1_000, 1_500);
  const big = { ...attachment(LONG.repeat(3)), id: 'a2', label: 'src/big.ts', tokens: 2_400 };
  session.attach(attachment('small one'));
  session.attach(big);
  const forecast = await session.forecast('why?');
  assert.deepEqual([forecast?.plan.tooLarge, forecast?.larger, forecast?.without], [true, undefined, ['src/big.ts']]);
  await session.ask('why?', 'mid');
  const [answer] = answers(session);
  assert.equal(server.book.calls.length, 0);
  assert.deepEqual([answer?.state, answer?.failure?.kind], ['failed', 'context-length']);
  assert.deepEqual(
    answer?.tried?.map(({ model, failure }) => [model.model, failure?.sizes?.window]),
    [
      ['small', 1_000],
      ['large', 1_500],
    ],
  );
  const { text, next } = wordsOf(answer as Answer, '');
  assert.match(
    text,
    /^About [\d.]+k tokens won't fit in the 1\.0k-token context window of small\. Remove some context/,
  );
  assert.equal(next, 'change-question');
  assert.equal(session.restoreToComposer(answer?.id ?? ''), 'why?');
  assert.deepEqual(
    session.attachments.map(({ label }) => label),
    ['src/a.ts:1-2', 'src/big.ts'],
  );
  session.detach('a2');
  await session.ask('why?', 'mid');
  assert.equal(answers(session).at(-1)?.state, 'done');
});

test('what a provider finds too long continues with the next model, and says so', async (t) => {
  const { server, session } = await windows(t, 1_000, 100_000);
  server.next({ reply: { status: 400, body: { error: { message: 'maximum context length is 900 tokens' } } } });
  await session.ask('why?', 'mid');
  const [answer] = answers(session);
  assert.equal(answer && describeMove(answer), 'The question is too long for small, so large will answer.');
});

test('a forecast counts what is attached and written, and says when that alone is too much', async (t) => {
  const { session } = await startChatSession(t, {
    window: () => Promise.resolve(2_000),
    price: () =>
      Promise.resolve({
        source: 'user',
        date: '',
        steps: [{ above: 0, input: 1e9, output: 2e9, cacheRead: 1e9, cacheWrite: 1e9 }],
      }),
  });
  const empty = await session.forecast('');
  assert.equal(empty?.plan.used.turns, 0);
  session.attach({ ...attachment(LONG), tokens: 1_900 });
  const full = await session.forecast('why?');
  assert.equal(full?.plan.used.context, 1_900);
  assert.equal(full.plan.tooLarge, true);
  assert.ok((full.likely ?? 0) > (empty?.likely ?? 0));
});

test('a question to the frontier tier whose price is unknown is confirmed, once in a chat', async (t) => {
  const server = await startOpenAi({ models: [{ name: 'frontier' }] });
  t.after(() => server.stop());
  const { gateway } = testGateway(openAiAt(server.url));
  const { session } = await startChatSession(t, { gateway, confirmAbove: () => 1e15 });
  const asked = session.ask('costly?', 'frontier');
  await until(() => session.consent !== null);
  assert.deepEqual([session.consent?.places, session.consent?.estimate?.atMost], [[], null]);
  assert.equal(server.book.calls.length, 0);
  session.decideConsent(session.consent?.id ?? '', true);
  await asked;
  await session.ask('again?', 'frontier');
  assert.equal(server.book.calls.length, 2);
  await session.escalate(attachment('x'), 'Why?', [], Infinity);
  assert.equal(server.book.calls.length, 3, 'the preview has said that the price is unknown');
});
