/** `npm run bench:economy`: the tokens that the chat sends; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/economy.ts')], { live: true });
});
