import type { DatabaseSync, StatementSync as Statement } from 'node:sqlite';
import type { LedgerRow, LedgerStore, Spending, SpendingLimit } from '../../core/ledger/ledger.ts';
import { createGroupReader } from './groupReader.ts';
import {
  FIND,
  FIND_OUTCOME,
  HOUR_MS,
  OUTCOMES,
  OUTCOME_TOTALS,
  RESERVED,
  ROWS,
  SPENT,
  TOTALS,
  asOutcome,
  asOutcomeTotal,
  asRow,
  asTotal,
} from './statements.ts';
import { createWatch } from './watch.ts';

/** The half of the contract that never writes. */
export interface LedgerReader extends Pick<
  LedgerStore,
  | 'location'
  | 'spending'
  | 'totals'
  | 'groups'
  | 'answerOutcomes'
  | 'shownTimes'
  | 'scores'
  | 'extent'
  | 'questions'
  | 'rows'
  | 'outcomes'
  | 'outcomeTotals'
  | 'onChange'
  | 'close'
> {
  /** The rows with these ids; those that are not there are left out. */
  find(attemptIds: readonly string[]): Promise<readonly LedgerRow[]>;
  /** Which of these outcomes are there. */
  findOutcomes(outcomeIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Reads a database. Every call is a synchronous statement or a few. */
export function createReader(db: DatabaseSync, file: string): LedgerReader & { notify(): void } {
  const totals = db.prepare(TOTALS);
  totals.setReadBigInts(true);
  const rows = db.prepare(ROWS);
  const find = db.prepare(FIND);
  const spendingOf = createSpending(db);
  // `PRAGMA data_version` counts the commits of other connections only.
  const dataVersion = db.prepare('PRAGMA data_version');
  const readVersion = () => dataVersion.get()?.['data_version'];
  let seen = readVersion();
  const watch = createWatch(() => seen !== (seen = readVersion()));

  return {
    ...createOutcomeReader(db),
    ...createGroupReader(db),
    location: file,
    async spending(limits) {
      return limits.map(spendingOf);
    },
    async totals(since) {
      const from = startOf(since);
      // The first hour that lies in the period as a whole.
      const hour = Math.ceil(from / HOUR_MS);
      return totals.all(hour, from, hour * HOUR_MS).map(asTotal);
    },
    async rows({ since, until = Number.MAX_SAFE_INTEGER, limit = -1 }) {
      return rows.all(startOf(since), startOf(until), limit).map(asRow);
    },
    async find(ids) {
      return ids.flatMap((id) => {
        const found = find.get(id);
        return found ? asRow(found) : [];
      });
    },
    onChange: watch.onChange,
    notify: watch.notify,
    async close() {
      watch.dispose();
      if (db.isOpen) db.close();
    },
  };
}

function createOutcomeReader(db: DatabaseSync): Pick<LedgerReader, 'outcomes' | 'outcomeTotals' | 'findOutcomes'> {
  // A file that is only read may have been written before there were outcomes.
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outcomes'").get() === undefined)
    return {
      outcomes: () => Promise.resolve([]),
      outcomeTotals: () => Promise.resolve([]),
      findOutcomes: () => Promise.resolve(new Set()),
    };
  const outcomes = db.prepare(OUTCOMES);
  const find = db.prepare(FIND_OUTCOME);
  const totals = db.prepare(OUTCOME_TOTALS);
  totals.setReadBigInts(true);
  return {
    async outcomes({ since, until = Number.MAX_SAFE_INTEGER, limit = -1 }) {
      return outcomes.all(startOf(since), startOf(until), limit).map(asOutcome);
    },
    async outcomeTotals(since) {
      const from = startOf(since);
      const hour = Math.ceil(from / HOUR_MS);
      return totals.all(hour, from, hour * HOUR_MS).map(asOutcomeTotal);
    },
    async findOutcomes(ids) {
      return new Set(ids.filter((id) => find.get(id)));
    },
  };
}

/** Answers what is spent and reserved of a limit. */
export function createSpending(db: DatabaseSync): (limit: SpendingLimit) => Spending {
  const spent: Statement = db.prepare(SPENT);
  const reserved: Statement = db.prepare(RESERVED);
  return ({ since, tier, workspace }) => {
    const from = startOf(since);
    const hour = Math.ceil(from / HOUR_MS);
    const scope = { tier, workspace };
    return {
      spent: Number(spent.get({ from, hour, end: hour * HOUR_MS, ...scope })?.['sum']),
      reserved: Number(reserved.get({ from, ...scope })?.['sum']),
    };
  };
}

const startOf = (since: number): number => Math.max(0, Math.ceil(since));
