/** The time model of the Ollama server: cache, slot, load, abort. Ratios and lower bounds only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parseLines, post, readAll } from './client.ts';
import { startOllama } from './ollama.ts';
import type { OllamaOptions } from './ollamaHost.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';

async function start(t: TestContext, options: OllamaOptions) {
  const server = await startOllama(options);
  t.after(() => server.stop());
  server.script('ok');
  const request = (body: object, signal?: AbortSignal) =>
    post(`${server.url}/api/generate`, { model: MODEL, raw: true, ...body }, signal ? { signal } : {});
  const last = async (body: object) => parseLines(await (await request(body)).text()).at(-1) as Record<string, number>;
  return { server, request, last };
}

const TEXT = Array.from({ length: 300 }, (_, i) => ` word${i}`).join('');

test('a prompt that continues the previous one is evaluated only where it differs', async (t) => {
  const { server, last } = await start(t, { promptTokensPerSecond: 5000 });
  const first = await last({ prompt: TEXT });
  const second = await last({ prompt: `${TEXT} and more` });
  const changed = await last({ prompt: `different ${TEXT}` });
  assert.ok(second.prompt_eval_count! > first.prompt_eval_count!, 'the count includes cached tokens');
  assert.ok(second.prompt_eval_duration! < first.prompt_eval_duration! / 4);
  assert.ok(changed.prompt_eval_duration! > first.prompt_eval_duration! / 2, 'a new beginning loses the cache');
  const [, { tokens }] = server.book.calls as [unknown, (typeof server.book.calls)[0]];
  assert.equal(tokens.inputCached, first.prompt_eval_count);
  assert.equal(tokens.inputCached + tokens.inputFresh, second.prompt_eval_count);
});

test('the same prompt again evaluates one token', async (t) => {
  const { server, last } = await start(t, {});
  await last({ prompt: TEXT });
  await last({ prompt: TEXT });
  assert.equal(server.book.last!.tokens.inputFresh, 1);
});

test('another request on the model takes the cache away, another model does not', async (t) => {
  const { server, last } = await start(t, {});
  await last({ prompt: TEXT });
  await last({ model: 'qwen2.5-coder:7b', prompt: 'other' });
  await last({ prompt: TEXT });
  assert.equal(server.book.last!.tokens.inputFresh, 1);
  await last({ prompt: 'other' });
  await last({ prompt: TEXT });
  assert.equal(server.book.last!.tokens.inputCached, 0);
});

test('decoding takes the time its rate says', async (t) => {
  const { server, last } = await start(t, { decodeTokensPerSecond: 200 });
  server.script({ text: Array.from({ length: 20 }, (_, i) => `t${i} `) });
  const { eval_count, eval_duration } = await last({ prompt: 'x' });
  const rate = eval_count! / (eval_duration! / 1e9);
  assert.ok(rate <= 220 && rate > 40, `${rate} tokens/s`);
  server.timing.decodeTokensPerSecond = Infinity;
  assert.ok((await last({ prompt: 'x' })).eval_duration! < eval_duration! / 2, 'speeds can be changed at run time');
});

test('a cold model loads once; other runner options reload it, and automatic equals automatic', async (t) => {
  const { server, last } = await start(t, { loadMs: 60 });
  assert.ok((await last({ prompt: 'x' })).load_duration! >= 59e6);
  assert.ok((await last({ prompt: 'x', options: { temperature: 0, num_predict: 9 } })).load_duration! < 30e6);
  assert.equal(server.loads(MODEL), 1);
  await last({ prompt: 'x', options: { num_ctx: 2048 } });
  assert.equal(server.loads(MODEL), 2);
  await last({ prompt: 'x', options: { num_ctx: 2048 } });
  assert.equal(server.loads(MODEL), 2);
  await last({ prompt: 'x', shift: false, options: { num_ctx: 2048 } });
  assert.equal(server.loads(MODEL), 3);
  await last({ prompt: 'x' });
  assert.equal(server.loads(MODEL), 4, 'two callers with different options thrash');
  assert.deepEqual(
    server.book.calls.map((call) => call.loadedModel),
    [true, false, true, false, true, true],
  );
});

test('a preloaded model is warm', async (t) => {
  const { server, last } = await start(t, { loadMs: 5000 });
  server.preload(MODEL);
  assert.ok((await last({ prompt: 'x' })).load_duration! < 1e9);
});

test('keep_alive ends the stay of a model', async (t) => {
  const { server, last } = await start(t, {});
  await last({ prompt: 'x', keep_alive: '20ms' });
  await new Promise((resolve) => setTimeout(resolve, 40));
  await last({ prompt: 'x' });
  assert.equal(server.loads(MODEL), 2);
});

test('the model unused for longest makes room', async (t) => {
  const { server, last } = await start(t, { models: ['a', 'b', 'c'], maxLoadedModels: 2 });
  for (const model of ['a', 'b', 'c', 'b', 'a']) {
    await last({ model, prompt: 'x' });
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  assert.deepEqual(
    ['a', 'b', 'c'].map((model) => server.loads(model)),
    [2, 1, 1],
  );
});

test('one slot: the second request waits without headers, its wait is in total_duration only', async (t) => {
  const { server, request, last } = await start(t, { decodeTokensPerSecond: 100 });
  server.script({ text: Array.from({ length: 15 }, (_, i) => `t${i} `) });
  const first = request({ prompt: 'a' });
  await server.book.waitFor((book) => book.calls[0]?.phase === 'decoding');
  const second = last({ prompt: 'b' });
  await server.book.waitFor((book) => book.calls[1]?.phase === 'queued');
  assert.equal(server.book.calls[1]!.status, undefined);
  await (await first).text();
  const { total_duration, load_duration, eval_duration, prompt_eval_duration } = await second;
  const waited = total_duration! - (load_duration ?? 0) - eval_duration! - (prompt_eval_duration ?? 0);
  assert.ok(waited > 40e6, `${waited} ns`);
  assert.ok((load_duration ?? 0) < 40e6);
});

test('numParallel serves that many at once', async (t) => {
  const { server, request } = await start(t, { numParallel: 2, decodeTokensPerSecond: 100 });
  server.always('endless');
  const abort = new AbortController();
  const running = ['a', 'b', 'c'].map((prompt) =>
    request({ prompt }, abort.signal)
      .then(readAll)
      .catch(() => {}),
  );
  await server.book.waitFor((book) => book.calls.filter(({ phase }) => phase === 'decoding').length === 2);
  await server.book.waitFor((book) => book.calls.filter(({ phase }) => phase === 'queued').length === 1);
  abort.abort();
  await Promise.all(running);
});

test('a full queue of loads is 503 with the text of Ollama', async (t) => {
  const { server, request } = await start(t, { maxQueue: 1, loadMs: 10_000 });
  const abort = new AbortController();
  const waiting = ['a', 'b'].map((prompt) => request({ prompt }, abort.signal).catch(() => {}));
  await server.book.waitFor((book) => book.calls.length === 2 && book.calls.some(({ phase }) => phase === 'loading'));
  await server.book.waitFor((book) => book.calls.some(({ phase }) => phase === 'queued'));
  const refused = await request({ prompt: 'c' });
  assert.equal(refused.status, 503);
  assert.deepEqual(await refused.json(), {
    error: 'server busy, please try again.  maximum pending requests exceeded',
  });
  abort.abort();
  await Promise.all(waiting);
});

for (const phase of ['loading', 'queued', 'prompt', 'decoding'] as const) {
  test(`a client that leaves while ${phase} frees everything at once`, async (t) => {
    const { server, request, last } = await start(t, {
      loadMs: phase === 'loading' ? 10_000 : 0,
      promptTokensPerSecond: phase === 'prompt' ? 100 : Infinity,
      decodeTokensPerSecond: 200,
    });
    const abort = new AbortController();
    const blocker = new AbortController();
    if (phase === 'queued') {
      server.next('endless');
      void request({ prompt: 'blocker' }, blocker.signal)
        .then(readAll)
        .catch(() => {});
      await server.book.waitFor((book) => book.calls[0]?.phase === 'decoding');
    }
    if (phase === 'decoding') server.next('endless');
    const leaving = request({ prompt: TEXT }, abort.signal)
      .then(readAll)
      .catch(() => {});
    const call = await server.book.waitFor((book) =>
      book.calls.find((each) => each.rawBody.includes('word0') && each.phase === phase),
    );
    if (phase === 'prompt') await new Promise((resolve) => setTimeout(resolve, 60));
    abort.abort();
    await leaving;
    await server.book.waitFor(() => call.closedBy === 'client');
    assert.equal(call.phase, phase);
    if (phase === 'loading' || phase === 'queued') assert.deepEqual(call.tokens.inputFresh + call.tokens.output, 0);
    if (phase === 'prompt') assert.ok(call.tokens.inputFresh > 0 && call.tokens.inputFresh < 300);
    blocker.abort();
    server.timing.loadMs = 0;
    server.timing.promptTokensPerSecond = Infinity;
    assert.equal((await last({ prompt: 'next' })).done, true);
  });
}

test('what was evaluated before an abort stays in the cache', async (t) => {
  const { server, request, last } = await start(t, { promptTokensPerSecond: 1000 });
  const abort = new AbortController();
  const leaving = request({ prompt: TEXT }, abort.signal).catch(() => {});
  const call = await server.book.waitFor((book) => book.calls.find((each) => each.phase === 'prompt'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  abort.abort();
  await leaving;
  await server.book.waitFor(() => call.closedBy);
  server.timing.promptTokensPerSecond = Infinity;
  await last({ prompt: TEXT });
  assert.equal(server.book.last!.tokens.inputCached, call.tokens.inputFresh);
});
