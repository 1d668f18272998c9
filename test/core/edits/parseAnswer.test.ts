import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editsOfBlock, parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { applyTo, fenced, searchReplace } from './apply.ts';

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

test('a block without a name means the document that was asked about', () => {
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

test('I22 what cannot be read with certainty is a problem, not an edit', () => {
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

test('the ways in which tools and comments name a file are read, and do not get into the file', () => {
  const file = "import { a } from './a';\n\nexport function add(x: number, y: number) {\n  return x - y;\n}\n";
  const changed = file.replace('x - y', 'x + y');
  const block = searchReplace('  return x - y;', '  return x + y;');
  for (const answer of [
    fenced(`// filepath: src/a.ts\n${changed.trimEnd()}`),
    fenced(`// file_path: src/a.ts\n${changed.trimEnd()}`),
    fenced(`// File name: src/a.ts\n${changed.trimEnd()}`),
    `<apply_diff>\n<path>src/a.ts</path>\n<diff>\n${block}\n</diff>\n</apply_diff>`,
    `<replace_in_file>\n<file_path>src/a.ts</file_path>\n<diff>\n${block}\n</diff>\n</replace_in_file>`,
    `src/a.ts\n${fenced(block.replace('<<<<<<< ', '<<<< ').replace('=======', '====').replace('>>>>>>> ', '>>>> '))}`,
  ]) {
    assert.deepEqual(
      parseAnswer(answer).edits.map(({ path }) => path),
      ['src/a.ts'],
      answer,
    );
    assert.equal(applyTo(answer, file).text, changed, answer);
  }
});

test('a sentence that names a file of another language does not name the file of the block', () => {
  const pathOf = (words: string, language: string): unknown =>
    parseAnswer(`${words}\n\n${fenced('const a = 1;', language)}`).edits[0]?.path;
  assert.equal(pathOf('As `tsconfig.json` says, write:', 'ts'), null);
  assert.equal(pathOf('It reads `config.yml`, so:', 'python'), null);
  assert.equal(pathOf('Change `src/a.js`:', 'ts'), 'src/a.js');
  assert.equal(pathOf('Change `a.vue`:', 'ts'), 'a.vue');
  assert.equal(pathOf('Change `Makefile`:', 'ts'), 'Makefile');
  assert.equal(pathOf('`tsconfig.json`', 'ts'), 'tsconfig.json');
});

test('a path among the words of a heading is the file of the block, in any language and decoration', () => {
  const pathOf = (line: string): unknown => parseAnswer(`${line}\n\n${fenced('const a = 1;')}`).edits[0]?.path;
  for (const line of [
    'src/a.ts (lines 3-5)',
    '[src/a.ts](src/a.ts)',
    '“src/a.ts”',
    'src/a.ts — add the check',
    '### 1. src/a.ts',
    'Datei: src/a.ts',
    'ファイル: src/a.ts',
    'In src/a.ts：',
    '📄 src/a.ts',
    '<summary>src/a.ts</summary>',
    '_src/a.ts_',
    '- [ ] src/a.ts',
    '--- src/a.ts ---',
  ])
    assert.equal(pathOf(line), 'src/a.ts', line);
  for (const line of [
    'See https://x.example/z.ts:',
    'It is like src/a.ts was before.',
    'src/a.ts and src/b.ts',
    'www.x.example/a.html',
  ])
    assert.equal(pathOf(line), null, line);
  assert.equal(pathOf('src/[id]/page.tsx'), 'src/[id]/page.tsx');
});
