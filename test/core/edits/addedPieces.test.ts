import assert from 'node:assert/strict';
import test from 'node:test';
import { addedPieces } from '../../../src/core/edits/lineDiff.ts';

test('the lines that an edit added, their places, whatever ends them', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const lines = (...all: readonly string[]): string => all.join(end);
    const before = lines('one', 'two', 'three', '');
    const after = lines('zero', 'one', '2', 'three', 'four', '');
    const pieces = addedPieces(before, after);
    assert.deepEqual(
      pieces.map(({ text }) => text),
      [`zero${end}`, `2${end}`, `four${end}`],
    );
    for (const { at, text } of pieces) assert.equal(after.slice(at, at + text.length), text);
  }
});

test('an edit that only removes lines added nothing, a new file all of its lines', () => {
  assert.deepEqual(addedPieces('one\ntwo\n', 'one\n'), []);
  assert.deepEqual(addedPieces('', 'a\nb'), [{ at: 0, text: 'a\nb' }]);
  assert.deepEqual(addedPieces('a', 'a\nb'), [{ at: 2, text: 'b' }]);
});
