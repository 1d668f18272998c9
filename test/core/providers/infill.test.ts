import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { StatedInfill } from '../../../src/core/common/infillSetting.ts';
import { statedInfill } from '../../../src/core/common/infillSetting.ts';
import { chooseFormat } from '../../../src/core/completion/fim.ts';
import { fillsGap, gapRequest, tryInfill } from '../../../src/core/completion/tryInfill.ts';
import { INLINE_LIMITS } from '../../../src/core/gateway/call.ts';
import { guardFetch } from '../../../src/core/providers/guardedFetch.ts';
import { probeInfill } from '../../../src/core/providers/infill.ts';
import type { FimRequest } from '../../../src/core/common/types.ts';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import {
  startCompletions,
  startDeepSeek,
  startLlamaCpp,
  startMistral,
  type InfillServerInTest,
} from '../../servers/infillServers.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';
import { openFetch } from '../../support/fetch.ts';

const never = new AbortController().signal;

/** The wire as the extension makes it, with its guard. */
const wireOf = (url: string) => {
  const limits = { lineBytes: 1e6, responseBytes: 1e6, requestBytes: 1e6 };
  const { fetch } = guardFetch({ fetch: openFetch, origin: url, signal: never, limits });
  return { baseUrl: `${url}/v1`, apiKey: 'sk-test', headers: {}, fetch };
};

/** A server, what it is asked through the gateway, and what comes of it. */
async function fill(
  t: TestContext,
  server: InfillServerInTest,
  model: string,
  infill?: Readonly<Record<string, StatedInfill>>,
  over: Partial<FimRequest> = {},
) {
  t.after(() => server.stop());
  const prices = { [model]: { input: 1, output: 2 } };
  const { gateway, ledger, settings } = testGateway(openAiAt(server.url, { prices, ...(infill ? { infill } : {}) }));
  const facts = await probeInfill(wireOf(server.url));
  const stated = statedInfill(settings.providers.get('cloud')?.infill, model);
  const format = chooseFormat({ model, ...facts, stated });
  assert.ok(format.mode === 'raw' || format.mode === 'suffix', `${model}: ${format.mode}`);
  const request = { ...gapRequest(format), ...over };
  const call = chatCall(model, { tier: 'local', task: 'completion', request, limits: INLINE_LIMITS });
  const { text, result } = await finish(gateway.stream(call, never));
  return { text, result, facts, asked: server.asked.at(-1), ledger };
}

test('llama.cpp: found by /props, asked at /infill, without the version of the address', async (t) => {
  const server = await startLlamaCpp();
  const { text, result, facts, asked } = await fill(t, server, 'anything');
  assert.deepEqual(facts, {
    api: 'llama.cpp',
    contextTokens: 8192,
    basename: 'ggml-org_Qwen2.5-Coder-1.5B-Q8_0-GGUF.gguf',
  });
  assert.deepEqual([text, result.outcome, result.finish], ['a + b', 'done', 'stop']);
  assert.deepEqual([result.usage.input, result.usage.output], [41, 3]);
  assert.equal(asked?.path, '/infill');
  assert.match(String(asked.body['input_prefix']), /return $/);
  assert.match(String(asked.body['input_suffix']), /^;\n\}/);
  assert.deepEqual([asked.body['n_predict'], asked.body['stream']], [16, true]);
});

test('llama.cpp: files of the context are sent as such, a limit is a cut, and a model without the tokens says so', async (t) => {
  const server = await startLlamaCpp();
  const files = [{ path: 'b.ts', text: 'b();' }];
  const prompt = { prefix: 'p', suffix: 's', api: 'llama.cpp', files } as const;
  const { result, asked } = await fill(t, server, 'anything', undefined, { prompt, maxTokens: 1 });
  assert.equal(result.finish, 'length');
  assert.deepEqual(asked?.body['input_extra'], [{ filename: 'b.ts', text: 'b();' }]);
  const other = await startLlamaCpp({ infills: false });
  const failed = await fill(t, other, 'anything');
  assert.ok(failed.result.failure);
  assert.equal(failed.result.failure.kind, 'unsupported');
  assert.match(failed.result.failure.detail ?? '', /prefix token is missing/);
});

test('llama.cpp: the end in all its spellings; one that is not stated means an incomplete answer, and counts that are not stated are no zero', async (t) => {
  const old = { stop_type: undefined };
  for (const [ending, finish, outcome] of [
    [{ stop_type: 'word' }, 'stop', 'done'],
    [{ ...old, stopped_eos: true, stopped_limit: false }, 'stop', 'done'],
    [{ ...old, stopped_word: true, stopped_limit: false }, 'stop', 'done'],
    [{ ...old, stopped_eos: false, stopped_limit: true }, 'length', 'done'],
    [{ stop_type: 'none' }, 'unknown-end', 'partial'],
    [{ stop_type: 7 }, 'unknown-end', 'partial'],
    [old, 'unknown-end', 'partial'],
  ] as const) {
    const { text, result } = await fill(t, await startLlamaCpp({ ending }), 'anything');
    const end = result.finish ?? result.failure?.kind;
    assert.deepEqual([text, end, result.outcome], ['a + b', finish, outcome], JSON.stringify(ending));
  }
  const { result } = await fill(t, await startLlamaCpp({ ending: { tokens_predicted: undefined } }), 'anything');
  assert.ok((result.usage.output ?? 0) > 0, JSON.stringify(result.usage));
});

test('llama.cpp: while it loads its model, it is a server that is not ready, not one without /props', async (t) => {
  const server = await startLlamaCpp({ loading: true });
  t.after(() => server.stop());
  await assert.rejects(probeInfill(wireOf(server.url)), /./);
});

test('a server that refuses or does not know /props is another server, whatever it answers', async (t) => {
  for (const status of [400, 401, 403, 404, 405, 410, 422, 500, 501]) {
    const server = createServer((_, response) => response.writeHead(status).end('{"detail":"no"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    assert.deepEqual(await probeInfill(wireOf(`http://127.0.0.1:${port}`)), {}, String(status));
  }
});

for (const kind of ['vllm', 'lmstudio'] as const)
  test(`${kind}: a raw prompt of the model’s family at /v1/completions, with usage`, async (t) => {
    const server = await startCompletions(kind);
    const { text, result, facts, asked } = await fill(t, server, 'Qwen/Qwen2.5-Coder-7B');
    assert.deepEqual(facts, {});
    assert.deepEqual([text, result.outcome, result.finish], ['a + b', 'done', 'stop']);
    assert.deepEqual([result.usage.input, result.usage.output, result.usageEstimated ?? false], [20, 4, false]);
    assert.equal(asked?.path, '/v1/completions');
    assert.match(String(asked.body['prompt']), /^<\|fim_prefix\|>[^]*<\|fim_suffix\|>[^]*<\|fim_middle\|>$/);
    assert.equal(asked.body['suffix'], undefined);
    const stop = asked.body['stop'] as string[];
    assert.ok(stop.includes('<|endoftext|>') && stop.length <= 4, 'hosts refuse more than four');
  });

test('vllm: a suffix that it refuses is a model that cannot infill this way, in its words', async (t) => {
  const server = await startCompletions('vllm');
  const { result } = await fill(t, server, 'mycompany/complete', { '*': 'suffix' });
  assert.ok(result.failure);
  assert.equal(result.failure.kind, 'unsupported');
  assert.match(result.failure.detail ?? '', /suffix is not currently supported/);
});

test('a server that takes a suffix, by the setting', async (t) => {
  const server = await startCompletions('suffix');
  const { text, asked } = await fill(t, server, 'mycompany/complete', { 'mycompany/complete': 'suffix' });
  assert.equal(text, 'a + b');
  assert.match(String(asked?.body['suffix']), /^;\n\}/);
});

test('marks of the user’s own', async (t) => {
  const server = await startCompletions('vllm');
  const { asked } = await fill(t, server, 'mine', { mine: { prefix: '<P>', suffix: '<S>', middle: '<M>' } });
  assert.match(String(asked?.body['prompt']), /^<P>function[^]*<S>;[^]*<M>$/);
});

test('Mistral: /v1/fim/completions, only with fields that it knows, priced like every cloud call', async (t) => {
  const server = await startMistral();
  const { text, result, asked, ledger } = await fill(t, server, 'codestral-2508', { '*': 'mistral-api' });
  assert.deepEqual([text, result.outcome, result.finish], ['a + b', 'done', 'stop']);
  assert.equal(asked?.path, '/v1/fim/completions');
  assert.equal(asked.key, 'Bearer sk-test');
  assert.equal(result.cost.nanoUsd, 18 * 1_000 + 4 * 2_000);
  assert.equal(ledger.settled[0]?.outcome, 'done');
});

test('DeepSeek: /beta/completions, whose cache is counted apart', async (t) => {
  const server = await startDeepSeek();
  const { text, result, asked } = await fill(t, server, 'deepseek-v4-pro', { '*': 'deepseek-api' });
  assert.deepEqual([text, result.outcome], ['a + b', 'done']);
  assert.deepEqual([result.usage.input, result.usage.cacheRead, result.usage.output], [20, 10, 4]);
  assert.equal(asked?.path, '/beta/completions');
});

test('the vendors are known by their address, without a question', async () => {
  const fetch = (): never => assert.fail('asked');
  for (const [baseUrl, api] of [
    ['https://api.mistral.ai/v1', 'mistral-api'],
    ['https://codestral.mistral.ai/v1', 'mistral-api'],
    ['https://api.deepseek.com', 'deepseek-api'],
  ] as const)
    assert.deepEqual(await probeInfill({ baseUrl, apiKey: null, headers: {}, fetch }), { api });
});

test('a server that leaves the machine needs consent, and private mode sends nothing', async (t) => {
  for (const [extra, kind] of [
    [{ 'consent.cloud': [] }, 'no-consent'],
    [{ private: true }, 'private'],
  ] as const) {
    const server = await startMistral();
    t.after(() => server.stop());
    const { gateway } = testGateway({ ...openAiAt(server.url), ...extra });
    const request = gapRequest({ mode: 'suffix', api: 'mistral-api' });
    const call = chatCall('codestral', { tier: 'local', task: 'completion', request, limits: INLINE_LIMITS });
    const { result } = await finish(gateway.stream(call, never));
    assert.equal(result.failure?.kind, kind);
    assert.equal(server.asked.length, 0);
  }
});

test('a budget holds for ghost text of a paid server as for every call', async (t) => {
  const server = await startMistral();
  const dir = mkdtempSync(path.join(tmpdir(), 'infill-'));
  const { store } = await openLedger({ dir, windowId: 'w', clock: Date.now, log: () => undefined });
  t.after(async () => {
    await Promise.all([server.stop(), store.close()]);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const usd = 0.000_01;
  const budget = { usd, period: 'day', warnAt: 0.8, stop: 'refuse' } as const;
  const limit = { since: 0, tier: null, workspace: null, nanoUsd: usd * 1e9 };
  const prices = { codestral: { input: 1_000, output: 2_000 } };
  const { gateway } = testGateway(openAiAt(server.url, { prices }), {
    ledger: store,
    budgets: () => [{ budget, limit }],
  });
  const request = gapRequest({ mode: 'suffix', api: 'mistral-api' });
  const call = chatCall('codestral', { tier: 'local', task: 'completion', request, limits: INLINE_LIMITS });
  const { result } = await finish(gateway.stream(call, never));
  assert.equal(result.failure?.kind, 'budget');
  assert.equal(server.asked.length, 0);
});

test('a try is judged by its answer', async () => {
  for (const [answer, fills] of [
    ['a + b', true],
    ['a + b;\n}', true],
    ['(a + b)', true],
    ['The function adds a + b.', false],
    ['<|fim_suffix|>a + b', false],
    ['', false],
  ] as const)
    assert.equal(fillsGap(answer), fills, answer);
  const asked: FimRequest[] = [];
  const found = await tryInfill((request) => {
    asked.push(request);
    return Promise.resolve('raw' in request.prompt && request.prompt.raw.includes('<fim_prefix>') ? 'a + b' : 'Sure!');
  });
  assert.equal(found, 'starcoder');
  assert.ok(asked.every(({ maxTokens }) => maxTokens <= 16));
  assert.equal(await tryInfill(() => Promise.resolve('I cannot.')), undefined);
});

const choice = (text: unknown, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason }] })}\n\n`;
const SOME = choice('a') + choice(' + b');
const COUNT = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}\n\n';
let gaps = 0;

/** What comes of a question about a gap that is answered by the bodies in turn; a refusal is one with its status. */
async function answered(
  bodies: readonly (string | { readonly status: number; readonly body: object })[],
  { infill, model = `gap${gaps++}` }: { readonly infill?: StatedInfill; readonly model?: string } = {},
) {
  const sent: Record<string, unknown>[] = [];
  const fetch: typeof globalThis.fetch = (_, init) => {
    sent.push(JSON.parse(String(init?.body)) as Record<string, unknown>);
    const body = bodies[Math.min(sent.length, bodies.length) - 1] ?? '';
    if (typeof body !== 'string') return Promise.resolve(Response.json(body.body, { status: body.status }));
    const type = body.startsWith('{') ? 'application/json' : 'text/event-stream';
    return Promise.resolve(new Response(body, { headers: { 'content-type': type } }));
  };
  const { gateway } = testGateway(openAiAt('http://127.0.0.1:9994', { prices: { [model]: { input: 1, output: 2 } } }), {
    fetch,
  });
  const format = chooseFormat({ model, stated: infill ?? 'qwen' });
  assert.ok(format.mode === 'raw' || format.mode === 'suffix');
  const request = gapRequest(format);
  const call = chatCall(model, { tier: 'local', task: 'completion', request, limits: INLINE_LIMITS });
  const { text, result } = await finish(gateway.stream(call, never));
  return { text, sent, model, outcome: result.outcome, kind: result.failure?.kind, usage: result.usage, result };
}

test('answers to a gap are read in every shape in which answers in a chat are', async () => {
  for (const [what, body] of [
    ['a reason', SOME + choice('', 'stop')],
    ['only the end mark', `${SOME}data: [DONE]\n\n`],
    ['only the count', SOME + COUNT],
    ['a reason on every piece', choice('a', 'stop') + choice(' + b', 'stop')],
    ['pings in between', `${choice('a')}data: ping\n\n: on\n\nevent: ping\n\n${choice(' + b')}data: [DONE]\n\n`],
    ['parts', choice([{ type: 'text', text: 'a + b' }], 'stop')],
    [
      'a message',
      `data: ${JSON.stringify({ choices: [{ message: { content: 'a + b' }, finish_reason: 'stop' }] })}\n\n`,
    ],
    ['no stream', JSON.stringify({ choices: [{ text: 'a + b', finish_reason: 'stop' }] })],
    ['llama.cpp, no stream', JSON.stringify({ content: 'a + b', stop: true, stop_type: 'eos' })],
  ] as const) {
    const { text, outcome, result } = await answered([body]);
    assert.deepEqual([text, outcome], ['a + b', 'done'], `${what}: ${JSON.stringify(result.failure)}`);
  }
  const counted = await answered([SOME + COUNT]);
  assert.deepEqual([counted.usage.input, counted.usage.output], [9, 3]);
  for (const [body, kind] of [
    [SOME, 'incomplete'],
    [SOME + choice('', 'abort'), 'server-error'],
    [SOME + choice('', 'brand_new'), 'unknown-end'],
  ] as const) {
    const cut = await answered([body]);
    assert.notEqual(cut.outcome, 'done', body);
    assert.equal(cut.kind, kind, body);
  }
  const mark = await answered([choice('</think>') + choice('x', 'stop')]);
  assert.equal(mark.text, '</think>x', 'code may hold what would be a mark of thoughts in a chat');
});

test('what a server refuses of a question about a gap is left out once, and remembered', async () => {
  const good = `${SOME}data: [DONE]\n\n`;
  for (const [field, words] of [
    ['stream_options', 'Unrecognized request argument supplied: stream_options'],
    ['temperature', "Unsupported value: 'temperature' does not support 0 with this model."],
    ['stop', "Unsupported parameter: 'stop' is not supported with this model."],
    ['stream', 'Streaming is not supported for this model'],
    ['max_tokens', "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."],
  ] as const) {
    const refusal = { status: 400, body: { error: { message: words } } };
    const { outcome, sent, model, text } = await answered([refusal, good]);
    assert.deepEqual([outcome, text, sent.length], ['done', 'a + b', 2], words);
    assert.ok(field in (sent[0] ?? {}) && !(field in (sent[1] ?? {})), words);
    const again = await answered([good], { model });
    assert.ok(again.sent.length === 1 && !(field in (again.sent[0] ?? {})), words);
  }
});
