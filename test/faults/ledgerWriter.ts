/**
 * A window of its own, as a process: `node ledgerWriter.ts <kind> <dir> <window> <rows>`. Opens and settles rows as fast
 * as it can and says `opened <id>` and `settled <id>` as soon as the ledger has acknowledged it.
 */
import { writeSync } from 'node:fs';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { costOf, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';

const [kind, dir = '', windowId = '', rows = '0'] = process.argv.slice(2);
const { store, notices } = await openLedger({
  dir,
  windowId,
  clock: Date.now,
  log: () => undefined,
  onProblem: (message) => console.error(message),
  ...(kind === 'spill' && { loadSqlite: withoutSqlite }),
});
for (const notice of notices) say(`notice ${notice}`);

for (let n = 0; n < Number(rows); n += 1) {
  const id = `${windowId}-${n}/1`;
  await store.open(opened(id, { windowId }));
  if (!store.problem) say(`opened ${id}`);
  await store.settle(settled(id, { cost: { nanoUsd: costOf(id), source: 'computed' } }));
  if (!store.problem) say(`settled ${id}`);
}
await store.close();

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
