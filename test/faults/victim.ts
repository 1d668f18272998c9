/**
 * A window that dies at a certain step: `node victim.ts <kind> <dir> <before|after> <n> <what>`: before or after the nth
 * statement of SQLite, or operation on a file, that begins with `what`. Writes rows, clears a part of them, restores it,
 * and says what has been acknowledged.
 */
import { writeSync } from 'node:fs';
import { openLedger } from '../../src/storage/ledger.ts';
import { HOUR, NOON, costOf, opened, settled, withoutSqlite } from '../storage/ledgerRows.ts';
import { spyOnFiles, spyOnSqlite } from './faultyDisk.ts';

const [kind, dir = '', when, nth, what = ''] = process.argv.slice(2);

const counts = { before: 0, after: 0 };
const step = (at: 'before' | 'after') => (name: string) => {
  if (!name.trimStart().startsWith(what)) return;
  counts[at] += 1;
  if (at === when && counts[at] === Number(nth)) process.kill(process.pid, 'SIGKILL');
};
const spy = { before: step('before'), after: step('after') };
if (kind === 'journal') spyOnFiles(spy);

const { store } = await openLedger({
  dir,
  windowId: 'victim',
  clock: () => NOON,
  log: () => undefined,
  onProblem: (message) => console.error(message),
  loadSqlite: kind === 'journal' ? withoutSqlite : () => Promise.resolve(spyOnSqlite(spy)),
});
for (let n = 0; n < 8; n += 1) {
  const id = `v${n}/1`;
  // Over a turn of the month, three in one hour.
  const openedAt = NOON + Math.floor(n / 3) * 15 * 24 * HOUR;
  await store.open(opened(id, { openedAt, windowId: 'victim' }));
  say(`opened ${id}`);
  if (n === 4) continue;
  await store.settle(settled(id, { closedAt: openedAt + 5, cost: { nanoUsd: costOf(id), source: 'computed' } }));
  say(`settled ${id}`);
}
const { backup } = await store.clear({ since: NOON, until: NOON + 20 * 24 * HOUR });
say('cleared');
await store.restore(backup ?? '');
say('restored');

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
