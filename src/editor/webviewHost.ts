import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type * as v from 'valibot';
import { parsePageMessage, type PageInit } from '../protocol/channel.ts';

/** What any of our pages needs from its host. */
export interface PageHost<ToPage, FromPage> {
  /** Name of the bundle in dist/webview. */
  readonly name: string;
  readonly title: string;
  readonly schema: v.GenericSchema<unknown, FromPage>;
  /** Called with every message that is on the list; the page's `ready` comes first and after each reload of it. */
  readonly onMessage: (message: FromPage, post: (message: ToPage) => void) => void;
}

/** Fills a webview with a page and connects it. The page may load our own script, styles and font, and nothing else. */
export function connectPage<ToPage, FromPage extends { kind: string }>(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  host: PageHost<ToPage, FromPage>,
): { post: (message: ToPage) => void; disposable: vscode.Disposable } {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder], enableForms: false };
  const post = (message: ToPage | PageInit): void => void webview.postMessage(message);
  const disposable = webview.onDidReceiveMessage((raw: unknown) => {
    const message = parsePageMessage(host.schema, raw);
    if (!message) return;
    if (message.kind === 'ready') post({ kind: 'init', l10n: (vscode.l10n.bundle ?? {}) as PageInit['l10n'] });
    host.onMessage(message, post);
  });
  webview.html = html(webview, folder, host.name, host.title);
  return { post, disposable };
}

function html(webview: vscode.Webview, folder: vscode.Uri, name: string, title: string): string {
  const nonce = randomBytes(18).toString('base64url');
  const uri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <link rel="stylesheet" href="${uri('codicon.css')}">
  <link rel="stylesheet" href="${uri(`${name}.css`)}">
  <title>${title}</title>
</head>
<body>
  <div id="root"></div>
  <script nonce="${nonce}" src="${uri(`${name}.js`)}"></script>
</body>
</html>`;
}

/** A page in an editor tab of which there is at most one. */
export class PagePanel<ToPage, FromPage extends { kind: string }> implements vscode.Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #viewType: string;
  readonly #host: PageHost<ToPage, FromPage>;
  #panel: { panel: vscode.WebviewPanel; post: (message: ToPage) => void } | undefined;

  constructor(extensionUri: vscode.Uri, viewType: string, host: PageHost<ToPage, FromPage>) {
    this.#extensionUri = extensionUri;
    this.#viewType = viewType;
    this.#host = host;
  }

  get visible(): boolean {
    return this.#panel?.panel.visible ?? false;
  }

  show(): void {
    if (this.#panel) return this.#panel.panel.reveal();
    const panel = vscode.window.createWebviewPanel(this.#viewType, this.#host.title, vscode.ViewColumn.Active);
    const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(this.#extensionUri, 'media', name);
    panel.iconPath = { light: icon('gearshift.svg'), dark: icon('gearshift-dark.svg') };
    const { post, disposable } = connectPage(panel.webview, this.#extensionUri, this.#host);
    this.#panel = { panel, post };
    panel.onDidDispose(() => {
      disposable.dispose();
      this.#panel = undefined;
    });
  }

  post(message: ToPage): void {
    if (this.visible) this.#panel?.post(message);
  }

  dispose(): void {
    this.#panel?.panel.dispose();
  }
}
