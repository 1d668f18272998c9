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
const at = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
const page = (address: string) => fetchPage(address, globalThis.fetch);

test('a page is its title and its words; redirects on the same host are followed', async () => {
  assert.deepEqual(await page(at('/moved')), { address: at('/page'), title: 'Docs', text: 'Use a lock.' });
  assert.equal(seen.at(-1)?.cookie, undefined);
  assert.equal((await page(at('/latin'))).text, 'ä');
});

test('what is no page says so', async () => {
  await assert.rejects(page(at('/away')), /redirects to https:\/\/elsewhere\.example\/page/);
  await assert.rejects(page(at('/round')), /redirects to/);
  await assert.rejects(page(at('/script')), /is not the address of a web page/);
  await assert.rejects(page(at('/missing')), /answered 404/);
  await assert.rejects(page(at('/picture')), /is not text but image\/png/);
  await assert.rejects(page('http://127.0.0.1:9/'), /could not be reached/);
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

test('a page that stalls, before or inside its text, is told in words', async (t) => {
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
      assert.match(error.message, /^127\.0\.0\.1:\d+ did not answer in time\.$/);
      return true;
    });
  await assert.rejects(page(at('/broken')), /could not be reached/);
});
