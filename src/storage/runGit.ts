import { execFile } from 'node:child_process';
import type { RunGit } from '../core/privacy/gitDiff.ts';

/** Longest output that is taken, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** How long git may take, in ms. */
const GIT_MS = 30_000;

/**
 * Variables of git that the process which started the editor may hand on: where git is, and its settings. All others
 * would point git to another repository or program, or change what a name means.
 */
const PASSED = /^GIT_(?:EXEC_PATH|CONFIG_\w+|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)$/;

/**
 * Git in the root folder of a repository.
 *
 * @param git path of the program
 * @param root absolute path
 */
export function gitIn(git: string, root: string): RunGit {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  for (const name of Object.keys(env))
    if (/^GIT_/i.test(name) && !PASSED.test(name) && name !== 'GIT_TERMINAL_PROMPT') delete env[name];
  return (args) =>
    new Promise((resolve, reject) => {
      execFile(
        git,
        args,
        { cwd: root, env, maxBuffer: MOST_BYTES, timeout: GIT_MS, windowsHide: true, encoding: 'utf8' },
        (error, stdout, stderr) => {
          if (!error) resolve(stdout);
          else if ((error as NodeJS.ErrnoException).code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') resolve(null);
          else reject(new Error(stderr.trim().split('\n').at(-1) || error.message));
        },
      );
    });
}
