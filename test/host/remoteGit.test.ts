import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { remoteRepositoryOf } from '../../src/editor/platform/remoteGit.ts';

/** What of VS Code's own git extension crosses to another extension host: its commands and its file system. */
describe('git by commands', () => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });

  // The repository stays until the folder is removed: VS Code's git extension still runs commands in it.
  before(async () => {
    git('init', '-q', '-b', 'main');
    fs.writeFileSync(path.join(folder, 'pool.ts'), 'let size = 1;\n');
    git('add', 'pool.ts');
    git('commit', '-qm', 'First');
    fs.writeFileSync(path.join(folder, 'pool.ts'), 'let size = 8;\n');
    git('add', 'pool.ts');
    fs.writeFileSync(path.join(folder, 'pool.ts'), 'let size = 9;\n');
    await vscode.workspace.getConfiguration('git').update('enabled', true, vscode.ConfigurationTarget.Global);
    await vscode.extensions.getExtension('vscode.git')?.activate();
    await vscode.commands.executeCommand('git.openRepository', folder);
  });

  it('staged and unstaged changes are put together from what the git extension answers', async () => {
    const file = vscode.Uri.file(path.join(folder, 'pool.ts'));
    let repository = await remoteRepositoryOf(file);
    // The git extension looks at the repository a moment later.
    for (let i = 0; i < 200 && !repository?.indexChanges.length; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      repository = await remoteRepositoryOf(file);
    }
    assert.ok(repository, 'git.api.getRepositories answers');
    const staged = await repository.diff('staged', 10_000);
    assert.match(staged.text, /-let size = 1;\n\+let size = 8;/);
    const unstaged = await repository.diff('unstaged', 10_000);
    assert.match(unstaged.text, /-let size = 8;\n\+let size = 9;/);
    const head = await repository.diff('head', 10_000, file.path);
    assert.match(head.text, /-let size = 1;\n\+let size = 9;/);
  });
});
