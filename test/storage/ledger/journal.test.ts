import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeChange, encodeChange } from '../../../src/storage/ledger/change.ts';
import { openJournalLedger } from '../../../src/storage/ledger/journal.ts';
import { NOON, makeDir, opened, settled } from './rows.ts';

const NAME = 'ledger-2026-11.jsonl';

/** A journal with the settled attempts `0/1`, `1/1`, … */
async function writeJournal(t: TestContext, attempts: number): Promise<{ dir: string; file: string }> {
  const dir = await makeDir(t);
  const store = openJournalLedger({ dir, windowId: 'w1' });
  for (let n = 0; n < attempts; n += 1) {
    await store.open(opened(`${n}/1`));
    await store.settle(settled(`${n}/1`));
  }
  await store.close();
  return { dir, file: join(dir, NAME) };
}

test('the file is named by the month and can be read by its owner only', async (t) => {
  const { dir, file } = await writeJournal(t, 1);
  assert.deepEqual(await readdir(dir), [NAME]);
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('an attempt is settled in the file of the month in which it was opened', async (t) => {
  const dir = await makeDir(t);
  const store = openJournalLedger({ dir, windowId: 'w1' });
  const openedAt = Date.UTC(2026, 10, 30, 23, 59, 59, 999);
  await store.open(opened('a/1', { openedAt }));
  await store.settle(settled('a/1', { closedAt: openedAt + 5_000 }));
  assert.deepEqual(await readdir(dir), [NAME]);
});

test('a flipped digit is not taken for another amount', () => {
  const line = encodeChange({ kind: 'settled', row: settled('a/1') });
  assert.ok(decodeChange(Buffer.from(line)));
  assert.equal(decodeChange(Buffer.from(line.replace('5001', '6001'))), undefined);
});

test('only what is new is read, and other folders of files are left alone', async (t) => {
  const { dir, file } = await writeJournal(t, 1);
  await writeFile(join(dir, 'notes.jsonl'), '{}');
  const store = openJournalLedger({ dir, windowId: 'w2' });
  const other = openJournalLedger({ dir, windowId: 'w3' });
  assert.equal((await store.totals(0))[0]?.attempts, 1);
  const { size } = await stat(file);
  // What was read before is not looked at again: spoiling it now goes unnoticed.
  await writeFile(file, Buffer.alloc(size - 1, 0x20), { flag: 'r+' });
  await other.open(opened('b/1', { openedAt: NOON + 5 }));
  assert.equal((await store.totals(0))[0]?.attempts, 2);
});
