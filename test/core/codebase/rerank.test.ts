import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cosine, fuseByMeaning } from '../../../src/core/codebase/rerank.ts';

/** The order by words and the order by meaning, made into one. */

const hits = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `h${i}`, score: count - i }));

test('the fused order keeps every hit, leaves the scores at their places, and moves nothing that was not compared', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 30 }), fc.nat(10), (near, more) => {
      const given = hits(near.length + more);
      const fused = fuseByMeaning(given, near);
      assert.deepEqual(fused.map(({ name }) => name).sort(), given.map(({ name }) => name).sort());
      assert.deepEqual(
        fused.map(({ score }) => score),
        given.map(({ score }) => score),
      );
      assert.deepEqual(fused.slice(near.length), given.slice(near.length));
    }),
  );
});

test('where both orders agree nothing moves, and a hit that is first in both stays first', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }),
      (near) => {
        const falling = [...near].sort((a, b) => b - a);
        assert.deepEqual(fuseByMeaning(hits(near.length), falling), hits(near.length));
        assert.equal(fuseByMeaning(hits(near.length + 1), [2, ...near])[0]?.name, 'h0');
      },
    ),
  );
});

test('what is nearest in meaning moves up', () => {
  const order = fuseByMeaning(hits(4), [0, 0.1, 0.9, 0.2]).map(({ name }) => name);
  assert.ok(order.indexOf('h2') < 2, order.join());
});

test('the cosine does not depend on lengths, and of nothing it is 0', () => {
  assert.equal(cosine([1, 2], [2, 4]).toFixed(6), '1.000000');
  assert.equal(cosine([1, 0], [0, 3]), 0);
  assert.equal(cosine([0, 0], [1, 1]), 0);
  assert.equal(cosine([], []), 0);
});
