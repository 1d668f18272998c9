/**
 * `npm test`, the whole check, on a machine that has nothing but Node and npm: sets everything up, then types, figures,
 * lint, format, package, unit tests, tests inside the extension host and end-to-end specs on the packaged extension. The last
 * line is "N passed, N failed"; a check counts as one.
 */
import fs from 'node:fs';
import path from 'node:path';
import { check } from './check.mjs';
import { ROOT, run, start, step } from './bootstrap.mjs';
import { ensureChromium } from './chromium.mjs';
import { runSpecsTwice, VSIX } from './e2e.mjs';
import { runHostTests } from './host.mjs';
import { finish, sum } from './node-test.mjs';
import { runUnitTests } from './unit.mjs';
import { installServer } from './vscode-server.mjs';

/** @typedef {import('./node-test.mjs').Counts} Counts */

/** @type {[name: string, counts: Counts, ms: number][]} */
const results = [];

/** @type {string[]} specs that passed on the second try only */
const flakyTests = [];

/**
 * Runs a part of the check and notes its result; a part that throws has failed once, and the others go on.
 * @param {string} name
 * @param {() => Promise<Counts | void>} part without counts: one check, passed unless it throws
 * @returns {Promise<boolean>} whether all of it passed
 */
async function part(name, part) {
  const begin = Date.now();
  let counts;
  try {
    counts = (await part()) ?? { passed: 1, failed: 0 };
  } catch (error) {
    console.log(`\n${name} FAILED\n${error instanceof Error ? error.message : String(error)}\n`);
    counts = { passed: 0, failed: 1 };
  }
  results.push([name, counts, Date.now() - begin]);
  return counts.failed === 0;
}

/** @param {string} name */
const sourceCheck = (name) => part(name, () => step(`Checking ${name}`, () => check(name)));

await start(async () => {
  fs.rmSync(path.join(ROOT, 'test-results'), { recursive: true, force: true });
  // Side by side: downloads and many unit tests wait most of the time.
  const [setUp] = await Promise.all([
    (async () => {
      const isSetUp = await part('set-up', async () => {
        await installServer();
        process.env.CHROMIUM = await ensureChromium();
      });
      // The tests of the pages need the browser.
      await part('unit tests', () => runUnitTests());
      return isSetUp;
    })(),
    sourceCheck('lint'),
    (async () => {
      for (const name of ['types', 'figures', 'format']) await sourceCheck(name);
    })(),
  ]);
  const packaged = await part('package', async () => {
    await run(process.execPath, [path.join(ROOT, 'test/tools/package.mjs'), '--out', VSIX], { live: true });
  });
  if (setUp) {
    console.log('\nTests inside the extension host');
    await part('in-host tests', () => runHostTests());
    console.log('\nEnd-to-end specs');
    await part('end-to-end specs', async () => {
      if (!packaged && !fs.existsSync(VSIX)) throw new Error('There is no package to test.');
      const counts = await runSpecsTwice(VSIX);
      flakyTests.push(...counts.flakyTests);
      return counts;
    });
  }
  console.log('');
  for (const [name, { passed, failed }, ms] of results) {
    console.log(`${name.padEnd(18)} ${`${passed} passed, ${failed} failed`.padEnd(26)} ${(ms / 1000).toFixed(1)} s`);
  }
  const total = sum(results.map(([, counts]) => counts));
  for (const name of flakyTests) console.log(`FLAKY  ${name}`);
  for (const name of total.failedTests ?? []) console.log(`FAILED ${name}`);
  finish(total);
});
