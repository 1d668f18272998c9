/**
 * `npm run test:unit`: all tests that need neither VS Code nor a browser.
 *
 *   node test/tools/unit.mjs [file...]
 */
import fs from 'node:fs';
import path from 'node:path';
import { isMain, ROOT, start } from './bootstrap.mjs';
import { filesEnding, finish, runTests } from './node-test.mjs';

const FOLDERS = [
  'test/faults',
  'test/core',
  'test/storage',
  'test/protocol',
  'test/webview',
  'test/servers',
  'test/editor',
];

/**
 * Runs the unit tests, all in one process.
 * @param {string[]} [files] default: all
 */
export function runUnitTests(files = unitTests()) {
  const isolation = process.versions.node.startsWith('22.') ? '--experimental-test-isolation' : '--test-isolation';
  return runTests(files, [`${isolation}=none`, '--test-timeout=60000'], { timeoutMs: 300_000 });
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
