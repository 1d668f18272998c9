import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type * as v from 'valibot';
import { parsePageMessage, type PageInit } from '../../protocol/channel.ts';

/** The content of a page before the host answers it. */
export interface PageFacts {
  /** Name of the bundle in dist/webview. */
  readonly name: string;
  readonly title: string;
}

/** The object that answers a page. */
export interface PageHost<ToPage, FromPage> {
  readonly schema: v.GenericSchema<unknown, FromPage>;
  /** Called with every message that is on the list; the page's `ready` comes first and after each reload of it. */
  readonly onMessage: (message: FromPage, post: (message: ToPage) => void) => void;
}

/**
 * Fills a webview with a page and connects it. The page may load our own script, styles and font, and nothing else.
 *
 * @param host may still be loading while the page is
 */
export function connectPage<ToPage, FromPage extends { kind: string }>(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  facts: PageFacts,
  host: Promise<PageHost<ToPage, FromPage>>,
): { post: (message: ToPage) => void; disposable: vscode.Disposable } {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder], enableForms: false };
  const post = (message: ToPage | PageInit): void => void webview.postMessage(message);
  const disposable = webview.onDidReceiveMessage(async (raw: unknown) => {
    const { schema, onMessage } = await host;
    const message = parsePageMessage(schema, raw);
    if (!message) return;
    if (message.kind === 'ready') post({ kind: 'init', l10n: (vscode.l10n.bundle ?? {}) as PageInit['l10n'] });
    onMessage(message, post);
  });
  webview.html = html(webview, folder, facts);
  return { post, disposable };
}

function html(webview: vscode.Webview, folder: vscode.Uri, { name, title }: PageFacts): string {
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
  <link rel="stylesheet" href="${uri(`${name}.css`)}">
  <title>${title}</title>
</head>
<body>
  <div id="root"></div>
  <script nonce="${nonce}" src="${uri(`${name}.js`)}"></script>
</body>
</html>`;
}

/** A page in an editor tab of which there is at most one. It can be shown before its host has been loaded. */
export class PagePanel<ToPage, FromPage extends { kind: string }> implements vscode.Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #facts: PageFacts;
  readonly #host = Promise.withResolvers<PageHost<ToPage, FromPage>>();
  #panel: { panel: vscode.WebviewPanel; post: (message: ToPage) => void } | undefined;
  #drawn = false;

  constructor(extensionUri: vscode.Uri, facts: PageFacts) {
    this.#extensionUri = extensionUri;
    this.#facts = facts;
  }

  get visible(): boolean {
    return this.#panel?.panel.visible ?? false;
  }

  /** Whether the page that is visible has said that it is there. */
  get drawn(): boolean {
    return this.visible && this.#drawn;
  }

  /** Answers the page from now on, also what it said before. */
  connect({ schema, onMessage }: PageHost<ToPage, FromPage>): void {
    this.#host.resolve({
      schema,
      onMessage: (message, post) => {
        this.#drawn = true;
        onMessage(message, post);
      },
    });
  }

  show(): void {
    if (this.#panel) return this.#panel.panel.reveal();
    const { name, title } = this.#facts;
    const panel = vscode.window.createWebviewPanel(`gearshift.${name}`, title, vscode.ViewColumn.Active);
    const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(this.#extensionUri, 'media', name);
    panel.iconPath = { light: icon('gearshift.svg'), dark: icon('gearshift-dark.svg') };
    const { post, disposable } = connectPage(panel.webview, this.#extensionUri, this.#facts, this.#host.promise);
    this.#panel = { panel, post };
    // A page that is hidden is taken down, and loaded again when it is seen again.
    panel.onDidChangeViewState(() => (this.#drawn &&= panel.visible));
    panel.onDidDispose(() => {
      disposable.dispose();
      this.#panel = undefined;
      this.#drawn = false;
    });
  }

  post(message: ToPage): void {
    if (this.visible) this.#panel?.post(message);
  }

  dispose(): void {
    this.#panel?.panel.dispose();
  }
}
