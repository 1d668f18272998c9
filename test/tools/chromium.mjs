/** Finds a Chromium to drive, or installs one: from the system, by apt, or by Playwright's own installer. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { cacheRoot, isMain, ROOT, run, step } from './bootstrap.mjs';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
];

const MAC_APPS = [
  'Chromium.app/Contents/MacOS/Chromium',
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const WINDOWS_APPS = [
  'Google/Chrome/Application/chrome.exe',
  'Chromium/Application/chrome.exe',
  'Microsoft/Edge/Application/msedge.exe',
];

/** Options that every launch uses: quiet, and able to run as root in a container. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The path of a Chromium that starts. Installs one if there is none; `CHROMIUM` in the environment is taken as it is.
 * @returns {Promise<string>}
 */
export async function ensureChromium() {
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return CHROMIUM;
  return findChromium() ?? (await installWithApt()) ?? (await installWithPlaywright());
}

/** @returns {string | undefined} */
function findChromium() {
  return candidates().find(starts);
}

/** @returns {string[]} */
function candidates() {
  if (process.platform === 'win32') {
    const { PROGRAMFILES, LOCALAPPDATA } = process.env;
    const folders = [PROGRAMFILES, process.env['PROGRAMFILES(X86)'], LOCALAPPDATA].filter(
      (folder) => folder !== undefined,
    );
    return folders.flatMap((folder) => WINDOWS_APPS.map((app) => path.join(folder, app)));
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return process.platform === 'darwin'
    ? [...MAC_APPS.map((app) => path.join('/Applications', app)), ...onPath]
    : onPath;
}

/**
 * A file of the right name is not enough: Ubuntu's `chromium-browser` may be a note to install a snap, and a browser may
 * lack its libraries.
 * @param {string} file
 */
function starts(file) {
  if (!fs.existsSync(file)) return false;
  if (process.platform === 'win32') return true; // `--version` opens a window there
  try {
    return /\d+\.\d+/.test(
      execFileSync(file, ['--version'], { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return false;
  }
}

/** @returns {Promise<string | undefined>} undefined where apt is not at hand or has no Chromium that starts */
async function installWithApt() {
  const isRoot = process.getuid?.() === 0;
  if (process.platform !== 'linux' || !isRoot || !fs.existsSync('/usr/bin/apt-get')) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await step('Installing Chromium with apt', async () => {
      await run('apt-get', ['update'], { env });
      await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], { env });
    });
  } catch (error) {
    console.log(`apt could not install Chromium: ${error instanceof Error ? error.message.split('\n').at(-1) : error}`);
  }
  return findChromium();
}

/** @returns {Promise<string>} */
async function installWithPlaywright() {
  process.env.PLAYWRIGHT_BROWSERS_PATH ??= path.join(cacheRoot(), 'playwright');
  const { chromium } = await import('playwright-core');
  const file = chromium.executablePath();
  if (!starts(file)) {
    await step("Installing Chromium with Playwright's installer", () =>
      run(process.execPath, [
        path.join(ROOT, 'node_modules/playwright-core/cli.js'),
        'install',
        'chromium',
        '--no-shell',
      ]),
    );
  }
  if (starts(file)) return file;
  throw new Error(
    'Chromium was installed but does not start; it may lack system libraries. ' +
      'Install Chromium or Google Chrome from your system, or run: npx playwright-core install-deps chromium',
  );
}

if (isMain(import.meta.url)) console.log(await ensureChromium());
