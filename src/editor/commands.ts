import * as vscode from 'vscode';
import { COMMANDS, type Command } from './manifest.ts';

/** What each command of the manifest does. Commands take no arguments: nothing that calls them can pass a key or a URL. */
export type CommandTable = Readonly<Record<Command, () => void | Promise<void>>>;

/** Registers the table. A failing command is told to the user, not swallowed. */
export function registerCommands(table: CommandTable, log: (line: string) => void): vscode.Disposable {
  const run = async (command: Command): Promise<void> => {
    try {
      await table[command]();
    } catch (error) {
      log(`${command}: ${String(error)}`);
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  };
  return vscode.Disposable.from(
    ...COMMANDS.filter((command) => command !== 'gearshift.chat.focus').map((command) =>
      vscode.commands.registerCommand(command, () => run(command)),
    ),
  );
}
