import path from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import {
  formatTask,
  LONGEST_TASK,
  MOST_TASKS,
  parseTask,
  secretsIn,
  taskFileName,
  type KeptTask,
} from '../../core/evaluation/keptTask.ts';
import { checkContext, readContext } from '../platform/contextFiles.ts';
import { writeOwnFile } from '../platform/ownFiles.ts';

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
        const read = folder && (await readTask(vscode.Uri.joinPath(folder, name), place));
        if (!read) problems.push(t('{0} cannot be read.', shown));
        else if ('problem' in read) problems.push(`${shown}:${read.problem.line}: ${read.problem.words}`);
        else if (tasks.some((task) => task.name === read.task.name))
          problems.push(t('{0} is left out: another task is called "{1}".', shown, read.task.name));
        else if (secretsIn(read.task) > 0) problems.push(t('{0} is left out: it holds a secret.', shown));
        else tasks.push(read.task);
      }
    }
    return { tasks, problems };
  }

  /** Writes a task into a file of its own. @returns where it is */
  async keep(task: KeptTask, place: TaskPlace): Promise<vscode.Uri> {
    const team = place === 'workspace' ? this.of(place) : undefined;
    const folder = team ?? this.#private;
    const all = await Promise.all([this.of('workspace'), this.#private].map((each) => (each ? namesIn(each) : [])));
    if (all.flat().length >= MOST_TASKS)
      throw new Error(t('There are {0} kept tasks already. Delete one in {1} first.', MOST_TASKS, folder.fsPath));
    // A link has a name that is taken too: nothing is written through it.
    const taken = new Set((await entriesIn(folder)).map(([name]) => name));
    const file = vscode.Uri.joinPath(folder, taskFileName(task.name, taken));
    if (team) await writeOwnFile(file, formatTask(task));
    else await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(formatTask(task)));
    return file;
  }
}

/** The Markdown files of a folder by name, without links: a link could lead out of the workspace. */
const namesIn = async (folder: vscode.Uri): Promise<string[]> =>
  (await entriesIn(folder))
    .filter(([name, type]) => type === vscode.FileType.File && path.extname(name) === '.md')
    .map(([name]) => name)
    .toSorted();

/** What a folder holds; nothing where there is no such folder yet. */
const entriesIn = async (folder: vscode.Uri): Promise<readonly [string, vscode.FileType][]> =>
  vscode.workspace.fs.readDirectory(folder).then(
    (entries) => entries,
    () => [],
  );

/** A task's messages are sent to models, so its file is read by the rules of context; the user's own may be anywhere. */
async function readTask(file: vscode.Uri, place: TaskPlace): Promise<ReturnType<typeof parseTask> | undefined> {
  // A character has up to three bytes in UTF-8, for those of one code unit.
  const mostBytes = 3 * LONGEST_TASK;
  const read = await readContext(file, { mostBytes, anywhere: place === 'private' });
  if (read.kind === 'read') return parseTask(new TextDecoder().decode(read.bytes));
  const check = await checkContext(file, place === 'private');
  return check.kind === 'readable' && check.size > mostBytes
    ? { problem: { line: 1, words: t('The file of the task is too long.') } }
    : undefined;
}
