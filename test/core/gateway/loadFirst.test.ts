import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MODEL_WINDOWS } from '../../../src/core/common/modelWindows.ts';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import { CHAT_LIMITS } from '../../../src/core/gateway/call.ts';
import { failureOfStatus } from '../../../src/core/providers/httpFailures.ts';
import { startOllama } from '../../servers/ollama.ts';
import { chatCall, finish, testGateway } from '../../support/gateway.ts';

const never = new AbortController().signal;
const SHORT = { ...CHAT_LIMITS, headersMs: 400, firstTokenMs: 400 };

async function local(t: TestContext, options: Parameters<typeof startOllama>[0] = {}) {
  const server = await startOllama({ models: [{ name: 'small' }], ...options });
  t.after(() => server.stop());
  const raw = {
    providers: { ollama: { kind: 'ollama', baseUrl: server.url } },
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  };
  const call = (content: string) =>
    chatCall('small', {
      chain: [{ provider: 'ollama', model: 'small' }],
      limits: SHORT,
      request: { kind: 'chat', messages: [{ role: 'user', content }], maxTokens: 50 },
    });
  return { server, call, ...testGateway(raw) };
}

test('a model that loads longer than an answer may take is loaded first, with the seconds shown, and answers', async (t) => {
  const { server, call, gateway, ledger } = await local(t, { loadMs: 2_300 });
  server.script('Here I am.');
  const { text, events, result } = await finish(gateway.stream(call('Are you there?'), never));
  assert.equal(text, 'Here I am.', JSON.stringify(result.failure));
  const told = events.flatMap((event) => (event.kind === 'loading' ? [Math.round(event.ms / 1_000)] : []));
  assert.deepEqual(told, [1, 2]);
  assert.equal(server.loads('small'), 1);
  assert.equal(ledger.settled.length, 1, 'a load has no row');
  const again = await finish(gateway.stream(call('And now?'), never));
  assert.deepEqual(
    again.events.filter(({ kind }) => kind === 'loading'),
    [],
  );
});

test('stopped while the model loads: the call ends at once, without a row', async (t) => {
  const { call, gateway, ledger } = await local(t, { loadMs: 60_000 });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const started = performance.now();
  const { result } = await finish(gateway.stream(call('Are you there?'), stop.signal));
  assert.equal(result.outcome, 'cancelled');
  assert.ok(performance.now() - started < 1_000);
  assert.equal(ledger.opened.length, 0);
});

test('the window that the server runs the model with bounds a prompt, and both sizes are shown', async (t) => {
  const { server, call, gateway } = await local(t, { contextLength: 512 });
  await finish(gateway.stream(call('hello'), never));
  assert.equal(MODEL_WINDOWS.get(server.url, 'small'), 512);
  const { result } = await finish(gateway.stream(call('word and word; '.repeat(600)), never));
  assert.equal(result.failure?.kind, 'context-length');
  assert.equal(result.failure?.sizes?.window, 512);
  assert.ok((result.failure?.sizes?.tokens ?? 0) > 512);
  const { text } = describeFailure(result.failure!, result.place!);
  assert.match(text, /512-token context window of small.*OLLAMA_CONTEXT_LENGTH.*num_ctx/);
  assert.doesNotMatch(text, /\{/);
});

test('a prompt that an old server calls too long without figures has the remedy too', () => {
  const place = { provider: 'ollama', host: '127.0.0.1:11434', model: 'small', kind: 'ollama' } as const;
  const failure = failureOfStatus(400, new Headers(), '{"error":"the input length exceeds the context length"}');
  assert.equal(failure.kind, 'context-length');
  assert.match(describeFailure(failure, place).text, /context window of small.*OLLAMA_CONTEXT_LENGTH/);
});

test('a stopped answer of a local model is free, and its text does not mention a bill', async (t) => {
  const { server, call, gateway, ledger } = await local(t);
  server.script('word '.repeat(2_000));
  const stop = new AbortController();
  for await (const event of gateway.stream(call('Go on'), stop.signal)) {
    if (event.kind === 'text') stop.abort();
    if (event.kind !== 'end') continue;
    assert.equal(event.result.outcome, 'cancelled');
    assert.deepEqual(event.result.cost, { nanoUsd: 0, source: 'free' });
    assert.ok(event.result.usage.output < 50, 'what arrived, not the limit');
    assert.deepEqual(event.result.notes, []);
  }
  assert.equal(ledger.settled.at(-1)?.note ?? null, null);
});

test('a cloud model that needs a sign-in says so, and how to sign in', () => {
  const place = { provider: 'ollama', host: '127.0.0.1:11434', model: 'gpt-oss:120b-cloud', kind: 'ollama' } as const;
  const body = '{"error":"unauthorized","signin_url":"https://ollama.com/connect?name=a"}';
  const { text, next } = describeFailure(failureOfStatus(401, new Headers(), body), place);
  assert.match(text, /ollama signin/);
  assert.equal(next, 'retry');
});
