/**
 * `npm run watch:test`: after every change below `src`, `test` and `media`, the unit tests that it can have an effect on.
 *
 *   node test/tools/watch.mjs [--faults]
 *
 * It begins with those that have not passed since they last changed. A test that fails runs again at the next change.
 */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, start } from './bootstrap.mjs';

/** A save writes several files, and editors write a file in steps: in ms. */
const SETTLE_MS = 200;

await start(async () => {
  const { runTouched } = await import('./touched.mjs');
  const options = { faults: process.argv.includes('--faults') };
  let changed = true;
  let running = false;

  const runAll = async () => {
    if (running) return;
    running = true;
    while (changed) {
      changed = false;
      try {
        console.log(`unit tests: ${await runTouched(options)}`);
      } catch (error) {
        // half a file while it is being written cannot be parsed, and tests fail: both are told and tried again
        console.log(`unit tests: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    running = false;
    console.log('Waiting for a change; Ctrl+C ends this.');
  };

  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  for (const folder of ['src', 'test', 'media', 'package.json', 'package.nls.json'])
    fs.watch(path.join(ROOT, folder), { recursive: true }, () => {
      changed = true;
      clearTimeout(timer);
      timer = setTimeout(() => void runAll(), SETTLE_MS);
    });
  await runAll();
  await new Promise(() => {});
});
