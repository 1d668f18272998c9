import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { displayCurrency } from '../../core/common/displayCurrency.ts';
import type { LedgerRow, LedgerStore } from '../../core/ledger/ledger.ts';
import { exportOutcomePages, exportPages, pageOutcomes, pageRows } from '../../core/ledger/paging.ts';
import { writePieces } from '../../storage/files.ts';
import { plural } from '../../core/common/language.ts';
import { showInformationMessage, withProgress } from '../platform/messages.ts';

/**
 * Asks for a file and writes all rows of the ledger to it, as CSV or JSON by its ending; outcomes, where there are any,
 * to a second one beside it.
 */
export async function exportLedger(store: LedgerStore): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: t('Export ledger'),
    filters: { CSV: ['csv'], JSON: ['json'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `gearshift-ledger-${day}.csv`) } : {}),
  });
  if (!target) return;
  const rows = await withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Exporting the ledger…'), cancellable: true },
    (progress, token) => write(store, target, progress, token),
  );
  if (rows === undefined) return;
  const open = t('Open');
  const words = plural(rows, t('{0} row of the ledger exported.', rows), t('{0} rows of the ledger exported.', rows));
  const choice = await showInformationMessage(words, open);
  if (choice === open) await vscode.window.showTextDocument(target);
}

/** Answers how many rows were written; undefined, with nothing written, when it was canceled. */
async function write(
  store: LedgerStore,
  target: vscode.Uri,
  progress: vscode.Progress<{ message?: string }>,
  token: vscode.CancellationToken,
): Promise<number | undefined> {
  let rows = 0;
  async function* counted(): AsyncGenerator<readonly LedgerRow[], void> {
    for await (const page of pageRows(store)) {
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      yield page;
      rows += page.length;
      progress.report({ message: plural(rows, t('{0} row', rows), t('{0} rows', rows)) });
    }
  }
  const format = /\.json$/i.test(target.path) ? 'json' : 'csv';
  try {
    await writeFile(target, exportPages(counted(), format, displayCurrency()));
    if ((await store.outcomes({ since: 0, limit: 1 })).length > 0)
      await writeFile(besideOf(target), exportOutcomePages(pageOutcomes(store), format));
    return rows;
  } catch (error) {
    if (error instanceof vscode.CancellationError) return undefined;
    throw error;
  }
}

/** `ledger.csv` → `ledger-outcomes.csv`. */
const besideOf = (target: vscode.Uri): vscode.Uri =>
  target.with({ path: target.path.replace(/(\.[^./]*)?$/, '-outcomes$1') });

const writeFile = (target: vscode.Uri, pieces: AsyncGenerator<string, void>): Promise<void> =>
  target.scheme === 'file' ? writePieces(target.fsPath, pieces) : writeWhole(target, pieces);

/** Other file systems take a file only as a whole. */
async function writeWhole(target: vscode.Uri, pieces: AsyncIterable<string>): Promise<void> {
  const bytes: Buffer[] = [];
  for await (const piece of pieces) bytes.push(Buffer.from(piece));
  await vscode.workspace.fs.writeFile(target, Buffer.concat(bytes));
}
