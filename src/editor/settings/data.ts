import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import type { TimeSpan } from '../../core/common/types.ts';
import { formatBytes } from '../../core/setup/ollamaPulls.ts';
import type { SettingsFromPage, SettingsState } from '../../protocol/settings.ts';
import type { Handlers } from './section.ts';
import { plural } from '../../core/common/language.ts';

type Range = Extract<SettingsFromPage, { kind: 'clearLedger' }>['range'];

const DAY_MS = 86_400_000;

/** The ledger as a file: where it is, how large, and rows that are deleted from it. */
export class DataSection {
  readonly #store: () => Promise<LedgerStore>;
  readonly #log: Logger;
  /** The last deletion, so that the user can undo it. */
  #backup: string | null = null;
  #cleared = '';

  constructor(store: () => Promise<LedgerStore>, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  readonly handlers: Handlers<'clearLedger' | 'restoreLedger' | 'revealLedger'> = {
    clearLedger: async ({ range }) => {
      const { backup, rows } = await (await this.#store()).clear(periodOf(range, Date.now()));
      this.#backup = backup;
      this.#cleared = describeCleared(rows);
    },
    restoreLedger: async () => {
      if (this.#backup === null) return;
      const rows = await (await this.#store()).restore(this.#backup);
      this.#backup = null;
      this.#cleared = plural(rows, t('{0} row is back.', rows), t('{0} rows are back.', rows));
    },
    revealLedger: async () => {
      const { location } = await this.#store();
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(location));
    },
  };

  async view(): Promise<SettingsState['data']> {
    const store = await this.#store().catch((error: unknown) => {
      this.#log.debug('no ledger', error);
      return undefined;
    });
    const files = await store?.files().catch((error: unknown) => {
      this.#log.debug('files of the ledger', error);
      return undefined;
    });
    const location = store?.location ?? '';
    const size = files ? formatBytes(files.bytes) : '';
    return { location, size, cleared: this.#cleared, canRestore: this.#backup !== null };
  }
}

function describeCleared(rows: number): string {
  if (rows === 0) return t('There was nothing to delete.');
  return plural(rows, t('{0} row was deleted.', rows), t('{0} rows were deleted.', rows));
}

function periodOf(range: Range, now: number): TimeSpan {
  const date = new Date(now);
  switch (range) {
    case 'all':
      return { since: 0, until: now + 1 };
    case 'this-month':
      return { since: new Date(date.getFullYear(), date.getMonth(), 1).getTime(), until: now + 1 };
    case 'older-90':
      return { since: 0, until: now - 90 * DAY_MS };
    case 'older-365':
      return { since: 0, until: now - 365 * DAY_MS };
  }
}
