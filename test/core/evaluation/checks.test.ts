import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCheck, judge } from '../../../src/core/evaluation/checks.ts';
import type { Check, KeptFile } from '../../../src/core/evaluation/keptTask.ts';

/** An answer is judged by what it does to the files that the user kept, not by how it is written. */

const BEFORE = 'export function add(a: number, b: number) {\n  return a - b;\n}\n\nexport const one = 1;\n';
const AFTER = BEFORE.replace('a - b', 'a + b');
const FILE: KeptFile = { path: 'src/sum.ts', before: BEFORE, after: AFTER };
const MESSAGES = [{ role: 'user', content: 'Mend add.' }] as const;
const passed = (check: Check, answer: string, files: readonly KeptFile[] = [FILE]): boolean =>
  judge({ checks: [check], files, messages: MESSAGES }, answer)[0]?.passed ?? false;

const SEARCH_REPLACE =
  'src/sum.ts\n```ts\n<<<<<<< SEARCH\n  return a - b;\n=======\n  return a + b;\n>>>>>>> REPLACE\n```\n';
const FUNCTION = 'In `src/sum.ts`:\n\n```ts\nexport function add(a: number, b: number) {\n  return a + b;\n}\n```\n';
const PATCH =
  '```\n*** Begin Patch\n*** Update File: src/sum.ts\n@@\n-  return a - b;\n+  return a + b;\n*** End Patch\n```\n';

test('the same change passes in every form that it is written in', () => {
  for (const answer of [SEARCH_REPLACE, FUNCTION, PATCH])
    for (const kind of ['answers', 'parses', 'applies', 'keeps'] as const)
      assert.ok(passed({ kind }, answer), `${kind}: ${answer}`);
});

test('a change that does not fit, another change, and no change fail, each in its own words', () => {
  const unfit = SEARCH_REPLACE.replace('  return a - b;', '  return x - y;');
  const other = SEARCH_REPLACE.replace('a + b', 'b + a + 0');
  const words = (kind: 'parses' | 'applies' | 'keeps', answer: string): string =>
    judge({ checks: [{ kind }], files: [FILE], messages: MESSAGES }, answer)[0]?.words ?? '';
  assert.equal(words('applies', unfit), 'Its changes do not fit src/sum.ts.');
  assert.equal(words('applies', other), '');
  assert.equal(words('keeps', other), 'Its result for src/sum.ts differs from what you kept.');
  assert.equal(words('parses', 'It is fine as it is.'), 'Its changes cannot be read.');
  assert.equal(words('applies', 'It is fine as it is.'), 'Its changes do not fit src/sum.ts.');
  assert.equal(words('keeps', FUNCTION.replace('  return a + b;', '      return a  +  b;')), '', 'white space aside');
});

test('a new file passes where the answer makes it, and not where it makes another', () => {
  const file: KeptFile = { path: 'src/two.ts', before: null, after: 'export const two = 2;\n' };
  const answer = '**src/two.ts**\n\n```ts\nexport const two = 2;\n```\n';
  assert.ok(passed({ kind: 'keeps' }, answer, [file]));
  assert.ok(!passed({ kind: 'applies' }, answer, [FILE, file]), 'both files are to change');
});

test('checks of texts and of schemas', () => {
  assert.ok(passed({ kind: 'contains', text: 'mutex' }, 'Use a mutex.'));
  assert.ok(!passed({ kind: 'contains', text: 'Mutex' }, 'Use a mutex.'));
  assert.ok(!passed({ kind: 'lacks', text: 'mutex' }, 'Use a mutex.'));
  const schema: Check = {
    kind: 'schema',
    schema: '{"type":"object","required":["n"],"properties":{"n":{"type":"number"}}}',
  };
  assert.ok(passed(schema, 'Here:\n```json\n{"n": 1}\n```'));
  assert.ok(!passed(schema, '{"n": "1"}'));
  assert.ok(!passed(schema, 'none'));
  assert.ok(!passed({ kind: 'answers' }, ' \n'));
  assert.equal(describeCheck({ kind: 'lacks', text: 'x' }), 'does not contain "x"');
});
