import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Tier } from '../../core/common/types.ts';
import type { Logger } from '../../core/common/logger.ts';
import { buildCommitMessages, MOST_DIFF, readCommitMessage } from '../../core/codeTools/commitMessage.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import type { OneShot } from '../gateway/oneShot.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { isSourceControl } from '../platform/gesture.ts';
import { diffOf, newFilesOf, noRepository, repositoryOf, type Repository } from '../platform/git.ts';
import { showErrorMessage, showInformationMessage, withProgress } from '../platform/messages.ts';

/** Set while a message is written: the button stops it then. */
const WRITING_CONTEXT = 'gearshift.writesCommitMessage';

/** How long the status bar says what the message covers, in ms. */
const SAY_MS = 10_000;

/** Generates the message for what is staged, or else for all changes, into the box of the SCM view. */
export class CommitMessages {
  readonly #oneShot: () => Promise<OneShot>;
  readonly #conventional: () => boolean;
  readonly #log: Logger;
  #writing: AbortController | undefined;
  /** Resolves when no message is being written any more. */
  #ended: Promise<void> = Promise.resolve();

  constructor(oneShot: () => Promise<OneShot>, conventional: () => boolean, log: Logger) {
    this.#log = log;
    this.#oneShot = oneShot;
    this.#conventional = conventional;
  }

  stop(): void {
    this.#writing?.abort();
  }

  /**
   * @param argument what the menu of the SCM view hands over: the source control with its root
   * @param tier the tier to ask, where the user chose one
   */
  async write(argument: unknown, tier?: Tier): Promise<void> {
    if (this.#writing) return;
    const writing = (this.#writing = new AbortController());
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    try {
      await vscode.commands.executeCommand('setContext', WRITING_CONTEXT, true);
      await this.#write(rootOf(argument), isSourceControl(argument), writing.signal, tier);
    } finally {
      this.#writing = undefined;
      await vscode.commands.executeCommand('setContext', WRITING_CONTEXT, false);
      ended.resolve();
    }
  }

  /** The user asks another tier, in the place of an answer or of the call under way, which has been stopped. */
  async #again(root: vscode.Uri | undefined, tier: Tier): Promise<void> {
    try {
      await this.#ended;
      await this.write(root && { rootUri: root }, tier);
    } catch (error) {
      this.#log.error('commit message', error);
      void showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  async #write(root: vscode.Uri | undefined, pressed: boolean, signal: AbortSignal, tier?: Tier): Promise<void> {
    const repository = await repositoryOf(root ?? vscode.window.activeTextEditor?.document.uri);
    if (!repository) throw noRepository();
    const { diff, newFiles, isStaged, remarks } = await changesOf(repository);
    if (!diff && newFiles.length === 0) throw new Error([t('There is no change to describe.'), ...remarks].join(' '));
    const { inputBox } = repository;
    const draft = inputBox?.value ?? '';
    const recent = await recentOf(repository, this.#log);
    const messages = buildCommitMessages({ diff, newFiles, recent, conventional: this.#conventional(), draft });
    const answered = await withProgress(
      { location: vscode.ProgressLocation.SourceControl, title: t('Generating the commit message') },
      async () =>
        (await this.#oneShot()).ask(
          {
            task: 'commit',
            action: 'commit-message',
            intent: 'Write a commit message',
            messages,
            language: 'diff',
            maxTokens: 1_024,
            tier,
            again: (above) => this.#again(root, above),
            accept: (text) => (readCommitMessage(text) === '' ? t('it contains no commit message') : null),
            gesture: pressed || tier !== undefined,
          },
          signal,
        ),
    );
    if (!answered) return;
    const message = readCommitMessage(answered.text);
    const words = [...(isStaged ? [] : [t('Nothing is staged, so the message covers all changes.')]), ...remarks];
    if (!inputBox) {
      await handOver(message, words);
      return;
    }
    // Text that the user typed meanwhile is kept.
    if (inputBox.value !== draft && !(await mayReplace())) return;
    inputBox.value = message;
    // A notification only for what was left out: many users never stage, and need no notification at each commit.
    if (remarks.length > 0) void showInformationMessage(words.join(' '));
    else if (words.length > 0) vscode.window.setStatusBarMessage(words.join(' '), SAY_MS);
  }
}

const rootOf = (argument: unknown): vscode.Uri | undefined => {
  const root = (argument as { rootUri?: unknown } | undefined)?.rootUri;
  return root instanceof vscode.Uri ? root : undefined;
};

/** The staged changes, or without any, all changes since the last commit. */
async function changesOf(repository: Repository) {
  const staged = await diffOf(repository, 'staged', MOST_DIFF);
  const isStaged = staged.files > 0;
  const { text: diff, remarks } = isStaged ? staged : await diffOf(repository, 'unstaged', MOST_DIFF);
  const newFiles = isStaged ? [] : newFilesOf(repository).filter(({ path }) => !isSecretFile(path));
  return { diff, remarks, isStaged, newFiles: newFiles.map(pathOf) };
}

/** In a remote window the box is on another machine: the message goes there by the clipboard. */
async function handOver(message: string, remarks: readonly string[]): Promise<void> {
  await vscode.env.clipboard.writeText(message);
  const show = t('Open Source Control');
  const words = [t('The commit message was copied. Paste it into the box of the Source Control view.'), ...remarks];
  if ((await showInformationMessage(words.join(' '), show)) === show)
    await vscode.commands.executeCommand('workbench.view.scm');
}

async function mayReplace(): Promise<boolean> {
  const replace = t('Use It');
  const words = t("The commit message is ready, but you've typed one in the meantime.");
  return (await showInformationMessage(words, replace)) === replace;
}

async function recentOf(repository: Repository, log: Logger): Promise<string[]> {
  try {
    return (await repository.log({ maxEntries: 10 })).map(({ message }) => message);
  } catch (error) {
    // A repository without commits has no log.
    log.debug('the last commits', error);
    return [];
  }
}
