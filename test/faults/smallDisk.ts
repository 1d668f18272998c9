/**
 * A window whose disk fills up: `node smallDisk.ts <kind> <dir>`, the folder being a disk of some hundred kilobytes. Fills
 * it with ballast up to a few bytes, again and again with other amounts, writes rows, takes the ballast away and says,
 * as JSON, what happened each time.
 */
import { mkdirSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LimitUnknownError } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { NOON, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';

const [kind, disk = ''] = process.argv.slice(2);
const ROWS = 60;

for (let run = 0; run < 10; run += 1) {
  const dir = join(disk, `ledger${run}`);
  const ballast = join(disk, 'ballast');
  mkdirSync(dir);
  let now = NOON;
  const problems: string[] = [];
  const { store } = await openLedger({
    dir,
    windowId: 'w1',
    clock: () => now,
    log: () => undefined,
    onProblem: (message) => problems.push(message),
    ...(kind === 'spill' && { loadSqlite: withoutSqlite }),
  });
  for (let n = 0; n < ROWS; n += 1) {
    if (n === 10) {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail - run) * bsize));
    }
    await store.open(opened(`r${n}/1`, { openedAt: NOON + n }));
    await store.settle(settled(`r${n}/1`));
  }
  const limit = { since: 0, tier: null, workspace: null, nanoUsd: 1e12 };
  const paid = await store.open(opened('paid/1'), [limit]).catch((error: unknown) => error);
  const full = { refused: paid instanceof LimitUnknownError, problem: store.problem };
  const during = (await store.totals(0)).reduce((sum, { attempts }) => sum + attempts, 0);
  rmSync(ballast);
  await store.heartbeat((now += 60_000));
  const after = { problem: store.problem };
  await store.close();
  const again = await openLedger({ dir, windowId: 'w2', clock: () => now, log: () => undefined });
  const found = await again.store.rows({ since: 0 });
  const settledRows = found.filter((row) => row.settled).length;
  await again.store.close();
  rmSync(dir, { recursive: true });
  writeSync(1, `${JSON.stringify({ run, problems, full, during, after, found: found.length, settledRows })}\n`);
}
