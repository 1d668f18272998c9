import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { animate, type Frame } from './webp.mjs';

/** One pixel, as Chromium encodes it without loss. */
const PIXEL = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');

interface Chunk {
  readonly name: string;
  readonly body: Buffer;
}

/** The chunks of a RIFF body, which must fill it to its last byte. */
function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = bytes.readUInt32LE(at + 4);
    chunks.push({ name: bytes.toString('latin1', at, at + 4), body: bytes.subarray(at + 8, at + 8 + size) });
    at += 8 + size + (size % 2);
  }
  assert.equal(at, bytes.length);
  return chunks;
}

const frames: fc.Arbitrary<Frame> = fc.record({
  webp: fc.constant(PIXEL),
  x: fc.nat(2000).map((n) => n * 2),
  y: fc.nat(2000).map((n) => n * 2),
  width: fc.integer({ min: 1, max: 4000 }),
  height: fc.integer({ min: 1, max: 4000 }),
  ms: fc.nat(10_000),
});

test('a moving picture holds each frame with its place, size and time, as the format says', () => {
  fc.assert(
    fc.property(fc.array(frames, { minLength: 1, maxLength: 20 }), (given) => {
      const file = animate(1120, 680, given);
      const [riff] = chunksOf(file);
      assert.equal(riff?.name, 'RIFF');
      assert.equal(riff?.body.toString('latin1', 0, 4), 'WEBP');
      const [header, animation, ...parts] = chunksOf(riff.body.subarray(4));
      assert.equal(header?.name, 'VP8X');
      assert.deepEqual([header.body.readUIntLE(4, 3) + 1, header.body.readUIntLE(7, 3) + 1], [1120, 680]);
      assert.equal(animation?.name, 'ANIM');
      const read = parts.map(({ name, body }) => {
        assert.equal(name, 'ANMF');
        const [x = 0, y = 0, width = 0, height = 0, ms = 0] = [0, 3, 6, 9, 12].map((at) => body.readUIntLE(at, 3));
        assert.deepEqual(
          chunksOf(body.subarray(16)).map((chunk) => chunk.name),
          ['VP8L'],
        );
        return { x: x * 2, y: y * 2, width: width + 1, height: height + 1, ms };
      });
      assert.deepEqual(
        read,
        given.map(({ x, y, width, height, ms }) => ({ x, y, width, height, ms })),
      );
    }),
  );
});

test('a frame that is not a WebP picture is refused', () => {
  const frame = { webp: Buffer.from('\x89PNG\r\n\x1a\n'), x: 0, y: 0, width: 1, height: 1, ms: 1 };
  assert.throws(() => animate(1, 1, [frame]), /no WebP picture/);
});
