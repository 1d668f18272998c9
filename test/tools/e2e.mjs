/**
 * `npm run test:e2e`: the specs of test/e2e, in real VS Code on the packaged extension.
 *
 *   node test/tools/e2e.mjs [--grep <pattern>] [--times <n>] [file or part of its name...]
 *
 * `--grep` runs the tests whose name matches a regular expression, `--times` runs each spec so often.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMain, ROOT, run, start } from './bootstrap.mjs';
import { CHROMIUM_ARGS, ensureChromium } from './chromium.mjs';
import { filesEnding, finish, runTests, sum } from './node-test.mjs';
import { freePort, installServer } from './vscode-server.mjs';

/** @typedef {import('./node-test.mjs').Counts} Counts */

/** Where the extension under test is packaged to. */
export const VSIX = path.join(ROOT, 'test-results', 'gearshift.vsix');

/** What a lane needs of memory, in bytes: its browser, its extension host, its server and the spec itself. */
const MEMORY_PER_LANE = 3 * 1024 ** 3;

/**
 * Runs specs in lanes beside each other. A lane has a browser and an address of its own, which its specs use one after
 * the other: VS Code's code, once loaded there, opens windows in half of the time.
 * @param {string} vsix
 * @param {string[]} [names] parts of the names of the files; default: all
 * @param {{ grep?: string | undefined, times?: number }} [options] which tests, and how often each file
 */
export async function runSpecs(vsix, names = [], { grep, times = 1 } = {}) {
  const specs = filesEnding('test/e2e', '.spec.ts').filter(
    (file) => !names.length || names.some((name) => file.includes(name)),
  );
  if (!specs.length) throw new Error(`No spec in test/e2e matches ${names.join(', ')}.`);
  // The longest first, so that no lane has one left when the others are done.
  const size = (/** @type {string} */ file) => fs.statSync(path.join(ROOT, file)).size;
  const sorted = specs.sort((a, b) => size(b) - size(a));
  const queue = Array.from({ length: times }, () => sorted).flat();
  const options = ['--test-timeout=480000', ...(grep ? [`--test-name-pattern=${grep}`] : [])];
  const env = { GEARSHIFT_VSIX: vsix, CHROMIUM: await ensureChromium(), REPORT_TESTS: '1' };
  // A lane waits a third of its time, so one for each processor keeps them all busy.
  const room = Math.min(os.availableParallelism(), Math.floor(os.totalmem() / MEMORY_PER_LANE));
  const lanes = Math.max(1, Math.min(room, queue.length));
  const counts = await Promise.all(Array.from({ length: lanes }, () => runLane(queue, options, env)));
  return sum(counts.flat());
}

/**
 * Runs the files with a failure once more when the others are done. What passes only then is named as flaky: it does not
 * stop a landing, and it is a fault to fix.
 * @param {Counts} first
 * @param {(files: string[]) => Promise<Counts>} runAgain
 * @returns {Promise<Counts & { flakyTests: string[] }>}
 */
export async function runFailedAgain(first, runAgain) {
  const { failedFiles = [], failedTests = [] } = first;
  if (failedFiles.length === 0) return { ...first, flakyTests: [] };
  const again = await runAgain(failedFiles);
  const stillFailed = again.failedTests ?? [];
  // A run that ended badly without a failed test has no file to run again, so it stays a failure.
  const failed = first.failed - failedTests.length + again.failed;
  return {
    passed: first.passed + first.failed - failed,
    failed,
    failedFiles: again.failedFiles ?? [],
    failedTests: stillFailed,
    flakyTests: failedTests.filter((name) => !stillFailed.includes(name)),
  };
}

/**
 * Runs all specs, and those that failed once more.
 * @param {string} vsix
 */
export async function runSpecsTwice(vsix) {
  return runFailedAgain(await runSpecs(vsix), (files) => {
    console.log(`\nOnce more: ${files.join(', ')}`);
    return runSpecs(vsix, files);
  });
}

/**
 * Takes specs from the queue until it is empty.
 * @param {string[]} queue
 * @param {string[]} options of node:test
 * @param {Record<string, string> & { CHROMIUM: string }} env
 * @returns {Promise<Counts[]>}
 */
async function runLane(queue, options, env) {
  const port = await freePort();
  const { chromium } = await import('playwright-core');
  const args = [...CHROMIUM_ARGS, `--remote-debugging-port=${port}`];
  const browser = await chromium.launch({ executablePath: env.CHROMIUM, args });
  const lane = { ...env, BROWSER_URL: `http://127.0.0.1:${port}`, VSCODE_PORT: String(await freePort()) };
  const counts = [];
  try {
    for (let spec = queue.shift(); spec !== undefined; spec = queue.shift())
      counts.push(await runTests([spec], options, { env: lane }));
  } finally {
    await browser.close();
  }
  return counts;
}

if (isMain(import.meta.url)) {
  await start(async () => {
    await installServer();
    fs.rmSync(VSIX, { force: true });
    await run(process.execPath, [path.join(import.meta.dirname, 'package.mjs'), '--unchecked', '--out', VSIX], {
      live: true,
    });
    const { values, positionals } = parseArgs({
      options: { grep: { type: 'string' }, times: { type: 'string', default: '1' } },
      allowPositionals: true,
    });
    const names = positionals.map((name) => path.basename(name));
    finish(await runSpecs(VSIX, names, { grep: values.grep, times: Number(values.times) }));
  });
}
