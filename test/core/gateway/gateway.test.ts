import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { TIERS } from '../../../src/core/common/types.ts';
import { CHAT_LIMITS, INLINE_LIMITS } from '../../../src/core/gateway/call.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { closedPort, startSilentPort, startSink, startTlsSelfSigned } from '../../servers/ports.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';

const MODELS = [
  { name: 'mid', price: { input: 0.27, output: 1.1, cacheRead: 0.07 } },
  { name: 'frontier', price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }, reasoning: true },
];
const PRICES = Object.fromEntries(MODELS.map(({ name, price }) => [name, price]));
const never = new AbortController().signal;

async function cloud(
  t: TestContext,
  options: Parameters<typeof startOpenAi>[0] = {},
  extra: Record<string, unknown> = {},
) {
  const server = await startOpenAi({ models: MODELS, apiKey: 'sk-test', ...options });
  t.after(() => server.stop());
  return { server, ...testGateway(openAiAt(server.url, { prices: PRICES, ...extra })) };
}

test("a healthy call: text as sent, one row opened before and settled after, cost as in the server's book", async (t) => {
  const { server, gateway, ledger } = await cloud(t);
  server.script('A lock. ```ts\nconst a = 1;\n```');
  const { text, result } = await finish(gateway.stream(chatCall('mid', { language: 'typescript' }), never));
  assert.equal(text, 'A lock. ```ts\nconst a = 1;\n```');
  assert.equal(result.outcome, 'done');
  assert.equal(result.cost.source, 'computed');
  assert.equal(result.cost.nanoUsd, server.book.totals().costNano);
  assert.equal(result.modelReturned, 'mid');
  const [opened] = ledger.opened;
  const [settled] = ledger.settled;
  assert.equal(opened?.attemptId, settled?.attemptId);
  assert.equal(opened?.language, 'typescript');
  assert.equal(opened?.workspace, 'file:///workspace');
  assert.equal(settled?.outcome, 'done');
  assert.equal(settled?.usageEstimated, false);
  assert.ok((settled?.ttftMs ?? -1) >= 0 && (settled?.durationMs ?? -1) >= (settled?.ttftMs ?? 0));
});

test('the ledger keeps what a call is about, what it is a part of, and where its time went', async (t) => {
  const { gateway, ledger } = await cloud(t);
  const about = { category: 'bug', score: 3.1, reasonKind: 'score', bumpKind: 'moved' } as const;
  const part = { run: 'run-1', stage: 'plan', promptName: 'fix', promptVersion: '1 #0a1b2c3d' };
  await finish(gateway.stream({ ...chatCall('mid'), ...about, ...part }, never));
  const [opened] = ledger.opened;
  const [settled] = ledger.settled;
  for (const [field, value] of Object.entries({ ...about, ...part, ownCategory: null }))
    assert.equal(opened?.[field as 'run'], value, field);
  assert.ok((opened?.queueMs ?? -1) >= 0);
  assert.ok((settled?.headersMs ?? -1) >= 0 && (settled?.headersMs ?? 0) <= (settled?.ttftMs ?? -1));
});

test('cached and reasoning tokens are in buckets of their own and priced by their own price', async (t) => {
  const { server, gateway, ledger } = await cloud(t, { promptCache: 'write' });
  for (let i = 0; i < 3; i++) await finish(gateway.stream(chatCall('frontier'), never));
  const [first, second] = ledger.settled;
  assert.ok((first?.usage.cacheWrite ?? 0) > 0, 'the first call writes the cache');
  assert.ok((second?.usage.cacheRead ?? 0) > 0, 'the second reads it');
  assert.ok((second?.usage.reasoning ?? 0) > 0);
  assert.equal(ledger.nanoUsd, server.book.totals().costNano);
});

test('the cost that the provider states wins over the computed one', async (t) => {
  const { server, gateway } = await cloud(t, { dialect: 'openrouter' }, { prices: { mid: { input: 99, output: 99 } } });
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.equal(result.cost.source, 'provider');
  assert.equal(result.cost.nanoUsd, server.book.totals().costNano);
});

test('a model without a price has an unknown cost, never zero', async (t) => {
  const { gateway, ledger } = await cloud(t, {}, { prices: {} });
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.deepEqual(result.cost, { nanoUsd: null, source: 'unknown' });
  assert.equal(ledger.settled[0]?.cost.nanoUsd, null);
});

test('without usage the tokens are estimated, marked, and not below the truth', async (t) => {
  for (const usage of ['missing', 'null', 'negative', 'huge', 'string'] as const) {
    const { server, gateway, ledger } = await cloud(t);
    server.next(`usage:${usage}`);
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    assert.equal(result.outcome, 'done', usage);
    assert.equal(result.usageEstimated, true, usage);
    assert.equal(result.cost.source, 'estimated', usage);
    assert.ok(
      ledger.nanoUsd >= server.book.totals().costNano,
      `${usage}: ${ledger.nanoUsd} >= ${server.book.totals().costNano}`,
    );
  }
});

test('503 twice, then an answer: three rows of one call, and only the answer costs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { server, gateway, ledger } = await cloud(t);
  server.next('status:503');
  server.next('status:503');
  const ticking = setInterval(() => t.mock.timers.tick(5_000), 5);
  t.after(() => clearInterval(ticking));
  const { result, events } = await finish(gateway.stream(chatCall('mid'), never));
  assert.equal(result.outcome, 'done');
  assert.deepEqual(
    ledger.settled.map(({ outcome }) => outcome),
    ['failed', 'failed', 'done'],
  );
  assert.equal(new Set(ledger.opened.map(({ callId }) => callId)).size, 1);
  assert.equal(events.filter(({ kind }) => kind === 'waiting').length, 2);
  assert.equal(ledger.nanoUsd, server.book.totals().costNano);
  assert.equal(result.cost.source, 'computed');
});

test('when a model is missing the next of the chain answers, and the result says so', async (t) => {
  const { gateway, ledger } = await cloud(t);
  const { result } = await finish(gateway.stream(chatCall(['gone', 'mid']), never));
  assert.equal(result.outcome, 'done');
  assert.deepEqual(
    result.attempts.map(({ model, failure }) => [model.model, failure?.kind ?? null]),
    [
      ['gone', 'model-missing'],
      ['mid', null],
    ],
  );
  assert.equal(ledger.opened.length, 2);
});

for (const [scenario, kind, requests] of [
  ['status:401', 'auth', 1],
  ['status:402', 'credit', 1],
  ['status:403', 'forbidden', 1],
  ['status:422', 'bad-request', 1],
  ['html', 'not-a-model', 1],
  ['raw', 'not-a-model', 1],
  ['retry-after:3600', 'rate-limited', 1],
] as const) {
  test(`${scenario} is "${kind}" after ${requests} request, and costs nothing`, async (t) => {
    const { server, gateway, ledger } = await cloud(t);
    server.always(scenario);
    const { result, text } = await finish(gateway.stream(chatCall('mid'), never));
    assert.equal(result.outcome, 'failed');
    assert.equal(result.failure?.kind, kind, JSON.stringify(result.failure));
    assert.equal(text, '');
    assert.equal(server.book.calls.length, requests);
    if (kind !== 'not-a-model') assert.equal(ledger.nanoUsd, 0);
  });
}

test('an answer cut in its middle is partial and kept, and never asked for again', async (t) => {
  for (const scenario of ['cut:700', 'reset:700', 'error:4', 'no-end+finish:none+usage:missing']) {
    const { server, gateway } = await cloud(t);
    server.script('word '.repeat(60));
    server.always(scenario);
    const { result, text } = await finish(gateway.stream(chatCall('mid'), never));
    assert.equal(result.outcome, 'partial', `${scenario} ${JSON.stringify(result)}`);
    assert.ok(text.length > 0 && 'word '.repeat(60).startsWith(text), scenario);
    assert.equal(server.book.calls.length, 1, scenario);
  }
});

test('T04 a redirect is not followed, and its target is never contacted', async (t) => {
  const sink = await startSink();
  t.after(() => sink.stop());
  for (const status of [301, 302, 307, 308] as const) {
    const { server, gateway } = await cloud(t);
    server.always(`redirect-${status}:${sink.url}/v1/chat/completions`);
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    assert.equal(result.failure?.kind, 'redirect', String(status));
  }
  assert.equal(sink.contacts.length, 0);
});

test('nothing listens, a silent port and a self-signed certificate each have their name', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ticking = setInterval(() => t.mock.timers.tick(2_000), 5);
  t.after(() => clearInterval(ticking));
  const refused = testGateway(openAiAt(`http://127.0.0.1:${await closedPort()}`));
  const { result } = await finish(refused.gateway.stream(chatCall('mid'), never));
  assert.equal(result.failure?.kind, 'refused');
  assert.equal(refused.ledger.opened.length, 3, 'three attempts');
  assert.equal(refused.ledger.nanoUsd, 0);
  const tls = await startTlsSelfSigned();
  t.after(() => tls.stop());
  const self = testGateway(openAiAt(`https://127.0.0.1:${tls.port}`));
  const insecure = await finish(self.gateway.stream(chatCall('mid'), never));
  assert.equal(insecure.result.failure?.kind, 'tls');
  assert.equal(self.ledger.opened.length, 1, 'not repeated');
});

test('a server that never answers is given up at the limit, and its socket is closed', async (t) => {
  const silent = await startSilentPort();
  t.after(() => silent.stop());
  const { gateway } = testGateway(openAiAt(`http://127.0.0.1:${silent.port}`));
  const limits = { ...CHAT_LIMITS, headersMs: 150 };
  const { result } = await finish(gateway.stream(chatCall('mid', { limits }), never));
  assert.deepEqual(result.failure, { kind: 'timeout', waitingFor: 'headers' });
});

test('silence after some tokens ends the attempt with what came; keep-alive bytes do not count', async (t) => {
  const { server, gateway } = await cloud(t);
  server.next('stall:3');
  const limits = { ...CHAT_LIMITS, silenceMs: 150, firstTokenMs: 300 };
  const first = await finish(gateway.stream(chatCall('mid', { limits }), never));
  assert.equal(first.result.outcome, 'partial');
  assert.deepEqual(first.result.failure, { kind: 'timeout', waitingFor: 'next-token' });
  server.next('keep-alive:10');
  const second = await finish(gateway.stream(chatCall('mid', { limits }), never));
  assert.deepEqual(second.result.failure, { kind: 'timeout', waitingFor: 'first-token' });
});

test('canceling in any phase closes the socket and settles the row as canceled, with an estimate that is not zero', async (t) => {
  for (const scenario of ['headers:5000', 'first-token:5000', 'between-tokens:50']) {
    const { server, gateway, ledger } = await cloud(t);
    server.always(scenario);
    const controller = new AbortController();
    const asked = finish(gateway.stream(chatCall('mid'), controller.signal));
    await server.book.waitFor((book) => book.calls.length === 1, 3_000);
    await new Promise((resolve) => setTimeout(resolve, 120));
    controller.abort();
    const { result } = await asked;
    assert.equal(result.outcome, 'cancelled', scenario);
    assert.equal(result.failure, null);
    await server.book.waitFor((book) => book.calls[0]?.closedBy === 'client', 1_000);
    assert.equal(ledger.settled[0]?.outcome, 'cancelled');
    assert.ok((ledger.settled[0]?.cost.nanoUsd ?? 0) > 0, scenario);
  }
});

test('a consumer that leaves early has its row settled and its socket closed', async (t) => {
  const server = await startOllama({ models: ['qwen2.5-coder:1.5b-base'], decodeTokensPerSecond: 100 });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway({
    providers: { ollama: { kind: 'ollama', baseUrl: server.url } },
    'tiers.mid': [],
    'tiers.frontier': [],
  });
  server.script('a b c d e f g h i j k l m n o p q r s t u v w x y z '.repeat(10));
  const call = {
    tier: 'local' as const,
    task: 'completion' as const,
    chain: [{ provider: 'ollama', model: 'qwen2.5-coder:1.5b-base' }],
    request: {
      kind: 'fim' as const,
      prompt: { raw: '<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>' },
      stop: [],
      maxTokens: 500,
      temperature: 0,
    },
    limits: INLINE_LIMITS,
  };
  for await (const event of gateway.stream(call, never)) if (event.kind === 'text') break;
  assert.equal(ledger.settled[0]?.outcome, 'done');
  assert.deepEqual(ledger.settled[0]?.cost, { nanoUsd: 0, source: 'free' });
  await server.book.waitFor((book) => book.calls[0]?.closedBy === 'client', 1_000);
  assert.ok((server.book.calls[0]?.tokens.output ?? 999) < 50, 'the machine stopped decoding');
});

test('T26 nothing is sent without trust, consent or key; a local Ollama needs none of them', async (t) => {
  const server = await startOpenAi({ models: MODELS });
  t.after(() => server.stop());
  const raw = openAiAt(server.url);
  const cases = [
    ['private', testGateway({ ...raw, private: true })],
    ['untrusted', testGateway(raw, { trusted: () => false })],
    ['no-consent', testGateway({ ...raw, 'consent.cloud': [] })],
    [
      'no-key',
      testGateway(
        {
          ...raw,
          providers: { cloud: { kind: 'openai', baseUrl: 'https://api.openai.com/v1' } },
          'consent.cloud': ['https://api.openai.com'],
        },
        { key: () => Promise.resolve(null) },
      ),
    ],
  ] as const;
  for (const [kind, { gateway, ledger }] of cases) {
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    assert.equal(result.failure?.kind, kind);
    assert.equal(ledger.opened.length, 0, kind);
  }
  assert.equal(server.book.entries.length, 0);
  const ollama = await startOllama({ models: ['demo-coder'] });
  t.after(() => ollama.stop());
  const local = testGateway(
    {
      providers: { cloud: { kind: 'ollama', baseUrl: ollama.url } },
      'tiers.local': [],
      'tiers.mid': [],
      'tiers.frontier': [],
    },
    { trusted: () => false, key: () => Promise.resolve(null) },
  );
  const { result } = await finish(local.gateway.stream(chatCall('demo-coder', { tier: 'local' }), never));
  assert.equal(result.outcome, 'done');
  assert.deepEqual(result.cost, { nanoUsd: 0, source: 'free' });
});

test("a model on Ollama's cloud is neither local nor free", async (t) => {
  const ollama = await startOllama({ models: [{ name: 'gpt-oss:120b-cloud' }], signedIn: true });
  t.after(() => ollama.stop());
  const raw = {
    providers: { cloud: { kind: 'ollama', baseUrl: ollama.url } },
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  };
  const without = await finish(testGateway(raw).gateway.stream(chatCall('gpt-oss:120b-cloud'), never));
  assert.equal(without.result.failure?.kind, 'no-consent');
  const agreedToServer = testGateway({ ...raw, 'consent.cloud': [ollama.url] });
  const still = await finish(agreedToServer.gateway.stream(chatCall('gpt-oss:120b-cloud'), never));
  assert.deepEqual(still.result.failure, { kind: 'no-consent', detail: 'ollama.com' });
  const agreed = testGateway({ ...raw, 'consent.cloud': ['https://ollama.com'] });
  const { result } = await finish(agreed.gateway.stream(chatCall('gpt-oss:120b-cloud'), never));
  assert.equal(result.cost.source, 'unknown');
});

test('T26 an agreement for one tier lets no other tier send to the same host, whatever asks', async (t) => {
  const server = await startOpenAi({ models: [{ name: 'a' }] });
  t.after(() => server.stop());
  const origin = new URL(server.url).origin;
  const chain = [{ provider: 'cloud', model: 'a' }];
  for (const agreed of TIERS) {
    const { gateway } = testGateway({ ...openAiAt(server.url), 'consent.cloud': [`${origin} ${agreed}`] });
    for (const tier of TIERS) {
      server.reset();
      const { result } = await finish(gateway.stream({ ...chatCall('a'), chain, tier }, never));
      assert.equal(result.failure?.kind, tier === agreed ? undefined : 'no-consent', `${agreed} lets ${tier}`);
      assert.equal(server.book.calls.length, tier === agreed ? 1 : 0);
    }
  }
});

test('nothing of the environment reaches an endpoint: no other key, organization or custom header', async (t) => {
  const names = [
    'OPENAI_API_KEY',
    'OPENAI_ORG_ID',
    'OPENAI_PROJECT_ID',
    'OPENAI_BASE_URL',
    'OPENAI_CUSTOM_HEADERS',
  ] as const;
  const values = ['canary-key', 'canary-org', 'canary-project', 'http://127.0.0.1:9/canary', 'x-canary: canary'];
  names.forEach((name, i) => (process.env[name] = values[i]));
  t.after(() => names.forEach((name) => delete process.env[name]));
  const server = await startOpenAi({ models: MODELS });
  t.after(() => server.stop());
  const { gateway } = testGateway(openAiAt(server.url), { key: () => Promise.resolve(null) });
  const { result } = await finish(gateway.stream(chatCall('mid'), never));
  assert.equal(result.outcome, 'done');
  const sent = JSON.stringify(server.book.last?.headers);
  assert.doesNotMatch(sent, /canary|stainless|authorization/i);
});

test('a call with a money limit costs no more, over all of its attempts: its answer is bounded, or nothing is sent', async (t) => {
  const { server, gateway } = await cloud(t);
  server.script(() => 'word '.repeat(20_000));
  for (const mostNanoUsd of [1_000, 1_000_000, 3_000_000, 10_000_000]) {
    const before = server.book.totals().costNano;
    const request = { kind: 'chat' as const, messages: [{ role: 'user' as const, content: 'x' }], maxTokens: 100_000 };
    const { result } = await finish(gateway.stream(chatCall(['mid', 'mid'], { mostNanoUsd, request }), never));
    const cost = server.book.totals().costNano - before;
    assert.ok(cost <= mostNanoUsd, `${cost} of ${mostNanoUsd}`);
    assert.equal(result.knownNanoUsd, cost);
    if (cost === 0) assert.equal(result.failure?.kind, 'budget');
  }
  assert.ok(server.book.calls.length > 0);
});
