/** `npm run bench:recipes`: the recipe *build* against one model alone on ten tasks; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/recipes.ts')], { live: true });
});
