import { t } from '@vscode/l10n';
import type { CostSource, Outcome, Task } from '../../core/common/types.ts';

/** A share as the width of a bar of 100: what is there at all stays visible, what is not a number is nothing. */
export function barWidth(share: number): number {
  if (!(share > 0)) return 0;
  return Math.min(100, Math.max(1, Math.round(share * 1000) / 10));
}

/** Where an amount comes from, in a sentence. */
export function describeSource(source: CostSource): string {
  switch (source) {
    case 'provider':
      return t('The provider stated this cost.');
    case 'computed':
      return t("Computed from the provider's token counts and the price of the model.");
    case 'estimated':
      return t("Estimated: the provider didn't report token counts.");
    case 'free':
      return t('The model runs on this computer.');
    case 'plan':
      return t('A monthly plan pays for this call. The amount is what its tokens would cost by list price.');
    case 'unknown':
      return t("The price of this model is unknown, so this call isn't included in any total.");
  }
}

export function describeOutcome(outcome: Outcome | 'open'): { readonly words: string; readonly icon: string } {
  switch (outcome) {
    case 'open':
      return { words: t('being answered'), icon: 'loading' };
    case 'done':
      return { words: t('done'), icon: 'pass' };
    case 'partial':
      return { words: t('cut off'), icon: 'warning' };
    case 'failed':
      return { words: t('failed'), icon: 'error' };
    case 'cancelled':
      return { words: t('canceled'), icon: 'circle-slash' };
    case 'interrupted':
      return { words: t('window closed'), icon: 'debug-disconnect' };
  }
}

export function taskName(task: Task): string {
  switch (task) {
    case 'completion':
      return t('completion');
    case 'chat':
      return t('chat');
    case 'escalate':
      return t('escalate');
    case 'routing':
      return t('routing');
    case 'test':
      return t('test');
    case 'edit':
      return t('inline edit');
    case 'commit':
      return t('commit message');
    case 'review':
      return t('review');
    case 'agent':
      return t("VS Code's chat");
    case 'overhead':
      return t('titles and summaries');
  }
}
