import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Ollama } from 'ollama/browser';
import { parseEvents, parseLines, post, postJson, rawExchange } from './client.ts';
import { startOllama } from './ollama.ts';
import type { OllamaOptions } from './ollamaHost.ts';

const BASE = 'qwen2.5-coder:1.5b-base';
const MODELS = [BASE, 'qwen3:8b', 'nomic-embed-text', 'codestral:22b', 'gpt-oss:120b-cloud', 'granite3.3:2b'];

async function start(t: TestContext, options: OllamaOptions = {}) {
  const server = await startOllama({ models: MODELS, ...options });
  t.after(() => server.stop());
  const generate = (body: object) => post(`${server.url}/api/generate`, { model: BASE, ...body });
  return { server, generate };
}

test('liveness, version, tags, ps and the OpenAI list answer like Ollama, HEAD too', async (t) => {
  const { server } = await start(t);
  assert.equal(await (await fetch(server.url)).text(), 'Ollama is running');
  const json = async (path: string) => (await (await fetch(server.url + path)).json()) as Record<string, unknown>;
  assert.deepEqual(await json('/api/version'), { version: '0.32.9' });
  const tags = (await json('/api/tags')).models as Record<string, unknown>[];
  assert.equal(tags.length, MODELS.length);
  assert.equal(tags[0]!.name, BASE);
  assert.deepEqual(tags[0]!.capabilities, ['completion', 'insert']);
  assert.equal(tags[4]!.remote_host, 'https://ollama.com:443');
  assert.deepEqual(await json('/api/ps'), { models: [] });
  assert.equal(((await json('/v1/models')).data as unknown[]).length, MODELS.length);
  const head = await fetch(`${server.url}/api/version`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  assert.equal((await fetch(`${server.url}/v2`)).status, 404);
});

test('show tells capabilities, template and the context key of the architecture', async (t) => {
  const { server } = await start(t);
  const info = await postJson(`${server.url}/api/show`, { model: BASE });
  assert.deepEqual(info.capabilities, ['completion', 'insert']);
  assert.match(String(info.template), /\.Suffix/);
  assert.equal((info.model_info as Record<string, unknown>)['general.architecture'], 'qwen2');
  assert.equal((info.model_info as Record<string, unknown>)['qwen2.context_length'], 32768);
  assert.equal((await post(`${server.url}/api/show`, { model: 'absent' })).status, 404);
  assert.equal((await post(`${server.url}/api/show`, { model: 'no good name' })).status, 400);
  const viaClient = await new Ollama({ host: server.url }).show({ model: 'granite3.3:2b' });
  assert.deepEqual(viaClient.capabilities, ['completion', 'tools']);
});

test('a generate stream is NDJSON with integer nanoseconds and counts in the last line', async (t) => {
  const { server, generate } = await start(t, { loadMs: 20, promptTokensPerSecond: 2000, decodeTokensPerSecond: 500 });
  server.script('return a + b;');
  const response = await generate({ prompt: '<|fim_prefix|>add<|fim_suffix|>}<|fim_middle|>', raw: true });
  assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
  const lines = parseLines(await response.text());
  const last = lines.at(-1)!;
  assert.equal(lines.map((line) => line.response).join(''), 'return a + b;');
  assert.ok(lines.slice(0, -1).every((line) => line.done === false && !('eval_count' in line)));
  assert.equal(last.done, true);
  assert.equal(last.done_reason, 'stop');
  assert.equal('context' in last, false, 'raw mode returns no context');
  assert.equal(last.prompt_eval_count, 5);
  assert.equal(last.eval_count, lines.length - 1);
  for (const field of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration']) {
    assert.ok(Number.isInteger(last[field]) && Number(last[field]) > 0, field);
  }
  assert.ok(Number(last.load_duration) >= 19e6);
  assert.ok(Number(last.total_duration) >= Number(last.load_duration) + Number(last.eval_duration));
});

test('zero fields are left out: no answer means no eval_count', async (t) => {
  const { server, generate } = await start(t);
  server.script('');
  const last = parseLines(await (await generate({ prompt: 'x', raw: true })).text()).at(-1)!;
  assert.equal('eval_count' in last, false);
});

test('stream:false is one object', async (t) => {
  const { server, generate } = await start(t);
  server.script('whole');
  const response = await generate({ prompt: 'x', stream: false });
  assert.match(response.headers.get('content-type')!, /application\/json/);
  const answer = (await response.json()) as Record<string, unknown>;
  assert.equal(answer.response, 'whole');
  assert.equal(answer.done, true);
  assert.ok(Array.isArray(answer.context));
});

test('an empty prompt loads, with keep_alive 0 it unloads', async (t) => {
  const { server, generate } = await start(t);
  const load = (await (await generate({ prompt: '' })).json()) as Record<string, unknown>;
  assert.deepEqual([load.done, load.done_reason], [true, 'load']);
  const ps = async () =>
    ((await (await fetch(`${server.url}/api/ps`)).json()) as { models: { context_length: number }[] }).models;
  assert.equal((await ps())[0]!.context_length, 4096);
  const unload = (await (await generate({ prompt: '', keep_alive: 0 })).json()) as Record<string, unknown>;
  assert.equal(unload.done_reason, 'unload');
  assert.deepEqual(await ps(), []);
  await (await generate({ prompt: 'x', keep_alive: 0 })).text();
  assert.deepEqual(await ps(), [], 'keep_alive 0 unloads after the call');
  await (await generate({ prompt: 'x', keep_alive: '10m' })).text();
  assert.equal((await ps()).length, 1);
});

const REFUSALS: readonly [name: string, body: object, status: number, error: RegExp][] = [
  ['an absent model', { model: 'absent', prompt: 'x' }, 404, /^model 'absent' not found$/],
  [
    'raw with system',
    { prompt: 'x', raw: true, system: 's' },
    400,
    /^raw mode does not support template, system, or context$/,
  ],
  [
    'suffix without insert',
    { model: 'granite3.3:2b', prompt: 'x', suffix: 'y' },
    400,
    /^registry\.ollama\.ai\/library\/granite3\.3:2b does not support insert$/,
  ],
  [
    'think without thinking',
    { prompt: 'x', think: true },
    400,
    /^"qwen2\.5-coder:1\.5b-base" does not support thinking$/,
  ],
  [
    'an embedding model',
    { model: 'nomic-embed-text', prompt: 'x' },
    400,
    /^"nomic-embed-text" does not support generate$/,
  ],
  [
    'an option of a wrong type',
    { prompt: 'x', options: { num_ctx: '8' } },
    500,
    /^option "num_ctx" must be of type integer$/,
  ],
  ['a cloud model without sign-in', { model: 'gpt-oss:120b-cloud', prompt: 'x' }, 401, /^unauthorized$/],
  [
    'an overlong prompt',
    { prompt: 'x '.repeat(50), truncate: false, options: { num_ctx: 16 } },
    400,
    /^\{"error":\{"code":400,"message":"request \(\d+ tokens\) exceeds the available context size \(16 tokens\)/,
  ],
];

for (const [name, body, status, error] of REFUSALS) {
  test(`generate refuses ${name} with ${status}`, async (t) => {
    const { generate } = await start(t);
    const response = await generate(body);
    assert.equal(response.status, status);
    assert.match(((await response.json()) as { error: string }).error, error);
  });
}

test('unknown options are ignored, an empty body is refused', async (t) => {
  const { server, generate } = await start(t);
  assert.equal((await generate({ prompt: 'x', options: { no_such: 1 } })).status, 200);
  const empty = await fetch(`${server.url}/api/generate`, { method: 'POST' });
  assert.deepEqual([empty.status, await empty.json()], [400, { error: 'missing request body' }]);
});

test('a Host header that is not local gets an empty 403', async (t) => {
  const { server } = await start(t);
  const request = (host: string) => `GET /api/version HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  assert.match((await rawExchange(server.port, request('evil.example'))).text, /^HTTP\/1\.1 403 [\s\S]*\r\n\r\n$/);
  assert.match((await rawExchange(server.port, request('box.local:11434'))).text, /^HTTP\/1\.1 200 /);
});

test('prompt and suffix fill a gap; an empty suffix makes a chat of the prompt', async (t) => {
  const { server, generate } = await start(t);
  const kinds: string[] = [];
  server.script(({ kind, prefix, suffix, prompt }) => {
    kinds.push(kind);
    return kind === 'completion' ? `${prefix}|${suffix}` : prompt;
  });
  const text = async (body: object) =>
    ((await (await generate({ ...body, stream: false })).json()) as { response: string }).response;
  assert.equal(await text({ prompt: 'P', suffix: 'S' }), 'P|S');
  assert.match(await text({ prompt: 'P', suffix: '' }), /<\|im_start\|>user\nP<\|im_end\|>/);
  assert.equal(await text({ prompt: '[SUFFIX]S[PREFIX]P', raw: true, model: 'codestral:22b' }), 'P|S');
  assert.deepEqual(kinds, ['completion', 'chat', 'completion']);
});

test('stop texts end the answer and are not sent, num_predict ends it with length', async (t) => {
  const { server, generate } = await start(t);
  server.script('one two three four\nfive');
  const last = async (options: object) =>
    (await (await generate({ prompt: 'x', stream: false, options })).json()) as Record<string, unknown>;
  const stopped = await last({ stop: ['\n', 'zzz'] });
  assert.deepEqual([stopped.response, stopped.done_reason], ['one two three four', 'stop']);
  const limited = await last({ num_predict: 2 });
  assert.deepEqual([limited.response, limited.done_reason, limited.eval_count], ['one two', 'length', 2]);
});

test('truncation keeps num_keep tokens and the end, about half a window in all', async (t) => {
  const { server, generate } = await start(t);
  const body = { prompt: 'word '.repeat(300), raw: true, stream: false, options: { num_ctx: 100 } };
  const answer = (await (await generate(body)).json()) as Record<string, unknown>;
  assert.equal(answer.prompt_eval_count, 50);
  assert.equal(server.book.last!.tokens.inputFresh, 50);
});

test('a truncated FIM prompt loses the text before the gap, as on the real server', async (t) => {
  const { server, generate } = await start(t);
  server.script(({ prefix, suffix }) => `${prefix!.includes('HEAD')} ${suffix}`);
  const prompt = `<|fim_prefix|>HEAD ${'word '.repeat(300)}<|fim_suffix|>S<|fim_middle|>`;
  const answer = async (options: object) =>
    ((await (await generate({ prompt, raw: true, stream: false, options })).json()) as { response: string }).response;
  assert.equal(await answer({}), 'true S');
  assert.equal(await answer({ num_ctx: 100, num_keep: 1 }), 'false S');
});

test('without context shift the window ends the answer', async (t) => {
  const { server, generate } = await start(t);
  server.script('word '.repeat(20).replaceAll(/word/g, 'some text'));
  const body = { prompt: 'a b c', raw: true, stream: false, shift: false, options: { num_ctx: 10 } };
  const answer = (await (await generate(body)).json()) as Record<string, unknown>;
  assert.deepEqual([answer.done_reason, answer.eval_count], ['length', 7]);
});

test('a thinking model thinks unless asked not to', async (t) => {
  const { server } = await start(t);
  server.script({ text: 'said', reasoning: 'thought' });
  const chat = async (think?: boolean) => {
    const body = {
      model: 'qwen3:8b',
      stream: false,
      messages: [{ role: 'user', content: 'q' }],
      ...(think !== undefined && { think }),
    };
    return (await postJson(`${server.url}/api/chat`, body)).message as Record<string, unknown>;
  };
  assert.deepEqual(await chat(), { role: 'assistant', content: 'said', thinking: 'thought' });
  assert.deepEqual(await chat(false), { role: 'assistant', content: 'said' });
  assert.equal(server.book.calls[0]!.tokens.reasoning, 1);
});

test('the same token more than 30 times ends the stream silently', async (t) => {
  const { server, generate } = await start(t);
  server.script({ text: Array.from({ length: 60 }, () => ' na') });
  const lines = parseLines(await (await generate({ prompt: 'x' })).text());
  assert.ok(lines.every((line) => line.done === false && !('error' in line)));
  assert.equal(lines.length, 31);
});

test('a chat that is too long loses its oldest messages, not the system message', async (t) => {
  const { server } = await start(t);
  server.script(({ messages }) => JSON.stringify(messages!.map(({ content }) => content.slice(0, 3))));
  const filler = (mark: string) => `${mark} ${'word '.repeat(40)}`;
  const messages = [
    { role: 'system', content: filler('sys') },
    { role: 'user', content: filler('old') },
    { role: 'assistant', content: filler('ans') },
    { role: 'user', content: filler('new') },
  ];
  const body = { model: BASE, stream: false, messages, options: { num_ctx: 120 } };
  const { message } = (await postJson(`${server.url}/api/chat`, body)) as { message: { content: string } };
  assert.equal(message.content, '["sys","new"]');
});

test('the OpenAI side gives usage only when asked, and loses a mid-stream error', async (t) => {
  const { server } = await start(t);
  server.script('hi');
  const ask = async (more: object) =>
    parseEvents(
      await (
        await post(`${server.url}/v1/chat/completions`, {
          model: BASE,
          stream: true,
          messages: [{ role: 'user', content: 'q' }],
          ...more,
        })
      ).text(),
    );
  const plain = await ask({});
  assert.equal(plain.at(-1), '[DONE]');
  assert.ok(plain.every((event) => event === '[DONE]' || !('usage' in event)));
  const counted = await ask({ stream_options: { include_usage: true } });
  assert.deepEqual(Object.keys((counted.at(-2) as { usage: object }).usage), [
    'prompt_tokens',
    'completion_tokens',
    'total_tokens',
  ]);
  server.next('error:1');
  const broken = await ask({});
  assert.deepEqual((broken.at(-1) as { choices: unknown }).choices, []);
  assert.ok(!JSON.stringify(broken).includes('failed'), 'the message is lost');
  const missing = await post(`${server.url}/v1/chat/completions`, {
    model: 'absent',
    messages: [{ role: 'user', content: 'q' }],
  });
  assert.deepEqual(
    [missing.status, ((await missing.json()) as { error: { type: string } }).error.type],
    [404, 'not_found_error'],
  );
});

test('pull reports layers, can be broken off and resumes by remembered bytes', async (t) => {
  const { server } = await start(t, {
    registry: { 'new:1b': [4000, 100] },
    pullBytesPerSecond: 10_000,
    pullTickMs: 10,
  });
  const client = new Ollama({ host: server.url });
  const first = await client.pull({ model: 'new:1b', stream: true });
  await assert.rejects(
    async () => {
      for await (const progress of first) if (progress.completed > 500) first.abort();
    },
    { name: 'AbortError' },
  );
  const broken = await server.book.waitFor((book) => book.entries.find((entry) => entry.closedBy));
  assert.equal(broken.closedBy, 'client');
  await new Promise((resolve) => setTimeout(resolve, 30));
  const kept = server.pulledBytes('new:1b');
  assert.ok(kept > 500 && kept < 4100, `${kept}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(server.pulledBytes('new:1b'), kept, 'nothing is downloaded while nobody waits');

  const statuses: string[] = [];
  let resumedAt: number | undefined;
  for await (const progress of await client.pull({ model: 'new:1b', stream: true })) {
    if (progress.status !== statuses.at(-1)) statuses.push(progress.status);
    resumedAt ??= progress.completed;
  }
  assert.equal(resumedAt, kept);
  assert.equal(statuses[0], 'pulling manifest');
  assert.match(statuses[1]!, /^pulling [0-9a-f]{12}$/);
  assert.match(statuses[2]!, /^pulling [0-9a-f]{12}$/);
  assert.deepEqual(statuses.slice(3), [
    'verifying sha256 digest',
    'writing manifest',
    'removing unused layers',
    'success',
  ]);
  assert.ok(server.models().includes('new:1b'));
});

test('pull of an unknown model fails in the stream, or with 500 without one', async (t) => {
  const { server } = await start(t);
  const lines = parseLines(await (await post(`${server.url}/api/pull`, { model: 'absent' })).text());
  assert.deepEqual(lines.at(-1), { error: 'pull model manifest: file does not exist' });
  assert.equal((await post(`${server.url}/api/pull`, { model: 'absent', stream: false })).status, 500);
});

test('delete removes a model, a second time it is not found', async (t) => {
  const { server } = await start(t);
  const client = new Ollama({ host: server.url });
  await client.delete({ model: 'codestral:22b' });
  assert.ok(!server.models().includes('codestral:22b'));
  await assert.rejects(client.delete({ model: 'codestral:22b' }), { name: 'ResponseError', status_code: 404 });
});
