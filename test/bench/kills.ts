/**
 * Writers of the ledger killed with `kill -9`, three at a time: `node test/bench/kills.ts [kills]`. Compares what is left
 * with what was acknowledged, and fails where a row is lost, there twice, or counted wrongly.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { compareWithBook, killWriters } from '../faults/processes.ts';
import { KINDS, NOON, withoutSqlite } from '../storage/ledger/rows.ts';

const KILLS = Number(process.argv[2] ?? 1_000);

for (const kind of KINDS) {
  const dir = mkdtempSync(join(tmpdir(), 'ledger-kills-'));
  try {
    const begun = performance.now();
    const book = await killWriters(kind, dir, KILLS / KINDS.length, Math.random);
    const { store } = await openLedger({
      dir,
      windowId: 'after',
      clock: () => NOON,
      log: console.error,
      ...(kind === 'spill' && { loadSqlite: withoutSqlite }),
    });
    assert.equal(store.problem, null);
    const { rows } = await compareWithBook(store, book);
    await store.close();
    const seconds = Math.round((performance.now() - begun) / 1_000);
    console.log(
      `${kind}: ${book.kills} kills, ${book.settled.size} rows acknowledged, ${rows} found, 0 lost, 0 twice, ${seconds} s`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
