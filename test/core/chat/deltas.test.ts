import assert from 'node:assert/strict';
import test from 'node:test';
import { Deltas } from '../../../src/core/chat/deltas.ts';

test('F49 the first token goes at once, those of a crowd together, and none is lost or stored late', async () => {
  const shown: string[] = [];
  const stored: string[] = [];
  const deltas = new Deltas(
    (text) => shown.push(text),
    (text) => stored.push(text),
  );
  deltas.add('a', '');
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise(setImmediate);
  assert.deepEqual(shown, ['a']);
  for (let i = 0; i < 500; i++) {
    deltas.add('b', '');
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  deltas.flush();
  assert.equal(shown.join(''), `a${'b'.repeat(500)}`);
  assert.ok(shown.length < 50, `${shown.length} messages`);
  assert.equal(stored.join(''), `a${'b'.repeat(500)}`);
  assert.ok(stored.length <= 3, `${stored.length} writes`);
});

test('F49 the page is updated at most once in 12 ms, however fast tokens come', async () => {
  const told: number[] = [];
  const deltas = new Deltas(
    () => told.push(performance.now()),
    () => undefined,
  );
  const end = performance.now() + 1_000;
  while (performance.now() < end) {
    for (let n = 0; n < 1_000; n++) deltas.add('x', '');
    await new Promise(setImmediate);
  }
  deltas.flush();
  // The first goes at once, and the last with the end.
  assert.ok(told.length <= 1_000 / 12 + 2, `${told.length} in a second`);
});
