/**
 * `npm run test:unit`: all tests that need neither VS Code nor a browser.
 *
 *   node test/tools/unit.mjs [file...]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isMain, ROOT, start } from './bootstrap.mjs';
import { finish, runTests, sum } from './node-test.mjs';

/** Gives code that imports `vscode` our fake of it. */
const FAKE_VSCODE = new URL('fakeVscode.mjs', import.meta.url).href;

/** Tests that need VS Code; all others are unit tests. */
const NEEDS_EDITOR = /^test\/(host|e2e)\//;

/** A test may take so long: a machine whose cores others keep busy takes a multiple of the usual. In ms. */
const TEST_MS = 180_000;
/** A group of files may take so long: only a test that never yields takes longer. In ms. */
const GROUP_MS = 900_000;
/** Files of one process. Small groups stay below the limit on a busy machine, and one that is ended takes few results along. */
const MOST_FILES = 6;
const MOST_SLOW_FILES = 3;

/** More processes than this cost more memory than they save time. */
const MOST_PROCESSES = 4;

/** Waits for real clocks, dying processes and a browser's frames most of the time: runs beside the others. */
const SLOW = /^test\/(faults|storage|webview)\//;

/**
 * Runs the unit tests in groups, a process for each core of the machine and one more: many tests wait most of the time.
 * The slowest files come first.
 * @param {string[]} [files] default: all
 */
export async function runUnitTests(files = unitTests()) {
  const isolation = process.versions.node.startsWith('22.') ? '--experimental-test-isolation' : '--test-isolation';
  const queue = [
    ...inGroups(
      files.filter((file) => SLOW.test(file)),
      MOST_SLOW_FILES,
    ),
    ...inGroups(
      files.filter((file) => !SLOW.test(file)),
      MOST_FILES,
    ),
  ];
  /** @type {import('./node-test.mjs').Counts[]} */
  const counts = [];
  const options = [`--import=${FAKE_VSCODE}`, `${isolation}=none`, `--test-timeout=${TEST_MS}`];
  const work = async () => {
    for (let group = queue.shift(); group; group = queue.shift())
      counts.push(await runTests(group, options, { timeoutMs: GROUP_MS }).catch(ended(group)));
  };
  const processes = Math.min(os.availableParallelism(), MOST_PROCESSES) + 1;
  await Promise.all(Array.from({ length: processes }, work));
  return sum(counts);
}

/**
 * Files in groups of at most `most`, alike in size. A few files are a group each.
 * @param {string[]} files
 * @param {number} most
 */
function inGroups(files, most) {
  const count = Math.max(Math.ceil(files.length / most), Math.min(files.length, MOST_PROCESSES));
  return Array.from({ length: count }, (_, group) => files.filter((_, index) => index % count === group));
}

/**
 * A group that was ended for its time counts as one failure; the others go on.
 * @param {string[]} group
 */
const ended = (group) => (/** @type {unknown} */ error) => {
  const [words] = String(error instanceof Error ? error.message : error).split('\n');
  console.log(`  FAILED  ${group.join(' ')}: ${words?.slice(-200)}`);
  return { passed: 0, failed: 1, failedFiles: group };
};

/**
 * All unit tests: every `*.test.ts` below `test` but those that need VS Code.
 * @param {string} [root] the top folder of the checkout
 * @returns {string[]} from the top folder, with `/`
 */
export function unitTests(root = ROOT) {
  return fs
    .readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => `test/${name.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.test.ts') && !NEEDS_EDITOR.test(file))
    .sort();
}

if (isMain(import.meta.url)) {
  await start(async () => {
    const files = process.argv.slice(2);
    finish(await runUnitTests(files.length ? files : undefined));
  });
}
