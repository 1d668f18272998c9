import * as vscode from 'vscode';

/** The part that we use of the API that VS Code's own git extension exports, version 1. */
export interface Repository {
  readonly rootUri: vscode.Uri;
  /** The diff of the working tree, or with `cached` of what is staged. */
  diff(cached?: boolean): Promise<string>;
  /** The diff of one file, staged or not, against the last commit. */
  diffWithHEAD(path: string): Promise<string>;
  /** The diff of a path between two commits. */
  diffBetween(from: string, to: string, path: string): Promise<string>;
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
    readonly repositories: readonly Repository[];
    getRepository(uri: vscode.Uri): Repository | null;
  };
}

/** The repository of a file, or the only one that there is; undefined without git. */
export async function repositoryOf(uri: vscode.Uri | undefined): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (!extension) return undefined;
  try {
    const api = (extension.isActive ? extension.exports : await extension.activate()).getAPI(1);
    return (uri && api.getRepository(uri)) ?? api.repositories[0];
  } catch {
    // Git is switched off, or not installed.
    return undefined;
  }
}
