import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { TIERS } from '../../core/common/types.ts';
import { readExport } from '../../core/insights/colleague.ts';
import { tierName } from '../../core/insights/figures.ts';
import type { TableView } from '../../protocol/insightsView.ts';
import type { FormatMoney } from '../../core/money/displayMoney.ts';
import { showWarningMessage } from '../platform/messages.ts';

/** Larger files are no export that a person would send. Bytes. */
const MOST_BYTES = 200 * 1024 * 1024;

/** Asks for the JSON export of a colleague and sums it up; undefined where nothing was chosen or it cannot be read. */
export async function readColleague(money: FormatMoney): Promise<TableView | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: t("Compare with a colleague's export"),
      filters: { JSON: ['json'] },
      canSelectMany: false,
    })) ?? [];
  if (!file) return undefined;
  const { size } = await vscode.workspace.fs.stat(file);
  const bytes = size > MOST_BYTES ? undefined : await vscode.workspace.fs.readFile(file);
  const found = bytes && readExport(new TextDecoder().decode(bytes));
  if (!found) {
    void showWarningMessage(t('This file is not a JSON export of a Gearshift ledger.'));
    return undefined;
  }
  const days = Math.max(1, Math.round((found.until - found.since) / 86_400_000));
  return {
    caption: t("A colleague's ledger, {0} days", days),
    columns: [t('Figure'), t('Total'), t('A day')],
    empty: '',
    rows: [
      [t('Cost'), `${money(found.nanoUsd)}${found.unknown > 0 ? ' + ?' : ''}`, money(found.nanoUsd / days)],
      [t('Questions'), String(found.questions), (found.questions / days).toFixed(1)],
      ...TIERS.map((tier) => [tierName(tier), String(found.byTier[tier]), (found.byTier[tier] / days).toFixed(1)]),
      [t('Completions'), String(found.completions), (found.completions / days).toFixed(1)],
    ],
  };
}
