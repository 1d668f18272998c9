import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  replay,
  settleInterrupted,
  type Answer,
  type Attachment,
  type Thread,
} from '../../../src/core/chat/conversation.ts';
import { ChatSession, type SessionParts } from '../../../src/core/chat/session.ts';
import type { ChatStore } from '../../../src/core/chat/threadStore.ts';
import { openChatStore } from '../../../src/storage/chatStore.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';

/** Entries of a session that overlap: what was paid for can be stopped, and what was said goes where it belongs. */

const until = async (what: () => boolean, ms = 10_000): Promise<void> => {
  for (const end = Date.now() + ms; !what();) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await sleep(5);
  }
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A promise that the test resolves when it wants to. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

async function setUp(t: TestContext, over: Partial<SessionParts> = {}) {
  const server = await startOpenAi({
    models: [
      { name: 'mid', price: { input: 1, output: 2 } },
      { name: 'frontier', price: { input: 5, output: 25 } },
    ],
  });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway(
    openAiAt(server.url, { prices: { mid: { input: 1, output: 2 }, frontier: { input: 5, output: 25 } } }),
  );
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-chat-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const logs: string[] = [];
  const stored = (): ChatStore => openChatStore(dir, (line) => logs.push(line));
  // Each session is another window, with a store of its own on the same files.
  const make = (more: Partial<SessionParts> = {}): ChatSession =>
    new ChatSession({
      gateway,
      store: stored(),
      chain: (tier) => [{ provider: 'cloud', model: tier === 'frontier' ? 'frontier' : 'mid' }],
      route: () => Promise.reject(new Error('not asked for')),
      missingConsent: () => [],
      grantConsent: () => Promise.resolve(),
      price: () => Promise.resolve(undefined),
      confirmAbove: () => Infinity,
      now: Date.now,
      defaultTier: () => 'mid',
      log: (line) => logs.push(line),
      ...over,
      ...more,
    });
  /** A thread as it is on disk. */
  const onDisk = async (threadId: string): Promise<Thread | undefined> => {
    const thread = replay(threadId, await stored().load(threadId));
    return thread && settleInterrupted(thread);
  };
  return { server, ledger, dir, logs, make, stored, onDisk, session: make() };
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
    hold: (passed: Promise<void>) => (opened = passed),
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

test('a question that is asked while an escalation is put together does not run beside it, and Stop ends whatever is paid for', async (t) => {
  const rules = gate();
  const { server, session } = await setUp(t, { rules: () => rules.passed.then(() => []) });
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

test('an answer goes into the thread that it was asked in, also when another thread is opened meanwhile', async (t) => {
  const { server, make, stored, onDisk } = await setUp(t);
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
  const { session } = await setUp(t, {
    chain: () => {
      throw new Error('boom');
    },
  });
  await session.ask('one?', 'mid').catch(() => undefined);
  assert.equal(session.busy, null);
  assert.deepEqual(said(session.thread), ['one?', 'failed: '], 'the question is kept');
});
