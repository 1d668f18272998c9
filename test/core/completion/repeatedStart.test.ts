import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { dropRepeatedStart } from '../../../src/core/completion/repeatedStart.ts';
import { aroundOf } from './support.ts';

/** What is before the cursor, and how its line continues. */
const LINES: readonly (readonly [string, string])[] = [
  ['const total = ', 'a + b;'],
  ['  return ', 'value;'],
  ['if ', '(a) b();'],
  ['x\n- ', 'item'],
  ['// ', 'Adds two numbers.'],
  ['/**\n * ', 'Adds two numbers.'],
  ['# ', 'Title'],
  ['foo(', 'bar)'],
  ['} else ', '{'],
  ['\t\tfmt.', 'Println("x")'],
  ['"name": ', '"shop",'],
  ['  - name: ', 'build'],
  ['<div class="', 'box">'],
  ['SELECT ', '* FROM shop;'],
  ['go ', 'run()'],
  ['let имя = ', 'читать();'],
  ['def area(self, ', 'width):'],
  ['for (const x of ', 'xs) {'],
  ['@app.', 'route("/")'],
];

for (const [before, rest] of LINES) {
  test(`an answer that repeats ${JSON.stringify(before)} gives its rest`, () => {
    const context = aroundOf(`start\n${before}█\nend`);
    const line = context.linePrefix;
    const drop = (text: string): string => dropRepeatedStart(text, context);
    assert.equal(drop(line + rest), rest, 'as it stands');
    assert.equal(drop(line.trimStart() + rest), rest, 'without its indentation');
    assert.equal(drop(rest), rest, 'no repeat');
    if (/[\s=(,.:]$/.test(line)) assert.equal(drop(`\n${line}${rest}`), rest, 'on a new line');
    assert.equal(drop(`start\n${before}${rest}`), rest, 'with the line above');
  });
}

test('spaces between words are free, and an assignment may be repeated without its keyword', () => {
  const context = aroundOf('const total  = █\n');
  for (const answer of ['const total=a;', 'const  total = a;', 'total = a;'])
    assert.equal(dropRepeatedStart(answer, context), 'a;', answer);
});

test('what only looks like a repeat stays', () => {
  for (const [before, answer] of [
    ['i', 'i++;'],
    ['(', '(a + b) * c'],
    ['====', '======'],
    ['beep();', '\nbeep();'],
    ['while (true) {', '\n  while (true) {'],
    ['return value', ' + value'],
    ['"', '""'],
    ['a = ', 'b'],
    ['x', ''],
  ] as const)
    assert.equal(dropRepeatedStart(answer, aroundOf(`start\n${before}█\nend`)), answer, before);
});

test('an empty line above does not count as repeated', () => {
  for (const [before, answer] of [
    ['/', '/ Adds two numbers.'],
    ['(', '(a + b) * c'],
    ['i', 'if (a) b();'],
  ] as const)
    assert.equal(dropRepeatedStart(answer, aroundOf(`start\n\n${before}█\nend`)), answer, before);
});

test('a repeat of any line of words gives the rest, and no text is ever made longer', () => {
  const word = fc.constantFrom(
    'const',
    'total',
    'return',
    'фу',
    'x1',
    '=',
    '(',
    '.',
    ', ',
    ' ',
    '  ',
    '"a"',
    '{',
    '->',
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 8 }), fc.string({ maxLength: 20 }), (words, rest) => {
      const line = `return ${words.join('')} `;
      const context = aroundOf(`start\n  ${line}█\n`);
      assert.equal(dropRepeatedStart(line + rest, context), rest.replace(/^[ \t]+/, ''));
      const other = dropRepeatedStart(rest, context);
      assert.ok(rest.endsWith(other));
    }),
    { numRuns: 2_000 },
  );
});
