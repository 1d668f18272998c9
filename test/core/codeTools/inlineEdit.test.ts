import assert from 'node:assert/strict';
import { test } from 'node:test';
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
