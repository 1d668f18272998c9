import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Cleared } from '../../core/ledger/ledger.ts';
import type { TimeSpan } from '../../core/common/types.ts';
import { pageOutcomes, pageRows } from '../../core/ledger/paging.ts';
import { readBackup, writeBackup } from './backup.ts';
import { idOf, type RowChange } from './change.ts';
import { removeCopies } from './copies.ts';
import type { LedgerReader } from './reader.ts';
import { inTransaction } from './schema.ts';
import { SUM_GROUPS_OF_HOUR } from './groupStatements.ts';
import { HOUR_MS, OUTCOME_SUMS_OF_HOUR, SUMS_OF_HOUR } from './statements.ts';

/** Rows that are deleted in one transaction: a few milliseconds of the host's time. */
const BATCH = 500;

/** Writes the settled rows and the outcomes of a period to a backup, then deletes them from the database. */
export async function clearPeriod(
  db: DatabaseSync,
  file: string,
  reader: Pick<LedgerReader, 'rows' | 'outcomes'>,
  period: TimeSpan,
): Promise<Cleared> {
  const cleared = await writeBackup(dirname(file), pageRows(reader, period), pageOutcomes(reader, period));
  if (!cleared.backup) return cleared;
  // The copies hold what is cleared: it would come back if the file had to be restored from them.
  await removeCopies(file);
  const takeOut = createDeletion(db);
  for await (const { hour, gone } of byHour(readBackup(cleared.backup))) takeOut(hour, gone);
  // The log holds older states of pages, and with them rows that are cleared.
  db.exec('PRAGMA wal_checkpoint(truncate)');
  return cleared;
}

/** Deletes rows of one hour. Triggers only ever add to the sums of an hour: they are made again from what stays. */
function createDeletion(db: DatabaseSync): (hour: number, gone: readonly RowChange[]) => void {
  const deleteRow = db.prepare('DELETE FROM attempts WHERE attemptId = ?');
  const deleteSums = db.prepare('DELETE FROM hours WHERE hour = ?');
  const sumHour = db.prepare(`INSERT INTO hours ${SUMS_OF_HOUR}`);
  const deleteGroups = db.prepare('DELETE FROM groupHours WHERE hour = ?');
  const sumGroups = db.prepare(SUM_GROUPS_OF_HOUR);
  const deleteOutcome = db.prepare('DELETE FROM outcomes WHERE outcomeId = ?');
  const deleteOutcomeSums = db.prepare('DELETE FROM outcomeHours WHERE hour = ?');
  const sumOutcomes = db.prepare(`INSERT INTO outcomeHours ${OUTCOME_SUMS_OF_HOUR}`);
  return (hour, gone) =>
    inTransaction(db, () => {
      for (const change of gone) (change.kind === 'outcome' ? deleteOutcome : deleteRow).run(idOf(change));
      deleteSums.run(hour);
      sumHour.run(hour * HOUR_MS, (hour + 1) * HOUR_MS);
      deleteGroups.run(hour);
      sumGroups.run(hour * HOUR_MS, (hour + 1) * HOUR_MS);
      deleteOutcomeSums.run(hour);
      sumOutcomes.run(hour * HOUR_MS, (hour + 1) * HOUR_MS);
    });
}

/** Rows and outcomes that come in the order of time, those of one hour together, in batches. */
async function* byHour(batches: AsyncIterable<readonly RowChange[]>) {
  let hour = -1;
  let gone: RowChange[] = [];
  for await (const batch of batches) {
    for (const change of batch) {
      if (change.kind === 'settled') continue;
      const next = Math.floor((change.kind === 'opened' ? change.row.openedAt : change.row.at) / HOUR_MS);
      if (gone.length > 0 && (next !== hour || gone.length >= BATCH)) {
        yield { hour, gone };
        gone = [];
      }
      hour = next;
      gone.push(change);
    }
  }
  if (gone.length > 0) yield { hour, gone };
}
