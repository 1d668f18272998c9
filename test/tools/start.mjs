/**
 * `npm start`: installs what is missing, builds, and opens real VS Code with the extension on a small demo workspace: a
 * desktop VS Code where there is a display and one can be had, else VS Code in the browser. Tiers for which no model is
 * at hand are answered by demo servers on this computer.
 *
 *   node test/tools/start.mjs [--browser]
 *
 * `--browser` does not look for a desktop VS Code.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cacheRoot, ROOT, run, start, step, stopTree } from './bootstrap.mjs';
import { demoSettings, makeWorkspace, WINDOW_SETTINGS } from './demoProfile.mjs';
import { cleanEnvironment, freePort, installServer } from './vscode-server.mjs';

/** Kept while it is free: keys that are entered in the browser belong to the address, port included. */
const BROWSER_PORT = 8421;

/** The demo servers, likewise: what the user allowed for an address is asked again at another. */
const OLLAMA_PORT = 8422;
const CLOUD_PORT = 8423;

/** The profile of this VS Code, apart from the user's own; it may be deleted at any time. */
const PROFILE = path.join(cacheRoot(), 'start');
const WORKSPACE = path.join(PROFILE, 'tea-house');
const EXTENSIONS = path.join(PROFILE, 'extensions');

/** The variable with a key that the tiers of the manifest can use as they are. */
const KEY_VARIABLE = 'OPENROUTER_API_KEY';

/** @typedef {import('./demoProfile.d.mts').Tier} Tier */
/** @typedef {Record<string, any>} SettingsFile */
/** @typedef {{ ended: Promise<number | null>, stop(): Promise<void> }} Running */

/** Undoes what was started, the latest first. */
/** @type {(() => Promise<void>)[]} */
const cleanUp = [];

/** @param {number} code */
async function leave(code) {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
  process.exit(code);
}

/** @returns {Promise<string | undefined>} the address of a running Ollama */
async function findOllama() {
  const { ollamaHostUrl } = await import('../../src/core/common/endpoints.ts');
  const url = ollamaHostUrl(process.env.OLLAMA_HOST ?? '') ?? 'http://127.0.0.1:11434';
  try {
    const { ok } = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(1500) });
    return ok ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A model on the user's Ollama that can complete code, where the default one is not there.
 * @param {string} ollama its address
 * @returns {Promise<string | undefined>} undefined: the default is there, or nothing that can take its place; then the
 *   extension offers to pull one
 */
async function findLocalModel(ollama) {
  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const ask = async (path, body) => {
    const post = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    return (await fetch(ollama + path, { ...post, signal: AbortSignal.timeout(3000) })).json();
  };
  try {
    const { models } = await ask('/api/tags');
    const names = models.map((/** @type {{ name: string }} */ { name }) => name);
    if (names.includes(defaultLocalModel())) return undefined;
    for (const name of names)
      if ((await ask('/api/show', { model: name })).capabilities?.includes('insert')) return name;
  } catch {
    // The extension says what is wrong with the server.
  }
  return undefined;
}

/**
 * The settings to start with: what the user set in this profile before stays, the demo models fill the gaps.
 * @param {SettingsFile} old
 * @param {string | undefined} ollama
 * @returns {Promise<{ settings: SettingsFile, demo: Tier[] }>} and the tiers that the demo servers answer
 */
async function prepareSettings(old, ollama) {
  const isDemo = (/** @type {string} */ name) => name.startsWith('demo-');
  /** @type {SettingsFile} */
  const settings = { ...WINDOW_SETTINGS, ...old };
  const providers = Object.fromEntries(
    Object.entries(settings['gearshift.providers'] ?? {}).filter(([name]) => !isDemo(name)),
  );
  const hasKey = Boolean(process.env[KEY_VARIABLE]);
  if (hasKey)
    providers.openrouter = { ...defaultProviders().openrouter, apiKeyEnv: KEY_VARIABLE, ...providers.openrouter };

  /** @type {Tier[]} */
  const demo = [];
  for (const tier of /** @type {const} */ (['local', 'mid', 'frontier'])) {
    const key = `gearshift.tiers.${tier}`;
    const chosen = /** @type {string[]} */ (settings[key] ?? []).filter((model) => !isDemo(model));
    if (chosen.length) continue;
    delete settings[key];
    if (tier === 'local' ? !ollama : !hasKey) demo.push(tier);
    if (tier === 'local' && ollama) {
      const model = await findLocalModel(ollama);
      if (model) settings[key] = [`ollama/${model}`];
    }
  }
  const answering = /** @type {string[]} */ (settings['gearshift.tiers.localAnswers'] ?? []);
  settings['gearshift.tiers.localAnswers'] = answering.filter((model) => !isDemo(model));
  if (demo.length) {
    const { startDemo } = await import('../servers/demo.ts');
    const servers = await startDemo({
      ollamaPort: await freePort(OLLAMA_PORT),
      openAiPort: await freePort(CLOUD_PORT),
    });
    cleanUp.push(() => servers.stop());
    const chosen = demoSettings(servers.addresses, demo);
    Object.assign(providers, chosen.providers);
    Object.assign(settings, chosen.tiers);
  }
  settings['gearshift.providers'] = providers;
  return { settings, demo };
}

/** @param {string} setting @returns {any} its default in the manifest */
function defaultOf(setting) {
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  return manifest.contributes.configuration.properties[setting].default;
}

/** @returns {SettingsFile} the providers of the manifest */
const defaultProviders = () => defaultOf('gearshift.providers');

/** @returns {string} the local model of the manifest, as Ollama names it */
const defaultLocalModel = () => defaultOf('gearshift.tiers.local')[0].replace(/^ollama\//, '');

/** @returns {SettingsFile} */
function readSettings() {
  try {
    return JSON.parse(fs.readFileSync(settingsFile, 'utf8'));
  } catch {
    return {}; // none yet, or with comments: then it begins again
  }
}

const settingsFile = path.join(PROFILE, 'User', 'settings.json');

/**
 * Starts a program that keeps running.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} logFile
 * @returns {Running}
 */
function launch(command, args, env, logFile) {
  const log = fs.openSync(logFile, 'w');
  const child = spawn(command, args, { env, stdio: ['ignore', log, log], detached: process.platform !== 'win32' });
  fs.closeSync(log);
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', resolve);
  });
  return { ended, stop: () => stopTree(child) };
}

/**
 * Opens desktop VS Code.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Running | undefined>} undefined where there is no display, or no VS Code to be had that starts
 */
async function openDesktop(env) {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) return undefined;
  const program = (await downloadDesktop()) ?? findCode();
  if (!program) return undefined;
  const args = ['--wait', '--new-window', `--extensionDevelopmentPath=${ROOT}`, '--user-data-dir', PROFILE];
  if (process.getuid?.() === 0) args.push('--no-sandbox'); // VS Code refuses root otherwise
  const desktop = launch(
    program,
    [...args, '--extensions-dir', EXTENSIONS, WORKSPACE],
    env,
    path.join(PROFILE, 'desktop.log'),
  );
  // one that ends at once lacks something of the system, such as a library or access to the display
  const early = await Promise.race([
    desktop.ended.then(() => true),
    new Promise((resolve) => setTimeout(() => resolve(false), 5000)),
  ]);
  if (early)
    console.log(`Desktop VS Code does not start here (see ${path.join(PROFILE, 'desktop.log')}); using the browser.`);
  return early ? undefined : desktop;
}

/** @returns {Promise<string | undefined>} the program of a VS Code in the cache; undefined if it cannot be downloaded */
async function downloadDesktop() {
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  const reporter = { report() {}, error() {} };
  const cachePath = path.join(cacheRoot(), 'vscode-desktop');
  try {
    return await step('Downloading desktop VS Code', () =>
      downloadAndUnzipVSCode({
        version: 'stable',
        cachePath,
        reporter,
        extensionDevelopmentPath: ROOT,
        timeout: 15_000,
      }),
    );
  } catch {
    console.log('Desktop VS Code cannot be downloaded here.');
    return undefined;
  }
}

/** @returns {string | undefined} the VS Code that is installed on this computer */
function findCode() {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
    // on Windows `code` is a script that needs a shell; the program is one folder up
    const [script, program] =
      process.platform === 'win32'
        ? [path.join(folder, 'code.cmd'), path.join(folder, '..', 'Code.exe')]
        : [path.join(folder, 'code')];
    if (script && fs.existsSync(script)) return program ?? script;
  }
  return undefined;
}

/**
 * Opens VS Code in the browser: code-server, with the packaged extension.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Running & { address: string }>}
 */
async function openBrowser(env) {
  const { node, codeServer, main } = await installServer();
  const vsix = path.join(PROFILE, 'gearshift.vsix');
  await step('Installing the extension', async () => {
    await run(process.execPath, [path.join(ROOT, 'test/tools/package.mjs'), '--unchecked', '--out', vsix]);
    await run(
      node,
      [main, '--install-extension', vsix, '--force', '--extensions-dir', EXTENSIONS, '--server-data-dir', PROFILE],
      { env },
    );
  });
  const port = await freePort(BROWSER_PORT);
  const config = path.join(PROFILE, 'code-server.yaml');
  fs.writeFileSync(config, '');
  const args = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--config', config, '--user-data-dir', PROFILE];
  const flags = [
    '--extensions-dir',
    EXTENSIONS,
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
  ];
  const entry = path.join(codeServer, 'out', 'node', 'entry.js');
  const server = launch(node, [entry, ...args, ...flags, WORKSPACE], env, path.join(PROFILE, 'code-server.log'));
  const address = `http://127.0.0.1:${port}/`;
  await step('Starting VS Code in the browser', () => waitFor(address, server));
  return { ...server, address };
}

/**
 * @param {string} address
 * @param {Running} server
 */
async function waitFor(address, server) {
  let ended = false;
  void server.ended.then(() => (ended = true));
  for (
    const end = Date.now() + 30_000;
    Date.now() < end && !ended;
    await new Promise((resolve) => setTimeout(resolve, 100))
  ) {
    try {
      await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(2000) });
      return;
    } catch {
      // not yet
    }
  }
  await server.stop();
  throw new Error(`code-server did not start; see ${path.join(PROFILE, 'code-server.log')}`);
}

/**
 * @param {Tier[]} demo
 * @param {string | undefined} ollama
 */
function describeModels(demo, ollama) {
  const lines = [];
  if (!demo.includes('local') && ollama) lines.push(`Local tier: Ollama at ${ollama}.`);
  if (demo.length) {
    lines.push(
      `Demo models answer these tiers: ${demo.join(', ')}. They are small programs on this computer.`,
      'Their answers were written beforehand, and the costs shown are simulated.',
    );
    if (demo.includes('local')) lines.push('For a real local tier, start Ollama (ollama.com) and run this again.');
    if (demo.length > 1 || !demo.includes('local')) {
      lines.push(
        `For real cloud tiers, set ${KEY_VARIABLE}, or enter a key and choose models in the settings of Gearshift.`,
      );
    }
  }
  return lines.join('\n');
}

await start(async () => {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void leave(0));
  fs.mkdirSync(path.dirname(settingsFile), { recursive: true });
  const { git } = makeWorkspace(WORKSPACE);
  if (!git) console.log('git was not found: the demo shows no review and no commit message.');
  await step('Building the extension', () => run(process.execPath, ['esbuild.mjs']));
  const ollama = await findOllama();
  const { settings, demo } = await prepareSettings(readSettings(), ollama);
  fs.writeFileSync(settingsFile, JSON.stringify(settings, null, 2));
  const env = cleanEnvironment({ GEARSHIFT_DEMO: demo.length ? '1' : undefined });

  const desktop = process.argv.includes('--browser') ? undefined : await openDesktop(env);
  const opened = desktop ?? (await openBrowser(env));
  cleanUp.push(() => opened.stop());
  console.log(`\n${describeModels(demo, ollama)}\n`);
  console.log(
    'address' in opened
      ? `Gearshift is ready: open ${opened.address} in your browser.`
      : 'Gearshift is open in VS Code.',
  );
  console.log('Ctrl+C ends it.');
  await leave((await opened.ended) ?? 0);
});
