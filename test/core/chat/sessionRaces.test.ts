import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { threadPath } from '../../../src/core/chat/branches.ts';
import { type Answer, type Attachment, type Thread } from '../../../src/core/chat/conversation.ts';
import type { ChatSession, SessionParts } from '../../../src/core/chat/session.ts';
import type { ChatStore } from '../../../src/core/chat/threadStore.ts';
import { startChatSession } from '../../support/chatSession.ts';
import { until } from '../../support/settle.ts';

/** Entries of a session that overlap: what was paid for can be stopped, and what was said goes where it belongs. */

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A promise that the test resolves when it wants to. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

const answersOf = (thread: Thread | undefined): Answer[] =>
  (thread?.turns ?? []).filter((turn): turn is Answer => turn.role === 'assistant');
const answers = (session: ChatSession): Answer[] => answersOf(session.thread);
/** The turns of a thread in short: questions, and answers with their state. */
const said = (thread: Thread | undefined): string[] =>
  (thread?.turns ?? []).map((turn) => (turn.role === 'user' ? turn.text : `${turn.state}: ${turn.text}`));
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

/** A store whose threads load only when the test lets them. */
function slowToLoad(store: ChatStore) {
  let opened: Promise<void> | undefined;
  return {
    hold: (passed: Promise<void>): void => void (opened = passed),
    store: {
      ...store,
      get problem() {
        return store.problem;
      },
      load: async (id: string) => {
        await opened;
        return store.load(id);
      },
    } satisfies ChatStore,
  };
}

test('a question that is asked while an escalation is put together does not run at the same time, and Stop ends every paid call', async (t) => {
  const rules = gate();
  const { server, session } = await startChatSession(t, { rules: () => rules.passed.then(() => []) });
  server.always('between-tokens:20');
  const escalated = session.escalate(attachment('const a = 1;'), 'why?');
  await sleep(30);
  const asked = session.ask('hello?', 'mid');
  rules.open();
  await until(() => answers(session).some(({ text }) => text !== ''));
  await sleep(100);
  const atOnce = server.book.calls.length;
  await session.stop();
  const states = answers(session).map(({ state }) => state);
  assert.deepEqual(await Promise.all([escalated, asked]), ['asked', 'busy']);
  assert.equal(atOnce, 1, `${atOnce} paid calls at once`);
  assert.ok(!states.includes('streaming'), `after stop: ${states.join()}`);
});

test('an answer goes into the thread that it was asked in, also when another thread is opened in the meantime', async (t) => {
  const { server, make, stored, onDisk } = await startChatSession(t);
  const loading = gate();
  const slow = slowToLoad(stored());
  const session = make({ store: slow.store });
  const long = Array(18).fill('three').join(' ');
  server.script(['one', 'two', long]);
  await session.ask('A', 'mid');
  const a = session.thread.id;
  await session.start();
  await session.ask('B', 'mid');
  const b = session.thread.id;
  server.always('between-tokens:10');
  slow.hold(loading.passed);
  const opening = session.open(a);
  await sleep(20);
  const asked = session.ask('lost?', 'mid');
  await sleep(100);
  loading.open();
  await Promise.all([opening, asked]);
  assert.equal(session.thread.id, b, 'the thread with the question is shown');
  await session.dispose();
  assert.deepEqual(said(await onDisk(b)), ['B', 'done: two', 'lost?', `done: ${long}`]);
  assert.deepEqual(said(await onDisk(a)), ['A', 'done: one']);
});

test('what throws before an answer runs does not leave the chat busy', async (t) => {
  const { session } = await startChatSession(t, {
    chain: () => {
      throw new Error('boom');
    },
  });
  await session.ask('one?', 'mid').catch(() => undefined);
  assert.equal(session.busy, null);
  assert.deepEqual(said(session.thread), ['one?', 'failed: '], 'the question is kept');
});

test('an escalation while an answer comes stops that answer, and the two are in their own threads', async (t) => {
  const { server, session, ledger, onDisk } = await startChatSession(t);
  server.always('between-tokens:20');
  const asked = session.ask('slow?', 'mid');
  const old = session.thread.id;
  await until(() => (answers(session)[0]?.text.length ?? 0) > 0);
  server.always('ok');
  const escalated = session.escalate(attachment('const a = 1;'), 'why?');
  assert.deepEqual(await Promise.all([asked, escalated]), ['asked', 'asked']);
  assert.notEqual(session.thread.id, old);
  await session.dispose();
  assert.match(said(await onDisk(old)).join('|'), /^slow\?\|cancelled: .+/);
  assert.match(said(await onDisk(session.thread.id)).join('|'), /^why\?\|done: .+/);
  assert.deepEqual(
    ledger.settled.map(({ outcome }) => outcome),
    ['cancelled', 'done'],
    'the first had ended before the second was sent',
  );
});

test('opening another thread while an answer comes stops it and keeps its text where it was asked', async (t) => {
  const { server, session, onDisk } = await startChatSession(t);
  await session.ask('A', 'mid');
  const a = session.thread.id;
  await session.start();
  server.always('between-tokens:20');
  const asked = session.ask('B', 'mid');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 0);
  const b = session.thread.id;
  await session.open(a);
  assert.equal(session.busy, null);
  assert.equal(await asked, 'asked');
  assert.equal(session.thread.id, a);
  await session.dispose();
  assert.match(said(await onDisk(b)).join('|'), /^B\|cancelled: .+/);
  assert.deepEqual((await onDisk(a))?.turns.length, 2);
});

test('the last of several threads that are opened at once is shown', async (t) => {
  const { session } = await startChatSession(t);
  const ids: string[] = [];
  for (const text of ['A', 'B', 'C']) {
    await session.start();
    await session.ask(text, 'mid');
    ids.push(session.thread.id);
  }
  const [a = '', b = '', c = ''] = ids;
  await Promise.all([session.open(a), session.open(b), session.open(c)]);
  assert.equal(session.thread.id, c);
  await Promise.all([session.open(a), session.open(b)]);
  assert.equal(session.thread.id, b);
});

test('deleting the thread whose answer comes stops it; no later write brings the file back, and undo restores all of it', async (t) => {
  const { server, session, dir, onDisk } = await startChatSession(t);
  server.always('between-tokens:20');
  const asked = session.ask('B', 'mid');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 0);
  const b = session.thread.id;
  await session.remove(b);
  assert.equal(await asked, 'asked');
  assert.deepEqual([session.busy, session.thread.turns.length, session.threads.length], [null, 0, 0]);
  await sleep(300);
  await session.dispose();
  assert.deepEqual(
    fs.readdirSync(dir).filter((name) => name.endsWith('.jsonl')),
    [],
  );
  fs.renameSync(path.join(dir, `${b}.removed`), path.join(dir, `${b}.jsonl`));
  assert.match(said(await onDisk(b)).join('|'), /^B\|cancelled: .+/);
});

test('a question to a thread that is being deleted is not taken, and its context is still in the composer', async (t) => {
  const { server, session } = await startChatSession(t);
  await session.ask('A', 'mid');
  session.attach(attachment('const a = 1;'));
  const removed = session.remove(session.thread.id);
  assert.equal(await session.ask('and?', 'mid'), 'gone');
  await removed;
  assert.equal(server.book.calls.length, 1);
  assert.equal(session.attachments.length, 1);
  assert.equal(session.busy, null);
});

test('two windows on the same threads: each answer is in its thread, in both windows of one thread too', async (t) => {
  const { server, make, onDisk } = await startChatSession(t);
  const [one, two] = [make(), make()];
  server.always('between-tokens:5');
  await one.ask('first', 'mid');
  const id = one.thread.id;
  await two.restore(id);
  assert.equal(two.thread.id, id);
  await Promise.all([one.ask('from one', 'mid'), two.ask('from two', 'mid')]);
  const other = two.escalate(attachment('x'), 'why?');
  await one.rename(id, 'named by one');
  await other;
  await Promise.all([one.dispose(), two.dispose()]);
  const thread = await onDisk(id);
  assert.equal(thread?.title, 'named by one');
  assert.deepEqual(
    new Set(said(thread).filter((line) => !line.startsWith('done'))),
    new Set(['first', 'from one', 'from two']),
  );
  assert.equal(answersOf(thread).filter(({ state, text }) => state === 'done' && text !== '').length, 3);
  const stored = [...answersOf(thread), ...answersOf(await onDisk(two.thread.id))];
  for (const answer of [...answers(one), ...answers(two)])
    assert.deepEqual(
      stored.find((kept) => kept.id === answer.id),
      answer,
    );
});

test('asking twice at once is one call, and the user sees that the second question was not taken', async (t) => {
  const { server, session } = await startChatSession(t);
  assert.deepEqual(await Promise.all([session.ask('one?', 'mid'), session.ask('two?', 'mid')]), ['asked', 'busy']);
  assert.equal(server.book.calls.length, 1);
  assert.deepEqual(
    said(session.thread).filter((line) => line.endsWith('?')),
    ['one?'],
  );
});

test('a question right after Stop is asked when the stopped answer has ended', async (t) => {
  const { server, session, ledger } = await startChatSession(t);
  server.always('between-tokens:20');
  const first = session.ask('one?', 'mid');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 0);
  server.always('ok');
  const stopped = session.stop();
  assert.deepEqual(await Promise.all([first, stopped, session.ask('two?', 'mid')]), ['asked', undefined, 'asked']);
  assert.deepEqual(
    answers(session).map(({ state }) => state),
    ['cancelled', 'done'],
  );
  assert.deepEqual(
    ledger.settled.map(({ outcome }) => outcome),
    ['cancelled', 'done'],
  );
});

const NEVER = new Promise<never>(() => undefined);
const PLACE = { origin: 'https://x.example', model: { provider: 'cloud', model: 'mid' } };
/** What a question may wait for before it is sent, none of which ever comes. */
const WAITS: Readonly<Record<string, Partial<SessionParts>>> = {
  'the rules of the workspace': { rules: () => NEVER },
  'the routing rules': { route: () => NEVER },
  'the size of the window': { window: () => NEVER },
  'the estimate': {
    gateway: {
      estimate: () => NEVER,
      stream: () => {
        throw new Error('sent');
      },
    },
  },
  'the consent': { missingConsent: () => [PLACE] },
};

for (const [what, parts] of Object.entries(WAITS))
  test(`Stop while a question waits for ${what}: it ends at once, nothing is sent, and the question is kept`, async (t) => {
    const { server, session, onDisk } = await startChatSession(t, {
      route: () =>
        Promise.resolve({
          tier: 'mid',
          chain: [{ provider: 'cloud', model: 'mid' }],
          rule: 'default',
          reasons: [],
          likeness: { score: 3 },
        }),
      ...parts,
    });
    const asked = session.ask('one?', what === 'the estimate' ? 'mid' : 'auto');
    await sleep(30);
    assert.notEqual(session.busy, null);
    await session.stop();
    assert.deepEqual([session.busy, session.consent], [null, null]);
    assert.equal(await asked, 'asked');
    assert.deepEqual(said(session.thread), ['one?', 'cancelled: ']);
    assert.equal(server.book.calls.length, 0);
    await session.dispose();
    assert.deepEqual(said(await onDisk(session.thread.id)), ['one?', 'cancelled: ']);
  });

test('Stop in the moment in which a question was taken, and before the first token', async (t) => {
  const { server, session } = await startChatSession(t);
  const first = session.ask('one?', 'mid');
  await session.stop();
  await first;
  assert.equal(server.book.calls.length, 0);
  server.next('first-token:5000');
  const second = session.ask('two?', 'mid');
  await until(() => server.book.calls.length === 1);
  await session.stop();
  await second;
  assert.deepEqual(said(session.thread), ['one?', 'cancelled: ', 'two?', 'cancelled: ']);
  assert.equal(session.busy, null);
});

test('Stop does not wait for a question that is queued behind a slow thread; that question is kept in its thread', async (t) => {
  const { server, make, stored, onDisk } = await startChatSession(t);
  const slow = slowToLoad(stored());
  const session = make({ store: slow.store });
  await session.ask('A', 'mid');
  const a = session.thread.id;
  await session.start();
  await session.ask('B', 'mid');
  const b = session.thread.id;
  const loading = gate();
  slow.hold(loading.passed);
  const opened = session.open(a);
  const asked = session.ask('queued?', 'mid');
  await session.stop();
  assert.equal(session.busy, null);
  loading.open();
  await Promise.all([opened, asked]);
  await session.dispose();
  assert.deepEqual(said(await onDisk(b)).slice(-2), ['queued?', 'cancelled: ']);
  assert.equal(server.book.calls.length, 2);
});

test('a window that closes while an answer comes ends the call and leaves everything on disk; later entries do nothing', async (t) => {
  const { server, session, ledger, onDisk } = await startChatSession(t);
  server.always('between-tokens:20');
  const asked = session.ask('one?', 'mid');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 5);
  await session.dispose();
  await asked;
  const text = answers(session)[0]?.text ?? '';
  assert.deepEqual(said(await onDisk(session.thread.id)), ['one?', `cancelled: ${text}`]);
  assert.equal(ledger.settled[0]?.outcome, 'cancelled');
  assert.equal(await session.ask('two?', 'mid'), 'gone');
  await session.start();
  await session.open('none');
  assert.equal(await session.undoDelete('none'), false);
  assert.equal(server.book.calls.length, 1);
});

test('a window that closes while a question is put together keeps the question', async (t) => {
  const { session, onDisk } = await startChatSession(t, { rules: () => NEVER });
  void session.ask('one?', 'mid');
  await session.dispose();
  assert.deepEqual(said(await onDisk(session.thread.id)), ['one?', 'cancelled: ']);
});

test('while an answer comes, no other is begun: retry, edit, continuing and other branches wait for its end', async (t) => {
  const { server, session } = await startChatSession(t);
  await session.ask('one?', 'mid');
  const before = session.thread;
  const [first] = answers(session);
  server.always('between-tokens:15');
  const asked = session.ask('two?', 'mid');
  await until(() => answers(session).length === 2 && answers(session)[1]?.text !== '');
  const id = first?.id ?? '';
  await session.retry(id);
  await session.reroute(id, 'frontier');
  await session.continueAnswer(id);
  assert.equal(await session.edit(before.turns[0]?.id ?? '', 'changed', 'mid'), 'busy');
  session.choose(before.turns[0]?.id ?? '');
  assert.equal(session.restoreToComposer(id), undefined);
  assert.equal(session.thread.turns.length, 4);
  assert.equal(server.book.calls.length, 2);
  await session.stop();
  await asked;
  await Promise.all([session.retry(id), session.retry(id), session.edit(before.turns[0]?.id ?? '', 'changed', 'mid')]);
  assert.equal(server.book.calls.length, 3, 'and of several at once the first is begun');
});

test('renaming and pinning do not wait for the answer', async (t) => {
  const { server, session, onDisk } = await startChatSession(t);
  server.always('between-tokens:20');
  const asked = session.ask('one?', 'mid');
  await until(() => (answers(session)[0]?.text.length ?? 0) > 0);
  await session.rename(session.thread.id, 'A name');
  await session.pin(session.thread.id, true);
  assert.equal(answers(session)[0]?.state, 'streaming');
  await session.stop();
  await asked;
  const thread = await onDisk(session.thread.id);
  assert.deepEqual([thread?.title, thread?.pinned], ['A name', true]);
});

test('a listener that throws, a list that cannot be read and a call that breaks off leave the chat usable', async (t) => {
  const { make, stored, onDisk, logs } = await startChatSession(t);
  const store = stored();
  let broken = true;
  const session = make({
    store: { ...store, problem: null, list: () => (broken ? Promise.reject(new Error('no list')) : store.list()) },
    gateway: {
      estimate: () => Promise.resolve(undefined),
      async *stream() {
        await sleep(1);
        yield { kind: 'text', text: 'half ' };
        if (broken) throw new Error('broke off');
      },
    },
  });
  session.onEvent(() => {
    throw new Error('listener');
  });
  await session.ask('one?', 'mid');
  assert.deepEqual([said(session.thread), session.busy], [['one?', 'failed: half '], null]);
  broken = false;
  await session.ask('two?', 'mid');
  assert.deepEqual(said(session.thread).slice(2), ['two?', 'failed: half '], 'a call without its end is no answer');
  await session.dispose();
  assert.deepEqual((await onDisk(session.thread.id))?.turns, session.thread.turns);
  for (const words of ['listener', 'no list', 'broke off', 'without its end'])
    assert.ok(
      logs.some((line) => line.includes(words)),
      words,
    );
});

test('asking again on a branch that is not shown goes to that branch, and sends its question', async (t) => {
  const { server, session } = await startChatSession(t);
  server.script(['a1', 'a2', 'b1', 'again']);
  await session.ask('q1', 'mid');
  await session.ask('q2', 'mid');
  const [q1, , , a2] = session.thread.turns;
  await session.edit(q1?.id ?? '', 'other', 'mid');
  await session.retry(a2?.id ?? '');
  const { messages } = server.book.calls.at(-1)?.body as { messages: { content: string }[] };
  assert.deepEqual(
    messages.slice(1).map(({ content }) => content),
    ['q1', 'a1', 'q2'],
  );
  assert.deepEqual(
    threadPath(session.thread).map(({ question, active }) => [question.text, active?.text]),
    [
      ['q1', 'a1'],
      ['q2', 'again'],
    ],
  );
});
