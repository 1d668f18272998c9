import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import {
  CLEAR_CHOICES,
  clearPeriod,
  contentsOf,
  periodOfDays,
  type ClearChoice,
  type Contents,
} from '../../core/ledger/clearPeriods.ts';
import { EVER } from '../../core/ledger/paging.ts';
import type { LedgerBackup, LedgerStore } from '../../core/ledger/ledger.ts';
import type { TimeSpan } from '../../core/common/types.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { plural } from '../../core/common/language.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';

/** Asks for a period, clears it after a confirmation, and offers to put it back; also what was cleared earlier. */
export async function clearLedger(store: LedgerStore): Promise<void> {
  const chosen = await choose(store);
  if (!chosen) return;
  if ('file' in chosen) return restore(store, chosen.file);
  const contents = await measure(store, chosen);
  const hasOutcomes = (await store.outcomes({ ...chosen, limit: 1 })).length > 0;
  if (contents.rows === 0 && !hasOutcomes) return void showInformationMessage(t('There is nothing to clear.'));
  const clear = t('Clear');
  const answer = await showWarningMessage(
    t('Clear {0} of the cost ledger?', describe(contents)),
    {
      modal: true,
      detail: t(
        '{0}. They are written to a backup first and can be restored. Budgets count only what the ledger still holds.',
        describePeriod(chosen),
      ),
    },
    clear,
  );
  if (answer !== clear) return;
  const { backup, rows } = await working(t('Clearing the cost ledger…'), () => store.clear(chosen));
  if (!backup) return;
  const undo = t('Undo');
  const next = await showInformationMessage(
    plural(
      rows,
      t('{0} row cleared; it is kept in {1}.', rows, backup),
      t('{0} rows cleared; they are kept in {1}.', rows, backup),
    ),
    undo,
  );
  if (next === undo) await restore(store, backup);
}

async function restore(store: LedgerStore, backup: string): Promise<void> {
  const rows = await working(t('Restoring rows…'), () => store.restore(backup));
  void showInformationMessage(
    plural(rows, t('{0} row restored to the cost ledger.', rows), t('{0} rows restored to the cost ledger.', rows)),
  );
}

const working = <T>(title: string, work: () => Promise<T>): Thenable<T> =>
  withProgress({ location: vscode.ProgressLocation.Notification, title }, work);

const measure = async (store: LedgerStore, { since, until }: TimeSpan): Promise<Contents> =>
  contentsOf(await store.totals(since), until === EVER.until ? [] : await store.totals(until));

const describe = ({ rows, nanoUsd }: Contents): string =>
  plural(rows, t('{0} row ({1})', rows, displayMoney(nanoUsd)), t('{0} rows ({1})', rows, displayMoney(nanoUsd)));

const formatDay = (time: number): string =>
  new Date(time).toLocaleDateString(vscode.env.language, { dateStyle: 'medium' });

function describePeriod({ since, until }: TimeSpan): string {
  if (until === EVER.until) return t('Everything');
  const last = formatDay(until - 1);
  return since === 0 ? t('Until {0}', last) : t('From {0} to {1}', formatDay(since), last);
}

type Item = vscode.QuickPickItem & { readonly choose: () => Promise<TimeSpan | LedgerBackup | undefined> };

async function choose(store: LedgerStore): Promise<TimeSpan | LedgerBackup | undefined> {
  const now = Date.now();
  const labels: Record<ClearChoice, string> = {
    'before-this-month': t('Before this month'),
    'before-last-quarter': t('Before the last three months'),
    'before-this-year': t('Before this year'),
    everything: t('Everything'),
  };
  const periods = CLEAR_CHOICES.map(async (choice): Promise<Item[]> => {
    const period = clearPeriod(choice, now);
    const contents = await measure(store, period);
    if (contents.rows === 0 && choice !== 'everything') return [];
    return [{ label: labels[choice], description: describe(contents), choose: () => Promise.resolve(period) }];
  });
  const { backups } = await store.files();
  const items: Item[] = [
    ...(await Promise.all(periods)).flat(),
    { label: t('Custom date range…'), choose: askDays },
    ...backups.map((backup): Item => ({
      label: t('Restore what was cleared on {0}', new Date(backup.at).toLocaleString(vscode.env.language)),
      description: t('{0} kB', Math.ceil(backup.bytes / 1_000)),
      choose: () => Promise.resolve(backup),
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: t('Clear cost ledger') });
  return picked?.choose();
}

async function askDays(): Promise<TimeSpan | undefined> {
  const title = t('Clear cost ledger');
  const today = new Date().toLocaleDateString('sv');
  const notADay = t('Enter a date like {0}.', today);
  const first = await vscode.window.showInputBox({
    title,
    prompt: t('Start date'),
    placeHolder: today,
    validateInput: (text) => (periodOfDays(text, text) ? undefined : notADay),
  });
  if (first === undefined) return undefined;
  const last = await vscode.window.showInputBox({
    title,
    prompt: t('End date (inclusive)'),
    value: first,
    validateInput: (text) =>
      periodOfDays(first, text)
        ? undefined
        : periodOfDays(text, text)
          ? t('The end date is before the start date.')
          : notADay,
  });
  return last === undefined ? undefined : periodOfDays(first, last);
}
