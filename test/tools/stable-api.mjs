/**
 * `npm run test:stable-api`: specs on a VS Code that refuses proposed API; see strict-server.mjs.
 *
 *   node test/tools/stable-api.mjs [part of a spec's name...]
 */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';

await start(async () => {
  const [, , ...names] = process.argv;
  const e2e = path.join(ROOT, 'test/tools/e2e.mjs');
  await run(process.execPath, [e2e, ...(names.length > 0 ? names : ['vscodeChat'])], {
    live: true,
    env: { ...process.env, GEARSHIFT_STRICT_API: '1' },
  });
});
