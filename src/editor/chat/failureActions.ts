import * as vscode from 'vscode';
import type { NextStep } from '../../core/gateway/describeFailure.ts';
import type { Config } from '../platform/config.ts';
import type { Keys } from '../platform/apiKeys.ts';
import type { Command } from '../platform/contributions.ts';

/** Does what a button beside an error promises, where that is not about one answer. */
export function createNextSteps(parts: {
  config: Pick<Config, 'settings'>;
  keys: Pick<Keys, 'ask'>;
  /** Opens the settings page at a section. */
  settings: (section: string) => Promise<void>;
}): (next: NextStep, provider: string | undefined) => Promise<void> {
  return async (next, provider) => {
    switch (next) {
      case 'set-key': {
        const found = provider === undefined ? undefined : parts.config.settings.providers.get(provider);
        await (found ? parts.keys.ask(found) : run('gearshift.keys.set'));
        return;
      }
      case 'settings':
        await run('gearshift.settings.open');
        return;
      case 'trust':
        await vscode.commands.executeCommand('workbench.trust.manage');
        return;
      case 'start-ollama':
      case 'pull-model':
      case 'set-up-ollama':
        return parts.settings('ollama');
      case 'try-infill':
      case 'choose-local':
        return parts.settings('tiers');
      case 'get-started':
        await run('gearshift.walkthrough.open');
        return;
      case 'retry':
      case 'consent':
      case 'send-anyway':
      case 'change-question':
      case 'larger-limit':
      case 'none':
        return;
    }
  };
}

const run = (command: Command): Thenable<unknown> => vscode.commands.executeCommand(command);
