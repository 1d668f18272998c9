import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ModelCall } from '../core/call.ts';
import type { PricedModel } from '../core/candidates.ts';
import { formatUsd } from '../core/pricing.ts';
import { formatModelRef } from '../core/types.ts';

/**
 * Asks whether a much dearer model may answer in place of one that failed. A message that is closed, or not looked at,
 * means no: money is never spent by silence.
 */
export async function askStepUp(_call: ModelCall, from: PricedModel, to: PricedModel): Promise<boolean> {
  const use = t('Use {0}', to.model.model);
  const chosen = await vscode.window.showWarningMessage(
    t(
      '{0} did not answer. {1} can, but may cost up to {2} instead of {3}.',
      formatModelRef(from.model),
      formatModelRef(to.model),
      amountOf(to),
      amountOf(from),
    ),
    use,
    t('Do not use it'),
  );
  return chosen === use;
}

const amountOf = ({ mostNanoUsd }: PricedModel): string =>
  mostNanoUsd === null ? t('an unknown amount') : formatUsd(mostNanoUsd);
