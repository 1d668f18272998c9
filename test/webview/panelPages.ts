import * as esbuild from 'esbuild';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { CHROMIUM_ARGS, ensureChromium } from '../tools/chromium.mjs';

/** Serves a page of `src/webview` as the host's webview does, and opens it in a browser. */

const ROOT = path.resolve(import.meta.dirname, '../..');
const TYPES: Record<string, string> = { '.css': 'text/css', '.js': 'text/javascript', '.ttf': 'font/ttf' };
const NONCE = 'test-nonce';
const POLICY = [
  `default-src 'none'`,
  `script-src 'nonce-${NONCE}'`,
  `style-src 'self'`,
  `font-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  // As the webview's frame is: without forms.
  'sandbox allow-scripts allow-same-origin',
].join('; ');

export type Theme = 'dark' | 'light' | 'hc';
export const THEMES: readonly Theme[] = ['dark', 'light', 'hc'];

interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array;
}

async function bundle(name: string): Promise<Map<string, Asset>> {
  const built = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ['main.tsx', 'main.css'].map((file) => ({ in: `src/webview/${name}/${file}`, out: name })),
    outdir: '/',
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.ttf': 'copy' },
    assetNames: '[name]',
    logLevel: 'silent',
  });
  const assets = new Map<string, Asset>([
    ['/', { type: 'text/html', body: html(name) }],
    ['/stub.js', { type: 'text/javascript', body: STUB }],
  ]);
  for (const theme of THEMES) assets.set(`/${theme}.css`, { type: 'text/css', body: themeCss(theme) });
  for (const file of built.outputFiles) {
    assets.set(`/${path.basename(file.path)}`, {
      type: TYPES[path.extname(file.path)] ?? 'text/plain',
      body: file.contents,
    });
  }
  return assets;
}

const html = (name: string): string => `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link id="theme" rel="stylesheet" href="dark.css">
  <link rel="stylesheet" href="${name}.css">
  <title>${name}</title>
</head>
<body>
  <div id="root"></div>
  <script nonce="${NONCE}" src="stub.js"></script>
  <script nonce="${NONCE}" src="${name}.js"></script>
</body>
</html>`;

const STUB = `
window.posted = [];
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.sample));
window.acquireVsCodeApi = () => ({
  postMessage: (message) => posted.push(structuredClone(message)),
  getState: () => window.kept,
  setState: (state) => { window.kept = state; },
});`;

interface Stubbed {
  posted: unknown[];
  violations: string[];
}

/** Texts that would do something if they were ever taken for more than text. */
export const HOSTILE = [
  '<img src=x onerror="window.pwned=1">',
  '<script>window.pwned=1</script>',
  '"><svg onload=window.pwned=1>',
  '</script><iframe srcdoc="<script>parent.pwned=1</script>">',
  '[click](command:workbench.action.terminal.new) <a href="javascript:window.pwned=1">x</a>',
  '${window.pwned=1}{{constructor.constructor("window.pwned=1")()}}',
  '<style>*{display:none}</style><base href="http://127.0.0.1:1/">',
];

/** One page, with the host's end of its channel. */
export class HostedPage {
  readonly page: Page;
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  async send(message: unknown): Promise<void> {
    await this.page.evaluate((data) => window.postMessage(data, '*'), message);
    // The page draws text of answers at most 30 times a second.
    if ((message as { kind?: unknown }).kind === 'delta') await this.page.waitForTimeout(40);
    await this.#drawn();
  }

  /** What the page posted since the last time this was asked. */
  async posted(): Promise<unknown[]> {
    await this.#drawn();
    return this.page.evaluate(() => (window as unknown as Stubbed).posted.splice(0));
  }

  /** Two frames: a message or an effect is a task of its own, and what it changes is drawn after it. */
  async #drawn(): Promise<void> {
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined)))),
    );
  }

  async violations(): Promise<string[]> {
    return this.page.evaluate(() => (window as unknown as Stubbed).violations);
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.page.evaluate(async (name) => {
      const link = document.createElement('link');
      const loaded = new Promise((done) => link.addEventListener('load', done, { once: true }));
      link.id = 'theme';
      link.rel = 'stylesheet';
      link.href = `${name}.css`;
      document.getElementById('theme')?.replaceWith(link);
      document.body.className = `vscode-${name === 'hc' ? 'high-contrast' : name}`;
      await loaded;
    }, theme);
  }

  /** The rules of axe-core that the page breaks, with the elements that break them. */
  async axe(): Promise<string[]> {
    const source = fs.readFileSync(path.join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
    if (!(await this.page.evaluate(() => 'axe' in window))) await this.page.evaluate(source);
    return this.page.evaluate(async () => {
      interface Found {
        violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
      }
      const { axe } = window as unknown as { axe: { run(): Promise<Found> } };
      const { violations } = await axe.run();
      return violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`),
      );
    });
  }

  /** Whether a text of `HOSTILE` did anything, and the elements that our pages never make. */
  async harm(): Promise<{ ran: boolean; elements: string[] }> {
    return this.page.evaluate(() => ({
      ran: 'pwned' in window,
      elements: [
        ...document.querySelectorAll('#root :is(img, script, iframe, style, base, object, embed, a:not(nav a))'),
      ].map((element) => element.outerHTML),
    }));
  }

  /** How many pixels the page can be scrolled sideways. */
  async overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }
}

export interface PageServer {
  /** Loads the page afresh, in the one tab that there is: a new tab would take several times as long. */
  open(viewport?: { width: number; height: number }): Promise<HostedPage>;
  close(): Promise<void>;
}

export async function servePage(name: string): Promise<PageServer> {
  const [assets, browser] = await Promise.all([bundle(name), launch()]);
  const server = http.createServer((request, response) => {
    const asset = assets.get(new URL(request.url ?? '/', 'http://page').pathname);
    if (!asset) return void response.writeHead(404).end();
    response
      .writeHead(200, {
        'content-type': asset.type,
        'content-security-policy': POLICY,
        'cache-control': 'max-age=3600',
      })
      .end(asset.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const hosted = new HostedPage(await browser.newPage({ reducedMotion: 'reduce' }));
  return {
    async open(viewport = { width: 1000, height: 900 }) {
      await hosted.page.setViewportSize(viewport);
      await hosted.page.goto(url);
      hosted.errors.length = 0;
      return hosted;
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const launch = async (): Promise<Browser> =>
  chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_ARGS });

// ---------------------------------------------------------------------------------------------------------------------
// The variables that VS Code gives its webviews, as far as our pages use them

const FONTS = {
  'font-family': 'system-ui, "Ubuntu", "Droid Sans", sans-serif',
  'font-size': '13px',
  'editor-font-family': '"Droid Sans Mono", monospace',
  'editor-font-size': '14px',
};

const COLORS: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  dark: {
    foreground: '#CCCCCC',
    'icon-foreground': '#CCCCCC',
    descriptionForeground: '#9D9D9D',
    errorForeground: '#F85149',
    focusBorder: '#0078D4',
    'editor-background': '#1F1F1F',
    'editor-foreground': '#CCCCCC',
    'panel-border': '#2B2B2B',
    'widget-border': '#313131',
    'button-background': '#0078D4',
    'button-foreground': '#FFFFFF',
    'button-border': '#FFFFFF1A',
    'button-hoverBackground': '#026EC1',
    'button-secondaryBackground': '#00000000',
    'button-secondaryForeground': '#CCCCCC',
    'button-secondaryHoverBackground': '#2B2B2B',
    'toolbar-hoverBackground': '#5A5D5E50',
    'list-hoverBackground': '#2A2D2E',
    'list-warningForeground': '#CCA700',
    'input-background': '#313131',
    'input-foreground': '#CCCCCC',
    'input-border': '#3C3C3C',
    'input-placeholderForeground': '#989898',
    'inputValidation-errorBackground': '#5A1D1D',
    'inputValidation-errorBorder': '#BE1100',
    'settings-headerForeground': '#FFFFFF',
    'settings-headerBorder': '#2B2B2B',
    'settings-modifiedItemIndicator': '#BB800966',
    'settings-textInputBackground': '#313131',
    'settings-textInputForeground': '#CCCCCC',
    'settings-textInputBorder': '#3C3C3C',
    'settings-dropdownBackground': '#313131',
    'settings-dropdownForeground': '#CCCCCC',
    'settings-dropdownBorder': '#3C3C3C',
    'settings-checkboxBackground': '#313131',
    'settings-checkboxForeground': '#CCCCCC',
    'settings-checkboxBorder': '#3C3C3C',
    'textLink-foreground': '#4DAAFC',
    'testing-iconPassed': '#73C991',
    'charts-blue': '#59A4F9',
  },
  light: {
    foreground: '#3B3B3B',
    'icon-foreground': '#3B3B3B',
    descriptionForeground: '#3B3B3B',
    errorForeground: '#F85149',
    focusBorder: '#005FB8',
    'editor-background': '#FFFFFF',
    'editor-foreground': '#3B3B3B',
    'panel-border': '#E5E5E5',
    'widget-border': '#E5E5E5',
    'button-background': '#005FB8',
    'button-foreground': '#FFFFFF',
    'button-border': '#0000001A',
    'button-hoverBackground': '#0258A8',
    'button-secondaryBackground': '#E5E5E5',
    'button-secondaryForeground': '#3B3B3B',
    'button-secondaryHoverBackground': '#CCCCCC',
    'toolbar-hoverBackground': '#B8B8B850',
    'list-hoverBackground': '#F2F2F2',
    'list-warningForeground': '#855F00',
    'input-background': '#FFFFFF',
    'input-foreground': '#3B3B3B',
    'input-border': '#CECECE',
    'input-placeholderForeground': '#767676',
    'inputValidation-errorBackground': '#F2DEDE',
    'inputValidation-errorBorder': '#BE1100',
    'settings-headerForeground': '#1F1F1F',
    'settings-headerBorder': '#E5E5E5',
    'settings-modifiedItemIndicator': '#BB800966',
    'settings-textInputBackground': '#FFFFFF',
    'settings-textInputForeground': '#3B3B3B',
    'settings-textInputBorder': '#CECECE',
    'settings-dropdownBackground': '#FFFFFF',
    'settings-dropdownForeground': '#3B3B3B',
    'settings-dropdownBorder': '#CECECE',
    'settings-checkboxBackground': '#F8F8F8',
    'settings-checkboxForeground': '#3B3B3B',
    'settings-checkboxBorder': '#CECECE',
    'textLink-foreground': '#005FB8',
    'testing-iconPassed': '#73C991',
    'charts-blue': '#0063D3',
  },
  hc: {
    foreground: '#FFFFFF',
    'icon-foreground': '#FFFFFF',
    descriptionForeground: '#FFFFFFB3',
    errorForeground: '#F48771',
    focusBorder: '#F38518',
    contrastBorder: '#6FC3DF',
    contrastActiveBorder: '#F38518',
    'editor-background': '#000000',
    'editor-foreground': '#FFFFFF',
    'panel-border': '#6FC3DF',
    'widget-border': '#6FC3DF',
    'button-background': '#000000',
    'button-foreground': '#FFFFFF',
    'button-border': '#6FC3DF',
    'button-secondaryForeground': '#FFFFFF',
    'toolbar-hoverOutline': '#F38518',
    'list-hoverBackground': '#FFFFFF1A',
    'input-background': '#000000',
    'input-foreground': '#FFFFFF',
    'input-border': '#6FC3DF',
    'input-placeholderForeground': '#FFFFFFB3',
    'inputValidation-errorBackground': '#000000',
    'inputValidation-errorBorder': '#6FC3DF',
    'settings-headerForeground': '#FFFFFF',
    'settings-headerBorder': '#6FC3DF',
    'settings-modifiedItemIndicator': '#00497A',
    'settings-textInputBackground': '#000000',
    'settings-textInputForeground': '#FFFFFF',
    'settings-textInputBorder': '#6FC3DF',
    'settings-dropdownBackground': '#000000',
    'settings-dropdownForeground': '#FFFFFF',
    'settings-dropdownBorder': '#6FC3DF',
    'settings-checkboxBackground': '#000000',
    'settings-checkboxForeground': '#FFFFFF',
    'settings-checkboxBorder': '#6FC3DF',
    'textLink-foreground': '#21A6FF',
    'testing-iconPassed': '#73C991',
    'charts-blue': '#59A4F9',
  },
};

function themeCss(theme: Theme): string {
  const variables = Object.entries({ ...FONTS, ...COLORS[theme] }).map(
    ([name, value]) => `--vscode-${name}: ${value};`,
  );
  // What VS Code's own style sheet says about a webview in an editor tab.
  return `html { ${variables.join(' ')} color-scheme: ${theme === 'light' ? 'light' : 'dark'}; }
body { background: var(--vscode-editor-background); color: var(--vscode-editor-foreground); padding: 0 20px; margin: 0;
  font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); }`;
}
