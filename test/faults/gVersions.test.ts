import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { cp, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { LimitUnknownError } from '../../src/core/ledger/ledger.ts';
import type { LedgerStore } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { LedgerOptions } from '../../src/storage/ledger/openLedger.ts';
import { MIGRATIONS } from '../../src/storage/ledger/schema.ts';
import { NOON, addUp, costOf, inOrder, makeDir, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';
import { MANIFEST } from '../support/manifest.ts';
import { errorOf, spyOnFiles, spyOnSqlite } from './faultyDisk.ts';

/** Ledger and storage: other versions, other places (G08, G09, G14, G15). */

async function start(t: TestContext, dir: string, options: Partial<LedgerOptions> = {}) {
  const told: string[] = [];
  const result = await openLedger({
    dir,
    windowId: 'w1',
    clock: () => NOON,
    log: () => undefined,
    onProblem: (message) => told.push(message),
    ...options,
  });
  t.after(() => result.store.close());
  return { ...result, told };
}

async function write(store: LedgerStore, ...names: string[]): Promise<void> {
  for (const name of names) {
    await store.open(opened(`${name}/1`));
    await store.settle(settled(`${name}/1`, { cost: { nanoUsd: costOf(name), source: 'computed' } }));
  }
}

const namesIn = async (store: LedgerStore): Promise<string[]> =>
  (await store.rows({ since: 0 })).map(({ callId }) => callId).sort();

const setVersion = (file: string, version: number): void => {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
};

test('G08 a ledger of a newer version is read and never written; new rows go into a file beside it, which the user is told, and are moved into it later', async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, 'ledger.db');
  const newer = await start(t, dir);
  await write(newer.store, 'a', 'b');
  await newer.store.close();
  // Tables and columns that we do not know.
  const db = new DatabaseSync(file);
  db.exec('ALTER TABLE attempts ADD COLUMN mood TEXT; CREATE TABLE moods (x)');
  db.close();
  setVersion(file, 99);
  const bytes = await readFile(file);

  const older = await start(t, dir, { windowId: 'w2' });
  assert.match(older.notices.join(), /newer version/);
  await write(older.store, 'c');
  assert.deepEqual(await namesIn(older.store), ['a', 'b', 'c']);
  assert.deepEqual(await older.store.totals(0), addUp(await older.store.rows({ since: 0 })));
  await assert.rejects(older.store.clear({ since: 0, until: NOON + 1 }), /Nothing was cleared/);
  await older.verify();
  await older.store.heartbeat(NOON + 60_000);
  await older.store.close();
  assert.ok((await readFile(file)).equals(bytes), 'not one byte of it changed');

  setVersion(file, MIGRATIONS.length);
  const again = await start(t, dir, { windowId: 'w3' });
  assert.deepEqual(await namesIn(again.store), ['a', 'b', 'c']);
});

test('G08 a ledger of a newer version with tables of its own is left alone', async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, 'ledger.db');
  const db = new DatabaseSync(file);
  db.exec('CREATE TABLE other (x); PRAGMA user_version = 99');
  db.close();
  const bytes = await readFile(file);
  const older = await start(t, dir);
  assert.match(older.notices.join(), /newer version.*cannot be shown/);
  await write(older.store, 'b');
  assert.deepEqual(await namesIn(older.store), ['b']);
  assert.ok((await readFile(file)).equals(bytes));
});

/** A ledger as that version of the extension left it, with rows 0 to 5; the last was never settled. */
async function oldLedger(t: TestContext, version: number): Promise<string> {
  const dir = await makeDir(t);
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec('PRAGMA journal_mode = wal');
  for (const step of MIGRATIONS.slice(0, version)) db.exec(step);
  db.exec(`PRAGMA user_version = ${version}`);
  for (let n = 0; n < 6; n += 1) {
    const row = opened(`old${n}/1`);
    db.prepare(
      `INSERT INTO attempts (attemptId, callId, attempt, windowId, openedAt, tier, task, provider, origin, modelAsked,
        language, workspace, estimatedInput, estimatedCost) VALUES (?, ?, 1, 'w0', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      row.attemptId,
      row.callId,
      row.openedAt,
      row.tier,
      row.task,
      row.provider,
      row.origin,
      row.modelAsked,
      row.language,
      row.workspace,
      row.estimatedInput,
      row.estimatedCost,
    );
    if (n === 5) continue;
    db.prepare(
      `UPDATE attempts SET closedAt = ?, outcome = 'done', input = 100, cacheRead = 20, cacheWrite = 3, output = 40,
        reasoning = 0, usageEstimated = 0, nanoUsd = ?, costSource = 'computed', durationMs = 12 WHERE attemptId = ?`,
    ).run(row.openedAt + 5, costOf(row.callId), row.attemptId);
  }
  db.close();
  return dir;
}

async function checkMigrated(store: LedgerStore): Promise<void> {
  const rows = await store.rows({ since: 0 });
  assert.deepEqual(await namesIn(store), ['old0', 'old1', 'old2', 'old3', 'old4', 'old5']);
  for (const { callId, settled: end } of rows)
    assert.equal(end?.cost.nanoUsd, callId === 'old5' ? undefined : costOf(callId));
  assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(rows)));
}

for (let version = 1; version < MIGRATIONS.length; version += 1) {
  test(`G09 a ledger of version ${version} is migrated, with a backup; a window that dies at any step of it does no harm`, async (t) => {
    const dir = await oldLedger(t, version);
    const copies = await makeDir(t);
    const deaths: string[] = [];
    const before = (): void => {
      const copy = join(copies, String(deaths.length));
      deaths.push(copy);
      cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
    };
    const loadSqlite = () => Promise.resolve(spyOnSqlite({ before }));
    const first = await start(t, dir, { loadSqlite });
    await checkMigrated(first.store);
    assert.deepEqual(first.notices, []);
    await first.store.close();
    assert.ok(deaths.length > 10, `${deaths.length} steps`);
    for (const [step, copy] of [...deaths, dir].entries()) {
      const again = await start(t, copy, { windowId: 'w2' });
      await checkMigrated(again.store);
      assert.deepEqual(again.notices, [], `step ${step}`);
      await again.store.close();
      const backup = new DatabaseSync(join(copy, `ledger.db.v${version}.backup`), { readOnly: true });
      assert.equal(backup.prepare('SELECT count(*) AS n FROM attempts').get()?.['n'], 6, `step ${step}`);
      assert.equal(backup.prepare('PRAGMA user_version').get()?.['user_version'], version);
      backup.close();
    }
    t.diagnostic(`${deaths.length} deaths`);
  });
}

test('G09 the lines of older spills lack fields that came later; those of newer ones are counted and kept', async (t) => {
  const dir = await makeDir(t);
  const spill = await start(t, dir, { loadSqlite: withoutSqlite });
  await write(spill.store, 'a');
  const name = 'spill.jsonl';
  const { crc32 } = await import('node:zlib');
  const encode = (change: object): string => {
    const json = JSON.stringify(change);
    return `{"crc":"${crc32(json).toString(16).padStart(8, '0')}","change":${json}}\n`;
  };
  const { reserved: _1, price: _2, rule: _3, ...row } = opened('first/1');
  const { note: _4, ...end } = settled('first/1');
  const text = [
    encode({ v: 1, kind: 'opened', row }),
    encode({ v: 1, kind: 'settled', row: end }),
    encode({ v: 2, kind: 'opened', row: { ...row, attemptId: 'future/1' } }),
  ].join('');
  await writeFile(join(dir, name), text, { flag: 'a' });
  const again = await start(t, dir, { loadSqlite: withoutSqlite, windowId: 'w2' });
  assert.deepEqual(await namesIn(again.store), ['a', 'first']);
  assert.match(again.told.join(), /^1 damaged line/);
  const db = await start(t, dir, { windowId: 'w3' });
  assert.deepEqual(await namesIn(db.store), ['a', 'first']);
  const kept = (await readdir(dir)).find((found) => found.endsWith('.imported'));
  assert.ok((await readFile(join(dir, kept ?? ''), 'utf8')).endsWith(text));
});

test('G14 folders that are moved, copied, or of several profiles: nothing is mixed and nothing lost', async (t) => {
  const top = await makeDir(t);
  const [one, two] = [join(top, 'profile-1'), join(top, 'profile-2')];
  const [first, second] = await Promise.all([start(t, one), start(t, two, { windowId: 'w2' })]);
  await write(first.store, 'a', 'b');
  await write(second.store, 'c');
  assert.deepEqual([await namesIn(first.store), await namesIn(second.store)], [['a', 'b'], ['c']]);
  await first.store.close();
  await rename(one, join(top, 'moved'));
  const moved = await start(t, join(top, 'moved'), { windowId: 'w3' });
  assert.deepEqual(await namesIn(moved.store), ['a', 'b']);
  // Copied under a running window, as a sync tool does.
  await cp(join(top, 'moved'), join(top, 'copy'), { recursive: true });
  await write(moved.store, 'd');
  const copy = await start(t, join(top, 'copy'), { windowId: 'w4' });
  assert.deepEqual(
    [await namesIn(copy.store), await namesIn(moved.store)],
    [
      ['a', 'b'],
      ['a', 'b', 'd'],
    ],
  );
});

test('G14 a window without SQLite and a newer one beside it: all rows are in one ledger after the next start', async (t) => {
  const dir = await makeDir(t);
  const old = await start(t, dir, { loadSqlite: withoutSqlite, windowId: 'old' });
  await write(old.store, 'a');
  const current = await start(t, dir, { windowId: 'current' });
  await write(current.store, 'b');
  await write(old.store, 'c');
  // A newer extension migrates the file under the open window, which continues.
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec('ALTER TABLE attempts ADD COLUMN mood TEXT');
  db.close();
  await write(current.store, 'd');
  await old.store.close();
  await current.store.close();
  const next = await start(t, dir, { windowId: 'next' });
  assert.deepEqual(await namesIn(next.store), ['a', 'b', 'c', 'd']);
  assert.deepEqual([...next.notices, ...next.told], []);
});

test('G15 a host without a file system: rows stay in memory, which is reported once, and nothing crashes', async (t) => {
  const release = spyOnFiles({
    before() {
      throw errorOf('ENOSYS');
    },
  });
  try {
    const { store, told } = await start(t, '/no/file/system', { loadSqlite: withoutSqlite });
    await write(store, 'a', 'b');
    await store.heartbeat(NOON + 60_000);
    await write(store, 'c');
    assert.equal(told.length, 1);
    assert.equal(store.problem, told[0]);
    await assert.rejects(
      store.open(opened('paid/1'), [{ since: 0, tier: null, workspace: null, nanoUsd: 1e12 }]),
      LimitUnknownError,
    );
    assert.deepEqual(await namesIn(store), ['a', 'b', 'c']);
    assert.equal((await store.totals(0))[0]?.attempts, 3);
    await store.close();
  } finally {
    release();
  }
  // The extension says of itself that it does not run there.
  assert.equal('browser' in MANIFEST, false);
});
