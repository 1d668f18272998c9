import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authorship, type AuthoredLines } from '../../../src/core/insights/authorship.ts';

/** Which model wrote the lines of a change: by whole lines, kept short and small. */

function authorship() {
  let kept: readonly AuthoredLines[] = [];
  const made = new Authorship({
    load: () => kept,
    save: (authored) => void (kept = authored),
    hash: (line) => `#${line}`,
  });
  return { made, kept: () => kept };
}

test('the models that wrote a share of the added lines are its authors, the one with most lines first', () => {
  const { made } = authorship();
  made.note('a', ['  const one = 1;\n  const two = 2;']);
  made.note('b', ['const three = 3;']);
  assert.deepEqual(made.authorsOf(['    const one = 1;', 'const two = 2;', 'const three = 3;']), ['a', 'b']);
  assert.deepEqual(made.authorsOf(['const mine = 1;']), []);
  const mostlyMine = Array.from({ length: 30 }, (_, i) => `const mine${i} = ${i};`);
  assert.deepEqual(made.authorsOf([...mostlyMine, 'const three = 3;']), [], 'one line of thirty makes no author');
  assert.deepEqual(made.authorsOf([]), []);
});

test('lines that are in every file say nothing, and a line that was written again belongs to the last model', () => {
  const { made } = authorship();
  made.note('a', ['}\n\n});\nreturn;']);
  assert.deepEqual(made.authorsOf(['}', '});', 'return;']), []);
  made.note('a', ['const one = 1;']);
  made.note('b', ['const one = 1;']);
  assert.deepEqual(made.authorsOf(['const one = 1;']), ['b']);
});

test('what is kept stays small: the oldest lines are forgotten', () => {
  const { made, kept } = authorship();
  for (let i = 0; i < 300; i++)
    made.note(`m${i}`, [Array.from({ length: 50 }, (_, n) => `const name${i}x${n} = 1;`).join('\n')]);
  assert.ok(kept().reduce((sum, { lines }) => sum + lines.length, 0) <= 2_000);
  assert.deepEqual(made.authorsOf(['const name299x1 = 1;']), ['m299']);
  assert.deepEqual(made.authorsOf(['const name0x1 = 1;']), []);
});
