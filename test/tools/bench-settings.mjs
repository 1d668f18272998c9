/** `npm run bench:settings`: how long the settings page takes to open in real VS Code; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';
import { ensureChromium } from './chromium.mjs';
import { installServer } from './vscode-server.mjs';

await start(async () => {
  await installServer();
  await ensureChromium();
  await run(process.execPath, [path.join(ROOT, 'test/bench/settings.ts')], { live: true });
});
