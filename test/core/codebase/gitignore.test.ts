import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Gitignore, plainIgnoredFolders } from '../../../src/core/codebase/gitignore.ts';
import { cpuMs } from '../../support/cpuTime.ts';

/** Ignore files as Git itself reads them: Git is asked about the same patterns and paths. */

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-ignore-'));
after(() => fs.rmSync(root, { recursive: true, force: true }));
execFileSync('git', ['init', '-q', root]);

/** What Git ignores of these paths, by the patterns of files in these folders. */
function gitIgnores(files: Readonly<Record<string, string>>, paths: readonly string[]): Set<string> {
  for (const [folder, text] of Object.entries(files)) {
    fs.mkdirSync(path.join(root, folder), { recursive: true });
    fs.writeFileSync(path.join(root, folder, '.gitignore'), text);
  }
  try {
    const asked = { input: paths.join('\0'), stdio: ['pipe', 'pipe', 'pipe'] as const, encoding: 'utf8' as const };
    const out = execFileSync('git', ['-C', root, 'check-ignore', '--no-index', '-z', '--stdin'], asked as never);
    return new Set(String(out).split('\0').filter(Boolean));
  } catch (error) {
    // It ends with 1 where none is ignored.
    if ((error as { status?: number }).status === 1) return new Set();
    throw error;
  } finally {
    for (const folder of Object.keys(files)) fs.rmSync(path.join(root, folder, '.gitignore'));
  }
}

const PATHS = [
  ...[
    'a',
    'b.log',
    'build/a',
    'build/b.log',
    'src/build/a',
    'src/a.ts',
    'src/b.log',
    'src/deep/a.ts',
    'src/deep/b.log',
  ],
  ...['doc/frotz/x', 'a/doc/frotz/x', 'foo/bar/baz', 'foo/x/bar', 'foo/x/y/bar', '#note', '!note', 'trail ', 'x[1].ts'],
];

test('patterns mean what they mean to Git', () => {
  const cases: readonly Readonly<Record<string, string>>[] = [
    { '': '*.log\nbuild/\n' },
    { '': '/build\n!/build/a\n' },
    { '': '*.log\n!src/b.log\n' },
    { '': 'src/*\n!src/deep\n' },
    { '': 'doc/frotz/\n' },
    { '': '**/bar\n' },
    { '': 'foo/**/bar\n' },
    { '': 'foo/**\n' },
    { '': '\\#note\n\\!note\n# comment\n' },
    { '': 'trail\\ \n' },
    { '': 'trail   \n' },
    { '': 'x\\[1].ts\n[ab]\n[!ab].log\n?.log\n' },
    { '': '*.ts\n', src: '!a.ts\n', 'src/deep': '*.ts\n' },
    { '': 'src/\n', src: '!a.ts\n' },
    { src: '/build\n' },
    { '': '\uFEFFa\r\nb.log\r\n' },
    { '': '*\n!*/\n!*.ts\n' },
    { '': 'sr**/b.log\nfoo/***/bar\n' },
    { '': 'src/**\n!src/d**\n' },
  ];
  for (const files of cases) {
    const ours = new Gitignore(Object.entries(files).map(([folder, text]) => ({ folder, text })));
    const git = gitIgnores(files, PATHS);
    for (const name of PATHS) assert.equal(ours.ignores(name), git.has(name), `${JSON.stringify(files)} on ${name}`);
  }
});

test('random patterns mean what they mean to Git', () => {
  const part = fc.stringMatching(/^[ab*?]{1,3}$/);
  const pattern = fc
    .tuple(
      fc.constantFrom('', '!'),
      fc.constantFrom('', '/'),
      fc.array(fc.oneof(part, fc.constant('**')), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '/'),
    )
    .map(([not, start, parts, end]) => `${not}${start}${parts.join('/')}${end}`);
  const name = fc
    .array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 4 }),
      fc.uniqueArray(name, { minLength: 8, maxLength: 12 }),
      (patterns, names) => {
        const text = patterns.join('\n');
        const git = gitIgnores({ '': text }, names);
        const ours = new Gitignore([{ folder: '', text }]);
        for (const each of names) assert.equal(ours.ignores(each), git.has(each), `${JSON.stringify(text)} on ${each}`);
      },
    ),
    { numRuns: 300 },
  );
});

test('no pattern takes long', () => {
  const begun = cpuMs();
  const hostile = new Gitignore([{ folder: '', text: `${'a*'.repeat(200)}b\n${'**/a/'.repeat(60)}b\n` }]);
  assert.equal(hostile.ignores(`${'a'.repeat(4_000)}/${'a/'.repeat(300)}c`), false);
  assert.ok(cpuMs() - begun < 2_000);
});

test('plain folders are known without reading the files in them', () => {
  assert.deepEqual(plainIgnoredFolders('build/\n/cache\n*.log\nsrc/gen/\n'), ['**/build', 'cache', 'src/gen']);
  assert.deepEqual(plainIgnoredFolders('build/\n!build/keep\n'), []);
});
