import * as vscode from 'vscode';

/** Changes are told so long after the last of a burst, in ms: a checkout changes thousands of files. */
const PAUSE_MS = 1_500;
/** More changed files than this, and the whole workspace is looked through. */
const MOST_FILES = 500;

/** Where files come and go by themselves; `listFiles` leaves these folders out. */
const NOT_LISTED = /\/(?:node_modules|\.git|dist|out|target|\.venv|__pycache__)\//;

/** What changed in the workspace since it was last asked: only the names, nothing is read here. */
export class CodebaseChanges implements vscode.Disposable {
  readonly #tell: () => void;
  readonly #disposables: readonly vscode.Disposable[];
  #files = new Map<string, vscode.Uri>();
  #isListStale = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: () => void) {
    this.#tell = tell;
    const watcher = vscode.workspace.createFileSystemWatcher('**/*');
    const stale = (): void => this.#add(undefined);
    this.#disposables = [
      watcher,
      watcher.onDidChange((uri) => this.#add(uri)),
      watcher.onDidCreate((uri) => this.#add(uri, true)),
      watcher.onDidDelete((uri) => this.#add(uri, true)),
      vscode.workspace.onDidChangeWorkspaceFolders(stale),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (['files.exclude', 'search.exclude', 'gearshift.privacy'].some((name) => event.affectsConfiguration(name)))
          stale();
      }),
    ];
  }

  get isWaiting(): boolean {
    return this.#isListStale || this.#files.size > 0;
  }

  /** What changed, which is then forgotten. */
  take(): { readonly files: readonly vscode.Uri[]; readonly isListStale: boolean } {
    const taken = { files: [...this.#files.values()], isListStale: this.#isListStale };
    this.#files = new Map();
    this.#isListStale = false;
    return taken;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #add(uri: vscode.Uri | undefined, changesList = false): void {
    if (uri && NOT_LISTED.test(uri.path)) return;
    if (!uri || changesList || uri.path.endsWith('/.gitignore') || this.#files.size >= MOST_FILES)
      this.#isListStale = true;
    else this.#files.set(uri.toString(), uri);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tell, PAUSE_MS);
  }
}
