import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { indexWhole } from '../../src/core/codebase/fileEntry.ts';
import { readIndexFile, removeOldIndexes, writeIndexFile } from '../../src/storage/codebaseFile.ts';

/** The index on disk: it comes back as it was written, or not at all. */

function folder(t: TestContext): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-index-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const FILES = Array.from({ length: 40 }, (_, i) => ({
  key: `file:///project/größe-${i}.ts`,
  mtime: 1_700_000_000_000.5 + i,
  size: 10 * i,
  entry: indexWhole(
    `src/a${i}.ts`,
    i === 7 ? '' : `export function take${i}() {\n  return secretCanary${i};\n}\n`.repeat(20),
  ),
}));

test('an index is read as it was written, has no word of the files, and only its owner can read it', async (t) => {
  const file = path.join(folder(t), 'deep', 'a.index');
  await writeIndexFile(file, FILES);
  assert.deepEqual(await readIndexFile(file), FILES);
  assert.ok(!fs.readFileSync(file).includes('anary'));
  if (process.platform !== 'win32') assert.equal(fs.statSync(file).mode & 0o077, 0);
  await writeIndexFile(file, FILES.slice(0, 3));
  assert.equal((await readIndexFile(file))?.length, 3);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['a.index'], 'nothing half-written is left');
});

test('a file that is missing, cut, changed anywhere, or of another version counts as none', async (t) => {
  const file = path.join(folder(t), 'a.index');
  assert.equal(await readIndexFile(file), undefined);
  await writeIndexFile(file, FILES);
  const whole = fs.readFileSync(file);
  for (const length of [0, 3, 11, 12, 20, whole.length >> 1, whole.length - 1]) {
    fs.writeFileSync(file, whole.subarray(0, length));
    assert.equal(await readIndexFile(file), undefined, `cut at ${length}`);
  }
  for (let at = 0; at < whole.length; at += 97) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    fs.writeFileSync(file, changed);
    const read = await readIndexFile(file);
    // The count at its head may say fewer than there are: those are read again.
    assert.ok(read === undefined || (at < 12 && read.length < FILES.length), `changed at ${at}`);
  }
});

test('indexes that were not used for long are removed', async (t) => {
  const dir = folder(t);
  await writeIndexFile(path.join(dir, 'old.index'), FILES);
  await writeIndexFile(path.join(dir, 'new.index'), FILES);
  fs.utimesSync(path.join(dir, 'old.index'), new Date(0), new Date(0));
  await removeOldIndexes(dir, 1_000_000);
  assert.deepEqual(fs.readdirSync(dir), ['new.index']);
  await removeOldIndexes(path.join(dir, 'missing'), 1);
});
