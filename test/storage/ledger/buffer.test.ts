import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { UnknownAttemptError } from '../../../src/core/ledger/ledger.ts';
import { bufferWrites } from '../../../src/storage/ledger/buffer.ts';
import type { LedgerBase } from '../../../src/storage/ledger/buffer.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { NOON, addUp, makeDir, opened, settled, wholeRow } from './rows.ts';

/** A store on a disk that can be full, behind a buffer; `minute` turns the clock on. */
async function start(t: TestContext, limit?: number) {
  const inner = await openSqliteLedger({ file: join(await makeDir(t), 'ledger.db'), windowId: 'w1' });
  t.after(() => inner.close());
  const disk = { full: false, tries: 0 };
  const write = async (work: () => unknown) => {
    disk.tries += 1;
    if (disk.full) throw new Error('database or disk is full');
    await work();
  };
  const store: LedgerBase = {
    ...inner,
    open: (row) => write(() => inner.open(row)),
    settle: (row) => write(() => inner.settle(row)),
    heartbeat: (now) => write(() => inner.heartbeat(now)),
    include: (changes) => write(() => inner.include(changes)),
  };
  const problems: string[] = [];
  let now = NOON;
  const buffer = bufferWrites(store, {
    onProblem: (message) => problems.push(message),
    clock: () => now,
    ...(limit !== undefined && { limit }),
  });
  const minute = () => buffer.heartbeat((now += 60_000));
  return { buffer, inner, disk, problems, minute };
}

test('rows that cannot be written stay in memory, count in the totals and are written later, in order', async (t) => {
  const { buffer, inner, disk, problems, minute } = await start(t);
  await buffer.open(opened('a/1'));
  disk.full = true;
  await buffer.settle(settled('a/1'));
  await buffer.open(opened('b/1', { openedAt: NOON + 1 }));
  await buffer.settle(settled('b/1'));
  await buffer.open(opened('c/1', { openedAt: NOON + 2 }));
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /disk is full/);
  assert.equal(buffer.problem, problems[0]);

  const expected = [
    wholeRow(opened('c/1', { openedAt: NOON + 2 })),
    wholeRow(opened('b/1', { openedAt: NOON + 1 }), settled('b/1')),
    wholeRow(opened('a/1'), settled('a/1')),
  ];
  assert.deepEqual(await buffer.rows({ since: 0 }), expected);
  assert.deepEqual(await buffer.rows({ since: NOON + 1, limit: 1 }), expected.slice(0, 1));
  assert.deepEqual(await buffer.totals(0), addUp(expected));
  assert.deepEqual(await buffer.totals(NOON + 1), addUp(expected, NOON + 1));
  assert.equal((await inner.rows({ since: 0 })).length, 1);

  await minute();
  assert.equal(problems.length, 1);
  disk.full = false;
  await minute();
  assert.equal(buffer.problem, null);
  assert.deepEqual(await inner.rows({ since: 0 }), expected);
  assert.deepEqual(await buffer.totals(0), addUp(expected));
});

test('a failing disk is tried again only after a pause', async (t) => {
  const { buffer, disk, minute } = await start(t);
  disk.full = true;
  await buffer.open(opened('a/1'));
  for (let n = 0; n < 5; n += 1) await buffer.heartbeat(NOON);
  assert.equal(disk.tries, 1);
  await minute();
  assert.equal(disk.tries, 2);
});

test('a second failure after a recovery is reported again', async (t) => {
  const { buffer, disk, problems, minute } = await start(t);
  for (const id of ['a/1', 'b/1']) {
    disk.full = true;
    await buffer.open(opened(id));
    disk.full = false;
    await minute();
  }
  assert.equal(problems.length, 2);
});

test('more rows than fit are lost, which is reported once, and their settlements are no errors', async (t) => {
  const { buffer, inner, disk, problems, minute } = await start(t, 2);
  disk.full = true;
  for (const id of ['a/1', 'b/1', 'c/1', 'd/1']) await buffer.open(opened(id));
  await buffer.settle(settled('d/1'));
  assert.equal(problems.length, 2);
  disk.full = false;
  await minute();
  await buffer.settle(settled('c/1'));
  await buffer.settle(settled('a/1'));
  assert.deepEqual(
    (await inner.rows({ since: 0 })).map((row) => [row.attemptId, row.settled?.outcome]),
    [
      ['b/1', undefined],
      ['a/1', 'done'],
    ],
  );
});

test('a mistake of the caller is reported to the caller, not as a failure of the disk', async (t) => {
  const { buffer, disk, problems } = await start(t);
  await assert.rejects(buffer.settle(settled('nobody/1')), UnknownAttemptError);
  disk.full = true;
  await buffer.open(opened('a/1'));
  await assert.rejects(buffer.open(opened('b/1', { estimatedInput: 0.5 })), RangeError);
  await assert.rejects(buffer.settle(settled('a/1', { durationMs: Number.NaN })), RangeError);
  assert.equal(problems.length, 1);
});

test('closing writes what waits', async (t) => {
  const { buffer, disk, inner } = await start(t);
  const written = t.mock.method(inner, 'include');
  disk.full = true;
  await buffer.open(opened('a/1'));
  disk.full = false;
  await buffer.close();
  assert.equal(written.mock.callCount(), 1);
});

test('listeners hear of rows that only wait in memory', async (t) => {
  const { buffer, disk } = await start(t);
  let heard = 0;
  const watch = buffer.onChange(() => (heard += 1));
  disk.full = true;
  await buffer.open(opened('a/1'));
  assert.equal(heard, 1);
  watch.dispose();
});
