import { t } from '@vscode/l10n';
import type { CallResult } from '../gateway/call.ts';
import { describeFailure, type FailurePlace, type NextStep } from '../gateway/describeFailure.ts';
import type { Failure } from '../common/failures.ts';

/** What VS Code's chat shows where a request failed: what happened, and the next step. */

/** The next step in words: VS Code's chat shows no button of Gearshift beside an error. */
function stepWords(next: NextStep): string {
  switch (next) {
    case 'set-key':
      return t('Run "Gearshift: Set API Key".');
    case 'settings':
      return t('Run "Gearshift: Open Settings" to change that.');
    case 'trust':
      return t('Trust the workspace to use it.');
    case 'consent':
      return t('Ask again and agree to it.');
    case 'send-anyway':
      return t('Raise the budget in the Gearshift settings, or choose a cheaper tier.');
    case 'choose-local':
      return t('Run "Gearshift: Open Settings" to choose the model that answers on the local tier.');
    case 'set-up-ollama':
      return t('Run "Gearshift: Open Settings" to set up Ollama.');
    case 'get-started':
      return t('Run "Gearshift: Get Started".');
    case 'larger-limit':
      return t('Ask for less at once.');
    case 'retry':
      return t('Try again.');
    case 'change-question':
    case 'start-ollama':
    case 'pull-model':
    case 'try-infill':
    case 'none':
      // The sentence itself says what to do.
      return '';
  }
}

/** A failure as one or two sentences in Markdown, without a stack and without markup of a server. */
export function describeForHost(failure: Failure, place: FailurePlace): string {
  const { text, next } = describeFailure(failure, place);
  const step = failure.kind === 'budget' ? stepWords('send-anyway') : stepWords(next);
  return sentence([text, step].filter(Boolean).join(' '));
}

/** A sentence as VS Code's chat shows it after "Reason:". */
export const sentence = (text: string): string => `**Gearshift:** ${escapeMarkdown(text)}`;

/** Servers' words are shown as they are: nothing in them becomes a link or a picture. */
const escapeMarkdown = (text: string): string =>
  text
    .replaceAll(/[\\`*_[\]<>|#~]/g, '\\$&')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');

/** Why a call has no whole answer; undefined when it has one. */
export function describeResult(result: CallResult, place: FailurePlace): string | undefined {
  const { outcome, failure, finish } = result;
  if (failure) return describeForHost(failure, result.place ?? place);
  if (outcome === 'done' && finish === 'length')
    return sentence(t('The answer was cut at the length limit. Ask the model to continue.'));
  return undefined;
}
