/**
 * Which kinds of document get completions, by the scheme of their URI. A kind that is not named gets them when its
 * file system can be written: what a user edits is a file of the user.
 */
const SCHEMES: ReadonlyMap<string, boolean> = new Map([
  ['file', true],
  ['untitled', true],
  ['vscode-notebook-cell', true],
  ['vscode-remote', true],
  ['vscode-vfs', true],
  ['memfs', true],
  ['vscode-test-web', true],
  // What programs print, and what was asked of them.
  ['output', false],
  ['debug', false],
  ['replinput', false],
  ['repl', false],
  ['vscode-terminal', false],
  ['terminal', false],
  ['search-editor', false],
  // The past.
  ['git', false],
  ['gitfs', false],
  ['review', false],
  ['pr', false],
  ['vscode-local-history', false],
  // Settings of the editor, often with other people's secrets in them.
  ['vscode', false],
  ['vscode-settings', false],
  ['vscode-userdata', false],
  // Small inputs.
  ['vscode-scm', false],
  ['comment', false],
  ['vscode-interactive-input', false],
  ['chat', false],
  ['vscode-chat-input', false],
  ['chatSessionInput', false],
  ['walkThrough', false],
  ['walkThroughSnippet', false],
]);

/** @param writable whether the scheme's file system can be written; undefined when the editor does not know the scheme */
export const isSupportedScheme = (scheme: string, writable: boolean | undefined): boolean =>
  SCHEMES.get(scheme) ?? writable === true;
