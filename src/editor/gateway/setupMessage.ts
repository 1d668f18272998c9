import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { setupSteps, type SetupStep } from '../../core/chat/setupSteps.ts';
import type { SetupGap } from '../../core/common/failures.ts';
import type { Command } from '../platform/contributions.ts';
import { showWarningMessage } from '../platform/messages.ts';

const HELP: Readonly<Partial<Record<SetupStep['next'], { readonly label: () => string; readonly command: Command }>>> =
  {
    'set-key': { label: () => t('Set API Key'), command: 'gearshift.keys.set' },
    settings: { label: () => t('Settings'), command: 'gearshift.settings.open' },
    'choose-local': { label: () => t('Choose a Local Model'), command: 'gearshift.settings.open' },
    'get-started': { label: () => t('Get Started'), command: 'gearshift.walkthrough.open' },
  };

/**
 * Tells the user outside of the chat that nothing was sent, what is missing, and offers the steps that help. Does not
 * wait for the user.
 */
export function tellGaps(gaps: readonly SetupGap[]): void {
  const steps = setupSteps(gaps);
  const missing = steps.map(({ words }) => words).filter(Boolean);
  const helps = [...new Set(steps.flatMap(({ next }) => HELP[next] ?? []))];
  const words = [t('Nothing was sent: no model is ready to answer yet.'), ...missing].join(' ');
  void showWarningMessage(words, ...helps.map(({ label }) => label())).then((chosen) => {
    const help = helps.find(({ label }) => label() === chosen);
    return help && vscode.commands.executeCommand(help.command);
  });
}
