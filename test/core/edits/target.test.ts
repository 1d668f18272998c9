import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTarget, dangerOf, isInside } from '../../../src/core/edits/target.ts';

test('T13 forty paths that leave the workspace, or are no plain name, are refused', () => {
  const paths = [
    '/etc/passwd',
    '//server/share/a.ts',
    '\\\\server\\share\\a.ts',
    'C:\\Windows\\system32\\a.dll',
    'c:/a.ts',
    'C:a.ts',
    '~/.bashrc',
    '~root/a',
    'file:///etc/passwd',
    'vscode://settings/a',
    'https://example.com/a.ts',
    '../a.ts',
    '..\\a.ts',
    'src/../../a.ts',
    'src\\..\\..\\a.ts',
    'src/..\\../a.ts',
    './../a.ts',
    'a/b/../../../c.ts',
    '..',
    '.',
    '',
    '   ',
    'src/',
    'src/.',
    'a\0b.ts',
    'a\nb.ts',
    'a\u202Ets.exe',
    'a\u200Bb.ts',
    'src/.git.',
    'src/.git /config',
    'src./a.ts',
    ' /a.ts',
    'a.ts:stream',
    'a.ts::$DATA',
    'CON',
    'src/nul.txt',
    'src/com1.ts',
    'GIT~1/config',
    'a*.ts',
    'a?.ts',
    `${'a/'.repeat(600)}b.ts`,
    '\u2028a.ts',
  ];
  assert.ok(paths.length >= 40);
  for (const path of paths) assert.equal(checkTarget(path).kind, 'refused', JSON.stringify(path));
});

test('ordinary paths are taken, with either slash', () => {
  const plain = {
    'src/a.ts': 'src/a.ts',
    './src/a.ts': 'src/a.ts',
    'src\\lib\\a.ts': 'src/lib/a.ts',
    'src//a.ts': 'src/a.ts',
    'app/[id]/page.tsx': 'app/[id]/page.tsx',
    Makefile: 'Makefile',
    'größe/名前.py': 'größe/名前.py',
    'a b/c.ts': 'a b/c.ts',
    '.gitignore': '.gitignore',
    'src/.../a.ts': undefined,
  };
  for (const [written, path] of Object.entries(plain)) {
    const check = checkTarget(written);
    assert.equal(check.kind === 'ok' ? check.path : undefined, path, written);
    if (check.kind === 'ok') assert.equal(check.danger, null, written);
  }
});

test('T12 files that tools run or believe need a confirmation, in every spelling', () => {
  const dangers = {
    '.vscode/settings.json': 'editor',
    '.vscode/tasks.json': 'editor',
    '.vscode/launch.json': 'editor',
    '.VSCode/Settings.json': 'editor',
    '.vscode\\extensions.json': 'editor',
    'packages/a/.vscode/settings.json': 'editor',
    'my.code-workspace': 'editor',
    '.git/hooks/pre-commit': 'git',
    '.GIT/config': 'git',
    '.husky/pre-push': 'git',
    '.gitmodules': 'git',
    '.github/workflows/ci.yml': 'ci',
    '.gitlab-ci.yml': 'ci',
    Jenkinsfile: 'ci',
    '.circleci/config.yml': 'ci',
    'azure-pipelines.yml': 'ci',
    '.bashrc': 'shell',
    'home/.zshrc': 'shell',
    '.envrc': 'shell',
    '.npmrc': 'shell',
    'AGENTS.md': 'agent',
    'CLAUDE.md': 'agent',
    '.cursorrules': 'agent',
    '.cursor/rules/a.mdc': 'agent',
    '.github/copilot-instructions.md': 'agent',
    '.mcp.json': 'agent',
    '.devcontainer/devcontainer.json': 'container',
    '.env': 'secret',
    'config/.env.production': 'secret',
    'deploy/id_rsa': 'secret',
    '.ｖscode/settings.json': 'editor', // the file system may fold the wide letter
  } as const;
  for (const [written, danger] of Object.entries(dangers)) {
    const check = checkTarget(written);
    assert.deepEqual(check.kind === 'ok' && check.danger, danger, written);
  }
});

test('names that only resemble them do not', () => {
  for (const path of [
    'src/vscode/a.ts',
    'src/github/workflows.ts',
    'environment.ts',
    'git/config.ts',
    'docs/agents/list.ts',
    'profile.ts',
    'src/bashrc.ts',
    'mcp.ts',
  ])
    assert.equal(dangerOf(path), null, path);
});

test('a folder holds what lies in it, not what begins like it', () => {
  assert.ok(isInside('/home/ada/tea', '/home/ada/tea/src/a.ts', '/'));
  assert.ok(isInside('/', '/a.ts', '/'));
  assert.ok(!isInside('/home/ada/tea', '/home/ada/tea-house/a.ts', '/'));
  assert.ok(!isInside('/home/ada/tea', '/home/ada/tea', '/'));
  assert.ok(!isInside('/home/ada/tea', '/home/ada/tea/../b.ts', '/'));
  assert.ok(isInside('C:\\work', 'C:\\work\\a.ts', '\\'));
});
