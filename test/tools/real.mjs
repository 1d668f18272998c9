/** `npm run test:real`: the gateway against real servers that are given by address; see docs/real-servers.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/real/servers.ts')], { live: true });
});
