/**
 * `npm run bench:recipes`: the recipe *build* against one model alone on ten tasks, at the gateway; see test/bench/README.md.
 * `-- --editor` also runs both in real VS Code, with VS Code's agents.
 */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';
import { ensureChromium } from './chromium.mjs';
import { installServer } from './vscode-server.mjs';

await start(async () => {
  const [, , ...options] = process.argv;
  await run(process.execPath, [path.join(ROOT, 'test/bench/recipes.ts')], { live: true });
  if (!options.includes('--editor')) return;
  await installServer();
  await ensureChromium();
  await run(
    process.execPath,
    [path.join(ROOT, 'test/bench/recipesEditor.ts'), ...options.filter((each) => each !== '--editor')],
    { live: true },
  );
});
