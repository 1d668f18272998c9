import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CostDrift } from '../../core/money/priceDrift.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { formatModelRef } from '../../core/common/types.ts';
import { describeCostlierModel, type PricedModel } from '../../core/money/costlierModel.ts';
import { showWarningMessage } from './messages.ts';

/**
 * Asks by a message of the editor, for what is not asked in the chat. A message that is closed, or not looked at, means
 * no: money is never spent by silence.
 */
export async function askStepUp(from: PricedModel, to: PricedModel): Promise<boolean | undefined> {
  const use = t('Use {0}', to.model.model);
  const leave = t('Do not use it');
  const chosen = await showWarningMessage(describeCostlierModel(from, to), use, leave);
  return chosen === undefined ? undefined : chosen === use;
}

/** Tells that a provider charges something else than the price list says: estimates and budgets go by the list. */
export async function tellCostDrift({ model, calls, stated, computed }: CostDrift): Promise<void> {
  const open = t('Open Settings');
  const chosen = await showWarningMessage(
    t(
      '{0} charged {1} for the last {2} calls, but at the configured price they would cost {3}. The price may be out of date.',
      formatModelRef(model),
      displayMoney(stated),
      calls,
      displayMoney(computed),
    ),
    open,
  );
  if (chosen === open) await vscode.commands.executeCommand('gearshift.settings.open');
}
