import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { debugLog, giveUp } from '../../core/common/debugLog.ts';
import { readGitDiff, type GitDiff } from '../../core/privacy/gitDiff.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { gitIn } from '../../storage/runGit.ts';
import { ActionError } from './actionError.ts';
import { remoteRepositoryOf, type RemoteRepository } from './remoteGit.ts';
import { showInformationMessage } from './messages.ts';

/** The part that we use of the API that VS Code's own git extension exports, version 1. */
export interface Repository {
  readonly rootUri: vscode.Uri;
  getMergeBase(a: string, b: string): Promise<string | undefined>;
  log(options: { maxEntries: number }): Promise<readonly { readonly message: string }[]>;
  /** The box for the commit message; null where it is on another machine and cannot be reached. */
  readonly inputBox: { value: string } | null;
  /** Where the repository is on another machine, and git cannot be run from here. */
  readonly remote?: RemoteRepository | undefined;
  readonly state: {
    readonly HEAD: { readonly commit?: string } | undefined;
    readonly indexChanges: readonly { readonly uri: vscode.Uri }[];
    /** Files that git does not know yet are here or among the untracked ones, as the user's settings have it. */
    readonly workingTreeChanges: readonly { readonly uri: vscode.Uri; readonly status: number }[];
    readonly untrackedChanges: readonly { readonly uri: vscode.Uri }[];
  };
}

/** `Status.UNTRACKED` and `Status.MODIFIED` of the git extension. */
const UNTRACKED = 7;
const MODIFIED = 5;

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
  const { rootUri, remote } = repository;
  if (remote)
    return typeof range === 'string'
      ? remote.diff(range, limit, only)
      : Promise.resolve({ text: '', remarks: [], files: 0 });
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

/** Git is on the other machine of a remote window, and its API does not reach this one. */
const isGitElsewhere = (): boolean =>
  vscode.env.remoteName !== undefined && vscode.extensions.getExtension('vscode.git') === undefined;

/** The setting by which the user says where an extension runs in remote windows. */
const EXTENSION_ID = 'gearshift.gearshift';

/** Why there is no repository, with the one step that helps. */
export function noRepository(): Error {
  if (isGitElsewhere()) return gitOnRemote(vscode.env.remoteName ?? '');
  if (!apiOf(vscode.extensions.getExtension<GitExtension>('vscode.git')))
    return new Error(t('There is no git repository here: Git is turned off in VS Code, or not installed.'));
  return new ActionError(t('There is no git repository here.'), t('Initialize Repository'), async () => {
    await vscode.commands.executeCommand('git.init');
  });
}

/** The API of VS Code's git extension; undefined while the extension is off, or did not find the program. */
function apiOf(extension: vscode.Extension<GitExtension> | undefined): ReturnType<GitExtension['getAPI']> | undefined {
  try {
    return extension?.isActive ? extension.exports.getAPI(1) : undefined;
  } catch (error) {
    debugLog("VS Code's git", error);
    return undefined;
  }
}

/** @param remote kind of the remote window, for example `wsl` */
function gitOnRemote(remote: string): ActionError {
  return new ActionError(
    t(
      'Gearshift runs on this computer and cannot reach git on the remote host ({0}). If it runs on the remote host instead, it can, but it then uses the Ollama there, and API keys have to be entered once more.',
      remote,
    ),
    t('Run Gearshift on the Remote Host'),
    async () => {
      const settings = vscode.workspace.getConfiguration('remote');
      const kinds = settings.get<Record<string, unknown>>('extensionKind') ?? {};
      await settings.update(
        'extensionKind',
        { ...kinds, [EXTENSION_ID]: ['workspace'] },
        vscode.ConfigurationTarget.Global,
      );
      const reload = t('Reload Window');
      const words = t(
        'Gearshift will run on {0} after the window is reloaded. If it is missing there, install it on {0} from the Extensions view.',
        remote,
      );
      if ((await showInformationMessage(words, reload)) === reload)
        await vscode.commands.executeCommand('workbench.action.reloadWindow');
    },
  );
}

/** A repository on the other machine, as far as it can be reached. */
async function repositoryElsewhere(uri: vscode.Uri | undefined): Promise<Repository | undefined> {
  const remote = await remoteRepositoryOf(uri);
  return (
    remote && {
      rootUri: remote.rootUri,
      getMergeBase: () => Promise.resolve(undefined),
      log: () => Promise.resolve([]),
      inputBox: null,
      state: {
        HEAD: remote.head === undefined ? {} : { commit: remote.head },
        indexChanges: remote.indexChanges,
        workingTreeChanges: remote.workingTreeChanges.map(({ uri: file, isNew }) => ({
          uri: file,
          status: isNew ? UNTRACKED : MODIFIED,
        })),
        untrackedChanges: [],
      },
      remote,
    }
  );
}

/** The repository of a file, or the only one that there is; undefined without git. */
export async function repositoryOf(uri: vscode.Uri | undefined): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (!extension) return isGitElsewhere() ? repositoryElsewhere(uri) : undefined;
  if (!extension.isActive) await extension.activate().then(undefined, giveUp("VS Code's git"));
  const api = apiOf(extension);
  return (uri && api?.getRepository(uri)) ?? api?.repositories[0];
}
