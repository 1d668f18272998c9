import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { cp, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { LimitUnknownError, OverLimitError } from '../../../src/core/ledger/ledger.ts';
import type { LedgerRow, LedgerStore, SpendingLimit } from '../../../src/core/ledger/ledger.ts';
import { decodeChange, encodeChange } from '../../../src/storage/ledger/change.ts';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import type { LedgerOptions } from '../../../src/storage/ledger/openLedger.ts';
import { MIGRATIONS } from '../../../src/storage/ledger/schema.ts';
import { errorOf, spyOnFiles, spyOnSqlite, sqliteError } from '../../faults/faultyDisk.ts';
import { HOUR, NOON, addUp, costOf, inOrder, makeDir, opened, outcome, settled, withoutSqlite } from './rows.ts';

/** Rows that the database does not take wait in a spill, count meanwhile, and are imported once. */

const SPILL = 'spill.jsonl';
const LIMIT: SpendingLimit = { since: 0, tier: null, workspace: null, nanoUsd: 1_000_000 };

async function start(t: TestContext, dir: string, windowId: string, options: Partial<LedgerOptions> = {}) {
  const told: string[] = [];
  const clock = { now: NOON };
  const ledger = await openLedger({
    dir,
    windowId,
    clock: () => clock.now,
    log: () => undefined,
    onProblem: (message) => told.push(message),
    ...options,
  });
  t.after(() => ledger.store.close());
  const minute = () => ledger.store.heartbeat((clock.now += 60_000));
  /** A beat after the pause for another try, at which no window is taken for dead. */
  const retry = () => {
    clock.now += 20_000;
    return ledger.store.heartbeat(NOON);
  };
  return { ...ledger, told, minute, retry };
}

/** SQLite whose writes fail while `isLocked` says so. */
function lockable() {
  const state = { isLocked: false };
  const before = (sql: string): void => {
    if (state.isLocked && /^\s*(INSERT|UPDATE|BEGIN)/.test(sql)) throw sqliteError(5, 'database is locked');
  };
  return { state, loadSqlite: () => Promise.resolve(spyOnSqlite({ before })) };
}

async function write(store: LedgerStore, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await store.open(opened(id));
    await store.settle(settled(id, { cost: { nanoUsd: costOf(id), source: 'computed' } }));
  }
}

const idsOf = (rows: readonly LedgerRow[]): string[] => rows.map(({ attemptId }) => attemptId).sort();
const setVersion = (dir: string, version: number): void => {
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
};

/** A folder with a ledger of a newer version that has these rows. */
async function newerLedger(t: TestContext, ...ids: string[]): Promise<string> {
  const dir = await makeDir(t);
  const { store } = await start(t, dir, 'newer');
  await write(store, ...ids);
  await store.close();
  setVersion(dir, 99);
  return dir;
}

test('the spill can be read by its owner only', async (t) => {
  const dir = await makeDir(t);
  const { store } = await start(t, dir, 'w1', { loadSqlite: withoutSqlite });
  await write(store, 'a/1');
  assert.deepEqual(await readdir(dir), [SPILL]);
  if (process.platform !== 'win32') assert.equal((await stat(join(dir, SPILL))).mode & 0o777, 0o600);
});

test('a flipped digit is not taken for another amount', () => {
  const line = encodeChange({ kind: 'settled', row: settled('a/1') });
  assert.ok(decodeChange(Buffer.from(line)));
  assert.equal(decodeChange(Buffer.from(line.replace('5001', '6001'))), undefined);
});

test('files of former versions are imported once, with every row, outcome and amount', async (t) => {
  const dir = await makeDir(t);
  await cp(fileURLToPath(new URL('./oldJournal', import.meta.url)), dir, { recursive: true });
  const names = await readdir(dir);
  assert.deepEqual(names, ['ledger-2026-10.jsonl', 'ledger-2026-11.jsonl']);
  for (const windowId of ['w3', 'w4']) {
    const { store, notices, told } = await start(t, dir, windowId);
    const rows = await store.rows({ since: 0 });
    assert.deepEqual(
      rows.map((row) => [row.attemptId, row.tier, row.settled?.outcome, row.settled?.cost.nanoUsd]),
      [
        ['c/1', 'frontier', 'done', costOf('c/1')],
        ['e/1', 'mid', undefined, undefined],
        ['d/1', 'mid', 'cancelled', null],
        ['b/1', 'mid', 'done', costOf('b/1')],
        ['a/1', 'mid', 'done', costOf('a/1')],
      ],
    );
    assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(rows)));
    assert.deepEqual(await store.outcomes({ since: 0 }), [
      outcome('o2', { at: NOON + 2, kept: null, kind: 'accepted' }),
      outcome('o1', { at: NOON + 1 }),
    ]);
    assert.deepEqual([...notices, ...told], []);
    await store.close();
    // Put back, as from a backup of the folder: rows are known by their ids.
    await cp(fileURLToPath(new URL('./oldJournal', import.meta.url)), dir, { recursive: true });
  }
});

test('a database that is locked for long: rows survive a kill, count in every window, and are imported by whichever can', async (t) => {
  const dir = await makeDir(t);
  const { state, loadSqlite } = lockable();
  const one = await start(t, dir, 'w1', { loadSqlite });
  const two = await start(t, dir, 'w2');
  await write(one.store, 'a/1');
  await one.store.open(opened('b/1'));
  state.isLocked = true;
  await one.store.settle(settled('b/1'));
  await write(one.store, 'c/1');
  await one.store.recordOutcomes([outcome('o1')]);
  assert.equal(one.told.length, 1);
  assert.match(one.told.join(), /locked.*kept beside it/);
  for (const { store } of [one, two]) {
    const rows = await store.rows({ since: 0 });
    assert.deepEqual(idsOf(rows), ['a/1', 'b/1', 'c/1']);
    assert.ok(rows.every((row) => row.settled));
    assert.deepEqual(await store.totals(0), addUp(rows));
    assert.equal((await store.outcomes({ since: 0 })).length, 1);
    const [spending] = await store.spending([LIMIT]);
    assert.deepEqual(spending, { spent: costOf('a/1') + 5_001 + costOf('c/1'), reserved: 0 });
  }
  // The first window dies here. The second imports at its next beat, and nothing counts twice in the first.
  await two.minute();
  assert.deepEqual(
    (await readdir(dir)).filter((name) => name === SPILL),
    [],
  );
  for (const { store } of [one, two]) assert.deepEqual(await store.totals(0), addUp(await store.rows({ since: 0 })));
  assert.equal((await one.store.rows({ since: 0 })).length, 3);
  state.isLocked = false;
  await one.minute();
  assert.equal(one.store.problem, null);
  await write(one.store, 'd/1');
  assert.deepEqual(idsOf(await two.store.rows({ since: 0 })), ['a/1', 'b/1', 'c/1', 'd/1']);
});

test('while rows of a window wait no paid call under a budget is opened, and later they count for it in every window', async (t) => {
  const dir = await makeDir(t);
  const { state, loadSqlite } = lockable();
  const one = await start(t, dir, 'w1', { loadSqlite });
  const two = await start(t, dir, 'w2');
  state.isLocked = true;
  await one.store.open(opened('a/1', { reserved: 900_000 }));
  await assert.rejects(one.store.open(opened('b/1', { reserved: 1 }), [LIMIT]), LimitUnknownError);
  await one.store.open(opened('free/1', { reserved: 0 }), [LIMIT]);
  // The other window can write: what the first has spilled counts there at once.
  await assert.rejects(two.store.open(opened('c/1', { reserved: 200_000 }), [LIMIT]), (error) => {
    assert.ok(error instanceof OverLimitError);
    assert.deepEqual(error.spending, { spent: 0, reserved: 900_000 });
    return true;
  });
  await two.store.open(opened('d/1', { reserved: 100_000 }), [LIMIT]);
});

test('beside a ledger of a newer version budgets count its rows and those of the spill, over all windows', async (t) => {
  const dir = await newerLedger(t, 'a/1');
  const windows = [await start(t, dir, 'w1'), await start(t, dir, 'w2')];
  const limit = { ...LIMIT, nanoUsd: costOf('a/1') + 1_000 };
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => windows[n % 2]?.store.open(opened(`p${n}/1`, { reserved: 100 }), [limit])),
  );
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 10);
  assert.deepEqual(await windows[0]?.store.spending([limit]), [{ spent: costOf('a/1'), reserved: 1_000 }]);
});

test('where the rows of the database cannot be read no budget counts as kept, and the user is told', async (t) => {
  const dir = await makeDir(t);
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec('CREATE TABLE other (x); PRAGMA user_version = 99');
  db.close();
  const { store, notices } = await start(t, dir, 'w1');
  assert.match(notices.join(), /newer version.*cannot be shown.*budgets cannot be kept/);
  await assert.rejects(store.open(opened('a/1', { reserved: 1 }), [LIMIT]), LimitUnknownError);
  await write(store, 'b/1');
  assert.deepEqual(idsOf(await store.rows({ since: 0 })), ['b/1']);
});

test('a database that can be written again is used again by the same window, and the words about it go', async (t) => {
  const dir = await newerLedger(t, 'a/1');
  const { store, notices, told, minute } = await start(t, dir, 'w1');
  await write(store, 'b/1');
  await store.open(opened('c/1'));
  assert.equal(notices.length, 1);
  await minute();
  assert.equal(notices.length, 1);
  setVersion(dir, MIGRATIONS.length);
  await minute();
  await minute();
  assert.deepEqual([...notices, ...told], []);
  await store.settle(settled('c/1'));
  assert.deepEqual(await readdir(dir).then((names) => names.includes(SPILL)), false);
  const other = await start(t, dir, 'w2');
  const rows = await other.store.rows({ since: 0 });
  assert.deepEqual(idsOf(rows), ['a/1', 'b/1', 'c/1']);
  assert.ok(rows.every((row) => row.settled));
  assert.equal((await store.clear({ since: 0, until: NOON + HOUR })).rows, 3);
});

test('the window whose rows another imports stays alive: they are not given up', async (t) => {
  const dir = await makeDir(t);
  const { state, loadSqlite } = lockable();
  const one = await start(t, dir, 'w1', { loadSqlite });
  const two = await start(t, dir, 'w2');
  state.isLocked = true;
  await one.store.open(opened('a/1'));
  for (let beat = 10_000; beat <= 120_000; beat += 10_000) {
    await one.store.heartbeat(NOON + beat);
    await two.store.heartbeat(NOON + beat);
  }
  assert.equal((await two.store.rows({ since: 0 }))[0]?.settled, null);
  state.isLocked = false;
  await one.minute();
  await one.store.settle(settled('a/1'));
  assert.equal((await two.store.rows({ since: 0 }))[0]?.settled?.cost.nanoUsd, 5_001);
});

test('a line that is written while another window renames the spill is not lost', async (t) => {
  const dir = await makeDir(t);
  const { store } = await start(t, dir, 'w1', { loadSqlite: withoutSqlite });
  await write(store, 'a/1');
  let renamed = 0;
  const release = spyOnFiles({
    after(operation) {
      // Between the write and the end of the append.
      if (operation !== 'write' || renamed > 0) return;
      renamed += 1;
      renameSync(join(dir, SPILL), join(dir, `${SPILL}.gone`));
    },
  });
  await store.open(opened('b/1')).finally(release);
  assert.equal(renamed, 1);
  assert.match(await readFile(join(dir, SPILL), 'utf8'), /"b\/1"/);
});

test('a spill that cannot be read at the import is imported later', async (t) => {
  const dir = await makeDir(t);
  const spill = await start(t, dir, 'w1', { loadSqlite: withoutSqlite });
  await write(spill.store, 'a/1', 'b/1');
  await spill.store.close();
  const release = spyOnFiles({
    before(operation, args) {
      if (operation === 'open' && String(args[0]).endsWith('.importing')) throw errorOf('EACCES');
    },
  });
  const { store, minute } = await start(t, dir, 'w2');
  release();
  await minute();
  assert.deepEqual(idsOf(await store.rows({ since: 0 })), ['a/1', 'b/1']);
  assert.equal((await readdir(dir)).filter((name) => name.endsWith('.imported')).length, 1);
  assert.deepEqual(await store.totals(0), addUp(await store.rows({ since: 0 })));
});

test('what was imported is deleted when the user clears the ledger', async (t) => {
  const dir = await makeDir(t);
  const spill = await start(t, dir, 'w1', { loadSqlite: withoutSqlite });
  await write(spill.store, 'a/1');
  await spill.store.close();
  const { store } = await start(t, dir, 'w2');
  await store.clear({ since: 0, until: NOON + 1 });
  const left = await Promise.all(
    (await readdir(dir)).filter((name) => !name.endsWith('.backup')).map((name) => readFile(join(dir, name), 'latin1')),
  );
  assert.ok(left.every((text) => !text.includes('deepseek')));
});

test('a line separator in a name does not tear a line of a spill or of a backup', async (t) => {
  const dir = await makeDir(t);
  const name = 'model\u2028\u2029\u0085\r with\n ends';
  const spill = await start(t, dir, 'w1', { loadSqlite: withoutSqlite });
  await spill.store.open(opened('a/1', { modelAsked: name }));
  await spill.store.settle(settled('a/1'));
  await spill.store.close();
  const { store, notices } = await start(t, dir, 'w2');
  assert.deepEqual(notices, []);
  const { backup } = await store.clear({ since: 0, until: NOON + 1 });
  assert.equal(await store.restore(backup ?? ''), 1);
  assert.deepEqual(
    (await store.rows({ since: 0 })).map(({ modelAsked }) => modelAsked),
    [name],
  );
});

const STEP = fc.record({
  window: fc.integer({ min: 0, max: 2 }),
  act: fc.constantFrom('open', 'settle', 'lock', 'unlock', 'beat'),
  id: fc.integer({ min: 0, max: 9 }),
  nanoUsd: fc.integer({ min: 0, max: 1e9 }),
});

test('whatever windows are locked out and when, every figure of every window equals a naive model, before and after the import', async (t) => {
  const property = fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 40 }), async (steps) => {
    const dir = await makeDir(t);
    const locks = [lockable(), lockable(), lockable()];
    const windows = await Promise.all(locks.map(({ loadSqlite }, n) => start(t, dir, `w${n}`, { loadSqlite })));
    const model = new Map<string, LedgerRow>();
    for (const { window, act, id, nanoUsd } of steps) {
      const own = windows[window];
      const lock = locks[window];
      const attemptId = `w${window}-${id}/1`;
      const row = model.get(attemptId);
      assert.ok(own && lock);
      if (act === 'lock' || act === 'unlock') lock.state.isLocked = act === 'lock';
      else if (act === 'beat') await own.retry();
      else if (act === 'open' && !row) {
        const fields = { windowId: `w${window}`, openedAt: NOON + id * HOUR };
        await own.store.open(opened(attemptId, fields));
        model.set(attemptId, { ...opened(attemptId, fields), settled: null });
      } else if (act === 'settle' && row && !row.settled) {
        const end = settled(attemptId, { cost: { nanoUsd, source: 'computed' } });
        await own.store.settle(end);
        const { attemptId: _, ...rest } = end;
        model.set(attemptId, { ...row, settled: rest });
      }
      for (const { store } of windows)
        assert.deepEqual(inOrder(await store.totals(NOON + HOUR)), inOrder(addUp([...model.values()], NOON + HOUR)));
    }
    for (const { state } of locks) state.isLocked = false;
    for (const { retry } of windows) await retry();
    const after = await start(t, dir, 'after');
    const rows = await after.store.rows({ since: 0 });
    assert.deepEqual(new Map(rows.map((row) => [row.attemptId, row])), model);
    for (const { store } of [...windows, after]) {
      assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp([...model.values()])));
      await store.close();
    }
  });
  await fc.assert(property, { numRuns: 25 });
});
