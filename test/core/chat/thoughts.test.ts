import assert from 'node:assert/strict';
import test from 'node:test';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Answer } from '../../../src/core/chat/conversation.ts';
import { ChatSession } from '../../../src/core/chat/session.ts';
import { wordsOf } from '../../../src/core/chat/describeAnswer.ts';
import { openChatStore } from '../../../src/storage/chatStore.ts';
import { UNASKED } from '../../support/chatSession.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';

/** What a chat makes of thoughts: those that looked like text at first, and those that used up the limit. */

type Choice = { readonly delta?: object; readonly finish_reason?: string };

function setUp(t: { after(undo: () => void): void }, replies: readonly (readonly Choice[])[]) {
  const bodies: { max_tokens?: number; messages: { role: string; content: string }[] }[] = [];
  const fetch: typeof globalThis.fetch = (_, init) => {
    const choices = replies[bodies.length] ?? [];
    bodies.push(JSON.parse(String(init?.body)) as (typeof bodies)[number]);
    const body = choices
      .map((choice) => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`)
      .join('');
    return Promise.resolve(
      new Response(`${body}data: [DONE]\n\n`, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };
  const { gateway } = testGateway(openAiAt('http://127.0.0.1:9996', { prices: { mid: { input: 1, output: 2 } } }), {
    fetch,
  });
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-thoughts-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const log = (): void => undefined;
  const make = (): ChatSession =>
    new ChatSession({
      gateway,
      store: openChatStore(dir, log),
      chain: () => [{ provider: 'cloud', model: 'mid' }],
      ...UNASKED,
      log,
    });
  return { session: make(), make, bodies };
}

const answers = (session: ChatSession): Answer[] =>
  session.thread.turns.filter((turn): turn is Answer => turn.role === 'assistant');

test('a lone closing mark: what was shown as text becomes a thought, also in history and on disk', async (t) => {
  const { session, make, bodies } = setUp(t, [
    [
      { delta: { content: 'The user greets me.' } },
      { delta: { content: '\n</think>\n\n' } },
      { delta: { content: 'Hello!' }, finish_reason: 'stop' },
    ],
    [{ delta: { content: 'Bye.' }, finish_reason: 'stop' }],
  ]);
  await session.ask('hi', 'mid');
  const [answer] = answers(session);
  assert.deepEqual([answer?.text, answer?.reasoning, answer?.state], ['Hello!', 'The user greets me.\n', 'done']);
  await session.ask('bye', 'mid');
  assert.deepEqual(
    bodies[1]?.messages.filter(({ role }) => role !== 'system').map(({ content }) => content),
    ['hi', 'Hello!', 'bye'],
  );
  await session.dispose();
  const later = make();
  await later.open(session.thread.id);
  assert.deepEqual(
    answers(later).map(({ text, reasoning }) => [text, reasoning]),
    [
      ['Hello!', 'The user greets me.\n'],
      ['Bye.', ''],
    ],
  );
});

test('thoughts that used up the limit: said as that, and the next step asks with a larger one', async (t) => {
  const { session, bodies } = setUp(t, [
    [{ delta: { reasoning_content: 'Let me think' } }, { delta: {}, finish_reason: 'length' }],
    [{ delta: { content: 'Done.' }, finish_reason: 'stop' }],
  ]);
  await session.ask('hard?', 'mid');
  const [answer] = answers(session);
  assert.equal(answer?.failure?.kind, 'thought-limit');
  const { text, next } = wordsOf(answer as Answer, '');
  assert.match(text, /limit.*thinking/);
  assert.equal(next, 'larger-limit');
  assert.equal(bodies.length, 1, 'the same is not asked for again by itself');
  await session.retry(answer?.id ?? '', { largerLimit: true });
  assert.ok((bodies[1]?.max_tokens ?? 0) > (bodies[0]?.max_tokens ?? 0));
  assert.equal(answers(session).at(-1)?.text, 'Done.');
});
