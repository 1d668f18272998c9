import assert from 'node:assert/strict';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import type { LedgerOptions, OpenedLedger } from '../../../src/storage/ledger/openLedger.ts';
import { NOON, addUp, inOrder, makeDir, opened, settled, withoutSqlite } from './rows.ts';

/** Opens the ledger of a folder as a window would; what it logs and tells is kept. */
async function start(t: TestContext, dir: string, options: Partial<LedgerOptions> = {}) {
  const problems: string[] = [];
  const result: OpenedLedger = await openLedger({
    dir,
    windowId: 'w1',
    clock: () => NOON,
    log: () => undefined,
    onProblem: (message) => problems.push(message),
    ...options,
  });
  t.after(() => result.store.close());
  return { ...result, problems };
}

async function writeRows({ store }: Pick<OpenedLedger, 'store'>, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await store.open(opened(id));
    await store.settle(settled(id));
  }
}

test('a new ledger is a database, without anything to say', async (t) => {
  const dir = join(await makeDir(t), 'deep', 'ledger');
  const { store, notices, problems } = await start(t, dir);
  assert.equal(store.location, join(dir, 'ledger.db'));
  assert.deepEqual([...notices, ...problems], []);
  assert.equal(store.problem, null);
});

test('without SQLite the ledger is a spill', async (t) => {
  const dir = await makeDir(t);
  const opened = await start(t, dir, { loadSqlite: withoutSqlite });
  await writeRows(opened, 'a/1');
  assert.deepEqual(await readdir(dir), ['spill.jsonl']);
  assert.deepEqual(opened.notices, []);
});

test('a database takes over the rows of a spill, once', async (t) => {
  const dir = await makeDir(t);
  const spill = await start(t, dir, { loadSqlite: withoutSqlite, windowId: 'w0' });
  await writeRows(spill, 'a/1', 'b/1');
  await spill.store.open(opened('c/1', { windowId: 'w0' }));
  const rows = await spill.store.rows({ since: 0 });

  const [first, second] = await Promise.all([start(t, dir), start(t, dir, { windowId: 'w2' })]);
  assert.deepEqual(await first.store.rows({ since: 0 }), rows);
  assert.deepEqual(await second.store.totals(0), addUp(rows));
  assert.deepEqual(
    (await readdir(dir)).filter((name) => name.includes('jsonl')),
    [`spill.jsonl.${NOON}.imported`],
  );

  // The window without SQLite writes on; the next start brings the rest.
  await spill.store.settle(settled('c/1'));
  await writeRows(spill, 'd/1');
  const third = await start(t, dir, { windowId: 'w3', clock: () => NOON + 1 });
  const [total] = await third.store.totals(0);
  assert.deepEqual([total?.attempts, total?.open, total?.nanoUsd], [4, 0, 4 * 5_001]);
});

test('an import that was broken off continues at the next start', async (t) => {
  const dir = await makeDir(t);
  const spill = await start(t, dir, { loadSqlite: withoutSqlite });
  await writeRows(spill, 'a/1', 'b/1');
  const lines = await readFile(join(dir, 'spill.jsonl'));
  await rm(join(dir, 'spill.jsonl'));
  // Cut before its last line end, and already renamed.
  await writeFile(join(dir, 'spill.jsonl.5.importing'), lines.subarray(0, -1));
  const { store } = await start(t, dir);
  assert.equal((await store.totals(0))[0]?.nanoUsd, 2 * 5_001);
  assert.ok((await readdir(dir)).includes('spill.jsonl.5.imported'));
});

test('damaged lines of a spill are reported at the import and kept', async (t) => {
  const dir = await makeDir(t);
  await writeRows(await start(t, dir, { loadSqlite: withoutSqlite }), 'a/1');
  await writeFile(join(dir, 'spill.jsonl'), 'junk\n', { flag: 'a' });
  const { store, notices } = await start(t, dir);
  assert.match(notices.join(), /^1 damaged line/);
  assert.equal((await store.totals(0))[0]?.attempts, 1);
  assert.match(await readFile(join(dir, `spill.jsonl.${NOON}.imported`), 'utf8'), /junk\n$/);
});

test('a file that is no database is moved aside, which is reported', async (t) => {
  const dir = await makeDir(t);
  await writeFile(join(dir, 'ledger.db'), 'not a database, '.repeat(1_000));
  const damaged = await start(t, dir);
  await writeRows(damaged, 'a/1');
  const aside = (await readdir(dir)).find((name) => name.startsWith('ledger.db.damaged-'));
  assert.ok(aside && damaged.notices[0]?.includes(aside), damaged.notices.join());
  assert.equal(await readFile(join(dir, aside), 'utf8'), 'not a database, '.repeat(1_000));
  assert.equal((await damaged.store.totals(0))[0]?.attempts, 1);
});

test('where the folder is a file, calls continue, rows stay in memory and the user is told once', async (t) => {
  const dir = join(await makeDir(t), 'ledger');
  await writeFile(dir, '');
  const { store, problems } = await start(t, dir);
  await writeRows({ store }, 'a/1', 'b/1');
  await store.heartbeat(NOON);
  assert.equal(problems.length, 1);
  assert.equal(store.problem, problems[0]);
  assert.equal((await store.totals(0))[0]?.nanoUsd, 2 * 5_001);
  assert.equal((await store.rows({ since: 0 })).length, 2);
  // While the file is still there: closing tries once more to write.
  await store.close();
});

test('without SQLite the folder disappears and comes back: the spill continues', async (t) => {
  const dir = join(await makeDir(t), 'ledger');
  const spill = await start(t, dir, { loadSqlite: withoutSqlite });
  await writeRows(spill, 'a/1');
  await rm(dir, { recursive: true });
  await writeRows(spill, 'b/1');
  const rows = await spill.store.rows({ since: 0 });
  assert.deepEqual(inOrder(await spill.store.totals(0)), inOrder(addUp(rows)));
  assert.deepEqual(spill.problems, []);
});
