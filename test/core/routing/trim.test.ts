import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTrim, type Part } from '../../../src/core/routing/trim.ts';

const PARTS: readonly Part[] = [
  { name: 'instructions', tokens: 100, kind: 'fixed' },
  { name: 'a.ts', tokens: 300, kind: 'attachment' },
  { name: 'b.ts', tokens: 500, kind: 'attachment' },
  { name: 'first', tokens: 50, kind: 'turn' },
  { name: 'second', tokens: 60, kind: 'turn' },
  { name: 'question', tokens: 40, kind: 'fixed' },
];

for (const [room, leftOut, tokens, fits, words] of [
  [1_050, [], 1_050, true, ''],
  [1_000, [3], 1_000, true, 'Left out: the 1 oldest messages of this chat'],
  [940, [3, 4], 940, true, 'Left out: the 2 oldest messages of this chat'],
  [939, [2, 3, 4], 440, true, 'Left out: the 2 oldest messages of this chat, b.ts'],
  [140, [1, 2, 3, 4], 140, true, 'Left out: the 2 oldest messages of this chat, b.ts'],
  [139, [1, 2, 3, 4], 140, false, 'The question alone is too long for this model.'],
] as const)
  test(`with room for ${room} tokens, ${leftOut.length} parts are left out`, () => {
    const trim = planTrim(PARTS, room);
    assert.deepEqual([trim.leftOut, trim.tokens, trim.fits], [leftOut, tokens, fits]);
    assert.ok(trim.words.startsWith(words.split(',')[0] ?? ''), trim.words);
    if (words === '') assert.equal(trim.words, '');
  });

test('attachments alone are named', () => {
  const trim = planTrim(
    PARTS.filter(({ kind }) => kind !== 'turn'),
    500,
  );
  assert.equal(trim.words, 'Left out: b.ts');
});
