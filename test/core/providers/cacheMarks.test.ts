import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Message } from '../../../src/core/common/types.ts';
import { ADAPTERS } from '../../../src/core/providers/adapters.ts';
import { cachePoints, leastCached, marksCache } from '../../../src/core/providers/cacheMarks.ts';
import { openAiMessages } from '../../../src/core/providers/chatMessages.ts';

test('Claude is marked at gateways, other models and endpoints with a cache of their own are not', () => {
  for (const [baseUrl, model, marked] of [
    ['https://openrouter.ai/api/v1', 'anthropic/claude-sonnet-5', true],
    ['http://127.0.0.1:4000', 'claude-opus-5-5', true],
    ['https://gateway.example.com/v1', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', true],
    ['https://ai-gateway.vercel.sh/v1', 'anthropic/claude-haiku-4.5', true],
    ['http://127.0.0.1:4000', 'sonnet', true],
    ['http://127.0.0.1:4000', 'team-opus-4.5', true],
    ['https://api.poe.com/v1', 'Claude Sonnet 4.5', true],
    ['http://127.0.0.1:4000', 'vertex_ai/claude-sonnet-4@20250514', true],
    ['http://127.0.0.1:4000', 'my(sonnet)', true],
    ['http://127.0.0.1:4000', 'opusculum', false],
    ['https://openrouter.ai/api/v1', 'openai/gpt-5', false],
    ['http://127.0.0.1:4000', 'gpt-5', false],
    ['https://api.mistral.ai/v1', 'anthropic/x', false],
    ['https://api.anthropic.com/v1', 'claude-opus-5-5', false],
  ] as const)
    assert.equal(marksCache(baseUrl, model), marked, `${baseUrl} ${model}`);
});

test('the least size that is kept depends on the model', () => {
  for (const [model, least] of [
    ['claude-sonnet-4-5-20250929', 1_024],
    ['claude-opus-4-1-20250805', 1_024],
    ['claude-opus-4-20250514', 1_024],
    ['anthropic/claude-opus-5.5', 4_096],
    ['claude-haiku-4-5', 4_096],
    ['claude-3-5-haiku', 2_048],
  ] as const)
    assert.equal(leastCached(model), least, model);
});

test('at most four marks, all on the head or on turns of the user, none below the least size', () => {
  const message = fc.record({
    role: fc.constantFrom('user', 'assistant', 'system') as fc.Arbitrary<Message['role']>,
    content: fc.integer({ min: 0, max: 3_000 }).map((words) => 'word '.repeat(words)),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), fc.constantFrom(0, 1_024, 4_096), (messages, least) => {
      const points = [...cachePoints(messages, least)];
      assert.ok(points.length <= 4);
      for (const point of points) {
        const before = messages.slice(0, point + 1).map(({ content }) => content.length);
        assert.ok(before.reduce((sum, each) => sum + each, 0) >= least, 'a token has a character or more');
        assert.ok(
          messages[point]?.role === 'user' || messages.slice(0, point + 1).every(({ role }) => role === 'system'),
        );
      }
      const sent = openAiMessages(messages, true, least);
      assert.equal(sent.filter((each) => JSON.stringify(each).includes('cache_control')).length, points.length);
    }),
    { numRuns: 50 },
  );
});

test('long instructions are marked from the first question on, so that the next conversation finds them', () => {
  const messages: Message[] = [
    { role: 'system', content: 'Keep to the rules of the house. '.repeat(400) },
    { role: 'user', content: 'What now?' },
  ];
  assert.deepEqual([...cachePoints(messages, 1_024)], [0]);
  assert.deepEqual([...cachePoints(messages.slice(1), 1_024)], []);
});

test('an alias is marked as the model that its gateway names', async () => {
  const bodies: string[] = [];
  const fetch: typeof globalThis.fetch = (_, init) => {
    bodies.push(String(init?.body));
    const body =
      'data: {"choices":[{"index":0,"delta":{"content":"Fine."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  };
  for (const [standsFor, marked] of [
    [['anthropic/claude-sonnet-4-5'], true],
    [['openai/gpt-5'], false],
    [undefined, false],
  ] as const) {
    const wire = { baseUrl: 'http://127.0.0.1:4000', apiKey: null, headers: {}, standsFor, fetch };
    const messages = [
      { role: 'system', content: 'Keep to the rules of the house. '.repeat(400) },
      { role: 'user', content: 'What now?' },
    ] as const;
    const signal = new AbortController().signal;
    for await (const _ of ADAPTERS.openai.stream('mid', { kind: 'chat', messages, maxTokens: 9 }, wire, signal)) void _;
    assert.equal(bodies.at(-1)?.includes('cache_control'), marked, String(standsFor));
  }
});
