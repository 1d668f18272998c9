import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ModelError } from '../../../src/core/common/failures.ts';
import {
  describePull,
  describePullFailure,
  formatBytes,
  formatTimeLeft,
  PullMeter,
  STALLED_MS,
  type PullProgress,
} from '../../../src/core/setup/ollamaPulls.ts';
import { openFetch } from '../../support/fetch.ts';
import { pullModel } from '../../../src/core/providers/ollamaServer.ts';
import type { Wire } from '../../../src/core/providers/provider.ts';
import { guardFetch } from '../../../src/core/providers/guardedFetch.ts';
import { startOllama, type OllamaServer } from '../../servers/ollama.ts';

const LIMITS = { lineBytes: 64 * 1024, responseBytes: 1024 * 1024, requestBytes: 64 * 1024 };

function wireTo(server: OllamaServer, signal = AbortSignal.timeout(10_000)): Wire {
  const { fetch } = guardFetch({
    fetch: openFetch,
    origin: server.url,
    signal,
    limits: LIMITS,
  });
  return { baseUrl: server.url, apiKey: null, headers: {}, fetch };
}

async function start(t: TestContext, options: Parameters<typeof startOllama>[0] = {}): Promise<OllamaServer> {
  const server = await startOllama({ models: [], registry: { 'new:1b': [4000, 100] }, pullTickMs: 5, ...options });
  t.after(() => server.stop());
  return server;
}

async function pull(server: OllamaServer, onProgress?: (progress: PullProgress) => void): Promise<PullProgress[]> {
  const meter = new PullMeter(() => performance.now());
  const seen: PullProgress[] = [];
  for await (const line of pullModel('new:1b', wireTo(server))) {
    seen.push(meter.add(line));
    onProgress?.(seen.at(-1) as PullProgress);
  }
  return seen;
}

async function failureOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    return describePullFailure(error.failure, {
      provider: 'ollama',
      host: '127.0.0.1:11434',
      model: 'new:1b',
      kind: 'ollama',
    });
  }
  return assert.fail('it did not fail');
}

test('a pull counts the bytes of all layers and never goes back', async (t) => {
  const server = await start(t, { pullBytesPerSecond: 40_000 });
  const seen = await pull(server);
  assert.equal(seen[0]?.phase, 'starting');
  assert.equal(seen.at(-1)?.phase, 'finishing');
  assert.deepEqual([seen.at(-1)?.completed, seen.at(-1)?.total], [4100, 4100]);
  for (const [i, progress] of seen.entries()) assert.ok(progress.completed >= (seen[i - 1]?.completed ?? 0));
  assert.ok(server.models().includes('new:1b'));
});

test('a pull that is canceled stops at the server, and the next one resumes it', async (t) => {
  const server = await start(t, { pullBytesPerSecond: 10_000 });
  const abort = new AbortController();
  const meter = new PullMeter(() => performance.now());
  await assert.rejects(async () => {
    for await (const line of pullModel('new:1b', wireTo(server, abort.signal)))
      if (meter.add(line).completed > 500) abort.abort();
  });
  await server.book.waitFor((book) => book.entries.find((entry) => entry.closedBy === 'client'));
  const kept = server.pulledBytes('new:1b');
  assert.ok(kept > 500 && kept < 4000, `${kept}`);
  server.timing.pullBytesPerSecond = Infinity;
  const seen = await pull(server);
  assert.equal(seen.find(({ total }) => total > 0)?.completed, kept);
  assert.ok(server.models().includes('new:1b'));
});

test('every way in which a registry or a disk fails names its remedy', async (t) => {
  const server = await start(t);
  const cases: [string, RegExp][] = [
    [
      'write /root/.ollama/models/blobs/sha256-1-partial-0: no space left on device',
      /disk.*is full.*OLLAMA_MODELS.*resumes it/,
    ],
    ['write C:\\models: There is not enough space on the disk.', /disk.*is full/],
    ['open /usr/share/ollama/.ollama/models/blobs/x: permission denied', /can't write.*permission denied/],
    ['max retries exceeded: unexpected EOF', /was interrupted.*resumes it/],
    [
      'max retries exceeded: Get "https://registry.ollama.ai/v2/": dial tcp: lookup registry.ollama.ai: no such host',
      /can't reach its registry.*HTTPS_PROXY/,
    ],
    [
      'pull model manifest: Get "https://registry.ollama.ai/v2/": lookup registry.ollama.ai: host not found',
      /can't reach its registry/,
    ],
    ['proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: permission denied', /can't reach its registry/],
    ['max retries exceeded: unexpected EOF after 412 bytes', /was interrupted/],
    [
      'Get "https://registry.ollama.ai/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      /doesn't trust the registry's certificate/,
    ],
    ['pull model manifest: 412: this model requires a newer version of Ollama', /Update Ollama/],
    ['digest mismatch, file must be downloaded again: want sha256:1, got sha256:2', /corrupted.*Pull again/],
    ['unauthorized', /ollama signin/],
    ['the moon is in the way', /the moon is in the way/],
  ];
  for (const [message, words] of cases) {
    server.next({ error: { afterTokens: 1, message } }, '/api/pull');
    assert.match(await failureOf(pull(server)), words);
  }
});

test('a model that the registry does not have is named', async (t) => {
  const server = await start(t, { registry: {} });
  assert.match(await failureOf(pull(server)), /no model new:1b.*ollama.com\/library/);
});

test('a stream that ends without success is a failure, not a model', async (t) => {
  const server = await start(t);
  server.next({ noEnd: true }, '/api/pull');
  assert.match(await failureOf(pull(server)), /was interrupted/);
});

test('speed is that of the last seconds, without what was there before', () => {
  let now = 0;
  const meter = new PullMeter(() => now);
  meter.add({ status: 'pulling manifest' });
  assert.deepEqual(meter.progress(), { phase: 'starting', completed: 0, total: 0 });
  const layer = (completed: number): PullProgress =>
    meter.add({ status: 'pulling a', digest: 'a', total: 1e9, completed });
  layer(600e6); // an earlier pull left it
  now = 1000;
  const second = layer(610e6);
  assert.deepEqual([second.bytesPerSecond, second.secondsLeft], [10e6, 39]);
  for (let s = 2; s <= 8; s++) {
    now = s * 1000;
    layer(610e6 + (s - 1) * 20e6);
  }
  assert.equal(meter.progress().bytesPerSecond, 20e6);
  assert.equal(describePull(meter.progress()), '750 MB of 1.0 GB · 20 MB/s · 13 s left');
  now += STALLED_MS;
  assert.equal(meter.progress().phase, 'waiting');
  assert.match(describePull(meter.progress()), /no data for 10 s/);
  layer(1e9);
  meter.add({ status: 'verifying sha256 digest' });
  assert.equal(meter.progress().phase, 'finishing');
});

test('figures that make no sense are ignored', () => {
  const meter = new PullMeter(() => 0);
  meter.add({ status: 'pulling a', digest: 'a', total: 100, completed: 500 });
  meter.add({ status: 'pulling a', digest: 'a', total: 100, completed: 20 });
  assert.deepEqual([meter.progress().completed, meter.progress().total], [100, 100]);
});

test('bytes and times read as people write them', () => {
  assert.deepEqual([0, 999, 1_500, 398e6, 986e6, 999.6e6, 4.7e9, 120e9].map(formatBytes), [
    '0 B',
    '999 B',
    '2 kB',
    '398 MB',
    '986 MB',
    '1.0 GB',
    '4.7 GB',
    '120 GB',
  ]);
  assert.deepEqual([0.2, 59, 61, 3600, 4800].map(formatTimeLeft), ['1 s', '59 s', '1 min', '1 h', '1 h 20 min']);
});
