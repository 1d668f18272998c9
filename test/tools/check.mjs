/**
 * `npm run typecheck`, `lint`, `format`, `format:check`: the checks that read sources only.
 *
 *   node test/tools/check.mjs types|lint|format [--write]
 */
import path from 'node:path';
import { isMain, ROOT, run, start } from './bootstrap.mjs';

const bin = (/** @type {string} */ file) => path.join(ROOT, 'node_modules', file);

/** @type {Record<string, string[][]>} the commands of each check, for Node */
const CHECKS = {
  types: [
    [bin('typescript/bin/tsc'), '--project', '.'],
    [bin('typescript/bin/tsc'), '--project', 'test/tools'],
  ],
  // knip finds files, exports and dependencies that nothing uses
  lint: [[bin('eslint/bin/eslint.js'), '.', '--max-warnings=0'], [bin('knip/bin/knip.js')]],
  format: [[bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
};

/**
 * Runs a check; throws with its output if it finds something.
 * @param {string} name
 */
export async function check(name) {
  const commands = CHECKS[name];
  if (!commands) throw new Error(`Unknown check "${name}"; there are: ${Object.keys(CHECKS).join(', ')}.`);
  for (const command of commands) await run(process.execPath, command);
}

if (isMain(import.meta.url)) {
  await start(async () => {
    const [name = '', option] = process.argv.slice(2);
    if (option === '--write')
      await run(process.execPath, [bin('prettier/bin/prettier.cjs'), '--write', '.'], { live: true });
    else await check(name);
  });
}
