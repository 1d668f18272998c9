import assert from 'node:assert/strict';
import test from 'node:test';
import { readAnswer } from '../../../src/core/completion/postprocess.ts';
import { aroundOf } from './support.ts';

/** What is shown of an answer that has more to say, and whether the stream is closed before its end. */
const read = (marked: string, answer: string): { text: string; early: boolean } => {
  const context = { docContext: aroundOf(marked), tokens: [] };
  for (let length = 1; length < answer.length; length++) {
    const partial = readAnswer(answer.slice(0, length), context, 'streaming');
    if (partial.complete) return { text: partial.text, early: true };
  }
  return { text: readAnswer(answer, context, 'ended').text, early: false };
};

/** Sentence, document, answer, what is shown of it. All answers run on, so all streams are to be closed early. */
const CASES: readonly (readonly [string, string, string, string])[] = [
  ['before code only the line is completed', 'const a = fo█ + b;', 'o(1)\nconst c = 2;', 'o(1)'],
  [
    'closing brackets after the cursor do not make it the middle of a line',
    'call(█);\n',
    '() => {\n  x();\n}\ny();\nz();\n',
    '() => {\n  x();\n}',
  ],
  [
    'a block that the line opens ends with its bracket',
    'function f() {█\n\nconst a = 1;',
    '\n  return 1;\n}\n\nfunction g() {\n',
    '\n  return 1;\n}',
  ],
  [
    'a bracket that the document has is not written again',
    'function f() {█\n}\n',
    '\n  return 1;\n}\nf();\n',
    '\n  return 1;',
  ],
  [
    'else goes on with what if has begun',
    'if (a) {█\n\nend();',
    '\n  b();\n} else {\n  c();\n}\nd();\n',
    '\n  b();\n} else {\n  c();\n}',
  ],
  [
    'a Python block ends where the indentation does',
    'def f(x):█\n\nmain()\n',
    '\n    y = x\n    return y\nprint(f(1))\nprint(f(2))\n',
    '\n    y = x\n    return y',
  ],
  ['Python branches go on', 'if a:█\n\nmain()\n', '\n    b()\nelse:\n    c()\nd()\ne()\n', '\n    b()\nelse:\n    c()'],
  [
    'a line that follows the cursor ends the suggestion before it',
    'function f() {\n  █\n  return total;\n}',
    'let total = 0;\n  total += 1;\n  return total;\n}\n',
    'let total = 0;\n  total += 1;',
  ],
  [
    'an inner bracket is not taken for the one that follows',
    'function f() {\n  █\n}\n',
    'if (a) {\n    b();\n  }\n  c();\n}\nd();\n',
    'if (a) {\n    b();\n  }\n  c();',
  ],
  [
    'a statement inside a block does not run out of the block',
    'class A {\n  a() {\n    x();█\n\n  }\n  b() {}\n}',
    '\n    y();\n  }\n  b() {}\n',
    '\n    y();',
  ],
  [
    'at the left margin a blank line is an end',
    'import a█\n',
    " from 'a';\nimport b from 'b';\n\nmain();\n",
    " from 'a';\nimport b from 'b';",
  ],
  ['two blank lines are an end anywhere', '  a();\n  █', 'b();\n\n\n  c();\n', 'b();\n'],
  [
    'a model that is stuck is stopped',
    '  a();\n  █',
    'step();\n  step();\n  step();\n  step();\n',
    'step();\n  step();',
  ],
  [
    'nobody reads more than 24 lines',
    '  █',
    Array.from({ length: 40 }, (_, i) => `${i ? '  ' : ''}a(${i});`).join('\n'),
    Array.from({ length: 24 }, (_, i) => `${i ? '  ' : ''}a(${i});`).join('\n'),
  ],
];

for (const [sentence, marked, answer, expected] of CASES) {
  test(sentence, () => {
    assert.deepEqual(read(marked, answer), { text: expected, early: true });
  });
}

test('an answer that ends by itself is taken as it is', () => {
  assert.deepEqual(read('const a = █\n', 'compute();'), { text: 'compute();', early: false });
});

test('of an answer that was cut off, half a line is not shown below whole ones', () => {
  const context = { docContext: aroundOf('  █\n'), tokens: [] };
  assert.equal(readAnswer('a();\n  b();\n  cc', context, 'cut').text, 'a();\n  b();');
  assert.equal(readAnswer('half', context, 'cut').text, 'half');
});
