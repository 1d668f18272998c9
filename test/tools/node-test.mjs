/** Runs test files with node:test and our reporter. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, run } from './bootstrap.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} [failedFiles] the files of the failed tests; none of them for a run that ended badly
 * @property {string[]} [failedTests] file and name of each failed test
 */

/**
 * @param {string[]} files patterns or names, from the top folder
 * @param {string[]} options of node:test
 * @param {{ env?: Record<string, string>, timeoutMs?: number }} [settings] `timeoutMs` for the whole: a test that never
 *   yields cannot be stopped by node:test
 * @returns {Promise<Counts>} if the run ends badly without a failed test, that counts as one
 */
export async function runTests(files, options, { env = {}, timeoutMs } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-tests-'));
  try {
    const countsFile = path.join(dir, 'counts.json');
    const reporter = pathToFileURL(path.join(import.meta.dirname, 'reporter.mjs')).href;
    const args = ['--test', `--test-reporter=${reporter}`, '--test-reporter-destination=stdout', ...options, ...files];
    const { code } = await run(process.execPath, args, {
      env: { ...process.env, ...env, TEST_COUNTS: countsFile },
      live: true,
      allowFailure: true,
      ...(timeoutMs ? { timeoutMs } : {}),
    });
    const counts = fs.existsSync(countsFile)
      ? /** @type {Counts} */ (JSON.parse(fs.readFileSync(countsFile, 'utf8')))
      : { passed: 0, failed: 0 };
    if (code !== 0 && counts.failed === 0) {
      console.log(`  FAILED  the test run itself ended with exit code ${code}`);
      counts.failed = 1;
    }
    return counts;
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * @param {Counts[]} counts
 * @returns {Counts}
 */
export const sum = (counts) => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
  failedFiles: counts.flatMap(({ failedFiles }) => failedFiles ?? []),
  failedTests: counts.flatMap(({ failedTests }) => failedTests ?? []),
});

/**
 * The last line of a run, and its exit code.
 * @param {Counts} counts
 * @returns {never}
 */
export function finish({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

/**
 * The files below a folder of the checkout whose name ends in `ending`, sorted.
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
export function filesEnding(folder, ending) {
  const names = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name))
    .sort();
}
