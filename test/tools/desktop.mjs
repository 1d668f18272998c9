/**
 * `npm run test:desktop`: the suites of test/host in desktop VS Code, downloaded by @vscode/test-electron into the cache.
 * VSCODE_PATH names an installed VS Code instead, VSCODE_VERSION another version than the newest.
 * Linux without a display: run it under `xvfb-run -a`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheRoot, ROOT, run, start } from './bootstrap.mjs';
import { readResults } from './host.mjs';
import { finish } from './node-test.mjs';
import { cleanEnvironment } from './vscode-server.mjs';

await start(async () => {
  const { runTests } = await import('@vscode/test-electron');
  const { VSCODE_PATH, VSCODE_VERSION = 'stable' } = process.env;
  await run(process.execPath, ['esbuild.mjs']);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-desktop-'));
  try {
    const workspace = path.join(dir, 'workspace');
    fs.cpSync(path.join(ROOT, 'test/fixtures/demo-workspace'), workspace, { recursive: true });
    const resultsFile = path.join(dir, 'results.json');
    // what a surrounding VS Code put into the environment would reach the one under test
    for (const key of Object.keys(process.env)) if (!(key in cleanEnvironment())) delete process.env[key];
    let trouble = '';
    try {
      await runTests({
        ...(VSCODE_PATH ? { vscodeExecutablePath: VSCODE_PATH } : {}),
        version: VSCODE_VERSION,
        cachePath: path.join(cacheRoot(), 'vscode-desktop'),
        extensionDevelopmentPath: ROOT,
        extensionTestsPath: path.join(ROOT, 'dist-test/host/index.mjs'),
        launchArgs: [
          workspace,
          '--disable-extensions',
          `--user-data-dir=${path.join(dir, 'user-data')}`,
          `--extensions-dir=${path.join(dir, 'extensions')}`,
        ],
        extensionTestsEnv: { TEST_RESULTS: resultsFile },
      });
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
    const results = readResults(resultsFile);
    if (!results) throw new Error(`Desktop VS Code ended without results: ${trouble}`);
    finish(results);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
