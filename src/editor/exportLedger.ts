import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { LedgerStore } from '../core/ledger.ts';

/** Asks for a file and writes all rows of the ledger to it, as CSV or JSON by its ending. */
export async function exportLedger(store: LedgerStore): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: t('Export ledger'),
    filters: { CSV: ['csv'], JSON: ['json'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `gearshift-ledger-${day}.csv`) } : {}),
  });
  if (!target) return;
  const rows = await store.rows({ since: 0 });
  const { exportRows } = await import('../core/ledgerExport.ts');
  const text = exportRows(rows, target.path.endsWith('.json') ? 'json' : 'csv');
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  const open = t('Open');
  const choice = await vscode.window.showInformationMessage(t('{0} rows of the ledger exported.', rows.length), open);
  if (choice === open) await vscode.window.showTextDocument(target);
}
