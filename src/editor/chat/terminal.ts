import { t } from '@vscode/l10n';
import path from 'node:path';
import * as vscode from 'vscode';
import { buildTerminalMessages, readCommand, typedLines } from '../../core/chat/terminalCommand.ts';
import { hasHidden } from '../../core/common/hiddenCharacters.ts';
import { sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import type { OneShot } from '../gateway/oneShot.ts';
import { takeTerminal } from './contextPicker.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';

/** Commands for the terminal: one that is inserted and waits for the user's Enter, and one that runs once the user agrees. */

/** Most characters of selected output that are sent. */
const MOST_OUTPUT = 8_000;
/** Most characters of a command that the question shows. */
const MOST_SHOWN = 1_500;

/** Asks what the user wants to do, and inserts the command at the prompt of the terminal. It never runs it. */
export async function suggestCommand(oneShot: () => Promise<OneShot>): Promise<void> {
  const wish = await vscode.window.showInputBox({
    title: t('What do you want to do in the terminal?'),
    placeHolder: t('For example: find the 10 largest files'),
    prompt: t('The command is inserted at the prompt. You run it with Enter.'),
    ignoreFocusOut: true,
  });
  if (!wish?.trim()) return;
  const terminal = vscode.window.activeTerminal ?? vscode.window.createTerminal();
  terminal.show(true);
  const output = vscode.window.activeTerminal ? await selectedOutput() : '';
  const messages = buildTerminalMessages({ wish, shell: shellOf(terminal), platform: process.platform, output });
  const answered = await withProgress(
    { location: vscode.ProgressLocation.Window, title: t('Looking for the command'), cancellable: true },
    async (_, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      return (await oneShot()).ask(
        {
          task: 'chat',
          action: 'terminal-command',
          intent: wish,
          messages,
          language: 'shellscript',
          maxTokens: 512,
          gesture: true,
          accept: (text) => {
            const read = readCommand(text);
            return 'why' in read ? read.why : null;
          },
        },
        stop.signal,
      );
    },
  );
  const read = answered && readCommand(answered.text);
  if (!read || 'why' in read) return;
  terminal.show();
  terminal.sendText(read.command, false);
}

/** Runs the commands of a block in the terminal, after the user has seen and agreed to them. */
export async function runInTerminal(block: string): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void showInformationMessage(t('This workspace is not trusted, so nothing is run in it.'));
    return;
  }
  const command = typedLines(block);
  if (!command) return;
  const run = t('Run');
  const warning = hasHidden(command, 'code')
    ? [t('It contains hidden characters that could make it do something other than what it shows.')]
    : [];
  const shown = command.length > MOST_SHOWN ? `${command.slice(0, MOST_SHOWN)}…` : command;
  const detail = [...warning, shown].join('\n\n');
  const choice = await showWarningMessage(
    t('Run this in the terminal? A model wrote it.'),
    { modal: true, detail },
    run,
  );
  if (choice !== run) return;
  const terminal = vscode.window.activeTerminal ?? vscode.window.createTerminal();
  terminal.show();
  terminal.sendText(command, true);
}

/** The selection of the terminal, if there is one. */
async function selectedOutput(): Promise<string> {
  const taken = await takeTerminal().catch(() => undefined);
  return taken ? sliceBetweenSecrets(taken.text, 0, MOST_OUTPUT) : '';
}

const shellOf = (terminal: vscode.Terminal): string => terminal.state.shell ?? path.basename(vscode.env.shell);
