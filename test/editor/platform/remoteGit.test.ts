import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { CommitMessages } from '../../../src/editor/codeTools/commitMessage.ts';
import { ActionError } from '../../../src/editor/platform/actionError.ts';
import { diffOf, noRepository, repositoryOf } from '../../../src/editor/platform/git.ts';
import { asking } from '../../support/asking.ts';
import { bookLog } from '../../support/bookLog.ts';
import { startRepository } from '../../support/gitRepository.ts';
import { startHost } from '../../support/vscode/host.ts';
import { until } from '../../support/settle.ts';

/** Git in a remote window: through the commands and the file system of the git extension on the other machine. */

const FILES = { 'src/pool.ts': 'let size = 1;\n', '.env': 'KEY=1\n', 'old.ts': 'one\ntwo\nthree\nfour\n' };

/** A repository whose git extension runs elsewhere: it answers commands, and has the versions of files. */
function elsewhere(t: TestContext) {
  const { host } = startRepository(t, FILES);
  host.extensions.delete('vscode.git');
  host.remoteName = 'ssh-remote';
  const root = host.folders[0]?.uri.path ?? '';
  const at = (file: string): string => vscode.Uri.file(`${root}/${file}`).toString();
  const version = (file: string, ref: string, text: string): void => {
    const path = `${root}/${file}`;
    const uri = vscode.Uri.from({ scheme: 'git', path, query: JSON.stringify({ path, ref }) });
    host.remoteFiles.set(uri.toString(), new TextEncoder().encode(text));
  };
  const state = { HEAD: { commit: 'abc' }, indexChanges: [] as object[], workingTreeChanges: [] as object[] };
  host.commands.set('git.api.getRepositories', () => [vscode.Uri.file(root).toString()]);
  host.commands.set('git.api.getRepositoryState', () => state);
  const change = (file: string, status: string, original = file) => ({
    uri: at(original),
    originalUri: at(original),
    renameUri: original === file ? undefined : at(file),
    status,
  });
  return { host, state, change, version };
}

test('changes come as git tells them, without secret files', async (t) => {
  const { host, state, change, version } = elsewhere(t);
  version('src/pool.ts', 'HEAD', FILES['src/pool.ts']);
  version('src/pool.ts', '', 'let size = 8;\n');
  version('old.ts', 'HEAD', FILES['old.ts']);
  version('new.ts', '', 'one\ntwo\n3\nfour\n');
  version('.env', 'HEAD', 'KEY=1\n');
  version('.env', '', 'KEY=canary\n');
  host.write('src/pool.ts', 'let size = 9;\n');
  host.write('.env', 'KEY=canary\n');
  host.write('fresh.ts', 'x\n');
  state.indexChanges = [
    change('src/pool.ts', 'INDEX_MODIFIED'),
    change('.env', 'INDEX_MODIFIED'),
    change('new.ts', 'INDEX_RENAMED', 'old.ts'),
  ];
  state.workingTreeChanges = [change('src/pool.ts', 'MODIFIED'), change('fresh.ts', 'UNTRACKED')];
  const repository = await repositoryOf(undefined);
  assert.ok(repository);
  const staged = await diffOf(repository, 'staged', 10_000);
  assert.match(
    staged.text,
    /^--- a\/src\/pool\.ts\n\+\+\+ b\/src\/pool\.ts\n@@ -1,1 \+1,1 @@\n-let size = 1;\n\+let size = 8;$/m,
  );
  assert.match(staged.text, /rename from old\.ts\nrename to new\.ts[\s\S]*-three\n\+3/);
  assert.doesNotMatch(staged.text, /canary/);
  assert.deepEqual([staged.files, staged.remarks], [3, ['Files left out because they may hold secrets: 1']]);
  const unstaged = await diffOf(repository, 'unstaged', 10_000);
  assert.match(unstaged.text, /-let size = 8;\n\+let size = 9;/);
  assert.doesNotMatch(unstaged.text, /fresh/);
  const { text } = await diffOf(
    repository,
    'head',
    10_000,
    vscode.Uri.joinPath(repository.rootUri, 'src/pool.ts').fsPath,
  );
  assert.match(text, /-let size = 1;\n\+let size = 9;/);
  assert.doesNotMatch(text, /old\.ts/);
});

test('a commit message is copied, because its box is on the other machine', async (t) => {
  const { host, state, change, version } = elsewhere(t);
  version('src/pool.ts', 'HEAD', FILES['src/pool.ts']);
  version('src/pool.ts', '', 'let size = 8;\n');
  state.indexChanges = [change('src/pool.ts', 'INDEX_MODIFIED')];
  const { asker, sent } = asking(() => 'Grow the pool');
  const messages = new CommitMessages(
    () => Promise.resolve(asker),
    () => false,
    bookLog(),
  );
  await messages.write(undefined);
  assert.match(sent(), /\+let size = 8;/);
  assert.equal(host.clipboard, 'Grow the pool');
  assert.match(host.said.join(), /was copied\. Paste it into the box of the Source Control view\./);
});

test('where git does not answer, the words name the remote host, and one click moves the extension there', async (t) => {
  const host = startHost(t, { files: FILES });
  host.remoteName = 'wsl';
  assert.equal(await repositoryOf(undefined), undefined);
  const error = noRepository();
  assert.ok(error instanceof ActionError);
  assert.match(error.message, /runs on this computer and cannot reach git on the remote host \(wsl\)/);
  let reloaded = 0;
  host.commands.set('workbench.action.reloadWindow', () => reloaded++);
  host.settings.set('remote.extensionKind', { 'other.extension': ['ui'] });
  host.willClick(/after the window is reloaded/, 'Reload Window');
  await error.run();
  await until(() => reloaded === 1);
  assert.deepEqual(host.settings.get('remote.extensionKind'), {
    'other.extension': ['ui'],
    'gearshift.gearshift': ['workspace'],
  });
  host.remoteName = undefined;
  assert.match(
    noRepository().message,
    /There is no git repository here: Git is turned off in VS Code, or not installed/,
  );
});
