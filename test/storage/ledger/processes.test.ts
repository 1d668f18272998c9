import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runWriter } from '../../faults/processes.ts';
import { makeDir, openKind } from './rows.ts';

test('three processes find a damaged database at once: one moves it aside, all write into the same new one', async (t) => {
  const dir = await makeDir(t);
  await writeFile(join(dir, 'ledger.db'), 'this is not a database '.repeat(500));
  const runs = await Promise.all(['w1', 'w2', 'w3'].map((id) => runWriter('sqlite', dir, id, 50)));
  const notices = runs.flatMap(({ said }) => said.filter((line) => line.startsWith('notice')));
  assert.equal(runs.map(({ errors }) => errors).join(''), '');
  assert.equal(notices.length, 1, notices.join());
  assert.equal((await readdir(dir)).filter((name) => name.includes('damaged')).length, 1);
  const store = await openKind('sqlite', dir, 'w4');
  t.after(() => store.close());
  assert.equal((await store.totals(0))[0]?.attempts, 150);
});
