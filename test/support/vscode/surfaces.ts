/** What an extension puts into the window of VS Code: comments, problems, log channels, status bar items, web views. */

import { Disposable, EventEmitter, type Diagnostic, type Range, type Uri } from './values.ts';

export class CommentThread {
  readonly uri: Uri;
  /** Undefined: above the first line. */
  range: Range | undefined;
  comments: readonly {
    readonly body: { readonly value: string };
    readonly author: { readonly name: string };
    readonly mode?: number;
    readonly label?: string;
  }[];
  canReply = true;
  collapsibleState = 0;
  contextValue: string | undefined;
  label: string | undefined;
  readonly #onDispose: (thread: CommentThread) => void;

  constructor(
    uri: Uri,
    range: Range | undefined,
    comments: CommentThread['comments'],
    onDispose: (thread: CommentThread) => void,
  ) {
    this.uri = uri;
    this.range = range;
    this.comments = comments;
    this.#onDispose = onDispose;
  }

  dispose(): void {
    this.#onDispose(this);
  }
}

export class CommentController {
  readonly id: string;
  readonly label: string;
  /** The threads on show. */
  threads: readonly CommentThread[] = [];
  isDisposed = false;

  constructor(id: string, label: string) {
    this.id = id;
    this.label = label;
  }

  createCommentThread(uri: Uri, range: Range | undefined, comments: CommentThread['comments']): CommentThread {
    const thread = new CommentThread(uri, range, comments, (gone) => {
      this.threads = this.threads.filter((each) => each !== gone);
    });
    this.threads = [...this.threads, thread];
    return thread;
  }

  dispose(): void {
    this.threads = [];
    this.isDisposed = true;
  }
}

/** Problems of one source; they are told to `onChange` by the address of their document. */
export class DiagnosticCollection {
  readonly name: string;
  readonly entries = new Map<string, readonly Diagnostic[]>();
  isDisposed = false;

  constructor(name: string) {
    this.name = name;
  }

  set(uri: Uri, diagnostics: readonly Diagnostic[] | undefined): void {
    if (this.isDisposed) throw new Error('illegal state - object is disposed');
    if (diagnostics && diagnostics.length > 0) this.entries.set(uri.toString(), diagnostics);
    else this.entries.delete(uri.toString());
  }
  get(uri: Uri): readonly Diagnostic[] | undefined {
    return this.entries.get(uri.toString());
  }
  delete(uri: Uri): void {
    this.set(uri, undefined);
  }
  clear(): void {
    if (this.isDisposed) throw new Error('illegal state - object is disposed');
    this.entries.clear();
  }
  dispose(): void {
    this.entries.clear();
    this.isDisposed = true;
  }
}

/** A channel of the output view; its lines are kept with their levels. */
export class LogOutputChannel {
  readonly name: string;
  readonly lines: (readonly [level: string, line: string])[] = [];
  logLevel = 3;
  isShown = false;
  isDisposed = false;

  constructor(name: string) {
    this.name = name;
  }

  trace(line: string): void {
    this.lines.push(['trace', line]);
  }
  debug(line: string): void {
    this.lines.push(['debug', line]);
  }
  info(line: string): void {
    this.lines.push(['info', line]);
  }
  warn(line: string): void {
    this.lines.push(['warn', line]);
  }
  error(line: string): void {
    this.lines.push(['error', line]);
  }
  show(): void {
    this.isShown = true;
  }
  dispose(): void {
    this.isDisposed = true;
  }
}

export class StatusBarItem {
  readonly id: string;
  name = '';
  text = '';
  tooltip: unknown;
  command: unknown;
  color: unknown;
  backgroundColor: unknown;
  accessibilityInformation: unknown;
  isShown = false;
  isDisposed = false;

  constructor(id: string) {
    this.id = id;
  }
  show(): void {
    this.isShown = true;
  }
  hide(): void {
    this.isShown = false;
  }
  dispose(): void {
    this.isShown = false;
    this.isDisposed = true;
  }
}

/** The inside of a page. A test speaks as the page with `say`, and reads what the page was sent in `posted`. */
class Webview {
  html = '';
  options: unknown;
  readonly cspSource = 'vscode-resource:';
  readonly posted: { readonly kind: string }[] = [];
  readonly received = new EventEmitter<unknown>();
  readonly onDidReceiveMessage = this.received.event;

  asWebviewUri(uri: Uri): Uri {
    return uri.with({ scheme: 'vscode-resource' });
  }
  postMessage(message: { readonly kind: string }): Promise<boolean> {
    this.posted.push(message);
    return Promise.resolve(true);
  }
  /** The page sends this to the extension. */
  say(message: unknown): void {
    this.received.fire(message);
  }
}

/** What the two places of pages have in common. */
class WebviewPlace {
  readonly viewType: string;
  title: string;
  iconPath: unknown;
  badge: unknown;
  description: string | undefined;
  visible = true;
  active = true;
  isDisposed = false;
  /** How often it was brought to the front. */
  revealed = 0;
  readonly webview = new Webview();
  readonly disposed = new EventEmitter<void>();
  readonly changedState = new EventEmitter<void>();
  readonly onDidDispose = this.disposed.event;
  readonly onDidChangeViewState = this.changedState.event;
  readonly onDidChangeVisibility = this.changedState.event;

  constructor(viewType: string, title: string) {
    this.viewType = viewType;
    this.title = title;
  }

  /** The user brings it to the front, or goes elsewhere. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    this.active = visible;
    this.changedState.fire();
  }
  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.visible = false;
    this.disposed.fire();
  }
}

/** A page in the side bar. */
export class WebviewView extends WebviewPlace {
  show(): void {
    this.revealed += 1;
    this.setVisible(true);
  }
}

/** A page in an editor tab. */
export class WebviewPanel extends WebviewPlace {
  reveal(): void {
    this.revealed += 1;
    this.setVisible(true);
  }
}

/** A registration that lasts until it is disposed of. */
export class Registration<T> extends Disposable {
  readonly value: T;
  constructor(list: Registration<T>[], value: T) {
    super(() => void list.splice(list.indexOf(this), 1));
    this.value = value;
    list.push(this);
  }
}

/** A terminal with what was written into it, and whether that was run. */
export class Terminal {
  readonly name: string;
  readonly state = { shell: 'zsh', isInteractedWith: false };
  readonly sent: { readonly text: string; readonly runs: boolean }[] = [];

  constructor(name: string) {
    this.name = name;
  }

  show(): void {}

  sendText(text: string, runs = true): void {
    this.sent.push({ text, runs });
  }
}
