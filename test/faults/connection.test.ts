import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { lookup } from 'node:dns/promises';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { CHAT_LIMITS, FRONTIER_LIMITS, INLINE_LIMITS } from '../../src/core/gateway/call.ts';
import { closedPort, startResetPort, startSilentPort, startTlsSelfSigned } from '../servers/ports.ts';
import { FRAMES, PROTOCOLS } from './frames.ts';
import { checkOracles, rowsOf } from './oracles.ts';
import { fault, makeRig, type Rig } from './rig.ts';

/** Faults of the connection: F01 to F12. */

const throwing = (cause: Error & { code?: string }) => () =>
  Promise.reject(Object.assign(new TypeError('fetch failed'), { cause }));
const coded = (code: string, message = code): Error & { code: string } => Object.assign(new Error(message), { code });
const costs = async (rig: Rig, callId: string): Promise<(number | null)[]> =>
  (await rowsOf(rig, callId)).map(({ settled }) => settled?.cost.nanoUsd ?? null);

test('F01 port closed: three attempts, inline one, all without cost; it says where nothing answers', async (t) => {
  for (const protocol of PROTOCOLS) {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const rig = await makeRig(t, protocol, { url });
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: 'refused', rows: 3 });
    assert.deepEqual(await costs(rig, run.result.callId), [0, 0, 0]);
    assert.equal(run.result.place?.host, new URL(url).host);
    const inline = await (await makeRig(t, protocol, { url })).ask({ limits: INLINE_LIMITS, task: 'completion' });
    assert.equal(inline.result.attempts.length, 1);
    assert.deepEqual(inline.waits, []);
  }
});

test('F02 the name does not resolve: named, three attempts, and no pause beyond 2 s', async (t) => {
  for (const protocol of PROTOCOLS) {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
      const rig = await makeRig(t, protocol, { parts: { fetch: throwing(coded(code)) } });
      const run = await rig.ask();
      await checkOracles(rig, run, { outcome: 'failed', failure: 'dns', rows: 3 });
      assert.ok(run.waits.every((ms) => ms <= 2_000));
      assert.deepEqual(await costs(rig, run.result.callId), [0, 0, 0]);
    }
  }
});

test('F03 certificate self-signed, expired or of another name: not repeated, and the reason is named', async (t) => {
  const tls = await startTlsSelfSigned();
  t.after(() => tls.stop());
  for (const protocol of PROTOCOLS) {
    const rig = await makeRig(t, protocol, { url: tls.url });
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: 'tls', rows: 1 });
    assert.match(run.result.failure?.detail ?? '', /self.signed/i);
    for (const code of ['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
      const stub = await makeRig(t, protocol, { parts: { fetch: throwing(coded(code, `words on ${code}`)) } });
      const refused = await stub.ask();
      await checkOracles(stub, refused, { outcome: 'failed', failure: 'tls', rows: 1 });
      assert.match(refused.result.failure?.detail ?? '', new RegExp(code));
    }
  }
  assert.equal(tls.requests.length, 0);
});

test('F04 TLS spoken to a plain port and the reverse: one request, one clear error', async (t) => {
  // What a TLS port says to plain HTTP: an alert, "unexpected message".
  const alerting = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x0a])));
  });
  await new Promise<void>((resolve) => alerting.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => alerting.close(resolve)));
  for (const protocol of PROTOCOLS) {
    const plain = await makeRig(t, protocol);
    const toPlain = await makeRig(t, protocol, { url: plain.server.url.replace('http:', 'https:') });
    const first = await toPlain.ask();
    await checkOracles(toPlain, first, { outcome: 'failed', failure: 'tls', rows: 1 });
    const toTls = await makeRig(t, protocol, { url: `http://127.0.0.1:${(alerting.address() as AddressInfo).port}` });
    const second = await toTls.ask();
    await checkOracles(toTls, second, { outcome: 'failed', failure: 'not-a-model', rows: 1 });
  }
});

test('F05 accepted, then reset before any byte: repeated by rule, and not billed', async (t) => {
  for (const protocol of PROTOCOLS) {
    const port = await startResetPort();
    t.after(() => port.stop());
    const rig = await makeRig(t, protocol, { url: port.url });
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: 'reset' });
    assert.ok(port.connections() >= 2 && port.connections() <= 3, String(port.connections()));
    const dropped = await makeRig(t, protocol);
    dropped.server.always('drop-reset');
    const after = await dropped.ask();
    // After the request was sent it may have been billed: once more only, and both are charged.
    await checkOracles(dropped, after, { outcome: 'failed', failure: 'reset', requests: 2, estimated: true });
  }
});

test('F06 accepted, never answers: the headers limit of each kind of call ends it and closes the socket', async (t) => {
  const silent = await startSilentPort();
  t.after(() => silent.stop());
  for (const protocol of PROTOCOLS) {
    for (const limits of [INLINE_LIMITS, CHAT_LIMITS, FRONTIER_LIMITS]) {
      const rig = await makeRig(t, protocol, { url: silent.url });
      const asked = rig.ask({ limits });
      const before = silent.connections();
      while (silent.connections() === before && rig.clock.pending === 0) await new Promise(setImmediate);
      await new Promise((resolve) => setTimeout(resolve, 20));
      rig.clock.advance(limits.headersMs + 1_000);
      const run = await asked;
      await checkOracles(rig, run, { outcome: 'failed', failure: 'timeout', rows: 1 });
      assert.equal(run.result.failure?.waitingFor, 'headers');
      assert.ok(run.tookMs >= limits.headersMs && run.tookMs < limits.headersMs + 2_000, String(run.tookMs));
    }
  }
});

test('F07 what answers is not HTTP, or sends 70 KB of headers: a clean error, once, without cost', async (t) => {
  const headers = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nx-long: ${'a'.repeat(70 * 1024)}\r\n\r\n`));
  });
  await new Promise<void>((resolve) => headers.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => headers.close(resolve)));
  for (const protocol of PROTOCOLS) {
    const rig = await makeRig(t, protocol);
    rig.server.always('raw');
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: 'not-a-model', requests: 1, estimated: false });
    const long = await makeRig(t, protocol, { url: `http://127.0.0.1:${(headers.address() as AddressInfo).port}` });
    const second = await long.ask();
    await checkOracles(long, second, { outcome: 'failed', failure: 'not-a-model', rows: 1, estimated: false });
  }
});

test('F08 offline and back: typing asks at most once in half a minute, and the first question after works', async (t) => {
  for (const protocol of PROTOCOLS) {
    let online = false;
    let requests = 0;
    const rig = await makeRig(t, protocol, {
      parts: {
        fetch: (input, init) => {
          requests++;
          return online ? globalThis.fetch(input, init) : throwing(coded('ENETUNREACH'))();
        },
      },
    });
    const typing = { limits: INLINE_LIMITS, task: 'completion' } as const;
    for (let key = 0; key < 50; key++) await rig.ask(typing);
    assert.equal(requests, 3, 'the circuit opens after three');
    const paused = await rig.ask(typing);
    await checkOracles(rig, paused, { outcome: 'failed', failure: 'circuit-open', rows: 0 });
    online = true;
    requests = 0;
    const asked = await rig.ask();
    await checkOracles(rig, asked, { outcome: 'done', failure: null, requests: 1 });
    requests = 0;
    const inline = await rig.ask(typing);
    assert.equal(inline.result.outcome, 'done', 'that question closed the circuit for typing as well');
    assert.equal(requests, 1);
  }
});

test('F09 the proxy refuses: it is named, not the server, and not asked again', async (t) => {
  for (const protocol of PROTOCOLS) {
    const refusals = [
      () => Promise.resolve(new Response('<html>Proxy Authentication Required</html>', { status: 407 })),
      throwing(new Error('Proxy response (407) !== 200 when HTTP Tunneling')),
    ];
    for (const fetch of refusals) {
      const rig = await makeRig(t, protocol, { parts: { fetch } });
      const run = await rig.ask();
      await checkOracles(rig, run, { outcome: 'failed', failure: 'proxy', rows: 1, estimated: false });
      assert.deepEqual(await costs(rig, run.result.callId), [0]);
    }
  }
});

test('F10 a server on IPv4 only, or on IPv6 only: "localhost" finds it within a second', async (t) => {
  for (const protocol of PROTOCOLS) {
    const four = await makeRig(t, protocol);
    const byName = await makeRig(t, protocol, { url: four.server.url.replace('127.0.0.1', 'localhost') });
    byName.server.script('never');
    four.server.script('found');
    const run = await byName.ask();
    assert.equal(run.text, 'found');
    assert.ok(run.tookMs < 1_000);

    const { contentType, text, end } = FRAMES[protocol];
    const six = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': contentType }).end(text('found') + end());
    });
    await new Promise<void>((resolve, reject) => six.once('error', reject).listen(0, '::1', resolve));
    t.after(() => {
      six.closeAllConnections();
      six.close();
    });
    const named = (await lookup('localhost', { all: true })).some(({ family }) => family === 6);
    const host = named ? 'localhost' : '[::1]';
    const rig = await makeRig(t, protocol, { url: `http://${host}:${(six.address() as AddressInfo).port}` });
    const second = await rig.ask();
    assert.equal(second.text, 'found', JSON.stringify(second.result.failure));
    assert.ok(second.tookMs < 1_000);
  }
});

test('F11 the system clock jumps an hour back or a day ahead: nothing ends early, nothing hangs, rows are whole', async (t) => {
  for (const protocol of PROTOCOLS) {
    for (const jump of [-3_600_000, 86_400_000]) {
      let shift = 0;
      const rig = await makeRig(t, protocol, { parts: { now: () => Date.now() + shift } });
      rig.server.script('one two three four five six');
      rig.server.next('between-tokens:10');
      setTimeout(() => (shift = jump), 30);
      const run = await rig.ask();
      const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
      assert.equal(run.text, 'one two three four five six');
      assert.ok((row?.settled?.durationMs ?? -1) >= 0 && (row?.settled?.durationMs ?? 1e9) < 5_000);
      rig.server.always('status:503');
      shift = 0;
      const failing = rig.ask();
      shift = jump;
      assert.equal((await failing).result.failure?.kind, 'overloaded');
      shift = 0;
    }
  }
});

for (const clockStops of [false, true]) {
  test(`F12 the computer sleeps two hours in mid-stream (clock ${clockStops ? 'stops' : 'runs on'}): it ends within 2 s of waking, the text is kept`, async (t) => {
    for (const protocol of PROTOCOLS) {
      const rig = await makeRig(t, protocol);
      rig.server.script('one two three four');
      rig.server.next('stall:2');
      const asked = rig.ask();
      await rig.server.book.waitFor((book) => book.calls[0]?.tokens.output === 2);
      await new Promise((resolve) => setTimeout(resolve, 30));
      rig.clock.sleep(2 * 3_600_000, { clockStops });
      const woken = performance.now();
      const run = await asked;
      assert.ok(performance.now() - woken < 3_500, 'a look each second, and 1.5 s to show life');
      assert.equal(run.text, 'one two');
      await checkOracles(
        rig,
        { ...run, tookMs: 0 },
        { outcome: 'partial', failure: 'slept', requests: 1, estimated: true },
      );
    }
  });
}

fault('F12 a short sleep that the connection lives through ends nothing', async (rig) => {
  rig.server.script('one two three four');
  rig.server.next('between-tokens:300');
  const asked = rig.ask();
  await rig.server.book.waitFor((book) => (book.calls[0]?.tokens.output ?? 0) >= 2);
  rig.clock.sleep(60_000);
  const run = await asked;
  await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
});

test('a connection that does not come is given up at its own limit, and costs nothing', async (t) => {
  for (const protocol of PROTOCOLS) {
    let asking = false;
    const rig = await makeRig(t, protocol, {
      parts: {
        fetch: (_, init) =>
          new Promise((_resolve, reject) => {
            asking = true;
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
          }),
        watchSending: (steps, send) => {
          steps.connecting();
          return send();
        },
      },
    });
    const asked = rig.ask({ limits: INLINE_LIMITS });
    while (!asking) await new Promise(setImmediate);
    rig.clock.advance(2_100);
    const { result } = await asked;
    assert.deepEqual(result.failure, { kind: 'timeout', waitingFor: 'connection' });
    assert.deepEqual(await costs(rig, result.callId), [0], 'nothing was sent');
  }
});
