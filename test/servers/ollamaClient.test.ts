/** What the npm `ollama` client makes of each ending: the facts the extension is designed around. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Ollama } from 'ollama/browser';
import { startOllama } from './ollama.ts';
import type { OllamaOptions } from './ollamaHost.ts';
import { closedPort } from './ports.ts';

const MODEL = 'qwen2.5-coder:7b';

async function start(t: TestContext, options: OllamaOptions = {}) {
  const server = await startOllama(options);
  t.after(() => server.stop());
  const client = new Ollama({ host: server.url });
  const read = async (onText: () => void = () => {}) => {
    let text = '';
    for await (const part of await client.generate({ model: MODEL, prompt: 'q', stream: true })) {
      text += part.response;
      onText();
    }
    return text;
  };
  return { server, client, read };
}

test('the client reads a stream, also in chunks of one byte', async (t) => {
  const { server, read } = await start(t);
  server.script('Grüße, 你好 👋');
  assert.equal(await read(), 'Grüße, 你好 👋');
  server.next('chunks:1');
  assert.equal(await read(), 'Grüße, 你好 👋');
});

test('a status other than 2xx is a ResponseError with the text of the server', async (t) => {
  const { client } = await start(t);
  await assert.rejects(client.generate({ model: 'absent', prompt: 'q', stream: true }), {
    name: 'ResponseError',
    status_code: 404,
    message: "model 'absent' not found",
  });
});

test('an error line in the stream is a plain Error', async (t) => {
  const { server, read } = await start(t);
  server.next({ error: { afterTokens: 2, message: 'model runner has unexpectedly stopped' } });
  await assert.rejects(read(), { name: 'Error', message: 'model runner has unexpectedly stopped' });
});

test('a stream without done is an Error of its own', async (t) => {
  const { server, read } = await start(t);
  t.mock.method(console, 'warn', () => {});
  for (const scenario of ['no-end', 'cut:200']) {
    server.next(scenario);
    await assert.rejects(read(), { message: 'Did not receive done or success response in stream.' }, scenario);
  }
});

test('a reset in mid-stream is TypeError: terminated', async (t) => {
  const { server, read } = await start(t);
  server.next('reset:200');
  await assert.rejects(read(), { name: 'TypeError', message: 'terminated' });
});

test('a closed port is TypeError: fetch failed', async () => {
  const client = new Ollama({ host: `http://127.0.0.1:${await closedPort()}` });
  await assert.rejects(client.generate({ model: MODEL, prompt: 'q', stream: true }), {
    name: 'TypeError',
    message: 'fetch failed',
  });
});

test('abort() in mid-stream is an AbortError and ends the generation', async (t) => {
  const { server, client, read } = await start(t, { decodeTokensPerSecond: 200 });
  server.next('endless');
  await assert.rejects(
    read(() => client.abort()),
    { name: 'AbortError' },
  );
  const call = await server.book.waitFor((book) => book.calls.find((each) => each.closedBy));
  assert.deepEqual([call.closedBy, call.phase], ['client', 'decoding']);
});

test('abort() does nothing before the headers, a signal of our own in fetch does', async (t) => {
  const { server, client, read } = await start(t, { loadMs: 10_000 });
  let ended = false;
  const waiting = read().finally(() => (ended = true));
  await server.book.waitFor((book) => book.last?.phase === 'loading');
  client.abort();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(ended, false, 'the stream is not registered yet');

  const mine = new AbortController();
  const own = new Ollama({
    host: server.url,
    fetch: (url, init) =>
      fetch(url, { ...init, signal: AbortSignal.any([init?.signal, mine.signal].filter((signal) => !!signal)) }),
  });
  const aborted = own.generate({ model: MODEL, prompt: 'q', stream: true });
  await server.book.waitFor((book) => book.calls.length === 2);
  mine.abort();
  await assert.rejects(aborted, { name: 'AbortError' });
  await server.book.waitFor((book) => book.calls[1]?.closedBy === 'client');
  await server.stop();
  await assert.rejects(waiting);
});

test('an HTML page with status 200 is warned about on the console with its content, then no done', async (t) => {
  const { server, read } = await start(t);
  const warnings: string[] = [];
  t.mock.method(console, 'warn', (...parts: unknown[]) => warnings.push(parts.join(' ')));
  server.next('html');
  await assert.rejects(read(), { message: 'Did not receive done or success response in stream.' });
  assert.match(warnings.join('\n'), /Sign in/);
});

test('blank keep-alive lines make the client warn, not fail', async (t) => {
  const { server, client } = await start(t);
  t.mock.method(console, 'warn', () => {});
  server.next('keep-alive:5');
  const stream = await client.generate({ model: MODEL, prompt: 'q', stream: true });
  setTimeout(() => stream.abort(), 50);
  await assert.rejects(
    async () => {
      for await (const _part of stream) assert.fail('no content was sent');
    },
    { name: 'AbortError' },
  );
});

test('chat, thinking and tool calls come through', async (t) => {
  const { server, client } = await start(t, { models: ['qwen3:8b'] });
  server.script({ text: 'said', reasoning: 'thought', toolCalls: [{ name: 'f', arguments: { x: 1 } }] });
  let said = '';
  let thought = '';
  const calls: string[] = [];
  const stream = await client.chat({ model: 'qwen3:8b', messages: [{ role: 'user', content: 'q' }], stream: true });
  for await (const { message } of stream) {
    said += message.content;
    thought += message.thinking ?? '';
    calls.push(...(message.tool_calls ?? []).map((call) => call.function.name));
  }
  assert.deepEqual([said, thought, calls], ['said', 'thought', ['f']]);
});
