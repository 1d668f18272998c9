import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointOf } from '../../../src/core/common/endpoints.ts';
import type { ProviderConfig } from '../../../src/core/common/providerConfig.ts';
import { LivePrices } from '../../../src/core/money/livePrices.ts';
import { ADAPTERS } from '../../../src/core/providers/adapters.ts';
import { guardFetch } from '../../../src/core/providers/guardedFetch.ts';
import { createModelClient } from '../../../src/core/providers/modelClient.ts';
import type { Wire } from '../../../src/core/providers/provider.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { DEFAULTS } from '../../support/manifest.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/** What the address of a deployment needs is in every request to it, and the key is in the header that it takes. */

const AZURE = 'https://acme.openai.azure.com/openai/deployments/{model}/chat/completions?api-version=2024-06-01';
const SSE = 'data: {"choices":[{"index":0,"delta":{"content":"Fine."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

interface Seen {
  readonly url: URL;
  readonly headers: Headers;
}

/** A server that answers anything, and keeps what it was asked. */
function server() {
  const seen: Seen[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    seen.push({ url, headers: new Headers(init?.headers) });
    const path = url.pathname;
    if (/completions$/.test(path))
      return Promise.resolve(new Response(SSE, { headers: { 'content-type': 'text/event-stream' } }));
    if (path === '/api/tags') return Promise.resolve(Response.json({ models: [{ name: 'm', digest: 'd' }] }));
    if (path === '/api/ps') return Promise.resolve(Response.json({ models: [] }));
    if (path === '/api/show') return Promise.resolve(Response.json({ capabilities: ['completion'], model_info: {} }));
    if (path.startsWith('/api/'))
      return Promise.resolve(
        new Response(
          '{"message":{"role":"assistant","content":"Fine."},"response":"","done":true,"done_reason":"stop"}\n',
          {
            headers: { 'content-type': 'application/x-ndjson' },
          },
        ),
      );
    return Promise.resolve(Response.json({ data: [{ id: 'gpt-4o' }] }));
  };
  return { seen, fetch };
}

function providerOf(entry: Record<string, unknown>): ProviderConfig {
  const raw = { ...DEFAULTS, providers: { mine: entry }, 'tiers.local': [], 'tiers.mid': [], 'tiers.frontier': [] };
  const { settings, problems } = parseSettings(raw as RawSettings, undefined);
  assert.deepEqual(problems, []);
  const provider = settings.providers.get('mine');
  assert.ok(provider);
  return provider;
}

function wireOf(provider: ProviderConfig, fetch: typeof globalThis.fetch, apiKey: string | null): Wire {
  const check = endpointOf(provider);
  assert.ok(check.ok);
  const { origin, baseUrl } = check.endpoint;
  const limits = { lineBytes: 1e6, responseBytes: 1e6, requestBytes: 1e6 };
  const guard = guardFetch({ fetch, origin, query: provider.query, signal: new AbortController().signal, limits });
  return { baseUrl, apiKey, headers: {}, fetch: guard.fetch };
}

test("a pasted deployment's address: chat, list, prices and gaps all carry its version", async () => {
  const { seen, fetch } = server();
  const provider = providerOf({ kind: 'openai', baseUrl: AZURE });
  const wire = wireOf(provider, fetch, 'k-1');
  const signal = new AbortController().signal;
  const chat = { kind: 'chat', messages: [{ role: 'user', content: 'Hello?' }], maxTokens: 9 } as const;
  for await (const _ of ADAPTERS.openai.stream('gpt-4o', chat, wire, signal)) void _;
  const gap = { kind: 'fim', prompt: { raw: 'a' }, maxTokens: 9, temperature: 0, stop: [] } as const;
  for await (const _ of ADAPTERS.openai.stream('gpt-4o', gap, wire, signal)) void _;
  await ADAPTERS.openai.models(wire, signal);
  const prices = new LivePrices({
    fetch,
    key: () => Promise.resolve('k-1'),
    allowed: () => true,
    load: () => Promise.resolve(undefined),
    save: () => Promise.resolve(),
    now: Date.now,
    onChange: () => undefined,
    log: () => undefined,
  });
  await prices.refresh(provider);
  const check = endpointOf(provider);
  assert.ok(check.ok);
  const { endpoint } = check;
  const client = createModelClient(fetch, () => Promise.resolve({ provider, endpoint, apiKey: 'k-1' }));
  await client.show({ provider: 'mine', model: 'gpt-4o' }, signal);
  const paths = seen.map(({ url }) => url.pathname);
  assert.ok(paths.includes('/openai/deployments/gpt-4o/chat/completions'), paths.join());
  assert.ok(paths.includes('/openai/deployments/gpt-4o/completions'), paths.join());
  assert.ok(paths.includes('/openai/models'), paths.join());
  assert.ok(paths.length >= 5);
  for (const { url, headers } of seen) {
    assert.equal(url.searchParams.get('api-version'), '2024-06-01', url.href);
    assert.ok(!/model(%7D|\})/i.test(url.pathname), url.href);
    assert.deepEqual([headers.get('api-key'), headers.get('authorization')], ['k-1', null], url.href);
  }
});

test('an Ollama behind an address with a query is asked with it, whatever it is asked', async () => {
  const { seen, fetch } = server();
  const raw = {
    providers: { cloud: { kind: 'ollama', baseUrl: 'http://127.0.0.1:9/api/chat', query: { tenant: 'a' } } },
    'tiers.local': [],
    'tiers.mid': [],
    'tiers.frontier': [],
  };
  const { gateway } = testGateway(raw, { fetch });
  const { result } = await finish(gateway.stream(chatCall('m'), new AbortController().signal));
  assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
  assert.deepEqual(
    new Set(seen.map(({ url }) => url.pathname)),
    new Set(['/api/tags', '/api/show', '/api/ps', '/api/generate', '/api/chat']),
  );
  for (const { url } of seen) assert.equal(url.searchParams.get('tenant'), 'a', url.href);
});

test('a key goes in the header that its server takes', async () => {
  for (const [baseUrl, key, header, list] of [
    ['https://api.openai.com/v1', 'sk-1', 'authorization: Bearer sk-1', 'authorization: Bearer sk-1'],
    ['https://acme.openai.azure.com/openai/v1', 'k-1', 'api-key: k-1', 'api-key: k-1'],
    ['https://acme.services.ai.azure.com/models', 'k-1', 'api-key: k-1', 'api-key: k-1'],
    [
      'https://acme.openai.azure.com/openai/v1',
      'eyJhbGci.x',
      'authorization: Bearer eyJhbGci.x',
      'authorization: Bearer eyJhbGci.x',
    ],
    ['https://api.anthropic.com/v1', 'sk-1', 'authorization: Bearer sk-1', 'x-api-key: sk-1'],
    ['https://azure.com.example/v1', 'k-1', 'authorization: Bearer k-1', 'authorization: Bearer k-1'],
  ] as const) {
    const { seen, fetch } = server();
    const wire = wireOf(providerOf({ kind: 'openai', baseUrl }), fetch, key);
    const { signal } = new AbortController();
    const chat = { kind: 'chat', messages: [{ role: 'user', content: 'Hello?' }], maxTokens: 9 } as const;
    for await (const _ of ADAPTERS.openai.stream('m', chat, wire, signal)) void _;
    await ADAPTERS.openai.models(wire, signal);
    const keys = seen.map(({ headers }) =>
      [...headers]
        .filter(([, value]) => value.includes(key))
        .map(([name, value]) => `${name}: ${value}`)
        .join(),
    );
    assert.deepEqual(keys, [header, list], baseUrl);
  }
});

test('a network that is private in fact is used unencrypted only where the user says so', async () => {
  const { fetch } = server();
  const url = 'http://models.example.com';
  for (const allowUnencrypted of [undefined, false, true]) {
    const entry = { ...openAiAt(url, allowUnencrypted === undefined ? {} : { allowUnencrypted }) };
    const open = (): ReturnType<typeof testGateway> => testGateway(entry, { fetch });
    if (!allowUnencrypted) {
      assert.throws(open, /allowUnencrypted/);
      continue;
    }
    const { result } = await finish(open().gateway.stream(chatCall('m'), new AbortController().signal));
    assert.equal(result.outcome, 'done');
  }
});
