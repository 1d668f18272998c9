import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addUp, inOrder, KINDS, makeDir, NOON, openKind } from './ledgerRows.ts';
import type { Kind } from './ledgerRows.ts';

const WRITER = fileURLToPath(new URL('./ledgerWriter.ts', import.meta.url));

/** Runs a writer, killed that many milliseconds after its first word; answers what it said and what it complained of. */
function runWriter(kind: Kind, dir: string, windowId: string, rows: number, killAfter?: number) {
  return new Promise<{ said: string[]; errors: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, kind, dir, windowId, String(rows)]);
    let said = '';
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '' && killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
      said += text;
    });
    child.on('error', reject);
    // The last line may be cut by the kill.
    child.on('close', () => resolve({ said: said.split('\n').slice(0, -1), errors }));
  });
}

for (const kind of KINDS) {
  test(`${kind}: three processes write at once and nothing is lost or counted twice`, async (t) => {
    const dir = await makeDir(t);
    const runs = await Promise.all(['w1', 'w2', 'w3'].map((id) => runWriter(kind, dir, id, 300)));
    assert.equal(runs.map(({ errors }) => errors).join(''), '');
    const store = await openKind(kind, dir, 'w4');
    t.after(() => store.close());
    const rows = await store.rows({ since: 0 });
    assert.equal(new Set(rows.map((row) => row.attemptId)).size, 900);
    assert.deepEqual(await store.totals(0), addUp(rows));
    assert.deepEqual((await store.totals(0))[0]?.nanoUsd, 900 * 5_001);
  });

  test(`${kind}: killed writers lose nothing that was acknowledged, and their open rows are interrupted`, async (t) => {
    const dir = await makeDir(t);
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const windows = ['a', 'b', 'c'].map((name) => `${name}${round}`);
      const runs = windows.map((id, index) => runWriter(kind, dir, id, 1e6, 5 + 30 * round + 7 * index));
      for (const { said, errors } of await Promise.all(runs)) {
        assert.equal(errors, '');
        acknowledged.push(...said);
      }
    }
    const store = await openKind(kind, dir, 'after');
    t.after(() => store.close());
    const rows = new Map((await store.rows({ since: 0 })).map((row) => [row.attemptId, row]));
    const lost = acknowledged.filter((line) => {
      const [state, id = ''] = line.split(' ');
      return state === 'settled' ? rows.get(id)?.settled?.outcome !== 'done' : !rows.has(id);
    });
    assert.ok(acknowledged.length > 100, `only ${acknowledged.length} rows were written`);
    assert.deepEqual(lost, []);
    await store.heartbeat(NOON + 120_000);
    const [total] = await store.totals(0);
    assert.equal(total?.open, 0);
    assert.deepEqual([total], inOrder(addUp(await store.rows({ since: 0 }))));
  });
}

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
