/**
 * `npm run bench:routing [-- --wrong]`: the router against labeled requests that its weights were not fitted to; see
 * test/bench/README.md. With GEARSHIFT_HARVEST also against the second set, by sources left out of the fit.
 */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/routing/bench.ts'), ...process.argv.slice(2)], {
    live: true,
  });
});
