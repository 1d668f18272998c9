/**
 * `npm run test:unit`: all tests that need neither VS Code nor a browser.
 *
 *   node test/tools/unit.mjs [file...]
 */
import fs from 'node:fs';
import path from 'node:path';
import { isMain, ROOT, start } from './bootstrap.mjs';
import { finish, runTests, sum } from './node-test.mjs';

/** Gives code that imports `vscode` our fake of it. */
const FAKE_VSCODE = new URL('fakeVscode.mjs', import.meta.url).href;

/** Tests that need VS Code; all others are unit tests. */
const NEEDS_EDITOR = /^test\/(host|e2e)\//;

/** A test, and a whole group, may take so long: a machine whose cores others keep busy takes a multiple of the usual. In ms. */
const TEST_MS = 180_000;
const GROUP_MS = 900_000;

/**
 * Tests that run beside the others, a process each: the first wait for real clocks and dying processes most of the time,
 * the second for pages and for the fake of VS Code.
 */
const BESIDE = [/^test\/(faults|storage)\//, /^test\/(editor|webview)\//];

/**
 * Runs the unit tests, in a process for each kind of `BESIDE` and one for the others.
 * @param {string[]} [files] default: all
 */
export async function runUnitTests(files = unitTests()) {
  const isolation = process.versions.node.startsWith('22.') ? '--experimental-test-isolation' : '--test-isolation';
  const groups = [
    ...BESIDE.map((kind) => files.filter((file) => kind.test(file))),
    files.filter((file) => !BESIDE.some((kind) => kind.test(file))),
  ];
  const counts = await Promise.all(
    groups
      .filter((group) => group.length > 0)
      .map((group) =>
        runTests(group, [`--import=${FAKE_VSCODE}`, `${isolation}=none`, `--test-timeout=${TEST_MS}`], {
          timeoutMs: GROUP_MS,
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
