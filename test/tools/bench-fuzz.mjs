/** `npm run bench:fuzz [seconds] [seed]`: readers of foreign input, fuzzed for long; see test/bench/README.md. */
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';
import { runTests } from './node-test.mjs';

await start(async () => {
  await run(process.execPath, [path.join(ROOT, 'test/bench/fuzz.ts'), ...process.argv.slice(2)], { live: true });
  const { failed } = await runTests(['test/core/privacy/maskSecrets.test.ts'], ['--test-isolation=none'], {
    env: { GEARSHIFT_FUZZ: 'full' },
  });
  if (failed > 0) process.exitCode = 1;
});
