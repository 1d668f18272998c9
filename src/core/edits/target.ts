import { isSecretFile } from '../privacy/sensitiveFiles.ts';

export { isInside } from '../common/paths.ts';

/**
 * Where an answer may write. What a model names is text from outside: a path that leaves the workspace is refused, and
 * one whose content is run or believed by tools (settings, hooks, CI, shells, rules for agents) needs a confirmation of
 * its own. Links are resolved by whoever writes; see `isInside`.
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
  | 'secret'; // holds secrets

const DANGERS: readonly (readonly [RegExp, Danger])[] = [
  [/(^|\/)\.vscode\/|\.code-workspace$|(^|\/)\.(idea|vs|zed|fleet)\//, 'editor'],
  [
    /(^|\/)\.git(\/|$)|(^|\/)\.(gitmodules|gitattributes|gitconfig|husky|githooks)(\/|$)|(^|\/)(lefthook|\.pre-commit-config)\.ya?ml$/,
    'git',
  ],
  [
    /(^|\/)\.github\/(workflows|actions)\/|(^|\/)\.(circleci|buildkite|gitea|forgejo|woodpecker|gitlab)\/|(^|\/)(\.gitlab-ci|\.travis|\.drone|\.appveyor|appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild|\.woodpecker)[^/]*\.ya?ml$|(^|\/)jenkinsfile[^/]*$/,
    'ci',
  ],
  [
    /(^|\/)\.(bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|kshrc|cshrc|tcshrc|inputrc|envrc|npmrc|yarnrc|pnpmfile\.cjs|pypirc|netrc|vimrc|exrc|nvim|gdbinit|lldbinit|tool-versions)(\.yml)?$|(^|\/)\.config\/(fish|nushell|nvim|autostart|systemd)\/|(^|\/)[^/]*profile\.ps1$|(^|\/)(sitecustomize|usercustomize|conftest)\.py$|\.pth$|(^|\/)\.ssh\/|(^|\/)\.direnv\/|(^|\/)\.yarn\/|(^|\/)crontab$/,
    'shell',
  ],
  [
    /(^|\/)(agents?|claude|gemini|copilot|cursor|windsurf|skill)(\.local)?\.md$|(^|\/)\.(claude|cursor|clinerules|continue|windsurf|roo|gemini|codex|aider|kiro|amazonq|agents?)(\/|$)|(^|\/)\.(cursorrules|windsurfrules|clinerules|aider\.conf\.yml|mcp\.json)$|(^|\/)mcp\.json$|(^|\/)\.github\/(copilot-instructions\.md|instructions\/|prompts\/|chatmodes\/|agents\/)|\.(instructions|prompt|chatmode|agent)\.md$/,
    'agent',
  ],
  [/(^|\/)\.devcontainer(\/|\.json$)|(^|\/)devcontainer\.json$/, 'container'],
];

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

/** What makes a file one that is not written without asking; file systems may not tell upper from lower case. */
export function dangerOf(path: string): Danger | null {
  const plain = path.replaceAll('\\', '/').normalize('NFKC').toLowerCase();
  return DANGERS.find(([pattern]) => pattern.test(plain))?.[1] ?? (isSecretFile(plain) ? 'secret' : null);
}

const refused = (reason: Extract<TargetCheck, { kind: 'refused' }>['reason']): TargetCheck => ({
  kind: 'refused',
  reason,
});
