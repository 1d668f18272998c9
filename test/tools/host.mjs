/**
 * `npm run test:host`: the suites of test/host inside the extension host of the VS Code server, with a headless browser
 * as the window. The workbench is told the test paths in its address and reports the end by a function of the page.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isMain, ROOT, run, start } from './bootstrap.mjs';

/** @typedef {{ title: string, passed: boolean, error?: string }} Result */

const TIMEOUT_MS = 180_000;

/**
 * Runs the suites; their lines go to the terminal as they come.
 * @returns {Promise<import('./node-test.mjs').Counts>}
 */
export async function runHostTests() {
  const { chromium } = await import('playwright-core');
  const { CHROMIUM_ARGS, ensureChromium } = await import('./chromium.mjs');
  const { remoteUri, startServer, windowUrl } = await import('./vscode-server.mjs');
  const executablePath = await ensureChromium();

  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-host-'));
  const workspace = path.join(dir, 'workspace');
  fs.cpSync(path.join(ROOT, 'test/fixtures/demo-workspace'), workspace, { recursive: true });
  const out = path.join(dir, 'mocha.txt');
  const resultsFile = path.join(dir, 'results.json');
  fs.writeFileSync(out, '');
  const stopTail = tail(out);

  const server = await startServer({ dir, driver: true, env: { TEST_OUT: out, TEST_RESULTS: resultsFile } });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const ended = new Promise((resolve) => {
      void page.exposeFunction('codeAutomationExit', resolve);
      page.once('crash', () => resolve('the page crashed'));
      setTimeout(() => resolve(`no end after ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS).unref();
    });
    await page.exposeFunction('codeAutomationLog', (/** @type {string} */ type, /** @type {unknown[]} */ args) => {
      if (process.env.DEBUG) console.log(type, ...args);
    });
    const tests = {
      extensionDevelopmentPath: remoteUri(server, ROOT),
      extensionTestsPath: remoteUri(server, path.join(ROOT, 'dist-test/host/index.mjs')),
    };
    await page.goto(windowUrl(server, workspace, tests));
    const code = await ended;
    const results = readResults(resultsFile);
    if (results) return results;
    console.log(`The in-host tests ended without results (${code}). Server log:\n${server.logTail()}`);
    return { passed: 0, failed: 1 };
  } finally {
    stopTail();
    await browser.close();
    await server.stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/**
 * Copies what is appended to `file` to the terminal.
 * @param {string} file
 * @returns {() => void} stops, after a last look
 */
function tail(file) {
  let at = 0;
  const drain = () => {
    const text = fs.readFileSync(file);
    process.stdout.write(text.subarray(at));
    at = text.length;
  };
  const timer = setInterval(drain, 200);
  return () => {
    clearInterval(timer);
    drain();
  };
}

/**
 * @param {string} file
 * @returns {import('./node-test.mjs').Counts | undefined}
 */
export function readResults(file) {
  if (!fs.existsSync(file)) return undefined;
  const results = /** @type {Result[]} */ (JSON.parse(fs.readFileSync(file, 'utf8')));
  const passed = results.filter((result) => result.passed).length;
  const failedTests = results.filter((result) => !result.passed).map(({ title }) => `in-host: ${title}`);
  return { passed, failed: failedTests.length, failedTests };
}

if (isMain(import.meta.url)) {
  await start(async () => {
    await run(process.execPath, ['esbuild.mjs']);
    const { passed, failed } = await runHostTests();
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed === 0 && passed > 0 ? 0 : 1);
  });
}
