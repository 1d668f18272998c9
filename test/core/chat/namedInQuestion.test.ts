import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filesNamed, namedInQuestion } from '../../../src/core/chat/namedInQuestion.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const PATHS = ['leaves.py', 'src/pool.ts', 'src/deep/pool.ts', 'a/index.ts', 'b/index.ts', 'c/index.ts', 'Makefile'];
const named = (question: string): string[] => filesNamed(namedInQuestion(question).files, PATHS);

test('a question names files by name, path, with punctuation, a line, quotes and in backticks', () => {
  for (const question of [
    'What does leaves.py do?',
    'Explain leaves.py.',
    'see (leaves.py), please',
    'look at `leaves.py`!',
    'leaves.py:12 is wrong',
    'leaves.py#L3-8',
    '"leaves.py"',
    './leaves.py',
    'Was macht „leaves.py“?',
    'Leaves.py',
  ])
    assert.deepEqual(named(question), ['leaves.py'], question);
  assert.deepEqual(named('why does src\\deep\\pool.ts hang'), ['src/deep/pool.ts']);
  assert.deepEqual(named('what is in the Makefile?'), ['Makefile']);
});

test('a name that many files have, one that none has, and a mention offer nothing', () => {
  assert.deepEqual(named('what does index.ts do'), []);
  assert.deepEqual(named('e.g. this, i.e. version 1.2.3 of node.js'), []);
  assert.deepEqual(named('@leaves.py what is it'), []);
  assert.deepEqual(named('https://example.com/leaves.py'), []);
  assert.deepEqual(named('pool.ts'), ['src/pool.ts', 'src/deep/pool.ts']);
});

test('identifiers are words that only code uses, and what is in backticks', () => {
  const of = (question: string): readonly string[] => namedInQuestion(question).identifiers;
  assert.deepEqual(of('why does takeOne call put_back and HTTPServer?'), ['takeOne', 'put_back', 'HTTPServer']);
  assert.deepEqual(of('what is `Pool` and release() for, or pool.giveBack?'), ['Pool', 'release', 'giveBack']);
  assert.deepEqual(of('Please explain the Pool and its retry logic'), []);
  assert.deepEqual(of('/explain it'), []);
});

test('no text makes the search slow or fails', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
      const { files, identifiers } = namedInQuestion(text);
      assert.ok(files.length <= 20 && identifiers.length <= 20);
    }),
  );
  const begun = cpuMs();
  namedInQuestion('a.'.repeat(100_000));
  namedInQuestion('`'.repeat(100_000));
  namedInQuestion(`${'"'.repeat(50_000)}.${':1'.repeat(50_000)}`);
  assert.ok(cpuMs() - begun < 500);
});
