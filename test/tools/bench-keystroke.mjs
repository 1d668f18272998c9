/** `npm run bench:keystroke`: own time per key in the extension host; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const script = path.join(ROOT, 'test/bench/completions/keystroke.ts');
  await run(process.execPath, [script, ...process.argv.slice(2)], { live: true });
});
