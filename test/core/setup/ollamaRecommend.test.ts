import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ModelError } from '../../../src/core/common/failures.ts';
import {
  defaultGateway,
  describeCandidate,
  ollamaCandidates,
  type Surroundings,
} from '../../../src/core/setup/ollamaDetect.ts';
import {
  describeCrowding,
  describePlacement,
  judgeForCompletions,
  recommendModel,
  RECOMMENDED_MODELS,
} from '../../../src/core/setup/ollamaRecommend.ts';
import { chooseFormat } from '../../../src/core/completion/fim.ts';
import { openFetch } from '../../support/fetch.ts';
import { ADAPTERS } from '../../../src/core/providers/adapters.ts';
import { loadModel } from '../../../src/core/providers/ollama.ts';
import { listRunning, readVersion, unloadModel } from '../../../src/core/providers/ollamaServer.ts';
import { guardFetch } from '../../../src/core/providers/guardedFetch.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';

const GB = 1e9;
const wireTo = (url: string) => {
  const limits = { lineBytes: 1e6, responseBytes: 1e6, requestBytes: 1e6 };
  const guard = guardFetch({
    fetch: openFetch,
    origin: new URL(url).origin,
    signal: AbortSignal.timeout(5_000),
    limits,
  });
  return { baseUrl: url, apiKey: null, headers: {}, fetch: guard.fetch };
};

test('the recommended model fits the memory, and without a GPU it stays quick', () => {
  const cases: [number, number | undefined, boolean, string][] = [
    [2, undefined, false, '0.5b'],
    [8, undefined, false, '1.5b'],
    [64, undefined, false, '1.5b'],
    [16, 2, false, '0.5b'],
    [16, 4, false, '3b'],
    [32, 8, false, '7b'],
    [32, 24, false, '14b'],
    [8, undefined, true, '3b'],
    [16, undefined, true, '3b'],
    [24, undefined, true, '7b'],
    [64, undefined, true, '14b'],
  ];
  for (const [ram, vram, unified, size] of cases) {
    const { model, why } = recommendModel({ ram: ram * GB, unified, ...(vram ? { vram: vram * GB } : {}) });
    assert.equal(model.model, `qwen2.5-coder:${size}-base`, `${ram} GB, GPU ${vram}, unified ${unified}: ${why}`);
  }
});

test('every recommended model infills, needs more memory than download, and the table rises', () => {
  for (const [i, { model, downloadBytes, memoryBytes, why }] of RECOMMENDED_MODELS.entries()) {
    assert.equal(chooseFormat({ model }).mode, 'raw');
    assert.ok(memoryBytes > downloadBytes && why().length > 10);
    assert.ok(memoryBytes > (RECOMMENDED_MODELS[i - 1]?.memoryBytes ?? 0));
  }
});

test('embeddings and cloud models are refused, models without infill are warned about', () => {
  const judge = (model: string, capabilities?: string[]) => judgeForCompletions(model, { capabilities }).verdict;
  assert.equal(judge('nomic-embed-text:latest', ['embedding']), 'refuse');
  assert.equal(judge('nomic-embed-text'), 'refuse');
  assert.equal(judge('mxbai-embed-large'), 'refuse');
  assert.equal(judge('bge-m3:567m'), 'refuse');
  assert.equal(judge('gpt-oss:120b-cloud', ['completion']), 'refuse');
  assert.equal(judge('llama3.2:3b', ['completion', 'tools']), 'warn');
  assert.equal(judge('llama3.2:3b'), 'warn');
  assert.equal(judge('qwen2.5-coder:7b', ['completion', 'insert']), 'good');
  assert.equal(judge('qwen2.5-coder:7b'), 'good');
  assert.equal(judge('somebodys/coder:1b', ['completion', 'insert']), 'good');
  assert.match(
    judgeForCompletions('nomic-embed-text', { capabilities: ['embedding'] }).why,
    /an embedding model and can't generate text/,
  );
});

test('tiers that cannot share the GPU are reported, those that can are not', () => {
  const loads = [
    { tier: 'local', model: 'qwen2.5-coder:7b-base', sizeBytes: 6 * GB },
    { tier: 'mid', model: 'qwen3:8b', sizeBytes: 7 * GB },
  ];
  assert.match(describeCrowding(loads, 8 * GB, []), /need 13\.0 GB together, but the GPU has 8\.0 GB.*smaller/);
  assert.equal(describeCrowding(loads, 24 * GB, []), '');
  assert.equal(describeCrowding(loads, undefined, []), '');
  const [first] = loads;
  assert.ok(first);
  assert.equal(describeCrowding([first, { ...first, tier: 'mid' }], 4 * GB, []), '');
  assert.equal(describeCrowding([first, { tier: 'mid', model: 'new' }], 4 * GB, []), '');
  const running = [{ name: 'qwen3:8b', sizeBytes: 7 * GB, vramBytes: 3 * GB }];
  assert.match(describeCrowding(loads, undefined, running), /qwen3:8b is partly in ordinary memory/);
  assert.equal(describePlacement({ sizeBytes: 2 * GB, vramBytes: 2 * GB }), '2.0 GB on the GPU');
  assert.equal(describePlacement({ sizeBytes: 4 * GB, vramBytes: GB }), '4.0 GB, 25% of it on the GPU');
  assert.equal(describePlacement({ sizeBytes: GB, vramBytes: 0 }), '1.0 GB in ordinary memory');
});

const HOME: Surroundings = {
  configured: 'http://127.0.0.1:11434',
  ollamaHost: undefined,
  wsl: false,
  routes: '',
  container: false,
};
const ROUTES = `Iface\tDestination\tGateway \tFlags\neth0\t0010A8C0\t00000000\t0001\neth0\t00000000\t0110A8C0\t0003\n`;

test('Ollama is looked for where it may be, the likeliest place first and no place twice', () => {
  const urls = (around: Partial<Surroundings>) => ollamaCandidates({ ...HOME, ...around }).map(({ url }) => url);
  assert.deepEqual(urls({}), ['http://127.0.0.1:11434']);
  assert.deepEqual(urls({ ollamaHost: '0.0.0.0:8080' }), ['http://127.0.0.1:11434', 'http://127.0.0.1:8080']);
  assert.deepEqual(urls({ configured: 'http://gpu.lan:11434' }), ['http://gpu.lan:11434', 'http://127.0.0.1:11434']);
  assert.deepEqual(urls({ wsl: true, routes: ROUTES }), ['http://127.0.0.1:11434', 'http://192.168.16.1:11434']);
  assert.deepEqual(urls({ routes: ROUTES }), ['http://127.0.0.1:11434']);
  assert.deepEqual(urls({ container: true }), ['http://127.0.0.1:11434', 'http://host.docker.internal:11434']);
  // What could not be asked anyway is not looked at either.
  assert.deepEqual(urls({ ollamaHost: 'http://example.com' }), ['http://127.0.0.1:11434']);
  assert.equal(defaultGateway(''), undefined);
  assert.equal(defaultGateway('x\neth0\t00000000\tzzzzzzzz'), undefined);
  assert.match(describeCandidate({ url: 'http://10.0.0.1:11434', why: 'wsl-gateway' }), /10\.0\.0\.1:11434, Windows/);
});

test('version, loaded models with place and expiry, and unloading', async (t: TestContext) => {
  const server = await startOllama({
    models: [{ name: 'qwen2.5-coder:1.5b-base', sizeBytes: 2000, sizeVramBytes: 500 }],
    version: '0.32.9',
    keepAliveMs: 60_000,
  });
  t.after(() => server.stop());
  const wire = wireTo(server.url);
  assert.equal(await readVersion(wire), '0.32.9');
  assert.deepEqual(await listRunning(wire, Date.now()), []);
  server.preload('qwen2.5-coder:1.5b-base');
  const [running] = await listRunning(wire, Date.now());
  assert.deepEqual(
    [running?.name, running?.sizeBytes, running?.vramBytes, running?.contextTokens],
    ['qwen2.5-coder:1.5b-base', 2000, 500, 4096],
  );
  const left = (running?.expiresAt ?? 0) - Date.now();
  assert.ok(left > 50_000 && left <= 60_000, `${left}`);
  await unloadModel('qwen2.5-coder:1.5b-base', wire);
  assert.deepEqual(await listRunning(wire, Date.now()), []);
});

test('a model stays in memory as long as the setting says', async (t: TestContext) => {
  const server = await startOllama({ models: ['qwen2.5-coder:1.5b-base'] });
  t.after(() => server.stop());
  const wire = wireTo(server.url);
  const staying = async (keepAlive: string): Promise<number> => {
    await loadModel('qwen2.5-coder:1.5b-base', { ...wire, keepAlive });
    const [running] = await listRunning(wire, Date.now());
    return running?.expiresAt === undefined ? Infinity : Math.round((running.expiresAt - Date.now()) / 60_000);
  };
  assert.deepEqual([await staying('30m'), await staying('120'), await staying('-1')], [30, 2, Infinity]);
  const request = { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], maxTokens: 5 } as const;
  const { signal } = new AbortController();
  for await (const _ of ADAPTERS.ollama.stream(
    'qwen2.5-coder:1.5b-base',
    request,
    { ...wire, keepAlive: '2h' },
    signal,
  ));
  assert.equal((server.book.last?.body as { keep_alive?: unknown }).keep_alive, '2h');
  for await (const _ of ADAPTERS.ollama.stream('qwen2.5-coder:1.5b-base', request, wire, signal));
  assert.ok(!('keep_alive' in (server.book.last?.body as object)), 'the server decides when nothing is set');
});

test('T24 another program at the port is not taken for Ollama', async (t: TestContext) => {
  const other = await startOpenAi({});
  t.after(() => other.stop());
  await assert.rejects(readVersion(wireTo(other.url)), (error) => {
    assert.ok(error instanceof ModelError);
    return ['wrong-path', 'not-a-model'].includes(error.failure.kind);
  });
  const web = await startOllama({});
  t.after(() => web.stop());
  web.always({ reply: { body: '{"version": 3}', headers: { 'content-type': 'application/json' } } });
  web.next({ reply: { body: '<html>Welcome</html>' } }, '/api/version');
  await assert.rejects(
    readVersion(wireTo(web.url)),
    (error) => error instanceof ModelError && error.failure.kind === 'not-a-model',
  );
});
