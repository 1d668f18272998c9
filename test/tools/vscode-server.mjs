/**
 * Real VS Code without a desktop: the server and web workbench inside the npm package code-server, started directly.
 * Installed into the cache, not into the checkout: it is 12 000 files that no tool of Gearshift should walk.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { cacheRoot, installNode, installOnce, isMain, npm, NPM_INSTALL, run, step, stopTree } from './bootstrap.mjs';

/** code-server's version; the VS Code inside is 1.139.1. */
const VERSION = '4.139.1';

/** Part of the folder's name in the cache; to be raised when the steps of `install` change. */
const LAYOUT = 2;

/**
 * Big parts that no window needs without a sign-in: left out of the installation.
 * Paths in node_modules of the VS Code server.
 */
const LEFT_OUT = ['@github/copilot', '@github/copilot-sdk', '@vscode/sqlite3', 'kerberos', 'ssh2', 'cpu-features'];

/** @typedef {import('./vscode-server.d.mts').Installation} Installation */
/** @typedef {import('./vscode-server.d.mts').Server} Server */

/**
 * Installs the VS Code server if the cache does not hold it.
 * @returns {Promise<Installation>}
 */
export async function installServer() {
  const folder = path.join(cacheRoot(), `code-server-${VERSION}-${LAYOUT}`);
  const node = await serverNode();
  await installOnce(folder, (draft) => step(`Installing the VS Code server ${VERSION}`, () => install(draft)));
  const strict = `${folder}-strict`;
  const isStrict = process.env.GEARSHIFT_STRICT_API === '1';
  if (isStrict) {
    const { makeStrict } = await import('./strict-server.mjs');
    await installOnce(strict, async (draft) => {
      fs.rmSync(draft, { recursive: true });
      makeStrict(folder, draft);
    });
  }
  const codeServer = path.join(isStrict ? strict : folder, 'node_modules', 'code-server');
  return { node, codeServer, main: path.join(codeServer, 'lib', 'vscode', 'out', 'server-main.js') };
}

/** The server is made for Node 24 and was seen to run on 22; others are not tried. */
async function serverNode() {
  return /^2[24]\./.test(process.versions.node) ? process.execPath : installNode();
}

/** @param {string} folder */
async function install(folder) {
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  await npm([...NPM_INSTALL, `code-server@${VERSION}`], { cwd: folder });
  // code-server installs the following two by a script of its own; scripts are off here. Not `npm ci`: the lock files
  // shipped in the package are out of step with its package.json.
  const vscode = path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  dropDependencies(path.join(vscode, 'package.json'), LEFT_OUT);
  await Promise.all([
    npm([...NPM_INSTALL, '--omit=dev'], { cwd: vscode }),
    npm([...NPM_INSTALL, '--omit=dev'], { cwd: path.join(vscode, 'extensions') }),
  ]);
  // Two modules would have been compiled by their scripts: the logger gets a stand-in, the watchdog (which ends
  // an extension host whose server is gone) has no work here, as servers are stopped with all their processes.
  const modules = path.join(vscode, 'node_modules', '@vscode');
  fs.copyFileSync(path.join(import.meta.dirname, 'spdlog-stub.cjs'), path.join(modules, 'spdlog', 'index.js'));
  fs.writeFileSync(path.join(modules, 'native-watchdog', 'index.js'), 'exports.start = () => {};\n');
}

/**
 * @param {string} packageFile
 * @param {string[]} names
 */
function dropDependencies(packageFile, names) {
  const manifest = JSON.parse(fs.readFileSync(packageFile, 'utf8'));
  for (const kind of ['dependencies', 'optionalDependencies']) {
    for (const name of names) delete manifest[kind]?.[name];
  }
  fs.writeFileSync(packageFile, JSON.stringify(manifest, null, 2));
}

/**
 * An environment for VS Code: ours without what a surrounding VS Code or code-server put into it.
 * @param {Record<string, string | undefined>} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(extra = {}) {
  const env = { ...process.env };
  for (const key of Object.keys(env)) {
    if (/^(VSCODE_|CODE_SERVER_PARENT_PID$|ELECTRON_RUN_AS_NODE$|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/.test(key))
      delete env[key];
  }
  return { ...env, ...extra };
}

/**
 * @param {number} [wish]
 * @returns {Promise<number>} a port that is free now: the wished one, else any
 */
export function freePort(wish = 0) {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', (error) => (wish ? resolve(freePort()) : reject(error)));
    probe.listen(wish, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

/** @param {string} dir */
const commonArgs = (dir) => [
  '--server-data-dir',
  dir,
  '--extensions-dir',
  path.join(dir, 'extensions'),
  '--accept-server-license-terms',
];

/**
 * Installs an extension from its VSIX into the server folder `dir`.
 * @param {string} dir
 * @param {string} vsix
 */
export async function installExtension(dir, vsix) {
  const { node, main } = await installServer();
  await run(node, [main, '--install-extension', vsix, ...commonArgs(dir)], { env: cleanEnvironment() });
}

/**
 * Starts a server whose whole state (user data, extensions, logs) is in `dir`.
 * @param {import('./vscode-server.d.mts').ServerOptions} options
 * @returns {Promise<Server>}
 */
export async function startServer({ dir, port, env = {}, args = [], settings = {}, trust = false, driver = false }) {
  const { node, main } = await installServer();
  port ??= await freePort();
  const settingsFile = path.join(dir, 'data', 'User', 'settings.json');
  fs.mkdirSync(path.dirname(settingsFile), { recursive: true });
  fs.writeFileSync(settingsFile, JSON.stringify(settings, null, 2));
  const log = path.join(dir, 'server.log');
  const out = fs.openSync(log, 'a');
  const flags = [
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--disable-telemetry'],
    ...(trust ? [] : ['--disable-workspace-trust']),
    ...(driver ? ['--enable-smoke-test-driver'] : []),
  ];
  const child = spawn(node, [main, ...commonArgs(dir), ...flags, ...args], {
    env: cleanEnvironment(env),
    stdio: ['ignore', out, out],
    detached: process.platform !== 'win32', // its own process group, to stop it with all it starts
    windowsHide: true,
  });
  fs.closeSync(out);
  const logTail = () => fs.readFileSync(log, 'utf8').slice(-4000);
  const base = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 30_000; !(await answers(`${base}/version`)); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > end) {
      await stopTree(child);
      throw new Error(`The VS Code server did not start:\n${logTail()}`);
    }
  }
  return { base, port, dir, settingsFile, logTail, stop: () => stopTree(child) };
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The path of a local file as the workbench's addresses want it.
 * @param {string} file
 */
const urlPath = (file) => (process.platform === 'win32' ? `/${file.replaceAll('\\', '/')}` : file);

/**
 * The URI by which a window of this server names a local file.
 * @param {Server} server
 * @param {string} file
 */
export function remoteUri(server, file) {
  return `vscode-remote://127.0.0.1:${server.port}${encodeURI(urlPath(file))}`;
}

/**
 * The address of a window on `folder`.
 * @param {Server} server
 * @param {string} folder
 * @param {Record<string, string>} [payload] switches of the workbench
 */
export function windowUrl(server, folder, payload = {}) {
  const url = new URL(server.base);
  url.searchParams.set('folder', urlPath(folder));
  url.searchParams.set('payload', JSON.stringify(Object.entries({ skipWelcome: 'true', ...payload })));
  return url.href;
}

if (isMain(import.meta.url)) console.log(await installServer());
