import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Triples } from '../../../src/core/privacy/triples.ts';

test('a text includes a word by its triples exactly when it does', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('a', 'b', '-') }),
  );
  fc.assert(
    fc.property(texts, texts, fc.nat(300), fc.nat(20), (text, other, from, length) => {
      const triples = new Triples(text);
      for (const word of [other.slice(0, length), text.slice(from, from + length), `${text.slice(from, from + 2)}x`])
        assert.equal(triples.includes(word), text.includes(word), JSON.stringify(word));
    }),
  );
});
