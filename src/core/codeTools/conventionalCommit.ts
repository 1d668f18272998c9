/** Whether a line has the form of Conventional Commits (conventionalcommits.org): `type(scope)!: subject`. */
export const looksLikeConventional = (line: string): boolean =>
  /^(?:feat|fix|docs|style|refactor|perf|test|build|ci|chore|revert)(?:\([^)]+\))?!?: \S/.test(line);
