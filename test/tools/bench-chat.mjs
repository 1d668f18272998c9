/** `npm run bench:chat`: the chat at 200 turns and 200 tokens a second in real VS Code; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';
import { ensureChromium } from './chromium.mjs';
import { installServer } from './vscode-server.mjs';

await start(async () => {
  await installServer();
  await ensureChromium();
  await run(process.execPath, [path.join(ROOT, 'test/bench/chat.ts')], { live: true });
});
