import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Uri } from 'vscode';
import { clearLedger } from '../../../src/editor/ledger/clearLedger.ts';
import { exportLedger } from '../../../src/editor/ledger/exportLedger.ts';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { startHost, type HostOptions } from '../../support/vscode/host.ts';

/** What the user can do with the ledger by a command: write it to a file, clear a period, put it back. */

async function openStore(t: TestContext, options: HostOptions = {}) {
  const host = startHost(t, options);
  const { store } = await openLedger({
    dir: path.join(host.root, 'ledger'),
    windowId: 'window-1',
    clock: Date.now,
    log: () => undefined,
  });
  t.after(() => store.close());
  const spend = async (attemptId: string, openedAt = Date.now()): Promise<void> => {
    await store.open(openedRow(attemptId, { openedAt }));
    await store.settle(settledRow(attemptId, { closedAt: openedAt + 5 }));
  };
  const left = async () => (await store.rows({ since: 0, limit: 9 })).map((row) => row.attemptId);
  return { host, store, spend, left };
}

test('an export is CSV or JSON by the ending that the user chose, and can be opened', async (t) => {
  const { host, store, spend } = await openStore(t);
  await spend('a/1');
  await spend('b/1');
  for (const name of ['out.csv', 'out.json', 'OUT.JSON']) {
    host.willChooseFiles(host.uri(name));
    if (name === 'out.csv') host.willClick(/2 rows of the ledger exported\./, 'Open');
    await exportLedger(store);
  }
  assert.equal((host.onDisk('out.csv') ?? '').trim().split('\n').length, 3);
  for (const name of ['out.json', 'OUT.JSON'])
    assert.equal((JSON.parse(host.onDisk(name) ?? '') as unknown[]).length, 2, name);
  assert.equal(host.activeEditor?.document.uri.toString(), host.uri('out.csv').toString());
  assert.equal(host.onDisk('out-outcomes.csv'), null, 'where nothing became of suggestions there is no second file');
});

test('without a file nothing is exported; a stopped export leaves no file and says nothing', async (t) => {
  const { host, store, spend } = await openStore(t);
  await spend('a/1');
  await exportLedger(store);
  assert.equal(host.progress.length, 0);
  host.willChooseFiles(host.uri('out.csv'));
  const { rows } = store;
  t.mock.method(store, 'rows', (query: Parameters<typeof rows>[0]) => {
    host.progress[0]?.cancel();
    return rows.call(store, query);
  });
  await exportLedger(store);
  assert.deepEqual(fs.readdirSync(host.uri('.').fsPath), []);
  assert.equal(host.said.length, 0);
});

test('a file system of another kind gets the whole export', async (t) => {
  const { host, store, spend } = await openStore(t);
  await spend('a/1');
  const target = Uri.parse('vscode-vfs://github/me/out.csv');
  host.willChooseFiles(target);
  await exportLedger(store);
  const written = host.remoteFiles.get(target.toString());
  assert.match(new TextDecoder().decode(written), /a\/1/);
});

test('an export that cannot be written tells the caller, which tells the user', async (t) => {
  const { host, store, spend } = await openStore(t, { files: { file: 'not a folder' } });
  await spend('a/1');
  host.willChooseFiles(host.uri('file/out.csv'));
  await assert.rejects(exportLedger(store));
  assert.equal(host.said.length, 0);
});

test('clearing asks first, says how many rows, and can be undone at once', async (t) => {
  const { host, store, spend, left } = await openStore(t);
  await spend('a/1');
  host.willPick(/Clear cost ledger/, 'Everything');
  await clearLedger(store);
  const [question] = host.messages;
  assert.equal(question?.text, 'Clear 1 row ($1.00) of the cost ledger?');
  assert.equal(question.modal, true);
  assert.match(question.detail ?? '', /^Everything\. .*can be restored/);
  assert.deepEqual(await left(), ['a/1'], 'closing the question clears nothing');
  host.willPick(/Clear cost ledger/, 'Everything');
  host.willClick(/Clear 1 row/, 'Clear');
  host.willClick(/1 row cleared; it is kept in/, 'Undo');
  await clearLedger(store);
  assert.deepEqual(await left(), ['a/1']);
  assert.equal(host.said.at(-1), '1 row restored to the cost ledger.');
});

test('days are typed, checked in their boxes, and both belong to the period', async (t) => {
  const { host, store, spend, left } = await openStore(t);
  const noon = (day: string): number => new Date(`${day}T12:00:00`).getTime();
  for (const day of ['2026-03-01', '2026-03-02', '2026-03-03']) await spend(day, noon(day));
  const choose = (first: string | undefined, last?: string): void => {
    host.willPick(/Clear cost ledger/, 'Custom date range…');
    host.willType(/Start date/, first);
    if (last !== undefined) host.willType(/End date/, last);
  };
  choose('1st of March');
  await assert.rejects(clearLedger(store), /Enter a date like/);
  choose('2026-03-02', '2026-03-01');
  await assert.rejects(clearLedger(store), /before the start date/);
  choose(undefined);
  await clearLedger(store);
  choose('2026-03-01', '2026-03-02');
  host.willClick(/Clear 2 rows/, 'Clear');
  await clearLedger(store);
  assert.deepEqual(await left(), ['2026-03-03']);
});

test('what was cleared earlier is offered, and a message says when there is nothing to clear', async (t) => {
  const { host, store, spend, left } = await openStore(t);
  await spend('a/1');
  host.willPick(/Clear cost ledger/, 'Everything');
  host.willClick(/Clear 1 row/, 'Clear');
  await clearLedger(store);
  assert.deepEqual(await left(), []);
  host.willPick(/Clear cost ledger/, 'Everything');
  await clearLedger(store);
  assert.equal(host.said.at(-1), 'There is nothing to clear.');
  const [backup] = (await store.files()).backups;
  assert.ok(backup);
  host.willPick(/Clear cost ledger/, `Restore what was cleared on ${new Date(backup.at).toLocaleString()}`);
  await clearLedger(store);
  assert.deepEqual(await left(), ['a/1']);
});
