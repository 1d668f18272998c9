import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runWorker } from '../support/worker.ts';
import type { Streams } from './streams.ts';

const FILE = new URL('./streams.ts', import.meta.url);
const read = (streams: Streams): Promise<number> => runWorker(FILE, streams);

test('F41 F42 cut at every byte, in both ways: a prefix and a failure, or whole', { timeout: 600_000 }, async () => {
  assert.ok((await read('every cut')) > 3_000);
});

test(
  '100,000 random streams: split, cut, with odd counts, spoiled: whole, or a prefix and a failure, or marked',
  { timeout: 600_000 },
  async () => {
    // The openai library makes a stream several times as costly as Ollama's: the halves take the same time.
    const halves = await Promise.all([
      read({ protocol: 'openai', from: 0, to: 17_000 }),
      (async () =>
        (await read({ protocol: 'ollama', from: 0, to: 80_000 })) +
        (await read({ protocol: 'openai', from: 17_000, to: 20_000 })))(),
    ]);
    assert.equal(
      halves.reduce((sum, count) => sum + count, 0),
      100_000,
    );
  },
);
