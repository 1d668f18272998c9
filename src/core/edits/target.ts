import { isSecretFile } from '../privacy/sensitiveFiles.ts';

export { isInside } from '../common/paths.ts';

/**
 * Where an answer may write. The path that a model names is text from outside: a path that leaves the workspace is refused, and
 * one whose content is run or believed by tools (settings, hooks, CI, shells, rules for agents) needs a confirmation of
 * its own. The writer resolves links; see `isInside`.
 */

export type TargetCheck =
  | {
      readonly kind: 'ok';
      /** With `/` between its parts, relative to a folder of the workspace. */
      readonly path: string;
      /** Why it needs a confirmation of its own; null for ordinary files. */
      readonly danger: Danger | null;
    }
  | { readonly kind: 'refused'; readonly reason: 'absolute' | 'outside' | 'malformed' | 'empty' };

export type Danger =
  | 'editor' // settings, tasks and launch configurations
  | 'git' // hooks and configuration of git
  | 'ci' // pipelines that run with secrets
  | 'shell' // run when a shell or another tool starts
  | 'agent' // rules that assistants obey
  | 'container' // run when the folder is opened in a container
  | 'build' // run when the project is checked, built or installed
  | 'tool' // configures a tool that the list does not know
  | 'secret'; // holds secrets

interface DangerRow {
  /** Matches the path in lower case, with `/` between its parts. */
  readonly path: RegExp;
  readonly danger: Danger;
  /** The reason why a change of such a file is more than a change of text. */
  readonly why: string;
}

/** Files that are not written without asking, our own folder first. The first row that matches counts. */
const DANGERS: readonly DangerRow[] = [
  { danger: 'agent', why: 'prompts of this extension', path: /(^|\/)\.gearshift(\/|$)/ },
  { danger: 'editor', why: 'settings, tasks and launch configurations', path: /(^|\/)\.vscode\/|\.code-workspace$/ },
  { danger: 'editor', why: 'the same of other editors', path: /(^|\/)\.(idea|vs|zed|fleet)\// },
  { danger: 'git', why: 'hooks, filters and programs of git', path: /(^|\/)\.git(\/|$)|(^|\/)\.config\/git\// },
  { danger: 'git', why: 'attributes name filters', path: /(^|\/)\.(gitmodules|gitattributes|gitconfig)(\/|$)/ },
  { danger: 'git', why: 'hooks of Mercurial', path: /(^|\/)(\.hg\/|\.hgrc$)/ },
  { danger: 'git', why: 'folders of hooks', path: /(^|\/)\.(husky|githooks)(\/|$)/ },
  {
    danger: 'git',
    why: 'programs that run hooks',
    path: /(^|\/)\.?(lefthook(-local)?|pre-commit-config|simple-git-hooks)\.(ya?ml|toml|jsonc?|[cm]?[jt]s)$|(^|\/)(\.lintstagedrc|lint-staged\.config|\.huskyrc|\.simple-git-hooks)(\.|$)/,
  },
  { danger: 'ci', why: 'workflows run with secrets', path: /(^|\/)\.github\/(workflows|actions)\// },
  { danger: 'ci', why: 'actions that workflows run', path: /(^|\/)action\.ya?ml$/ },
  {
    danger: 'ci',
    why: 'who merges, and what is brought in',
    path: /(^|\/)(codeowners|dependabot\.ya?ml|\.?renovate(rc)?\.json5?|\.renovaterc)$/,
  },
  {
    danger: 'ci',
    why: 'folders of pipelines',
    path: /(^|\/)\.(circleci|buildkite|gitea|forgejo|woodpecker|gitlab|semaphore|tekton)\//,
  },
  {
    danger: 'ci',
    why: 'pipelines',
    path: /(^|\/)(\.gitlab-ci|\.travis|\.drone|\.appveyor|appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild|\.woodpecker|buildspec|\.cirrus|codemagic|\.readthedocs)[^/]*\.ya?ml$|(^|\/)jenkinsfile[^/]*$/,
  },
  {
    danger: 'shell',
    why: 'run when a shell starts',
    path: /(^|\/)\.(bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|zlogout|kshrc|cshrc|tcshrc|inputrc|envrc|screenrc|tmux\.conf)$|(^|\/)[^/]*profile\.ps1$|(^|\/)\.direnv\//,
  },
  {
    danger: 'shell',
    why: 'run or read when a program starts',
    path: /(^|\/)\.(npmrc|yarnrc|pnpmfile\.cjs|pypirc|netrc|vimrc|exrc|nvim|nvimrc|gdbinit|lldbinit|pdbrc|pythonrc|rprofile|irbrc|pryrc|emacs|spacemacs|psqlrc|sqliterc|curlrc|wgetrc|xprofile|xinitrc)(\.(yml|py|el|site))?$|(^|\/)\.(yarn|emacs\.d|vim|ipython)\/|(^|\/)\.dir-locals\.el$|(^|\/)rprofile\.site$|(^|\/)\.?pnpmfile\.[cm]?js$/,
  },
  {
    danger: 'shell',
    why: 'tools that load by themselves in a folder',
    path: /(^|\/)\.?mise(\.[\w-]+)*\.toml$|(^|\/)\.(mise|rtx|asdf)(\/|$)|(^|\/)\.(tool-versions|asdfrc)$|(^|\/)(flake|shell|default|devenv)\.nix$|(^|\/)\.config\/(fish|nushell|nvim|autostart|systemd|mise|direnv)(\/|\.toml$)/,
  },
  {
    danger: 'shell',
    why: 'run by Python without being imported',
    path: /(^|\/)(sitecustomize|usercustomize|conftest)\.py$|\.pth$/,
  },
  { danger: 'shell', why: 'keys, and commands run at a time', path: /(^|\/)\.ssh\/|(^|\/)crontab$/ },
  {
    danger: 'agent',
    why: 'rules that assistants obey',
    path: /(^|\/)(agents?|claude|gemini|copilot|cursor|windsurf|skill|crush|warp|qwen)(\.(local|override))?\.md$|(^|\/)\.(cursorrules|windsurfrules|clinerules|roorules|rules|goosehints|aider\.conf\.yml)$|\.(instructions|prompt|chatmode|agent)\.md$/,
  },
  {
    danger: 'agent',
    why: 'folders of assistants',
    path: /(^|\/)\.(claude|cursor|clinerules|continue|windsurf|roo|gemini|codex|aider|kiro|amazonq|agents?|junie|trae|augment|opencode|goose|qwen|kilocode)(\/|$)|(^|\/)\.github\/(copilot-instructions\.md|instructions\/|prompts\/|chatmodes\/|agents\/)/,
  },
  { danger: 'agent', why: 'programs that assistants start', path: /(^|\/)\.?(mcp|opencode)\.jsonc?$/ },
  { danger: 'container', why: 'run when the folder is opened', path: /(^|\/)\.?devcontainer(\/|\.json$)/ },
  {
    danger: 'container',
    why: 'what is built and started',
    path: /(^|\/)(docker|container|vagrant)file(\.(?!(md|txt|[cm]?[jt]sx?|py|go|rs)$)[\w-]+)?$|(^|\/)[\w-]+\.(docker|container)file$/,
  },
  { danger: 'container', why: 'what is mounted and started', path: /(^|\/)(docker-)?compose(\.[\w-]+)*\.ya?ml$/ },
  {
    danger: 'build',
    why: 'run by the editor, a test runner or a bundler when a file is opened or saved',
    path: /(^|\/)[\w.-]+\.conf(ig)?\.[cm]?[jt]sx?$|(^|\/)(eslint|prettier|stylelint)\.config\.[\w.]+$|(^|\/)\.(eslintrc|prettierrc|stylelintrc)(\.[\w]+)?$|(^|\/)vitest\.workspace\.[cm]?[jt]s$/,
  },
  {
    danger: 'build',
    why: 'evaluated when an editor opens the project',
    path: /(^|\/)(settings|build)\.gradle(\.kts)?$|(^|\/)buildsrc\/|\.(sbt|cmake|csproj|fsproj|vbproj|vcxproj|esproj|props|targets|bzl|gemspec|podspec)$|(^|\/)(cmakelists\.txt|pom\.xml|meson\.build|mix\.exs|rebar\.config|package\.swift|project\.clj|deps\.edn|stack\.yaml|build\.zig|build\.sc|build\.xml|workspace|module\.bazel|build\.bazel|build|sconstruct|sconscript|wscript|tiltfile|earthfile|magefile\.go|global\.json)$/,
  },
  {
    danger: 'build',
    why: 'tasks and test runs',
    path: /(^|\/)(tox\.ini|pytest\.ini|setup\.cfg|manage\.py|deno\.jsonc?|bunfig\.toml|turbo\.json|nx\.json|lerna\.json|ansible\.cfg|configure(\.ac)?|autogen\.sh)$|(^|\/)(gem|pod|proc|fast|brew|dang|guard|cap|applet|thor)file$|\.mk$/,
  },
  {
    danger: 'build',
    why: 'code that a checker loads when a file is opened',
    path: /(^|\/)(pylintrc(\.toml)?|mypy\.ini|pylint\.toml)$/,
  },
  {
    danger: 'build',
    why: 'run when a folder is opened, or by the desktop',
    path: /(^|\/)(cmake(user)?presets\.json|xmake\.lua|premake\d\.lua|devbox\.json|replit\.nix|omnisharp\.json)$|\.(sublime-project|desktop)$|(^|\/)launch(agents|daemons)\/[^/]+\.plist$/,
  },
  {
    danger: 'build',
    why: 'run when Rust is checked',
    path: /(^|\/)\.cargo\/config(\.toml)?$|(^|\/)build\.rs$|(^|\/)rust-toolchain(\.toml)?$/,
  },
  {
    danger: 'build',
    why: 'which program builds, and from where',
    path: /(^|\/)gradle\/wrapper\/|(^|\/)\.mvn\/|(^|\/)(gradlew|mvnw)(\.(bat|cmd))?$|(^|\/)init\.gradle(\.kts)?$|(^|\/)nuget\.config$|(^|\/)directory\.(build|solution)\.(props|targets)$/,
  },
  {
    danger: 'build',
    why: 'commands',
    path: /(^|\/)(gnu|bsd)?makefile$|(^|\/)\.?justfile$|(^|\/)taskfile\.ya?ml$|(^|\/)(rake|grunt|gulp)file(\.[\w.]+)?$|(^|\/)(setup|noxfile)\.py$/,
  },
];

/** Files and folders whose names begin with a dot, and that no tool runs or believes. */
const HARMLESS_DOTS =
  /^\.((git|docker|npm|eslint|prettier|stylelint|vscode|helm|gcloud|slug|nix|hg|cvs|rg)?ignore|gitkeep|keep|editorconfig|nvmrc|node-version|nojekyll|mailmap|browserslistrc|changeset|well-known|env\..*)$/;
/** What of `.github` is only text for people. */
const GITHUB_TEXT =
  /(^|\/)\.github\/(issue_template|pull_request_template|discussion_template)?\/?[^/]*\.(md|png|svg)$|(^|\/)\.github\/(issue_template\/[^/]+\.ya?ml|funding\.yml)$/;

/**
 * Files with a dot before their name, or in such a folder, belong to a tool: an unknown one counts as run by it. Our
 * list cannot know all tools.
 */
const isHiddenFile = (path: string): boolean =>
  !GITHUB_TEXT.test(path) && path.split('/').some((part) => /^\.[^.]/.test(part) && !HARMLESS_DOTS.test(part));

/** Parts of a manifest that a package manager or its hooks run; dependencies are the manager's own matter. */
const RUN_BY_MANIFEST =
  /^(scripts|bin|packagemanager|gypfile|trusteddependencies|pnpm|husky|lint-staged|simple-git-hooks|pre-commit|allow-plugins|.*install)$/i;
const MANIFEST = /(^|\/)(package|composer)\.json$/;
const PYTHON_MANIFEST = /(^|\/)pyproject\.toml$/;
/** Tables of `pyproject.toml` of which nothing runs: names, dependencies, and checkers that load no code. */
const QUIET_TABLES =
  /^(project(\.(urls|optional-dependencies|authors|readme|license))?|dependency-groups|tool\.poetry(\.(group\.[\w-]+\.)?(dev-)?dependencies|\.extras|\.urls)?|tool\.(ruff|black|isort|pyright|basedpyright|coverage)(\.[\w-]+)*)$/;

/**
 * The reason why a change of a manifest needs the user's consent: only entries that run code count. A text that cannot
 * be read counts as such a change, since its content is unknown.
 *
 * @param before null where the file is new
 */
export function dangerOfChange(path: string, before: string | null, after: string): Danger | null {
  if (before === after) return null;
  if (PYTHON_MANIFEST.test(plainPath(path)))
    return runningTables(after) === runningTables(before ?? '') ? null : 'build';
  if (!MANIFEST.test(plainPath(path))) return null;
  const now = whatRuns(after);
  return now !== null && now === whatRuns(before ?? '{}') ? null : 'build';
}

/**
 * The parts of a `pyproject.toml` that may run code, as text to compare: every table that is not known to be quiet, since
 * tools load plugins, hooks and tasks from their own tables, and commands wherever they are.
 */
function runningTables(text: string): string {
  const running: string[] = [];
  let isQuiet = false;
  for (const written of text.split(/\r\n|\n|\r/)) {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      const name = /^\[([^[\]]+)\]$/.exec(line)?.[1];
      // An entry of a list begins with a bracket too.
      if (name !== undefined || line.startsWith('[[')) isQuiet = name !== undefined && QUIET_TABLES.test(name);
    }
    if (!isQuiet || /^["']?(gui-)?(scripts|entry-points|plugins|build)\b/.test(line)) running.push(line);
  }
  return running.join('\n');
}

/** The commands of a manifest, as text to compare; null where it is no JSON object. */
function whatRuns(text: string): string | null {
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return null;
    const { config } = manifest as { config?: unknown };
    const running = (part: object): [string, unknown][] =>
      Object.entries(part)
        .filter(([name]) => RUN_BY_MANIFEST.test(name))
        .sort(([one], [other]) => (one < other ? -1 : 1));
    return JSON.stringify([running(manifest), running(typeof config === 'object' && config !== null ? config : {})]);
  } catch {
    return null;
  }
}

/** Names that Windows takes for devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;
const LONGEST = 1_000;

/** Checks a path as a model wrote it. */
export function checkTarget(written: string): TargetCheck {
  const path = written.replace(/^[ \t]+|[ \t]+$/g, '').replaceAll('\\', '/');
  if (path === '') return refused('empty');
  if (/^(\/|~|[a-z]:|[a-z][a-z0-9+.-]+:)/i.test(path)) return refused('absolute');
  // Control and hidden characters, an alternate stream, wildcards: none has a place in the name of a source file.
  if (path.length > LONGEST || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:*?"<>|]/u.test(path)) return refused('malformed');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    // Two dots are refused even where they would end inside: honest answers do not need them.
    if (part === '..') return refused('outside');
    // Windows drops dots and spaces at the end, so that `.git./config` would be `.git/config`.
    if (/[. ]$/.test(part) || /^ /.test(part) || DEVICE.test(part) || /^[^~]{1,8}~\d/.test(part))
      return refused('malformed');
    parts.push(part);
  }
  if (parts.length === 0 || /(^|\/)\.?$/.test(path)) return refused('empty');
  const clean = parts.join('/');
  return { kind: 'ok', path: clean, danger: dangerOf(clean) };
}

/** The reason why a file is not written without asking; file systems may not tell upper from lower case. */
export function dangerOf(path: string): Danger | null {
  const plain = plainPath(path);
  const known = DANGERS.find((row) => row.path.test(plain))?.danger ?? (isSecretFile(plain) ? 'secret' : null);
  // Where a project lies on the disk says nothing about its files.
  return known ?? (!/^(\/|[a-z]:)/.test(plain) && isHiddenFile(plain) ? 'tool' : null);
}

const plainPath = (path: string): string => path.replaceAll('\\', '/').normalize('NFKC').toLowerCase();

const refused = (reason: Extract<TargetCheck, { kind: 'refused' }>['reason']): TargetCheck => ({
  kind: 'refused',
  reason,
});
