/** `npm run bench:gateway`: what the gateway adds to a call; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/gateway.ts')], { live: true });
});
