import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { trimDiff } from '../core/chat/context.ts';
import { buildCommitMessages, MOST_DIFF, readCommitMessage } from '../core/review/commitMessage.ts';
import { isSecretFile } from '../core/secretFiles.ts';
import type { Asker } from './asker.ts';
import { repositoryOf, type Repository } from './git.ts';

/**
 * Writes the message for what is staged, or else for all changes, into the box of the SCM view.
 *
 * @param argument what the menu of the SCM view hands over: the source control with its root
 */
export async function writeCommitMessage(asker: Asker, conventional: boolean, argument: unknown): Promise<void> {
  const root = (argument as { rootUri?: unknown } | undefined)?.rootUri;
  const repository = await repositoryOf(root instanceof vscode.Uri ? root : undefined);
  if (!repository) throw new Error(t('There is no git repository here.'));
  const diff = trimDiff((await repository.diff(true)) || (await repository.diff(false)), isSecretFile, MOST_DIFF).text;
  if (!diff) throw new Error(t('There is no change to describe.'));
  const draft = repository.inputBox.value;
  const answered = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.SourceControl, title: t('Writing the commit message') },
    async () =>
      asker.ask(
        {
          task: 'commit',
          action: 'commit-message',
          wish: 'Write a commit message',
          messages: buildCommitMessages({ diff, recent: await recentOf(repository), conventional, draft }),
          language: 'diff',
          maxTokens: 1_024,
        },
        new AbortController().signal,
      ),
  );
  const message = answered && readCommitMessage(answered.text);
  // What the user typed meanwhile is worth more.
  if (message && repository.inputBox.value === draft) repository.inputBox.value = message;
}

async function recentOf(repository: Repository): Promise<string[]> {
  try {
    return (await repository.log({ maxEntries: 10 })).map(({ message }) => message);
  } catch {
    // A repository without commits has no log.
    return [];
  }
}
