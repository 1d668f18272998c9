import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { copyFile, cp, open, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { LedgerStore } from '../../src/core/ledger/ledger.ts';
import { decodeChange } from '../../src/storage/ledger/change.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { LedgerOptions } from '../../src/storage/ledger/openLedger.ts';
import { HOUR, NOON, addUp, costOf, inOrder, makeDir, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';
import { errorOf, spyOnFiles, spyOnSqlite } from './faultyDisk.ts';
import { seeded } from './processes.ts';

/** Ledger and storage: files that are damaged or there twice (G03, G04, G10). */

const SPILL = 'spill.jsonl';

interface Start {
  readonly windowId?: string;
  readonly sqlite?: boolean;
  readonly now?: number;
  readonly load?: LedgerOptions['loadSqlite'];
}

async function start(t: TestContext, dir: string, { windowId = 'w1', sqlite = true, now = NOON, load }: Start = {}) {
  const told: string[] = [];
  const { store, notices, verify, copyDaily } = await openLedger({
    dir,
    windowId,
    clock: () => now,
    log: () => undefined,
    onProblem: (message) => told.push(message),
    ...(!sqlite && { loadSqlite: withoutSqlite }),
    ...(load && { loadSqlite: load }),
  });
  t.after(() => store.close());
  return { store, told, notices, verify, copyDaily };
}

const idOf = (n: number): string => `c${n}/1`;

async function write(store: LedgerStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const id = idOf(n);
    await store.open(opened(id, { openedAt: NOON + n }));
    await store.settle(settled(id, { cost: { nanoUsd: costOf(id), source: 'computed' } }));
  }
}

/** A closed database with settled rows from 0 on, and a copy from when it had the first `copied` of them. */
async function database(
  t: TestContext,
  rows: number,
  copied: number,
): Promise<{ dir: string; file: string; bytes: Buffer }> {
  const dir = await makeDir(t);
  const { store, copyDaily } = await start(t, dir);
  await write(store, 0, copied);
  if (copied > 0) await copyDaily();
  await write(store, copied, rows);
  await store.close();
  const file = join(dir, 'ledger.db');
  return { dir, file, bytes: await readFile(file) };
}

const COPY = /^ledger\.db\.copy-\d{4}-\d{2}-\d{2}$/;

/** A folder with a damaged database, and the copy of another. */
async function damagedFolder(t: TestContext, from: string, bytes: Buffer): Promise<string> {
  const dir = await makeDir(t);
  await writeFile(join(dir, 'ledger.db'), bytes);
  for (const name of (await readdir(from)).filter((name) => COPY.test(name)))
    await copyFile(join(from, name), join(dir, name));
  return dir;
}

/** The numbers of the pages on which each row's bytes lie, by searching for its id beside its call's. */
function pagesOfRows(bytes: Buffer, rows: number): Map<string, number> {
  const pages = new Map<string, number>();
  for (let n = 0; n < rows; n += 1) {
    // Id and call id are side by side in the table only, not in its indexes.
    const at = bytes.indexOf(`${idOf(n)}c${n}`);
    assert.ok(at >= 0);
    pages.set(idOf(n), Math.floor(at / 4_096));
  }
  return pages;
}

const costsOf = async (store: LedgerStore) =>
  new Map((await store.rows({ since: 0 })).map((row) => [row.attemptId, row.settled?.cost.nanoUsd]));

test('G03 spill: the last line cut at every byte costs that line only, is kept, and the next is a line of its own', async (t) => {
  const first = await makeDir(t);
  const { store: spill } = await start(t, first, { sqlite: false });
  await write(spill, 0, 2);
  await spill.close();
  const whole = await readFile(join(first, SPILL));
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let cut = lastLine; cut < whole.length; cut += 1) {
    const dir = await makeDir(t);
    await writeFile(join(dir, SPILL), whole.subarray(0, cut));
    const { store, told } = await start(t, dir, { windowId: 'w2', sqlite: false });
    await store.totals(0);
    await store.open(opened('next/1', { openedAt: NOON + 9 }));
    const states = (await store.rows({ since: 0 })).map((row) => [row.attemptId, row.settled !== null]);
    // Only the line end was cut: the next line brings it.
    const kept = cut === whole.length - 1;
    assert.deepEqual(states, [
      ['next/1', false],
      [idOf(1), kept],
      [idOf(0), true],
    ]);
    assert.equal(told.length, cut === lastLine || kept ? 0 : 1, `cut at ${cut}`);
    assert.ok((await readFile(join(dir, SPILL))).subarray(0, cut).equals(whole.subarray(0, cut)));
  }
});

test('G03 sqlite: the log cut anywhere in its last transaction costs that transaction only, and the next row is written', async (t) => {
  const live = await makeDir(t);
  const { store } = await start(t, live);
  await write(store, 0, 20);
  const before = (await stat(join(live, 'ledger.db-wal'))).size;
  await store.open(opened('last/1', { openedAt: NOON + 99 }));
  const after = (await stat(join(live, 'ledger.db-wal'))).size;
  assert.ok(after > before);
  const copy = await makeDir(t);
  await cp(live, copy, { recursive: true });
  const pick = seeded(3);
  const cuts = [
    before,
    before + 1,
    after - 1,
    ...Array.from({ length: 20 }, () => before + Math.floor(pick() * (after - before))),
  ];
  for (const cut of cuts) {
    const dir = await makeDir(t);
    for (const name of ['ledger.db', 'ledger.db-wal']) await copyFile(join(copy, name), join(dir, name));
    await truncate(join(dir, 'ledger.db-wal'), cut);
    const again = await start(t, dir, { windowId: 'w2' });
    assert.deepEqual([...again.notices, ...again.told], []);
    assert.equal((await again.store.rows({ since: 0 })).length, 20, `cut at ${cut}`);
    await again.store.open(opened('next/1', { openedAt: NOON + 100 }));
    assert.equal((await again.store.totals(0))[0]?.attempts, 21);
    await again.store.close();
  }
});

test('G04 spill: flipped bytes, a zeroed block and junk in the middle cost the lines they hit, which are counted and kept', async (t) => {
  const first = await makeDir(t);
  const { store: spill } = await start(t, first, { sqlite: false });
  await write(spill, 0, 200);
  await spill.close();
  const whole = await readFile(join(first, SPILL));
  const pick = seeded(4);
  const flipped = (flips: number): Buffer => {
    const bytes = Buffer.from(whole);
    for (let n = 0; n < flips; n += 1) {
      const place = Math.floor(pick() * bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 + Math.floor(pick() * 255));
    }
    return bytes;
  };
  const middle = Math.floor(whole.length / 2);
  const junk = Buffer.from(Array.from({ length: 5_000 }, () => Math.floor(pick() * 256)));
  const files = [
    ...Array.from({ length: 40 }, (_, n) => flipped(1 + Math.floor((n / 39) ** 3 * 999))),
    Buffer.from(whole).fill(0, middle, middle + 4_096),
    // The closing brace of a line was once not looked at.
    Buffer.from(whole).fill('|', whole.lastIndexOf('}'), whole.lastIndexOf('}') + 1),
    Buffer.concat([whole.subarray(0, middle), junk, whole.subarray(middle)]),
    Buffer.concat([whole, Buffer.alloc(3 << 20, 0xff)]),
  ];
  for (const [n, bytes] of files.entries()) {
    const dir = await makeDir(t);
    await writeFile(join(dir, SPILL), bytes);
    const { store, told } = await start(t, dir, { windowId: 'w2', sqlite: false });
    const sound = new Set(whole.toString('latin1').split('\n'));
    const lines = bytes.toString('latin1').split('\n').filter(Boolean);
    const changes = lines.filter((line) => sound.has(line)).map((line) => decodeChange(Buffer.from(line, 'latin1')));
    const ids = changes.flatMap((change) => (change?.kind === 'opened' ? change.row.attemptId : []));
    const rows = await store.rows({ since: 0 });
    assert.deepEqual(rows.map((row) => row.attemptId).sort(), ids.sort(), `file ${n}`);
    assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(rows)));
    // What has no line end for megabytes counts as some lines.
    if (n < files.length - 1) assert.match(told.join(), new RegExp(`^${lines.length - changes.length} damaged line`));
    else assert.match(told.join(), /^\d damaged lines/);
    await store.open(opened('next/1'));
    assert.ok((await readFile(join(dir, SPILL))).subarray(0, bytes.length).equals(bytes), 'the original is kept');
  }
});

const ROWS = 650;

const COPIED = 400;

/** Words that tell of rows that are missing, or may be. */
const TELLS_LOSS = /(\d+ (newer rows )?are lost|may be missing|has been started)/;

for (const [name, copied] of [
  ['a copy', COPIED],
  ['no copy', 0],
] as const) {
  test(`G04 sqlite, ${name}: any page zeroed: rows of the copy and rows that SQLite can read are there, a loss is reported, the file is kept`, async (t) => {
    const { dir: from, bytes } = await database(t, ROWS, copied);
    const pages = pagesOfRows(bytes, ROWS);
    const count = bytes.length / 4_096;
    assert.ok(count > 50, `${count} pages`);
    let most = 0;
    for (let page = 0; page < count; page += page < 4 ? 1 : 7) {
      const broken = Buffer.from(bytes).fill(0, page * 4_096, (page + 1) * 4_096);
      const dir = await damagedFolder(t, from, broken);
      const { store, notices, told, verify } = await start(t, dir);
      // A page is met when it is used, or at the check in idle time; the same window continues.
      if (page % 2 === 0) await verify();
      await store.totals(0);
      const costs = await costsOf(store).catch(() => assert.fail(`page ${page} cannot be read`));
      for (let n = 0; n < ROWS; n += 1) {
        const cost = costs.get(idOf(n));
        if (n < copied) assert.equal(cost, costOf(idOf(n)), `page ${page}: ${idOf(n)} is in the copy`);
        else assert.ok(cost === undefined || cost === costOf(idOf(n)), `page ${page}: ${idOf(n)}`);
      }
      assert.equal(costs.size, [...costs.keys()].filter((id) => pages.has(id)).length, 'no row is made up');
      const said = [...notices, ...told].join();
      const aside = (await readdir(dir)).find((name) => name.includes('damaged') && !name.endsWith('-wal'));
      const lost = ROWS - costs.size;
      // The rows on one leaf are lost at most, unless the page leads to others.
      const onPage = [...pages.values()].filter((on) => on === page).length;
      if (onPage > 0) assert.ok(lost <= onPage, `page ${page}: ${lost} lost, ${onPage} on it`);
      if (lost > 0) assert.match(said, TELLS_LOSS, `page ${page}: ${lost} lost`);
      if (lost > 0 && copied > 0) assert.match(said, /copy of \d{4}-\d{2}-\d{2}/);
      most = Math.max(most, lost);
      if (aside) assert.ok((await readFile(join(dir, aside))).equals(broken), 'the original is kept');
      await store.open(opened('next/1'));
      await store.settle(settled('next/1'));
      assert.equal((await costsOf(store)).get('next/1'), 5_001, `page ${page}`);
      await store.close();
    }
    t.diagnostic(`${most} rows of ${ROWS} lost at most`);
  });
}

test('G04 sqlite: 1 to 1,000 flipped bytes and junk in the middle: every row of the copy is there, and none is made up', async (t) => {
  const { dir: from, bytes } = await database(t, ROWS, COPIED);
  const pages = pagesOfRows(bytes, ROWS);
  const pick = seeded(442);
  let rescued = 0;
  let sound = 0;
  for (let run = 0; run < 20; run += 1) {
    const broken = Buffer.from(bytes);
    const hit = new Set<number>();
    const spoil = (place: number, mask: number): void => {
      broken[place] = (broken[place] ?? 0) ^ mask;
      hit.add(Math.floor(place / 4_096));
    };
    const flips = run < 14 ? 1 + Math.floor((run / 13) ** 3 * 999) : 0;
    for (let n = 0; n < flips; n += 1) spoil(Math.floor(pick() * bytes.length), 1 + Math.floor(pick() * 255));
    if (run >= 14) {
      const from = Math.floor(pick() * (bytes.length - 10_000));
      for (let n = 0; n < 1 + pick() * 10_000; n += 1) spoil(from + n, 1 + Math.floor(pick() * 255));
    }
    const dir = await damagedFolder(t, from, broken);
    const { store, notices, told, verify } = await start(t, dir);
    await verify();
    const costs = await costsOf(store).catch((error: unknown) => assert.fail(`run ${run}: ${String(error)}`));
    const isRepaired = (await readdir(dir)).some((name) => name.includes('damaged'));
    for (let n = 0; n < COPIED && isRepaired; n += 1)
      assert.equal(costs.get(idOf(n)), costOf(idOf(n)), `run ${run}: ${idOf(n)}`);
    const later = [...pages].slice(COPIED).filter(([, page]) => !hit.has(page));
    sound += later.length;
    rescued += later.filter(([id]) => costs.get(id) === costOf(id)).length;
    assert.ok(costs.size <= ROWS);
    // A flipped version number reads as that of a newer version: the file stays as it is, and the user is told.
    if (costs.size < ROWS)
      assert.match(
        [...notices, ...told].join(),
        /cannot be shown/.test(notices.join()) ? /newer version/ : TELLS_LOSS,
        `run ${run}`,
      );
    await store.open(opened('next/1'));
    await store.settle(settled('next/1'));
    await store.close();
  }
  t.diagnostic(`of ${sound} rows on sound pages that are in no copy ${rescued} were read`);
  assert.ok(rescued > sound / 2);
});

test('G04 sqlite: only the copies are left: the newest sound one is used, and the user sees its date', async (t) => {
  const dir = await makeDir(t);
  const day = 24 * HOUR;
  for (const [n, now] of [NOON - 2 * day, NOON - day, NOON].entries()) {
    const { store, copyDaily } = await start(t, dir, { now });
    await write(store, n * 10, n * 10 + 10);
    await copyDaily();
    await copyDaily();
    await store.close();
  }
  const copies = (await readdir(dir)).filter((name) => COPY.test(name));
  assert.equal(copies.length, 2, 'two are kept');
  for (const name of copies) assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600);
  const broken = Buffer.alloc(40_000, 'x');
  for (const [spoilt, rows] of [
    [[], 30],
    [copies.slice(1), 20],
    [copies, 0],
  ] as const) {
    const place = await damagedFolder(t, dir, broken);
    for (const name of spoilt) await writeFile(join(place, name), broken);
    const { store, notices } = await start(t, place, { now: NOON + day });
    assert.equal((await store.rows({ since: 0 })).length, rows);
    assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(await store.rows({ since: 0 }))));
    assert.equal(notices.length, 1);
    assert.match(notices.join(), TELLS_LOSS);
    const [aside = ''] = (await readdir(place)).filter((name) => name.startsWith('ledger.db.damaged-'));
    assert.ok((await readFile(join(place, aside))).equals(broken));
    await store.close();
  }
});

test('G04 sqlite: a window that dies at any step of the restoration leaves the rest to the next', async (t) => {
  const { dir: from, bytes } = await database(t, 60, 40);
  const dir = await damagedFolder(t, from, Buffer.from(bytes).fill(0, 0, 4_096));
  const copies = await makeDir(t);
  let deaths = 0;
  const die = (): void =>
    cpSync(dir, join(copies, String((deaths += 1))), { recursive: true, preserveTimestamps: true });
  const release = spyOnFiles({ before: die, after: die });
  try {
    const { store } = await start(t, dir, { load: () => Promise.resolve(spyOnSqlite({ before: die })) });
    await store.close();
  } finally {
    release();
  }
  assert.ok(deaths > 50, String(deaths));
  for (let n = 1; n <= deaths; n += 1) {
    const { store } = await start(t, join(copies, String(n)), { windowId: 'w2' });
    const costs = await costsOf(store);
    for (let row = 0; row < 40; row += 1) assert.equal(costs.get(idOf(row)), costOf(idOf(row)), `death ${n}`);
    assert.equal(costs.size, 40);
    await store.close();
  }
  t.diagnostic(`${deaths} deaths`);
});

test('G04 sqlite: what was cleared does not come back from a copy, and a clock that was wrong once makes no copy the newest forever', async (t) => {
  const dir = await makeDir(t);
  const wrong = await start(t, dir, { now: Date.UTC(2031, 0, 1) });
  await write(wrong.store, 0, 5);
  await wrong.copyDaily();
  await wrong.store.close();
  for (const now of [NOON, NOON + 24 * HOUR, NOON + 48 * HOUR]) {
    const { store, copyDaily } = await start(t, dir, { now });
    await copyDaily();
    await store.close();
  }
  assert.equal((await readdir(dir)).filter((name) => name.includes('copy-2031')).length, 0);
  const { store, copyDaily } = await start(t, dir);
  await store.clear({ since: 0, until: NOON + 3 });
  assert.deepEqual(
    (await readdir(dir)).filter((name) => COPY.test(name)),
    [],
  );
  await copyDaily();
  await store.close();
  for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) await rm(join(dir, name), { force: true });
  await writeFile(join(dir, 'ledger.db'), 'not a database, '.repeat(1_000));
  const again = await start(t, dir, { now: NOON + HOUR });
  assert.deepEqual((await costsOf(again.store)).size, 2);
});

test('G04 sqlite: a copy is complete although other windows write at the same time, and a disk that refuses it leaves none', async (t) => {
  const dir = await makeDir(t);
  const [one, two] = await Promise.all([start(t, dir), start(t, dir, { windowId: 'w2' })]);
  await write(one.store, 0, 100);
  await Promise.all([one.copyDaily(), write(two.store, 100, 200), two.copyDaily(), write(one.store, 200, 300)]);
  const [name = ''] = (await readdir(dir)).filter((name) => name.includes('copy-'));
  assert.match(name, COPY);
  const db = new DatabaseSync(join(dir, name), { readOnly: true });
  assert.ok(Number(db.prepare('SELECT count(*) AS n FROM attempts').get()?.['n']) >= 100);
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  db.close();
  const later = await start(t, dir, { windowId: 'w3', now: NOON + 24 * HOUR });
  const release = spyOnFiles({
    before(operation) {
      if (operation === 'sync') throw errorOf('ENOSPC');
    },
  });
  await later.copyDaily().finally(release);
  assert.deepEqual(
    (await readdir(dir)).filter((found) => found.includes('copy-')),
    [name],
  );
});

test('G04 sqlite: three windows on a database that is damaged under them end up in one and the same, with all their rows', async (t) => {
  const { dir, file } = await database(t, ROWS, 0);
  const windows = await Promise.all(['w1', 'w2', 'w3'].map((windowId) => start(t, dir, { windowId })));
  for (const [n, { store }] of windows.entries()) await store.open(opened(`mine${n}/1`, { windowId: `w${n + 1}` }));
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(3 * 4_096, 0xa5), 0, 3 * 4_096, 8 * 4_096);
  await handle.close();
  const [first] = windows;
  assert.ok(first);
  await first.store.rows({ since: 0 });
  for (const [n, { store }] of windows.entries()) await store.settle(settled(`mine${n}/1`));
  for (const { store } of windows) await store.heartbeat(NOON);
  const found = await Promise.all(windows.map(({ store }) => costsOf(store)));
  for (const costs of found) {
    assert.deepEqual(costs, found[0]);
    for (const n of [0, 1, 2]) assert.equal(costs.get(`mine${n}/1`), 5_001, `mine${n}`);
  }
  assert.ok((found[0]?.size ?? 0) > ROWS - 60, String(found[0]?.size));
});

test('G04 sqlite: a lock that a window left behind at the repair delays no window for long', async (t) => {
  const dir = await makeDir(t);
  await writeFile(join(dir, 'ledger.db'), 'not a database, '.repeat(1_000));
  await writeFile(join(dir, 'ledger.db.lock'), '');
  const old = Date.now() / 1_000 - 2;
  await utimes(join(dir, 'ledger.db.lock'), old, old);
  const begun = performance.now();
  const { store, notices } = await start(t, dir);
  await write(store, 0, 1);
  assert.ok(performance.now() - begun < 2_000);
  assert.equal(notices.length, 1);
  assert.ok(!(await readdir(dir)).includes('ledger.db.lock'));
});

test('G10 the same rows twice, in a copied file, from a sync conflict or a restored backup, count once', async (t) => {
  const dir = await makeDir(t);
  const spill = await start(t, dir, { sqlite: false });
  await write(spill.store, 0, 5);
  await copyFile(join(dir, SPILL), join(dir, 'ledger-2026-11 (conflict).jsonl'));
  const expected = addUp(await spill.store.rows({ since: 0 }));
  const again = await start(t, dir, { sqlite: false, windowId: 'w2' });
  assert.deepEqual(await again.store.totals(0), expected);
  assert.equal(expected[0]?.attempts, 5);

  const db = await start(t, dir, { windowId: 'w3' });
  assert.deepEqual(await db.store.totals(0), expected);
  // Copied back after they were imported.
  const imported = (await readdir(dir)).find((name) => name.endsWith('.imported'));
  await copyFile(join(dir, imported ?? ''), join(dir, SPILL));
  const later = await start(t, dir, { windowId: 'w4' });
  assert.deepEqual(await later.store.totals(0), expected);
  const { backup } = await later.store.clear({ since: NOON + 1, until: NOON + 3 });
  assert.equal((await later.store.totals(0))[0]?.attempts, 3);
  await later.store.restore(backup ?? '');
  await later.store.restore(backup ?? '');
  assert.deepEqual(await later.store.totals(0), expected);
});
