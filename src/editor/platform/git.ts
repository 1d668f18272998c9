import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { debugLog } from '../../core/common/debugLog.ts';
import { readGitDiff, type GitDiff } from '../../core/privacy/gitDiff.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { gitIn } from '../../storage/runGit.ts';

/** The part that we use of the API that VS Code's own git extension exports, version 1. */
export interface Repository {
  readonly rootUri: vscode.Uri;
  getMergeBase(a: string, b: string): Promise<string | undefined>;
  log(options: { maxEntries: number }): Promise<readonly { readonly message: string }[]>;
  readonly inputBox: { value: string };
  readonly state: {
    readonly HEAD: { readonly commit?: string } | undefined;
    readonly indexChanges: readonly { readonly uri: vscode.Uri }[];
    /** Files that git does not know yet are here or among the untracked ones, as the user's settings have it. */
    readonly workingTreeChanges: readonly { readonly uri: vscode.Uri; readonly status: number }[];
    readonly untrackedChanges: readonly { readonly uri: vscode.Uri }[];
  };
}

/** `Status.UNTRACKED` of the git extension. */
const UNTRACKED = 7;

/** Files that git does not know yet: no diff shows them. */
export const newFilesOf = ({ state }: Repository): readonly vscode.Uri[] =>
  [...state.workingTreeChanges.filter(({ status }) => status === UNTRACKED), ...state.untrackedChanges].map(
    ({ uri }) => uri,
  );

interface GitExtension {
  getAPI(version: 1): {
    /** The program that VS Code found. */
    readonly git: { readonly path: string };
    readonly repositories: readonly Repository[];
    getRepository(uri: vscode.Uri): Repository | null;
  };
}

/** The comparison: staged changes, unstaged changes, both with the last commit, or two commits. */
export type DiffRange = 'staged' | 'unstaged' | 'head' | readonly [from: string, to: string];

/**
 * The changes of a repository without the files that no model is shown. Git runs here, with options of our own: what
 * VS Code's git extension answers depends on the user's settings, and then no filter can tell where a file begins.
 *
 * @param limit in characters
 * @param only absolute path of the only file that counts
 * @throws with git's own words when git fails
 */
export function diffOf(repository: Repository, range: DiffRange, limit: number, only?: string): Promise<GitDiff> {
  const { rootUri } = repository;
  const git = vscode.extensions.getExtension<GitExtension>('vscode.git')?.exports?.getAPI(1).git.path;
  if (!git || rootUri.scheme !== 'file') return Promise.reject(new Error(t('There is no git repository here.')));
  // The user's globs can name a path in the repository or one in the workspace around it.
  const isExcluded = (path: string): boolean => isSecretFile(path) || isSecretFile(`${rootUri.path}/${path}`);
  return readGitDiff(gitIn(git, rootUri.fsPath), argumentsOf(range), isExcluded, limit, only);
}

function argumentsOf(range: DiffRange): readonly string[] {
  switch (range) {
    case 'staged':
      return ['--cached'];
    case 'unstaged':
      return [];
    case 'head':
      return ['HEAD'];
    default:
      return range;
  }
}

/** The repository of a file, or the only one that there is; undefined without git. */
export async function repositoryOf(uri: vscode.Uri | undefined): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (!extension) return undefined;
  try {
    const api = (extension.isActive ? extension.exports : await extension.activate()).getAPI(1);
    return (uri && api.getRepository(uri)) ?? api.repositories[0];
  } catch (error) {
    // Git is turned off, or not installed.
    debugLog("VS Code's git", error);
    return undefined;
  }
}
