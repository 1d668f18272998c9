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
/** A group of files may take so long, and so long for each of its files if that is more. In ms. */
const GROUP_MS = 900_000;
const FILE_MS = 90_000;

/** More processes than this cost more memory than they save time. */
const MOST_PROCESSES = 4;

/** Waits for real clocks and dying processes most of the time: runs beside the others. */
const SLOW = /^test\/(faults|storage)\//;

/**
 * Runs the unit tests, in a process for each core of the machine and one for those that wait most of the time.
 * @param {string[]} [files] default: all
 */
export async function runUnitTests(files = unitTests()) {
  const isolation = process.versions.node.startsWith('22.') ? '--experimental-test-isolation' : '--test-isolation';
  const others = files.filter((file) => !SLOW.test(file));
  const cores = Math.min(os.availableParallelism(), MOST_PROCESSES);
  const groups = [
    files.filter((file) => SLOW.test(file)),
    ...Array.from({ length: cores }, (_, core) => others.filter((_, index) => index % cores === core)),
  ];
  const counts = await Promise.all(
    groups
      .filter((group) => group.length > 0)
      .map((group) =>
        runTests(group, [`--import=${FAKE_VSCODE}`, `${isolation}=none`, `--test-timeout=${TEST_MS}`], {
          timeoutMs: Math.max(GROUP_MS, group.length * FILE_MS),
        }),
      ),
  );
  return sum(counts);
}

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
