import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Answer, Question, Thread } from '../../core/chat/conversation.ts';
import { buildMessages } from '../../core/chat/prompt.ts';
import { promptVersionOf, splitCommand, type UsedPrompt } from '../../core/chat/promptFiles.ts';
import { secretsIn, type Check, type KeptFile, type KeptTask } from '../../core/evaluation/keptTask.ts';
import { applyHunks } from '../../core/edits/hunks.ts';
import { parseAnswer } from '../../core/edits/parseAnswer.ts';
import { planFile } from '../../core/edits/planFile.ts';
import { checkTarget } from '../../core/edits/target.ts';
import { maskSecrets } from '../../core/privacy/maskSecrets.ts';
import { nameSecret } from '../platform/installKey.ts';
import { readText } from '../platform/files.ts';
import type { TaskFolders, TaskPlace } from './taskFolder.ts';
import { showInformationMessage } from '../platform/messages.ts';

/** Most files of a task. */
const MOST_FILES = 10;
/** Longest file that is kept with a task, in characters. */
const LONGEST_FILE = 200_000;

/** A file that was changed by applying an answer: as it was before, and as the user has it now. Null: no such file. */
export interface AppliedFile {
  readonly uri: vscode.Uri;
  readonly before: string | null;
  readonly now: string | null;
}

/**
 * Asks for a name and a place, and keeps an answer of the chat as a test.
 *
 * @param applied what applying the answer changed: there, what the user kept counts as good, own corrections included
 */
export async function keepTask(
  folders: TaskFolders,
  thread: Thread,
  answer: Answer,
  applied: readonly AppliedFile[] = [],
): Promise<void> {
  const question = thread.turns.find((turn): turn is Question => turn.role === 'user' && turn.id === answer.questionId);
  if (!question || answer.state !== 'done' || !answer.text)
    throw new Error(t('Only a whole answer can be kept as a test.'));
  if (question.attachments.some(({ picture }) => picture))
    throw new Error(t('A question with a picture cannot be kept as a test.'));
  const task = await taskOf(thread, { question, answer, applied });
  refuseSecrets(task);
  const name = await vscode.window.showInputBox({
    title: t('Keep as a test'),
    prompt: t('A short name for the test'),
    value: task.name,
    validateInput: (value) => (value.trim() ? undefined : t('Type a name.')),
  });
  if (name === undefined) return;
  const place = await askPlace(folders);
  if (!place) return;
  const named = { ...task, name: name.trim() };
  refuseSecrets(named);
  const file = await folders.keep(named, place);
  const open = t('Open');
  const chosen = await showInformationMessage(
    t('Kept as a test. "Gearshift: Run Kept Tasks" compares models on it.'),
    open,
  );
  if (chosen === open) await vscode.window.showTextDocument(file);
}

/** @throws Error in words when a task holds a secret: its file is for others too */
function refuseSecrets(task: KeptTask): void {
  if (secretsIn(task) > 0) throw new Error(t('This was not kept: the question, the answer or a file holds a secret.'));
}

/** The task that an answer makes: what was sent, masked, and the files as they are before and after its changes. */
async function taskOf(
  thread: Thread,
  {
    question,
    answer,
    applied,
  }: { readonly question: Question; readonly answer: Answer; readonly applied: readonly AppliedFile[] },
): Promise<KeptTask> {
  const messages = buildMessages(thread, question.id, { model: answer.model }).flatMap(({ role, content }) =>
    role === 'tool' ? [] : [{ role, content: maskSecrets(content, nameSecret).text }],
  );
  const files = [...filesKept(applied), ...(await filesOf(answer.text))]
    .filter(({ path }, index, all) => all.findIndex((other) => other.path === path) === index)
    .slice(0, MOST_FILES);
  const checks: Check[] = files.length > 0 ? [{ kind: 'applies' }, { kind: 'keeps' }] : [{ kind: 'answers' }];
  const { prompt } = question;
  return {
    name: thread.title.slice(0, 80) || question.text.slice(0, 80),
    kept: new Date().toISOString().slice(0, 10),
    tier: answer.tier,
    model: { provider: answer.provider, model: answer.model },
    ...(prompt ? { prompt: keptPrompt(prompt, question.text) } : {}),
    checks,
    messages,
    answer: maskSecrets(answer.text, nameSecret).text,
    files,
  };
}

/** A prompt with what is needed to make the question again with another version of it. */
const keptPrompt = (prompt: UsedPrompt, asked: string): KeptTask['prompt'] => ({
  name: prompt.name,
  version: promptVersionOf(prompt),
  text: maskSecrets(prompt.text, nameSecret).text,
  input: maskSecrets(splitCommand(asked)?.input ?? '', nameSecret).text,
});

/** The files that were changed by applying the answer, as the user kept them. */
function filesKept(applied: readonly AppliedFile[]): KeptFile[] {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) return [];
  const base = `${folder.uri.toString()}/`;
  return applied.flatMap(({ uri, before, now }) => {
    if (!uri.toString().startsWith(base) || now === null || now === before) return [];
    if (now.length > LONGEST_FILE || (before?.length ?? 0) > LONGEST_FILE) return [];
    return [{ path: uri.path.slice(folder.uri.path.length + 1), before, after: now }];
  });
}

/** The files of the workspace that the answer changes, where its changes still fit them. */
async function filesOf(text: string): Promise<KeptFile[]> {
  const { edits } = parseAnswer(text);
  const paths = [...new Set(edits.flatMap(({ path }) => (path === null ? [] : [path])))].slice(0, MOST_FILES);
  const files: KeptFile[] = [];
  for (const path of paths) {
    const before = await readFile(path);
    if (before === null || before.length > LONGEST_FILE) continue;
    const own = edits.filter((edit) => edit.path === path);
    const plan = planFile(own, { text: before, path });
    if (plan.kind === 'delete' || plan.failures.length > 0 || plan.hunks.length === 0) continue;
    files.push({ path, before, after: applyHunks(before, plan.hunks, plan.finalNewline) });
  }
  return files;
}

/**
 * The text of a file below the first folder of the workspace; null where there is none. The path is the model's: what
 * may not be context without asking is no part of a task either, since the task is written into a file for others.
 */
async function readFile(path: string): Promise<string | null> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const check = checkTarget(path);
  if (!folder || check.kind === 'refused') return null;
  const read = await readText(vscode.Uri.joinPath(folder.uri, check.path));
  return read.kind === 'read' ? read.file.text : null;
}

async function askPlace(folders: TaskFolders): Promise<TaskPlace | undefined> {
  if (!folders.of('workspace')) return 'private';
  const places: (vscode.QuickPickItem & { place: TaskPlace })[] = [
    { place: 'workspace', label: t('For the team'), detail: t('A file in .gearshift/tasks of this workspace') },
    { place: 'private', label: t('Only for you'), detail: t("A file in Gearshift's own folder on this computer") },
  ];
  return (await vscode.window.showQuickPick(places, { title: t('Where to keep the test') }))?.place;
}
