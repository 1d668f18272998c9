import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesGlob } from '../../../src/core/common/glob.ts';
import { cpuMsOf } from '../../support/cpuTime.ts';

/** Glob, paths that it matches, paths that it does not. */
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['{a}', ['a', 'x/a'], ['{a}', 'b']],
  ['{a,b}', ['a', 'x/b'], ['c', 'ab', 'a,b']],
  ['{a,{b,c}}.ts', ['a.ts', 'b.ts', 'x/c.ts'], ['d.ts']],
  ['{,a}b', ['b', 'ab'], ['aab']],
  ['{a,b}{c,d}', ['ac', 'bd'], ['ab', 'cd']],
  ['{a,b', ['a', 'b'], ['{a,b']],
  ['a}', ['a}'], ['a']],
  ['a,b', ['a,b'], ['a', 'b']],
  ['{src/**,docs/*.md}', ['src/a/b.ts', 'docs/a.md'], ['docs/a/b.md', 'x/src/a']],
  ['[!a].ts', ['b.ts'], ['a.ts']],
  ['[^a].ts', ['b.ts'], ['A.ts']],
  ['[a-cx-z]', ['b', 'Y'], ['d', '-']],
  ['[a-]', ['a', '-'], ['b']],
  ['[]a]', [']', 'a'], ['b', '[]a]']],
  ['[!]a]', ['b'], [']', 'a']],
  ['[z-a]', [], ['z', 'a', 'm']],
  ['[a', ['[a'], ['a']],
  ['[*]', ['*'], ['a']],
  ['[\\]', ['\\'], ['a']],
  ['a/[!b]c', ['a/dc'], ['a//c', 'a/bc']],
  ['a[!b]c/*', [], ['a/c/x']],
  ['(a|b)', ['(a|b)'], ['a', 'b']],
  ['foo (1).txt', ['foo (1).txt'], ['foo 1.txt']],
  ['!*.ts', ['!a.ts'], ['a.js']],
  ['*', ['a', '.env', 'x/.env'], []],
  ['.env*', ['.env', 'x/.env.local'], ['env', '.env/x']],
  ['a/**', ['a/b', 'a/.b/c'], ['a', 'b/a/c']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb', 'ab']],
  ['**/b', ['b', 'a/b'], ['ab']],
  ['**', ['a', 'a/b/c'], []],
  ['/a/*', ['a/b'], ['x/a/b']],
  ['ÄÖ*.md', ['äöü.md'], ['aou.md']],
  ['?.ts', ['😀.ts'], ['ab.ts']],
];
for (const [glob, right, wrong] of CASES)
  test(`${glob} matches ${right.join(' ') || 'nothing'}`, () => {
    for (const path of right) assert.equal(matchesGlob(glob, path), true, path);
    for (const path of wrong) assert.equal(matchesGlob(glob, path), false, path);
  });

const plain = fc.string({
  unit: fc.constantFrom('a', 'b', 'Z', '.', '-', '+', '(', ')', '|', '$', '^', '\\', ' ', 'é', '7'),
  minLength: 1,
  maxLength: 8,
});
/** A piece of a glob and a text that it matches. */
const piece = fc.oneof(
  plain.map((text) => [text, text] as const),
  plain.map((text) => ['*', text] as const),
  fc.constantFrom('a', 'é', '7').map((char) => ['?', char] as const),
  fc.constantFrom('a', 'b', 'c').map((char) => ['[a-c]', char] as const),
  fc
    .tuple(plain, plain, fc.boolean())
    .map(([one, other, first]) => [`{${one},${other}}`, first ? one : other] as const),
);
const name = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => ({
  glob: pieces.map(([glob]) => glob).join(''),
  text: pieces.map(([, text]) => text).join(''),
}));

test('what is put together from a glob matches it, in any case and any folder', () => {
  fc.assert(
    fc.property(name, fc.array(plain, { maxLength: 3 }), ({ glob, text }, folders) => {
      const path = [...folders, text].join('/');
      assert.equal(matchesGlob(glob, path), true, `${glob} for ${path}`);
      assert.equal(matchesGlob(glob.toUpperCase(), path.toLowerCase()), true);
      assert.equal(matchesGlob(`${glob}/**/x`, `${text}/${path}/x`), true);
      if (!glob.includes('*')) assert.equal(matchesGlob(glob, `${path}§`), false);
    }),
  );
});

test('no glob fails, and none takes long on any path', () => {
  const glob = fc.string({ unit: fc.constantFrom(...'ab*?[]{},!/-.'), maxLength: 60 });
  fc.assert(
    fc.property(glob, fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 60 }), (each, path) => {
      assert.equal(typeof matchesGlob(each, path), 'boolean');
    }),
  );
  for (const [each, path] of [
    [`${'*a'.repeat(30)}b`, 'a'.repeat(2_000)],
    [`${'**/a/'.repeat(20)}b`, 'a/'.repeat(1_000)],
    [`${'{a,aa}'.repeat(40)}b`, 'a'.repeat(2_000)],
    ['{'.repeat(500), 'a'],
  ] as const) {
    const ms = cpuMsOf(() => assert.equal(matchesGlob(each, path), false));
    assert.ok(ms < 1_000, `${each}: ${ms} ms`);
  }
});
