import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { linesAfter } from '../../src/core/codeTools/reviewFindings.ts';
import { readGitDiff } from '../../src/core/privacy/gitDiff.ts';
import { isSecretFile } from '../../src/core/privacy/sensitiveFiles.ts';
import { gitIn } from '../../src/storage/runGit.ts';

/** Real git, with the settings that users have, on names that repositories have. */

const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'git-diff-')));
after(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
let repositories = 0;
const CANARY = 'canary-5d2e';

function repository() {
  const root = path.join(dir, String(repositories++));
  fs.mkdirSync(root);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  const write = (name: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  };
  const config = (name: string, value: string): string => git('config', name, value);
  const diff = (
    range: readonly string[] = ['--cached'],
    isExcluded: (name: string) => boolean = isSecretFile,
    limit = 100_000,
    only?: string,
  ) => readGitDiff(gitIn('git', root), range, isExcluded, limit, only);
  return { root, git, write, config, diff };
}

/** A program in the place of git's own comparison: it prints the new text whole, as pretty diff tools do. */
function externalDiff(root: string): string {
  const program = path.join(root, '..', `show-${repositories}.sh`);
  fs.writeFileSync(program, '#!/bin/sh\necho "$1 --- 1/1"\ncat "$5"\n', { mode: 0o755 });
  return program;
}

const HOSTILE: Readonly<Record<string, (root: string) => Readonly<Record<string, string>>>> = {
  plain: () => ({}),
  'diff.external': (root) => ({ 'diff.external': externalDiff(root) }),
  'a diff driver': (root) => ({ 'diff.show.command': externalDiff(root) }),
  textconv: () => ({ 'diff.show.textconv': 'cat' }),
  'color.ui': () => ({ 'color.ui': 'always', 'color.diff': 'always', 'diff.colorMoved': 'zebra' }),
  mnemonicPrefix: () => ({ 'diff.mnemonicPrefix': 'true' }),
  noprefix: () => ({ 'diff.noprefix': 'true' }),
  'other prefixes': () => ({ 'diff.srcPrefix': 'old-', 'diff.dstPrefix': 'new-' }),
  quotePath: () => ({ 'core.quotePath': 'true' }),
  'no quotePath': () => ({ 'core.quotePath': 'false' }),
  renames: () => ({ 'diff.renames': 'copies' }),
  'no renames': () => ({ 'diff.renames': 'false' }),
  relative: () => ({ 'diff.relative': 'true' }),
  'word diff and order': (root) => {
    fs.writeFileSync(path.join(root, '..', 'order'), '*.txt\n');
    return {
      'diff.orderFile': path.join(root, '..', 'order'),
      'diff.suppressBlankEmpty': 'true',
      'diff.context': '99',
    };
  },
  'an order file that is not there': (root) => ({ 'diff.orderFile': path.join(root, '..', 'no-such-order') }),
  'other ways to compare': () => ({
    'diff.algorithm': 'histogram',
    'diff.wsErrorHighlight': 'all',
    'diff.ignoreSubmodules': 'all',
    'diff.statNameWidth': '4',
    'diff.trustExitCode': 'true',
    'core.abbrev': '4',
    'core.whitespace': 'trailing-space',
  }),
  submodules: () => ({ 'diff.submodule': 'diff' }),
  pager: () => ({ 'core.pager': 'cat; echo', 'pager.diff': 'true' }),
};

const HIDDEN = [
  '.env',
  'conf/.env.local',
  'my dir/.env',
  'größe/.env',
  'a "quoted"/id_rsa',
  'tab\there/server.key',
  'hidden größe.txt',
  'b/.env',
];
const SHOWN = [
  'src/a.ts',
  'größe.ts',
  'with space.ts',
  '"quoted".ts',
  '名前.py',
  'a b/src/x.ts',
  '-option.ts',
  ':(glob)x.ts',
  'b/y.ts',
];
const isExcluded = (name: string): boolean => isSecretFile(name) || /(^|\/)hidden größe\.txt$/.test(name);

for (const [name, settings] of Object.entries(HOSTILE))
  test(`with ${name} what is staged comes without the files that no model is shown, and with all others`, async () => {
    const { root, git, write, config, diff } = repository();
    write('.gitattributes', '* diff=show\n');
    for (const file of [...HIDDEN, ...SHOWN]) write(file, 'one\n\nthree\n');
    git('add', '-A', '-f');
    git('commit', '-qm', 'first');
    for (const [key, value] of Object.entries(settings(root))) config(key, value);
    for (const file of HIDDEN) write(file, `one\n\n${CANARY}\n`);
    for (const file of SHOWN) write(file, `one\n\nnew of ${file}\n`);
    for (const staged of [false, true]) {
      if (staged) git('add', '-A', '-f');
      const { text, remarks, files } = await diff(staged ? ['--cached'] : [], isExcluded);
      assert.ok(!text.includes(CANARY), text);
      assert.deepEqual(remarks, [`Files left out because they may hold secrets: ${HIDDEN.length}`]);
      assert.equal(files, HIDDEN.length + SHOWN.length);
      const lines = linesAfter(text);
      assert.deepEqual([...lines.keys()].sort(), [...SHOWN].sort());
      for (const file of SHOWN) assert.equal(lines.get(file)?.at(-1)?.text, `new of ${file}`, text);
    }
  });

test('environment variables neither run a program nor include a secret file', async (t) => {
  const { root, git, write, config, diff } = repository();
  for (const file of [...HIDDEN, ...SHOWN]) write(file, 'one\n');
  git('add', '-A', '-f');
  git('commit', '-qm', 'first');
  for (const file of HIDDEN) write(file, `${CANARY}\n`);
  for (const file of SHOWN) write(file, 'new\n');
  git('add', '-A', '-f');
  const ran = path.join(root, '..', 'ran');
  const program = path.join(root, '..', 'program.sh');
  fs.writeFileSync(program, `#!/bin/sh\necho x >> '${ran}'\ncat "$5"\n`, { mode: 0o755 });
  config('core.fsmonitor', program);
  const variables = {
    ...{ GIT_EXTERNAL_DIFF: program, GIT_DIFF_OPTS: '--unified=99', GIT_PAGER: program, GIT_TRACE: '1', GIT_DIR: dir },
    ...{ GIT_ICASE_PATHSPECS: '1', GIT_GLOB_PATHSPECS: '1', GIT_COMMON_DIR: dir, GIT_OBJECT_DIRECTORY: dir },
    ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'diff.external', GIT_CONFIG_VALUE_0: program, GIT_ATTR_SOURCE: 'x' },
  };
  t.after(() => Object.keys(variables).forEach((name) => delete process.env[name]));
  Object.assign(process.env, variables);
  const reading = Promise.all([diff(['--cached'], isExcluded), diff(['HEAD'], isExcluded)]);
  for (const name of Object.keys(variables)) delete process.env[name];
  for (const { text, files } of await reading) {
    assert.ok(!text.includes(CANARY), text);
    assert.equal(files, HIDDEN.length + SHOWN.length);
    assert.deepEqual([...linesAfter(text).keys()].sort(), [...SHOWN].sort());
  }
  assert.equal(fs.existsSync(ran), false);
});

test('a secret file under a new name, or a name that becomes a folder with a secret, is left out', async () => {
  const { git, write, diff } = repository();
  write('.env', `${'A=1\n'.repeat(20)}TOKEN=${CANARY}\n`);
  write('conf', 'plain\n');
  git('add', '-A', '-f');
  git('commit', '-qm', 'first');
  git('mv', '.env', 'notes.txt');
  git('rm', '-q', 'conf');
  write('conf/.env', `TOKEN=${CANARY}\n`);
  git('add', '-A', '-f');
  const { text, files } = await diff();
  assert.ok(!text.includes(CANARY), text);
  assert.equal(files, 3);
  assert.match(text, /-plain/);
});

test('secret files under new names and with other lines are left out, however few renames the user has git look for', async () => {
  const { git, write, config, diff } = repository();
  const lines = (n: number, more = ''): string =>
    `${Array.from({ length: 30 }, (_, i) => `K${n}_${i}=${i * n}`).join('\n')}\nTOKEN=${CANARY}\n${more}`;
  for (const n of [1, 2, 3]) write(`${n}/.env`, lines(n));
  git('add', '-A', '-f');
  git('commit', '-qm', 'first');
  config('diff.renameLimit', '1');
  for (const n of [1, 2, 3]) {
    git('rm', '-q', `${n}/.env`);
    write(`${n}/notes.txt`, lines(n, 'more=1\n'));
  }
  git('add', '-A', '-f');
  const { text, files } = await diff();
  assert.ok(!text.includes(CANARY), text);
  assert.equal(files, 3);
});

test('conflicts, new modes, binary and empty files, and a link are listed under their names', async () => {
  const { root, git, write, diff } = repository();
  for (const file of ['a.ts', '.env']) write(file, 'one\n');
  git('add', '-A', '-f');
  git('commit', '-qm', 'first');
  git('checkout', '-qb', 'other');
  for (const file of ['a.ts', '.env']) write(file, file === '.env' ? `${CANARY}\n` : 'theirs\n');
  git('commit', '-qam', 'theirs');
  git('checkout', '-q', 'main');
  for (const file of ['a.ts', '.env']) write(file, 'mine\n');
  git('commit', '-qam', 'mine');
  assert.throws(() => git('merge', '-q', 'other'));
  const conflict = await diff([]);
  assert.ok(!conflict.text.includes(CANARY) && conflict.text.includes('theirs'), conflict.text);
  git('reset', '-q', '--hard');
  write('data.bin', 'a\0b');
  write('empty.ts', '');
  fs.chmodSync(path.join(root, 'a.ts'), 0o755);
  fs.symlinkSync('.env', path.join(root, 'link.txt'));
  git('add', '-A', '-f');
  const { text, remarks } = await diff();
  for (const word of ['data.bin', 'empty.ts', 'new mode 100755', '+.env']) assert.ok(text.includes(word), word);
  assert.deepEqual(remarks, []);
});

test('before the first commit, between commits, and for one file', async () => {
  const { root, git, write, diff } = repository();
  assert.deepEqual(await diff(), { text: '', remarks: [], files: 0 });
  write('a.ts', 'one\n');
  write('b.ts', 'one\n');
  git('add', '-A');
  assert.match((await diff()).text, /\+one/);
  await assert.rejects(diff(['HEAD']));
  git('commit', '-qm', 'first');
  const first = git('rev-parse', 'HEAD').trim();
  for (const file of ['a.ts', 'b.ts']) write(file, 'two\n');
  const one = await diff(['HEAD'], isSecretFile, 10_000, path.join(root, 'a.ts'));
  assert.ok(one.text.includes('a.ts') && !one.text.includes('b.ts'));
  git('commit', '-qam', 'second');
  assert.equal((await diff([first, 'HEAD'])).files, 2);
});

test('a file that is too long is left out with words, and the others come', async () => {
  const { git, write, diff } = repository();
  for (let i = 0; i < 700; i++) write(`src/a file with a rather long name, number ${i}.ts`, 'x\n');
  write('huge.json', `${'0123456789\n'.repeat(2_000_000)}`);
  git('add', '-A');
  const { text, remarks, files } = await diff(['--cached'], isSecretFile, 300_000);
  assert.equal(files, 701);
  assert.equal(text.match(/^diff --git/gm)?.length, 700);
  assert.deepEqual(remarks, ['Files whose changes were omitted because the diff would be too long: 1']);
});

test('one large file gives the head of each of its hunks with true numbers; what does not fit at all is named with its counts', async () => {
  const { git, write, diff } = repository();
  const lines = Array.from({ length: 6_000 }, (_, i) => `line ${i} of a long file`);
  write('long.txt', `${lines.join('\n')}\n`);
  write('small.ts', 'one\n');
  git('add', '-A', '-f');
  git('commit', '-qm', 'first');
  const changed = lines.map((line, i) => (i % 3000 < 1500 ? `changed ${line}` : line));
  write('long.txt', `${changed.join('\n')}\n`);
  write('small.ts', 'two\n');
  git('add', '-A', '-f');
  const { text, remarks } = await diff(['--cached'], isSecretFile, 20_000);
  assert.ok(text.length <= 20_000, String(text.length));
  assert.match(text, /\+two/, 'what fits goes whole');
  assert.match(text, /^\[\d+ more lines of this hunk are not shown\]$/m);
  const shown = linesAfter(text);
  assert.deepEqual([...shown.keys()].sort(), ['long.txt', 'small.ts']);
  const ofLong = shown.get('long.txt') ?? [];
  assert.ok(ofLong.length > 20);
  for (const { line, text: said } of ofLong) assert.equal(said, changed[line - 1]);
  assert.ok(
    ofLong.some(({ line }) => line > 3000),
    'the second hunk has its head too',
  );
  assert.match(remarks.join(), /only the beginning of the changes was sent.*: 1/);

  // Alone, and with one line that is longer than all the room.
  write('small.ts', 'one\n');
  write('long.txt', `${lines.join('\n')}\n`);
  write('bundle.js', `var a="${'x'.repeat(125_000)}";\n`);
  git('add', '-A', '-f');
  const alone = await diff(['--cached'], isSecretFile, 20_000);
  assert.match(alone.text, /^\+var a="xxxx/m);
  assert.ok(alone.text.length <= 20_000);

  // Many large files: each is told of, by its head or by its name.
  const names = Array.from({ length: 120 }, (_, i) => `gen/file${i}.txt`);
  for (const name of names) write(name, `${lines.slice(0, 400).join('\n')}\n`);
  git('add', '-A', '-f');
  const many = await diff(['--cached'], isSecretFile, 20_000);
  assert.ok(many.text.length <= 20_000, String(many.text.length));
  const told = names.filter((name) => many.text.includes(name));
  assert.ok(told.length >= 60, String(told.length));
  assert.match(many.text, /\(\+400 -0\)/);
  assert.match(many.text, /Files that changed too and are not shown here:[\s\S]*|and \d+ more/);
});

test('the head of a hunk never ends within a secret', async () => {
  const { headOfHunks } = await import('../../src/core/privacy/diffHead.ts');
  const key = `ghp_${'aB3dE5fG7h'.repeat(3)}aB3dE5`;
  const part = `diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -0,0 +1,3 @@\n+first\n+const key = "${key}";\n+last\n`;
  for (let room = 60; room < part.length + 100; room++) {
    const head = headOfHunks(part, room) ?? '';
    assert.ok(head.includes(key) || !/ghp_/.test(head), head);
  }
});
