import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { CheckpointStore, type CheckpointOf } from '../../src/storage/checkpoints.ts';

/** The files that answers are about to change, on disk. */

const of = (id: string): CheckpointOf => ({ id, kind: 'answer', label: `Question of ${id}` });

function storeIn(t: TestContext, limits = { bytes: 1 << 20, file: 1000, count: 50 }) {
  const dir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-checkpoints-')), 'inner');
  t.after(() => fs.rmSync(path.dirname(dir), { recursive: true, force: true }));
  const said: string[] = [];
  let time = 0;
  const open = () => new CheckpointStore(dir, (words) => void said.push(words), { limits, now: () => ++time });
  return { dir, said, open, store: open() };
}

const ids = async (store: CheckpointStore): Promise<string[]> => (await store.list()).map(({ id }) => id);

test('any text of any file comes back as it was, also from another window', async (t) => {
  const { open, store } = storeIn(t, { bytes: 1 << 30, file: 1 << 20, count: 1000 });
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(
        fc.record({ uri: fc.webUrl(), text: fc.option(fc.string({ unit: 'grapheme' })) }, { noNullPrototype: true }),
        {
          selector: ({ uri }) => uri,
          maxLength: 5,
        },
      ),
      fc.string(),
      async (files, label) => {
        const id = `${n++}/../${label}`.slice(0, 200);
        await store.keep({ id, kind: 'inlineEdit', label }, files);
        const found = await open().get(id);
        assert.deepEqual([found?.files, found?.label, found?.kind], [files, label, 'inlineEdit']);
      },
    ),
    { numRuns: 30 },
  );
});

test('of a file that an answer changes twice the first text stays; further files are added', async (t) => {
  const { store } = storeIn(t);
  await store.keep(of('a'), [{ uri: 'file:///x', text: 'first' }]);
  await store.keep(of('a'), [
    { uri: 'file:///x', text: 'second' },
    { uri: 'file:///new', text: null },
  ]);
  assert.deepEqual((await store.get('a'))?.files, [
    { uri: 'file:///x', text: 'first' },
    { uri: 'file:///new', text: null },
  ]);
  assert.equal((await store.list()).length, 1);
  assert.equal(await store.get('b'), undefined);
});

test('the newest come first, and beyond the limits the oldest are deleted, but never the newest', async (t) => {
  const { store, dir } = storeIn(t, { bytes: 2_500, file: 10_000, count: 3 });
  for (const id of ['a', 'b', 'c', 'd']) {
    await store.keep(of(id), [{ uri: 'file:///x', text: id }]);
    // Files that are made in the same moment have no order on disk.
    for (const name of fs.readdirSync(dir)) {
      const { mtime } = fs.statSync(path.join(dir, name));
      fs.utimesSync(path.join(dir, name), mtime, new Date(mtime.getTime() - 1000));
    }
  }
  assert.deepEqual(await ids(store), ['d', 'c', 'b']);
  await store.keep(of('large'), [{ uri: 'file:///x', text: 'x'.repeat(5_000) }]);
  assert.deepEqual(await ids(store), ['large']);
});

test('a file that is too large is named, not kept, and the others are', async (t) => {
  const { store } = storeIn(t);
  await store.keep(of('a'), [
    { uri: 'file:///large', text: 'x'.repeat(1001) },
    { uri: 'file:///small', text: 'x' },
  ]);
  const [head] = await store.list();
  assert.deepEqual([head?.uris, head?.leftOut], [['file:///small'], ['file:///large']]);
});

test('files that other programs damaged lose their own checkpoint only, and are written again', async (t) => {
  const { store, dir, said } = storeIn(t);
  await store.keep(of('good'), [{ uri: 'file:///x', text: 'good' }]);
  await store.keep(of('bad'), [{ uri: 'file:///x', text: 'bad' }]);
  const bad = fs.readdirSync(dir).find((name) => fs.readFileSync(path.join(dir, name), 'utf8').includes('"bad"'));
  for (const broken of ['', '{"version":1,"id":"bad"', '{"version":2}', '[]', '\0\0\0']) {
    fs.writeFileSync(path.join(dir, bad ?? ''), broken);
    fs.writeFileSync(path.join(dir, 'notes.txt'), 'not ours');
    assert.deepEqual(await ids(store), ['good']);
    assert.equal(await store.get('bad'), undefined);
  }
  assert.ok(said.length > 0);
  await store.keep(of('bad'), [{ uri: 'file:///x', text: 'again' }]);
  assert.equal((await store.get('bad'))?.files[0]?.text, 'again');
});

test('two windows that keep files of one answer at once lose none', async (t) => {
  const { open } = storeIn(t);
  const windows = [open(), open(), open()];
  await Promise.all(
    windows.flatMap((store, w) =>
      [0, 1, 2].map((n) => store.keep(of('a'), [{ uri: `file:///${w}-${n}`, text: `${w}` }])),
    ),
  );
  assert.equal((await open().get('a'))?.files.length, 9);
});

test('what is kept can be read by its owner only', { skip: process.platform === 'win32' }, async (t) => {
  const { store, dir } = storeIn(t);
  await store.keep(of('a'), [{ uri: 'file:///x', text: 'secret' }]);
  assert.equal(fs.statSync(dir).mode & 0o077, 0);
  for (const name of fs.readdirSync(dir)) assert.equal(fs.statSync(path.join(dir, name)).mode & 0o077, 0);
});

test('a disk that refuses is reported to the caller', async (t) => {
  const { dir, store } = storeIn(t);
  fs.mkdirSync(path.dirname(dir), { recursive: true });
  fs.writeFileSync(dir, 'a file where the folder should be');
  await assert.rejects(store.keep(of('a'), [{ uri: 'file:///x', text: '' }]));
});
