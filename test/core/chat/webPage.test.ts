import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { fetchPage } from '../../../src/core/chat/webPage.ts';

const seen: http.IncomingHttpHeaders[] = [];
const server = http.createServer((request, response) => {
  seen.push(request.headers);
  const to = (location: string) => response.writeHead(302, { location }).end();
  switch (request.url) {
    case '/moved':
      return to('/page');
    case '/away':
      return to('https://elsewhere.example/page');
    case '/round':
      return to('/round');
    case '/script':
      return to('javascript:alert(1)');
    case '/missing':
      return response.writeHead(404).end('no');
    case '/picture':
      return response.writeHead(200, { 'content-type': 'image/png' }).end('png');
    case '/latin':
      return response.writeHead(200, { 'content-type': 'text/plain; charset=iso-8859-1' }).end(Buffer.from([0xe4]));
    case '/stalled':
      return response.writeHead(200, { 'content-type': 'text/plain' }).write('It begins');
    case '/silent':
      return;
    case '/broken':
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' }).write('It begins');
      return setTimeout(() => response.destroy(), 20);
    case '/endless': {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const write = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(write));
      };
      return write();
    }
    default:
      return response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<title>Docs</title><p>Use a <b>lock</b>.</p>');
  }
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
after(() => {
  server.closeAllConnections();
  server.close();
});
const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
/** Pages are fetched from the public web only, so the server has a public name here. */
const PUBLIC = 'http://docs.example.org';
const at = (path: string): string => `${PUBLIC}${path}`;
const fetchThere: typeof globalThis.fetch = (input, init) =>
  globalThis.fetch((input instanceof Request ? input.url : String(input)).replace(PUBLIC, local), init);
const page = (address: string) => fetchPage(address, fetchThere);

test('a page is its title and its words; redirects on the same host are followed', async () => {
  assert.deepEqual(await page(at('/moved')), { address: at('/page'), title: 'Docs', text: 'Use a lock.' });
  assert.equal(seen.at(-1)?.cookie, undefined);
  assert.equal((await page(at('/latin'))).text, 'ä');
});

test('what is not a page is reported', async () => {
  await assert.rejects(page(at('/away')), /redirects to https:\/\/elsewhere\.example\/page/);
  await assert.rejects(page(at('/round')), /redirects to/);
  await assert.rejects(page(at('/script')), /is not the address of a web page/);
  await assert.rejects(page(at('/missing')), /answered 404/);
  await assert.rejects(page(at('/picture')), /is not text but image\/png/);
  await assert.rejects(
    fetchPage('http://docs.example.org/', () => Promise.reject(new TypeError('fetch failed'))),
    /could not be reached/,
  );
  for (const bad of [
    'file:///etc/passwd',
    'ftp://x/y',
    'nothing',
    'https://user:pass@example.com/',
    'data:text/html,x',
  ])
    await assert.rejects(page(bad), /is not the address of a web page/, bad);
});

test('an endless page is read up to the limit', async () => {
  const { text } = await page(at('/endless'));
  assert.ok(text.length > 2_000_000 && text.length < 4_000_000, String(text.length));
});

test('T05 this computer, private networks and metadata services are no web pages, in any spelling', async () => {
  let requests = 0;
  const fetch: typeof globalThis.fetch = () => {
    requests++;
    return Promise.reject(new Error('fetched'));
  };
  for (const host of NOT_PUBLIC)
    await assert.rejects(fetchPage(`http://${host}/latest/meta-data`, fetch), /not on the public web/, host);
  const inside = ['127.0.0.1', '10.0.0.7', '169.254.169.254', '::1', 'fe80::1%eth0', '::ffff:192.168.1.5'];
  for (const address of inside)
    await assert.rejects(
      fetchPage('https://rebind.example.org/', fetch, () => Promise.resolve(['93.184.216.34', address])),
      /not on the public web/,
      address,
    );
  assert.equal(requests, 0);
  await assert.rejects(
    fetchPage('https://docs.example.org/', fetch, () => Promise.reject(new Error('ENOTFOUND'))),
    /fetched/,
  );
});

const NOT_PUBLIC = [
  'localhost',
  'localhost.',
  'app.localhost:3000',
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:a9fe:a9fe::]',
  '[fd00:ec2::254]',
  '[fd12::1]',
  '[fe80::1]',
  'metadata.google.internal',
  'metadata.google.internal.',
  'metadata.goog',
  'METADATA.GOOG.',
  '100.100.100.200',
  'intranet',
  'printer.local',
  'nas.lan',
  'vault.corp.internal',
];

test('a page that stalls, before or inside its text, has a message', async (t) => {
  t.mock.method(AbortSignal, 'timeout', (_: number) => {
    const controller = new AbortController();
    setTimeout(
      () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      100,
    );
    return controller.signal;
  });
  for (const path of ['/stalled', '/silent'])
    await assert.rejects(page(at(path)), (error: Error) => {
      assert.match(error.message, /^docs\.example\.org did not answer in time\.$/);
      return true;
    });
  t.mock.restoreAll();
  await assert.rejects(page(at('/broken')), /could not be reached/);
});
