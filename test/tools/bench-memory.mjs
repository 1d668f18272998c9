/** `npm run bench:memory`: what the extension costs its host while typing, beside a host without it; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const script = path.join(ROOT, 'test/bench/completions/memory.ts');
  await run(process.execPath, [script, ...process.argv.slice(2)], { live: true });
});
