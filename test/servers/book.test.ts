import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costNano } from './book.ts';
import type { Tokens } from './book.ts';
import { post, readAll } from './client.ts';
import { startOpenAi } from './openai.ts';
import type { OpenAiServer } from './openai.ts';

function tokens(inputFresh: number, output: number, inputCached = 0, cacheWrite = 0): Tokens {
  return { inputFresh, inputCached, cacheWrite, output, reasoning: 0 };
}

function ask(server: OpenAiServer, model: string, init?: RequestInit): Promise<Response> {
  const body = { model, stream: true, messages: [{ role: 'user', content: 'hello there' }] };
  return post(`${server.baseUrl}/chat/completions`, body, init as { headers?: Record<string, string> });
}

test('cost is exact: each bucket by its own price, rounded once', () => {
  const price = { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 };
  assert.equal(costNano(tokens(1000, 0), price), 5_000_000);
  assert.equal(costNano(tokens(0, 1000), price), 25_000_000);
  assert.equal(costNano(tokens(1, 1, 1, 1), price), 5000 + 25_000 + 500 + 6250);
  assert.equal(costNano(tokens(3, 0), { input: 0.0375, output: 0 }), 113, '112.5 is rounded up');
  assert.equal(costNano(tokens(1_000_000_000, 0), { input: 0.007, output: 0 }), 7_000_000_000);
  assert.equal(costNano(tokens(10, 10), undefined), 0);
});

test('cache prices default to the input price', () => {
  assert.equal(costNano(tokens(0, 0, 10, 10), { input: 1, output: 1 }), 20_000);
});

test('totals are the sum of the rows, over parallel requests', async (t) => {
  const server = await startOpenAi({ tokensPerSecond: 3000 });
  t.after(() => server.stop());
  server.script({ text: ['a', 'b', 'c', 'd'] });
  await Promise.all(
    Array.from({ length: 12 }, async (_, i) => (await ask(server, i % 2 ? 'demo-mid' : 'demo-frontier')).text()),
  );
  const totals = server.book.totals();
  assert.equal(totals.requests, 12);
  assert.equal(totals.output, 48);
  assert.equal(
    totals.costNano,
    server.book.calls.reduce((sum, call) => sum + call.costNano, 0),
  );
  const input = server.book.calls[0]!.tokens.inputFresh;
  assert.equal(totals.costNano, 6 * (input * 250 + 4 * 1000) + 6 * (input * 5000 + 4 * 25_000));
  assert.ok(server.book.maxConcurrent > 1);
  assert.equal(server.book.inFlight, 0);
  server.book.reset();
  assert.deepEqual(server.book.totals().requests, 0);
});

test('an aborted call is charged for the whole input and for what was generated until then', async (t) => {
  const server = await startOpenAi({ tokensPerSecond: 200 });
  t.after(() => server.stop());
  server.next('endless');
  const abort = new AbortController();
  const response = await ask(server, 'demo-mid', { signal: abort.signal });
  await server.book.waitFor((book) => book.calls[0]!.tokens.output >= 10);
  abort.abort();
  await readAll(response);
  const call = await server.book.waitFor((book) => book.calls.find((each) => each.closedBy));
  assert.equal(call.closedBy, 'client');
  assert.equal(call.phase, 'decoding');
  assert.equal(call.text.match(/word/g)!.length, call.tokens.output);
  assert.equal(call.costNano, call.tokens.inputFresh * 250 + call.tokens.output * 1000);
  const generated = call.tokens.output;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(call.tokens.output, generated, 'nothing is generated for a client that left');
});

test('a server that continues after the client left keeps counting', async (t) => {
  const server = await startOpenAi({ tokensPerSecond: 500 });
  t.after(() => server.stop());
  server.script({ text: Array.from({ length: 40 }, () => 'x ') });
  server.next('goes-on');
  const abort = new AbortController();
  const response = await ask(server, 'demo-mid', { signal: abort.signal });
  abort.abort();
  await readAll(response);
  const call = await server.book.waitFor((book) => book.calls.find((each) => each.closedBy === 'client'));
  assert.ok(call.tokens.output < 40);
  await server.book.waitFor(() => call.tokens.output === 40);
});

test('waitFor says what the book held when it gives up', async (t) => {
  const server = await startOpenAi();
  t.after(() => server.stop());
  await fetch(`${server.baseUrl}/models`);
  await assert.rejects(
    server.book.waitFor((book) => book.calls.length > 0, 30),
    /within 30 ms: #1 GET \/v1\/models 200 complete closed by server/,
  );
});

test('the book holds method, path, query, headers, body and bytes', async (t) => {
  const server = await startOpenAi();
  t.after(() => server.stop());
  server.script('ok');
  const response = await post(
    `${server.baseUrl}/chat/completions?x=1`,
    { model: 'demo-mid', messages: [{ role: 'user', content: 'q' }] },
    { headers: { 'X-Canary': 'c1' } },
  );
  const text = await response.text();
  const call = server.book.last!;
  assert.equal(call.method, 'POST');
  assert.equal(call.path, '/v1/chat/completions');
  assert.equal(call.query, 'x=1');
  assert.equal(call.headers['x-canary'], 'c1');
  assert.equal((call.body as { model: string }).model, 'demo-mid');
  assert.equal(call.rawBody.includes('"q"'), true);
  assert.equal(call.bytesWritten, Buffer.byteLength(text));
  assert.equal(call.text, 'ok');
});

test('stop closes idle and busy connections alike', async (t) => {
  const server = await startOpenAi({ tokensPerSecond: 10 });
  t.after(() => server.stop());
  server.next('endless');
  const busy = await ask(server, 'demo-mid');
  await server.stop();
  assert.ok((await readAll(busy)).error);
  assert.equal(server.book.openSockets, 0);
  assert.equal(server.book.inFlight, 0);
});
