/** `npm run bench:completions`: ghost text in real VS Code, typed by a person's rhythm; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const script = path.join(ROOT, 'test/bench/completions/run.ts');
  await run(process.execPath, [script, ...process.argv.slice(2)], { live: true });
});
