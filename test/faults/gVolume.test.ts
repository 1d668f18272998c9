import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TASKS, TIERS } from '../../src/core/common/types.ts';
import { EVER, exportPages, pageRows } from '../../src/core/ledger/paging.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { RowChange } from '../../src/storage/ledger/change.ts';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { join } from 'node:path';
import { HOUR, NOON, costOf, makeDir, openKind, opened, settled } from '../storage/ledger/rows.ts';
import { watchTurns } from '../support/turns.ts';
import { runWriter } from './processes.ts';

/** Ledger and storage: many rows, several windows (G11, G13). */

/** Processor time since then in ms: what other processes take of the machine is not the ledger's. */
function workSince(then: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(then);
  return (user + system) / 1_000;
}

for (const [kind, rows] of [
  ['sqlite', 10_000],
  ['spill', 10_000],
] as const) {
  test(`G11 ${kind}: two windows write ${rows} rows each at once: all are there, with the same totals in both within 2 s of work`, async (t) => {
    const dir = await makeDir(t);
    const windows = await Promise.all(['w1', 'w2'].map((windowId) => openKind(kind, dir, windowId)));
    t.after(() => Promise.all(windows.map((store) => store.close())));
    const ended = await Promise.all(['a', 'b'].map((windowId) => runWriter(kind, dir, windowId, rows)));
    const end = process.cpuUsage();
    for (const { said, errors, signal } of ended) {
      assert.deepEqual([errors, signal], ['', null]);
      assert.equal(said.length, 2 * rows);
    }
    let expected = 0;
    for (const window of ['a', 'b']) for (let n = 0; n < rows; n += 1) expected += costOf(`${window}-${n}/1`);
    for (const store of windows) {
      const [total, ...others] = await store.totals(0);
      assert.deepEqual([total?.attempts, total?.open, total?.nanoUsd, others.length], [2 * rows, 0, expected, 0]);
    }
    assert.ok(workSince(end) < 2_000, `${workSince(end)} ms`);
  });
}

/** What is in use; not what waits to be collected, which says more of what ran before. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('G13 with 60,000 rows: opening, totals and pages take no more time and memory than with few (1,000,000: npm run bench:ledger)', async (t) => {
  const dir = await makeDir(t);
  const rows = 60_000;
  const filled = await openSqliteLedger({ file: join(dir, 'ledger.db'), windowId: 'w0' });
  for (let first = 0; first < rows; first += 5_000) {
    const changes = Array.from({ length: 5_000 }, (_, n): RowChange[] => {
      const id = `${first + n}/1`;
      const tier = TIERS[n % 3] ?? 'mid';
      const row = opened(id, {
        openedAt: NOON - ((rows - first - n) * 30 * 24 * HOUR) / rows,
        tier,
        task: TASKS[n % 4] ?? 'chat',
      });
      return [
        { kind: 'opened', row: { ...row, openedAt: Math.floor(row.openedAt) } },
        { kind: 'settled', row: settled(id, { cost: { nanoUsd: costOf(id), source: 'computed' } }) },
      ];
    });
    filled.include(changes.flat());
  }
  await filled.close();

  const begun = process.cpuUsage();
  const { store, verify } = await openLedger({ dir, windowId: 'w1', clock: () => NOON, log: () => undefined });
  t.after(() => store.close());
  await store.totals(NOON - 24 * HOUR);
  const opening = workSince(begun);
  const month = process.cpuUsage();
  await store.totals(0);
  const report = workSince(month);
  const turns = watchTurns();
  let bytes = 0;
  for await (const piece of exportPages(pageRows(store, EVER), 'csv')) bytes += piece.length;
  await verify();
  const turn = turns.stop();
  // A second time for the memory: collecting takes turns of its own.
  const memory = liveBytes();
  let most = 0;
  let pieces = 0;
  for await (const piece of exportPages(pageRows(store, EVER), 'csv')) {
    if (piece.length > 0 && pieces++ % 20 === 0) most = Math.max(most, liveBytes() - memory);
  }
  t.diagnostic(
    `open and today ${opening.toFixed(1)} ms, month ${report.toFixed(1)} ms, export of ${(bytes / 1e6).toFixed(0)} MB: +${(most / 1e6).toFixed(0)} MB, longest turn ${turn.toFixed(0)} ms`,
  );
  assert.ok(bytes > 15e6);
  // All rows at once are 100 MB. Times are of the processor.
  assert.ok(most < 10e6, `${most} bytes`);
  assert.ok(opening < 500 && report < 500, `${opening} ms, ${report} ms`);
  assert.ok(turn < 100, `${turn} ms`);
});
