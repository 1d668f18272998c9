import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { post, postJson, rawExchange } from './client.ts';
import { startDemo } from './demo.ts';
import {
  TEST_CERTIFICATE,
  closedPort,
  startResetPort,
  startSilentPort,
  startSink,
  startTlsSelfSigned,
} from './ports.ts';

test('the sink records every contact with its first bytes', async (t) => {
  const sink = await startSink();
  t.after(() => sink.stop());
  assert.equal(sink.contacts.length, 0);
  await fetch(`${sink.url}/leak?secret=1`);
  assert.match(sink.contacts[0]!.head, /^GET \/leak\?secret=1 HTTP\/1\.1/);
});

test('the reset port resets, the silent port is silent, the closed port refuses', async (t) => {
  const reset = await startResetPort();
  const silent = await startSilentPort();
  t.after(() => Promise.all([reset.stop(), silent.stop()]));
  const code = (error: unknown) => ((error as Error).cause as NodeJS.ErrnoException).code;
  await assert.rejects(fetch(reset.url), (error) => ['ECONNRESET', 'UND_ERR_SOCKET'].includes(code(error)!));
  await assert.rejects(fetch(silent.url, { signal: AbortSignal.timeout(80) }), { name: 'TimeoutError' });
  assert.equal(silent.connections(), 1);
  await assert.rejects(fetch(`http://127.0.0.1:${await closedPort()}`), (error) => code(error) === 'ECONNREFUSED');
});

test('the certificate is refused for being self-signed, not for its date', async (t) => {
  const tls = await startTlsSelfSigned();
  t.after(() => tls.stop());
  await assert.rejects(fetch(tls.url), (error) => {
    return ((error as Error).cause as NodeJS.ErrnoException).code === 'DEPTH_ZERO_SELF_SIGNED_CERT';
  });
  assert.deepEqual(tls.requests, []);
  const certificate = new X509Certificate(TEST_CERTIFICATE);
  assert.ok(new Date(certificate.validTo) > new Date('2100-01-01'));
  assert.ok(new Date(certificate.validFrom) < new Date('2021-01-01'));
});

test('plain HTTP on the TLS port is not answered with HTTP', async (t) => {
  const tls = await startTlsSelfSigned();
  t.after(() => tls.stop());
  const { text } = await rawExchange(tls.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.doesNotMatch(text, /200 OK/);
});

test('the demo has a local coder and two priced models', async (t) => {
  const demo = await startDemo();
  t.after(() => demo.stop());
  const { ollamaUrl, localModel, openAiBaseUrl, midModel, frontierModel } = demo.addresses;
  const info = await postJson(`${ollamaUrl}/api/show`, { model: localModel });
  assert.deepEqual(info.capabilities, ['completion', 'insert']);
  assert.equal((info.details as { family: string }).family, 'qwen2');
  demo.openai.settings.tokensPerSecond = Infinity;
  demo.openai.settings.ttftMs = 0;
  for (const model of [midModel, frontierModel]) {
    await (
      await post(`${openAiBaseUrl}/chat/completions`, { model, messages: [{ role: 'user', content: 'q' }] })
    ).text();
  }
  const [mid, frontier] = demo.openai.book.calls;
  assert.equal(mid!.costNano, mid!.tokens.inputFresh * 250 + mid!.tokens.output * 1000);
  assert.equal(frontier!.costNano, frontier!.tokens.inputFresh * 5000 + frontier!.tokens.output * 25_000);
});

test('the demo runs from the command line and ends on SIGTERM', async (t) => {
  const path = fileURLToPath(new URL('demo.ts', import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (bytes) => resolve(String(bytes))));
  const addresses = JSON.parse(line) as { ollamaUrl: string };
  assert.equal(await (await fetch(addresses.ollamaUrl)).text(), 'Ollama is running');
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  assert.equal(await exited, 0);
});
