/** `npm run movie`: the moving picture of the README, recorded in real VS Code on the models of the demo. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, start, step } from './bootstrap.mjs';
import { installServer } from './vscode-server.mjs';

await start(async () => {
  await installServer();
  fs.rmSync(path.join(ROOT, 'test-results', 'gearshift.vsix'), { force: true }); // of an older state
  await step('Recording the moving picture', async () => {
    const { record } = await import('../e2e/movie.ts');
    await record();
  });
});
