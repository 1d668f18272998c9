import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import type { LedgerRow, LedgerStore, SpendingLimit } from '../../../src/core/ledger/ledger.ts';
import { OverLimitError, UnknownAttemptError } from '../../../src/core/ledger/ledger.ts';
import { TASKS, TIERS } from '../../../src/core/common/types.ts';
import { HOUR, KINDS, NOON, addUp, inOrder, makeDir, openKind, opened, settled, wholeRow } from './rows.ts';

for (const kind of KINDS) {
  /** A store of a window in a new folder, with a way to open further windows there. */
  const start = async (t: TestContext) => {
    const dir = await makeDir(t);
    const window = async (windowId: string): Promise<LedgerStore> => {
      const store = await openKind(kind, dir, windowId);
      t.after(() => store.close());
      return store;
    };
    return { dir, window, store: await window('w1') };
  };

  test(`${kind}: a row comes back as it was written`, async (t) => {
    const { store, window } = await start(t);
    await store.open(opened('a/1'));
    assert.deepEqual(await store.rows({ since: 0 }), [wholeRow(opened('a/1'))]);
    await store.settle(settled('a/1'));
    assert.deepEqual(await store.rows({ since: 0 }), [wholeRow(opened('a/1'), settled('a/1'))]);
    assert.deepEqual(await (await window('w2')).rows({ since: 0 }), await store.rows({ since: 0 }));
  });

  test(`${kind}: what is unknown comes back as unknown`, async (t) => {
    const { store } = await start(t);
    const row = opened('a/1', { language: null, workspace: null, estimatedCost: null });
    const end = settled('a/1', {
      outcome: 'failed',
      failure: 'reset',
      finish: null,
      modelReturned: null,
      usageEstimated: true,
      cost: { nanoUsd: null, source: 'unknown' },
      ttftMs: null,
    });
    await store.open(row);
    await store.settle(end);
    assert.deepEqual(await store.rows({ since: 0 }), [wholeRow(row, end)]);
    assert.deepEqual(await store.totals(0), addUp([wholeRow(row, end)]));
    assert.equal((await store.totals(0))[0]?.unknown, 1);
  });

  test(`${kind}: opening twice keeps the first row`, async (t) => {
    const { store, window } = await start(t);
    await store.open(opened('a/1'));
    await (await window('w2')).open(opened('a/1', { tier: 'frontier', windowId: 'w2' }));
    assert.deepEqual(await store.rows({ since: 0 }), [wholeRow(opened('a/1'))]);
    assert.equal((await store.totals(0))[0]?.attempts, 1);
  });

  test(`${kind}: settling twice keeps the first settlement, also that of another window`, async (t) => {
    const { store, window } = await start(t);
    await store.open(opened('a/1'));
    await (await window('w2')).settle(settled('a/1'));
    await store.settle(settled('a/1', { cost: { nanoUsd: 9, source: 'computed' } }));
    await store.settle(settled('a/1', { outcome: 'cancelled' }));
    assert.deepEqual(await store.rows({ since: 0 }), [wholeRow(opened('a/1'), settled('a/1'))]);
    assert.equal((await store.totals(0))[0]?.nanoUsd, 5_001);
  });

  test(`${kind}: settling an unknown attempt rejects`, async (t) => {
    const { store } = await start(t);
    await assert.rejects(store.settle(settled('nobody/1')), UnknownAttemptError);
    assert.deepEqual(await store.totals(0), []);
  });

  test(`${kind}: a row with an impossible value rejects and is not written`, async (t) => {
    const { store } = await start(t);
    await store.open(opened('a/1'));
    for (const fields of [
      { estimatedInput: 1.5 },
      { openedAt: Number.NaN },
      { estimatedCost: -1 },
      { attempt: 2 ** 60 },
    ])
      await assert.rejects(store.open(opened('b/1', fields)), RangeError);
    for (const cost of [
      { nanoUsd: null, source: 'computed' as const },
      { nanoUsd: 0, source: 'unknown' as const },
      { nanoUsd: 0.5, source: 'provider' as const },
    ])
      await assert.rejects(store.settle(settled('a/1', { cost })), /cost/);
    assert.deepEqual(await store.rows({ since: 0 }), [wholeRow(opened('a/1'))]);
  });

  test(`${kind}: totals are kept by tier and task, and contain attempts from their first millisecond on`, async (t) => {
    const { store } = await start(t);
    const rows = [
      wholeRow(opened('a/1', { openedAt: NOON - 1 }), settled('a/1')),
      wholeRow(opened('b/1', { openedAt: NOON }), settled('b/1')),
      wholeRow(opened('b/2', { openedAt: NOON + 1, attempt: 2 }), settled('b/2')),
      wholeRow(opened('c/1', { openedAt: NOON + HOUR, tier: 'local', task: 'completion' })),
      wholeRow(opened('d/1', { openedAt: NOON + 3 * HOUR + 7 }), settled('d/1')),
    ];
    await writeAll(store, rows);
    for (const since of [0, NOON - 1, NOON, NOON + 1, NOON + 0.5, NOON + HOUR - 1, NOON + HOUR, NOON + 3 * HOUR + 8])
      assert.deepEqual(inOrder(await store.totals(since)), inOrder(addUp(rows, since)), `since ${since - NOON}`);
  });

  test(`${kind}: an open attempt costs nothing yet and is counted as open`, async (t) => {
    const { store } = await start(t);
    await store.open(opened('a/1'));
    const [total] = await store.totals(0);
    assert.deepEqual([total?.open, total?.attempts, total?.nanoUsd, total?.unknown], [1, 1, 0, 0]);
  });

  test(`${kind}: sums beyond whole numbers of JavaScript are answered, rounded`, async (t) => {
    const { store } = await start(t);
    const cost = { nanoUsd: Number.MAX_SAFE_INTEGER, source: 'computed' } as const;
    for (const id of ['a/1', 'b/1', 'c/1']) {
      await store.open(opened(id));
      await store.settle(settled(id, { cost }));
    }
    const sum = (await store.totals(0))[0]?.nanoUsd ?? 0;
    assert.ok(Math.abs(sum / (3 * Number.MAX_SAFE_INTEGER) - 1) < 1e-15, String(sum));
  });

  test(`${kind}: rows are newest first, also within a millisecond, and limited`, async (t) => {
    const { store } = await start(t);
    const times = { a: 5, b: 9, c: 5, d: 1, e: 9 };
    for (const [id, time] of Object.entries(times)) await store.open(opened(id, { openedAt: NOON + time }));
    const ids = async (query: { since: number; limit?: number }) =>
      (await store.rows(query)).map((row) => row.attemptId).join('');
    assert.equal(await ids({ since: 0 }), 'ebcad');
    assert.equal(await ids({ since: NOON + 5 }), 'ebca');
    assert.equal(await ids({ since: 0, limit: 3 }), 'ebc');
    assert.equal(await ids({ since: 0, limit: 0 }), '');
  });

  test(`${kind}: rows of older months are found`, async (t) => {
    const { store, window } = await start(t);
    const days = [1, 40, 80, 400].map((days) => NOON - days * 24 * HOUR);
    const rows = days.map((openedAt, index) => wholeRow(opened(`${index}/1`, { openedAt }), settled(`${index}/1`)));
    await writeAll(store, rows);
    const other = await window('w2');
    for (const since of [NOON, ...days, 0]) assert.deepEqual(await other.totals(since), addUp(rows, since));
    await other.settle(settled('3/1'));
  });

  test(`${kind}: the open rows of a window that is silent for over a minute are interrupted, at the most they can have cost`, async (t) => {
    const { store, window } = await start(t);
    const row = opened('a/1');
    await store.open(row);
    await store.open(opened('b/1', { estimatedCost: null, reserved: null }));
    await store.heartbeat(NOON + 5_000);
    const other = await window('w2');
    await other.heartbeat(NOON + 65_000);
    assert.equal((await store.totals(0))[0]?.open, 2);
    await other.heartbeat(NOON + 65_001);
    const end = settled('a/1', {
      closedAt: NOON + 5_000,
      outcome: 'interrupted',
      finish: null,
      modelReturned: null,
      usage: { input: 120, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
      usageEstimated: true,
      cost: { nanoUsd: 90_000, source: 'estimated' },
      ttftMs: null,
      durationMs: 5_000,
      servedBy: null,
      digest: null,
      headersMs: null,
      shadowNanoUsd: null,
    });
    const found = await store.rows({ since: 0 });
    assert.deepEqual(found[1], wholeRow(row, end));
    assert.deepEqual(found[0]?.settled?.cost, { nanoUsd: null, source: 'unknown' });
    await store.settle(settled('a/1'));
    assert.deepEqual((await other.rows({ since: 0 }))[1], wholeRow(row, end));
  });

  test(`${kind}: a window interrupts nothing of its own, and opening is a sign of life`, async (t) => {
    const { store, window } = await start(t);
    await store.open(opened('a/1'));
    await store.open(opened('b/1', { openedAt: NOON + 90_000 }));
    await store.heartbeat(NOON + 600_000);
    assert.equal((await store.totals(0))[0]?.open, 2);
    const other = await window('w2');
    await other.open(opened('c/1', { windowId: 'w2', openedAt: NOON + 640_000 }));
    await other.heartbeat(NOON + 650_000);
    await (await window('w3')).heartbeat(NOON + 661_000);
    const states = (await store.rows({ since: 0 })).map((row) => [row.attemptId, row.settled?.outcome]);
    assert.deepEqual(states, [
      ['c/1', undefined],
      ['b/1', 'interrupted'],
      ['a/1', 'interrupted'],
    ]);
  });

  test(`${kind}: a limit counts what is spent and what is reserved, in its period, tier and workspace`, async (t) => {
    const { store } = await start(t);
    const limit = (over: Partial<SpendingLimit> = {}): SpendingLimit => ({
      since: NOON,
      tier: null,
      workspace: null,
      nanoUsd: 1_000,
      ...over,
    });
    await store.open(opened('old/1', { openedAt: NOON - 1, reserved: 7 }));
    await store.open(opened('mid/1', { reserved: 900 }));
    await store.settle(settled('mid/1', { cost: { nanoUsd: 100, source: 'computed' } }));
    await store.open(opened('best/1', { openedAt: NOON + HOUR, tier: 'frontier', reserved: 30, workspace: null }));
    await store.open(opened('free/1', { tier: 'local', reserved: 0 }));
    await store.open(opened('unknown/1', { tier: 'local', reserved: null }));
    const spending = await store.spending([
      limit(),
      limit({ since: NOON - 1 }),
      limit({ tier: 'frontier' }),
      limit({ workspace: 'file:///home/ada/project' }),
      limit({ workspace: 'file:///elsewhere' }),
      limit({ since: NOON + 1 }),
    ]);
    assert.deepEqual(
      spending.map(({ spent, reserved }) => [spent, reserved]),
      [
        [100, 30],
        [100, 37],
        [0, 30],
        [100, 0],
        [0, 0],
        [0, 30],
      ],
    );
  });

  test(`${kind}: a row that would break a limit is not written, and one that just fits is`, async (t) => {
    const { store, window } = await start(t);
    const other = await window('w2');
    const limit: SpendingLimit = { since: NOON, tier: null, workspace: null, nanoUsd: 1_000 };
    const roomy: SpendingLimit = { ...limit, nanoUsd: 1_000_000 };
    await store.open(opened('a/1', { reserved: 600 }), [roomy, limit]);
    await assert.rejects(other.open(opened('b/1', { windowId: 'w2', reserved: 401 }), [roomy, limit]), (error) => {
      assert.ok(error instanceof OverLimitError);
      assert.equal(error.limit, limit);
      assert.deepEqual(error.spending, { spent: 0, reserved: 600 });
      return true;
    });
    await assert.rejects(other.open(opened('c/1', { reserved: null }), [limit]), OverLimitError);
    await other.open(opened('d/1', { windowId: 'w2', reserved: 400 }), [limit]);
    await store.open(opened('e/1', { reserved: 0 }), [limit]);
    await store.settle(settled('a/1', { cost: { nanoUsd: 1, source: 'computed' } }));
    await store.open(opened('f/1', { reserved: 599 }), [limit]);
    assert.deepEqual((await store.rows({ since: 0 })).map(({ attemptId }) => attemptId).sort(), [
      'a/1',
      'd/1',
      'e/1',
      'f/1',
    ]);
  });

  test(`${kind}: a name is claimed once, over all windows`, async (t) => {
    const { store, window } = await start(t);
    const others = await Promise.all(['w2', 'w3'].map(window));
    const claims = await Promise.all([store, ...others].map((each) => each.claim('budget 5 day / Ä')));
    assert.deepEqual(claims.filter(Boolean).length, 1);
    assert.equal(await store.claim('another'), true);
    assert.equal(await others[0]?.claim('another'), false);
  });

  test(`${kind}: several windows interrupt a row exactly once`, async (t) => {
    const { store, window } = await start(t);
    await store.open(opened('a/1'));
    const others = await Promise.all(['w2', 'w3', 'w4'].map(window));
    await Promise.all(others.map((other) => other.heartbeat(NOON + 100_000)));
    await Promise.all(others.map((other) => other.heartbeat(NOON + 105_000)));
    for (const other of [store, ...others]) {
      const [total] = await other.totals(0);
      assert.deepEqual([total?.attempts, total?.open, total?.nanoUsd, total?.estimatedNanoUsd], [1, 0, 90_000, 90_000]);
    }
  });

  test(`${kind}: after the computer slept, the first heartbeat judges no window`, async (t) => {
    const { store, window } = await start(t);
    const other = await window('w2');
    await other.heartbeat(NOON);
    await store.open(opened('a/1', { openedAt: NOON + 1 }));
    await other.heartbeat(NOON + HOUR);
    assert.equal((await store.totals(0))[0]?.open, 1);
    await store.heartbeat(NOON + HOUR + 1);
    await other.heartbeat(NOON + HOUR + 10_000);
    assert.equal((await store.totals(0))[0]?.open, 1);
  });

  test(`${kind}: listeners hear of own writes at once and of others within two seconds, until disposed`, async (t) => {
    const { store, window } = await start(t);
    const other = await window('w2');
    const heard = { own: 0, other: 0 };
    const watches = [store.onChange(() => (heard.own += 1)), other.onChange(() => (heard.other += 1))];
    await store.open(opened('a/1'));
    assert.ok(heard.own >= 1);
    for (const end = Date.now() + 2_500; heard.other === 0 && Date.now() < end;) await sleep(50);
    assert.ok(heard.other >= 1);
    for (const watch of watches) watch.dispose();
    const before = { ...heard };
    await store.settle(settled('a/1'));
    await sleep(5);
    assert.deepEqual(heard, before);
  });

  test(`${kind}: a closed store rejects`, async (t) => {
    const { window } = await start(t);
    const store = await window('w2');
    await store.close();
    await assert.rejects(store.open(opened('a/1')));
    await assert.rejects(store.totals(0));
    await store.close();
  });

  test(`${kind}: totals equal a naive model, whatever happens`, async (t) => {
    const model = fc.asyncProperty(fc.array(STEP, { maxLength: 40 }), PERIOD, async (steps, since) => {
      const { window, store } = await start(t);
      const windows = [store, await window('w2')];
      const rows = new Map<string, LedgerRow>();
      for (const step of steps) {
        const row = rows.get(step.id);
        const writer = windows[step.window];
        if (!row) {
          await writer?.open(opened(step.id, step.opened));
          rows.set(step.id, wholeRow(opened(step.id, step.opened)));
        } else {
          await writer?.settle(settled(step.id, step.settled));
          if (!row.settled) {
            const { settled: _, ...open } = row;
            rows.set(step.id, wholeRow(open, settled(step.id, step.settled)));
          }
        }
      }
      const expected = inOrder(addUp([...rows.values()], since));
      for (const each of windows) assert.deepEqual(inOrder(await each.totals(since)), expected);
      assert.deepEqual(inOrder(addUp(await store.rows({ since }))), expected);
      await Promise.all(windows.map((each) => each.close()));
    });
    await fc.assert(model, { numRuns: 20 });
  });
}

const TIME = fc.integer({ min: NOON - 40 * HOUR, max: NOON + 40 * HOUR });
const PERIOD = fc.oneof(TIME, fc.constant(0), fc.constant(NOON));
const COUNT = fc.integer({ min: 0, max: 1_000_000 });
const STEP = fc.record({
  id: fc.integer({ min: 1, max: 15 }).map((n) => `${n}/1`),
  window: fc.integer({ min: 0, max: 1 }),
  opened: fc.record({
    openedAt: TIME,
    tier: fc.constantFrom(...TIERS),
    task: fc.constantFrom(...TASKS),
    attempt: fc.integer({ min: 1, max: 3 }),
  }),
  settled: fc.record({
    outcome: fc.constantFrom('done', 'partial', 'failed', 'cancelled'),
    usage: fc.record({ input: COUNT, cacheRead: COUNT, cacheWrite: COUNT, output: COUNT, reasoning: COUNT }),
    cost: fc.oneof(
      fc.record({
        nanoUsd: fc.integer({ min: 0, max: 10 ** 13 }),
        source: fc.constantFrom('provider', 'computed', 'estimated', 'free'),
      }),
      fc.constant({ nanoUsd: null, source: 'unknown' } as const),
    ),
  }),
});

async function writeAll(store: LedgerStore, rows: readonly LedgerRow[]): Promise<void> {
  for (const { settled, ...row } of rows) {
    await store.open(row);
    if (settled) await store.settle({ attemptId: row.attemptId, ...settled });
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
