/**
 * `npm run test:unit`: all tests that need neither VS Code nor a browser.
 *
 *   node test/tools/unit.mjs [file...]
 */
import fs from 'node:fs';
import path from 'node:path';
import { isMain, ROOT, start } from './bootstrap.mjs';
import { filesEnding, finish, runTests, sum } from './node-test.mjs';

const FOLDERS = [
  'test/faults',
  'test/core',
  'test/storage',
  'test/protocol',
  'test/webview',
  'test/servers',
  'test/editor',
];

/** Waits for real clocks and dying processes most of the time: runs beside the others. */
const SLOW = /^test\/(faults|storage)\//;

/**
 * Runs the unit tests, in one process or, when there are both kinds, in two.
 * @param {string[]} [files] default: all
 */
export async function runUnitTests(files = unitTests()) {
  const isolation = process.versions.node.startsWith('22.') ? '--experimental-test-isolation' : '--test-isolation';
  const groups = [files.filter((file) => SLOW.test(file)), files.filter((file) => !SLOW.test(file))];
  const counts = await Promise.all(
    groups
      .filter((group) => group.length > 0)
      .map((group) => runTests(group, [`${isolation}=none`, '--test-timeout=60000'], { timeoutMs: 420_000 })),
  );
  return sum(counts);
}

/** @returns {string[]} */
function unitTests() {
  const top = fs.readdirSync(path.join(ROOT, 'test')).filter((name) => name.endsWith('.test.ts'));
  const folders = FOLDERS.filter((folder) => fs.existsSync(path.join(ROOT, folder)));
  return [
    ...top.sort().map((name) => path.join('test', name)),
    ...folders.flatMap((folder) => filesEnding(folder, '.test.ts')),
  ];
}

if (isMain(import.meta.url)) {
  await start(async () => {
    const files = process.argv.slice(2);
    finish(await runUnitTests(files.length ? files : undefined));
  });
}
