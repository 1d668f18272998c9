/**
 * Builds the extension into `dist` and the tests that run inside the extension host into `dist-test`.
 *
 *   node esbuild.mjs [--production] [--watch]
 *
 * Both kinds of build have the same modules: ES modules, split by esbuild at every `import()`, with source maps.
 * `--production` also minifies, and adds the notices of the packages inside. Its source maps are not named in the code,
 * because test/tools/package.mjs puts them beside the package and not into it. Two production builds of the same sources
 * are equal byte for byte.
 */
import esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

const ROOT = import.meta.dirname;
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/**
 * Leaves out polyfills of what every supported VS Code has: the `ollama` package brings a whole `fetch`.
 * @type {esbuild.Plugin}
 */
const noPolyfills = {
  name: 'no-polyfills',
  setup(build) {
    build.onResolve({ filter: /^whatwg-fetch$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
  },
};

/** @type {esbuild.BuildOptions} */
const common = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: production,
  sourcemap: production ? 'external' : 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  charset: 'utf8',
};

/** @type {esbuild.BuildOptions} */
const node = {
  ...common,
  platform: 'node',
  format: 'esm',
  splitting: true,
  target: 'node22',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  chunkNames: '[name]-[hash]',
  plugins: [noPolyfills],
  // The other entry also reads bundles from files and URLs; VS Code hands ours over.
  alias: { '@vscode/l10n': path.join(ROOT, 'node_modules/@vscode/l10n/dist/browser.js') },
};

/** @returns {Record<string, esbuild.BuildOptions>} what is built, by name */
function builds() {
  /** @type {Record<string, esbuild.BuildOptions>} */
  const all = {
    extension: { ...node, entryPoints: ['src/main.ts'], outdir: 'dist', external: ['vscode'] },
  };
  const pages = webviewEntries();
  if (pages.length) {
    all.webview = {
      ...common,
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      entryPoints: pages,
      outdir: 'dist/webview',
      // the icon font of VS Code
      loader: { '.ttf': 'copy' },
      assetNames: '[name]',
    };
  }
  const tests = hostTests();
  if (tests.length) {
    all.tests = {
      ...node,
      minify: false,
      sourcemap: 'linked',
      entryPoints: tests,
      outdir: 'dist-test/host',
      external: ['vscode', 'mocha'],
      plugins: [],
    };
  }
  return all;
}

/** Every folder of `src/webview` with a `main.tsx` is a page: `<folder>.js`, and `<folder>.css` where there is a `main.css`. */
function webviewEntries() {
  const folder = path.join(ROOT, 'src/webview');
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((page) => fs.existsSync(path.join(folder, page, 'main.tsx')))
    .sort()
    .flatMap((page) => ['main.tsx', 'main.css'].map((file) => ({ in: `src/webview/${page}/${file}`, out: page })))
    .filter((entry) => fs.existsSync(path.join(ROOT, entry.in)));
}

/** The suites that run inside the extension host, and the entry that runs them. */
function hostTests() {
  const folder = path.join(ROOT, 'test/host');
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder).filter((file) => file === 'index.ts' || file.endsWith('.test.ts'));
  return files.sort().map((file) => `test/host/${file}`);
}

/**
 * The licences of all packages that are part of the bundles, in one file.
 * @param {esbuild.Metafile[]} metafiles
 */
function writeNotices(metafiles) {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const bundled = inputs.flatMap((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  const folders = [...new Set(bundled)].sort();
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'));
    const texts = fs.readdirSync(path.join(ROOT, folder)).filter((file) => /^licen[cs]e/i.test(file));
    const body = texts.sort().map((file) => fs.readFileSync(path.join(ROOT, folder, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...body].join('\n\n');
  });
  const text = ['Gearshift contains the following packages.', ...notices].join(`\n\n${'-'.repeat(80)}\n\n`);
  fs.writeFileSync(path.join(ROOT, 'dist/third-party-notices.txt'), `${text.replaceAll('\r\n', '\n')}\n`);
}

fs.rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
fs.rmSync(path.join(ROOT, 'dist-test'), { recursive: true, force: true });
fs.mkdirSync(path.join(ROOT, 'dist'));

if (watch) {
  for (const options of Object.values(builds())) {
    const context = await esbuild.context({ ...options, logLevel: 'info' });
    await context.watch();
  }
} else {
  try {
    await buildOnce();
  } catch (error) {
    // esbuild has printed its own errors
    if (!(error instanceof Error && 'errors' in error)) console.error(error);
    process.exit(1);
  }
}

/** Builds all at once, then writes what a package needs beside the code. */
async function buildOnce() {
  const built = await Promise.all(
    Object.entries(builds()).map(async ([name, options]) => {
      const { metafile } = await esbuild.build({ ...options, metafile: true });
      return /** @type {const} */ ([name, metafile]);
    }),
  );
  if (!production) return;
  const shipped = Object.fromEntries(built.filter(([name]) => name !== 'tests'));
  writeNotices(Object.values(shipped));
  // What is in which file: for test/tools/package.mjs and for esbuild's own "Bundle Size Analyzer".
  fs.writeFileSync(path.join(ROOT, 'dist/meta.json'), JSON.stringify(shipped.extension));
}
