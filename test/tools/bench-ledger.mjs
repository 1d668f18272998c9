/** `npm run bench:ledger`: the ledger at 1,000,000 rows; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/ledger.ts')], { live: true });
});
