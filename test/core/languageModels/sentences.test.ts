import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeForHost } from '../../../src/core/languageModels/sentences.ts';

const PLACE = { provider: 'p', host: 'h.example', model: 'm', kind: 'openai' } as const;

test("the server's words end as a sentence before the next step", () => {
  for (const [detail, said] of [
    ['scenario 500', 'scenario 500. Try again.'],
    ['Out of memory (CUDA)', 'Out of memory (CUDA). Try again.'],
    ['Überlastet', 'Überlastet. Try again.'],
    ['Come back later!', 'Come back later! Try again.'],
    ['The server is busy.', 'The server is busy. Try again.'],
    ['please wait…', 'please wait… Try again.'],
    ['load is at 95%', 'load is at 95%. Try again.'],
    ['(The queue is full.)', '(The queue is full.) Try again.'],
    ['服务器繁忙。', '服务器繁忙。 Try again.'],
  ] as const) {
    const words = describeForHost({ kind: 'server-error', detail }, PLACE);
    assert.ok(words.endsWith(said), `${detail}: ${words}`);
  }
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (detail) => {
      const words = describeForHost({ kind: 'server-error', detail: `${detail}x` }, PLACE);
      assert.ok(words.endsWith('x. Try again.'), words);
    }),
  );
});
