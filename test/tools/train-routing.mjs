/**
 * `GEARSHIFT_HARVEST=FILE.jsonl npm run train:routing [-- --check]`: fits the weights of the router's scorer; see
 * test/bench/routing/train.ts. With `--check` it only cross-validates by source.
 */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const script = path.join(ROOT, 'test/bench/routing/train.ts');
  await run(process.execPath, [script, ...process.argv.slice(2)], { live: true });
});
