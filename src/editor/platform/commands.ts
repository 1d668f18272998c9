import * as vscode from 'vscode';
import { COMMANDS, type Command } from './contributions.ts';

/**
 * What each command of the manifest does. The argument is the document whose menu was used, and it only chooses among
 * the visible editors; some menus hand over something else, which is checked where it is used and only ever shown before
 * it is sent. Nothing that calls a command can pass a key or an address.
 */
export type CommandTable = Readonly<Record<Command, (uri?: vscode.Uri, argument?: unknown) => void | Promise<void>>>;

/** Registers the table. A failing command is told to the user, not swallowed. */
export function registerCommands(table: CommandTable, log: (line: string) => void): vscode.Disposable {
  const run = async (command: Command, argument: unknown): Promise<void> => {
    try {
      await table[command](argument instanceof vscode.Uri ? argument : undefined, argument);
    } catch (error) {
      log(`${command}: ${String(error)}`);
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  };
  return vscode.Disposable.from(
    ...COMMANDS.filter((command) => command !== 'gearshift.chat.focus').map((command) =>
      vscode.commands.registerCommand(command, (argument: unknown) => run(command, argument)),
    ),
  );
}
