/** What the npm `openai` client makes of each ending: the facts the extension is designed around. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import OpenAI from 'openai';
import { startOpenAi } from './openai.ts';
import type { OpenAiOptions } from './openai.ts';
import { startResetPort, startSilentPort } from './ports.ts';

async function start(t: TestContext, options: OpenAiOptions = {}, clientOptions: { maxRetries?: number } = {}) {
  const server = await startOpenAi(options);
  t.after(() => server.stop());
  const client = makeClient(server.baseUrl, clientOptions);
  const read = async (signal?: AbortSignal, onChunk: () => void = () => {}) => {
    const chunks = [];
    for await (const chunk of await ask(client, signal)) {
      chunks.push(chunk);
      onChunk();
    }
    return chunks;
  };
  return { server, client, read };
}

function makeClient(baseURL: string, more: { maxRetries?: number; timeout?: number } = {}) {
  const fixed = { apiKey: 'none', organization: null, project: null, logLevel: 'off' } as const;
  return new OpenAI({ ...fixed, baseURL, maxRetries: 0, ...more });
}

function ask(client: OpenAI, signal?: AbortSignal) {
  return client.chat.completions.create(
    {
      model: 'demo-mid',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
      stream_options: { include_usage: true },
    },
    signal ? { signal } : {},
  );
}

test('a healthy stream ends with finish reason and usage; unknown usage fields pass', async (t) => {
  const { server, read } = await start(t, { dialect: 'openrouter' });
  server.script('Grüße 👋');
  const chunks = await read();
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), 'Grüße 👋');
  assert.equal(chunks.at(-2)!.choices[0]!.finish_reason, 'stop');
  assert.equal((chunks.at(-1)!.usage as unknown as { cost: number }).cost, server.book.last!.costNano / 1e9);
});

test('a clean cut between two events is no error: the loop just ends; inside one it is a SyntaxError', async (t) => {
  const { server, client, read } = await start(t);
  t.mock.method(console, 'error', () => {});
  const body = await (await ask(client).asResponse()).text();
  const atByte = Buffer.byteLength(body.slice(0, body.indexOf('data:', 900)));
  server.next({ cut: { atByte, how: 'end' } });
  const chunks = await read();
  assert.ok(chunks.length > 0);
  assert.ok(chunks.every((chunk) => chunk.choices[0]?.finish_reason === null));
  server.next({ cut: { atByte: atByte + 20, how: 'end' } });
  await assert.rejects(read(), SyntaxError);
});

test('an HTML page with status 200 is no error and no chunk', async (t) => {
  const { server, read } = await start(t);
  server.next('html');
  assert.deepEqual(await read(), []);
});

test('an empty body is no error and no chunk', async (t) => {
  const { server, read } = await start(t);
  server.next('empty');
  assert.deepEqual(await read(), []);
});

test('an abort in mid-stream ends the loop silently and stops the server', async (t) => {
  const { server, read } = await start(t, { tokensPerSecond: 300 });
  server.next('endless');
  const abort = new AbortController();
  const chunks = await read(abort.signal, () => abort.abort());
  assert.ok(chunks.length >= 1);
  const call = await server.book.waitFor((book) => book.calls.find((each) => each.closedBy));
  assert.equal(call.closedBy, 'client');
});

test('an abort before the headers throws APIUserAbortError', async (t) => {
  const { server, client } = await start(t);
  server.next('hang');
  const abort = new AbortController();
  const asked = ask(client, abort.signal);
  await server.book.waitFor((book) => book.calls[0]?.phase === 'prompt');
  abort.abort();
  await assert.rejects(asked, OpenAI.APIUserAbortError);
});

test('a reset in mid-stream is a raw TypeError', async (t) => {
  const { server, read } = await start(t);
  server.next('reset:900');
  await assert.rejects(read(), { name: 'TypeError', message: 'terminated' });
});

test('an error object in mid-stream is an APIError without status', async (t) => {
  const { server, read } = await start(t);
  server.next({ error: { afterTokens: 2, message: 'overloaded now' } });
  await assert.rejects(read(), (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.status, undefined);
    assert.equal(error.code, 'server_error');
    return true;
  });
});

test('malformed JSON in an event is a SyntaxError', async (t) => {
  const { server, read } = await start(t);
  t.mock.method(console, 'error', () => {});
  server.next('usage:nan');
  await assert.rejects(read(), SyntaxError);
});

test('comment lines are ignored, chunk sizes do not matter', async (t) => {
  const { server, read } = await start(t, { dialect: 'openrouter' });
  server.script('é👋x');
  server.next('chunks:1');
  const chunks = await read();
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), 'é👋x');
});

const STATUS_ERRORS = {
  400: OpenAI.BadRequestError,
  401: OpenAI.AuthenticationError,
  403: OpenAI.PermissionDeniedError,
  404: OpenAI.NotFoundError,
  409: OpenAI.ConflictError,
  422: OpenAI.UnprocessableEntityError,
  429: OpenAI.RateLimitError,
  503: OpenAI.InternalServerError,
};

test('statuses become subclasses; 402 and 413 are plain APIErrors', async (t) => {
  const { server, client } = await start(t);
  for (const [status, Class] of Object.entries(STATUS_ERRORS)) {
    server.next(`status:${status}`);
    await assert.rejects(ask(client), Class, status);
  }
  for (const status of [402, 413]) {
    server.next(`status:${status}`);
    await assert.rejects(ask(client), (error) => {
      assert.ok(error instanceof OpenAI.APIError && error.constructor === OpenAI.APIError);
      return error.status === status;
    });
  }
});

test('left to itself the client retries a 503, with maxRetries 0 it does not', async (t) => {
  const { server, client } = await start(t);
  server.next('status:503');
  await assert.rejects(ask(client));
  assert.equal(server.book.calls.length, 1);
  const retrying = makeClient(server.baseUrl, { maxRetries: 2 });
  server.next({ reply: { status: 503, headers: { 'retry-after-ms': '10' } } });
  for await (const _chunk of await ask(retrying));
  assert.equal(server.book.calls.length, 3);
});

test('a connection reset before any answer is an APIConnectionError', async (t) => {
  const port = await startResetPort();
  t.after(() => port.stop());
  await assert.rejects(ask(makeClient(`${port.url}/v1`)), OpenAI.APIConnectionError);
  assert.equal(port.connections(), 1);
});

test('the timeout covers only the headers: silence is a timeout, a stall in the stream is not', async (t) => {
  const port = await startSilentPort();
  t.after(() => port.stop());
  await assert.rejects(ask(makeClient(`${port.url}/v1`, { timeout: 100 })), OpenAI.APIConnectionTimeoutError);

  const { server } = await start(t);
  server.next('stall:1');
  const abort = new AbortController();
  const stream = await ask(makeClient(server.baseUrl, { timeout: 2_000 }), abort.signal);
  let ended = false;
  const reading = (async () => {
    for await (const _chunk of stream);
    ended = true;
  })();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assert.equal(ended, false);
  abort.abort();
  await reading;
});

test('a redirect is followed, and with 307 the prompt is sent with it', async (t) => {
  const { server, read } = await start(t);
  const other = await startOpenAi();
  t.after(() => other.stop());
  server.next(`redirect-307:${other.baseUrl}/chat/completions`);
  await read();
  assert.match(other.book.calls[0]!.rawBody, /hello/);
});

test('models.list reads the list', async (t) => {
  const { client } = await start(t);
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ['demo-mid', 'demo-frontier']);
});
