import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { ActionError } from './actionError.ts';
import { COMMANDS, type Command, type CommandOf, type FeatureName } from './contributions.ts';
import { showErrorMessage, showInformationMessage } from './messages.ts';

/**
 * The implementation of a command. The first argument is the document whose menu was used, and it only chooses among the visible
 * editors; some menus hand over something else, which is checked where it is used and only ever shown before it is sent.
 * No caller of a command can pass a key or an address.
 */
export type CommandHandler = (
  uri?: vscode.Uri,
  argument?: unknown,
  /** All files that are selected where the menu was opened, such as in the explorer; often none. */
  others?: readonly vscode.Uri[],
) => void | Promise<void>;

/** The implementations of one feature's commands: all of them, and no others. */
export type CommandsOf<F extends FeatureName> = Readonly<Record<CommandOf<F>, CommandHandler>>;

/** The implementation of each command of the manifest. */
export type CommandTable = Record<Command, CommandHandler>;

/** Registers every command. A command that fails, or whose feature did not start, shows why, and the step that helps where there is one. */
export function registerCommands(table: Readonly<Partial<CommandTable>>, log: Logger): vscode.Disposable {
  const run = async (command: Command, argument: unknown, others: unknown): Promise<void> => {
    try {
      const handle = table[command];
      if (!handle) throw new Error(t('This part of Gearshift could not be started. Its log says why.'));
      const uris = Array.isArray(others)
        ? others.filter((other): other is vscode.Uri => other instanceof vscode.Uri)
        : [];
      await handle(argument instanceof vscode.Uri ? argument : undefined, argument, uris);
    } catch (error) {
      log.error(command, error);
      const message = error instanceof Error ? error.message : String(error);
      const step = error instanceof ActionError ? error : undefined;
      if (!step) return void showErrorMessage(message);
      showInformationMessage(message, step.action)
        .then((chosen) => (chosen === step.action ? step.run() : undefined))
        .then(undefined, (failed: unknown) => log.error(command, failed));
    }
  };
  return vscode.Disposable.from(
    // VS Code registers the command that focuses the view itself.
    ...COMMANDS.filter((command) => command !== 'gearshift.chat.focus').map((command) =>
      vscode.commands.registerCommand(command, (argument: unknown, others: unknown) => run(command, argument, others)),
    ),
  );
}
