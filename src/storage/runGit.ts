import { execFile } from 'node:child_process';
import type { RunGit } from '../core/privacy/gitDiff.ts';

/** Longest output that is taken, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** How long git may take, in ms. */
const GIT_MS = 30_000;

/** Variables with which the process that started the editor would point git to another repository or program. */
const NOT_PASSED = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_EXTERNAL_DIFF', 'GIT_DIFF_OPTS', 'GIT_PREFIX'];

/**
 * Git in the root folder of a repository.
 *
 * @param git path of the program
 * @param root absolute path
 */
export function gitIn(git: string, root: string): RunGit {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  for (const name of NOT_PASSED) delete env[name];
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
