/**
 * `npm run bench:routing [-- --wrong]`: the router against the labelled requests; see test/bench/README.md.
 * With `--fit`, fits the scorer's weights to the tuning half first; with `--validate`, only cross-validates there.
 */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const script = (/** @type {string} */ name) => path.join(ROOT, 'test/bench/routing', name);
  const options = process.argv.slice(2);
  if (options.includes('--validate')) await run(process.execPath, [script('train.ts'), '--check'], { live: true });
  else {
    if (options.includes('--fit')) await run(process.execPath, [script('train.ts')], { live: true });
    await run(process.execPath, [script('bench.ts'), ...options], { live: true });
  }
});
