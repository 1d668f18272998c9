import assert from 'node:assert/strict';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { contentsOf } from '../../src/core/ledger/clearPeriods.ts';
import { exportRows } from '../../src/core/ledger/export.ts';
import type { LedgerRow, LedgerStore } from '../../src/core/ledger/ledger.ts';
import { EVER, exportPages, pageRows } from '../../src/core/ledger/paging.ts';
import { writePieces } from '../../src/storage/files.ts';
import {
  HOUR,
  KINDS,
  NOON,
  addUp,
  costOf,
  inOrder,
  makeDir,
  openKind,
  opened,
  settled,
} from '../storage/ledger/rows.ts';
import type { Kind } from '../storage/ledger/rows.ts';
import { errorOf, spyOnFiles } from './faultyDisk.ts';

/** Ledger and storage: export, clear, undo (G16). */

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'];
const DAY = 24 * HOUR;

/** Rows over three months, of all kinds; several in one millisecond. */
async function fill(store: LedgerStore, rows: number): Promise<void> {
  for (let n = 0; n < rows; n += 1) {
    const id = `e${n}/1`;
    const openedAt = NOON - Math.floor(n / 3) * 7 * HOUR;
    await store.open(opened(id, { openedAt, modelAsked: FORMULAS[n % FORMULAS.length] ?? '', workspace: `w${n % 4}` }));
    if (n % 11 === 0) continue;
    const unknown = n % 5 === 0;
    const cost = unknown
      ? ({ nanoUsd: null, source: 'unknown' } as const)
      : { nanoUsd: costOf(id), source: 'computed' as const };
    await store.settle(settled(id, { closedAt: openedAt + 9, cost }));
  }
}

async function start(t: TestContext, kind: Kind, rows: number) {
  const dir = await makeDir(t);
  const store = await openKind(kind, dir);
  t.after(() => store.close());
  await fill(store, rows);
  return { dir, store, all: await store.rows({ since: 0 }) };
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
const gather = async (pieces: AsyncIterable<string>): Promise<string> => (await listOf(pieces)).join('');

/** To compare rows whatever their order within a millisecond. */
const byId = (rows: readonly LedgerRow[]) => new Map(rows.map((row) => [row.attemptId, row]));

for (const kind of KINDS) {
  test(`G16 ${kind}: pages hold every row once, newest first, whatever their size, also while rows come in`, async (t) => {
    const { store, all } = await start(t, kind, 100);
    for (const size of [1, 2, 3, 7, 100, 101]) {
      const pages = await listOf(pageRows(store, EVER, size));
      assert.deepEqual(pages.flat(), all, `pages of ${size}`);
      assert.ok(pages.every((page) => page.length <= size));
    }
    const found: LedgerRow[] = [];
    let n = 0;
    for await (const page of pageRows(store, EVER, 10)) {
      found.push(...page);
      await store.open(opened(`late${(n += 1)}/1`, { openedAt: NOON + n }));
    }
    assert.deepEqual(found, all);
  });

  test(`G16 ${kind}: the export adds up to the totals, and no cell is a formula`, async (t) => {
    const { dir, store, all } = await start(t, kind, 60);
    for (const format of ['csv', 'json'] as const) {
      const text = await gather(exportPages(pageRows(store, EVER, 7), format));
      assert.equal(text, exportRows(all, format));
      assert.equal(await gather(exportPages(pageRows(store, { since: 0, until: 1 }), format)), exportRows([], format));
      const file = join(dir, `export.${format}`);
      await writePieces(file, exportPages(pageRows(store, EVER, 7), format));
      assert.equal(await readFile(file, 'utf8'), text);
    }
    const records = JSON.parse(exportRows(all, 'json')) as { costNanoUsd: number | null }[];
    const nanoUsd = records.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
    assert.equal(nanoUsd, (await store.totals(0))[0]?.nanoUsd);
    const cells = exportRows(all, 'csv').split(/\r\n|,/);
    assert.deepEqual(
      cells.filter((cell) => /^"?[=+@\t\r]|^"?-\D/.test(cell)),
      [],
    );
  });

  if (kind === 'spill') continue;

  test(`G16 ${kind}: clearing removes the settled rows of the period, and undo restores every one`, async (t) => {
    const { dir, store, all } = await start(t, kind, 120);
    const other = await openKind(kind, dir, 'w2');
    t.after(() => other.close());
    assert.equal((await other.rows({ since: 0 })).length, all.length);
    // Ends within an hour, and within a millisecond that has several rows.
    for (const period of [
      EVER,
      { since: 0, until: NOON - 3 * DAY },
      { since: NOON - 5 * DAY + 1, until: NOON - 7 * HOUR + 1 },
    ]) {
      const isIn = (row: LedgerRow) =>
        row.openedAt >= period.since && row.openedAt < period.until && row.settled !== null;
      const told = contentsOf(await store.totals(period.since), await store.totals(period.until));
      const { backup, rows } = await store.clear(period);
      assert.ok(backup);
      assert.equal(rows, all.filter(isIn).length);
      assert.equal(told.rows, rows);
      for (const window of [store, other]) {
        const left = await window.rows({ since: 0 });
        assert.deepEqual(byId(left), byId(all.filter((row) => !isIn(row))));
        for (const since of [0, NOON - 6 * DAY + 5, NOON - HOUR])
          assert.deepEqual(inOrder(await window.totals(since)), inOrder(addUp(left, since)));
      }
      if (process.platform !== 'win32') assert.equal((await stat(backup)).mode & 0o777, 0o600);
      assert.equal((await store.files()).backups[0]?.file, backup);
      assert.equal(await store.restore(backup), rows);
      for (const window of [store, other]) {
        assert.deepEqual(byId(await window.rows({ since: 0 })), byId(all));
        assert.deepEqual(inOrder(await window.totals(0)), inOrder(addUp(all)));
      }
    }
    // Attempts under way are settled as if nothing had happened.
    await store.clear(EVER);
    const [underWay] = await store.rows({ since: 0 });
    assert.equal(underWay?.settled, null);
    const id = underWay?.attemptId ?? '';
    await store.settle(settled(id));
    assert.equal(byId(await store.rows({ since: 0 })).get(id)?.settled?.outcome, 'done');
  });

  test(`G16 ${kind}: a period without rows makes no backup, and a disk that refuses the backup keeps every row`, async (t) => {
    const { dir, store, all } = await start(t, kind, 30);
    assert.deepEqual(await store.clear({ since: 0, until: 1 }), { backup: null, rows: 0 });
    for (const operation of ['open', 'appendFile', 'sync', 'rename'] as const) {
      const release = spyOnFiles({
        before(found, args) {
          const isBackup = operation === 'appendFile' || operation === 'sync' || String(args[0]).includes('.backup');
          if (found === operation && isBackup) throw errorOf('ENOSPC');
        },
      });
      try {
        await assert.rejects(store.clear(EVER), /ENOSPC/);
      } finally {
        release();
      }
      assert.deepEqual(await store.rows({ since: 0 }), all, operation);
      assert.deepEqual(
        (await readdir(dir)).filter((name) => name.includes('backup')),
        [],
      );
    }
  });
}

test('G16 spill: while the database cannot be written nothing is cleared or restored, a message says so, and every row stays', async (t) => {
  const { dir, store, all } = await start(t, 'spill', 30);
  await assert.rejects(store.clear(EVER), /Nothing was cleared/);
  await assert.rejects(store.restore(join(dir, 'cleared-1.backup')), /Nothing was restored/);
  assert.deepEqual(await store.rows({ since: 0 }), all);
});

test('G16 sqlite: what was cleared is no longer in the file', async (t) => {
  const { dir, store } = await start(t, 'sqlite', 200);
  await store.open(opened('stays/1', { modelAsked: 'kept-model' }));
  await store.settle(settled('stays/1', { closedAt: NOON + 1 }));
  await store.clear({ since: 0, until: NOON });
  await store.close();
  const bytes = await readFile(join(dir, 'ledger.db'));
  assert.equal(bytes.includes('HYPERLINK'), true, 'an open row still names it');
  assert.equal(bytes.includes('e1/1'), true);
  for (const id of ['e13/1', 'e100/1', 'e199/1']) assert.equal(bytes.includes(id), false, id);
  assert.equal(bytes.includes('kept-model'), true);
});

test('an export that breaks off leaves nothing behind, and the file that was there as it was', async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, 'a.csv');
  await writeFile(file, 'old');
  async function* pieces() {
    yield 'new';
    await Promise.resolve();
    throw new Error('stopped');
  }
  await assert.rejects(writePieces(file, pieces()), /stopped/);
  assert.deepEqual(await readdir(dir), ['a.csv']);
  assert.equal(await readFile(file, 'utf8'), 'old');
});
