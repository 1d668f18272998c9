import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { checkContextFile, type ContextCheck } from '../../src/core/privacy/contextFile.ts';
import { setIgnoredFiles, setIgnoredFolders } from '../../src/core/privacy/ignoredFiles.ts';
import { localDisk, readRegularFile } from '../../src/storage/contextDisk.ts';

const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'context-disk-')));
after(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
let trees = 0;

/** A workspace folder beside a folder with what a repository must not reach. */
function tree() {
  const base = path.join(dir, String(trees++));
  const folder = path.join(base, 'project');
  const outside = path.join(base, 'home');
  const write = (file: string, text = 'words'): void => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  write(path.join(folder, 'src/a.ts'));
  write(path.join(folder, 'docs/guide.md'));
  write(path.join(folder, '.env'), 'TOKEN=canary');
  write(path.join(folder, '.git/config'), 'url = https://me:canary@example.com');
  write(path.join(outside, 'plain.txt'), 'canary');
  write(path.join(outside, '.aws/credentials'), 'canary');
  write(path.join(outside, '.netrc'), 'canary');
  const link = (name: string, target: string): void => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.symlinkSync(target, path.join(folder, name));
  };
  const check = (name: string): Promise<ContextCheck> => checkContextFile(localDisk, [folder], path.join(folder, name));
  const verdict = async (name: string): Promise<string> => {
    const found = await check(name);
    return found.kind === 'readable' ? 'readable' : found.reason;
  };
  return { folder, outside, link, write, check, verdict };
}

test('T17 I43 a file of the workspace is read, also by a link to it from inside, a chain of links, and a linked folder', async () => {
  const { folder, link, check, verdict } = tree();
  link('AGENTS.md', 'docs/guide.md');
  link('one', 'AGENTS.md');
  link('two', './one');
  link('library', 'src');
  for (const name of ['src/a.ts', 'AGENTS.md', 'two', 'library/a.ts']) assert.equal(await verdict(name), 'readable');
  const found = await check('two');
  assert.equal(found.kind === 'readable' && found.path, path.join(folder, 'docs/guide.md'));
});

test('T17 a link out of the workspace is never read without consent, whatever form it has', async () => {
  const { outside, link, verdict } = tree();
  link('AGENTS.md', '../home/plain.txt');
  link('absolute.md', path.join(outside, 'plain.txt'));
  link('vendor', '../home');
  link('chain.md', 'AGENTS.md');
  link('up', '..');
  for (const name of ['AGENTS.md', 'absolute.md', 'vendor/plain.txt', 'chain.md', 'up/home/plain.txt'])
    assert.equal(await verdict(name), 'outside', name);
});

test('T17 the rule for secret files counts for the name of the link and for that of its target', async () => {
  const { link, verdict } = tree();
  link('AGENTS.md', '../home/.netrc');
  link('notes.txt', '.env');
  link('docs/rc', '../../home/.aws');
  link('id_rsa', 'src/a.ts');
  for (const name of ['AGENTS.md', 'notes.txt', '.env', 'docs/rc/credentials', 'id_rsa'])
    assert.equal(await verdict(name), 'secret', name);
  link('rules.md', '.git/config');
  assert.equal(await verdict('rules.md'), 'outside');
});

test('a link into a folder that the user shows to no model needs consent, also where the workspace is a link', async (t) => {
  const { folder, link, verdict, write } = tree();
  t.after(() => {
    setIgnoredFiles([]);
    setIgnoredFolders([]);
  });
  write(path.join(folder, 'customers/list.txt'));
  link('notes.txt', 'customers/list.txt');
  link('people', 'customers');
  setIgnoredFiles(['customers', 'project']);
  setIgnoredFolders([folder]);
  for (const name of ['notes.txt', 'people/list.txt', 'customers/list.txt'])
    assert.equal(await verdict(name), 'secret');
  assert.equal(await verdict('src/a.ts'), 'readable');
  const alias = path.join(path.dirname(folder), 'alias');
  fs.symlinkSync(folder, alias);
  setIgnoredFolders([alias]);
  for (const [name, kind] of [
    ['notes.txt', 'needs-consent'],
    ['src/a.ts', 'readable'],
  ] as const)
    assert.equal((await checkContextFile(localDisk, [alias], path.join(alias, name))).kind, kind, name);
});

test('devices, pipes, folders, loops and broken links are never read', { timeout: 10_000 }, async () => {
  const { folder, link, verdict } = tree();
  link('random', '/dev/urandom');
  link('terminal', '/dev/ptmx');
  link('self', 'self');
  link('ping', 'pong');
  link('pong', 'ping');
  link('dangling', 'nothing');
  link('folder.md', 'docs');
  execFileSync('mkfifo', [path.join(folder, 'pipe.md')]);
  for (const name of ['random', 'terminal', 'folder.md', 'pipe.md', 'docs'])
    assert.equal(await verdict(name), 'not-a-file', name);
  for (const name of ['self', 'ping', 'dangling', 'src/a.ts/b']) assert.equal(await verdict(name), 'missing', name);
  for (const file of ['/dev/urandom', '/dev/zero', path.join(folder, 'pipe.md'), path.join(folder, 'docs')])
    assert.equal(await readRegularFile(file, 1_000), null, file);
});

test('what is read is the file that was judged: a link in its place, and a file that grew, are refused', async () => {
  const { folder, link, write } = tree();
  link('rules.md', '../home/plain.txt');
  assert.equal(await readRegularFile(path.join(folder, 'rules.md'), 1_000), null);
  write(path.join(folder, 'long.md'), 'x'.repeat(1_001));
  assert.equal(await readRegularFile(path.join(folder, 'long.md'), 1_000), null);
  write(path.join(folder, 'full.md'), 'x'.repeat(1_000));
  assert.equal((await readRegularFile(path.join(folder, 'full.md'), 1_000))?.length, 1_000);
  write(path.join(folder, 'empty.md'), '');
  assert.equal((await readRegularFile(path.join(folder, 'empty.md'), 1_000))?.length, 0);
});

test(
  'a file that states no length, as those of the kernel, is read up to the limit',
  { skip: process.platform !== 'linux' },
  async () => {
    const bytes = await readRegularFile('/proc/self/status', 100_000);
    assert.match(Buffer.from(bytes ?? []).toString(), /^Name:/);
    assert.equal(await readRegularFile('/proc/self/status', 10), null);
  },
);

test('I42 a workspace folder that is a link itself holds its files; without folders any place is right, but no secret', async () => {
  const { folder, outside } = tree();
  const alias = `${folder}-alias`;
  fs.symlinkSync(folder, alias);
  assert.equal((await checkContextFile(localDisk, [alias], path.join(alias, 'src/a.ts'))).kind, 'readable');
  assert.equal((await checkContextFile(localDisk, [folder], path.join(alias, 'src/a.ts'))).kind, 'readable');
  assert.equal((await checkContextFile(localDisk, null, path.join(outside, 'plain.txt'))).kind, 'readable');
  assert.equal((await checkContextFile(localDisk, null, path.join(outside, '.netrc'))).kind, 'needs-consent');
  assert.equal((await checkContextFile(localDisk, [], path.join(folder, 'src/a.ts'))).kind, 'needs-consent');
});

test('where links cannot be followed, a link needs consent and a plain file does not', async () => {
  const disk = {
    separator: '/',
    stat: () => Promise.resolve({ kind: 'file', size: 1 } as const),
    follow: (file: string) =>
      Promise.resolve(file === '/w/link' ? ({ kind: 'unknown' } as const) : ({ kind: 'path', path: file } as const)),
  } as const;
  assert.deepEqual(await checkContextFile(disk, ['/w'], '/w/link'), {
    kind: 'needs-consent',
    reason: 'outside',
    path: null,
    size: 1,
  });
  assert.equal((await checkContextFile(disk, ['/w'], '/w/a.ts')).kind, 'readable');
});

test('for any tree of links, what is readable is a regular file inside the folder that is no secret by its real name', async () => {
  const names = ['a', 'b', 'c', 'd/e', 'd/f', 'docs/x', 'src/y.md'];
  const targets = fc.oneof(
    fc.constantFrom(
      ...names,
      'src',
      'src/a.ts',
      'docs/guide.md',
      '.env',
      '.git/config',
      '..',
      '../home',
      '../home/plain.txt',
      '../home/.aws',
      '../home/.netrc',
      '/dev/null',
      '/dev/zero',
      '/',
      '/etc/hostname',
      '.',
      'nothing',
    ),
  );
  const links = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), targets, fc.boolean()), {
    selector: ([name]) => name,
    maxLength: names.length,
  });
  const asked = fc.tuple(
    fc.constantFrom(...names),
    fc.constantFrom('', '/a.ts', '/plain.txt', '/home/plain.txt', '/credentials', '/x', '/../../home/plain.txt'),
  );
  await fc.assert(
    fc.asyncProperty(links, fc.array(asked, { minLength: 1, maxLength: 10 }), async (made, questions) => {
      const { folder, link, check } = tree();
      for (const [name, target, absolute] of made)
        link(name, absolute ? path.resolve(folder, target) : path.relative(path.dirname(name), target) || '.');
      for (const [name, rest] of questions) {
        const found = await check(name + rest);
        if (found.kind !== 'readable') continue;
        const real = fs.realpathSync(path.join(folder, name + rest));
        assert.equal(found.path, real);
        assert.ok(real.startsWith(folder + path.sep), real);
        assert.ok(fs.lstatSync(real).isFile());
        const text = Buffer.from((await readRegularFile(found.path, 1_000)) ?? []).toString();
        assert.ok(!text.includes('canary'), real);
      }
    }),
    { numRuns: 300 },
  );
});
