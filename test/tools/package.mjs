/**
 * `npm run package`: the VSIX, built for production and held to its bounds: size, the JavaScript that is loaded at
 * activation, and exactly the files of package-files.txt.
 *
 *   node test/tools/package.mjs [--out file.vsix] [--unchecked]
 *
 * `--unchecked` leaves the bounds alone, for work in progress.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, run, start, step } from './bootstrap.mjs';

const MAX_VSIX_BYTES = 1_000_000;
const MAX_ACTIVATION_BYTES = 150_000;

/** What is loaded before `activate` returns. */
const AT_ACTIVATION = ['dist/extension.cjs', 'dist/main.cjs'];

const FILE_LIST = path.join(ROOT, 'test/tools/package-files.txt');

/**
 * Builds and packages the extension.
 * @param {string} vsix where to
 * @throws with a message for each bound that is broken
 */
async function packageExtension(vsix) {
  await run(process.execPath, ['esbuild.mjs', '--production']);
  fs.mkdirSync(path.dirname(vsix), { recursive: true });
  const vsce = path.join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const args = [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    vsix,
  ];
  const env = { ...process.env, SOURCE_DATE_EPOCH: '946684800' }; // one date for all files: same content, same package
  await run(process.execPath, [vsce, ...args], { env });
}

/**
 * @param {string} vsix
 * @returns {string[]} one sentence per broken bound
 */
function findProblems(vsix) {
  const problems = [];
  const total = fs.statSync(vsix).size;
  if (total > MAX_VSIX_BYTES)
    problems.push(`The VSIX has ${kilobytes(total)}; it may have ${kilobytes(MAX_VSIX_BYTES)}.`);
  if (activationBytes() > MAX_ACTIVATION_BYTES) {
    problems.push(
      `${AT_ACTIVATION.join(' and ')}, loaded at activation, have ${kilobytes(activationBytes())}; they may have ${kilobytes(MAX_ACTIVATION_BYTES)}.`,
    );
  }
  // V8 keeps two bytes for each character of a file that has others
  for (const file of fs.readdirSync(path.join(ROOT, 'dist')).filter((name) => name.endsWith('.cjs')))
    if (/[^\0-\x7f]/.test(fs.readFileSync(path.join(ROOT, 'dist', file), 'utf8')))
      problems.push(`dist/${file} is not plain ASCII.`);
  // what the build splits off has a hash of its content in its name, and comes and goes with every `import()`
  const inside = new Set(
    listZip(fs.readFileSync(vsix)).map((name) => name.replace(/dist\/[\w.]+-[A-Z0-9]{8}\.cjs$/, 'dist/*.cjs')),
  );
  const listed = new Set(fs.readFileSync(FILE_LIST, 'utf8').split(/\r?\n/).filter(Boolean));
  for (const name of inside)
    if (!listed.has(name)) problems.push(`"${name}" is in the VSIX but not in package-files.txt.`);
  for (const name of listed)
    if (!inside.has(name)) problems.push(`"${name}" is in package-files.txt but not in the VSIX.`);
  return problems;
}

const activationBytes = () => AT_ACTIVATION.reduce((sum, file) => sum + fs.statSync(path.join(ROOT, file)).size, 0);

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/**
 * The names in a zip file, from the directory at its end.
 * @param {Buffer} zip
 * @returns {string[]}
 */
function listZip(zip) {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const names = [];
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    const nameLength = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names.sort();
}

await start(async () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const { values } = parseArgs({ options: { out: { type: 'string' }, unchecked: { type: 'boolean' } } });
  const vsix = path.resolve(values.out ?? path.join(ROOT, `gearshift-${version}.vsix`));
  await step('Packaging the extension', () => packageExtension(vsix));
  const problems = values.unchecked ? [] : findProblems(vsix);
  if (problems.length)
    throw new Error(`The package breaks its bounds:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  console.log(
    `${path.relative(process.cwd(), vsix)}: ${kilobytes(fs.statSync(vsix).size)}; loaded at activation: ${kilobytes(activationBytes())}`,
  );
});
