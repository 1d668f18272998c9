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
  // as `src/extension.ts` reads it
  charset: 'ascii',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.cjs' },
  // `import()` of a file becomes a `require` at that moment
  supported: { 'dynamic-import': false },
  plugins: [noPolyfills],
  // The other entry also reads bundles from files and URLs; VS Code hands ours over.
  alias: { '@vscode/l10n': path.join(ROOT, 'node_modules/@vscode/l10n/dist/browser.js') },
  // Data stays a file of its own, which is read by who needs it and not kept; see `src/extension.ts`.
  loader: { '.json': 'copy' },
  assetNames: '[name]',
};

/** @returns {Record<string, esbuild.BuildOptions>} what is built, by name */
function builds() {
  /** @type {Record<string, esbuild.BuildOptions>} */
  const all = {
    // what VS Code loads; it loads the rest
    loader: { ...node, entryPoints: ['src/extension.ts'], outdir: 'dist', external: ['vscode'] },
    extension: {
      ...node,
      entryPoints: ['src/main.ts'],
      outdir: 'dist',
      external: ['vscode'],
      ...(production
        ? // as ES modules, because only these are split at every `import()`; see `writeParts`
          { format: 'esm', splitting: true, chunkNames: '[name]-[hash]', supported: {}, write: false }
        : { banner: { js: partHead('main.cjs', '({') }, footer: { js: '}})' } }),
    },
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

/**
 * The head of a part in the form that `src/extension.ts` loads: `({ "./name": function … })`.
 * @param {string} name
 * @param {string} before
 */
const partHead = (name, before) => `${before}${JSON.stringify(`./${name}`)}:function(exports,require,module){`;

/**
 * Links a part that esbuild wrote as an ES module by plain values. Its own way to CommonJS hands every export over by a
 * getter of a getter, which are called wherever one part uses another, and copies VS Code's API and Node's modules by
 * getters for every part that imports them: 7,000 functions and 1.4 MB in the parts that typing needs. Values will do
 * because parts do not import each other in circles and export nothing that changes later; see `checkParts`.
 * @param {string} text
 */
const linkParts = (text) => {
  const names = (/** @type {string} */ list, /** @type {(from: string, to: string) => string} */ write) =>
    list
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
      .map((each) => write(.../** @type {[string, string]} */ (/ as /.test(each) ? each.split(' as ') : [each, each])))
      .join(',');
  // A statement follows on another or begins a line, which text inside a string hardly does.
  return text
    .replace(
      /(?<![^;}\n])import(?:\s*\*\s*as)?\s+([\w$]+)\s*from\s*("(?:vscode|node:[\w/]+)")/g,
      'const $1=require($2)',
    )
    .replace(/(?<![^;}\n])import\s*([\w$]+)\s*from\s*("\.\/[^"]+\.json")\s*with\s*\{[^}]*\}/g, 'const $1=require($2)')
    .replace(
      /(?<![^;}\n])import\s*\{([^}]*)\}\s*from\s*("\.\/[^"]+")/g,
      (_, list, part) => `const{${names(list, (from, to) => `${from}:${to}`)}}=require(${part})`,
    )
    .replace(/(?<![^;}\n])import\s*("\.\/[^"]+")/g, 'require($1)')
    .replace(/(?<![^;}\n])export\s*\{([^}]*)\}/g, (_, list) => names(list, (from, to) => `exports.${to}=${from}`))
    .replace(/\bimport\(("\.\/[^"]+\.json")[^)]*\)/g, 'Promise.resolve().then(()=>({default:require($1)}))')
    .replace(/\bimport\(("[^"]+")\)/g, 'Promise.resolve().then(()=>require($1))');
};

/**
 * @param {esbuild.Metafile} metafile
 * @throws where parts cannot be linked by values
 */
function checkParts({ inputs, outputs }) {
  for (const file of Object.keys(inputs).filter((each) => each.startsWith('src/')))
    if (/^export let\b/m.test(fs.readFileSync(path.join(ROOT, file), 'utf8')))
      throw new Error(`${file} exports what may change later`);
  const done = new Set();
  const visit = (/** @type {string} */ file, /** @type {string[]} */ above) => {
    if (above.includes(file)) throw new Error(`parts import each other: ${[...above, file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const { kind, path: to } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement') visit(to, [...above, file]);
    done.add(file);
  };
  for (const file of Object.keys(outputs)) visit(file, []);
}

/**
 * Writes the split extension: what is needed at activation as one file, `main.cjs`, and every part that an `import()`
 * brings in later as a file of its own. What is shared exists once.
 * @param {esbuild.BuildResult<{ metafile: true, write: false }>} result
 */
async function writeParts({ metafile, outputFiles }) {
  checkParts(metafile);
  /** @type {Record<string, string>} */
  const bodies = {};
  for (const { path: file, text } of outputFiles) {
    if (file.endsWith('.json')) {
      fs.writeFileSync(file, text);
      continue;
    }
    let { code } = await esbuild.transform(linkParts(text), {
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      logLevel: 'warning',
      minify: true,
      legalComments: 'none',
      charset: 'ascii',
      supported: { 'dynamic-import': false },
    });
    // esbuild leaves other characters in regular expressions alone, and the whole text would take two bytes for each
    code = code.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    // What was not linked here esbuild links its own way: exports, or a wrapped `require` that copies all of a module
    if (/\bmodule\.exports=|[\w$]\(require\("/.test(code))
      throw new Error(`${file} is not linked whole; see linkParts`);
    bodies[path.basename(file)] = code;
  }
  const atActivation = new Set(['main.cjs']);
  for (const name of atActivation) {
    for (const { kind, path: file } of metafile.outputs[`dist/${name}`]?.imports ?? [])
      if (kind === 'import-statement' && file.startsWith('dist/')) atActivation.add(path.basename(file));
  }
  const write = (/** @type {string} */ file, /** @type {string[]} */ names) => {
    const parts = names.map((name, i) => `${partHead(name, i ? '},' : '({')}${bodies[name]}`);
    fs.writeFileSync(path.join(ROOT, 'dist', file), `${parts.join('')}}})`);
  };
  write('main.cjs', [...atActivation].sort());
  for (const name of Object.keys(bodies)) if (!atActivation.has(name)) write(name, [name]);
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
    // esbuild has printed its own
    if (!(error instanceof Error && 'errors' in error)) console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

/** Builds all at once, then looks at the whole. */
async function buildOnce() {
  const built = await Promise.all(
    Object.entries(builds()).map(async ([name, options]) => {
      const result = await esbuild.build({ ...options, metafile: true });
      if (result.outputFiles) await writeParts({ ...result, outputFiles: result.outputFiles });
      return /** @type {const} */ ([name, result.metafile]);
    }),
  );
  if (production) writeNotices(built.filter(([name]) => name !== 'tests').map(([, metafile]) => metafile));
}
