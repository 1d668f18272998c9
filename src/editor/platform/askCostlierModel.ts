import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeCostlierModel, type PricedModel } from '../../core/money/costlierModel.ts';

/**
 * Asks by a message of the editor, for what is not asked in the chat. A message that is closed, or not looked at, means
 * no: money is never spent by silence.
 */
export async function askStepUp(from: PricedModel, to: PricedModel): Promise<boolean | undefined> {
  const use = t('Use {0}', to.model.model);
  const leave = t('Do not use it');
  const chosen = await vscode.window.showWarningMessage(describeCostlierModel(from, to), use, leave);
  return chosen === undefined ? undefined : chosen === use;
}
