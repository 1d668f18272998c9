/** `npm run bench:codebase`: the index of `@codebase` on 5,000 files; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const fake = new URL('fakeVscode.mjs', import.meta.url).href;
  const bench = path.join(ROOT, 'test/bench/codebase.ts');
  await run(process.execPath, ['--expose-gc', '--import', fake, bench, ...process.argv.slice(2)], { live: true });
});
