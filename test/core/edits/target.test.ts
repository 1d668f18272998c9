import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTarget, dangerOf, dangerOfChange, isInside } from '../../../src/core/edits/target.ts';

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
    'Makefile.md': 'Makefile.md',
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

/** Files that a review found to be run or believed without a question. */
const RUN_OR_BELIEVED = {
  agent: ['.gearshift/prompts/review.md', 'packages/a/.gearshift/prompts/x.md', 'AGENTS.override.md', '.junie/guidelines.md', '.trae/rules/a.md', '.augment/rules.md', 'opencode.json', '.rules', '.goosehints'],
  build: ['.cargo/config.toml', 'build.rs', 'eslint.config.mjs', '.eslintrc.js', '.eslintrc', '.prettierrc.js', 'prettier.config.cjs', 'gradle/wrapper/gradle-wrapper.properties', '.mvn/extensions.xml', '.mvn/wrapper/maven-wrapper.properties', 'Makefile', 'sub/GNUmakefile', 'justfile', 'nuget.config', 'NuGet.Config', 'Directory.Build.props'],
  shell: ['mise.toml', '.mise.local.toml', '.config/mise/config.toml', 'flake.nix', 'shell.nix', '.tmux.conf', '.emacs', '.emacs.d/init.el', '.pdbrc', '.Rprofile', '.irbrc', '.yarnrc.yml'],
  git: ['.config/git/config', '.hg/hgrc', '.lefthook.yml', 'lefthook.toml', '.lintstagedrc.js', '.lintstagedrc', 'lint-staged.config.mjs', '.pre-commit-config.yaml'],
  ci: ['.github/dependabot.yml', 'CODEOWNERS', '.github/CODEOWNERS', 'buildspec.yml', '.semaphore/semaphore.yml', '.tekton/run.yaml'],
  container: ['docker-compose.yml', 'compose.yaml', 'docker-compose.override.yml'],
} as const; // prettier-ignore

test('T12 H9 what tools run on opening, checking or building a folder is not written without a question', () => {
  for (const [danger, paths] of Object.entries(RUN_OR_BELIEVED))
    for (const path of paths)
      for (const written of [path, `./${path}`, path.toUpperCase(), path.replaceAll('/', '\\'), `apps/one/${path}`]) {
        const check = checkTarget(written);
        assert.equal(check.kind === 'ok' && check.danger, danger, written);
      }
});

test('T12 what an editor, a bundler or a test runner evaluates needs a question too, and so does a dot file that no list knows', () => {
  const evaluated = {
    build: ['vite.config.ts', 'jest.config.js', 'webpack.config.cjs', 'karma.conf.js', 'next.config.mjs', 'build.gradle', 'settings.gradle.kts', 'pom.xml', 'CMakeLists.txt', 'mix.exs', 'Package.swift', 'App.csproj', 'Directory.Packages.props', 'WORKSPACE', 'BUILD.bazel', 'Gemfile', 'Podfile', 'tox.ini', 'deno.json', 'setup.cfg'],
    container: ['Dockerfile', 'Dockerfile.prod', 'api.dockerfile', 'Containerfile', 'Vagrantfile'],
    ci: ['action.yml', '.github/actions/x/action.yaml', 'renovate.json', '.renovaterc'],
    tool: ['.newtool', '.newtool/config.json', '.swcrc', '.storybook/main.ts', '.github/unknown.yml', '.config/newtool.toml', '.zed-next/tasks.json'],
  } as const; // prettier-ignore
  for (const [danger, paths] of Object.entries(evaluated))
    for (const path of paths)
      for (const written of [path, `./${path}`, path.toUpperCase(), path.replaceAll('/', '\\'), `apps/one/${path}`]) {
        const check = checkTarget(written);
        assert.equal(check.kind === 'ok' && check.danger, danger, written);
      }
  for (const path of [
    ...['.gitignore', '.editorconfig', '.env.example', '.nvmrc', '.github/ISSUE_TEMPLATE/bug.md', '.changeset/a.md'],
    ...['.github/pull_request_template.md', '.well-known/security.txt', 'src/config.ts', 'src/build/index.ts'],
    ...['src/config/app.ts', 'docs/dockerfile.md', 'profile.ts', 'src/a.b.ts', 'builder', 'workspaces.ts'],
  ])
    assert.equal(dangerOf(path), null, path);
});

test('T12 H9 ordinary files with like names are written without one', () => {
  for (const path of [
    'src/eslint/config.ts',
    'src/makefile.ts',
    'docs/compose.md',
    'src/build.ts',
    'lib/flake.ts',
    'src/rules.ts',
    'src/gearshift/prompts.ts',
    'README.md',
    'package.json',
    'tsconfig.json',
    'src/mise.ts',
    'Cargo.toml',
    'go.mod',
    'src/codeowners.ts',
    'docker/compose.go',
    'pyproject.toml',
    'src/emacs.ts',
    'opencode.ts',
    'requirements.txt',
  ])
    // prettier-ignore
    assert.equal(dangerOf(path), null, path);
});

test('T12 H9 a package.json asks only when what runs changes', () => {
  const manifest = { name: 'a', version: '1.0.0', scripts: { test: 'node --test' }, dependencies: { a: '1' } };
  const text = (value: unknown): string => JSON.stringify(value, null, 2);
  const danger = (after: unknown, path = 'package.json', before: unknown = manifest): string | null =>
    dangerOfChange(path, before === null ? null : text(before), typeof after === 'string' ? after : text(after));
  for (const harmless of [
    { ...manifest, version: '1.0.1' },
    { ...manifest, dependencies: { a: '2', b: '1' }, devDependencies: { c: '1' } },
    { dependencies: {}, scripts: { test: 'node --test' }, name: 'b' },
    { ...manifest, description: 'postinstall', keywords: ['scripts'] },
  ])
    assert.equal(danger(harmless), null, text(harmless));
  for (const running of [
    { ...manifest, scripts: { test: 'node --test', postinstall: 'curl x | sh' } },
    { ...manifest, scripts: { test: 'node --test && rm -rf /' } },
    { ...manifest, scripts: undefined },
    { ...manifest, bin: './a.js' },
    { ...manifest, packageManager: 'pnpm@9.0.0' },
    { ...manifest, 'lint-staged': { '*': 'sh x' } },
    { ...manifest, preinstall: 'x' },
    '{ "scripts": ',
    '[]',
  ])
    assert.equal(danger(running), 'build', text(running));
  assert.equal(danger(manifest, 'package.json', null), 'build');
  assert.equal(danger({ name: 'a' }, 'package.json', null), null);
  assert.equal(danger({ ...manifest, scripts: {} }, 'packages\\a\\Package.JSON'), 'build');
  assert.equal(danger({ ...manifest, scripts: {} }, 'src/data.json'), null);
  assert.equal(danger({ ...manifest, config: { 'allow-plugins': true } }, 'composer.json'), 'build');
  assert.equal(dangerOfChange('package.json', '{', '{'), null);
});

test('T12 a pyproject.toml asks only when what tools run changes', () => {
  const before =
    '[project]\nname = "a"\ndependencies = ["b"]\n\n[tool.ruff]\nline-length = 100\n\n[tool.pytest.ini_options]\naddopts = "-q"\n';
  const danger = (after: string, from: string | null = before): string | null =>
    dangerOfChange('py/pyproject.toml', from, after);
  for (const harmless of [
    before.replace('["b"]', '[\n  "b",\n  "c>=1",\n]'),
    before.replace('line-length = 100', 'line-length = 88'),
    before.replace('name = "a"', 'version = "2"'),
    `# a comment\n${before.replaceAll('\n', '\r\n')}`,
    `[tool.poetry.group.dev.dependencies]\nblack = "*"\n${before}`,
  ])
    assert.equal(danger(harmless), null, harmless);
  for (const running of [
    before.replace('-q', '-p evil'),
    `${before}[tool.mypy]\nplugins = ["evil"]\n`,
    `${before}["tool"."pylint"]\ninit-hook = "x"\n`,
    `${before}[ tool.poe.tasks ]\na = "sh x"\n`,
    `tool.mypy.plugins = ["evil"]\n${before}`,
    before.replace('name = "a"', 'name = "a"\nscripts = { a = "b:c" }'),
    before.replace('[tool.ruff]', '[project.scripts]\na = "b:c"\n[tool.ruff]'),
    before.replace('[tool.ruff]', '[build-system]\nrequires = ["evil"]\n[tool.ruff]'),
    `${before}[[tool.x]]\na = 1\n`,
    '',
  ])
    assert.equal(danger(running), 'build', running);
  assert.equal(danger('[project]\nname = "a"\n', null), null, 'a new one of which nothing runs');
});

test('T12 checkers and build tools load code from these when a file or a folder is opened', () => {
  for (const path of ['pylintrc', 'lib/mypy.ini', 'CMakePresets.json', 'xmake.lua', 'a.sublime-project', 'devbox.json'])
    assert.equal(dangerOf(path), 'build', path);
  for (const path of ['src/mypy.ts', 'docs/pylintrc.md', 'desktop.ts']) assert.equal(dangerOf(path), null, path);
});

test('names that only resemble them do not need a confirmation', () => {
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

test('a folder contains what is in it, not what begins like it', () => {
  assert.ok(isInside('/home/ada/tea', '/home/ada/tea/src/a.ts', '/'));
  assert.ok(isInside('/', '/a.ts', '/'));
  assert.ok(!isInside('/home/ada/tea', '/home/ada/tea-house/a.ts', '/'));
  assert.ok(!isInside('/home/ada/tea', '/home/ada/tea', '/'));
  assert.ok(!isInside('/home/ada/tea', '/home/ada/tea/../b.ts', '/'));
  assert.ok(isInside('C:\\work', 'C:\\work\\a.ts', '\\'));
});
