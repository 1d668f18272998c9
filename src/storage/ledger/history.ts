import { t } from '@vscode/l10n';
import { OverLimitError } from '../../core/ledger/ledger.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { createOutcomeTally } from '../../core/ledger/outcomes.ts';
import type { LedgerReader } from './sqlite.ts';
import { createTally } from './tally.ts';

/** A store whose totals and rows also contain those of a ledger that can only be read. */
export function withHistory(store: LedgerStore, history: LedgerReader): LedgerStore {
  return {
    ...store,
    async open(row, limits = []) {
      // What the history holds does not change any more: it only makes the limits tighter.
      const past = await history.spending(limits);
      const left = limits.map((limit, i) => ({
        ...limit,
        nanoUsd: limit.nanoUsd - (past[i]?.spent ?? 0) - (past[i]?.reserved ?? 0),
      }));
      try {
        await store.open(row, left);
      } catch (error) {
        const index = error instanceof OverLimitError ? left.indexOf(error.limit) : -1;
        const limit = limits[index];
        if (!limit || !(error instanceof OverLimitError)) throw error;
        const { spent, reserved } = error.spending;
        throw new OverLimitError(limit, {
          spent: spent + (past[index]?.spent ?? 0),
          reserved: reserved + (past[index]?.reserved ?? 0),
        });
      }
    },
    async spending(limits) {
      const [own, past] = await Promise.all([store.spending(limits), history.spending(limits)]);
      return own.map(({ spent, reserved }, i) => ({
        spent: spent + (past[i]?.spent ?? 0),
        reserved: reserved + (past[i]?.reserved ?? 0),
      }));
    },
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
    async outcomes(query) {
      const rows = [...(await store.outcomes(query)), ...(await history.outcomes(query))];
      return rows.sort((a, b) => b.at - a.at).slice(0, query.limit);
    },
    async outcomeTotals(since) {
      const tally = createOutcomeTally();
      tally.add(await history.outcomeTotals(since));
      tally.add(await store.outcomeTotals(since));
      return tally.totals();
    },
    clear: () => Promise.reject(new Error(t('The cost ledger can only be read at present. Nothing was cleared.'))),
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
