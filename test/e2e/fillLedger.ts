import path from 'node:path';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { makeLedger } from '../support/yearLedger.ts';
import type { VSCode } from './harness.ts';

/** Writes the rows of the last so many days into the ledger of the window, as another window would have. */
export async function fillLedger(code: VSCode, days: number, seed = 1): Promise<void> {
  const file = path.join(code.globalStorageDir, 'ledger', 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'spec' });
  const { opened, settled, outcomes } = makeLedger(days, Date.now(), seed);
  store.include([
    ...opened.map((row) => ({ kind: 'opened', row }) as const),
    ...settled.map((row) => ({ kind: 'settled', row }) as const),
    ...outcomes.map((row) => ({ kind: 'outcome', row }) as const),
  ]);
  await store.close();
}
