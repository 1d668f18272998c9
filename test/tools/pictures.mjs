/** `npm run pictures`: the pictures of the walkthrough, taken in real VS Code on the models of the demo. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, start, step } from './bootstrap.mjs';
import { installServer } from './vscode-server.mjs';

await start(async () => {
  await installServer();
  fs.rmSync(path.join(ROOT, 'test-results', 'gearshift.vsix'), { force: true }); // of an older state
  await step('Taking the pictures of the walkthrough', async () => {
    const { takePictures } = await import('../e2e/pictures.ts');
    await takePictures();
  });
});
