/**
 * Real VS Code for the end-to-end specs: the packaged extension, installed in a VS Code server, in a headless Chromium.
 *
 *   const code = await openVSCode({ settings, files });          // once per spec file: a server and a browser
 *   after(() => code.close());
 *   test('...', code.inWindow(async (window) => { ... }));       // per test: a fresh window on a fresh workspace
 *   test('...', code.inWindow({ used: true }, async (window) => { ... })); // or that of the test before, tidied up
 *
 * Rules that keep specs steady: wait for what the user would see, never for a time; choose menu and list items by the
 * helpers below (a plain click on a menu that just opened is ignored by VS Code).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { CHROMIUM_ARGS, ensureChromium } from '../tools/chromium.mjs';
import { freePort, installExtension, startServer, windowUrl } from '../tools/vscode-server.mjs';
import type { Server } from '../tools/vscode-server.mjs';
import { MINT_BYTE, seedAgreements } from './agreements.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const RESULTS = path.join(ROOT, 'test-results');

const EXTENSION_ID = 'gearshift.gearshift';

/** Our item in the status bar; its appearance means that the extension is active. */
const METER = '#gearshift\\.gearshift\\.meter';

/** Where a page rests that shows no window. */
const BLANK = 'about:blank';

/** For the first thing a window shows; a machine whose cores others keep busy needs up to a minute to open one. */
const OPEN_TIMEOUT_MS = 120_000;

/** For everything after that. No spec is right sooner for a shorter wait; a busy machine takes up to 20 seconds. */
const STEP_TIMEOUT_MS = 45_000;

/** The themes that everything must look right in; those of 2026 are VS Code's own defaults. */
const THEMES = {
  dark: { id: 'Default Dark Modern', workbench: '.monaco-workbench.vs-dark', page: 'vscode-dark' },
  light: { id: 'Default Light Modern', workbench: '.monaco-workbench.vs', page: 'vscode-light' },
  dark2026: { id: 'Dark 2026', workbench: '.monaco-workbench.vs-dark', page: 'vscode-dark' },
  light2026: { id: 'Light 2026', workbench: '.monaco-workbench.vs', page: 'vscode-light' },
  contrast: { id: 'Default High Contrast', workbench: '.monaco-workbench.hc-black', page: 'vscode-high-contrast' },
  contrastLight: {
    id: 'Default High Contrast Light',
    workbench: '.monaco-workbench.hc-light',
    page: 'vscode-high-contrast-light',
  },
} as const;

export type Theme = keyof typeof THEMES;

/** The windows' color theme: VS Code's default. `SPEC_THEME=light2026` takes the pictures of all specs in another. */
const { id: COLOR_THEME } = themeNamed(process.env.SPEC_THEME ?? 'dark2026');

function themeNamed(name: string): (typeof THEMES)[Theme] {
  if (!(name in THEMES)) throw new Error(`SPEC_THEME is one of ${Object.keys(THEMES).join(', ')}, not ${name}`);
  return THEMES[name as Theme];
}

/** A window without pop-ups of VS Code's own. How typing works is left at VS Code's defaults. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.editor.useModal': 'off', // the settings editor in a dialog would swallow F1
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': COLOR_THEME,
  'window.autoDetectColorScheme': false,
  'chat.commandCenter.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'git.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.webWorker': false, // a second extension host, for extensions that run in the browser
  // one TypeScript server, which fetches nothing
  'typescript.tsserver.useSyntaxServer': 'never',
  'typescript.disableAutomaticTypeAcquisition': true,
  'extensions.autoCheckUpdates': false,
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  // The host of a remote window would look through all processes for open ports every two seconds, which takes more
  // processor time than the user's typing. Windows on the desktop do not.
  'remote.autoForwardPorts': false,
  'remote.autoForwardPortsSource': 'output',
  'npm.autoDetect': 'off',
  'json.schemaDownload.enable': false,
  'editor.minimap.enabled': false,
  'editor.cursorBlinking': 'solid',
  'editor.inlineSuggest.minShowDelay': 0,
};

/** What some users switch off: what is typed is what is in the file, and Tab belongs to the ghost text. */
export const QUIET_TYPING = {
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
} as const;

const CLOSE_EDITOR = 'workbench.action.revertAndCloseActiveEditor';

/** Keys of the harness itself, which are quicker than the palette. */
const KEYS = [
  { key: 'ctrl+alt+shift+j', command: 'workbench.action.openSettingsJson' },
  { key: 'ctrl+alt+shift+w', command: CLOSE_EDITOR },
  {
    key: 'ctrl+alt+shift+y',
    command: 'runCommands',
    args: { commands: ['workbench.action.closePanel', ...Array<string>(6).fill(CLOSE_EDITOR)] },
  },
];

export interface OpenOptions {
  /** User settings, over the quiet ones. */
  settings?: Record<string, unknown>;
  /**
   * What the user has agreed to send to, such as `https://a.example` or `https://a.example mid`, where windows begin; with
   * it, that the keys of the variables that providers in the settings name are sent there. Default: nothing.
   */
  consents?: readonly string[];
  /** Environment of the extension host. */
  env?: Record<string, string | undefined>;
  /** Files of the workspace, by relative path. Default: a copy of the demo workspace. */
  files?: Record<string, string>;
  /** Makes more of the workspace than files, such as a git repository, before each window. */
  prepare?: (workspace: string) => void;
  /** Keys that the specs use, and their commands, with arguments where they have any. */
  keys?: Record<string, string | { command: string; args: unknown }>;
  /** Folders of further extensions that the specs need. */
  extensions?: readonly string[];
  /** Whether workspace trust is on, so that windows open restricted. */
  trust?: boolean;
  /** Without our extension, to compare with. */
  without?: boolean;
}

/** The window of a test. */
export interface WindowOptions {
  /** Settings over those of `openVSCode`; no need to wait until the window has taken them. */
  settings?: Record<string, unknown>;
  /** What the user has agreed to, in place of what `openVSCode` says. A used window keeps what it has. */
  consents?: readonly string[];
  /**
   * The window of the test before is as good as a fresh one, and takes no three seconds to open. What the extension
   * remembers is not put back: threads of the chat, keys, the ledger.
   */
  used?: boolean;
}

/** Starts a server with the extension installed, and a browser. Close it in `after`. */
export async function openVSCode(options: OpenOptions = {}): Promise<VSCode> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-e2e-'));
  if (!options.without) await installExtension(dir, vsixToTest());
  for (const folder of options.extensions ?? []) await installExtension(dir, packageExtension(folder, dir));
  const settings = { ...QUIET_SETTINGS, ...options.settings };
  const start = async (port?: number) =>
    startServer({
      dir,
      settings,
      port: port ?? (await freePort(Number(process.env.VSCODE_PORT ?? 0))),
      ...(options.env ? { env: options.env } : {}),
      ...(options.trust ? { trust: true } : {}),
    });
  const server = await start();
  const browser = await openBrowser();
  const context = browser.contexts()[0] ?? (await browser.newContext());
  await prepareContext(context);
  const { files, prepare, keys = {} } = options;
  const keysFile = path.join(path.dirname(server.settingsFile), 'keybindings.json');
  const further = Object.entries(keys).map(([key, does]) => ({
    key,
    ...(typeof does === 'string' ? { command: does } : does),
  }));
  fs.writeFileSync(keysFile, JSON.stringify([...KEYS, ...further]));
  const { without = false } = options;
  return new VSCode({
    ...{ server, browser, context, settings, files, prepare, without },
    consents: options.consents ?? [],
    restart: () => start(server.port),
  });
}

async function prepareContext(context: BrowserContext): Promise<void> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await context.addInitScript(answerMintKey, MINT_BYTE);
}

/** The browser that all specs of a run share, else one of our own. */
async function openBrowser(): Promise<Browser> {
  const { BROWSER_URL } = process.env;
  if (BROWSER_URL) return chromium.connectOverCDP(BROWSER_URL);
  return chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_ARGS });
}

/** An extension of the specs as a package that VS Code installs. */
function packageExtension(folder: string, dir: string): string {
  const vsix = path.join(dir, `${path.basename(folder)}.vsix`);
  const vsce = path.join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  execFileSync(process.execPath, [vsce, ...args], {
    cwd: path.join(ROOT, folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return vsix;
}

/** The packaged extension; `npm test` packages it once for all specs. */
function vsixToTest(): string {
  const { GEARSHIFT_VSIX } = process.env;
  if (GEARSHIFT_VSIX) return GEARSHIFT_VSIX;
  const vsix = path.join(RESULTS, 'gearshift.vsix');
  execFileSync(process.execPath, [path.join(ROOT, 'test/tools/package.mjs'), '--unchecked', '--out', vsix], {
    stdio: 'inherit',
  });
  return vsix;
}

type Body = (window: Window) => Promise<void>;

interface Parts {
  server: Server;
  browser: Browser;
  context: BrowserContext;
  settings: Record<string, unknown>;
  consents: readonly string[];
  files: Record<string, string> | undefined;
  prepare: ((workspace: string) => void) | undefined;
  without: boolean;
  restart: () => Promise<Server>;
}

/** A running VS Code: one server, one browser, any number of windows. */
export class VSCode {
  server: Server;
  /** What the browser keeps for the first window that is open. */
  readonly context: BrowserContext;
  /** Everything of this server: user data, extensions, logs, workspace. */
  readonly dir: string;
  /** The folder that windows open. */
  readonly workspace: string;
  /** What the extension knows as `context.globalStorageUri`. */
  readonly globalStorageDir: string;
  /** Our extension is not installed. */
  readonly without: boolean;

  readonly #parts: Parts;
  #settings: Record<string, unknown>;
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.without = parts.without;
    this.server = parts.server;
    this.context = parts.context;
    this.dir = parts.server.dir;
    this.workspace = path.join(this.dir, 'workspace');
    this.globalStorageDir = path.join(this.dir, 'data', 'User', 'globalStorage', EXTENSION_ID);
    this.resetWorkspace();
  }

  /**
   * Opens a window and waits until the extension is active. It finds nothing of other ones in the browser: no secrets,
   * no layout.
   */
  async newWindow(consents = this.#parts.consents): Promise<Window> {
    const page = this.#isOpen ? await this.#pageBeside() : await this.#firstPage();
    if (consents.length > 0)
      await seedAgreements(page, this.server.base, { extension: EXTENSION_ID, consents, settings: this.#settings });
    const window = new Window(this, page);
    await window.open();
    return window;
  }

  /** A page that has shown VS Code before still knows its code, which saves half of the time that opening takes. */
  async #firstPage(): Promise<Page> {
    const page = this.context.pages().find((each) => each.url() === BLANK) ?? (await this.context.newPage());
    await this.#forget(page);
    return page;
  }

  /** In a context of its own, because the browser draws only one page of a context at full speed. */
  async #pageBeside(): Promise<Page> {
    const context = await this.#parts.browser.newContext();
    await prepareContext(context);
    return context.newPage();
  }

  get #isOpen(): boolean {
    return this.context.pages().some((page) => page.url() !== BLANK);
  }

  /** Empties what the browser keeps for the pages of the server, but not its cache of their code. */
  async #forget(page: Page): Promise<void> {
    const session = await this.context.newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin: this.server.base, storageTypes: 'all' });
    await session.detach();
  }

  /**
   * The body of a test in a window, fresh unless a used one will do: workspace and settings are put back before. After a
   * failure a screenshot and the logs are in test-results. Errors in our pages or from our extension fail the test too.
   */
  inWindow(body: Body): (test: { name: string }) => Promise<void>;
  inWindow(options: WindowOptions, body: Body): (test: { name: string }) => Promise<void>;
  inWindow(...given: [Body] | [WindowOptions, Body]): (test: { name: string }) => Promise<void> {
    const [{ settings = {}, used = false, consents }, body] = given.length === 1 ? [{}, given[0]] : given;
    const next = this.#takesUsed.push(used);
    return async ({ name }) => {
      try {
        this.#window = await this.#windowFor({ ...this.#parts.settings, ...settings }, consents);
        await body(this.#window);
        assert.deepEqual(this.#window.problems, [], 'errors in the console of the window');
        // At once, so that nothing of this window reaches the servers when they were reset for the next test.
        if (this.#takesUsed[next]) return await this.#window.tidy();
        await this.#window.close();
        this.#window = undefined;
      } catch (error) {
        await this.saveFailure(name, this.#window);
        await this.#window?.close({ forGood: true });
        this.#window = undefined;
        throw error;
      }
    };
  }

  /** Of each test, in their order, whether it takes the window of the one before. */
  readonly #takesUsed: boolean[] = [];
  /** The window that the last test left for the next one. */
  #window: Window | undefined;

  async #windowFor(settings: Record<string, unknown>, consents?: readonly string[]): Promise<Window> {
    this.resetWorkspace();
    if (this.#window) {
      await this.#window.setSettings(settings);
      return this.#window;
    }
    this.writeSettings(settings);
    return this.newWindow(consents);
  }

  /** The user settings: those that `openVSCode` was given, with what the current test changed. */
  get settings(): Record<string, unknown> {
    return this.#settings;
  }

  /** Writes the user settings for windows that open from now on. For an open window see `Window.setSetting`. */
  writeSettings(settings: Record<string, unknown>): void {
    this.remember(settings);
    // By renaming: a window that reads a half written file finds settings gone, and asks for a reload.
    const file = `${this.server.settingsFile}.next`;
    fs.writeFileSync(file, JSON.stringify(settings));
    fs.renameSync(file, this.server.settingsFile);
  }

  /** The user settings are these from now on: an open window saved them. */
  remember(settings: Record<string, unknown>): void {
    this.#settings = settings;
  }

  /** Puts the files of the workspace back and forgets unsaved changes of earlier windows. */
  resetWorkspace(): void {
    fs.rmSync(path.join(this.dir, 'data', 'User', 'Backups'), { recursive: true, force: true, maxRetries: 5 });
    fs.mkdirSync(this.workspace, { recursive: true });
    for (const entry of fs.readdirSync(this.workspace)) {
      fs.rmSync(path.join(this.workspace, entry), { recursive: true, force: true, maxRetries: 5 });
    }
    const { files } = this.#parts;
    if (!files) fs.cpSync(path.join(ROOT, 'test/fixtures/demo-workspace'), this.workspace, { recursive: true });
    for (const [name, text] of Object.entries(files ?? {})) {
      const file = path.join(this.workspace, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    this.#parts.prepare?.(this.workspace);
  }

  /** A file of the workspace as it is saved; undefined if there is none. */
  onDisk(file: string): string | undefined {
    const full = path.join(this.workspace, file);
    return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : undefined;
  }

  /** Waits until a file of the workspace is saved so, or is gone. */
  async savedAs(file: string, text: string | undefined): Promise<void> {
    const end = Date.now() + STEP_TIMEOUT_MS;
    while (Date.now() < end && this.onDisk(file) !== text) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(this.onDisk(file), text);
  }

  /** Stops the server and starts it again on the same port and folder. Open windows lose their connection. */
  async restartServer(): Promise<void> {
    await this.server.stop();
    this.server = await this.#parts.restart();
  }

  /** What our extension wrote to its output channels, in all windows. */
  logs(): string {
    const folder = path.join(this.dir, 'data', 'logs');
    if (!fs.existsSync(folder)) return '';
    const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => file.endsWith('.log') && file.includes(EXTENSION_ID))
      .map((file) => fs.readFileSync(path.join(folder, file), 'utf8'))
      .join('\n');
  }

  /** Saves what helps to understand a failure, as `test-results/<test>.png` and `.log`. */
  async saveFailure(name: string, window?: Window): Promise<void> {
    fs.mkdirSync(RESULTS, { recursive: true });
    const file = path.join(RESULTS, name.replace(/[^\w-]+/g, '-').slice(0, 80));
    const parts = {
      'Console of the window': window?.console.slice(-100).join('\n'),
      'Output of the extension': this.logs().slice(-8000),
      'Log of the server': this.server.logTail(),
    };
    const text = Object.entries(parts).map(([title, body]) => `== ${title}\n${body ?? ''}\n`);
    fs.writeFileSync(`${file}.log`, text.join('\n'));
    await window?.page.screenshot({ path: `${file}.png` }).catch(() => {}); // the page may be gone
  }

  /** Ends browser and server and removes their folder. */
  async close(): Promise<void> {
    await this.#window?.close();
    await this.#parts.browser.close();
    await this.server.stop();
    fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** One VS Code window, with the gestures of its user. */
export class Window {
  readonly code: VSCode;
  readonly page: Page;
  /** Everything the console of the page said, for failures. */
  readonly console: string[] = [];
  /** Errors of our webviews and of our extension. */
  readonly problems: string[] = [];
  /** What the console may say because the test itself causes it. */
  expected: RegExp | undefined;

  constructor(code: VSCode, page: Page) {
    this.code = code;
    this.page = page;
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    page.on('dialog', (dialog) => void dialog.accept().catch(() => {})); // "leave page?" when closing with unsaved files
    page.on('console', (message) => {
      const { url } = message.location();
      this.console.push(`[${message.type()}] ${message.text()} (${url})`);
      const isExpected = LEAVING.test(message.text()) || this.expected?.test(message.text());
      if (message.type() === 'error' && isOurs(message.text() + url) && !isExpected)
        this.problems.push(message.text().slice(0, 1000));
    });
    page.on('pageerror', (error) => {
      this.console.push(`[uncaught] ${error.stack ?? error.message}`);
      if (isOurs(error.stack ?? '')) this.problems.push(error.message.slice(0, 1000));
    });
  }

  /** Loads the window and waits for the extension. Called by `newWindow`. */
  async open(): Promise<void> {
    await this.page.setViewportSize({ width: 1400, height: 900 });
    await this.page.emulateMedia({ reducedMotion: 'reduce' });
    await this.page.goto(windowUrl(this.code.server, this.code.workspace));
    await this.#ready();
  }

  async #ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: OPEN_TIMEOUT_MS });
    const item = this.code.without ? this.page.locator('.statusbar-item').first() : this.statusBarItem();
    await item.waitFor({ timeout: OPEN_TIMEOUT_MS });
  }

  /** Reloads the window, as "Developer: Reload Window" does. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  /** Closes the window so that its extension host ends too. With `forGood`, no later window has its page. */
  async close({ forGood = false } = {}): Promise<void> {
    this.page.removeAllListeners();
    await this.page.goto(BLANK).catch(() => {}); // lets the workbench say goodbye to the server
    const context = this.page.context();
    if (context !== this.code.context) await context.close();
    else if (forGood) await this.page.close();
  }

  /** Runs a command by its title in the palette, such as "Gearshift: Show Money Meter". */
  async command(title: string): Promise<void> {
    await this.#quickInput('F1', `>${title}`, title);
  }

  /** Changes a user setting; `undefined` removes it. */
  async setSetting(key: string, value: unknown): Promise<void> {
    await this.setSettings({ ...this.code.settings, [key]: value });
  }

  /**
   * Gives the user settings these values and no others, by editing settings.json in the window, as a user would. The web
   * workbench takes no notice of changes to the file on disk.
   */
  async setSettings(settings: Record<string, unknown>): Promise<void> {
    const text = JSON.stringify(settings);
    const saved = (): boolean => isDeepStrictEqual(readJson(this.code.server.settingsFile), JSON.parse(text));
    if (saved()) return;
    const editor = this.page.locator('.monaco-editor.focused[data-uri$="/User/settings.json"]');
    // A page that is still taking the focus loses the key: then once more.
    for (const end = Date.now() + STEP_TIMEOUT_MS; !(await editor.isVisible());) {
      await this.press('Control+Alt+Shift+J');
      await editor.waitFor({ timeout: 4_000 }).catch((error: unknown) => {
        if (Date.now() > end) throw error;
      });
    }
    // In one step: VS Code saves by itself, and settings that are gone for a moment make it ask for a reload.
    await this.press('ControlOrMeta+a');
    const kept = await this.#exchangeClipboard(text);
    await this.press('ControlOrMeta+v');
    for (const end = Date.now() + STEP_TIMEOUT_MS; !saved();) {
      await this.press('ControlOrMeta+s');
      for (let waited = 0; waited < 1_000 && !saved(); waited += 20) await this.page.waitForTimeout(20);
      if (Date.now() > end) throw new Error(`settings.json was not saved:\n${await editor.innerText()}`);
    }
    await this.#exchangeClipboard(kept);
    this.code.remember(settings);
    await this.press('Control+Alt+Shift+W');
    await editor.waitFor({ state: 'hidden' });
  }

  /** Long text is pasted: typed letter by letter it takes a second for a thousand. Returns what was on the clipboard. */
  async #exchangeClipboard(text: string): Promise<string> {
    return this.page.evaluate(async (next) => {
      const old = await navigator.clipboard.readText().catch(() => '');
      await navigator.clipboard.writeText(next);
      return old;
    }, text);
  }

  /** Closes what a test left open: menus, notifications, the panel, editors without saving; the chat is a new one. */
  async tidy(): Promise<void> {
    this.expected = undefined;
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('Escape');
    const tabs = this.page.locator('.editor-group-container .tab');
    for (const end = Date.now() + STEP_TIMEOUT_MS; (await tabs.count()) > 0;) {
      if (Date.now() > end) throw new Error('editors of the test before stay open');
      await this.press('Control+Alt+Shift+Y');
      await tabs
        .first()
        .waitFor({ state: 'hidden', timeout: 2_000 })
        .catch(() => undefined);
    }
    const notifications = this.notification('');
    if ((await notifications.count()) > 0) {
      await this.command('Notifications: Clear All Notifications');
      await notifications.first().waitFor({ state: 'hidden' });
    }
    for (const frame of this.page.frames().filter((candidate) => isWebview(candidate.url()))) {
      const composer = frame.locator('.composer textarea');
      if ((await composer.count()) === 0) continue;
      await composer.fill('');
      if ((await frame.locator('.empty').count()) > 0) continue;
      await this.command('Gearshift: New Chat');
      await frame.locator('.empty').waitFor();
    }
  }

  /** Opens a file of the workspace by its name, in the editor that VS Code has for it. */
  async quickOpen(name: string): Promise<void> {
    await this.#quickInput('ControlOrMeta+p', name, path.posix.basename(name));
  }

  /** The same for text; returns its editor. */
  async openFile(name: string): Promise<Locator> {
    await this.quickOpen(name);
    const editor = this.editor(name);
    await editor.waitFor();
    return editor;
  }

  async #quickInput(key: string, text: string, row: string): Promise<void> {
    // A view that is still taking the focus closes the palette again: then once more.
    for (let tries = 4; ; tries--) {
      try {
        await this.#fillQuickInput(key, text, row, tries > 2 ? 4_000 : STEP_TIMEOUT_MS);
        break;
      } catch (error) {
        if (tries === 1) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
    await this.page.keyboard.press('Enter');
  }

  async #fillQuickInput(key: string, text: string, row: string, timeout: number): Promise<void> {
    await this.page.keyboard.press(key);
    const input = this.quickInput();
    await input.waitFor({ timeout });
    await input.fill(text, { timeout });
    // Enter before the list has caught up would take another row; the palette may think that others fit better
    const rows = this.page.locator('.quick-input-list .monaco-list-row', { hasText: row });
    await rows.first().waitFor({ timeout });
    const focused = rows.and(this.page.locator('.focused')).first();
    for (let down = 0; down < 5 && !(await focused.isVisible()); down++) {
      if (down > 0) await this.page.keyboard.press('ArrowDown');
      await focused.waitFor({ timeout: 300 }).catch(() => undefined);
    }
    await focused.waitFor({ timeout });
  }

  /** The input of the palette, a quick pick or an input box. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  /** Chooses the row of an open quick pick that shows `text`. */
  async pick(text: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).first();
    // A list that opens while the box before it closes empties the input: then the text is typed again.
    let isThere = false;
    for (const timeout of [3_000, 6_000, STEP_TIMEOUT_MS]) {
      await this.quickInput().fill(text);
      isThere = await row.waitFor({ timeout }).then(
        () => true,
        () => false,
      );
      if (isThere) break;
    }
    assert.ok(isThere, `no row of the list shows "${text}"`);
    await this.page.keyboard.press('Enter');
  }

  /** Answers an open input box; `prompt` is part of what it asks, to be sure that it is the right one. */
  async answer(prompt: string | RegExp, text: string): Promise<void> {
    await this.page.locator('.quick-input-widget:visible', { hasText: prompt }).waitFor();
    await this.quickInput().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** The editor of a file of the workspace. */
  editor(name: string): Locator {
    return this.page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"]`).first();
  }

  /** The text that an editor shows (long files: the visible part). */
  async editorText(name: string): Promise<string> {
    const lines = this.editor(name).locator('.view-line');
    // Comments between the lines have editors of their own.
    const placed = await lines.evaluateAll((nodes) =>
      nodes
        .filter((node) => !node.closest('.review-widget'))
        .map((node) => ({ top: (node as HTMLElement).offsetTop, text: node.textContent ?? '' })),
    );
    placed.sort((a, b) => a.top - b.top);
    return placed.map(({ text }) => text.replaceAll('\u00a0', ' ')).join('\n');
  }

  /** Puts the cursor of the active editor at a place, counted from 1. Column 999 is the end of a line. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.#quickInput('Control+g', `:${line}:${column}`, 'Go to line');
    await this.quickInput().waitFor({ state: 'hidden' });
  }

  /** Selects whole lines of the active editor, counted from 1. */
  async selectLines(from: number, to: number): Promise<void> {
    await this.goTo(from);
    for (let line = from; line < to; line++) await this.page.keyboard.press('Shift+ArrowDown');
    await this.page.keyboard.press('Shift+End');
  }

  /** Types into whatever has the focus. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 15 });
  }

  /** Presses a key or a combination, such as `Tab` or `ControlOrMeta+Enter`. */
  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** Waits for ghost text and returns it, all lines. */
  async ghostText(): Promise<string> {
    await this.page.locator(GHOST_TEXT).first().waitFor();
    return this.page.evaluate(readGhostText);
  }

  /** Accepts the ghost text by Tab; a list of suggestions that is open beside it would take the key. */
  async acceptGhostText(): Promise<void> {
    await this.closeSuggestWidget();
    await this.page.locator(GHOST_TEXT).first().waitFor();
    await this.press('Tab');
  }

  /** Closes VS Code's own list of suggestions, if it is open. */
  async closeSuggestWidget(): Promise<void> {
    const widget = this.page.locator('.suggest-widget.visible');
    if (await widget.count()) {
      await this.press('Escape');
      await widget.waitFor({ state: 'hidden' });
    }
  }

  /** Waits until no ghost text is shown. */
  async noGhostText(): Promise<void> {
    await this.page.locator(GHOST_TEXT).first().waitFor({ state: 'hidden' });
  }

  /** Opens the context menu at the selection of the active editor and chooses an item, through its submenus. */
  async contextMenu(editor: Locator, ...items: readonly string[]): Promise<void> {
    await editor.locator('.inputarea, .native-edit-context').first().focus();
    await this.page.keyboard.press('Shift+F10'); // a right click might move the cursor
    for (const item of items) await this.menuItem(item);
  }

  /** Chooses an item of an open menu: opens its menu, or runs its command. */
  async menuItem(text: string): Promise<void> {
    // The last one: an item with an open submenu contains the items of that too.
    const item = this.page.locator('.monaco-menu .action-item', { hasText: text }).last();
    const opens = (await item.locator('.submenu-indicator').count()) > 0;
    // A submenu that opens late takes the place of one that is open already, and the choice with it: then once more.
    for (let tries = 5; ; tries--) {
      await this.#pointAt(item, text);
      await this.page.keyboard.press('Enter');
      if (opens) return;
      const isClosed = await item.waitFor({ state: 'hidden', timeout: 2_000 }).then(
        () => true,
        () => false,
      );
      if (isClosed) return;
      if (tries === 1) throw new Error(`the menu item "${text}" stays open`);
    }
  }

  /**
   * Menus ignore the mouse button for their first moments: point at the item, then press Enter. A menu that is still
   * moving into place may miss the mouse too, so point again, elsewhere on the item, until it notices.
   */
  async #pointAt(item: Locator, text: string): Promise<void> {
    const focused = item.and(this.page.locator('.focused'));
    for (let x = 10; ; x += 5) {
      await item.hover({ position: { x, y: 8 } });
      const seen = await focused.waitFor({ timeout: 500 }).then(
        () => true,
        () => false,
      );
      if (seen) return;
      if (x > 100) throw new Error(`the menu item "${text}" does not take the focus`);
    }
  }

  /** Opens the list of the light bulb at the cursor and chooses a row, all by keys. */
  async lightBulb(title: string): Promise<void> {
    const rows = this.page.locator('.action-widget .monaco-list-row', { hasText: title });
    const focused = this.page.locator('.action-widget .monaco-list-row.focused', { hasText: title });
    // The list closes when the editor takes the focus back late, or other problems are told: then once more.
    for (let tries = 5; ; tries--) {
      await this.press('ControlOrMeta+.');
      try {
        await rows.waitFor({ timeout: 6_000 });
        for (let down = 0; down < 20 && (await focused.count()) === 0; down++) await this.press('ArrowDown');
        await focused.waitFor({ timeout: 1_000 });
        break;
      } catch (error) {
        if (tries === 1) throw error;
        // Without an open list Escape would take the selection away.
        if (await this.page.locator('.action-widget .monaco-list-row').count()) await this.press('Escape');
      }
    }
    await this.press('Enter');
    await rows.waitFor({ state: 'hidden' });
  }

  /** The money meter in the status bar. Its text by `innerText()`; icons are empty there. */
  statusBarItem(): Locator {
    return this.page.locator(METER);
  }

  /** Rests the mouse on the money meter and returns the hover that appears. */
  async hoverMeter(): Promise<Locator> {
    await this.page.mouse.move(700, 300); // leave it first, if it was there
    const hover = this.page.locator('.workbench-hover:visible').last();
    await hover.waitFor({ state: 'hidden' }); // that of the button clicked last
    // A meter that changes under the mouse takes its hover away: then once more.
    for (let tries = 3; ; tries--) {
      await this.statusBarItem().hover();
      try {
        await hover.waitFor({ timeout: tries > 1 ? 5_000 : STEP_TIMEOUT_MS });
        return hover;
      } catch (error) {
        if (tries === 1) throw error;
        await this.page.mouse.move(700, 300);
      }
    }
  }

  /** The notification with this text. Its buttons: `.getByRole('button', { name })`. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /** The open dialog of VS Code. Its buttons: `.getByRole('button', { name })`. */
  dialog(text: string | RegExp = ''): Locator {
    return this.page.locator('.monaco-dialog-box', { hasText: text });
  }

  /** The frame of the webview that contains an element; webviews are two frames deep. */
  async webview(selector: string): Promise<Frame> {
    const end = Date.now() + STEP_TIMEOUT_MS;
    while (Date.now() < end) {
      for (const frame of this.page.frames().filter((candidate) => isWebview(candidate.url()))) {
        const found = await frame
          .locator(selector)
          .count()
          .catch(() => 0); // the frame went away
        if (found) return frame;
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error(`no webview contains ${selector}`);
  }

  /** Saves a picture of the window, in a theme if one is named. UPDATE_SCREENSHOTS=1 replaces those that the README shows. */
  async screenshot(name: string, theme?: Theme): Promise<void> {
    if (theme) await this.setTheme(theme);
    const folder = path.join(RESULTS, 'screenshots');
    const file = `${theme ? `${name}-${theme}` : name}.png`;
    fs.mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, file), animations: 'disabled' });
    const ofReadme = path.join(ROOT, 'media/screenshots', file);
    if (process.env.UPDATE_SCREENSHOTS && fs.existsSync(ofReadme)) fs.copyFileSync(path.join(folder, file), ofReadme);
  }

  /** Switches the color theme and waits until window and webviews have it. */
  async setTheme(theme: Theme): Promise<void> {
    const { id, workbench, page } = THEMES[theme];
    await this.setSetting('workbench.colorTheme', id);
    await this.page.locator(workbench).waitFor();
    for (const frame of this.page.frames().filter((candidate) => isWebview(candidate.url()))) {
      await frame.locator(`body.${page}`).waitFor({ state: 'attached' });
    }
  }
}

/** Ghost text of each kind that VS Code draws, as a selector. */
export const GHOST_TEXT =
  '.ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text .view-line, .suggest-preview-text .view-line';

/** Runs in the page: the ghost text on the cursor's line is in spans, one per color; further lines are in a zone below. */
function readGhostText(): string {
  const text = (node: Element) => (node.textContent ?? '').replaceAll('\u00a0', ' ');
  const first = [...document.querySelectorAll('.ghost-text-decoration, .ghost-text-decoration-preview')]
    .map(text)
    .join('');
  const more = [...document.querySelectorAll('.suggest-preview-text .view-line, .ghost-text .view-line')].map(text);
  return [first, ...more].join('\n');
}

/** Whether an address is that of a webview's content. */
function isWebview(url: string): boolean {
  return /\/fake\.html|\.vscode-resource\./.test(url);
}

/** What the browser says of its own when a page with unsaved files is left: the workbench and each webview would ask. */
const LEAVING = /^Blocked attempt to show multiple 'beforeunload'/;

/** Whether a line of the console, with its origin, is about our extension or from inside a webview. */
function isOurs(line: string): boolean {
  return line.includes(EXTENSION_ID) || isWebview(line);
}

/** A JSON file as it is at this moment; undefined while it is being written. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Runs in the page. Secrets are encrypted with a key half from the server; that route exists only in code-server's own
 * front end. Playwright's routes would do as well, but switch the browser's cache off for all requests.
 */
function answerMintKey(mintByte: number): void {
  const real = globalThis.fetch;
  globalThis.fetch = (...[input, init]) => {
    const url = input instanceof Request ? input.url : String(input);
    return url.endsWith('/mint-key')
      ? Promise.resolve(new Response(new Uint8Array(32).fill(mintByte)))
      : real.call(globalThis, input, init);
  };
}
