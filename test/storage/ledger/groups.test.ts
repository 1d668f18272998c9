import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { CATEGORIES } from '../../../src/core/ledger/categories.ts';
import { GroupTally } from '../../../src/core/ledger/groups.ts';
import type { GroupQuery, GroupTotal } from '../../../src/core/ledger/groupTypes.ts';
import { LATENCY_BOUNDS, bucketOf, percentile } from '../../../src/core/ledger/latency.ts';
import type { AttemptSettled, LedgerRow, LedgerStore } from '../../../src/core/ledger/ledger.ts';
import { TASKS, TIERS } from '../../../src/core/common/types.ts';
import { GROUP_STEP } from '../../../src/storage/ledger/groupSchema.ts';
import { MIGRATIONS, migrate } from '../../../src/storage/ledger/schema.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { HOUR, NOON, addUp, makeDir, openKind, opened, outcome, settled } from './rows.ts';

const EVER = { since: 0, until: Number.MAX_SAFE_INTEGER };

const COSTS = fc.oneof(
  fc.nat(5_000_000_000).map((nanoUsd) => ({ nanoUsd, source: 'computed' as const })),
  fc.nat(5_000_000_000).map((nanoUsd) => ({ nanoUsd, source: 'estimated' as const })),
  fc.constant({ nanoUsd: null, source: 'unknown' as const }),
  fc.constant({ nanoUsd: 0, source: 'free' as const }),
);

const ATTEMPT = fc.record({
  openedAt: fc.integer({ min: NOON - 3 * HOUR, max: NOON + 3 * HOUR }),
  tier: fc.constantFrom(...TIERS),
  task: fc.constantFrom(...TASKS),
  category: fc.option(fc.constantFrom(...CATEGORIES)),
  ownCategory: fc.option(fc.constantFrom(...CATEGORIES)),
  workspace: fc.option(fc.constantFrom('file:///a', 'file:///b')),
  modelAsked: fc.constantFrom('big', 'small'),
  attempt: fc.integer({ min: 1, max: 3 }),
  queueMs: fc.option(fc.nat(500)),
  end: fc.option(
    fc.record({
      outcome: fc.constantFrom<AttemptSettled['outcome']>('done', 'failed', 'cancelled', 'partial', 'interrupted'),
      cost: COSTS,
      ttftMs: fc.option(fc.nat(90_000)),
      durationMs: fc.nat(90_000),
      usage: fc.record({
        input: fc.nat(9_000),
        cacheRead: fc.nat(9_000),
        cacheWrite: fc.nat(900),
        output: fc.nat(9_000),
        reasoning: fc.constant(0),
      }),
      shadowNanoUsd: fc.option(fc.nat(1_000_000)),
      headersMs: fc.option(fc.nat(9_000)),
    }),
  ),
});

async function write(
  store: Pick<LedgerStore, 'open' | 'settle'>,
  attempts: readonly (typeof ATTEMPT extends fc.Arbitrary<infer A> ? A : never)[],
): Promise<void> {
  for (const [n, { end, ...fields }] of attempts.entries()) {
    await store.open(opened(`c${n}/1`, { ...fields, callId: `c${n}` }));
    if (end) await store.settle(settled(`c${n}/1`, { closedAt: fields.openedAt + end.durationMs, ...end }));
  }
}

/** The sums as a person would add them up from the rows, one by one. */
function recount(rows: readonly LedgerRow[], { since, until, workspace }: GroupQuery): GroupTotal[] {
  const tally = new GroupTally();
  for (const row of rows) {
    if (row.openedAt < since || row.openedAt >= until || (workspace && row.workspace !== workspace)) continue;
    tally.open(row);
    if (row.settled) tally.settle(row, row.settled);
  }
  return inOrder(tally.totals());
}

const inOrder = (totals: readonly GroupTotal[]): GroupTotal[] =>
  totals.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
const keyOf = ({ tier, task, category, model }: GroupTotal) => JSON.stringify([tier, task, category, model]);

test('sums by category and model equal a recount of the rows, for any period and workspace', async (t) => {
  const dir = await makeDir(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(ATTEMPT, { maxLength: 60 }),
      fc.integer({ min: -4 * HOUR, max: 4 * HOUR }),
      fc.integer({ min: 0, max: 5 * HOUR }),
      fc.constantFrom(null, 'file:///a'),
      async (attempts, from, length, workspace) => {
        const store = await openSqliteLedger({ file: join(dir, `${run++}.db`), windowId: 'w1' });
        try {
          await write(store, attempts);
          const rows = await store.rows({ since: 0 });
          const query = { since: NOON + from, until: NOON + from + length, workspace };
          assert.deepEqual(inOrder(await store.groups(query)), recount(rows, query));
          assert.deepEqual(inOrder(await store.groups(EVER)), recount(rows, EVER));
          store.check();
        } finally {
          await store.close();
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('an older ledger keeps every total to the nano-dollar, and a copy of it is kept', async (t) => {
  const dir = await makeDir(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(ATTEMPT, { maxLength: 60 }), async (attempts) => {
      const file = join(dir, `old${run++}.db`);
      const old = new DatabaseSync(file);
      migrate(old, file, MIGRATIONS.slice(0, MIGRATIONS.indexOf(GROUP_STEP)));
      const fields = ['attemptId', 'callId', 'attempt', 'windowId', 'openedAt', 'tier', 'task', 'provider', 'origin'];
      const more = ['modelAsked', 'language', 'workspace', 'estimatedInput', 'estimatedCost', 'reserved'];
      const columns = [...fields, ...more];
      const insert = old.prepare(`INSERT INTO attempts (${columns.join()}) VALUES (${columns.map(() => '?').join()})`);
      const settle = old.prepare(
        `UPDATE attempts SET closedAt = ?, outcome = ?, input = ?, cacheRead = ?, cacheWrite = ?, output = ?, reasoning = 0,
          usageEstimated = 0, nanoUsd = ?, costSource = ?, ttftMs = ?, durationMs = ? WHERE attemptId = ?`,
      );
      for (const [n, { end, ...attempt }] of attempts.entries()) {
        const row = opened(`c${n}/1`, { ...attempt, callId: `c${n}` });
        insert.run(...columns.map((column) => row[column as 'callId']));
        if (!end) continue;
        const { usage, cost } = end;
        const tokens = [usage.input, usage.cacheRead, usage.cacheWrite, usage.output];
        const money = [cost.nanoUsd, cost.source, end.ttftMs, end.durationMs];
        settle.run(row.openedAt + end.durationMs, end.outcome, ...tokens, ...money, row.attemptId);
      }
      const before = old.prepare('SELECT * FROM hours').all();
      old.close();

      const store = await openSqliteLedger({ file, windowId: 'w1' });
      const rows = await store.rows({ since: 0 });
      const byHand = addUp(rows).reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
      const groups = await store.groups(EVER);
      assert.deepEqual(inOrder(groups), recount(rows, EVER));
      assert.equal(
        groups.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0),
        byHand,
      );
      store.check();
      await store.close();
      const now = new DatabaseSync(file, { readOnly: true });
      assert.deepEqual(now.prepare('SELECT * FROM hours').all(), before);
      now.close();
      const copy = new DatabaseSync(`${file}.v${MIGRATIONS.indexOf(GROUP_STEP)}.backup`, { readOnly: true });
      assert.deepEqual(copy.prepare('SELECT * FROM hours').all(), before);
      copy.close();
    }),
    { numRuns: 25 },
  );
});

test('the published step of the schema is never edited', () => {
  assert.equal(createHash('sha256').update(GROUP_STEP).digest('hex').slice(0, 16), '24753d2c5c72a600');
  const bounds = [50, 100, 200, 400, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 30_000, 60_000];
  assert.deepEqual(LATENCY_BOUNDS, bounds);
});

test('rows that are waiting beside the database count in the sums', async (t) => {
  for (const kind of ['sqlite', 'spill'] as const) {
    const store = await openKind(kind, await makeDir(t));
    await store.open(opened('a/1', { openedAt: NOON, category: 'bug' }));
    await store.settle(settled('a/1'));
    await store.recordOutcomes([outcome('o1', { callId: 'a', task: 'edit', kind: 'kept', ms: null })]);
    const [group, ...others] = await store.groups({ since: NOON, until: NOON + HOUR });
    assert.deepEqual([group?.category, group?.nanoUsd, group?.calls, others.length], ['bug', 5_001, 1, 0], kind);
    const [judged] = await store.answerOutcomes(EVER);
    assert.deepEqual([judged?.kind, judged?.category], ['kept', 'bug'], kind);
    assert.deepEqual(await store.extent(), { first: NOON, workspaces: ['file:///home/ada/project'] }, kind);
    await store.close();
  }
});

test('the user corrects a category: sums follow, and taking it back restores them', async (t) => {
  const file = join(await makeDir(t), 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'w1' });
  t.after(() => store.close());
  await store.open(opened('a/1', { category: 'feature' }));
  await store.open(opened('a/2', { category: 'feature', attempt: 2, openedAt: NOON + 1_000 }));
  await store.settle(settled('a/2'));
  await store.open(opened('b/1', { category: 'feature', openedAt: NOON + 2_000 }));
  const before = inOrder(await store.groups(EVER));
  assert.equal(await store.correctCategory('a', 'bug'), true);
  const after = await store.groups(EVER);
  assert.deepEqual(after.map(({ category, attempts }) => [category, attempts]).toSorted(), [
    ['bug', 2],
    ['feature', 1],
  ]);
  store.check();
  assert.equal(await store.correctCategory('a', null), true);
  assert.deepEqual(inOrder(await store.groups(EVER)), before);
  assert.equal(await store.correctCategory('nobody', 'bug'), false);
  store.check();
});

test('a percentile is in the bucket of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(100_000), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95),
      (times, share) => {
        const counts = [...LATENCY_BOUNDS, 0].map((_, index) => times.filter((ms) => bucketOf(ms) === index).length);
        const truth = times.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0;
        const found = percentile(counts, share);
        assert.ok(found !== undefined);
        const index = bucketOf(truth);
        assert.ok(found >= (LATENCY_BOUNDS[index - 1] ?? 0) && found <= (LATENCY_BOUNDS[index] ?? found));
      },
    ),
  );
  assert.equal(percentile([], 0.5), undefined);
});
