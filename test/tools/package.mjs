/**
 * `npm run package`: the VSIX, built for production and held to its bounds: size, the JavaScript that is loaded at
 * activation, and what may be inside. The source maps of exactly this build are written beside it.
 *
 *   node test/tools/package.mjs [--out file.vsix] [--unchecked]
 *
 * `--unchecked` leaves the bounds alone, for work in progress.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, run, start, step } from './bootstrap.mjs';
import { findDeadReferences, packagedReadme } from './readme.mjs';

/** Of the package without the pictures of the walkthrough. */
const MAX_VSIX_BYTES = 1_500_000;
/** What is read at start. The log masks secrets from its first line on, and the table of their forms alone has 30 kB. */
const MAX_ACTIVATION_BYTES = 220_000;

/** Everything that a package may hold, as `vsce ls` names it. Without maps, sources, tests or notes. */
const MAY_BE_INSIDE = [
  /^package(\.nls(\.[\w-]+)?)?\.json$/,
  /^(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md$/,
  /^docs\/[\w-]+\.md$/,
  /^LICENSE$/,
  /^dist\/[\w.-]+\.mjs$/,
  /^dist\/webview\/\w+\.(js|css|ttf)$/,
  /^dist\/third-party-notices\.txt$/,
  /^media\/[\w-]+\.(svg|png)$/,
  /^media\/walkthrough\/[\w-]+\.webp$/,
  /^media\/l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^media\/prompts\/[\w-]+\.md$/,
  /^media\/recipes\/[\w-]+\.md$/,
  /^media\/agents\/[\w-]+\.agent\.md$/,
];

/** The pages, by name: the folders of `src/webview` that the build makes one of. */
const PAGES = fs
  .readdirSync(path.join(ROOT, 'src/webview'))
  .filter((name) => fs.existsSync(path.join(ROOT, 'src/webview', name, 'main.tsx')));

/** What a window reads that no other check misses. `vsce` itself looks for `main`, the icon and the readme. */
const MUST_BE_INSIDE = [
  'LICENSE',
  'dist/third-party-notices.txt',
  'media/l10n/bundle.l10n.json',
  ...PAGES.flatMap((page) => ['js', 'css'].map((kind) => `dist/webview/${page}.${kind}`)),
];

/**
 * Builds and packages the extension, and puts the source maps beside the package.
 * @param {string} vsix where to
 */
async function packageExtension(vsix) {
  await run(process.execPath, ['esbuild.mjs', '--production']);
  fs.mkdirSync(path.dirname(vsix), { recursive: true });
  const vsce = path.join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const staged = await stage();
  const args = [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    vsix,
  ];
  const env = { ...process.env, SOURCE_DATE_EPOCH: '946684800' }; // one date for all files: same content, same package
  try {
    await run(process.execPath, [vsce, ...args], { env, cwd: staged });
  } finally {
    fs.rmSync(staged, { recursive: true, force: true });
  }
  copyMaps(mapsOf(vsix));
}

/** @returns {Promise<string[]>} the files of the package, with `/` */
async function filesInside() {
  const { listFiles, PackageManager } = await import('@vscode/vsce');
  return listFiles({ cwd: ROOT, packageManager: PackageManager.None });
}

/** What the package says of itself on the extension's page. */
const page = () => packagedReadme(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'));

/**
 * Copies what goes into the package, with the README of the package.
 * @returns {Promise<string>} a temporary folder
 */
async function stage() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-package-'));
  for (const name of [...(await filesInside()), '.vscodeignore']) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.copyFileSync(path.join(ROOT, name), path.join(folder, name));
  }
  fs.writeFileSync(path.join(folder, 'README.md'), page());
  return folder;
}

/**
 * The folder with the source maps of a package.
 * @param {string} vsix
 */
const mapsOf = (vsix) => `${vsix.replace(/\.vsix$/, '')}.maps`;

/** @param {string} folder replaced by the source maps of `dist` */
function copyMaps(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  const dist = path.join(ROOT, 'dist');
  const maps = fs.readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.map'));
  for (const file of maps) fs.cpSync(path.join(dist, file), path.join(folder, file));
}

/**
 * @param {string} vsix
 * @returns {Promise<string[]>} one sentence per broken bound
 */
async function findProblems(vsix) {
  const { findDynamicCode } = await import('./dynamicCode.mjs');
  const problems = [];
  const pictures = fs.globSync('media/walkthrough/*.webp', { cwd: ROOT });
  const total = pictures.reduce((left, file) => left - fs.statSync(path.join(ROOT, file)).size, fs.statSync(vsix).size);
  if (total > MAX_VSIX_BYTES)
    problems.push(`The VSIX has ${kilobytes(total)} without its pictures; it may have ${kilobytes(MAX_VSIX_BYTES)}.`);
  if (activationBytes() > MAX_ACTIVATION_BYTES) {
    problems.push(
      `What is loaded at activation has ${kilobytes(activationBytes())}; it may have ${kilobytes(MAX_ACTIVATION_BYTES)}.`,
    );
  }
  const inside = await filesInside();
  problems.push(...findDeadReferences(page(), inside));
  for (const name of inside) {
    if (!MAY_BE_INSIDE.some((pattern) => pattern.test(name))) problems.push(`"${name}" does not belong in the VSIX.`);
    if (!/\.m?js$/.test(name)) continue;
    for (const found of findDynamicCode(name, fs.readFileSync(path.join(ROOT, name), 'utf8')))
      problems.push(`${found}: only the code of the package may run.`);
  }
  for (const name of MUST_BE_INSIDE) if (!inside.includes(name)) problems.push(`"${name}" is missing in the VSIX.`);
  return problems;
}

/** Bytes of `main` and of everything that it imports statically, by esbuild's own account. */
function activationBytes() {
  /** @type {import('esbuild').Metafile} */
  const { outputs } = JSON.parse(fs.readFileSync(path.join(ROOT, 'dist/meta.json'), 'utf8'));
  const loaded = new Set(['dist/main.mjs']);
  for (const file of loaded) {
    for (const { kind, path: imported, external } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && !external) loaded.add(imported);
  }
  return [...loaded].reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
}

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

await start(async () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const { values } = parseArgs({ options: { out: { type: 'string' }, unchecked: { type: 'boolean' } } });
  const vsix = path.resolve(values.out ?? path.join(ROOT, `gearshift-${version}.vsix`));
  await step('Packaging the extension', () => packageExtension(vsix));
  const problems = values.unchecked ? [] : await findProblems(vsix);
  if (problems.length)
    throw new Error(`The package breaks its bounds:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  const here = (/** @type {string} */ file) => path.relative(process.cwd(), file);
  console.log(
    `${here(vsix)}: ${kilobytes(fs.statSync(vsix).size)}; loaded at activation: ${kilobytes(activationBytes())}; source maps: ${here(mapsOf(vsix))}`,
  );
});
