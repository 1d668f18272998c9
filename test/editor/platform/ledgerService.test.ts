import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { mock, test, type TestContext } from 'node:test';
import { limitOf, type Budget } from '../../../src/core/money/budgets.ts';
import { LedgerService } from '../../../src/editor/platform/ledgerService.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { openWindow, settle, until } from '../../support/window.ts';

/** The ledger of a window: when it opens, what it says, and how it is closed. */

const budget = (usd: number): Budget => ({ usd, period: 'month', warnAt: 0.8, stop: 'ask' }) as Budget;

function open(t: TestContext, budgets: readonly Budget[] = []) {
  const window = openWindow(t);
  const dir = path.join(window.host.root, 'ledger');
  const make = (): LedgerService => {
    const service = new LedgerService({
      ...{ dir, log: window.log },
      budgets: () => budgets.map((each) => ({ budget: each, limit: limitOf(each, Date.now()) })),
      frontierPrice: () => Promise.resolve(undefined),
      plans: () => [],
    });
    // Before the folder is removed: a write that fails then would be told in the window of the next test.
    window.host.ends.push(async () => {
      service.dispose();
      await (await service.ready).close();
    });
    return service;
  };
  return { ...window, dir, make };
}

test('activation does not wait for the disk, and figures follow what is written', async (t) => {
  const { make, dir } = open(t);
  const service = make();
  assert.equal(fs.existsSync(dir), false, 'nothing is opened in the turn of activation');
  assert.equal(service.figures, undefined);
  let changes = 0;
  service.onChange(() => changes++);
  const store = await service.ready;
  await store.open(openedRow('a/1'));
  await store.settle(settledRow('a/1'));
  await until(() => service.figures?.today.all.nanoUsd === 1e9);
  assert.ok(changes > 0);
  assert.equal(service.notices.length, 0);
});

test('a budget that is nearly or wholly used up is reported once, over all windows, with a link to the meter', async (t) => {
  const { make, host } = open(t, [budget(1.1), budget(0.5)]);
  const opened: unknown[] = [];
  host.commands.set('gearshift.meter.open', () => void opened.push(true));
  host.willClick(/is used up/, 'Open Insights');
  const service = make();
  const store = await service.ready;
  await store.open(openedRow('a/1'));
  await store.settle(settledRow('a/1'));
  await until(() => host.said.length === 2);
  assert.match(host.said.join('\n'), /budget \$1\.10 a month is nearly used up \(\$1\.00 spent\)/);
  assert.match(host.said.join('\n'), /budget \$0\.50 a month is used up \(\$1\.00 spent\)/);
  await until(() => opened.length === 1);
  // Another window reads the same figures.
  const other = make();
  await other.ready;
  service.refresh();
  await until(() => other.figures?.today.all.nanoUsd === 1e9);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(host.said.length, 2);
});

test('the ledger closes after the part that must write last, even when another part fails', async (t) => {
  const { make, dir } = open(t);
  const service = make();
  const store = await service.ready;
  const order: string[] = [];
  service.beforeClosing(() => Promise.reject(new Error('could not')));
  service.beforeClosing(async () => {
    await settle();
    await store.open(openedRow('last/1'));
    order.push('written');
  });
  const close = t.mock.method(store, 'close');
  service.dispose();
  await until(() => close.mock.callCount() > 0);
  assert.deepEqual(order, ['written']);
  await close.mock.calls[0]?.result;
  assert.ok(fs.existsSync(dir));
  const again = make();
  assert.equal((await (await again.ready).rows({ since: 0, limit: 5 })).length, 1);
});

test('a window that closes while the ledger is being opened leaves neither timers nor messages', async (t) => {
  const { make, host } = open(t, [budget(0.1)]);
  const set = t.mock.method(globalThis, 'setInterval');
  const service = make();
  service.dispose();
  await service.ready;
  await settle();
  assert.equal(set.mock.calls.filter(({ arguments: [, ms] }) => ms === 10_000 || ms === 3_600_000).length, 0);
  assert.equal(service.figures, undefined);
  assert.deepEqual(host.said, []);
});

test('rows and sums are compared after two minutes; the daily copy is made then and checked for every hour', async (t) => {
  const { make, dir } = open(t);
  const service = make();
  await service.ready;
  service.dispose();
  const copies = () => fs.readdirSync(dir).filter((name) => !/^ledger\.db(-wal|-shm)?$/.test(name));
  assert.deepEqual(copies(), [], 'not at the start, which needs the processor itself');
  const calls: { ms: unknown; run: () => void }[] = [];
  const remember = (run: () => void, ms?: number): unknown => {
    calls.push({ ms, run });
    return { unref: () => undefined, [Symbol.toPrimitive]: () => 0 };
  };
  const timeout = globalThis.setTimeout;
  mock.method(globalThis, 'setInterval', remember);
  mock.method(globalThis, 'setTimeout', (run: () => void, ms?: number) =>
    ms === 120_000 ? remember(run, ms) : timeout(run, ms),
  );
  t.after(() => mock.restoreAll());
  const next = make();
  const store = await next.ready;
  await store.open(openedRow('a/1'));
  await store.settle(settledRow('a/1'));
  assert.ok(calls.some(({ ms }) => ms === 120_000));
  assert.ok(calls.some(({ ms }) => ms === 3_600_000));
  mock.restoreAll();
  calls.find(({ ms }) => ms === 120_000)?.run();
  await until(
    () => copies().length > 0 && !copies().join().includes('.part'),
    `no copy in ${fs.readdirSync(dir).join()}`,
  );
  const first = copies().join();
  calls.find(({ ms }) => ms === 3_600_000)?.run();
  await settle();
  assert.equal(copies().join(), first, 'one copy a day');
});

test('what is wrong with the ledger is a notice, and costs are still counted', async (t) => {
  const { make, dir, host } = open(t);
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'ledger.db'), 'this is no database, but somebody put it here'.repeat(200));
  const service = make();
  const store = await service.ready;
  assert.ok(service.notices.length > 0);
  assert.match(service.notices.join(' '), /ledger/i);
  await store.open(openedRow('a/1'));
  await store.settle(settledRow('a/1'));
  await until(() => service.figures?.today.all.calls === 1);
  assert.ok(host.messages.every(({ kind }) => kind === 'warning'));
});
