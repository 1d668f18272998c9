import assert from 'node:assert/strict';
import { copyFile, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { MIGRATIONS, NewerLedgerError, migrate } from '../../../src/storage/ledger/schema.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { HOUR, NOON, addUp, makeDir, opened, settled } from './rows.ts';

test('the files can be read by their owner only', { skip: process.platform === 'win32' }, async (t) => {
  const dir = join(await makeDir(t), 'ledger');
  const store = await openSqliteLedger({ file: join(dir, 'ledger.db'), windowId: 'w1' });
  t.after(() => store.close());
  await store.open(opened('a/1'));
  assert.equal((await stat(dir)).mode & 0o777, 0o700);
  for (const name of await readdir(dir)) assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600, name);
});

test('the sums by hour can be rebuilt from the attempts', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  for (let n = 0; n < 50; n += 1) {
    await store.open(opened(`${n}/1`, { openedAt: NOON + n * 1_000_000 }));
    if (n % 3 > 0) await store.settle(settled(`${n}/1`));
  }
  const rows = await store.rows({ since: 0 });
  await store.close();
  const db = new DatabaseSync(file);
  t.after(() => db.close());
  for (const { hour, workspace: _, ...sums } of db.prepare('SELECT * FROM hours').all()) {
    const inHour = rows.filter((row) => Math.floor(row.openedAt / HOUR) === hour);
    assert.deepEqual([sums], addUp(inHour));
  }
});

test('an idle window writes nothing at its heartbeats', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const [store, other] = await Promise.all(['w1', 'w2'].map((windowId) => openSqliteLedger({ file, windowId })));
  const db = new DatabaseSync(file);
  const version = () => db.prepare('PRAGMA data_version').get()?.['data_version'];
  const before = version();
  await store?.heartbeat(NOON);
  await other?.heartbeat(NOON);
  assert.equal(version(), before);
  await store?.open(opened('a/1'));
  const written = version();
  await store?.heartbeat(NOON + 1_000);
  assert.notEqual(version(), written);
  await Promise.all([store?.close(), other?.close()]);
  db.close();
});

test('a store in a transaction of another process waits and then writes', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  t.after(() => store.close());
  const holder = new Worker(
    `const { DatabaseSync } = require('node:sqlite');
     const { parentPort, workerData } = require('node:worker_threads');
     const db = new DatabaseSync(workerData);
     db.exec('BEGIN IMMEDIATE');
     parentPort.postMessage('held');
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
     db.exec('COMMIT');`,
    { eval: true, workerData: file },
  );
  await new Promise((resolve) => holder.once('message', resolve));
  await store.open(opened('a/1'));
  assert.equal((await store.rows({ since: 0 })).length, 1);
});

// ---- Migrations

const NEXT = 'CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES (1)';

async function writeOld(file: string): Promise<void> {
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  await store.open(opened('a/1'));
  await store.close();
}

const versionOf = (db: DatabaseSync) => db.prepare('PRAGMA user_version').get()?.['user_version'];

test('an older ledger is migrated and a copy of it kept', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  await writeOld(file);
  const db = new DatabaseSync(file);
  t.after(() => db.close());
  migrate(db, file, [...MIGRATIONS, NEXT]);
  assert.equal(versionOf(db), MIGRATIONS.length + 1);
  assert.equal(db.prepare('SELECT count(*) AS n FROM attempts').get()?.['n'], 1);
  const copy = new DatabaseSync(`${file}.v${MIGRATIONS.length}.backup`, { readOnly: true });
  t.after(() => copy.close());
  assert.equal(versionOf(copy), MIGRATIONS.length);
  assert.equal(copy.prepare('SELECT count(*) AS n FROM attempts').get()?.['n'], 1);
});

test('a step that fails leaves the ledger as it was, and works when it is repeated', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  await writeOld(file);
  const db = new DatabaseSync(file);
  t.after(() => db.close());
  assert.throws(() => migrate(db, file, [...MIGRATIONS, `${NEXT}; INSERT INTO nowhere VALUES (1)`]));
  assert.equal(versionOf(db), MIGRATIONS.length);
  assert.equal(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'notes'").get()?.['n'], 0);
  migrate(db, file, [...MIGRATIONS, NEXT]);
  assert.equal(db.prepare('SELECT count(*) AS n FROM notes').get()?.['n'], 1);
});

test('windows that migrate at once take each step once', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  await writeOld(file);
  const schema = new URL('../../../src/storage/ledger/schema.ts', import.meta.url).href;
  const code = `
    const { DatabaseSync } = require('node:sqlite');
    const { workerData } = require('node:worker_threads');
    import(workerData.schema).then(({ migrate }) => {
      const db = new DatabaseSync(workerData.file, { timeout: 5000 });
      migrate(db, workerData.file, workerData.steps);
      db.close();
    });`;
  const steps = [...MIGRATIONS, NEXT, 'ALTER TABLE notes ADD COLUMN author TEXT'];
  const runs = [1, 2, 3, 4].map(
    () =>
      new Promise((resolve, reject) => {
        new Worker(code, { eval: true, workerData: { schema, file, steps } }).on('error', reject).on('exit', resolve);
      }),
  );
  assert.deepEqual(await Promise.all(runs), [0, 0, 0, 0]);
  const db = new DatabaseSync(file);
  t.after(() => db.close());
  assert.equal(versionOf(db), steps.length);
  assert.equal(db.prepare('SELECT count(*) AS n FROM notes').get()?.['n'], 1);
});

test('a ledger of a newer version is refused, and not one byte of it is changed', async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, 'ledger.db');
  await writeOld(file);
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 99');
  db.close();
  await copyFile(file, join(dir, 'before'));
  await assert.rejects(openSqliteLedger({ file, windowId: 'w1' }), NewerLedgerError);
  assert.ok((await readFile(file)).equals(await readFile(join(dir, 'before'))));
});
