/**
 * A window that loses its folder, `node lostFolder.ts <kind> <dir> <loss>`. Writes
 * rows before, during and after the loss, and says as JSON what happened.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LimitUnknownError } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { NOON, opened, settled, withoutSqlite } from '../storage/ledger/rows.ts';

const NOBODY = 65_534;
const [kind, top = '', loss = ''] = process.argv.slice(2);
const dir = join(top, 'ledger');
// Root may write where no one else may.
const wasRoot = process.getuid?.() === 0;
if (wasRoot) {
  chownSync(top, NOBODY, NOBODY);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
}
let now = NOON;
const problems: string[] = [];
const open = (windowId: string) =>
  openLedger({
    dir,
    windowId,
    clock: () => now,
    log: () => undefined,
    onProblem: (message) => problems.push(message),
    ...(kind === 'spill' && { loadSqlite: withoutSqlite }),
  });
const write = async (store: Awaited<ReturnType<typeof open>>['store'], name: string) => {
  for (let n = 0; n < 3; n += 1) {
    await store.open(opened(`${name}${n}/1`));
    await store.settle(settled(`${name}${n}/1`));
  }
};

const parts = ['.', 'ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'spill.jsonl'];
const setAll = (folder: number, file: number, owner: number): void => {
  for (const part of parts.map((name) => join(dir, name)).filter((name) => existsSync(name))) {
    if (wasRoot) chownSync(part, owner, owner);
    chmodSync(part, part === dir ? folder : file);
  }
};
/** As root, where that was possible: a folder of another user, whose permissions cannot be changed back. */
const asRoot = (work: () => void): void => {
  if (wasRoot) process.seteuid?.(0);
  work();
  if (wasRoot) process.seteuid?.(NOBODY);
};

const lose = (): void => {
  if (loss === 'missing') rmSync(dir, { recursive: true });
  else if (loss === 'read-only') setAll(0o555, 0o444, 0);
  else if (loss === 'no permission') setAll(0o700, 0o600, 0);
  else {
    renameSync(dir, join(top, 'elsewhere'));
    if (loss === 'a file') writeFileSync(dir, '');
  }
};
const giveBack = (): void => {
  if (loss === 'read-only' || loss === 'no permission') setAll(0o700, 0o600, NOBODY);
  else if (loss === 'a file') {
    rmSync(dir);
    renameSync(join(top, 'elsewhere'), dir);
  }
};

mkdirSync(dir);
const first = await open('w1');
await write(first.store, 'before');
asRoot(lose);
await write(first.store, 'during');
await first.store.heartbeat((now += 60_000));
await write(first.store, 'still');
// A window that starts during the loss, and one that keeps a budget.
const second = await open('w2');
await write(second.store, 'second');
const limit = { since: 0, tier: null, workspace: null, nanoUsd: 1e12 };
const paid = await second.store.open(opened('paid/1'), [limit]).catch((error: unknown) => error);
const secondRows = await second.store.rows({ since: 0 }).then(
  (rows) => rows.length,
  () => null,
);
asRoot(giveBack);
await first.store.heartbeat((now += 60_000));
await second.store.heartbeat((now += 60_000));
await write(first.store, 'after');
await first.store.close();
await second.store.close();
const third = await open('w3');
const rows = await third.store.rows({ since: 0 });
const refused = paid instanceof LimitUnknownError;
const ids = rows.filter((row) => row.settled).map((row) => row.attemptId.replace(/\d\/1$/, ''));
writeSync(1, `${JSON.stringify({ problems, notices: second.notices, refused, secondRows, ids })}\n`);
