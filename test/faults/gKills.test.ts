import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LedgerRow, LedgerStore, SpendingLimit } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { readBackup } from '../../src/storage/ledger/backup.ts';
import {
  HOUR,
  KINDS,
  NOON,
  addUp,
  costOf,
  inOrder,
  makeDir,
  openKind,
  opened,
  settled,
  withoutSqlite,
} from '../storage/ledger/rows.ts';
import type { Kind } from '../storage/ledger/rows.ts';
import { spyOnFiles, spyOnSqlite } from './faultyDisk.ts';
import { compareWithBook, killWriters, seeded } from './processes.ts';

/** Ledger and storage: windows that die (G01, G02, G12). */

const open = async (t: TestContext, kind: Kind, dir: string, windowId: string): Promise<LedgerStore> => {
  const { store } = await openLedger({
    dir,
    windowId,
    clock: () => NOON,
    log: () => undefined,
    ...(kind === 'spill' && { loadSqlite: withoutSqlite }),
  });
  t.after(() => store.close());
  return store;
};

for (const [kind, kills] of [
  ['sqlite', 30],
  ['spill', 20],
] as const) {
  test(`G01 ${kind}: kill -9 of three writers at a time, ${kills} times: no acknowledged row lost, none twice, sums as in the book`, async (t) => {
    const dir = await makeDir(t);
    const book = await killWriters(kind, dir, kills, seeded(kills));
    assert.ok(book.settled.size > 3 * kills, `only ${book.settled.size} rows`);
    const { rows } = await compareWithBook(await open(t, kind, dir, 'after'), book);
    t.diagnostic(`${rows} rows of ${book.kills} killed writers`);
  });
}

// ---- G02

const CLEARED = { since: NOON, until: NOON + 20 * 24 * HOUR };
const ids = Array.from({ length: 8 }, (_, n) => `v${n}/1`);
/** Over a turn of the month, three in one hour. */
const timeOf = (id: string): number => NOON + Math.floor(ids.indexOf(id) / 3) * 15 * 24 * HOUR;
const NEVER_SETTLED = 'v4/1';
const isCleared = (id: string): boolean => id !== NEVER_SETTLED && timeOf(id) < CLEARED.until;

interface State {
  readonly opened: string[];
  readonly settled: string[];
  stage: string;
}

/** Opens, asks and settles; `state` says what has been acknowledged so far. */
async function writeRows(store: LedgerStore, state: State): Promise<void> {
  for (const id of ids) {
    await store.open(opened(id, { openedAt: timeOf(id), windowId: 'victim' }));
    state.opened.push(id);
    if (id === NEVER_SETTLED) continue;
    const cost = { nanoUsd: costOf(id), source: 'computed' } as const;
    await store.settle(settled(id, { closedAt: timeOf(id) + 5, cost }));
    state.settled.push(id);
  }
}

/** Clears and restores as well. */
async function live(store: LedgerStore, state: State): Promise<void> {
  await writeRows(store, state);
  state.stage = 'clearing';
  const { backup } = await store.clear(CLEARED);
  state.stage = 'restoring';
  await store.restore(backup ?? '');
  state.stage = 'restored';
}

/** The ids in complete backups. */
async function idsInBackups(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir(dir)).filter((name) => name.endsWith('.backup')))
    for await (const changes of readBackup(join(dir, name)))
      for (const { kind, row } of changes) if (kind === 'opened') found.push(row.attemptId);
  return found;
}

/** Folders as they were at the moments at which a window may have died, and what it had acknowledged by then. */
async function collectDeaths(t: TestContext, run: (dir: string, state: State, die: () => void) => Promise<void>) {
  const dir = join(await makeDir(t), 'ledger');
  const copies = await makeDir(t);
  const state: State = { opened: [], settled: [], stage: 'writing' };
  const deaths: { dir: string; opened: string[]; settled: string[]; stage: string }[] = [];
  // What kill -9 leaves behind is what the files hold at that moment: a copy of them.
  const die = (): void => {
    const copy = join(copies, String(deaths.length));
    deaths.push({ dir: copy, opened: [...state.opened], settled: [...state.settled], stage: state.stage });
    cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
  };
  mkdirSync(dir);
  const release = spyOnFiles({ before: die, after: die });
  try {
    await run(dir, state, die);
  } finally {
    release();
  }
  return deaths;
}

async function checkDeaths(t: TestContext, kind: Kind, deaths: Awaited<ReturnType<typeof collectDeaths>>) {
  for (const [step, death] of deaths.entries()) {
    const store = await open(t, kind, death.dir, 'after');
    const rows = await store.rows({ since: 0 });
    await checkDeath({ store, rows, ...death }).catch((error: unknown) => {
      throw new Error(`${kind}, step ${step} of ${deaths.length}, ${death.stage}`, { cause: error });
    });
    await store.close();
  }
  t.diagnostic(`${kind}: ${deaths.length} deaths`);
}

test('G02 sqlite: dead at each step of open, request, settle, clear and restore, the ledger is consistent after the restart', async (t) => {
  const deaths = await collectDeaths(t, async (dir, state, die) => {
    const loadSqlite = () => Promise.resolve(spyOnSqlite({ before: die }));
    const { store } = await openLedger({
      dir,
      windowId: 'victim',
      clock: () => NOON,
      log: () => undefined,
      loadSqlite,
    });
    await live(store, state);
    die();
    await store.close();
  });
  assert.ok(deaths.length > 100, `${deaths.length} steps`);
  await checkDeaths(t, 'sqlite', deaths);
});

test('G02 spill: dead at each step of writing beside the database and of the import, every row is there once after the restart', async (t) => {
  const options = { clock: () => NOON, log: () => undefined };
  let written = 0;
  const deaths = await collectDeaths(t, async (dir, state, die) => {
    const victim = await openLedger({ ...options, dir, windowId: 'victim', loadSqlite: withoutSqlite });
    await writeRows(victim.store, state);
    await victim.store.close();
    die();
    written = state.opened.length + state.settled.length;
    state.stage = 'importing';
    const loadSqlite = () => Promise.resolve(spyOnSqlite({ before: die }));
    const importer = await openLedger({ ...options, dir, windowId: 'importer', loadSqlite });
    state.stage = 'restored';
    die();
    await importer.store.close();
  });
  assert.equal(written, 15);
  assert.ok(deaths.filter(({ stage }) => stage === 'importing').length > 20);
  // Without the database, while there is none; with it, at any time.
  await checkDeaths(
    t,
    'spill',
    deaths.filter(({ stage, dir }) => stage === 'writing' && !existsSync(join(dir, 'ledger.db'))).map(copied),
  );
  await checkDeaths(t, 'sqlite', deaths);
});

/** The same in a folder of its own: the check writes into it. */
function copied<Where extends { readonly dir: string }>(death: Where): Where {
  cpSync(death.dir, `${death.dir}-copy`, { recursive: true, preserveTimestamps: true });
  return { ...death, dir: `${death.dir}-copy` };
}

interface Death {
  readonly store: LedgerStore;
  readonly rows: readonly LedgerRow[];
  readonly dir: string;
  readonly opened: readonly string[];
  readonly settled: readonly string[];
  readonly stage: string;
}

async function checkDeath({ store, rows, dir, opened, settled, stage }: Death): Promise<void> {
  const found = new Map(rows.map((row) => [row.attemptId, row]));
  assert.equal(found.size, rows.length, 'a row is there twice');
  const backedUp = new Set(await idsInBackups(dir));
  for (const id of opened) assert.ok(found.has(id) || (isCleared(id) && backedUp.has(id)), `${id} is lost`);
  for (const id of settled) {
    const row = found.get(id);
    if (row) assert.equal(row.settled?.cost.nanoUsd, costOf(id), `${id} is not settled`);
  }
  if (stage === 'restored') assert.equal(found.size, ids.length);
  assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(rows)));

  await store.heartbeat(timeOf('v7/1') + 120_000);
  const after = await store.rows({ since: 0 });
  assert.ok(after.every((row) => row.settled));
  const interrupted = after.filter(({ attemptId }) => !found.get(attemptId)?.settled);
  for (const row of interrupted)
    assert.deepEqual(
      [row.settled?.outcome, row.settled?.cost],
      ['interrupted', { nanoUsd: 90_000, source: 'estimated' }],
    );
  assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(after)));
}

// ---- G12

const LIMIT: SpendingLimit = { since: 0, tier: null, workspace: null, nanoUsd: 1e9 };

/** A process that holds the lock of the ledger and says so. */
async function holdLock(t: TestContext, kind: Kind, dir: string) {
  const file = fileURLToPath(new URL('./lockHolder.ts', import.meta.url));
  const child = spawn(process.execPath, [file, kind, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

for (const kind of KINDS) {
  test(`G12 ${kind}: the holder of the lock is killed: the next waits 5 s at most, and the lock is free for all`, async (t) => {
    const dir = await makeDir(t);
    await (await openKind(kind, dir)).close();
    const holder = await holdLock(t, kind, dir);
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    const store = await openKind(kind, dir);
    t.after(() => store.close());
    const begun = performance.now();
    await store.open(opened('a/1'), [LIMIT]);
    assert.ok(performance.now() - begun < 5_000, `${performance.now() - begun} ms`);
    const again = performance.now();
    await store.open(opened('b/1'), [LIMIT]);
    // A lock that is not free is waited for, for 5 s.
    assert.ok(performance.now() - again < 2_500, `${performance.now() - again} ms`);
    const other = await openKind(kind, dir, 'w2');
    t.after(() => other.close());
    await other.open(opened('c/1'), [LIMIT]);
    assert.deepEqual(
      (await readdir(dir)).filter((name) => name.endsWith('.lock')),
      [],
    );
  });
}
