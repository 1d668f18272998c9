import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applierIn, change, file, settle, until } from './rig.ts';

/** Files are kept before an answer changes them, and come back over answers and files. */

const A = 'let a = 1;\n';
const B = 'let b = 1;\n';

function rigged(...args: Parameters<typeof applierIn>) {
  const rig = applierIn(...args);
  const { applier, propose, checkpoints, host } = rig;
  /** Applies all that an answer proposes. */
  const apply = async (id: string, answer: string): Promise<void> => {
    await propose(answer, { checkpoint: { id, kind: 'answer', label: `Question of ${id}` } });
    await applier.apply(undefined);
    await settle();
  };
  const restore = async (...ids: string[]): Promise<boolean> => {
    host.willClick(/^Restore \d/, 'Restore');
    return checkpoints.restore(ids, 'before', { ask: true });
  };
  return { ...rig, apply, restore };
}

test('three answers over several files are restored to before each of them, created files too, and that is undone', async (t) => {
  const { host, apply, restore, checkpoints } = rigged(t, { files: { 'a.ts': A, 'b.ts': B } });
  await apply('one', change('a.ts', 'let a = 1;', 'let a = 2;') + file('src/new.ts', 'export const fresh = 1;'));
  await apply('two', change('b.ts', 'let b = 1;', 'let b = 2;'));
  await apply('three', change('a.ts', 'let a = 2;', 'let a = 3;'));
  const texts = () => [host.text('a.ts'), host.text('b.ts'), host.text('src/new.ts')];
  const after = ['let a = 3;\n', 'let b = 2;\n', 'export const fresh = 1;\n'];
  assert.deepEqual(texts(), after);
  assert.deepEqual([checkpoints.has(['one']), checkpoints.has(['none'])], [true, false]);

  assert.equal(await restore('three'), true);
  assert.deepEqual(texts(), ['let a = 2;\n', 'let b = 2;\n', 'export const fresh = 1;\n']);
  assert.equal(await restore('one', 'two', 'three'), true);
  assert.deepEqual(texts(), [A, B, null]);
  assert.match(host.messages.findLast(({ text }) => text.startsWith('Restore'))?.detail ?? '', /new\.ts: deleted/);

  // The restore itself is in the list.
  host.willPick(/Restore the files to before/, 'before');
  host.willClick(/^Restore 3 files/, 'Restore');
  await checkpoints.choose();
  assert.deepEqual(texts(), ['let a = 2;\n', 'let b = 2;\n', 'export const fresh = 1;\n']);
});

test('a restore is undone by its own button, and is one step for each file', async (t) => {
  const { host, apply, restore } = rigged(t, { files: { 'a.ts': A } });
  await apply('one', change('a.ts', 'let a = 1;', 'let a = 2;'));
  const steps = host.applied.length;
  host.willClick(/1 file was restored/, 'Undo Restore');
  await restore('one');
  await until(() => host.text('a.ts') === 'let a = 2;\n');
  assert.equal(host.applied.length, steps + 2);
});

test('a user who declines loses nothing, and files that have not changed are not touched', async (t) => {
  const { host, apply, checkpoints } = rigged(t, { files: { 'a.ts': A } });
  await apply('one', change('a.ts', 'let a = 1;', 'let a = 2;'));
  assert.equal(await checkpoints.restore(['one'], 'x', { ask: true }), false);
  assert.equal(host.text('a.ts'), 'let a = 2;\n');
  host.type('a.ts', A);
  assert.equal(await checkpoints.restore(['one'], 'x', { ask: true }), false);
  assert.match(host.said.join(), /nothing to restore/);
});

test('what the user typed before the answer is in the checkpoint, saved or not, with CRLF and without a last line end', async (t) => {
  const text = 'let a = 1;\r\n// mine';
  const { host, apply, restore } = rigged(t, { files: { 'a.ts': 'let a = 1;\r\n' } });
  await host.show('a.ts');
  host.type('a.ts', text);
  await apply('one', change('a.ts', 'let a = 1;', 'let a = 2;'));
  await restore('one');
  assert.equal(host.text('a.ts'), text);
});

test('a change that is not written leaves files as they are, and a disk that refuses does not stop a change', async (t) => {
  const { host, log, apply } = rigged(t, { files: { 'a.ts': A } });
  host.write('../checkpoints', 'a file where the folder should be');
  await apply('one', change('a.ts', 'let a = 1;', 'let a = 2;'));
  assert.equal(host.text('a.ts'), 'let a = 2;\n');
  assert.ok(log.errors.length > 0);
});

test('a list without checkpoints says when there is one', async (t) => {
  const { host, checkpoints } = rigged(t, { files: { 'a.ts': A } });
  await checkpoints.choose();
  assert.match(host.said.join(), /There is no checkpoint yet/);
});

test('all checkpoints are deleted on request, and the files stay', async (t) => {
  const { host, apply, checkpoints } = rigged(t, { files: { 'a.ts': A } });
  await apply('one', change('a.ts', 'let a = 1;', 'let a = 2;'));
  host.willPick(/Restore the files to before/, '$(trash) Delete All Checkpoints…');
  host.willClick(/^Delete all checkpoints/, 'Delete');
  await checkpoints.choose();
  assert.deepEqual([checkpoints.has(['one']), host.text('a.ts')], [false, 'let a = 2;\n']);
  await checkpoints.choose();
  assert.match(host.said.join(), /There is no checkpoint yet/);
});

test('a file that an answer moved, and one that it deleted, are back where they were', async (t) => {
  const { host, apply, restore } = rigged(t, { files: { 'a.ts': A, 'b.ts': B } });
  const patch = [
    '*** Begin Patch',
    '*** Update File: a.ts',
    '*** Move to: src/moved.ts',
    '@@',
    '-let a = 1;',
    '+let a = 2;',
    '*** Delete File: b.ts',
    '*** End Patch',
  ].join('\n');
  await apply('one', patch);
  const texts = () => [host.text('a.ts'), host.text('src/moved.ts'), host.text('b.ts')];
  assert.deepEqual(texts(), [null, 'let a = 2;\n', null]);
  assert.equal(await restore('one'), true);
  assert.deepEqual(texts(), [A, null, B]);
});
