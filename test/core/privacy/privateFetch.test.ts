import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { createFetch, PrivateModeError } from '../../../src/core/privacy/privateFetch.ts';
import { failureOfError } from '../../../src/core/common/networkFailures.ts';
import { openFetch } from '../../support/fetch.ts';

const asked: string[] = [];
const record: typeof globalThis.fetch = (input) => {
  asked.push(input instanceof Request ? input.url : String(input));
  return Promise.resolve(new Response('{}'));
};

test('in private mode only this machine is reached, whatever form the address has', async () => {
  let isPrivate = true;
  const fetch = createFetch(() => isPrivate, record);
  const outside = [
    'https://openrouter.ai/api/v1/models?x=1',
    new URL('http://192.168.1.7:11434/api/generate'),
    new Request('https://example.com/'),
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
    'no address',
  ];
  for (const input of outside) await assert.rejects(fetch(input), PrivateModeError);
  assert.deepEqual(asked, []);
  await fetch('http://127.0.0.1:11434/api/tags?a=b');
  await fetch(new URL('http://[::1]:11434/'));
  assert.equal(asked.length, 2);
  isPrivate = false;
  await fetch('https://openrouter.ai/');
  assert.equal(asked.length, 3);
});

test('in private mode no address of this machine is asked that a proxy would get, and no name that a name server answers', async () => {
  const went: string[] = [];
  const network: typeof globalThis.fetch = (input) => {
    went.push(String(input));
    return Promise.resolve(new Response('{}'));
  };
  const behindProxy = createFetch(
    () => true,
    network,
    () => true,
  );
  for (const url of ['http://[::1]:11434/', 'http://127.0.0.2:11434/', 'http://[::ffff:127.0.0.1]:11434/'])
    await assert.rejects(behindProxy(url), PrivateModeError, url);
  const direct = createFetch(() => true, network);
  for (const url of ['http://ollama.localhost:11434/', 'http://x.localhost./']) {
    await assert.rejects(direct(url), PrivateModeError, url);
    await assert.rejects(behindProxy(url), PrivateModeError, url);
  }
  assert.deepEqual(went, []);
  for (const url of ['http://127.0.0.1:11434/', 'http://localhost:11434/']) await behindProxy(url);
  for (const url of ['http://[::1]:11434/', 'http://127.0.0.2:11434/', 'http://2130706433/', 'http://0x7f.1/'])
    await direct(url);
  assert.equal(went.length, 6);
});

test('in private mode a server on this machine cannot send us to another address', async (t) => {
  const paths: string[] = [];
  const server = http.createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  t.after(() => server.close());
  const url = await listen(server);
  const fetch = createFetch(() => true);
  for (const input of [`${url}/start`, new Request(`${url}/start`, { redirect: 'follow' })])
    for (const init of [undefined, { redirect: 'follow' }] as const)
      assert.equal((await fetch(input, init)).status, 302);
  assert.deepEqual(paths, Array(4).fill('/start'));
});

/** Sockets of the server below that carried a request. */
const asking = new Set<net.Socket>();

test('problems of a server on this machine are told apart, and an end closes the socket', async (t) => {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('close', () => asking.delete(socket));
    socket.once('data', (data) => {
      asking.add(socket);
      const path = /^GET (\S+)/.exec(data.toString())?.[1];
      if (path === '/no-http') socket.end('SSH-2.0-x\r\n');
      if (path === '/reset') socket.resetAndDestroy();
      if (path === '/closed') socket.end();
      if (path === '/cut') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      if (path === '/slow') socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n');
    });
  });
  t.after(() => server.close());
  const url = await listen(server);
  const free = await listen(net.createServer(), true);
  const kindOf = (address: string): Promise<unknown> =>
    openFetch(address, { redirect: 'manual' })
      .then((answer) => answer.text())
      .then(
        () => 'no failure',
        (error: unknown) => failureOfError(error).kind,
      );
  assert.equal(await kindOf(`${url}/no-http`), 'not-a-model');
  assert.equal(await kindOf(`${url}/reset`), 'reset');
  assert.equal(await kindOf(`${url}/closed`), 'reset');
  assert.equal(await kindOf(`${url}/cut`), 'reset');
  assert.equal(await kindOf(free), 'refused');

  // Given up while it waits for headers, while it reads, before it is sent, and by leaving the body.
  const reason = new Error('given up');
  const early = openFetch(`${url}/silent`, { signal: AbortSignal.timeout(50) });
  await assert.rejects(early, { name: 'TimeoutError' });
  const controller = new AbortController();
  const reading = await openFetch(`${url}/slow`, { signal: controller.signal });
  const reader = reading.body?.getReader();
  assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'one');
  controller.abort(reason);
  await assert.rejects(reader?.read() ?? Promise.resolve(), reason);
  await assert.rejects(openFetch(`${url}/slow`, { signal: controller.signal }), reason);
  const leaving = await openFetch(`${url}/slow`);
  await leaving.body?.cancel();
  // `fetch` may open one more in advance, for the next request.
  for (let wait = 0; asking.size > 0 && wait < 100; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(asking.size, 0, 'every socket that carried a request is closed');
});

/** The address of a server on a free port; with `close`, of a port where no program listens any more. */
async function listen(server: net.Server, close = false): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  if (close) await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

test('nothing in the extension has another way to the network', () => {
  const root = path.join(import.meta.dirname, '../../../src');
  const files = fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && file !== path.join('core', 'privacy', 'privateFetch.ts'));
  assert.ok(files.length > 50);
  for (const file of files) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    // The type is used to hand the one fetch on; the function itself is not taken from elsewhere.
    assert.doesNotMatch(
      text.replaceAll('typeof globalThis.fetch', ''),
      /globalThis\.fetch|node:(https?|http2|net|tls|dgram)['"]|XMLHttpRequest|new WebSocket/,
      file,
    );
  }
});
