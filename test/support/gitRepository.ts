import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import type { Repository } from '../../src/editor/platform/git.ts';
import { startHost } from './vscode/host.ts';

/** A real git repository with one commit of these files, and VS Code's git extension as far as our code uses it. */
export function startRepository(t: TestContext, files: Readonly<Record<string, string>>) {
  const host = startHost(t, { files });
  const root = host.uri('').with({ path: host.folders[0]?.uri.path ?? '' });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: root.fsPath,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'First version', '--allow-empty');
  const state = {
    HEAD: { commit: git('rev-parse', 'HEAD').trim() },
    indexChanges: [],
    workingTreeChanges: [] as { uri: unknown; status: number }[],
    untrackedChanges: [],
  };
  const repository = {
    rootUri: root,
    inputBox: { value: '' },
    state,
    log: async () => [{ message: git('log', '-1', '--format=%s').trim() }],
    getMergeBase: async (one: string, other: string) => git('merge-base', one, other).trim(),
  };
  const api = {
    git: { path: 'git' },
    repositories: [repository as unknown as Repository],
    getRepository: () => repository as unknown as Repository,
  };
  const exports = { getAPI: () => api };
  host.extensions.set('vscode.git', { isActive: true, exports, activate: () => Promise.resolve(exports) });
  return { host, git, repository, api };
}
