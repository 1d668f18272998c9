import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { changesOf } from './ledgerBackup.ts';
import { checkOpened, checkSettled } from './ledgerChange.ts';
import type { RowChange } from './ledgerChange.ts';
import { asRow } from './ledgerSqlite.ts';

/** Getting the rows out of a damaged database that are on sound pages. */

/** Row numbers that are asked for at once, as long as none of them is on a damaged page. */
const STEP = 1_024;
/** Questions in vain after which the rest is given up: each is some microseconds of the host's time. */
const VAIN = 200_000;

export interface Salvage {
  readonly rows: number;
  /** Rows that the sums of the damaged file know of and that were not found; null where the sums are damaged as well. */
  readonly lost: number | null;
}

/** Hands the changes of all readable rows to `include`, in batches. A row with an impossible value counts as lost. */
export async function salvage(db: DatabaseSync, include: (changes: readonly RowChange[]) => void): Promise<Salvage> {
  const all = attempt(() => db.prepare('SELECT * FROM attempts WHERE rowid BETWEEN ? AND ?'));
  if (!all) return { rows: 0, lost: null };
  let rows = 0;
  let vain = 0;
  /** Halves a span until the rows on damaged pages are alone. */
  const read = (first: number, last: number): RowChange[] => {
    const found = vain < VAIN ? attempt(() => all.all(first, last)) : [];
    if (found) return found.flatMap(soundChanges);
    vain += 1;
    if (first === last) return [];
    const middle = Math.floor((first + last) / 2);
    return [...read(first, middle), ...read(middle + 1, last)];
  };
  const last = lastRow(db);
  for (let first = 1; first <= last && vain < VAIN; first += STEP) {
    const changes = read(first, Math.min(first + STEP - 1, last));
    if (changes.length > 0) include(changes);
    rows += changes.filter(({ kind }) => kind === 'opened').length;
    await setImmediate();
  }
  const expected = attempt(() => Number(db.prepare('SELECT sum(attempts) AS n FROM hours').get()?.['n'] ?? 0));
  return { rows, lost: expected === undefined ? null : Math.max(0, expected - rows) };
}

/** The greatest row number, or where that cannot be read one that is surely not smaller. */
function lastRow(db: DatabaseSync): number {
  const known = attempt(() => db.prepare('SELECT max(rowid) AS n FROM attempts').get()?.['n']);
  if (known !== undefined) return Number(known ?? 0);
  const bytes = attempt(() => {
    const { page_count: pages = 0, page_size: size = 0 } = {
      ...db.prepare('PRAGMA page_count').get(),
      ...db.prepare('PRAGMA page_size').get(),
    };
    return Number(pages) * Number(size);
  });
  return Math.ceil((bytes ?? 0) / LEAST_ROW_BYTES);
}

const LEAST_ROW_BYTES = 100;

function soundChanges(columns: Record<string, SQLOutputValue>): readonly RowChange[] {
  return (
    attempt(() => {
      const changes = changesOf(asRow(columns));
      for (const change of changes) {
        if (change.kind === 'opened') checkOpened(change.row);
        else checkSettled(change.row);
      }
      return changes;
    }) ?? []
  );
}

/** The result, or undefined where the damage makes it throw. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
