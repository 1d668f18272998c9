import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { FileSnapshot } from '../../src/storage/fileSnapshot.ts';

function folder(t: Pick<TestContext, 'after'>): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-snapshot-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const list = (dir: string): string[] => fs.readdirSync(dir).map((name) => path.join(dir, name));

const NAMES = ['a.ts', 'b.ts', 'c d.md', 'ü.txt', 'new.ts'];
const TEXT = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !text.includes('\0'));
const FILES = fc.dictionary(fc.constantFrom(...NAMES), TEXT);

test('whatever is written, made and deleted afterward: the snapshot gives back every file as it was', async (t) => {
  const root = folder(t);
  let n = 0;
  await fc.assert(
    fc.asyncProperty(FILES, FILES, async (before, after) => {
      const dir = path.join(root, String(n++));
      fs.mkdirSync(dir);
      for (const [name, text] of Object.entries(before)) fs.writeFileSync(path.join(dir, name), text);
      const was = new Map(list(dir).map((file) => [file, fs.readFileSync(file, 'utf8')]));
      const snapshot = (await FileSnapshot.take(list(dir))) ?? assert.fail();
      for (const name of NAMES) {
        const file = path.join(dir, name);
        const text = after[name];
        if (text === undefined) fs.rmSync(file, { force: true });
        else fs.writeFileSync(file, text);
      }
      for (const { path: file, text } of await snapshot.changedSince(list(dir)))
        if (text === null) fs.rmSync(file);
        else fs.writeFileSync(file, text);
      assert.deepEqual(new Map(list(dir).map((file) => [file, fs.readFileSync(file, 'utf8')])), was);
    }),
    { numRuns: 60 },
  );
});

test('what was not touched is not named; unsaved text counts as the text before; no text is left out', async (t) => {
  const dir = folder(t);
  const [same, changed, picture, latin] = ['same.ts', 'changed.ts', 'x.png', 'latin.txt'].map((name) =>
    path.join(dir, name),
  ) as [string, string, string, string];
  for (const file of [same, changed]) fs.writeFileSync(file, 'on disk');
  fs.writeFileSync(picture, Buffer.from([1, 0, 2]));
  fs.writeFileSync(latin, Buffer.from([0xe4, 0xf6]));
  const snapshot = await FileSnapshot.take(list(dir), new Map([[changed, 'in the editor']]));
  for (const file of [changed, picture, latin]) fs.writeFileSync(file, 'other');
  assert.deepEqual(await snapshot?.changedSince(list(dir)), [{ path: changed, text: 'in the editor' }]);
  assert.equal(snapshot?.textOf(same), 'on disk');
});

test('a workspace that is too large has no snapshot', async (t) => {
  const dir = folder(t);
  for (const name of ['a', 'b', 'c']) fs.writeFileSync(path.join(dir, name), 'x'.repeat(100));
  const limits = { files: 10, bytes: 1_000, file: 1_000 };
  assert.ok(await FileSnapshot.take(list(dir), new Map(), limits));
  assert.equal(await FileSnapshot.take(list(dir), new Map(), { ...limits, files: 3 }), undefined);
  assert.equal(await FileSnapshot.take(list(dir), new Map(), { ...limits, bytes: 299 }), undefined);
});
