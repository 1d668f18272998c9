/**
 * `npm run test:e2e`: the specs of test/e2e, in real VS Code on the packaged extension.
 *
 *   node test/tools/e2e.mjs [file or part of its name...]
 */
import fs from 'node:fs';
import path from 'node:path';
import { isMain, ROOT, run, start } from './bootstrap.mjs';
import { ensureChromium } from './chromium.mjs';
import { filesEnding, finish, runTests } from './node-test.mjs';
import { installServer } from './vscode-server.mjs';

/** Where the extension under test is packaged to. */
export const VSIX = path.join(ROOT, 'test-results', 'gearshift.vsix');

/**
 * Runs specs one after the other: each has a server, a browser and an extension host of its own to feed.
 * @param {string} vsix
 * @param {string[]} [names] parts of the names of the files; default: all
 */
export async function runSpecs(vsix, names = []) {
  const specs = filesEnding('test/e2e', '.spec.ts').filter(
    (file) => !names.length || names.some((name) => file.includes(name)),
  );
  if (!specs.length) throw new Error(`No spec in test/e2e matches ${names.join(', ')}.`);
  const env = { GEARSHIFT_VSIX: vsix, CHROMIUM: await ensureChromium(), REPORT_TESTS: '1' };
  return runTests(specs, ['--test-concurrency=1', '--test-timeout=240000'], { env });
}

if (isMain(import.meta.url)) {
  await start(async () => {
    await installServer();
    fs.rmSync(VSIX, { force: true });
    await run(process.execPath, [path.join(import.meta.dirname, 'package.mjs'), '--unchecked', '--out', VSIX], {
      live: true,
    });
    const names = process.argv.slice(2).map((name) => path.basename(name));
    finish(await runSpecs(VSIX, names));
  });
}
