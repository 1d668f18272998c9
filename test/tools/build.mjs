/** `npm run build`, `npm run watch`: the bundles, by esbuild.mjs. */
import { start } from './bootstrap.mjs';

await start(async () => {
  await import('../../esbuild.mjs');
});
