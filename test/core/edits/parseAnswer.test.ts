import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editsOfBlock, parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { fenced, searchReplace } from './apply.ts';

const pathsOf = (answer: string): unknown[] => parseAnswer(answer).edits.map(({ kind, path }) => [kind, path]);

test('a file is named in the info string, in a heading, in bold or in code before the block, or in its first line', () => {
  for (const before of [
    'src/a.ts',
    '`src/a.ts`',
    '**src/a.ts**',
    '### src/a.ts',
    '### `src/a.ts` (new)',
    '1. `src/a.ts`:',
    'File: src/a.ts',
    'Update `src/a.ts`:',
    'In `src/a.ts`, change this:',
    'Here is the new version of `src/a.ts`:\n',
  ])
    assert.deepEqual(pathsOf(`${before}\n${fenced('const a = 1;')}`), [['whole', 'src/a.ts']], before);
  for (const info of [
    'ts src/a.ts',
    'ts:src/a.ts',
    'src/a.ts',
    'ts title="src/a.ts"',
    'ts {file=src/a.ts}',
    '12:30:src/a.ts',
  ])
    assert.deepEqual(pathsOf(fenced('const a = 1;', info)), [['whole', 'src/a.ts']], info);
  assert.deepEqual(pathsOf(fenced('// src/a.ts\nconst a = 1;')), [['whole', 'src/a.ts']]);
});

test('a block that nobody named means the document that was asked about', () => {
  assert.deepEqual(pathsOf(`The fix:\n\n${fenced('const a = 1;')}`), [['whole', null]]);
});

test('several files in several formats, in the order of the answer', () => {
  const answer = [
    '`src/a.ts`:',
    fenced(searchReplace('one', 'ONE')),
    '`src/b.ts`:',
    fenced('const b = 1;'),
    fenced(
      '--- a/src/c.ts\n+++ b/src/c.ts\n@@ -1 +1 @@\n-c\n+C\n--- a/src/d.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-d',
      'diff',
    ),
    'Then run:',
    fenced('npm test', 'sh'),
  ].join('\n\n');
  assert.deepEqual(pathsOf(answer), [
    ['blocks', 'src/a.ts'],
    ['whole', 'src/b.ts'],
    ['blocks', 'src/c.ts'],
    ['delete', 'src/d.ts'],
  ]);
});

test('the name of one block is not that of the next', () => {
  assert.deepEqual(pathsOf(`src/a.ts\n${fenced('const a = 1;')}\n\nAnd the other one:\n\n${fenced('const b = 1;')}`), [
    ['whole', 'src/a.ts'],
    ['whole', null],
  ]);
});

test('search/replace blocks that follow each other are one edit', () => {
  const { edits } = parseAnswer(`a.ts\n${searchReplace('1', '2')}\n\n${searchReplace('3', '4')}`);
  assert.equal(edits.length, 1);
  assert.equal(edits[0]?.kind === 'blocks' && edits[0].blocks.length, 2);
});

test('one block that the user points at is what the whole answer proposes there', () => {
  const kinds = (answer: string, origin?: string): unknown[] =>
    editsOfBlock(answer, 0, { origin })?.edits.map(({ kind, path }) => [kind, path]) ?? [];
  // Commands are no file, except where the question is about a script.
  assert.deepEqual(kinds(fenced('npm test', 'sh')), []);
  assert.deepEqual(kinds(fenced('npm test', 'sh'), 'tools/check.sh'), [['whole', null]]);
  assert.deepEqual(kinds(fenced('@@ -1 +1 @@\n-a\n+b', '')), [['blocks', null]]);
  assert.deepEqual(kinds(fenced(searchReplace('a', 'b'), 'ts src/a.ts')), [['blocks', 'src/a.ts']]);
});

test('I22 what cannot be read with certainty is a problem, and no edit', () => {
  const problems = (answer: string): string[] => {
    const read = parseAnswer(answer);
    assert.deepEqual(read.edits, []);
    return read.problems.map(({ problem }) => problem);
  };
  assert.deepEqual(problems('```ts\nconst a = 1;'), ['truncated']);
  assert.deepEqual(problems('<<<<<<< SEARCH\na\n>>>>>>> REPLACE'), ['malformed']);
  assert.deepEqual(problems(fenced('rename from a.txt\nrename to b.txt\ndiff --git a/a.txt b/b.txt', 'diff')), [
    'unsupported',
  ]);
});
