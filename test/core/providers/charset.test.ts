import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { inUtf8 } from '../../../src/core/providers/charset.ts';

/** A response whose body comes in pieces of these sizes, used in turn. */
function responseOf(bytes: Uint8Array, contentType: string, sizes: readonly number[] = [bytes.length || 1]): Response {
  let at = 0;
  let pieces = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        const size = sizes[pieces++ % sizes.length] ?? 1;
        controller.enqueue(bytes.slice(at, (at += size)));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-type': contentType } });
}

const Sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const LATIN = 'Clé refusée: é à ü ß, größer';

test('a body in the set that its header states arrives as it was written, in any pieces', async () => {
  const bodies: readonly (readonly [string, Uint8Array, string])[] = [
    ['text/event-stream; charset=iso-8859-1', Buffer.from(LATIN, 'latin1'), LATIN],
    ['application/json; charset="ISO-8859-1"', Buffer.from(LATIN, 'latin1'), LATIN],
    ['text/event-stream; charset=utf-16le', Buffer.from(LATIN, 'utf16le'), LATIN],
    ['text/event-stream; charset=utf-16', Buffer.from(`\ufeff${LATIN}`, 'utf16le'), LATIN],
    ['text/event-stream; charset=us-ascii', Buffer.from('plain'), 'plain'],
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bodies), Sizes, async ([type, bytes, text], sizes) => {
      assert.equal(await inUtf8(responseOf(bytes, type, sizes)).text(), text);
    }),
  );
});

test('a set of several bytes for a character is told from UTF-8 by all that has arrived', async () => {
  // "模型不存在" in GBK, whose first two bytes would be a letter in UTF-8.
  const bytes = new Uint8Array([0xc4, 0xa3, 0xd0, 0xcd, 0xb2, 0xbb, 0xb4, 0xe6, 0xd4, 0xda]);
  assert.equal(await inUtf8(responseOf(bytes, 'application/json; charset=gbk')).text(), '模型不存在');
});

test('UTF-8 stays as it is, whatever set the header states', async () => {
  const Types = fc.constantFrom(
    '',
    '; charset=utf-8',
    '; charset=ISO-8859-1',
    '; charset=gbk',
    '; charset=no-such-set',
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), Types, Sizes, async (text, type, sizes) => {
      const bytes = new TextEncoder().encode(text);
      const response = inUtf8(responseOf(bytes, `text/event-stream${type}`, sizes));
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes);
    }),
  );
});

test('a body that is left early is left at its server', async () => {
  let left = false;
  const body = new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.enqueue(new Uint8Array([0x61])), cancel: () => void (left = true) },
    { highWaterMark: 0 },
  );
  const response = inUtf8(new Response(body, { headers: { 'content-type': 'text/plain; charset=iso-8859-1' } }));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  assert.ok(left);
});
