import assert from 'node:assert/strict';
import test from 'node:test';
import { Deltas } from '../../../src/core/chat/deltas.ts';

test('the first token goes at once, those of a crowd together, and none is lost or stored late', async () => {
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
