/**
 * What the ledger costs, measured: `node test/bench/ledger.ts [rows]`. A year of rows is written through the store's
 * own statements into a folder of its own, which is removed at the end.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exportPages, pageRows } from '../../src/core/ledger/paging.ts';
import { CATEGORIES } from '../../src/core/ledger/categories.ts';
import { TASKS, TIERS } from '../../src/core/common/types.ts';
import { writePieces } from '../../src/storage/files.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { RowChange } from '../../src/storage/ledger/change.ts';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { parseSettings, type RawSettings } from '../../src/core/settings/settings.ts';
import { SETTINGS } from '../../src/core/settings/settingsTable.ts';
import { readInsights } from '../../src/editor/insights/insightsData.ts';
import { openKind, opened, settled } from '../storage/ledger/rows.ts';
import { watchTurns } from '../support/turns.ts';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const WRITES = 5_000;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 30, 23, 59);

const dir = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
const results: Record<string, string | number>[] = [];

try {
  await fill();
  await measureDatabase();
  await measureInsights();
  await measureWhole();
  await measureSpill();
  console.table(results);
} finally {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Half of the rows lie in the last month, as after a month of heavy completions. */
async function fill(): Promise<void> {
  const store = await openSqliteLedger({ file: join(dir, 'ledger.db'), windowId: 'w0' });
  const begun = performance.now();
  for (let first = 0; first < ROWS; first += 10_000) {
    store.include(Array.from({ length: Math.min(10_000, ROWS - first) }, (_, index) => rowOf(first + index)).flat());
  }
  await store.close();
  note('fill', 'rows written in one go', (1_000 * (performance.now() - begun)) / ROWS, 'µs each');
  note('fill', 'file', statSync(join(dir, 'ledger.db')).size / ROWS, 'bytes a row');
}

function rowOf(n: number): RowChange[] {
  const span = n % 2 === 0 ? 30 * DAY : 365 * DAY;
  const openedAt = NOW - Math.floor((span * (ROWS - n)) / ROWS);
  const callId = crypto.randomUUID();
  // Most calls are ghost text, which no one scores.
  const task = n % 20 === 0 ? pick(TASKS, n / 20) : 'completion';
  const about = task === 'completion' ? { category: null, score: null } : { category: pick(CATEGORIES, n), score: 2 };
  const fields = { callId, openedAt, tier: pick(TIERS, n), task, windowId: 'w0', run: null, ...about };
  return [
    { kind: 'opened', row: opened(`${callId}/1`, fields) },
    { kind: 'settled', row: settled(`${callId}/1`, { closedAt: openedAt + 900 }) },
  ];
}

async function measureDatabase(): Promise<void> {
  const since = { today: NOW - DAY, week: NOW - 7 * DAY, month: NOW - 30 * DAY, ever: 0 };
  const options = { dir, windowId: 'w1', clock: () => NOW, log: console.error };
  const begun = performance.now();
  const { store } = await openLedger(options);
  await store.totals(since.today);
  note('sqlite', 'open and today', performance.now() - begun, 'ms', 50);
  for (const [name, time] of Object.entries(since)) {
    note('sqlite', `totals: ${name}`, await median(20, () => store.totals(time)), 'ms', name === 'month' ? 300 : '');
  }
  const hover = () => Promise.all([store.totals(since.today), store.totals(since.week), store.totals(since.month)]);
  note('sqlite', 'hover: today, week and month', await median(20, hover), 'ms', 100);
  note('sqlite', 'newest 100 rows', await median(20, () => store.rows({ since: 0, limit: 100 })), 'ms');
  note('sqlite', 'heartbeat', await median(100, () => store.heartbeat(NOW)), 'ms');
  await measureWrites('sqlite', store);
  await store.close();
}

/** The page of insights: all that it reads for the month on show, after another window has filled the ledger. */
async function measureInsights(): Promise<void> {
  const { store } = await openLedger({ dir, windowId: 'w1', clock: () => NOW, log: console.error });
  const { settings } = parseSettings(
    Object.fromEntries(Object.entries(SETTINGS).map(([name, { default: value }]) => [name, value])) as RawSettings,
    undefined,
  );
  const facts = { store, settings, prices: { find: () => Promise.resolve(undefined) }, dismissed: new Map(), now: NOW };
  for (const kind of ['month', 'week'] as const) {
    const view = { kind, back: 0, workspace: '', tier: '' } as const;
    const turns = watchTurns();
    const begun = performance.now();
    await readInsights(facts, view);
    note('sqlite', `insights: ${kind}`, performance.now() - begun, 'ms', 300);
    note('sqlite', `insights: ${kind}: longest turn`, turns.stop(), 'ms', 50);
  }
  await store.close();
}

/** What goes over all rows: it may take its time, but must leave the host its turns and the memory free. */
async function measureWhole(): Promise<void> {
  const options = { dir, windowId: 'w1', clock: () => NOW, log: console.error };
  const { store, verify, copyDaily } = await openLedger(options);
  const file = join(dir, 'export.csv');
  await withTurns('export as CSV', () => writePieces(file, exportPages(pageRows(store), 'csv')));
  const before = livingBytes();
  let most = 0;
  let count = 0;
  for await (const piece of exportPages(pageRows(store), 'csv'))
    if (count++ % 50 === 0) most = Math.max(most, livingBytes() + piece.length);
  note('sqlite', 'export: memory at most', (most - before) / 1e6, 'MB more', 50);
  await withTurns('compare rows and sums', verify);
  await withTurns('compare, and make the daily copy', copyDaily);
  let backup = '';
  const sums = await store.totals(0);
  await withTurns('clear the last month', async () => {
    const cleared = await store.clear({ since: NOW - 30 * DAY, until: NOW });
    backup = cleared.backup ?? '';
    note('sqlite', 'rows cleared', cleared.rows, '');
  });
  await withTurns('put them back', () => store.restore(backup));
  assert.deepEqual(await store.totals(0), sums);
  await store.close();
}

/** What is in use, without what only waits to be collected. */
function livingBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function withTurns(what: string, work: () => Promise<unknown>): Promise<void> {
  const turns = watchTurns();
  const begun = performance.now();
  await work();
  note('sqlite', what, (performance.now() - begun) / 1_000, 's');
  note('sqlite', `${what}: longest turn`, turns.stop(), 'ms', 50);
}

async function measureSpill(): Promise<void> {
  const place = join(dir, 'beside');
  const store = await openKind('spill', place);
  await measureWrites('spill', store);
  const other = await openKind('spill', place, 'w2');
  const begun = performance.now();
  await other.totals(NOW);
  note('spill', `read ${WRITES} rows`, performance.now() - begun, 'ms');
  await store.close();
  await other.close();
  const importing = performance.now();
  const { store: database } = await openLedger({ dir: place, windowId: 'w3', clock: () => NOW, log: console.error });
  note('spill', `import ${WRITES} rows`, performance.now() - importing, 'ms');
  await database.close();
}

async function measureWrites(
  kind: string,
  store: Pick<Awaited<ReturnType<typeof openSqliteLedger>>, 'open' | 'settle'>,
) {
  let n = 0;
  const row = () => opened(`${kind}${n}/1`, { callId: `${kind}${n}`, openedAt: NOW + n, windowId: 'w1' });
  note(kind, 'open a row', 1_000 * (await median(WRITES, () => ((n += 1), store.open(row())))), 'µs', 200);
  n = 0;
  const settle = () => ((n += 1), store.settle(settled(`${kind}${n}/1`)));
  note(kind, 'settle a row', 1_000 * (await median(WRITES, settle)), 'µs', 200);
}

/** Median duration in milliseconds. */
async function median(times: number, work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let run = 0; run < times; run += 1) {
    const begun = performance.now();
    await work();
    durations.push(performance.now() - begun);
  }
  return durations.sort((a, b) => a - b)[times >> 1] ?? 0;
}

function note(store: string, what: string, value: number, unit: string, target: number | '' = ''): void {
  results.push({ store, what, value: Number(value.toPrecision(3)), unit, target });
}

function pick<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T;
}
