import { t } from '@vscode/l10n';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { showsAll } from '../../core/common/hiddenCharacters.ts';
import type { FileAfter } from '../../core/evaluation/checks.ts';
import { commandsOf } from '../../core/evaluation/checks.ts';
import type { KeptTask } from '../../core/evaluation/keptTask.ts';
import { countSecrets } from '../../core/privacy/maskSecrets.ts';
import { runCommand } from '../../storage/runCommand.ts';
import { showWarningMessage } from '../platform/messages.ts';
import { writeCopies } from './copies.ts';

/** Commands that kept tasks check answers with. They run in a folder of their own, never in the user's. */

/** Where the workspace remembers the commands that the user allowed. */
const ALLOWED_KEY = 'gearshift.evaluation.commands';
/** Longest time of one command, in ms. */
const COMMAND_MS = 120_000;

/** The most commands that are asked about at a time: a message shows no more. */
const MOST_ASKED = 10;

/**
 * Variables that hold keys, by their names or by what is in them: what a model wrote runs in these commands, and has no use
 * for them.
 */
const keyVariables = (): Record<string, undefined> =>
  Object.fromEntries(
    Object.entries(process.env)
      .filter(
        ([name, value = '']) =>
          /key|token|secret|passw|credential|auth|(?:^|_)pat(?:$|_)/i.test(name) || holdsSecret(name, value),
      )
      .map(([name]) => [name, undefined]),
  );

/** Whether a value has the form of a key, or is an address with a password. Lists of folders, such as `PATH`, are neither. */
const holdsSecret = (name: string, value: string): boolean =>
  !value.split(path.delimiter).every((part) => path.isAbsolute(part)) &&
  (countSecrets(value) > 0 || countSecrets(`${name}=${value}`) > 0 || /^[\w+.-]+:\/\/[^/\s@]*:[^/\s@]+@/.test(value));

const allowedIn = (state: vscode.Memento): readonly string[] => state.get<string[]>(ALLOWED_KEY) ?? [];

/** Variable of the environment: `1` allows the commands of kept tasks where no user can answer a dialog. */
const ALLOW_VARIABLE = 'GEARSHIFT_KEPT_TASKS_COMMANDS';

/**
 * Asks once for each new command of the tasks. The files of a workspace come from others: nothing of them runs that the
 * user has not read.
 *
 * @param isProgram no user can answer a dialog: the environment has to allow the commands
 * @returns false: the user does not want them to run, or does not trust the workspace
 */
export async function allowCommands(
  tasks: readonly KeptTask[],
  state: vscode.Memento,
  isProgram = false,
): Promise<boolean> {
  const allowed = allowedIn(state);
  const asked = [...new Set(tasks.flatMap(commandsOf))].filter((command) => !allowed.includes(command));
  if (asked.length === 0) return true;
  // A user who allows a command has to see all of it.
  const unreadable = asked.find((command) => !showsAll(command));
  if (unreadable !== undefined || asked.length > MOST_ASKED)
    throw new Error(
      t(
        'The kept tasks have commands that are too long, too many, or hold characters that cannot be seen: {0}',
        (unreadable ?? asked[0] ?? '').slice(0, 80).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?'),
      ),
    );
  if (!vscode.workspace.isTrusted)
    throw new Error(t('The kept tasks run commands. Trust this workspace first: {0}', asked.join(', ')));
  if (isProgram) {
    if (process.env[ALLOW_VARIABLE] !== '1')
      throw new Error(
        t('The kept tasks run commands. Set {0} to 1 to allow them: {1}', ALLOW_VARIABLE, asked.join(', ')),
      );
    await state.update(ALLOWED_KEY, [...allowed, ...asked]);
    return true;
  }
  const allow = t('Allow');
  const chosen = await showWarningMessage(
    t('Allow the kept tasks to run commands on this computer?'),
    {
      modal: true,
      detail: [
        ...asked,
        t('They run in an empty folder with the files that an answer makes. You are asked once for each command.'),
      ].join('\n'),
    },
    allow,
  );
  if (chosen !== allow) return false;
  await state.update(ALLOWED_KEY, [...allowed, ...asked]);
  return true;
}

/**
 * Runs a command on the files that an answer makes. `GEARSHIFT_WORKSPACE` is the first folder of the workspace.
 *
 * @returns why it failed, for the user; empty when it ended with 0
 */
export async function runCheckCommand(
  command: string,
  files: readonly FileAfter[],
  state: vscode.Memento,
  signal: AbortSignal,
): Promise<string> {
  if (!vscode.workspace.isTrusted || !allowedIn(state).includes(command)) return t('The command is not allowed.');
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gearshift-task-'));
  try {
    const wrong = await writeCopies(folder, files);
    if (wrong) return wrong;
    const [workspace] = vscode.workspace.workspaceFolders ?? [];
    const ends = AbortSignal.any([signal, AbortSignal.timeout(COMMAND_MS)]);
    const more = { ...keyVariables(), GEARSHIFT_WORKSPACE: workspace?.uri.fsPath ?? '' };
    const { exitCode, output } = await runCommand(command, folder, ends, more);
    if (exitCode === 0) return '';
    const said = output.trim().split('\n').slice(-3).join(' ').slice(-300);
    return exitCode === null ? t('It did not end in time. {0}', said) : t('It ended with {0}. {1}', exitCode, said);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
