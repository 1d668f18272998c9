import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Codebase } from '../../../src/editor/codebase/codebase.ts';
import { setIgnoredFiles } from '../../../src/core/privacy/sensitiveFiles.ts';
import { readIndexFile } from '../../../src/storage/codebaseFile.ts';
import { bookLog } from '../../support/bookLog.ts';
import { startHost } from '../../support/vscode/host.ts';

/** The index of a workspace: what is found, what never is, and how it follows changes. */

const FILES = {
  'src/net/retry.ts': 'export async function retryWithBackoff() {\n  for (;;) await attempt();\n}\n',
  'src/pool.ts': 'export class Pool {\n  take() {\n    return connection;\n  }\n}\n',
  'README.md': '# Tea house\nServes tea.\n',
  '.gitignore': 'generated/\n*.log\n!kept.log\n',
  'generated/retry.ts': 'export const retryCopy = 1;\n',
  'retry.log': 'retry retry retry\n',
  'kept.log': 'retry kept\n',
  '.env': 'RETRY_TOKEN=topsecret\n',
  'node_modules/x/retry.js': 'retry\n',
  'data.bin': 'retry\0retry',
  'min.js': 'retry();'.repeat(1_000),
  'huge.txt': 'retry\n'.repeat(100_000),
};

function started(t: TestContext, files: Record<string, string> = FILES) {
  const host = startHost(t, { files });
  const file = path.join(host.root, 'storage', 'test.index');
  const open = (): Codebase => {
    const codebase = new Codebase({ file, log: bookLog() });
    host.ends.unshift(() => codebase.dispose());
    return codebase;
  };
  return { host, file, open, codebase: open() };
}

async function paths(codebase: Codebase, question: string, waitMs = 20_000): Promise<string[]> {
  const found = await codebase.findPieces(question, { waitMs });
  assert.equal(found.kind, 'found');
  return found.kind === 'found' ? found.pieces.map((piece) => piece.path) : [];
}

test('a question finds code by its words, but none that is ignored, secret, installed, binary or generated', async (t) => {
  const { codebase } = started(t);
  assert.match(codebase.status, /The code that your question is about/);
  const found = await codebase.findPieces('where is the retry logic?');
  assert.ok(found.kind === 'found');
  assert.deepEqual(found.pieces.map((piece) => piece.path).sort(), ['kept.log', 'src/net/retry.ts']);
  const [first] = found.pieces;
  assert.deepEqual([first?.path, first?.firstLine, first?.symbol], ['src/net/retry.ts', 1, 'retryWithBackoff']);
  assert.ok((first?.tokens ?? 0) > 0 && found.searched === found.total);
  assert.match(codebase.status, /files indexed/);
});

test('nothing is read or watched before the first question', async (t) => {
  const { host, file, codebase } = started(t);
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(host.watchers, 0);
  assert.ok(!fs.existsSync(file));
  await codebase.findPieces('retry');
  assert.equal(host.watchers, 1);
});

test('without words, without a match or without a folder a question says which of these is missing', async (t) => {
  const { host, codebase } = started(t);
  assert.deepEqual(await codebase.findPieces('where is it?'), { kind: 'no-words' });
  assert.deepEqual(await paths(codebase, 'xylophone'), []);
  host.folders.length = 0;
  assert.deepEqual(await codebase.findPieces('retry'), { kind: 'no-folder' });
});

test('changed, new, renamed and deleted files are followed', async (t) => {
  const { host, codebase } = started(t);
  assert.deepEqual(await paths(codebase, 'xylophone'), []);
  const changed = host.write('src/pool.ts', 'export function xylophone() {}\n');
  fs.utimesSync(changed.fsPath, new Date(), new Date(Date.now() + 5_000));
  host.didChangeFile.fire(changed);
  assert.deepEqual(await paths(codebase, 'xylophone'), ['src/pool.ts']);
  host.didCreateFile.fire(host.write('src/new.ts', 'const xylophoneCount = 2;\n'));
  assert.deepEqual((await paths(codebase, 'xylophone')).sort(), ['src/new.ts', 'src/pool.ts']);
  fs.renameSync(changed.fsPath, host.uri('src/moved.ts').fsPath);
  host.didDeleteFile.fire(changed);
  host.didCreateFile.fire(host.uri('src/moved.ts'));
  assert.deepEqual((await paths(codebase, 'xylophone')).sort(), ['src/moved.ts', 'src/new.ts']);
  fs.rmSync(host.uri('src/new.ts').fsPath);
  // Before the watcher knows: what is not there is not found either.
  assert.deepEqual(await paths(codebase, 'xylophone'), ['src/moved.ts']);
});

test('a new line in an ignore file, a new ignore setting and unsaved text count at once', async (t) => {
  const { host, codebase } = started(t);
  t.after(() => setIgnoredFiles([]));
  assert.ok((await paths(codebase, 'retry')).includes('src/net/retry.ts'));
  await host.open(host.uri('src/pool.ts'));
  host.type('src/pool.ts', 'export function retryUnsaved() {}\n');
  setIgnoredFiles(['kept.log']);
  const found = await codebase.findPieces('pool take connection retry');
  assert.ok(found.kind === 'found');
  assert.match(found.pieces.find((piece) => piece.path === 'src/pool.ts')?.text ?? '', /retryUnsaved/);
  assert.ok(!found.pieces.some((piece) => piece.path === 'kept.log'));
  host.didChangeFile.fire(host.write('.gitignore', 'src/net/\n'));
  assert.ok(!(await paths(codebase, 'retry')).includes('src/net/retry.ts'));
});

test('links out of the workspace are not followed', async (t) => {
  const { host, codebase } = started(t);
  fs.writeFileSync(path.join(host.root, 'outside.txt'), 'xylophone\n');
  fs.symlinkSync(path.join(host.root, 'outside.txt'), host.uri('src/inside.txt').fsPath);
  assert.deepEqual(await paths(codebase, 'xylophone'), []);
});

test('the index is kept on disk; a damaged one is made again', async (t) => {
  const { file, open, codebase } = started(t);
  await codebase.findPieces('retry');
  codebase.dispose();
  for (let i = 0; i < 200 && !fs.existsSync(file); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(((await readIndexFile(file)) ?? []).some(({ key }) => key.endsWith('src/net/retry.ts')));
  assert.deepEqual((await paths(open(), 'retry'))[0], 'src/net/retry.ts');
  fs.writeFileSync(file, 'damaged');
  assert.deepEqual((await paths(open(), 'retry'))[0], 'src/net/retry.ts');
});

test('a question that does not wait uses what is there and says how much; stopping keeps it', async (t) => {
  const many = Object.fromEntries(
    Array.from({ length: 800 }, (_, i) => [`src/f${i}.ts`, `export const retry${i} = ${i};\n`]),
  );
  const { codebase } = started(t, many);
  const early = await codebase.findPieces('retry', { waitMs: 1 });
  assert.ok(early.kind === 'found' && (early.total === 0 || early.searched < early.total));
  while (!/Indexing [1-9]\d* of 800 files/.test(codebase.status)) await new Promise((done) => setImmediate(done));
  codebase.stop();
  await codebase.start();
  assert.match(codebase.status, /^Indexed \d+ of 800 files$/);
  const stopped = await codebase.findPieces('retry', { waitMs: 0 });
  assert.ok(stopped.kind === 'found' && stopped.pieces.length > 0 && stopped.searched < 800 && stopped.total === 800);
  // The next one continues from there.
  const whole = await codebase.findPieces('retry', { waitMs: 20_000 });
  assert.ok(whole.kind === 'found' && whole.searched === 800);
  await codebase.rebuild();
  assert.match(codebase.status, /^800 files indexed$/);
});

test('pieces stay within their tokens, and files of several folders are told apart', async (t) => {
  const long = `export function retry() {\n${'  await attempt(retry);\n'.repeat(50)}}\n`;
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`src/f${i}.ts`, long]));
  const { host, codebase } = started(t, files);
  const found = await codebase.findPieces('retry attempt', { mostTokens: 1_000 });
  assert.ok(found.kind === 'found' && found.pieces.length > 1);
  assert.ok(found.pieces.reduce((sum, { tokens }) => sum + tokens, 0) <= 1_000);
  const second = path.join(host.root, 'second');
  fs.mkdirSync(second);
  fs.writeFileSync(path.join(second, 'xylophone.ts'), 'export const xylophone = 1;\n');
  host.folders.push({ uri: host.uri('x').with({ path: second }), name: 'second', index: 1 });
  host.didChangeFolders.fire({});
  assert.deepEqual(await paths(codebase, 'xylophone'), ['second/xylophone.ts']);
});
