import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { createFetch, isOllamaAt, PrivateModeError } from '../../../src/core/privacy/privateFetch.ts';
import { plainFetch } from '../../../src/editor/platform/plainFetch.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { failureOfError } from '../../../src/core/providers/guardedFetch.ts';
import { DEFAULTS } from '../../support/manifest.ts';

const asked: string[] = [];
const record: typeof globalThis.fetch = (input) => {
  asked.push(input instanceof Request ? input.url : String(input));
  return Promise.resolve(new Response('{}'));
};

test('in private mode only this machine is reached, whatever form the address has', async () => {
  let isPrivate = true;
  const fetch = createFetch({ isPrivate: () => isPrivate, isPlain: () => false, plainFetch, fetch: record });
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

test('only what an Ollama on this machine is asked goes by the plain way, and private mode is before both', async () => {
  const plain: string[] = [];
  let isPrivate = false;
  const providers = {
    ollama: { kind: 'ollama', baseUrl: 'http://127.0.0.1:11434/' },
    box: { kind: 'ollama', baseUrl: 'http://192.168.1.7:11434' },
    gateway: { kind: 'openai', baseUrl: 'http://127.0.0.1:4000/v1' },
  };
  const { settings } = parseSettings({ ...DEFAULTS, providers } as unknown as RawSettings, undefined);
  const fetch = createFetch({
    isPrivate: () => isPrivate,
    isPlain: (origin) => isOllamaAt(settings, origin),
    fetch: record,
    plainFetch: (url) => {
      plain.push(url);
      return Promise.resolve(new Response('{}'));
    },
  });
  asked.length = 0;
  const manual = { redirect: 'manual' } as const;
  await fetch('http://127.0.0.1:11434/api/tags', manual);
  await fetch(new URL('http://127.0.0.1:11434/api/generate'), { ...manual, method: 'POST', body: '{}' });
  assert.deepEqual(plain, ['http://127.0.0.1:11434/api/tags', 'http://127.0.0.1:11434/api/generate']);
  for (const [input, init] of [
    ['http://127.0.0.1:4000/v1/models', manual],
    ['https://127.0.0.1:11434/api/tags', manual],
    ['http://127.0.0.1:11435/api/tags', manual],
    ['http://192.168.1.7:11434/api/tags', manual],
    // What the plain way does not do.
    ['http://127.0.0.1:11434/api/tags', {}],
    ['http://127.0.0.1:11434/api/blobs/x', { ...manual, method: 'POST', body: new Uint8Array(3) }],
    [new Request('http://127.0.0.1:11434/api/tags'), manual],
  ] as const)
    await fetch(input, init);
  assert.deepEqual([plain.length, asked.length], [2, 7]);
  isPrivate = true;
  await assert.rejects(fetch('http://192.168.1.7:11434/api/tags', manual), PrivateModeError);
  await fetch('http://127.0.0.1:11434/api/tags', manual);
  assert.deepEqual([plain.length, asked.length], [3, 7]);
});

/** The plain way and the built-in one, to the same server. */
const WAYS = [true, false].map((plain) => createFetch({ isPrivate: () => false, isPlain: () => plain, plainFetch }));

test('the plain way answers what the built-in fetch answers', async (t) => {
  const server = http.createServer((request, response) => {
    const sent: Buffer[] = [];
    request.on('data', (chunk: Buffer) => sent.push(chunk));
    request.on('end', () => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, status === 200 ? 'Fine' : undefined, [
        ...['x-a', '1', 'x-a', '2', 'location', 'https://example.com/'],
        ...['x-name', String(request.headers['x-name'])],
      ]);
      response.end(
        status === 204 || status === 304 ? undefined : `${request.method} ${Buffer.concat(sent).toString()}`,
      );
    });
  });
  t.after(() => server.close());
  const url = await listen(server);
  for (const status of [200, 204, 302, 304, 404, 500])
    for (const method of ['GET', 'POST', 'HEAD']) {
      const answers = await Promise.all(
        WAYS.map(async (fetch) => {
          const body = method === 'POST' ? 'ä body' : undefined;
          const init = {
            method,
            redirect: 'manual',
            headers: new Headers({ 'X-Name': 'n' }),
            ...(body ? { body } : {}),
          };
          const answer = await fetch(`${url}/${status}`, init as RequestInit);
          const names = ['x-a', 'location', 'x-name'].map((name) => answer.headers.get(name));
          return [answer.status, answer.statusText, answer.ok, answer.body === null, names, await answer.text()];
        }),
      );
      assert.deepEqual(answers[0], answers[1], `${method} ${status}`);
      assert.equal(answers[0]?.[0], status);
    }
});

/** Sockets of the server below. */
const open = new Set<net.Socket>();

test('the plain way fails as the built-in fetch does, with codes that mean the same', async (t) => {
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.once('data', (data) => {
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
  const kinds = async (address: string, init?: RequestInit): Promise<unknown[]> =>
    Promise.all(
      WAYS.map((fetch) =>
        fetch(address, { redirect: 'manual', ...init })
          .then((answer) => answer.text())
          .then(
            () => 'no failure',
            (error: unknown) => failureOfError(error).kind,
          ),
      ),
    );
  assert.deepEqual(await kinds(`${url}/no-http`), ['not-a-model', 'not-a-model']);
  assert.deepEqual(await kinds(`${url}/reset`), ['reset', 'reset']);
  assert.deepEqual(await kinds(`${url}/closed`), ['reset', 'reset']);
  assert.deepEqual(await kinds(`${url}/cut`), ['reset', 'reset']);
  assert.deepEqual(await kinds(free), ['refused', 'refused']);

  const [plain] = WAYS;
  for (const fetch of WAYS) {
    // The built-in one opens some in advance.
    const before = new Set(open);
    const left = (): number => [...open].filter((socket) => !before.has(socket)).length;
    // Given up while it waits for headers, while it reads, before it is sent, and by leaving the body.
    const reason = new Error('given up');
    const early = fetch(`${url}/silent`, { redirect: 'manual', signal: AbortSignal.timeout(50) });
    await assert.rejects(early, { name: 'TimeoutError' });
    const controller = new AbortController();
    const reading = await fetch(`${url}/slow`, { redirect: 'manual', signal: controller.signal });
    const reader = reading.body?.getReader();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'one');
    controller.abort(reason);
    await assert.rejects(reader?.read() ?? Promise.resolve(), reason);
    await assert.rejects(fetch(`${url}/slow`, { redirect: 'manual', signal: controller.signal }), reason);
    const leaving = await fetch(`${url}/slow`, { redirect: 'manual' });
    await leaving.body?.cancel();
    for (let wait = 0; fetch === plain && left() > 0 && wait < 100; wait++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (fetch === plain) assert.equal(left(), 0, 'every socket is closed');
  }
});

/** The address of a server on a free port; with `close`, of a port where nobody listens any more. */
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
    .filter(
      (file) =>
        /\.tsx?$/.test(file) && ![path.join('core', 'network.ts'), path.join('editor', 'plainFetch.ts')].includes(file),
    );
  assert.ok(files.length > 50);
  for (const file of files) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    // The type is used to hand the one fetch on; the function itself is not taken from elsewhere.
    assert.doesNotMatch(
      text.replaceAll('typeof globalThis.fetch', ''),
      /globalThis\.fetch|node:https?['"]|XMLHttpRequest/,
      file,
    );
  }
});
