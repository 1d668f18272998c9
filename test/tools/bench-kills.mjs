/** `npm run bench:kills`: 1,000 writers of the ledger killed at random; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/kills.ts'), ...process.argv.slice(2)], { live: true });
});
