import * as vscode from 'vscode';
import { debugLog } from '../../core/common/debugLog.ts';

/** The part of the API of VS Code's git extension, version 1, that tells of commits. */
interface CommitRepository {
  readonly rootUri: vscode.Uri;
  readonly state: {
    readonly HEAD: { readonly name?: string; readonly commit?: string } | undefined;
    readonly onDidChange: vscode.Event<void>;
    readonly workingTreeChanges: readonly { readonly uri: vscode.Uri }[];
  };
}
interface CommitApi {
  readonly repositories: readonly CommitRepository[];
  readonly onDidOpenRepository: vscode.Event<CommitRepository>;
}

/**
 * Tells of commits in the repositories that VS Code has open: of a new commit on the same branch, with what says whether
 * a file was committed whole. A git extension that is not running is not started, and then nothing is told.
 */
export function watchCommits(onCommit: (isIn: (uri: string) => boolean) => void): vscode.Disposable {
  const extension = vscode.extensions.getExtension<{ getAPI(version: 1): CommitApi }>('vscode.git');
  if (!extension?.isActive) return new vscode.Disposable(() => undefined);
  let api: CommitApi;
  try {
    api = extension.exports.getAPI(1);
  } catch (error) {
    // Git is turned off, or not installed.
    debugLog("VS Code's git", error);
    return new vscode.Disposable(() => undefined);
  }
  const disposables: vscode.Disposable[] = [];
  const watch = (repository: CommitRepository): void => {
    const { rootUri, state } = repository;
    let { name, commit } = state.HEAD ?? {};
    const root = `${rootUri.toString().replace(/\/$/, '')}/`;
    disposables.push(
      state.onDidChange(() => {
        const before = { name, commit };
        ({ name, commit } = state.HEAD ?? {});
        if (commit === before.commit || name !== before.name || before.commit === undefined) return;
        const open = new Set(state.workingTreeChanges.map(({ uri }) => uri.toString()));
        onCommit((uri) => uri.startsWith(root) && !open.has(uri));
      }),
    );
  };
  api.repositories.forEach(watch);
  disposables.push(api.onDidOpenRepository(watch));
  return new vscode.Disposable(() => disposables.forEach((each) => each.dispose()));
}
