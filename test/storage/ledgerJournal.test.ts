import assert from 'node:assert/strict';
import { appendFile, copyFile, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { decodeChange, encodeChange } from '../../src/storage/ledgerChange.ts';
import { openJournalLedger } from '../../src/storage/ledgerJournal.ts';
import { NOON, addUp, inOrder, makeDir, opened, settled } from './ledgerRows.ts';

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

test('a last line cut at any byte loses that line only, and the next one is whole', async (t) => {
  const { file } = await writeJournal(t, 2);
  const whole = await readFile(file);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let cut = lastLine; cut < whole.length; cut += 1) {
    const dir = await makeDir(t);
    await writeFile(join(dir, NAME), whole.subarray(0, cut));
    let damaged = 0;
    const store = openJournalLedger({ dir, windowId: 'w2', onDamage: (lines) => (damaged += lines) });
    await store.totals(0);
    await store.open(opened('next/1'));
    const states = (await store.rows({ since: 0 })).map((row) => [row.attemptId, row.settled !== null]);
    // Only the line end was cut: the next line brings it.
    const kept = cut === whole.length - 1;
    assert.deepEqual(states, [
      ['next/1', false],
      ['1/1', kept],
      ['0/1', true],
    ]);
    assert.equal(damaged, cut === lastLine || kept ? 0 : 1, `cut at ${cut}`);
    assert.ok((await readFile(join(dir, NAME))).subarray(0, cut).equals(whole.subarray(0, cut)));
  }
});

test('damage in the middle is counted, and all other lines are read', async (t) => {
  const { file } = await writeJournal(t, 30);
  const whole = await readFile(file);
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1 });
  const property = fc.asyncProperty(damage, async (flips) => {
    const dir = await makeDir(t);
    const bytes = Buffer.from(whole);
    for (const [place, mask] of flips) bytes[place] = (bytes[place] ?? 0) ^ mask;
    await writeFile(join(dir, NAME), bytes);
    const good = new Set(bytes.toString('latin1').split('\n'));
    const expected = whole
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '' && good.has(line))
      .map((line) => decodeChange(Buffer.from(line, 'latin1')));
    const ids = expected.flatMap((change) => (change?.kind === 'opened' ? change.row.attemptId : []));
    const store = openJournalLedger({ dir, windowId: 'w2' });
    const rows = await store.rows({ since: 0 });
    assert.deepEqual(rows.map((row) => row.attemptId).sort(), ids.sort());
    assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(rows)));
  });
  // The closing brace of a line was once not looked at.
  await fc.assert(property, { numRuns: 30, examples: [[[[whole.lastIndexOf('}'), 1]]]] });
});

test('zeroed blocks and binary junk without line ends cost no other line', async (t) => {
  const { dir, file } = await writeJournal(t, 3);
  await appendFile(file, Buffer.alloc(3 << 20, 0xff));
  let damaged = 0;
  const store = openJournalLedger({ dir, windowId: 'w2', onDamage: (lines) => (damaged += lines) });
  await store.open(opened('next/1'));
  assert.equal((await store.totals(0))[0]?.attempts, 4);
  assert.ok(damaged > 0);
});

test('a flipped digit is not taken for another amount', () => {
  const line = encodeChange({ kind: 'settled', row: settled('a/1') });
  assert.ok(decodeChange(Buffer.from(line)));
  assert.equal(decodeChange(Buffer.from(line.replace('5001', '6001'))), undefined);
});

test('a copied file is counted once', async (t) => {
  const { dir, file } = await writeJournal(t, 5);
  await copyFile(file, join(dir, 'ledger-2026-11 (conflict).jsonl'));
  const store = openJournalLedger({ dir, windowId: 'w2' });
  assert.equal((await store.totals(0))[0]?.attempts, 5);
  assert.equal((await store.totals(0))[0]?.nanoUsd, 5 * 5_001);
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
