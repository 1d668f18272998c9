import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import type { LedgerStore } from '../../../src/core/ledger/ledger.ts';
import { pageOutcomes } from '../../../src/core/ledger/paging.ts';
import { OUTCOME_KINDS, type OutcomeRow } from '../../../src/core/ledger/outcomes.ts';
import { TASKS, TIERS } from '../../../src/core/common/types.ts';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import { bufferWrites } from '../../../src/storage/ledger/buffer.ts';
import { MIGRATIONS } from '../../../src/storage/ledger/schema.ts';
import { openSqliteLedger, openSqliteReader } from '../../../src/storage/ledger/sqlite.ts';
import {
  HOUR,
  KINDS,
  NOON,
  addUpOutcomes,
  makeDir,
  openKind,
  opened,
  outcome,
  outcomesInOrder,
  settled,
  withoutSqlite,
} from './rows.ts';

const all = async (store: LedgerStore, since = 0): Promise<readonly OutcomeRow[]> => store.outcomes({ since });
const totals = async (store: LedgerStore, since = 0) => outcomesInOrder(await store.outcomeTotals(since));

for (const kind of KINDS) {
  const start = async (t: TestContext) => {
    const dir = await makeDir(t);
    const window = async (windowId: string): Promise<LedgerStore> => {
      const store = await openKind(kind, dir, windowId);
      t.after(() => store.close());
      return store;
    };
    return { dir, window, store: await window('w1') };
  };

  test(`${kind}: outcomes come back as they were written, newest first, in every window`, async (t) => {
    const { store, window } = await start(t);
    const rows = [
      outcome('a', { at: NOON + 1 }),
      outcome('b', { at: NOON, language: null, kept: null, kind: 'offered' }),
      outcome('c', { at: NOON - 40 * 24 * HOUR, tier: 'frontier', task: 'chat', kind: 'undone' }),
    ];
    await store.recordOutcomes(rows);
    assert.deepEqual(await all(store), rows);
    const other = await window('w2');
    assert.deepEqual(await all(other), rows);
    assert.deepEqual(await other.outcomes({ since: NOON, until: NOON + 1 }), [rows[1]]);
    assert.deepEqual(await other.outcomes({ since: 0, limit: 1 }), [rows[0]]);
    assert.deepEqual(await totals(other), addUpOutcomes(rows));
    assert.deepEqual(await store.rows({ since: 0 }), []);
  });

  test(`${kind}: an outcome that is written twice, in whichever window, counts once`, async (t) => {
    const { store, window } = await start(t);
    await store.recordOutcomes([outcome('a'), outcome('a', { characters: 99 })]);
    await (await window('w2')).recordOutcomes([outcome('a', { kind: 'edited' }), outcome('b')]);
    assert.deepEqual(await totals(store), addUpOutcomes([outcome('a'), outcome('b')]));
  });

  test(`${kind}: impossible outcomes reject, and nothing is written of what comes with them`, async (t) => {
    const { store } = await start(t);
    for (const fields of [{ characters: -1 }, { at: 1.5 }, { kept: 41 }, { kind: 'liked' as never }])
      await assert.rejects(store.recordOutcomes([outcome('a'), outcome('b', fields)]), RangeError);
    await store.recordOutcomes([]);
    assert.deepEqual(await all(store), []);
  });

  test(`${kind}: sums of outcomes equal a naive model, whatever happens`, async (t) => {
    const ROW = fc.record({
      outcomeId: fc.integer({ min: 1, max: 40 }).map(String),
      at: fc.integer({ min: NOON - 40 * HOUR, max: NOON + 40 * HOUR }),
      tier: fc.constantFrom(...TIERS),
      task: fc.constantFrom(...TASKS),
      model: fc.constantFrom('small', 'large'),
      kind: fc.constantFrom(...OUTCOME_KINDS),
      kept: fc.option(fc.integer({ min: 0, max: 40 })),
    });
    const BATCHES = fc.array(fc.array(ROW, { maxLength: 5 }), { maxLength: 12 });
    const since = fc.constantFrom(0, NOON - HOUR - 1, NOON, NOON + 90_000);
    const property = fc.asyncProperty(BATCHES, since, async (batches, since) => {
      const { store, window } = await start(t);
      const windows = [store, await window('w2')];
      const model = new Map<string, OutcomeRow>();
      for (const [n, batch] of batches.entries()) {
        const rows = batch.map((fields) => outcome(fields.outcomeId, fields));
        await windows[n % 2]?.recordOutcomes(rows);
        for (const row of rows) if (!model.has(row.outcomeId)) model.set(row.outcomeId, row);
      }
      const expected = addUpOutcomes([...model.values()], since);
      for (const each of windows) assert.deepEqual(await totals(each, since), expected);
      const paged: OutcomeRow[] = [];
      for await (const page of pageOutcomes(store, { since, until: Number.MAX_SAFE_INTEGER }, 3)) paged.push(...page);
      assert.deepEqual(addUpOutcomes(paged), expected);
      await Promise.all(windows.map((each) => each.close()));
    });
    await fc.assert(property, { numRuns: 15 });
  });

  if (kind === 'spill') continue;

  test(`${kind}: clearing takes outcomes of the period along, and the backup brings them back once`, async (t) => {
    const { store, window } = await start(t);
    await store.open(opened('a/1'));
    await store.settle(settled('a/1'));
    const rows = Array.from({ length: 1_200 }, (_, n) =>
      outcome(`o${n}`, { at: NOON + 7_000 * n, kind: OUTCOME_KINDS[n % OUTCOME_KINDS.length] ?? 'kept' }),
    );
    await store.recordOutcomes(rows);
    const period = { since: NOON, until: NOON + HOUR };
    const cleared = await store.clear(period);
    assert.equal(cleared.rows, 1);
    const left = rows.filter(({ at }) => at >= period.until);
    assert.deepEqual(await totals(store), addUpOutcomes(left));
    assert.equal((await all(store)).length, left.length);
    assert.deepEqual(await totals(await window('w2')), addUpOutcomes(left));
    for (let n = 0; n < 2; n += 1) assert.equal(await store.restore(cleared.backup ?? ''), 1);
    assert.deepEqual(await totals(store), addUpOutcomes(rows));
    assert.equal((await all(store)).length, rows.length);
  });

  test(`${kind}: where only outcomes are, clearing keeps a backup of them`, async (t) => {
    const { store } = await start(t);
    await store.recordOutcomes([outcome('a')]);
    const { backup, rows } = await store.clear({ since: 0, until: NOON + 1 });
    assert.equal(rows, 0);
    assert.deepEqual(await all(store), []);
    await store.restore(backup ?? '');
    assert.deepEqual(await all(store), [outcome('a')]);
  });
}

test('spill: a batch that a crash tore loses its last line and no other', async (t) => {
  const dir = await makeDir(t);
  const store = await openKind('spill', dir);
  await store.recordOutcomes([outcome('a'), outcome('b')]);
  const name = 'spill.jsonl';
  const text = await readFile(join(dir, name), 'utf8');
  await appendFile(join(dir, name), text.slice(0, text.length / 2 + 40).replaceAll('"a"', '"x"'));
  await store.recordOutcomes([outcome('c')]);
  assert.deepEqual((await all(store)).map(({ outcomeId }) => outcomeId).sort(), ['a', 'b', 'c']);
  await store.close();
});

test('outcomes of a spill move into the database, and those of a damaged database are saved', async (t) => {
  const dir = await makeDir(t);
  const options = { dir, windowId: 'w1', clock: () => NOON, log: () => undefined };
  const rows = Array.from({ length: 30 }, (_, n) => outcome(`o${n}`, { at: NOON + n }));
  const first = await openLedger({ ...options, loadSqlite: withoutSqlite });
  await first.store.recordOutcomes(rows);
  await first.store.close();
  const second = await openLedger(options);
  assert.deepEqual(await totals(second.store), addUpOutcomes(rows));
  await second.store.close();
  const db = new DatabaseSync(join(dir, 'ledger.db'));
  db.exec('UPDATE outcomeHours SET kept = kept + 1');
  db.close();
  const told: string[] = [];
  const third = await openLedger({ ...options, onProblem: (message) => told.push(message) });
  await third.verify();
  assert.match(told.join(), /damaged/);
  assert.deepEqual(await totals(third.store), addUpOutcomes(rows));
  await third.store.close();
});

test('a ledger from before there were outcomes opens, and can be read by a window that cannot write it', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const old = new DatabaseSync(file);
  for (const step of MIGRATIONS.slice(0, 2)) old.exec(step);
  old.exec('PRAGMA user_version = 2');
  old.close();
  const reader = await openSqliteReader({ file });
  assert.deepEqual([await reader.outcomes({ since: 0 }), await reader.outcomeTotals(0)], [[], []]);
  await reader.close();
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  await store.recordOutcomes([outcome('a')]);
  assert.deepEqual(await all(store), [outcome('a')]);
  await store.verify();
  await store.close();
});

test('a sum of outcomes that disagrees with them is taken for damage', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  t.after(() => store.close());
  await store.recordOutcomes([outcome('a')]);
  await store.verify();
  const db = new DatabaseSync(file);
  db.exec('UPDATE outcomeHours SET kept = kept + 1');
  db.close();
  await assert.rejects(store.verify(), /disagree/);
});

test('outcomes that the disk refuses wait in memory, count while they wait, and are written once', async (t) => {
  const inner = await openSqliteLedger({ file: join(await makeDir(t), 'ledger.db'), windowId: 'w1' });
  let broken = true;
  let now = NOON;
  const problems: string[] = [];
  const store = bufferWrites(
    {
      ...inner,
      include: (changes) => Promise.resolve(inner.include(changes)),
      recordOutcomes: (rows) => (broken ? Promise.reject(new Error('disk full')) : inner.recordOutcomes(rows)),
    },
    { onProblem: (message) => problems.push(message), clock: () => now },
  );
  t.after(() => store.close());
  const rows = [outcome('b', { at: NOON + 1 }), outcome('a')];
  await store.recordOutcomes(rows);
  assert.equal(problems.length, 1);
  assert.deepEqual(await all(inner), []);
  assert.deepEqual(await all(store), rows);
  assert.deepEqual(await totals(store), addUpOutcomes(rows));
  broken = false;
  now += 20_000;
  await store.heartbeat(now);
  assert.deepEqual(await all(inner), rows);
  assert.deepEqual(await totals(store), addUpOutcomes(rows));
});
