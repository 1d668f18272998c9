import assert from 'node:assert/strict';
import test from 'node:test';
import { matchesGlob } from '../../../src/core/common/glob.ts';
import { lexicalAt, type Lexical } from '../../../src/core/completion/lexical.ts';
import { at, settingsWith, told, Window } from './support.ts';

/** Glob, path, whether it matches. */
const GLOBS: readonly (readonly [string, string, boolean])[] = [
  ['*.min.js', 'dist/app.min.js', true],
  ['*.min.js', 'dist/app.js', false],
  ['**/*.md', 'README.md', true],
  ['**/*.md', 'docs/a/b.md', true],
  ['docs/**', 'docs/a/b.md', true],
  ['docs/**', 'src/docs.ts', false],
  ['docs/*', 'docs/a/b.md', false],
  ['src/**/test/*.ts', 'src/test/a.ts', true],
  ['src/**/test/*.ts', 'src/x/y/test/a.ts', true],
  ['*.{yml,yaml}', '.github/workflows/a.yaml', true],
  ['?.ts', 'a.ts', true],
  ['?.ts', 'ab.ts', false],
  ['[a-c].ts', 'b.ts', true],
  ['[!a-c].ts', 'b.ts', false],
  ['a+(b).ts', 'a+(b).ts', true],
  ['[', '[', true],
  ['{a', 'a', true],
  ['*.TS', 'a.ts', true],
];
for (const [glob, path, expected] of GLOBS) {
  test(`${glob} ${expected ? 'matches' : 'does not match'} ${path}`, () =>
    assert.equal(matchesGlob(glob, path), expected));
}

/** Language, text before the cursor, where that is. */
const PLACES: readonly (readonly [string, string, Lexical])[] = [
  ['typescript', 'const a = ', 'code'],
  ['typescript', '// it', 'comment'],
  ['typescript', '/* a\n * b', 'comment'],
  ['typescript', '/* a */ b', 'code'],
  ['typescript', "x = 'a", 'string'],
  ['typescript', "x = 'a\\'b", 'string'],
  ['typescript', "x = 'a' + ", 'code'],
  ['typescript', 'x = `a\n', 'string'],
  ['typescript', 'x = "//', 'string'],
  ['typescript', "// it's\nconst a", 'code'],
  ['python', '# it', 'comment'],
  ['python', 'def f():\n    """Says', 'string'],
  ['python', '"""Says."""\nx = ', 'code'],
  ['rust', "fn f<'a>(x: &'a str) -> ", 'code'],
  ['rust', '/// Adds', 'comment'],
  ['sql', '-- all', 'comment'],
  ['lua', '--[[ a\nb', 'comment'],
  ['html', '<p>it is', 'code'],
  ['html', '<!-- it is', 'comment'],
  ['go', 'x := `a', 'string'],
  ['shellscript', 'echo "a', 'string'],
  ['css', '/* a', 'comment'],
  ['php', '# a', 'comment'],
  ['unknown', '// a', 'comment'],
];
for (const [language, before, expected] of PLACES) {
  test(`${language}: after ${JSON.stringify(before)} is ${expected}`, () =>
    assert.equal(lexicalAt(language, before), expected));
}

test('files can be turned off by a glob, and the last one that matches decides', async () => {
  const window = new Window(settingsWith({ files: { 'src/**': false, '*.ts': true } }));
  assert.equal(told(await window.answer('a = █\n', '1;')), '1;');
  window.settings = settingsWith({ files: { '*.ts': true, 'src/**': false } });
  assert.equal(told(await window.ask('a = █\n')), 'none: file-off');
});

test('I57 comments and strings have switches of their own', async () => {
  const window = new Window(settingsWith({ comments: false, strings: false }));
  assert.equal(told(await window.ask('// the █\n')), 'none: comment-off');
  assert.equal(told(await window.ask("a = 'the █'\n")), 'none: string-off');
  assert.equal(told(await window.answer('b = █\n', '1;')), '1;');
  assert.equal(window.gateway.streams.length, 1);
});

test('while snoozed nothing is asked, not even by key; after the snooze it is', async () => {
  const window = new Window();
  let until = window.clock.ms + 60_000;
  const parts = { ...window.parts, snoozedUntil: () => until, paused: () => null };
  const { complete } = await import('../../../src/core/completion/complete.ts');
  const request = {
    ...at('a = █\n'),
    trigger: 'typing' as const,
    severalCursors: false,
    writable: true,
    repo: '',
    sinceEditMs: 0,
  };
  const first = await complete(request, parts, new AbortController());
  assert.ok('none' in first && first.none.kind === 'snoozed');
  until = 0;
  void complete(request, parts, new AbortController());
  await window.clock.pass(200);
  assert.equal(window.gateway.streams.length, 1);
});
