import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { findTarget, isInsideFolders, targetOf } from '../../../src/editor/edits/targets.ts';
import { startHost } from '../../support/vscode/host.ts';

/** Which document an answer means by a path, and where it may not write. */

/** `label`, `label (danger)` or the reason of the refusal. */
async function found(written: string, known: Parameters<typeof findTarget>[1] = []): Promise<string> {
  const result = await findTarget(written, known);
  if (result.kind === 'refused') return result.reason;
  const { label, danger } = result.target;
  return danger ? `${label} (${danger})` : label;
}

test('a path names a file in the folder, whether it exists or not; a full path inside the folder is the same file', async (t) => {
  const host = startHost(t, { files: { 'src/a.ts': 'a' } });
  assert.equal(await found('src/a.ts'), 'src/a.ts');
  assert.equal(await found('src/new.ts'), 'src/new.ts');
  assert.equal(await found(host.uri('src/a.ts').fsPath), 'src/a.ts');
  assert.equal(await found(`${host.root}/elsewhere.ts`), 'absolute');
  assert.equal(await found('src/../../a.ts'), 'outside');
  assert.equal(await found('.git/hooks/pre-commit'), '.git/hooks/pre-commit (git)');
});

test('the end of a path means the document that was sent with the question, before any other file', async (t) => {
  const host = startHost(t, { files: { 'pool.ts': 'top', 'packages/core/src/pool.ts': 'deep' } });
  const known = [host.uri('packages/core/src/pool.ts')];
  assert.equal(await found('pool.ts', known), 'packages/core/src/pool.ts');
  assert.equal(await found('src/pool.ts', known), 'packages/core/src/pool.ts');
  assert.equal(await found('pool.ts'), 'pool.ts');
  assert.equal(await found('ool.ts', known), 'ool.ts', 'half a name is no end of a path');
});

test('of several folders it is the one that has the file, or whose name the path begins with', async (t) => {
  const host = startHost(t, { folders: ['web', 'api'] });
  fs.writeFileSync(`${host.root}/api/main.go`, 'go');
  fs.writeFileSync(`${host.root}/web/main.ts`, 'ts');
  assert.equal(await found('main.go'), 'api/main.go');
  assert.equal(await found('api/new.go'), 'api/new.go');
  assert.equal(await found('new.ts'), 'web/new.ts');
});

test('without a folder nothing is written by its name', async (t) => {
  startHost(t, { folders: [] });
  assert.equal(await found('a.ts'), 'outside');
});

test('links are followed: out of the folder is refused, to a file that can be run is dangerous', async (t) => {
  const host = startHost(t, { files: { '.vscode/tasks.json': '{}', 'src/a.ts': 'a' } });
  fs.mkdirSync(`${host.root}/secret`);
  fs.symlinkSync(`${host.root}/secret`, host.uri('out').fsPath);
  fs.symlinkSync(host.uri('.vscode/tasks.json').fsPath, host.uri('notes.json').fsPath);
  assert.equal(await found('out/a.ts'), 'outside');
  assert.equal(await found('notes.json'), 'notes.json (editor)');
  assert.equal(await isInsideFolders(host.uri('out/a.ts') as never), false);
  assert.equal(await isInsideFolders(host.uri('src/a.ts') as never), true);
});

test('the document that the user chose is a target wherever it is, with its danger', (t) => {
  const host = startHost(t);
  const target = targetOf(host.uri('.github/workflows/ci.yml') as never);
  assert.deepEqual([target.label, target.danger], ['.github/workflows/ci.yml', 'ci']);
});
