import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import {
  formatTask,
  LONGEST_TASK,
  MOST_TASKS,
  parseTask,
  taskFileName,
  type KeptTask,
} from '../../core/evaluation/keptTask.ts';

/** Where a task is kept: in the workspace, for the team, or beside the user's other data. */
export type TaskPlace = 'workspace' | 'private';

/** The tasks that can be read, and what is wrong with the others. */
export interface KeptTasks {
  readonly tasks: readonly KeptTask[];
  /** One sentence for each file that cannot be read. */
  readonly problems: readonly string[];
}

/** The folders of the kept tasks. Those of a workspace are read only where the user trusts it. */
export class TaskFolders {
  readonly #private: vscode.Uri;

  constructor(storage: vscode.Uri) {
    this.#private = vscode.Uri.joinPath(storage, 'tasks');
  }

  /** The folder of a place; undefined where there is none. */
  of(place: TaskPlace): vscode.Uri | undefined {
    if (place === 'private') return this.#private;
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    return folder && vscode.workspace.isTrusted ? vscode.Uri.joinPath(folder.uri, '.gearshift', 'tasks') : undefined;
  }

  async read(): Promise<KeptTasks> {
    const tasks: KeptTask[] = [];
    const problems: string[] = [];
    for (const place of ['workspace', 'private'] as const) {
      const folder = this.of(place);
      for (const name of folder ? await namesIn(folder) : []) {
        const shown = place === 'workspace' ? `.gearshift/tasks/${name}` : name;
        if (tasks.length >= MOST_TASKS) {
          problems.push(t('{0} is left out: at most {1} tasks are used.', shown, MOST_TASKS));
          continue;
        }
        const read = folder && (await readTask(vscode.Uri.joinPath(folder, name)));
        if (!read) problems.push(t('{0} cannot be read.', shown));
        else if ('problem' in read) problems.push(`${shown}:${read.problem.line}: ${read.problem.words}`);
        else if (tasks.some((task) => task.name === read.task.name))
          problems.push(t('{0} is left out: another task is called "{1}".', shown, read.task.name));
        else tasks.push(read.task);
      }
    }
    return { tasks, problems };
  }

  /** Writes a task into a file of its own. @returns where it is */
  async keep(task: KeptTask, place: TaskPlace): Promise<vscode.Uri> {
    const folder = this.of(place) ?? this.#private;
    const taken = new Set(await namesIn(folder));
    if (taken.size >= MOST_TASKS)
      throw new Error(t('There are {0} kept tasks already. Delete one in {1} first.', MOST_TASKS, folder.fsPath));
    const file = vscode.Uri.joinPath(folder, taskFileName(task.name, taken));
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(formatTask(task)));
    return file;
  }
}

/** The Markdown files of a folder by name, without links: a link could lead out of the workspace. */
async function namesIn(folder: vscode.Uri): Promise<string[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    return entries
      .filter(([name, type]) => type === vscode.FileType.File && path.extname(name) === '.md')
      .map(([name]) => name)
      .toSorted();
  } catch {
    return []; // there is no such folder yet
  }
}

async function readTask(file: vscode.Uri): Promise<ReturnType<typeof parseTask> | undefined> {
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    // A character has up to three bytes in UTF-8, for those of one code unit.
    if (size > 3 * LONGEST_TASK) return { problem: { line: 1, words: t('The file of the task is too long.') } };
    return parseTask(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));
  } catch {
    return undefined;
  }
}
