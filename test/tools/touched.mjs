/**
 * Which unit tests a change can have an effect on: those that reach a changed file by imports, or that name it. A test is
 * "touched" until it has passed with the content that all of its files have now.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { ROOT } from './bootstrap.mjs';
import { filesBelow, isFile, readSource } from './sources.mjs';
import { runUnitTests, unitTests } from './unit.mjs';

/** What every test depends on: the packages, the language, and what runs it. */
const FOR_ALL = [
  'package-lock.json',
  'tsconfig.json',
  'test/tools/unit.mjs',
  'test/tools/node-test.mjs',
  'test/tools/reporter.mjs',
];

/** By test file, the keys with which it passed, newest first: a change that is taken back needs no second run. */
const PASSED = path.join(ROOT, 'node_modules/.cache/gearshift/passed.json');

/** How many keys are kept of each test. */
const KEPT = 10;

/** @type {{ uses: string[], reads: string[] }} */
const NOTHING = { uses: [], reads: [] };

/**
 * A key per test file, which changes with the content of any file that it reaches.
 * @param {string[]} tests from the top folder
 * @param {string} [root] the top folder
 * @returns {Map<string, string>}
 */
export function keysOf(tests, root = ROOT) {
  /** @type {Map<string, { hash: string, uses: string[], reads: string[] }>} */
  const known = new Map();
  const look = (/** @type {string} */ file) => {
    let entry = known.get(file);
    if (!entry) {
      const hash = createHash('sha1')
        .update(fs.readFileSync(path.join(root, file)))
        .digest('hex');
      entry = { hash, ...(/\.(tsx?|mjs)$/.test(file) ? dependencies(root, file) : NOTHING) };
      known.set(file, entry);
    }
    return entry;
  };
  return new Map(
    tests.map((test) => {
      const reached = new Set([test]);
      for (const file of reached) for (const next of look(file).uses) reached.add(next);
      for (const file of [...reached]) for (const read of look(file).reads) reached.add(read);
      for (const file of FOR_ALL) if (isFile(path.join(root, file))) reached.add(file);
      const key = createHash('sha1').update(process.version);
      for (const file of [...reached].sort()) key.update(`${file} ${look(file).hash}\n`);
      return [test, key.digest('hex')];
    }),
  );
}

/**
 * What a file imports and, for a file of the tests, what it names: tests read folders, start scripts and build pages by
 * path. A name counts from the file's own folder and from the top folder; of a template, the folder before the first gap.
 * An imported type does not count: it is gone when the test runs, and the check of types looks at it.
 * @param {string} root
 * @param {string} file
 * @returns {{ uses: string[], reads: string[] }} `uses`: what counts with all that it uses itself; `reads`: files of a
 *   folder of the tests, which are data there
 */
function dependencies(root, file) {
  const { tree, imports } = readSource(root, file);
  const uses = imports.flatMap(({ file, typeOnly }) => (file === null || typeOnly ? [] : [file]));
  /** @type {string[]} */
  const reads = [];
  if (file.startsWith('src/')) return { uses, reads };
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isImportTypeNode(node)) return;
    const found =
      ts.isStringLiteralLike(node) && isPath(node)
        ? named(root, file, node.text, isJoined(node))
        : ts.isTemplateExpression(node)
          ? named(root, file, node.head.text.replace(/[^/]*$/, ''), false)
          : [];
    (found.length > 1 && found[0]?.startsWith('test/') ? reads : uses).push(...found);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { uses, reads };
}

/**
 * Whether a text may name a file or folder of the checkout. A single word does only where it is handed to what takes
 * paths: as the first argument, or after the file's own folder or the top folder.
 * @param {ts.StringLiteralLike} node
 * @returns {boolean}
 */
function isPath(node) {
  if (/[\w-][/.][\w-]|\.\.\/\w/.test(node.text)) return true;
  const { parent } = node;
  if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) return false;
  if (!/\b(join|resolve|URL|read(dir|File)Sync)$/.test(parent.expression.getText())) return false;
  const [first] = parent.arguments ?? [];
  return first === node || /^(ROOT|import\.meta\.dirname)$/.test(first?.getText() ?? '');
}

/**
 * Whether a text is joined to a folder of the checkout.
 * @param {ts.StringLiteralLike} node
 * @returns {boolean}
 */
function isJoined(node) {
  if (/^\.\.?\//.test(node.text)) return true;
  const { parent } = node;
  if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) return false;
  return (parent.arguments ?? []).some((each) => /^(ROOT|import\.meta\.(dirname|url))$/.test(each.getText()));
}

/**
 * @param {string} root
 * @param {string} file that names it
 * @param {string} name
 * @param {boolean} isJoined to a folder of the checkout: otherwise `src` is that of a test's own workspace
 * @returns {string[]} the file of that name, or the files in the folder of that name
 */
function named(root, file, name, isJoined) {
  if (!/^[\w.@/-]{2,200}$/.test(name) || name.startsWith('/')) return [];
  for (const folder of [path.posix.dirname(file), '.']) {
    const target = path.posix.join(folder, name).replace(/\/$/, '');
    if (/^(\.|\.\..*|\.git|node_modules|dist|dist-test)(\/|$)/.test(target)) continue;
    if (isFile(path.join(root, target))) return [target];
    if (!isJoined && target === 'src') continue;
    const below = filesBelow(root, target);
    if (below.length) return below;
  }
  return [];
}

/** The tests that wait for clocks and dying processes, and compare thousands of generated cases: minutes of them. */
const FAULTS = /^test\/faults\//;

/**
 * Runs the unit tests that are touched, and notes which passed.
 * @param {{ faults: boolean }} options `faults`: those of `test/faults` too
 * @returns {Promise<string>} what was run, in words
 * @throws if a test failed
 */
export async function runTouched({ faults }) {
  const keys = keysOf(unitTests());
  const passed = readPassed();
  const touched = [...keys].filter(([test, key]) => !passed[test]?.includes(key)).map(([test]) => test);
  const wanted = touched.filter((test) => faults || !FAULTS.test(test));
  const left = touched.length - wanted.length;
  const later = left ? `; ${left} touched files of test/faults are left to --faults and \`npm run test:unit\`` : '';
  if (wanted.length === 0) return `nothing else is touched, of ${keys.size} files${later}`;
  console.log(`unit tests: ${wanted.length} of ${keys.size} files are touched`);
  const counts = await runUnitTests(wanted);
  const failed = counts.failedFiles ?? [];
  // A test may fail in a helper, which says nothing of the test's file: then none is noted.
  if (counts.failed === 0 || (failed.length > 0 && failed.every((file) => wanted.includes(file))))
    notePassed(
      wanted.filter((test) => !failed.includes(test)),
      keys,
    );
  if (counts.failed) throw new Error(`${counts.failed} failed, in ${failed.join(', ') || 'the run itself'}`);
  return `${counts.passed} passed in ${wanted.length} files${later}`;
}

/**
 * Notes that tests have passed.
 * @param {string[]} tests
 * @param {Map<string, string>} keys as they were before the run
 */
function notePassed(tests, keys) {
  const all = readPassed();
  for (const test of tests) all[test] = [...new Set([keys.get(test) ?? '', ...(all[test] ?? [])])].slice(0, KEPT);
  fs.mkdirSync(path.dirname(PASSED), { recursive: true });
  fs.writeFileSync(PASSED, JSON.stringify(all));
}

/** @returns {Record<string, string[]>} the keys with which each test passed */
function readPassed() {
  try {
    return JSON.parse(fs.readFileSync(PASSED, 'utf8'));
  } catch {
    return {};
  }
}
