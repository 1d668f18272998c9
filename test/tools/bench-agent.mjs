/** `npm run bench:agent`: what agents send in real VS Code, and what the provider adds; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';
import { ensureChromium } from './chromium.mjs';
import { installServer } from './vscode-server.mjs';

/** Gives code that imports `vscode` our fake of it. */
const FAKE_VSCODE = new URL('fakeVscode.mjs', import.meta.url).href;

await start(async () => {
  const [, , ...options] = process.argv;
  await run(process.execPath, [`--import=${FAKE_VSCODE}`, path.join(ROOT, 'test/bench/agentProvider.ts')], {
    live: true,
  });
  if (options.includes('--provider')) return;
  await installServer();
  await ensureChromium();
  await run(process.execPath, [path.join(ROOT, 'test/bench/agent.ts'), ...options], { live: true });
});
