/**
 * A fake of VS Code's API for unit tests: `test/tools/unit.mjs` loads it wherever code says `import … from 'vscode'`, and
 * tests may import `vscode` too. It has what our code uses and nothing else. Each test starts its own editor with
 * `startHost` from `vscode/host.ts`; until it has, every question fails. What only a real VS Code knows (its look, its
 * language servers, its own commands) is for the tests in `test/host` and `test/e2e`.
 */

import fs from 'node:fs';
import path from 'node:path';
import type * as vscode from 'vscode';
import { DEFAULTS } from './manifest.ts';
import { TextDocument, WorkspaceEdit } from './vscode/documents.ts';
import { host, type Host, type Message } from './vscode/host.ts';
import { QuickPick } from './vscode/quickPick.ts';
import {
  CommentController,
  DiagnosticCollection,
  LogOutputChannel,
  Registration,
  StatusBarItem,
  Terminal,
  WebviewPanel,
} from './vscode/surfaces.ts';
import { Disposable, FileType, RelativePattern, Uri, type EventEmitter, type Range } from './vscode/values.ts';

export * from './vscode/values.ts';
export { WorkspaceEdit };

export const version = '1.110.0';
export const l10n = { bundle: undefined, uri: undefined };

/** An event of the editor of the running test. */
const event =
  <T>(emitter: (of: Host) => EventEmitter<T>): EventEmitter<T>['event'] =>
  (...args) =>
    emitter(host()).event(...args);

const added = <T>(list: T[], part: T): T => {
  list.push(part);
  return part;
};

const show =
  (kind: Message['kind']) =>
  async (text: string, ...rest: readonly unknown[]): Promise<string | undefined> =>
    host().message(kind, text, rest);

/** What a map holds under a key until it is disposed of. */
function put<T>(map: Map<string, T>, key: string, value: T): Disposable {
  map.set(key, value);
  return new Disposable(() => map.delete(key));
}

export const window = {
  showInformationMessage: show('info'),
  showWarningMessage: show('warning'),
  showErrorMessage: show('error'),
  showQuickPick: async (items: readonly string[] | PromiseLike<readonly string[]>, options?: vscode.QuickPickOptions) =>
    host().pick(await items, options),
  createQuickPick: () => new QuickPick((pick) => host().onQuickPick(pick)),
  showInputBox: (options?: vscode.InputBoxOptions) => host().input(options),
  showSaveDialog: async () => host().dialog()?.[0],
  showOpenDialog: async () => host().dialog(),
  withProgress: (options: { title?: string }, task: Parameters<Host['withProgress']>[1]) =>
    host().withProgress(options, task),
  async showTextDocument(what: Uri | TextDocument, options?: { readonly selection?: Range }) {
    const document = what instanceof TextDocument ? what : await host().open(what);
    return host().showDocument(document, options?.selection);
  },
  createOutputChannel: (name: string) => added(host().channels, new LogOutputChannel(name)),
  createTerminal: (name = 'zsh') => (host().terminal = new Terminal(name)),
  createStatusBarItem: (id: string) => added(host().statusBarItems, new StatusBarItem(id)),
  createWebviewPanel: (type: string, title: string) => added(host().panels, new WebviewPanel(type, title)),
  registerWebviewViewProvider: (id: string, provider: vscode.WebviewViewProvider) =>
    put(host().viewProviders, id, provider),
  registerWebviewPanelSerializer: (type: string, serializer: vscode.WebviewPanelSerializer) =>
    put(host().panelSerializers, type, serializer),
  createTextEditorDecorationType: (options: vscode.DecorationRenderOptions) => ({
    ...options,
    dispose: () => undefined,
  }),
  setStatusBarMessage: (text: string) => host().statusMessages.push(text),
  onDidChangeVisibleTextEditors: event((of) => of.didChangeVisibleEditors),
  onDidChangeActiveTextEditor: event((of) => of.didChangeEditor),
  onDidChangeTextEditorSelection: event((of) => of.didChangeSelection),
  get activeTextEditor() {
    return host().activeEditor;
  },
  get visibleTextEditors() {
    return host().editors;
  },
  get activeTerminal() {
    return host().terminal;
  },
  tabGroups: {
    get all() {
      return [{ tabs: host().tabs, activeTab: host().activeTab, isActive: true }];
    },
    get activeTabGroup() {
      return { tabs: host().tabs, activeTab: host().activeTab, isActive: true };
    },
    close: async (tabs: Host['tabs'] | Host['tabs'][number]) => {
      host().closeTabs([tabs].flat());
      return true;
    },
  },
};

export const workspace = {
  get workspaceFolders() {
    const { folders } = host();
    return folders.length > 0 ? folders : undefined;
  },
  get textDocuments() {
    return host().documents;
  },
  get isTrusted() {
    return host().trusted;
  },
  workspaceFile: undefined,
  notebookDocuments: [] as { readonly uri: Uri }[],
  getWorkspaceFolder: (uri: Uri) => host().folders.find((folder) => isInside(folder.uri, uri)),
  asRelativePath(what: string | Uri, withFolder = host().folders.length > 1): string {
    const uri = typeof what === 'string' ? Uri.file(what) : what;
    const folder = workspace.getWorkspaceFolder(uri);
    if (!folder) return uri.scheme === 'file' ? uri.fsPath : uri.path;
    const name = uri.path.slice(folder.uri.path.length + 1);
    return withFolder ? `${folder.name}/${name}` : name;
  },
  openTextDocument(what: Uri | string | { readonly language?: string; readonly content?: string }) {
    if (typeof what === 'string') return host().open(Uri.file(what));
    if (what instanceof Uri) return host().open(what);
    const count = host().documents.filter(({ isUntitled }) => isUntitled).length;
    const uri = Uri.from({ scheme: 'untitled', path: `Untitled-${count + 1}` });
    return Promise.resolve(host().add(uri, what.content ?? '', what.language));
  },
  createFileSystemWatcher(_: string) {
    const started = host();
    started.watchers++;
    return {
      onDidChange: event((of) => of.didChangeFile),
      onDidCreate: event((of) => of.didCreateFile),
      onDidDelete: event((of) => of.didDeleteFile),
      dispose: () => void started.watchers--,
    };
  },
  applyEdit: (edit: WorkspaceEdit, options?: { readonly isRefactoring?: boolean }) => host().applyEdit(edit, options),
  registerTextDocumentContentProvider(scheme: string, provider: vscode.TextDocumentContentProvider): Disposable {
    const started = host();
    const give = (uri: Uri): unknown => provider.provideTextDocumentContent(uri as vscode.Uri, NEVER as never);
    const changes = provider.onDidChange?.((uri) => void started.reload(uri as Uri));
    return Disposable.from(put(started.contentProviders, scheme, give), { dispose: () => changes?.dispose() });
  },
  async findFiles(include: string | RelativePattern, exclude?: string | null, most = Infinity): Promise<Uri[]> {
    const bases = include instanceof RelativePattern ? [include.baseUri] : host().folders.map(({ uri }) => uri);
    const [wanted, unwanted] = [glob(include instanceof RelativePattern ? include.pattern : include), exclude];
    const isExcluded = unwanted ? glob(unwanted) : undefined;
    const found = bases.flatMap((base) => {
      const folder = workspace.getWorkspaceFolder(base)?.uri ?? base;
      return fs
        .readdirSync(base.fsPath, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => Uri.file(path.join(entry.parentPath, entry.name)))
        .filter((uri) => wanted.test(uri.path.slice(base.path.length + 1)))
        .filter((uri) => !isExcluded?.test(uri.path.slice(folder.path.length + 1)));
    });
    return found.slice(0, most);
  },
  getConfiguration: (section = '') => ({
    get: (key: string, otherwise?: unknown) => settingAt(name(section, key), 'merged') ?? otherwise,
    inspect: (key: string) => ({
      key: name(section, key),
      defaultValue: settingAt(name(section, key), 'default'),
      globalValue: settingAt(name(section, key), 'user'),
      workspaceValue: settingAt(name(section, key), 'workspace'),
    }),
    update: async (key: string, value: unknown) => {
      const { refuseSettings } = host();
      if (refuseSettings) throw refuseSettings;
      if (value === undefined) host().settings.delete(name(section, key));
      else host().settings.set(name(section, key), value);
      const changed = name(section, key);
      host().didChangeConfiguration.fire({
        affectsConfiguration: (asked) => changed === asked || changed.startsWith(`${asked}.`),
      });
    },
  }),
  fs: {
    async stat(uri: Uri) {
      const remote = host().remoteFiles.get(uri.toString());
      if (remote) return { type: FileType.File, size: remote.length, ctime: 0, mtime: 0 };
      if (uri.scheme !== 'file') throw new Error(`FileNotFound: ${uri.toString()}`);
      const found = await fs.promises.stat(uri.fsPath);
      const isLink = (await fs.promises.lstat(uri.fsPath)).isSymbolicLink();
      const type = found.isFile() ? FileType.File : found.isDirectory() ? FileType.Directory : FileType.Unknown;
      return { type: type | (isLink ? FileType.SymbolicLink : 0), size: found.size, ctime: 0, mtime: found.mtimeMs };
    },
    async readFile(uri: Uri): Promise<Uint8Array> {
      const remote = host().remoteFiles.get(uri.toString());
      if (remote) return remote;
      if (uri.scheme !== 'file') throw new Error(`FileNotFound: ${uri.toString()}`);
      return fs.promises.readFile(uri.fsPath);
    },
    async delete(uri: Uri): Promise<void> {
      await fs.promises.rm(uri.fsPath);
    },
    async writeFile(uri: Uri, bytes: Uint8Array): Promise<void> {
      if (uri.scheme !== 'file') return void host().remoteFiles.set(uri.toString(), bytes);
      await fs.promises.mkdir(path.dirname(uri.fsPath), { recursive: true });
      await fs.promises.writeFile(uri.fsPath, bytes);
    },
    async readDirectory(uri: Uri) {
      const entries = await fs.promises.readdir(uri.fsPath, { withFileTypes: true });
      return entries.map((each) => [each.name, each.isDirectory() ? FileType.Directory : FileType.File] as const);
    },
    isWritableFileSystem: () => true,
  },
  onDidOpenTextDocument: event((of) => of.didOpen),
  onDidCloseTextDocument: event((of) => of.didClose),
  onDidSaveTextDocument: event((of) => of.didSave),
  onDidChangeTextDocument: event((of) => of.didChange),
  onDidChangeConfiguration: event((of) => of.didChangeConfiguration),
  onDidChangeWorkspaceFolders: event((of) => of.didChangeFolders),
  onDidGrantWorkspaceTrust: event((of) => of.didGrantTrust),
};

/** What VS Code itself does for a command, where our code relies on it. */
const BUILT_IN: Readonly<Record<string, (...args: never[]) => unknown>> = {
  setContext: (key: string, value: unknown) => void host().contexts.set(key, value),
  'workbench.action.focusActiveEditorGroup': () => undefined,
  'vscode.diff': (before: Uri, after: Uri, label: string) => host().showDiff(before, after, label),
  'vscode.changes': (...args: Parameters<Host['showDiffs']>) => host().showDiffs(...args),
};

export const commands = {
  registerCommand: (id: string, run: (...args: never[]) => unknown) => put(host().commands, id, run),
  getCommands: async () => [...host().commands.keys()],
  async executeCommand(id: string, ...args: readonly unknown[]): Promise<unknown> {
    host().executed.push([id, ...args]);
    const run = host().commands.get(id) ?? BUILT_IN[id];
    if (!run) throw new Error(`command '${id}' not found`);
    return run(...(args as never[]));
  },
};

export const lm = {
  registerLanguageModelChatProvider: () => new Disposable(() => undefined),
};

export const languages = {
  onDidChangeDiagnostics: event((of) => of.didChangeDiagnostics),
  /** The old language's servers see the document closed, and take its problems back. */
  async setTextDocumentLanguage(document: TextDocument, languageId: string) {
    host().didClose.fire(document);
    host().diagnostics.delete(document.uri.toString());
    Object.assign(document, { languageId });
    host().didOpen.fire(document);
    return document;
  },
  getDiagnostics(uri?: Uri) {
    if (uri) return host().diagnostics.get(uri.toString()) ?? [];
    return [...host().diagnostics].map(([address, found]) => [Uri.parse(address), found] as const);
  },
  createDiagnosticCollection: (id: string) => added(host().diagnosticCollections, new DiagnosticCollection(id)),
  registerHoverProvider: (_: unknown, provider: vscode.HoverProvider) =>
    new Registration(host().hoverProviders, provider),
  registerCodeLensProvider: (_: unknown, provider: vscode.CodeLensProvider) =>
    new Registration(host().codeLensProviders, provider),
  registerCodeActionsProvider: (_: unknown, provider: vscode.CodeActionProvider) =>
    new Registration(host().codeActionProviders, provider),
  registerInlineCompletionItemProvider: (_: unknown, provider: vscode.InlineCompletionItemProvider) =>
    new Registration(host().inlineCompletionProviders, provider),
  getLanguages: () => Promise.resolve(['typescript', 'javascript', 'python', 'go', 'markdown', 'json', 'shellscript']),
};

export const comments = {
  createCommentController: (id: string, label: string) =>
    added(host().commentControllers, new CommentController(id, label)),
};

export const extensions = {
  get all() {
    return [...host().extensions].map(([id, extension]) => ({ id, ...extension }));
  },
  getExtension: (id: string) => host().extensions.get(id),
  onDidChange: event((of) => of.didChangeExtensions),
};

export const env = {
  appName: 'Visual Studio Code',
  language: 'en',
  machineId: 'machine',
  shell: '/bin/zsh',
  get remoteName() {
    return host().remoteName;
  },
  uiKind: 1,
  clipboard: {
    readText: async () => host().clipboard,
    writeText: async (text: string) => void (host().clipboard = text),
  },
  openExternal: async (uri: Uri) => {
    host().openedOutside.push(uri);
    return true;
  },
};

const NEVER = { isCancellationRequested: false, onCancellationRequested: () => new Disposable(() => undefined) };

const isInside = (folder: Uri, uri: Uri): boolean =>
  folder.scheme === uri.scheme && folder.authority === uri.authority && `${uri.path}/`.startsWith(`${folder.path}/`);

const name = (...parts: readonly string[]): string => parts.filter(Boolean).join('.');

/** VS Code's own defaults that our code reads, and those of the manifest. */
const SHIPPED = new Map<string, unknown>([
  ['editor.inlineSuggest.enabled', true],
  ['search.exclude', { '**/node_modules': true, '**/bower_components': true, '**/*.code-search': true }],
  ...Object.entries(DEFAULTS).map(([key, value]) => [`gearshift.${key}`, value] as const),
]);

/** A setting by its whole name, or several as nested objects. */
function settingAt(wanted: string, from: 'default' | 'user' | 'workspace' | 'merged'): unknown {
  const { settings, workspaceSettings } = host();
  const sources = {
    default: [SHIPPED],
    user: [settings],
    workspace: [workspaceSettings],
    merged: [SHIPPED, settings, workspaceSettings],
  }[from];
  let found: unknown;
  for (const [key, value] of sources.flatMap((source) => [...source])) {
    if (key === wanted) found = value;
    if (!key.startsWith(`${wanted}.`)) continue;
    const tree = (found ??= {}) as Record<string, unknown>;
    const names = key.slice(wanted.length + 1).split('.');
    const last = names.pop() ?? '';
    let at = tree;
    for (const each of names) at = (at[each] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return found;
}

/** VS Code's patterns: `**`, `*`, `?` and alternatives in braces. */
function glob(pattern: string): RegExp {
  const parts: readonly (readonly [RegExp, string])[] = [
    [/^\*\*\//, '(?:.*/)?'],
    [/^\*\*/, '.*'],
    [/^\*/, '[^/]*'],
    [/^\?/, '[^/]'],
    [/^\{/, '(?:'],
    [/^\}/, ')'],
    [/^,/, '|'],
  ];
  let source = '';
  for (let rest = pattern; rest;) {
    const part = parts.find(([written]) => written.test(rest));
    source += part ? part[1] : rest.charAt(0).replace(/[\^$.|+()[\]\\]/, '\\$&');
    rest = part ? rest.replace(part[0], '') : rest.slice(1);
  }
  return new RegExp(`^${source}$`);
}
