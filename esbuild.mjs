/**
 * Builds the extension into `dist` and the tests that run inside the extension host into `dist-test`.
 *
 *   node esbuild.mjs [--production] [--watch]
 *
 * `--production` minifies, leaves source maps out and adds the notices of the packages inside; two such builds of the
 * same sources are equal byte for byte.
 */
import esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

const ROOT = import.meta.dirname;
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/**
 * What must not be loaded with the extension: each becomes a bundle of its own beside `main.cjs`, loaded when a
 * dynamic `import()` of it is first reached. A lazy bundle is complete in itself: a source file that is also in the
 * main bundle exists twice at run time (so `instanceof` fails between the two), which is why the build refuses that.
 */
const LAZY = [
  'src/core/providers/openaiClient.ts',
  'src/core/providers/ollamaClient.ts',
  'src/core/prices.snapshot.json',
  'src/core/chat/codeBlocks.ts',
  'src/core/ledgerExport.ts',
];

const lazyFiles = LAZY.map((file) => path.join(ROOT, file)).filter((file) => fs.existsSync(file));

const lazyName = (/** @type {string} */ file) => path.basename(file).replace(/\.\w+$/, '');

/**
 * Makes `import('./x.ts')` of a lazy file an import of its own bundle.
 * @type {esbuild.Plugin}
 */
const lazyImports = {
  name: 'lazy-imports',
  setup(build) {
    build.onResolve({ filter: /^\./ }, (args) => {
      if (args.kind !== 'dynamic-import') return undefined;
      const file = path.resolve(args.resolveDir, args.path);
      return lazyFiles.includes(file) ? { path: `./${lazyName(file)}.cjs`, external: true } : undefined;
    });
    // As an entry of its own a JSON file would export nothing in CommonJS.
    build.onLoad({ filter: /\.json$/ }, (args) => {
      if (!lazyFiles.includes(args.path)) return undefined;
      const data = JSON.parse(fs.readFileSync(args.path, 'utf8'));
      return { contents: `module.exports = ${JSON.stringify(data)};`, loader: 'js', watchFiles: [args.path] };
    });
  },
};

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
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  charset: 'utf8',
};

/** @type {esbuild.BuildOptions} */
const node = {
  ...common,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.cjs' },
  // `import()` of a file becomes a `require` at that moment
  supported: { 'dynamic-import': false },
  plugins: [lazyImports, noPolyfills],
  // The other entry also reads bundles from files and URLs; VS Code hands ours over.
  alias: { '@vscode/l10n': path.join(ROOT, 'node_modules/@vscode/l10n/dist/browser.js') },
};

/** @returns {Record<string, esbuild.BuildOptions>} what is built, by name */
function builds() {
  /** @type {Record<string, esbuild.BuildOptions>} */
  const all = {};
  // what VS Code loads, and the extension itself
  for (const name of ['extension', 'main']) {
    all[name] = { ...node, entryPoints: [`src/${name}.ts`], outdir: 'dist', external: ['vscode'] };
  }
  for (const file of lazyFiles) {
    const entryPoints = [{ in: path.relative(ROOT, file), out: lazyName(file) }];
    all[lazyName(file)] = { ...node, entryPoints, outdir: 'dist', external: ['vscode'] };
  }
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
      external: ['*.ttf'],
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

/** The icon font of VS Code, for the webviews. */
function copyCodicons() {
  fs.mkdirSync(path.join(ROOT, 'dist/webview'), { recursive: true });
  for (const file of ['codicon.css', 'codicon.ttf']) {
    fs.copyFileSync(path.join(ROOT, 'node_modules/@vscode/codicons/dist', file), path.join(ROOT, 'dist/webview', file));
  }
}

/**
 * The licences of all packages that are part of the bundles, in one file.
 * @param {esbuild.Metafile[]} metafiles
 */
function writeNotices(metafiles) {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const bundled = inputs.flatMap((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  const folders = [...new Set([...bundled, 'node_modules/@vscode/codicons'])].sort();
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'));
    const texts = fs.readdirSync(path.join(ROOT, folder)).filter((file) => /^licen[cs]e/i.test(file));
    const body = texts.sort().map((file) => fs.readFileSync(path.join(ROOT, folder, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...body].join('\n\n');
  });
  const text = ['Gearshift contains the following packages.', ...notices].join(`\n\n${'-'.repeat(80)}\n\n`);
  fs.writeFileSync(path.join(ROOT, 'dist/third-party-notices.txt'), `${text.replaceAll('\r\n', '\n')}\n`);
}

/**
 * @param {Record<string, esbuild.Metafile>} results
 * @throws if a source file is in the main bundle and in a lazy one
 */
function checkLazyBundles(results) {
  const inputs = (/** @type {string} */ name) =>
    Object.keys(results[name]?.inputs ?? {}).filter((file) => file.startsWith('src/'));
  const main = new Set(inputs('main'));
  for (const file of lazyFiles) {
    const twice = inputs(lazyName(file)).filter((input) => main.has(input));
    if (twice.length) {
      throw new Error(
        `In dist/main.cjs and in the lazy dist/${lazyName(file)}.cjs, so loaded twice: ${twice.join(', ')}`,
      );
    }
  }
}

fs.rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
fs.rmSync(path.join(ROOT, 'dist-test'), { recursive: true, force: true });
copyCodicons();

if (watch) {
  for (const options of Object.values(builds())) {
    const context = await esbuild.context({ ...options, logLevel: 'info' });
    await context.watch();
  }
} else {
  try {
    await buildOnce();
  } catch (error) {
    // esbuild has printed its own
    if (!(error instanceof Error && 'errors' in error)) console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

/** Builds all at once, then looks at the whole. */
async function buildOnce() {
  const built = await Promise.all(
    Object.entries(builds()).map(async ([name, options]) => {
      const { metafile } = await esbuild.build({ ...options, metafile: true });
      return /** @type {const} */ ([name, metafile]);
    }),
  );
  checkLazyBundles(Object.fromEntries(built));
  if (production) writeNotices(built.filter(([name]) => name !== 'tests').map(([, metafile]) => metafile));
}
