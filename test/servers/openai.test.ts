import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parseEvents, post } from './client.ts';
import { startOpenAi } from './openai.ts';
import type { OpenAiOptions } from './openai.ts';

interface Chunk {
  id: string;
  model: string;
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[];
  usage?: Record<string, unknown>;
  error?: Record<string, unknown>;
}

async function start(t: TestContext, options: OpenAiOptions = {}) {
  const server = await startOpenAi(options);
  t.after(() => server.stop());
  const ask = (more: object = {}, headers: Record<string, string> = {}) => {
    const body = { model: 'demo-mid', messages: [{ role: 'user', content: 'hello' }], ...more };
    return post(`${server.baseUrl}/chat/completions`, body, { headers });
  };
  const stream = async (more: object = {}) => {
    const body = { stream: true, stream_options: { include_usage: true }, ...more };
    return parseEvents(await (await ask(body)).text()) as unknown as (Chunk | '[DONE]')[];
  };
  const chunks = async (more: object = {}) => (await stream(more)).filter((chunk) => chunk !== '[DONE]');
  return { server, ask, stream, chunks };
}

test('a stream is role, deltas, finish, usage with empty choices, [DONE]', async (t) => {
  const { server, stream } = await start(t);
  server.script({ text: ['Hel', 'lo'] });
  const events = await stream();
  assert.equal(events.at(-1), '[DONE]');
  const [role, first, second, finish, usage] = events as Chunk[];
  assert.equal(events.length, 6);
  assert.equal(role!.choices[0]!.delta.role, 'assistant');
  assert.deepEqual([first!.choices[0]!.delta, second!.choices[0]!.delta], [{ content: 'Hel' }, { content: 'lo' }]);
  assert.equal(finish!.choices[0]!.finish_reason, 'stop');
  assert.deepEqual(usage!.choices, []);
  assert.equal(usage!.usage!.completion_tokens, 2);
  assert.equal(usage!.usage!.total_tokens, Number(usage!.usage!.prompt_tokens) + 2);
});

test('without include_usage there is no usage chunk; without stream there is one object', async (t) => {
  const { server, stream, ask } = await start(t);
  server.script({ text: 'whole', reasoning: 'hm' });
  assert.ok((await stream({ stream_options: {} })).every((chunk) => chunk === '[DONE]' || !('usage' in chunk)));
  const answer = (await (await ask()).json()) as {
    choices: { message: object; finish_reason: string }[];
    usage: object;
  };
  assert.deepEqual(answer.choices[0]!.message, { role: 'assistant', content: 'whole', reasoning_content: 'hm' });
  assert.equal(answer.choices[0]!.finish_reason, 'stop');
  assert.ok(answer.usage);
});

test('a wrong or missing key is 401 in the shape of OpenAI, and the key is not echoed', async (t) => {
  const { server, ask } = await start(t, { apiKey: 'sk-right-key' });
  const wrong = await ask({}, { authorization: 'Bearer sk-wrong-secret-key' });
  const { error } = (await wrong.json()) as { error: Record<string, string> };
  assert.equal(wrong.status, 401);
  assert.equal(error.code, 'invalid_api_key');
  assert.ok(!error.message!.includes('secret'));
  assert.equal((await ask()).status, 401);
  assert.equal((await fetch(`${server.baseUrl}/models`)).status, 401);
  assert.equal((await ask({}, { authorization: 'Bearer sk-right-key' })).status, 200);
  assert.deepEqual(server.book.totals().modelCalls, 3);
  assert.equal(server.book.calls[0]!.costNano, 0, 'a refused call costs nothing');
});

test('refusals have OpenAI codes', async (t) => {
  const { server, ask } = await start(t, {
    models: [{ name: 'demo-mid', contextLength: 20 }],
    refusedFields: ['stream_options'],
  });
  const refused = async (more: object) => {
    const response = await ask(more);
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
  };
  assert.deepEqual(await refused({ model: 'absent' }), [404, 'model_not_found']);
  assert.deepEqual(await refused({ messages: [] }), [400, 'missing_required_parameter']);
  assert.deepEqual(await refused({ stream_options: {} }), [400, 'unsupported_parameter']);
  assert.deepEqual(await refused({ messages: [{ role: 'user', content: 'word '.repeat(30) }] }), [
    400,
    'context_length_exceeded',
  ]);
  assert.equal((await fetch(`${server.url}/chat/completions`, { method: 'POST' })).status, 404, 'base URL without /v1');
});

test('max tokens and stop end the answer; reasoning counts inside the output', async (t) => {
  const { server, chunks } = await start(t, { models: [{ name: 'demo-mid', reasoning: true }] });
  server.script({ text: ['a ', 'b ', 'STOP', ' c'], reasoning: ['r1', 'r2'] });
  const finish = (all: Chunk[]) => all.find((chunk) => chunk.choices[0]?.finish_reason)!.choices[0]!.finish_reason;
  const text = (all: Chunk[]) => all.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  const limited = await chunks({ max_completion_tokens: 3 });
  assert.deepEqual([text(limited), finish(limited)], ['a ', 'length']);
  const details = limited.at(-1)!.usage!.completion_tokens_details as { reasoning_tokens: number };
  assert.deepEqual([limited.at(-1)!.usage!.completion_tokens, details.reasoning_tokens], [3, 2]);
  const stopped = await chunks({ stop: 'STOP' });
  assert.deepEqual([text(stopped), finish(stopped)], ['a b ', 'stop']);
});

test('the prompt cache is off by default; on, a common beginning of messages is cached at its own price', async (t) => {
  const price = { input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 };
  const { server, ask } = await start(t, { models: [{ name: 'demo-mid', price }] });
  server.script({ text: ['x'] });
  const turn1 = [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'first question' },
  ];
  const turn2 = [...turn1, { role: 'assistant', content: 'x' }, { role: 'user', content: 'second' }];
  await ask({ messages: turn1 });
  await ask({ messages: turn2 });
  assert.equal(server.book.totals().inputCached, 0);
  server.settings.promptCache = 'read';
  await ask({ messages: turn1 });
  await ask({ messages: turn2 });
  const { tokens, costNano } = server.book.last!;
  assert.ok(tokens.inputCached > 0 && tokens.inputFresh > 0);
  assert.equal(costNano, tokens.inputFresh * 4000 + tokens.inputCached * 400 + 20_000);
  server.settings.promptCache = 'write';
  const response = await ask({ messages: [...turn2, { role: 'user', content: 'third' }] });
  const { usage } = (await response.json()) as { usage: Record<string, Record<string, number>> };
  const last = server.book.last!.tokens;
  assert.equal(last.inputFresh, 0);
  assert.ok(last.cacheWrite > 0);
  assert.equal(usage.prompt_tokens, (last.inputCached + last.cacheWrite) as never);
  assert.equal(usage.prompt_tokens_details!.cached_tokens, last.inputCached);
  assert.equal(usage.prompt_tokens_details!.cache_write_tokens, last.cacheWrite);
});

test('the openrouter dialect: price strings, cost in the usage, reasoning, a comment, generation look-up', async (t) => {
  const { server, ask, chunks } = await start(t, {
    dialect: 'openrouter',
    models: [{ name: 'demo-mid', price: { input: 0.25, output: 1, cacheRead: 0.025 }, contextLength: 200_000 }],
  });
  server.script({ text: ['a', 'b'], reasoning: ['r'] });
  const list = (await (await fetch(`${server.url}/api/v1/models`)).json()) as { data: Record<string, unknown>[] };
  assert.equal(list.data[0]!.context_length, 200_000);
  assert.deepEqual(list.data[0]!.pricing, {
    prompt: '0.00000025',
    completion: '0.000001',
    request: '0',
    image: '0',
    input_cache_read: '0.000000025',
  });
  const all = await chunks({ stream_options: undefined });
  const call = server.book.last!;
  assert.equal(all.at(-1)!.usage!.cost, call.costNano / 1e9);
  assert.equal(call.costNano, call.tokens.inputFresh * 250 + 3 * 1000);
  assert.ok(all.some((chunk) => chunk.choices[0]?.delta.reasoning === 'r'));
  const response = await ask({ stream: true });
  const id = response.headers.get('x-generation-id');
  assert.match(await response.text(), /^: OPENROUTER PROCESSING\n\n/);
  const found = (await (await fetch(`${server.baseUrl}/generation?id=${id}`)).json()) as {
    data: Record<string, unknown>;
  };
  assert.equal(found.data.total_cost, server.book.calls.at(-1)!.costNano / 1e9);
  server.next('error:1');
  const broken = (await chunks()).at(-1)!;
  assert.equal(broken.error!.code, 502);
  assert.equal(broken.choices[0]!.finish_reason, 'error');
});

test('the deepseek dialect: cache fields that add up, reasoning_content, paths without /v1', async (t) => {
  const { server, chunks } = await start(t, { dialect: 'deepseek', promptCache: 'read' });
  server.script({ text: ['a'], reasoning: ['r'] });
  const last = (await chunks()).at(-1)!.usage!;
  assert.equal(Number(last.prompt_cache_hit_tokens) + Number(last.prompt_cache_miss_tokens), last.prompt_tokens);
  assert.equal((await fetch(`${server.url}/models`)).status, 200);
});

test('time to the first token and the rate are kept', async (t) => {
  const { server, ask } = await start(t, { ttftMs: 80, tokensPerSecond: 200 });
  server.script({ text: Array.from({ length: 20 }, () => 'x ') });
  const start0 = performance.now();
  const response = await ask({ stream: true });
  const times: number[] = [];
  for await (const _bytes of response.body!) times.push(performance.now() - start0);
  assert.ok(times[0]! >= 79, `first bytes after ${times[0]} ms`);
  assert.ok(times.at(-1)! >= 175, `all after ${times.at(-1)} ms`);
});

test('tool calls come as a delta with their own finish reason', async (t) => {
  const { server, chunks } = await start(t);
  server.script({ toolCalls: [{ name: 'read', arguments: { path: 'a' } }] });
  const all = await chunks();
  assert.ok(JSON.stringify(all).includes('"name":"read"'));
  assert.ok(all.some((chunk) => chunk.choices[0]?.finish_reason === 'tool_calls'));
});
