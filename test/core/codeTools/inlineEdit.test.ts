import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksIn, REAL_FILES } from '../edits/realFiles.ts';
import { readEdit } from '../../../src/core/codeTools/editAnswer.ts';
import {
  buildEditMessages,
  placeEdit,
  readEditAnswer,
  taskNow,
  type EditTask,
} from '../../../src/core/codeTools/inlineEdit.ts';

const task: EditTask = {
  path: 'a.ts',
  language: 'typescript',
  lines: ['class A {', '  f() {', '    return 1;', '  }', '}'],
  start: 1,
  end: 4,
};

test('the lines go between their marks, with what is around them, and earlier rounds as a conversation', () => {
  const [system, first, answer, second] = buildEditMessages(task, [
    { instruction: 'return two', lines: ['  f() {', '    return 2;', '  }'] },
    { instruction: 'and log it' },
  ]);
  assert.equal(system?.role, 'system');
  assert.match(
    first?.content ?? '',
    /<before>\nclass A \{\n<\/before>\n<edit>\n {2}f\(\) \{\n {4}return 1;\n {2}\}\n<\/edit>\n<after>\n\}/,
  );
  assert.match(answer?.content ?? '', /return 2;/);
  assert.match(second?.content ?? '', /and log it/);
});

test('the block is read while it grows, and as a whole; prose around it is dropped', () => {
  assert.deepEqual(readEditAnswer('Here:\n```ts\n  f() {\n    ret', false), ['  f() {']);
  assert.deepEqual(readEditAnswer('Here:\n```ts\n  f() {\n  }\n```\nDone.', true), ['  f() {', '  }']);
  assert.deepEqual(readEditAnswer('```ts\n<edit>\n  f() {}\n</edit>\n```', true), ['  f() {}']);
  assert.deepEqual(readEditAnswer('```\n```', true), []);
});

test('an answer without a whole block is none', () => {
  assert.equal(readEditAnswer('```ts\n  f() {', true), null);
  assert.equal(readEditAnswer('I am sorry, but I cannot do that.', true), null);
  assert.equal(readEditAnswer('', true), null);
});

test('code without a fence is taken as it is', () => {
  assert.deepEqual(readEditAnswer('  f() {}', true), ['  f() {}']);
});

test('fences inside the code stay', () => {
  assert.deepEqual(readEditAnswer('````md\n```sh\nx\n```\n````', true), ['```sh', 'x', '```']);
});

test('new lines get the indentation of the file; while they come, the old ones follow', () => {
  assert.deepEqual(placeEdit(task, ['f() {', '  return 2;', '}'], true), [
    'class A {',
    '  f() {',
    '    return 2;',
    '  }',
    '}',
  ]);
  assert.deepEqual(placeEdit(task, ['  f() {'], false), task.lines);
});

test('a follow-up is about the lines as they are now, if nothing around them has changed', () => {
  const task = { path: 'a.ts', language: 'typescript', lines: ['a', 'b', 'c', 'd'], start: 1, end: 3 };
  const now = taskNow(task, ['a', 'b', 'new', 'c', 'd']);
  assert.deepEqual([now?.start, now?.end], [1, 4]);
  assert.deepEqual(taskNow(task, ['a', 'd'])?.end, 1);
  assert.equal(taskNow(task, ['A', 'b', 'c', 'd']), undefined);
  assert.equal(taskNow(task, ['a', 'b', 'c', 'e']), undefined);
  assert.equal(taskNow(task, ['d']), undefined);
});

const SOURCE = [
  'class Pool {',
  '  take() {',
  '    const item = this.items.pop();',
  '    this.log(item);',
  '    this.check(item);',
  '    return item;',
  '  }',
  '}',
];
const ofTake: EditTask = { path: 'pool.ts', language: 'typescript', lines: SOURCE, start: 1, end: 7 };
const fence = (...lines: string[]): string => ['```ts', ...lines, '```'].join('\n');
const linesOf = (answer: string, task: EditTask = ofTake): readonly string[] | string => {
  const read = readEdit(task, answer, 'make it shorter');
  return 'why' in read ? read.why : read.lines;
};
const RENAMED = SOURCE.slice(1, 7).map((line) => line.replaceAll('item)', 'found)').replace(/item( =|;)/, 'found$1'));

test('of several blocks the one with the lines to be replaced counts, and what is between is dropped', () => {
  const other = fence("import { a } from 'a';");
  for (const answer of [
    `${fence(...RENAMED)}\n\nAlternatively:\n\n${other}`,
    `Add this at the top:\n\n${other}\n\nAnd the method:\n\n${fence(...RENAMED)}\n\nThat is all.`,
  ])
    assert.deepEqual(linesOf(answer), RENAMED);
});

test('a change in another format counts where it stays within the lines', () => {
  const expected = SOURCE.slice(1, 7).toSpliced(2, 1);
  const search = ['<<<<<<< SEARCH', '    this.log(item);', '    this.check(item);', '=======', '    this.check(item);'];
  const diff = ['--- a/pool.ts', '+++ b/pool.ts', '@@ -3,3 +3,2 @@', '     const item = this.items.pop();'];
  const removed = ['-    this.log(item);', '     this.check(item);'];
  for (const answer of [
    [...search, '>>>>>>> REPLACE'].join('\n'),
    fence(...search, '>>>>>>> REPLACE'),
    ['```diff', ...diff, ...removed, '```'].join('\n'),
    ['*** Begin Patch', '*** Update File: pool.ts', '@@', diff[3], ...removed, '*** End Patch'].join('\n'),
  ])
    assert.deepEqual(linesOf(answer), expected, answer);
  const beyond = ['<<<<<<< SEARCH', 'class Pool {', '=======', 'class Lake {', '>>>>>>> REPLACE'].join('\n');
  assert.match(String(linesOf(beyond)), /other lines/);
  assert.match(String(linesOf(beyond.replace('class Pool', 'class Pond'))), /doesn't fit/);
});

test('marks, fences and commands never become lines, and what is left out is never deleted', () => {
  for (const comment of [
    '// ... existing code ...',
    '// остальное как было',
    '// wie bisher',
    '/* … */',
    '// usual stuff',
  ])
    assert.equal(
      linesOf(fence('  take() {', '    const found = this.items.pop();', `    ${comment}`, '  }')),
      'it leaves lines out',
      comment,
    );
  for (const mark of ['=======', '>>>>>>> REPLACE', '*** End Patch', '$ npm test'])
    assert.equal(typeof linesOf(fence(...RENAMED.slice(0, 3), mark, ...RENAMED.slice(3))), 'string', mark);
});

test('lines that an instruction removes are removed, and a comment beside code is one', () => {
  assert.deepEqual(linesOf(fence('  take() {', '    return this.items.pop();', '  }')), [
    '  take() {',
    '    return this.items.pop();',
    '  }',
  ]);
  assert.deepEqual(linesOf('```\n```'), []);
  const explained = SOURCE.slice(1, 7).toSpliced(1, 0, '    // The last one is the warmest.');
  assert.deepEqual(linesOf(fence(...explained)), explained);
});

test('a refusal without a fence is no code, in any language; code without a fence is', () => {
  for (const refusal of [
    "Sorry, I can't help with that.",
    'I cannot do that because the file is too long',
    'Lo siento, no puedo ayudar con eso.',
    'es tut mir leid, das kann ich nicht tun.',
    'К сожалению, я не могу этого сделать.',
    '对不起，我无法帮助您。',
    '申し訳ありませんが、できません。',
    'Your code `take()` is fine as it is now.',
    "I can't.",
    'Lo siento.',
    '미안합니다.',
    'आप यह नहीं कर सकते।',
    'لا أستطيع المساعدة في ذلك.',
  ])
    assert.equal(linesOf(refusal), 'it contains no code to replace these lines', refusal);
  const one = (line: string, language: string): EditTask => ({ path: 'a', language, lines: [line], start: 0, end: 1 });
  for (const [language, line] of [
    ['sql', 'SELECT name FROM teas WHERE warm ORDER BY name'],
    ['python', 'from brewing import kettle as pot'],
    ['ruby', 'puts name if warm and not old'],
    ['python', 'for leaf in leaves or others:'],
    ['shellscript', 'git commit --quiet --all --message done'],
    ['yaml', 'name: a tea that is warm'],
  ] as const)
    assert.deepEqual(linesOf(line, one('x', language)), [line], line);
});

test('an answer that repeats the code around the lines, or the whole file, gives the lines alone', () => {
  const file = ['import a;', 'import b;', '', 'def f(x):', '    return x', '', 'def g():', '    go()', '    stop()'];
  const task: EditTask = { path: 'a.py', language: 'python', lines: file, start: 3, end: 5 };
  const lines = ['def f(x: int):', '    return x'];
  for (const answer of [
    [...file.slice(0, 3), ...lines, ...file.slice(5)],
    [...lines, ...file.slice(5)],
    [...lines, ...file.slice(5, 8)],
    [...file.slice(0, 3), ...lines],
    [
      '<before>',
      ...file.slice(0, 3),
      '</before>',
      '<edit>',
      ...lines,
      '</edit>',
      '<after>',
      ...file.slice(5),
      '</after>',
    ],
  ])
    assert.deepEqual(linesOf(fence(...answer), task), lines, answer.join('|'));
  const twice = [...lines, '', 'def h():', '    go()', '    stop()'];
  assert.deepEqual(linesOf(fence(...twice), task), twice, 'the end of another function is no repetition');
});

test("marks that are the file's own elements stay", () => {
  const file = ['<form>', '<edit>', '  <name/>', '</edit>', '</form>'];
  const task: EditTask = { path: 'a.xml', language: 'xml', lines: file, start: 1, end: 4 };
  const lines = ['<edit>', '  <title/>', '</edit>'];
  assert.deepEqual(linesOf(fence(...lines), task), lines);
});

test('a diff in a string of the file is text', () => {
  const file = ['const diff = `', '--- a/x', '+++ b/x', '@@ -1 +1 @@', '-one', '+two', '`;', 'run(diff);'];
  const task: EditTask = { path: 'd.test.ts', language: 'typescript', lines: file, start: 0, end: 7 };
  const lines = file.slice(0, 7).toSpliced(5, 0, '+three');
  assert.deepEqual(linesOf(fence(...lines), task), lines);
});

test('a line that changes or goes in any function of any language gives exactly that', () => {
  let tried = 0;
  for (const { name, language, text } of REAL_FILES) {
    const lines = text.replace(/\n$/, '').split('\n');
    for (const { start, end } of blocksIn(lines)) {
      const task: EditTask = { path: name, language, lines, start, end };
      const old = lines.slice(start, end);
      for (const [i, line] of old.entries()) {
        const changed = line.replace(/\p{L}{4,}(?=\P{L}*$)/u, 'changed');
        if (changed === line || i % 3 > 0) continue;
        tried += 1;
        for (const answer of [old.with(i, changed), old.toSpliced(i, 1)])
          assert.deepEqual(linesOf(['```', ...answer, '```'].join('\n'), task), answer, `${name} ${start + i}`);
      }
    }
  }
  assert.ok(tried > 200, String(tried));
});

test('H5 a long line without an end is judged at once', () => {
  const began = performance.now();
  for (const line of ['word '.repeat(20_000), 'Word '.repeat(20_000), '字'.repeat(3), `${'é'.repeat(50_000)}x`])
    linesOf(line);
  assert.ok(performance.now() - began < 2_000);
});
