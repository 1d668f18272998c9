import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'node:test';
import {
  blockAround,
  gatherReviewContext,
  isTestPath,
  type CodeReader,
  type CodeSpan,
  type Declaration,
} from '../../../src/core/codeTools/reviewContext.ts';

/** What a reviewer reads beside the diff: bounded in time and size, true in its numbers. */

const TAKE = ['export function take(n) {', '  const found = n;', '  return found;', '}', '', 'const last = 1;'];
const FILES: Readonly<Record<string, readonly string[]>> = {
  'src/take.ts': TAKE,
  'src/all.ts': ['import { take } from "./take";', '', 'export const all = take(100);'],
  'test/take.test.ts': ['test("takes", () => {', '  equal(take(2), 2);', '});'],
};
const DIFF = `diff --git a/src/take.ts b/src/take.ts
--- a/src/take.ts
+++ b/src/take.ts
@@ -1,3 +1,3 @@
 export function take(n) {
-  const found = n + 1;
+  const found = n;
   return found;
`;
const DECLARED: Declaration = { name: 'take', start: 0, end: 4, line: 0, column: 16 };
const USES: readonly CodeSpan[] = [
  { path: 'src/take.ts', start: 0, end: 1 },
  { path: 'src/all.ts', start: 2, end: 3 },
  { path: 'test/take.test.ts', start: 1, end: 2 },
];

const readerOf = (over: Partial<CodeReader> = {}): CodeReader => ({
  lines: (path) => Promise.resolve(FILES[path] ?? null),
  declarations: () => Promise.resolve([DECLARED]),
  references: () => Promise.resolve(USES),
  search: () => Promise.resolve([]),
  ...over,
});
const gather = (reader: CodeReader, characters = 10_000, signal = new AbortController().signal) =>
  gatherReviewContext(DIFF, reader, { signal, characters });

test('the changed function, its callers and its tests are shown with their numbers, each once', async () => {
  assert.equal(
    await gather(readerOf()),
    `Code around the change, to read only:

src/take.ts (changed: take):
    1 export function take(n) {
    2   const found = n;
    3   return found;
    4 }

src/all.ts (uses take):
    1 import { take } from "./take";
    2${' '}
    3 export const all = take(100);

test/take.test.ts (tests take):
    1 test("takes", () => {
    2   equal(take(2), 2);
    3 });`,
  );
});

test('without a language server the block is found by its indentation and its uses by their text', async () => {
  const none = { declarations: () => Promise.resolve(null), references: () => Promise.resolve(null) };
  const found = await gather(readerOf({ ...none, search: () => Promise.resolve(USES) }));
  assert.equal(found, await gather(readerOf()));
});

test('a language server that knows the open file alone is helped by a search in the other files', async () => {
  const [own, ...others] = USES;
  assert.ok(own);
  const found = await gather(
    readerOf({ references: () => Promise.resolve([own]), search: () => Promise.resolve(others) }),
  );
  assert.equal(found, await gather(readerOf()));
});

test('a file that has changed since, or that no model may see, is not shown', async () => {
  assert.equal(await gather(readerOf({ lines: () => Promise.resolve(null) })), '');
  const moved = { ...FILES, 'src/take.ts': ['// new', ...TAKE] };
  assert.equal(
    await gather(readerOf({ lines: (path) => Promise.resolve(moved[path as keyof typeof moved] ?? null) })),
    '',
  );
  const hidden = await gather(
    readerOf({ lines: (path) => Promise.resolve(/test/.test(path) ? null : (FILES[path] ?? null)) }),
  );
  assert.match(hidden, /src\/all\.ts/);
  assert.doesNotMatch(hidden, /equal/);
});

test('the text never exceeds its limit, and an aborted gathering asks nothing more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 600 }), async (characters) => {
      assert.ok((await gather(readerOf(), characters)).length <= characters);
    }),
  );
  const late = new AbortController();
  let asked = 0;
  const count =
    <T>(value: T) =>
    () =>
      Promise.resolve((asked++, late.abort(), value));
  await gather(readerOf({ declarations: count([DECLARED]), references: count(USES) }), 10_000, late.signal);
  assert.equal(asked, 1);
});

test('a block is what is indented below the line that names it, with the bracket that closes it', () => {
  const python = [
    'class Pool:',
    '    def take(self, n):',
    '        found = n',
    '',
    '        return found',
    '',
    '    def put(self):',
    '        pass',
  ];
  const at = (lines: readonly string[], line: number) => {
    const { name, start, end } = blockAround(lines, line) ?? {};
    return `${name} ${start}-${end}`;
  };
  assert.equal(at(python, 2), 'take 1-6');
  assert.equal(at(python, 7), 'put 6-8');
  assert.equal(at(TAKE, 1), 'take 0-4');
  assert.equal(at(TAKE, 5), 'undefined undefined-undefined');
  const go = ['func (p *Pool) Take(n int) int {', '\tif n > 1 {', '\t\tlog(n)', '\t}', '\treturn n', '}'];
  assert.equal(at(go, 2), 'Take 0-6');
});

test('tests are known by the conventions of most languages', () => {
  for (const path of [
    'a.test.ts',
    'src/__tests__/a.js',
    'test_a.py',
    'a_test.go',
    'tests/a.rs',
    'PoolTest.java',
    'a_spec.rb',
  ])
    assert.ok(isTestPath(path), path);
  for (const path of ['src/latest.ts', 'src/contest/a.go', 'attest.py', 'src/inspector.ts'])
    assert.ok(!isTestPath(path), path);
});
