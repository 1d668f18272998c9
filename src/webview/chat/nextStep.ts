import { t } from '@vscode/l10n';
import type { NextStep } from '../../core/gateway/describeFailure.ts';

/** Whether the button beside the message asks again: then the answer needs no other button for that. */
export const isRetry = (next: NextStep): boolean => next === 'retry' || next === 'start-ollama';

/** The label of the button beside a message. */
export function nextStepLabel(next: Exclude<NextStep, 'none'>): string {
  switch (next) {
    case 'retry':
    case 'start-ollama':
      return t('Retry');
    case 'set-key':
      return t('Set API key');
    case 'settings':
      return t('Settings');
    case 'trust':
      return t('Manage trust');
    case 'consent':
      return t('Review');
    case 'send-anyway':
      return t('Send anyway');
    case 'larger-limit':
      return t('Retry with a larger limit');
    case 'change-question':
      return t('Change the question');
    case 'pull-model':
      return t('Copy command');
    case 'choose-local':
      return t('Choose a local model');
    case 'set-up-ollama':
      return t('Set up Ollama');
    case 'get-started':
      return t('Get started');
    case 'try-infill':
      return t('Try it');
  }
}
