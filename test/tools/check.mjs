/**
 * `npm run typecheck`, `lint`, `format`, `format:check`: the checks that read sources only. `npm run check`: types, lint
 * and the unit tests that a change can have an effect on, each with what it remembers from its last run.
 *
 *   node test/tools/check.mjs types|lint|format|figures [--write]
 *   node test/tools/check.mjs all [--faults]
 */
import path from 'node:path';
import { isMain, ROOT, run, start } from './bootstrap.mjs';

const bin = (/** @type {string} */ file) => path.join(ROOT, 'node_modules', file);

/** What quick checks remember: below node_modules, so that a new installation forgets it. */
const CACHE = path.join(ROOT, 'node_modules/.cache/gearshift');

/** The floors that have a tsconfig of their own. */
const FLOORS = ['core', 'protocol', 'storage', 'editor', 'webview'];

/**
 * The native compiler: a tenth of the time of `typescript`, which stays for the parser that ESLint and our tools use.
 * @param {string} project the folder of a tsconfig.json
 */
const tsc = (project) => ({
  command: [bin('@typescript/native/bin/tsc'), '--project', project],
  quick: ['--incremental', '--tsBuildInfoFile', path.join(CACHE, `${project.replace(/\W+/g, '-')}.tsbuildinfo`)],
});

/**
 * The commands of each check, for Node; `quick` are options that make it remember its last run.
 * @type {Record<string, { command: string[], quick: string[] }[]>}
 */
const CHECKS = {
  // the whole with every type there is, then each floor with what it may know: no Node in core, protocol and web views
  types: ['.', ...FLOORS.map((floor) => `src/${floor}`), 'test/tools'].map(tsc),
  figures: [{ command: [path.join(ROOT, 'test/tools/figures.mjs'), '--check'], quick: [] }],
  lint: [
    {
      command: [bin('eslint/bin/eslint.js'), '.', '--max-warnings=0'],
      quick: ['--cache', '--cache-strategy=content', '--cache-location', path.join(CACHE, 'eslint.json')],
    },
    // words that must not come back, in the manifest and in Markdown; the ESLint rule looks at the code
    { command: [path.join(ROOT, 'test/tools/words.mjs')], quick: [] },
    // files, exports and dependencies that nothing uses
    { command: [bin('knip/bin/knip.js')], quick: ['--cache', '--cache-location', path.join(CACHE, 'knip')] },
  ],
  format: [{ command: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'], quick: [] }],
};

/**
 * Runs a check; throws with its output if it finds something.
 * @param {string} name
 * @param {{ quick?: boolean }} [options] `quick`: look only at what changed since the last quick run. A linted file is
 *   not looked at again when only the types that it imports changed; a whole run finds that.
 */
export async function check(name, { quick = false } = {}) {
  const commands = CHECKS[name];
  if (!commands) throw new Error(`Unknown check "${name}"; there are: ${Object.keys(CHECKS).join(', ')}, all.`);
  for (const { command, quick: options } of commands)
    await run(process.execPath, [...command, ...(quick ? options : [])]);
}

/**
 * Types, lint and the touched unit tests; says what each found and how long it took.
 * @param {{ faults: boolean }} options `faults`: also the touched tests of `test/faults`, which take minutes
 * @returns {Promise<boolean>} whether all is well
 */
async function checkAll(options) {
  const { runTouched } = await import('./touched.mjs');
  const part = async (/** @type {string} */ name, /** @type {() => Promise<string>} */ look) => {
    const begin = Date.now();
    try {
      const found = await look();
      console.log(`${name}: ${found} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
      return true;
    } catch (error) {
      console.log(`${name}: FAILED\n${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  };
  const quick = (/** @type {string} */ name) => async () => {
    await check(name, { quick: true });
    return 'ok';
  };
  const results = await Promise.all([
    part('types', quick('types')),
    part('lint', quick('lint')),
    part('unit tests', () => runTouched(options)),
  ]);
  return results.every(Boolean);
}

if (isMain(import.meta.url)) {
  await start(async () => {
    const [name = '', option] = process.argv.slice(2);
    if (option === '--write')
      await run(process.execPath, [bin('prettier/bin/prettier.cjs'), '--write', '.'], { live: true });
    else if (name === 'all') process.exitCode = (await checkAll({ faults: option === '--faults' })) ? 0 : 1;
    else await check(name);
  });
}
