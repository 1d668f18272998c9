/**
 * `npm run safety`: runs the tests that name a case of test/faults/CATALOGUE.md and writes test/safety.md: each case with
 * its result, the counts by letter, and what cannot be tested here.
 *
 *   node test/tools/safety.mjs [--results file]
 *
 * `--results` reads the lines of an earlier run instead (REPORT_TESTS=1 npm run test:unit > file).
 */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, run, start } from './bootstrap.mjs';
import { unitTests } from './unit.mjs';

const ID = /[FGMTIL]\d\d/g;
/** Ids that the name of a test begins with; `nothing is asked: I29: …` has its id behind a first clause. */
const NAMED = /^(?:[a-z ]+: )?((?:[FGMTIL]\d\d\b[ ,:]*)+)/;

/** What this machine does not have, or what a test can only stand in for. */
const NOT_HERE = [
  'VS Code on the desktop (Windows, macOS, Linux): the specs run in a VS Code server with Chromium.',
  'A keyring of the system that refuses: tested with a secret storage that rejects, not with a real keyring.',
  'Sleep and resume of the machine (F12): tested with a clock that is put forward.',
  'Hard links: a hard link has no target that could be resolved, so it is read like the file that it is.',
  'L03, key to screen against a VS Code without the extension, and L05 with 100,000 files: `npm run bench:completions` and `npm run bench:activation`.',
  'A million rows (G13, L07): `npm run bench:ledger`; the tests have 60,000 and 20,000.',
  'F75 in VS Code itself: the tests switch the whole extension on and off a hundred times in a stand-in of its API.',
  'A disk that is really full (G05) where the system does not let a test mount one: the test is skipped there, and the faked one stays.',
  'Known holes of dependencies: `npm audit` needs a registry that answers it.',
];

/** @returns {{ id: string, words: string }[]} the cases of the catalog, in order */
function readCatalogue() {
  const text = fs.readFileSync(path.join(ROOT, 'test/faults/CATALOGUE.md'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, cell = '', words = ''] = /^\| ([FGMTIL]\d\d[^|]*)\| ([^|]*)\|/.exec(line) ?? [];
    return [...cell.matchAll(/([A-Z])(\d\d)(?:-[A-Z](\d\d))?/g)].flatMap(([, letter = '', from = '', to = from]) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => ({
        id: `${letter}${String(Number(from) + n).padStart(2, '0')}`,
        words: words.trim(),
      })),
    );
  });
}

/**
 * @param {string} output lines of the reporter with REPORT_TESTS=1
 * @returns {Map<string, { passed: number, failed: number, skipped: number }>} by id
 */
function readResults(output) {
  const results = new Map();
  for (const line of output.split('\n')) {
    const [, state, rest = ''] = /^ {2}(ok|FAILED|skipped) +(.*)$/.exec(line) ?? [];
    if (!state) continue;
    const name = state === 'FAILED' ? rest.replace(/^\S+: /, '') : rest;
    for (const id of NAMED.exec(name)?.[1]?.match(ID) ?? []) {
      const result = results.get(id) ?? { passed: 0, failed: 0, skipped: 0 };
      results.set(id, result);
      if (state === 'ok') result.passed++;
      else if (state === 'skipped') result.skipped++;
      else result.failed++;
    }
  }
  return results;
}

/** @param {string} id @returns {boolean} whether a spec or a test inside the extension host names the case */
function isInEditor(id) {
  return ['test/e2e', 'test/host'].some((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder))
      .filter((name) => name.endsWith('.ts'))
      .some((name) =>
        new RegExp(`['"\`][FGMTIL\\d ]*\\b${id}\\b`).test(fs.readFileSync(path.join(ROOT, folder, name), 'utf8')),
      ),
  );
}

/** @returns {Promise<string>} what the unit tests of files that name a case report, one line for each test */
async function runTests() {
  const files = unitTests().filter((file) => /\b[FGMTIL]\d\d\b/.test(fs.readFileSync(path.join(ROOT, file), 'utf8')));
  const { output } = await run(process.execPath, [path.join(ROOT, 'test/tools/unit.mjs'), ...files], {
    env: { ...process.env, REPORT_TESTS: '1' },
    allowFailure: true,
  });
  console.log(
    output
      .split('\n')
      .filter((line) => line.startsWith('  FAILED'))
      .join('\n'),
  );
  return output;
}

await start(async () => {
  const at = process.argv.indexOf('--results');
  const output = at > 0 ? fs.readFileSync(process.argv[at + 1] ?? '', 'utf8') : await runTests();
  const results = readResults(output);
  const letters = new Map();
  const rows = readCatalogue().map(({ id, words }) => {
    const { passed, failed, skipped } = results.get(id) ?? { passed: 0, failed: 0, skipped: 0 };
    const inEditor = isInEditor(id);
    const state = failed > 0 ? 'failed' : passed > 0 ? 'held' : inEditor ? 'in VS Code' : 'not run';
    const count = letters.get(id[0]) ?? { held: 0, failed: 0, 'in VS Code': 0, 'not run': 0 };
    letters.set(id[0], count);
    count[state]++;
    const more = [...(inEditor ? ['specs'] : []), ...(skipped > 0 ? [`${skipped} skipped here`] : [])];
    const tests = [...(passed + failed > 0 ? [`${passed} of ${passed + failed}`] : []), ...more].join(', ');
    return `| ${id} | ${words} | ${state} | ${tests} |`;
  });
  const counts = [...letters].map(
    ([letter, count]) =>
      `| ${letter} | ${count.held} | ${count['in VS Code']} | ${count.failed} | ${count['not run']} |`,
  );
  const text = [
    '# What the tests of the catalog say',
    '',
    'Written by `npm run safety`; do not edit. "Held": every unit test that names the case passed. "In VS Code": only specs or',
    'tests inside the extension host name it, which `npm test` runs.',
    '',
    '| letter | held | in VS Code | failed | not run |',
    '|---|---:|---:|---:|---:|',
    ...counts,
    '',
    '## The privacy proof',
    '',
    'test/e2e/privacy.spec.ts in real VS Code: each feature once, with a record of every connection. Its first test shows that',
    'a leak of the extension host and one of a page would be seen. `npm test` runs it; its result is not in the table below.',
    '',
    '## What cannot be tested here',
    '',
    ...NOT_HERE.map((line) => `- ${line}`),
    '',
    '## Cases',
    '',
    '| id | case | result | tests |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  fs.writeFileSync(path.join(ROOT, 'test/safety.md'), text);
  const failed = [...letters.values()].reduce((sum, count) => sum + count.failed + count['not run'], 0);
  console.log(counts.join('\n'));
  process.exit(failed === 0 ? 0 : 1);
});
