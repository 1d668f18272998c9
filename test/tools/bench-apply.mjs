/** `npm run bench:apply`: an answer of 40 hunks applied to a file of 20,000 lines; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/apply.ts')], { live: true });
});
