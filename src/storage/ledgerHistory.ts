import type { LedgerStore } from '../core/ledger.ts';
import type { LedgerReader } from './ledgerSqlite.ts';
import { createTally } from './ledgerTally.ts';

/** A store whose totals and rows also contain those of a ledger that can only be read. */
export function withHistory(store: LedgerStore, history: LedgerReader): LedgerStore {
  return {
    ...store,
    async totals(since) {
      const tally = createTally();
      tally.add(await history.totals(since));
      tally.add(await store.totals(since));
      return tally.totals();
    },
    async rows(query) {
      const rows = [...(await store.rows(query)), ...(await history.rows(query))];
      return rows.sort((a, b) => b.openedAt - a.openedAt).slice(0, query.limit);
    },
    onChange(listener) {
      const watches = [store.onChange(listener), history.onChange(listener)];
      return { dispose: () => watches.forEach((watch) => watch.dispose()) };
    },
    async close() {
      await store.close();
      await history.close();
    },
  };
}
