import { t } from '@vscode/l10n';
import path from 'node:path';
import * as vscode from 'vscode';
import { showsAll } from '../../core/common/hiddenCharacters.ts';
import type { CheckResult } from '../../core/recipes/ports.ts';
import { headAndTail, runCommand } from '../../storage/runCommand.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { judgeDocument } from '../platform/contextFiles.ts';

/**
 * The check of a recipe: new errors in the editor, and a command that the user chose once for the workspace. The command
 * is kept as the user saw it, so that no later change of a tasks file decides what runs.
 */

const KEY = 'gearshift.recipes.check';

/** The command that checks a workspace; empty: the user wants none. */
export interface ChosenCheck {
  readonly label: string;
  readonly command: string;
  /** Absolute path. */
  readonly cwd: string;
}

/** New problems that are listed. */
const MOST_PROBLEMS = 50;

/** The choice of the user for this workspace; undefined: none was made. */
export const chosenCheck = (memory: vscode.Memento): ChosenCheck | undefined => memory.get<ChosenCheck>(KEY);

/**
 * Lets the user choose the command: one of the workspace's tasks, or one that the user writes.
 *
 * @returns undefined when the user gives up
 */
export async function chooseCheck(memory: vscode.Memento): Promise<ChosenCheck | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const tasks = folder === '' ? [] : await vscode.tasks.fetchTasks();
  const rank = ({ group, name }: vscode.Task): number =>
    group?.id === vscode.TaskGroup.Test.id || /test/i.test(name) ? 0 : group?.id === vscode.TaskGroup.Build.id ? 1 : 2;
  const found = tasks
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((task) => {
      const command = commandOf(task.execution);
      // The files of a workspace come from others: what cannot be read whole is not offered.
      return command && showsAll(command) ? [{ label: task.name, command, cwd: cwdOf(task, folder) }] : [];
    });
  const items = [
    ...found.map((check) => ({
      label: check.label,
      description: check.command,
      // Another folder than the user would expect is said.
      ...(check.cwd === folder ? {} : { detail: check.cwd }),
      check,
    })),
    { label: `$(edit) ${t('Write a Command…')}`, description: '', check: 'write' as const },
    {
      label: `$(circle-slash) ${t('No Command')}`,
      description: t('Only new errors in the editor count'),
      check: { label: '', command: '', cwd: folder },
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: t('Which command checks this workspace?'),
    placeHolder: t(
      'It runs after a model changed files and you applied the change. Your choice is kept for this workspace.',
    ),
    ignoreFocusOut: true,
  });
  const check = picked?.check === 'write' ? await writeCommand(folder) : picked?.check;
  if (check) await memory.update(KEY, check);
  return check;
}

async function writeCommand(cwd: string): Promise<ChosenCheck | undefined> {
  const command = await vscode.window.showInputBox({
    title: t('Which command checks this workspace?'),
    placeHolder: 'npm test',
    ignoreFocusOut: true,
  });
  return command?.trim() ? { label: command.trim(), command: command.trim(), cwd } : undefined;
}

/** The command line of a task, as a shell takes it; undefined for tasks that only their extension can run. */
function commandOf(execution: vscode.Task['execution']): string | undefined {
  if (execution instanceof vscode.ShellExecution)
    return execution.commandLine ?? [execution.command, ...(execution.args ?? [])].map(quoted).join(' ');
  if (execution instanceof vscode.ProcessExecution) return [execution.process, ...execution.args].map(quoted).join(' ');
  return undefined;
}

const quoted = (part: string | vscode.ShellQuotedString | undefined): string => {
  const text = typeof part === 'object' ? part.value : (part ?? '');
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/(["$`\\])/g, '\\$1')}"`;
};

function cwdOf({ execution, scope }: vscode.Task, folder: string): string {
  const own =
    execution instanceof vscode.ShellExecution || execution instanceof vscode.ProcessExecution
      ? execution.options?.cwd
      : undefined;
  const base = typeof scope === 'object' ? scope.uri.fsPath : folder;
  return own === undefined ? base : path.resolve(base, own.replaceAll('${workspaceFolder}', base));
}

/** Errors by file and words, to tell new ones from old ones: their lines move with the text. */
export type Errors = ReadonlyMap<string, number>;

const isError = ({ severity }: vscode.Diagnostic): boolean => severity === vscode.DiagnosticSeverity.Error;

const keyOf = (uri: vscode.Uri, { message }: vscode.Diagnostic): string => `${uri.toString()} ${message}`;

/** The errors that the editor shows now. */
export function errorsNow(): Errors {
  const counts = new Map<string, number>();
  for (const [uri, found] of vscode.languages.getDiagnostics())
    for (const each of found) if (isError(each)) counts.set(keyOf(uri, each), (counts.get(keyOf(uri, each)) ?? 0) + 1);
  return counts;
}

/** Errors that were not there before, one line each. */
async function newErrors(before: Errors): Promise<string[]> {
  const left = new Map(before);
  const all = vscode.languages.getDiagnostics().filter(([, found]) => found.some(isError));
  // Problems quote what is in a file, so a file that may not be read is not quoted either.
  const free = await Promise.all(all.map(async ([uri]) => (await judgeDocument(uri)) === 'free'));
  return all.flatMap(([uri, found], i) =>
    found.flatMap((each) => {
      if (!free[i]) return [];
      if (!isError(each)) return [];
      const known = left.get(keyOf(uri, each)) ?? 0;
      left.set(keyOf(uri, each), known - 1);
      return known > 0 ? [] : [`${pathOf(uri)}:${each.range.start.line + 1}: ${each.message.replace(/\s+/g, ' ')}`];
    }),
  );
}

/** Changed files that the workspace's formatter would write in another way. */
async function unformatted(changed: readonly vscode.Uri[]): Promise<string[]> {
  const names: string[] = [];
  for (const uri of changed) {
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await Promise.resolve(
      vscode.commands.executeCommand<readonly vscode.TextEdit[] | undefined>(
        'vscode.executeFormatDocumentProvider',
        uri,
        options,
      ),
    ).catch(() => undefined);
    if (edits && edits.length > 0) names.push(pathOf(uri));
  }
  return names;
}

/** What a check needs to know of a change. */
interface Change {
  /** The errors before it; undefined where they are not known any more. */
  readonly before: Errors | undefined;
  /** The files that the run changed: they are saved first, since commands read the disk. */
  readonly changed: readonly vscode.Uri[];
  /** Resolves when the editor's errors are those after the change. */
  readonly settled: () => Promise<void>;
}

/** Checks the workspace. */
export async function runCheck(
  check: ChosenCheck | undefined,
  { before, changed, settled }: Change,
  signal: AbortSignal,
): Promise<CheckResult> {
  for (const uri of changed) {
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
    if (document?.isDirty) await document.save();
  }
  const lines: string[] = [];
  if (before) {
    await settled();
    const problems = await newErrors(before);
    lines.push(
      problems.length === 0
        ? t('No new errors in the editor.')
        : [t('New errors in the editor ({0}):', problems.length), ...problems.slice(0, MOST_PROBLEMS)].join('\n'),
    );
    if (problems.length > 0) return { ok: false, output: lines.join('\n\n') };
  } else lines.push(t('Errors in the editor were not compared: the window was reloaded since the work began.'));
  const style = await unformatted(changed);
  if (style.length > 0) lines.push(t('The formatter would change: {0}', style.join(', ')));
  if (!check?.command)
    return { ok: true, output: [...lines, t('No command is chosen for this workspace.')].join('\n\n') };
  if (!vscode.workspace.isTrusted)
    return { ok: false, output: t('This workspace is not trusted, so no command runs.') };
  const { exitCode, output } = await runCommand(check.command, check.cwd, signal);
  lines.push(`$ ${check.command}\n${headAndTail(output)}`, t('Exit code: {0}', exitCode ?? t('none')));
  return { ok: exitCode === 0, output: lines.join('\n\n') };
}
