import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EFFORTS, type ChatRequest } from '../../../src/core/common/types.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';

/** An effort is sent in the words of each protocol; a server that refuses it is not asked again without it. */

const request = (effort?: ChatRequest['effort']): ChatRequest => ({
  ...{ kind: 'chat', maxTokens: 500, messages: [{ role: 'user', content: 'Why?' }] },
  ...(effort ? { effort } : {}),
});
const never = new AbortController().signal;

test('OpenAI-style servers get reasoning_effort, Ollama gets think, and neither gets it unasked', async (t) => {
  const cloud = await startOpenAi({ models: [{ name: 'm', reasoning: true }] });
  const ollama = await startOllama({ models: [{ name: 'gpt-oss:20b' }] });
  t.after(() => Promise.all([cloud.stop(), ollama.stop()]));
  const { gateway } = testGateway({
    ...openAiAt(cloud.url, { prices: { m: { input: 1, output: 1 } } }),
    providers: { cloud: { kind: 'openai', baseUrl: cloud.baseUrl }, ollama: { kind: 'ollama', baseUrl: ollama.url } },
  });
  for (const effort of [undefined, ...EFFORTS]) {
    const { result } = await finish(gateway.stream(chatCall('m', { request: request(effort) }), never));
    assert.equal(result.outcome, 'done');
    const local = chatCall('', { chain: [{ provider: 'ollama', model: 'gpt-oss:20b' }], tier: 'local' });
    assert.equal((await finish(gateway.stream({ ...local, request: request(effort) }, never))).result.outcome, 'done');
  }
  const sent = (bodies: readonly { readonly body: unknown }[], field: string): unknown[] =>
    bodies.map(({ body }) => (Object(body) as Record<string, unknown>)[field]);
  assert.deepEqual(sent(cloud.book.calls, 'reasoning_effort'), [undefined, 'low', 'medium', 'high']);
  const asked = ollama.book.calls.filter(({ path }) => path === '/api/chat');
  assert.deepEqual(sent(asked, 'think'), [undefined, 'low', 'medium', 'high']);
});

test('a server that refuses the effort is named with its words: an answer without it would compare something else', async (t) => {
  const cloud = await startOpenAi({ models: ['m'], refusedFields: ['reasoning_effort'] });
  t.after(() => cloud.stop());
  const { gateway } = testGateway(openAiAt(cloud.url));
  const { result, text } = await finish(gateway.stream(chatCall('m', { request: request('high') }), never));
  assert.deepEqual([result.outcome, text], ['failed', '']);
  assert.match(result.failure?.detail ?? '', /reasoning_effort/);
  assert.ok(cloud.book.calls.every(({ body }) => 'reasoning_effort' in Object(body)));
});
