import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyHunks, hunkAt, newRanges } from '../../../src/core/edits/hunks.ts';
import { hunksBetween, planFile, resultOf } from '../../../src/core/edits/planFile.ts';

const BEFORE = 'a\nb\nc\nd\ne\nf\ng\n';
/** b becomes two lines, d goes away, after f comes a line. */
const AFTER = 'a\nB\nB2\nc\ne\nf\nnew\ng\n';
const hunks = hunksBetween(BEFORE, AFTER);

test('the lines of the new text that the hunks make', () => {
  assert.equal(applyHunks(BEFORE, hunks), AFTER);
  assert.deepEqual(newRanges(hunks), [
    { start: 1, end: 3 },
    { start: 4, end: 4 },
    { start: 6, end: 7 },
  ]);
});

test('a line belongs to the hunk that it is in, else to the next below, else to the last', () => {
  const at = (side: 'old' | 'new') => (line: number) => hunkAt(hunks, line, side);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7, 50].map(at('new')), [0, 0, 0, 1, 1, 2, 2, 2, 2]);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 50].map(at('old')), [0, 0, 1, 1, 2, 2, 2, 2]);
  assert.equal(hunkAt([], 3, 'new'), -1);
});

test('hunks of a known text go to their place, also at its first line, and follow what was changed since', () => {
  const plan = (base: string, wanted: string, now = base) => {
    const edit = { kind: 'hunks', path: null, hunks: hunksBetween(base, wanted) } as const;
    return planFile([edit], { text: now, base });
  };
  for (const [base, wanted] of [
    ['a\nb\n', 'new\na\nb\n'],
    ['\n\n\n', '\n\nnew\n\n'],
    ['a\na\na\n', 'a\na\nnew\na\n'],
    ['', 'new\n'],
    ['a', 'a\nnew'],
    ['a\r\nb\r\n', 'a\r\nnew\r\n'],
  ] as const)
    assert.equal(resultOf(base, plan(base, wanted)), wanted, JSON.stringify(base));
  const moved = plan(BEFORE, AFTER, `first\n${BEFORE}`);
  assert.equal(resultOf(`first\n${BEFORE}`, moved), `first\n${AFTER}`);
  const clash = plan(BEFORE, AFTER, BEFORE.replace('b', 'mine'));
  assert.deepEqual(
    clash.failures.map(({ reason }) => reason),
    ['changed'],
  );
});
