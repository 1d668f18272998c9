import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LimitUnknownError } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { LedgerOptions } from '../../src/storage/ledger/openLedger.ts';
import { KINDS, NOON, addUp, inOrder, makeDir, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';
import type { Kind } from '../storage/ledger/rows.ts';
import { errorOf, spyOnFiles, spyOnSqlite, sqliteError } from './faultyDisk.ts';
import type { FileOperation } from './faultyDisk.ts';
import { runFile } from './processes.ts';

/** Ledger and storage: disks that refuse (G05, G06, G07). */

const LIMIT = { since: 0, tier: null, workspace: null, nanoUsd: 1e12 };

async function start(t: TestContext, kind: Kind, dir: string, loadSqlite?: LedgerOptions['loadSqlite']) {
  const told: string[] = [];
  const clock = { now: NOON };
  const { store, notices } = await openLedger({
    dir,
    windowId: 'w1',
    clock: () => clock.now,
    log: () => undefined,
    onProblem: (message) => told.push(message),
    ...(kind === 'spill' ? { loadSqlite: withoutSqlite } : loadSqlite && { loadSqlite }),
  });
  t.after(() => store.close());
  return { store, told, notices, minute: () => store.heartbeat((clock.now += 60_000)) };
}

const sum = (totals: readonly { readonly attempts: number }[]): number =>
  totals.reduce((all, { attempts }) => all + attempts, 0);

/** What `smallDisk.ts` says of a run. */
interface SmallDisk {
  readonly run: number;
  readonly problems: readonly string[];
  readonly full: { readonly refused: boolean; readonly problem: string | null };
  readonly during: number;
  readonly after: { readonly problem: string | null };
  readonly found: number;
  readonly settledRows: number;
}

for (const kind of KINDS) {
  test(`G05 ${kind}: full at each write: calls continue, one warning, no paid call under a budget, all rows written later`, async (t) => {
    for (let from = 1; from <= 9; from += 1) {
      const dir = await makeDir(t);
      const disk = { full: false, writes: 0, shortBy: 0 };
      const spy = (): void | { shortBy: number } => {
        disk.writes += 1;
        if (disk.writes < from) return;
        disk.full = true;
        // The first refusal takes a part of the line, as a disk does.
        if (disk.writes === from) return { shortBy: 40 };
        throw errorOf('ENOSPC');
      };
      const full = sqliteError(13, 'database or disk is full');
      const loadSqlite = () =>
        Promise.resolve(
          spyOnSqlite({
            before(sql) {
              if (!armed || !/^\s*(INSERT|UPDATE)/.test(sql)) return;
              disk.writes += 1;
              disk.full = disk.writes >= from;
              if (disk.full) throw full;
            },
          }),
        );
      let armed = false;
      const { store, told, minute } = await start(t, kind, dir, loadSqlite);
      armed = true;
      const release = spyOnFiles({
        before: (operation) => (armed && kind === 'spill' && operation === 'write' ? spy() : undefined),
      });
      try {
        for (let n = 0; n < 8; n += 1) {
          await store.open(opened(`r${n}/1`, { openedAt: NOON + n }));
          await store.settle(settled(`r${n}/1`));
        }
        assert.ok(disk.full);
        assert.equal(told.length, 1, `write ${from}: ${told.join()}`);
        assert.equal(store.problem, told[0]);
        await assert.rejects(store.open(opened('paid/1'), [LIMIT]), LimitUnknownError);
        assert.equal(sum(await store.totals(0)), 8);
      } finally {
        armed = false;
        release();
      }
      await minute();
      assert.equal(store.problem, null, `write ${from}`);
      await store.open(opened('paid/1', { openedAt: NOON + 9 }), [LIMIT]);
      await store.settle(settled('paid/1'));
      await store.close();
      const again = await start(t, kind, dir);
      const rows = await again.store.rows({ since: 0 });
      assert.equal(rows.filter((row) => row.settled).length, 9, `write ${from}`);
      assert.deepEqual(inOrder(await again.store.totals(0)), inOrder(addUp(rows)));
    }
  });

  test(`G05 ${kind}: a real disk of 8 MB that fills up`, async (t) => {
    const dir = await makeDir(t);
    const file = fileURLToPath(new URL('./smallDisk.ts', import.meta.url));
    const script = 'mount -t tmpfs -o size=8m tmpfs "$1" || exit 99; exec "$2" "$3" "$4" "$1"';
    const args = ['-rm', 'sh', '-c', script, 'sh', dir, process.execPath, file, kind];
    const { status, stdout, stderr, error } = spawnSync('unshare', args, { encoding: 'utf8' });
    if (error || status === 99 || (status === 1 && stdout === '')) return t.skip('no small disk can be made here');
    assert.equal(status, 0, stderr);
    const runs = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SmallDisk);
    assert.equal(runs.length, 10);
    for (const { run, problems, full, during, after, found, settledRows } of runs) {
      const text = `${kind} ${String(run)}: ${stdout}`;
      assert.deepEqual([during, found, settledRows], [60, 60, 60], text);
      assert.deepEqual(after, { problem: null }, text);
      assert.equal(full.refused, full.problem !== null, text);
      assert.equal(problems.length, full.problem === null ? 0 : 1, text);
    }
    assert.ok(runs.some(({ problems }) => problems.length > 0));
  });

  for (const loss of ['read-only', 'no permission', 'missing', 'moved', 'a file']) {
    test(`G06 ${kind}: the folder is ${loss}: calls continue, and the rows are in the ledger later`, async (t) => {
      if (process.platform === 'win32') return t.skip('permissions are other ones there');
      const dir = await makeDir(t);
      const ended = await runFile('./lostFolder.ts', [kind, dir, loss]);
      assert.equal(ended.errors, '');
      const { problems, notices, refused, secondRows, ids } = JSON.parse(ended.said.join()) as {
        problems: string[];
        notices: string[];
        refused: boolean;
        secondRows: number | null;
        ids: string[];
      };
      const counted = Object.fromEntries(
        ['before', 'during', 'still', 'second', 'after'].map((name) => [name, ids.filter((id) => id === name).length]),
      );
      // Who takes the folder away takes what is in it.
      const isGone = loss === 'missing' || loss === 'moved';
      const expected = { before: 3, during: 3, still: 3, second: 3, after: 3 };
      if (isGone && kind === 'spill') Object.assign(expected, { before: 0 });
      assert.deepEqual(counted, expected, ended.said.join());
      if (isGone) assert.deepEqual([problems, notices, refused], [[], [], false]);
      else {
        // Who owns a folder can give itself the permission again, and does.
        if (process.getuid?.() === 0) assert.ok(refused, 'no paid call under a budget');
        assert.ok(problems.length + notices.length >= 1 && problems.length <= 3, ended.said.join());
        assert.ok(secondRows === null || secondRows >= 3);
      }
    });
  }
}

// ---- G07

/** Three settled rows, a beat, totals; reading may fail, writing may not. */
async function live({ store, minute }: Awaited<ReturnType<typeof start>>): Promise<void> {
  const mayFail = (): undefined => undefined;
  for (let n = 0; n < 3; n += 1) {
    await store.open(opened(`r${n}/1`, { openedAt: NOON + n * 40 * 24 * 3_600_000 }));
    await store.settle(settled(`r${n}/1`));
    await store.totals(0).catch(mayFail);
  }
  await minute();
  await store.rows({ since: 0 }).catch(mayFail);
  await minute();
}

async function checkAll(t: TestContext, kind: Kind, dir: string, what: string): Promise<void> {
  const { store } = await start(t, kind, dir);
  const rows = await store.rows({ since: 0 });
  assert.equal(rows.filter((row) => row.settled).length, 3, what);
  assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(rows)), what);
  await store.close();
}

test('G07 spill: each file operation fails once: no crash, one warning, all rows in the end', async (t) => {
  const faults = ['EIO', 'EACCES', 'EROFS', 'EMFILE'];
  /** One run; answers the operations until the fault was over. */
  const run = async (nth: number, fault: string): Promise<FileOperation[]> => {
    const dir = await makeDir(t);
    const operations: FileOperation[] = [];
    let count = 0;
    const release = spyOnFiles({
      before(operation) {
        operations.push(operation);
        if (operations.length !== nth) return;
        if (fault === 'short') return { shortBy: 7 };
        throw errorOf(fault);
      },
    });
    try {
      const window = await start(t, 'spill', dir);
      await live(window);
      count = operations.length;
      await window.minute();
      assert.equal(window.store.problem, null);
      const damaged = window.told.filter((message) => message.includes('damaged'));
      assert.ok(window.told.length - damaged.length <= 1, window.told.join());
      await window.store.close();
    } finally {
      release();
    }
    await checkAll(t, 'spill', dir, `${fault} at operation ${nth}, ${operations[nth - 1]}`);
    return operations.slice(0, count);
  };
  const operations = await run(0, 'none');
  for (const [index, operation] of operations.entries()) {
    await run(index + 1, faults[index % faults.length] ?? 'EIO');
    if (operation === 'write') await run(index + 1, 'short');
  }
  t.diagnostic(`${operations.length} operations`);
});

test('G07 sqlite: each statement fails once: no crash, one warning, all rows in the end', async (t) => {
  const faults: [number, string][] = [
    [10, 'disk I/O error'],
    [13, 'database or disk is full'],
    [8, 'attempt to write a readonly database'],
    [14, 'unable to open database file'],
    [5, 'database is locked'],
  ];
  const run = async (nth: number, [code, message]: [number, string]): Promise<number> => {
    const dir = await makeDir(t);
    const statements: string[] = [];
    const before = (sql: string): void => {
      statements.push(sql.trim().slice(0, 40));
      if (statements.length === nth) throw sqliteError(code, message);
    };
    const window = await start(t, 'sqlite', dir, () => Promise.resolve(spyOnSqlite({ before })));
    await live(window);
    const count = statements.length;
    await window.minute();
    assert.equal(window.store.problem, null);
    assert.ok(window.told.length <= 1, window.told.join());
    await window.store.close();
    await checkAll(t, 'sqlite', dir, `${message} at statement ${nth}, ${statements[nth - 1]}`);
    return count;
  };
  const [first = [10, '']] = faults;
  const statements = await run(0, first);
  for (let nth = 1; nth <= statements; nth += 1)
    for (const pass of [0, 2]) await run(nth, faults[(nth + pass) % faults.length] ?? first);
  t.diagnostic(`${statements} statements`);
});

test('G07 sqlite: each file operation around the database fails once: no crash, all rows in the end', async (t) => {
  const faults = ['EIO', 'EACCES', 'EROFS', 'EMFILE'];
  for (let nth = 1, operations = 1; nth <= operations; nth += 1) {
    const dir = await makeDir(t);
    let count = 0;
    const release = spyOnFiles({
      before() {
        count += 1;
        if (count === nth) throw errorOf(faults[nth % faults.length] ?? 'EIO');
      },
    });
    try {
      const window = await start(t, 'sqlite', dir);
      await live(window);
      // A run with a fault may need more of them.
      operations = count;
      await window.minute();
      assert.equal(window.store.problem, null);
      await window.store.close();
    } finally {
      release();
    }
    await checkAll(t, 'sqlite', dir, `operation ${nth}`);
  }
});
