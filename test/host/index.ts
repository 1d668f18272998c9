/** Entry of the suites that run inside the extension host, in the web server and on the desktop. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as util from 'node:util';
import Mocha from 'mocha';

/** One finished test, as written to the file `TEST_RESULTS`. */
export interface Result {
  title: string;
  passed: boolean;
  error?: string;
}

/**
 * Runs all suites beside this file; rejects if a test fails. Mocha's lines go to the file `TEST_OUT` where that is set,
 * because the console of a web window is full of the workbench's own.
 */
export async function run(): Promise<void> {
  const { TEST_OUT, TEST_RESULTS, TEST_GREP } = process.env;
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 20_000, ...(TEST_GREP ? { grep: TEST_GREP } : {}) });
  const suites = fs.readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.mjs'));
  for (const file of suites.sort()) mocha.addFile(path.join(import.meta.dirname, file));
  if (TEST_OUT) {
    Mocha.reporters.Base.consoleLog = (...line: unknown[]) => fs.appendFileSync(TEST_OUT, `${util.format(...line)}\n`);
  }
  // Suites are ES modules, which Mocha only loads in this way.
  await mocha.loadFilesAsync();
  const results: Result[] = [];
  return new Promise((resolve, reject) => {
    mocha
      .run((failures) => {
        if (TEST_RESULTS) fs.writeFileSync(TEST_RESULTS, JSON.stringify(results));
        if (failures) reject(new Error(`${failures} test(s) failed`));
        else resolve();
      })
      .on('pass', (test) => results.push({ title: test.fullTitle(), passed: true }))
      .on('fail', (test, error: Error) => {
        results.push({ title: test.fullTitle(), passed: false, error: error.stack ?? error.message });
      });
  });
}
