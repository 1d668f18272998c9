import { t } from '@vscode/l10n';
import type { LedgerBase, Unwritable } from './buffer.ts';
import { measureFiles } from './backup.ts';
import { NO_GROUPS } from './groupReader.ts';
import type { LedgerReader } from './reader.ts';

/**
 * Replaces a database that accepts no rows: it reads the readable rows and refuses all writes.
 *
 * @param reader the rows of the database; undefined when there is none, or when it cannot be read
 */
export function createUnwritableBase(
  dir: string,
  reader: LedgerReader | undefined,
  unwritable: Unwritable,
): LedgerBase {
  const refuse = (): Promise<never> => Promise.reject(new Error(unwritable.reason));
  const refuseToClear = (): Promise<never> =>
    Promise.reject(new Error(t('The cost ledger is read-only right now. Nothing was cleared.')));
  const empty: Omit<LedgerReader, 'location'> = {
    spending: (limits) => Promise.resolve(limits.map(() => ({ spent: 0, reserved: 0 }))),
    totals: () => Promise.resolve([]),
    ...NO_GROUPS,
    rows: () => Promise.resolve([]),
    find: () => Promise.resolve([]),
    outcomes: () => Promise.resolve([]),
    outcomeTotals: () => Promise.resolve([]),
    findOutcomes: () => Promise.resolve(new Set()),
    onChange: () => ({ dispose: () => undefined }),
    close: () => Promise.resolve(),
  };
  return {
    ...(reader ?? empty),
    location: reader?.location ?? dir,
    unwritable,
    open: refuse,
    settle: refuse,
    recordOutcomes: refuse,
    include: refuse,
    claim: refuse,
    heartbeat: () => Promise.resolve(),
    correctCategory: refuse,
    clear: refuseToClear,
    restore: () => Promise.reject(new Error(t('The cost ledger is read-only right now. Nothing was restored.'))),
    files: () => measureFiles(dir),
  };
}
