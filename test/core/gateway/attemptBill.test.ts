import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { billOf } from '../../../src/core/gateway/attemptBill.ts';
import { isSameModel } from '../../../src/core/common/modelNames.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';

const MODELS = [{ name: 'mid', price: { input: 0.25, output: 1 } }];
const PRICES = { mid: { input: 0.25, output: 1 } };
const never = new AbortController().signal;
const REQUEST = { ...chatCall('mid').request, maxTokens: 8_192 };

async function shop(t: TestContext, prices: object = PRICES) {
  const server = await startOpenAi({ models: MODELS, apiKey: 'sk-test' });
  t.after(() => server.stop());
  return { server, ...testGateway(openAiAt(server.url, { prices })) };
}

test('a stopped answer costs what arrived with the stated margin, not what was allowed', async (t) => {
  const { server, gateway, ledger } = await shop(t);
  server.script('one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen');
  server.next('stall:12');
  const stop = new AbortController();
  let tokens = 0;
  for await (const event of gateway.stream(chatCall('mid', { request: REQUEST }), stop.signal))
    if (event.kind === 'text' && ++tokens === 12) stop.abort();
  const [row] = ledger.settled;
  assert.equal(row?.outcome, 'cancelled');
  assert.equal(row?.cost.source, 'estimated');
  assert.equal(row?.usageEstimated, true);
  const made = server.book.calls[0];
  assert.ok(made && made.tokens.output === 12);
  assert.ok((row?.usage.output ?? 0) >= 12 && (row?.usage.output ?? 0) <= 2 * 12 + 16 + 10, String(row?.usage.output));
  assert.ok((row?.cost.nanoUsd ?? 0) >= made.costNano);
});

test('an answer that the server cut costs what arrived, with the margin', async (t) => {
  const { server, gateway, ledger } = await shop(t);
  server.script('one two three four five six');
  server.next('error:3');
  const { result } = await finish(gateway.stream(chatCall('mid', { request: REQUEST }), never));
  assert.equal(result.outcome, 'partial');
  const output = ledger.settled[0]?.usage.output ?? 0;
  assert.ok(output >= 3 && output <= 40, String(output));
});

test('output above the limit is billed as it was sent, and marked', async (t) => {
  const { server, gateway } = await shop(t);
  server.script('short');
  server.next({
    mapFrame: (frame) => [
      frame['usage']
        ? { ...frame, usage: { prompt_tokens: 10, completion_tokens: 3_000, total_tokens: 3_010 } }
        : frame,
    ],
  });
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.deepEqual(result.usage, { input: 10, cacheRead: 0, cacheWrite: 0, output: 3_000, reasoning: 0 });
  assert.equal(result.usageEstimated, true);
  assert.equal(result.cost.nanoUsd, 10 * 250 + 3_000 * 1_000);
});

test('a stopped local answer is free: it has what arrived and does not mention a bill', async (t) => {
  const server = await startOllama({ models: [{ name: 'small' }] });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway({
    providers: { ollama: { kind: 'ollama', baseUrl: server.url } },
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  });
  server.script('one two three four five');
  server.next('stall:3');
  const stop = new AbortController();
  const call = chatCall('small', { request: REQUEST, chain: [{ provider: 'ollama', model: 'small' }] });
  let tokens = 0;
  for await (const event of gateway.stream(call, stop.signal))
    if (event.kind === 'text' && ++tokens === 3) stop.abort();
  const [row] = ledger.settled;
  assert.deepEqual(row?.cost, { nanoUsd: 0, source: 'free' });
  assert.equal(row?.note, null);
  assert.ok((row?.usage.output ?? 99) <= 10, String(row?.usage.output));
});

test('a stated cost of zero counts only where no price says otherwise', async (t) => {
  const zero = {
    mapFrame: (frame: Record<string, unknown>) => [
      frame['usage']
        ? { ...frame, usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost: 0 } }
        : frame,
    ],
  };
  const priced = await shop(t);
  priced.server.next(zero);
  const { result } = await finish(priced.gateway.stream(chatCall('mid'), never));
  assert.deepEqual(result.cost, { nanoUsd: 10 * 250 + 5 * 1_000, source: 'computed' });
  const unknown = await shop(t, {});
  unknown.server.next(zero);
  const other = await finish(unknown.gateway.stream(chatCall('mid'), never));
  assert.deepEqual(other.result.cost, { nanoUsd: null, source: 'unknown' });
});

test('an answer at another service tier is priced by it and marked as an estimate', async (t) => {
  for (const [tier, nanoUsd, source] of [
    ['default', 7_500, 'computed'],
    ['priority', 15_000, 'estimated'],
    ['flex', 7_500, 'estimated'],
  ] as const) {
    const { server, gateway } = await shop(t);
    server.next({
      mapFrame: (frame) => [
        frame['usage']
          ? { ...frame, service_tier: tier, usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }
          : { ...frame, service_tier: tier },
      ],
    });
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    assert.deepEqual(result.cost, { nanoUsd, source }, tier);
  }
});

test('a provider that is known to bill on is counted with all that was allowed, but only when we left it', () => {
  const bill = (baseUrl: string, model: string, leftByUs: boolean) =>
    billOf(
      {
        call: chatCall(model),
        candidate: { endpoint: { baseUrl }, model: { provider: 'p', model } } as never,
        seen: {
          text: 'three words here',
          reasoning: '',
          toolText: '',
          usage: null,
          doubtful: false,
          unpriced: false,
          nanoUsd: undefined,
          model: null,
          finish: null,
          ttftMs: 300,
          dropped: '',
          left: false,
          waitedMs: 1_000,
          servedTier: undefined,
          passedOnTo: null,
        },
        estimatedInput: 10,
        billable: true,
        leftByUs,
      },
      { source: 'user', date: '', steps: [{ above: 0, input: 1e9, output: 1e9, cacheRead: 1e9, cacheWrite: 1e9 }] },
    ).usage.output;
  assert.equal(bill('https://api.groq.com/openai/v1', 'llama', true), 500);
  assert.equal(bill('https://openrouter.ai/api/v1', 'google/gemini-2.5-pro', true), 500);
  assert.ok(bill('https://api.groq.com/openai/v1', 'llama', false) < 40, 'the server itself broke off');
  assert.ok(bill('https://openrouter.ai/api/v1', 'anthropic/claude-sonnet-5', true) < 40);
});

test('names of the same model are equal, and names of different models are not', () => {
  const same = [
    ['mid', 'up-mid'],
    ['tiny', 'models/tiny-chat.gguf'],
    ['gpt-4o', 'gpt-4o-2024-08-06'],
    ['mistral-large-latest', 'mistral-large-2411'],
    ['gemini-flash-latest', 'gemini-2.5-flash'],
    ['claude-sonnet-4-5', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['anthropic/claude-sonnet-4.5:nitro', 'anthropic/claude-sonnet-4.5-20250929'],
    ['deepseek/deepseek-chat:free', 'deepseek/deepseek-chat'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['qwen2.5-coder:latest', 'qwen2.5-coder'],
    ['/srv/models/qwen3-8b-q4_k_m.gguf', 'qwen3-8b'],
  ] as const;
  for (const [asked, returned] of same) assert.equal(isSameModel(asked, returned), true, `${asked} ${returned}`);
  const other = [
    ['gpt-5', 'gpt-5-mini'],
    ['mid', 'gpt-other'],
    ['claude-opus-5', 'claude-haiku-5'],
    ['gpt-oss:20b', 'gpt-oss:120b'],
    ['deepseek-v3', 'deepseek-v4'],
  ] as const;
  for (const [asked, returned] of other) assert.equal(isSameModel(asked, returned), false, `${asked} ${returned}`);
  assert.equal(isSameModel('fast', 'openai/gpt-5-mini', ['gpt-5-mini']), true);
});
