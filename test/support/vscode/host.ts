/**
 * The editor behind the fake of VS Code's API: its documents, tabs, messages and the user in front of it. A test starts
 * one with `startHost(t)`, says what the user will do (`willClick`, `willPick`, `willType`), runs the code, and looks at
 * what the user saw and what the documents and files hold.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type * as vscode from 'vscode';
import { languageOf, TextDocument, type EditEntry, type WorkspaceEdit } from './documents.ts';
import type { PickItem, QuickPick } from './quickPick.ts';
import type {
  CommentController,
  DiagnosticCollection,
  LogOutputChannel,
  Registration,
  StatusBarItem,
  WebviewPanel,
} from './surfaces.ts';
import {
  CancellationTokenSource,
  EventEmitter,
  Position,
  Range,
  Selection,
  TabInputText,
  TabInputTextDiff,
  Uri,
  type Diagnostic,
} from './values.ts';

/** A message as the user sees it. */
export interface Message {
  readonly kind: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly modal: boolean;
  readonly detail: string | undefined;
  readonly buttons: readonly string[];
}

/** What the user will do once. `what` says it in words for a test in which it never came to that. */
interface Script<T> {
  readonly about: RegExp;
  readonly what: string;
  readonly act: T;
}

export interface Tab {
  readonly label: string;
  /** Undefined where VS Code does not tell extensions, as with the editor of several diffs. */
  readonly input: TabInputText | TabInputTextDiff | undefined;
  /** All documents that it shows. */
  readonly uris: readonly Uri[];
  isActive: boolean;
}

export interface TextEditor {
  readonly document: TextDocument;
  selection: Selection;
  selections: readonly Selection[];
  readonly revealed: Range[];
  readonly revealRange: (range: Range) => void;
  readonly viewColumn: number;
  readonly visibleRanges: readonly Range[];
  /** The decorated ranges by their type. */
  readonly decorations: Map<unknown, readonly Range[]>;
  readonly setDecorations: (type: unknown, ranges: readonly Range[]) => void;
  /** Writes what the callback asks for as one step; false if the document cannot be changed. */
  readonly edit: (build: (edit: EditBuilder) => void) => Promise<boolean>;
}

interface EditBuilder {
  replace(where: Range | Position, text: string): void;
  insert(where: Position, text: string): void;
}

/** Progress that is shown while something runs, with the user's Cancel. */
export interface ShownProgress {
  readonly title: string;
  readonly cancel: () => void;
}

export class Host {
  readonly root: string;
  readonly folders: { readonly uri: Uri; readonly name: string; readonly index: number }[];

  /** Run when the test is over, before its files are deleted. */
  readonly ends: (() => unknown)[] = [];
  readonly messages: Message[] = [];
  readonly progress: ShownProgress[] = [];
  /** Every command that was executed, with its arguments. */
  readonly executed: (readonly [command: string, ...args: readonly unknown[]])[] = [];
  /** What is behind commands: a test adds those of VS Code that it needs. */
  readonly commands = new Map<string, (...args: never[]) => unknown>();
  readonly contexts = new Map<string, unknown>();
  readonly extensions = new Map<string, { isActive: boolean; exports: unknown; activate: () => Promise<unknown> }>();
  /** Errors and warnings by the address of their document. */
  readonly diagnostics = new Map<string, readonly Diagnostic[]>();
  /** The user's own settings by their whole names, such as `gearshift.private`. */
  readonly settings = new Map<string, unknown>();
  /** What the workspace says about settings. */
  readonly workspaceSettings = new Map<string, unknown>();
  /** Why settings cannot be written; undefined while they can. */
  refuseSettings: Error | undefined;
  /** Addresses that were opened outside of VS Code. */
  readonly openedOutside: Uri[] = [];
  clipboard = '';
  /** The name of the remote host that the window is connected to. */
  remoteName: string | undefined;
  trusted = true;
  terminal: { readonly name: string } | undefined;

  readonly documents: TextDocument[] = [];
  readonly tabs: Tab[] = [];
  readonly editors: TextEditor[] = [];
  activeEditor: TextEditor | undefined;
  /** Files of other machines by their addresses. */
  readonly remoteFiles = new Map<string, Uint8Array>();
  /** Who gives the documents of a scheme. */
  readonly contentProviders = new Map<string, (uri: Uri) => unknown>();

  // What the extension has put into the window, in the order in which it was made.
  readonly hoverProviders: Registration<vscode.HoverProvider>[] = [];
  readonly codeLensProviders: Registration<vscode.CodeLensProvider>[] = [];
  readonly codeActionProviders: Registration<vscode.CodeActionProvider>[] = [];
  readonly inlineCompletionProviders: Registration<vscode.InlineCompletionItemProvider>[] = [];
  readonly commentControllers: CommentController[] = [];
  readonly diagnosticCollections: DiagnosticCollection[] = [];
  readonly channels: LogOutputChannel[] = [];
  readonly statusBarItems: StatusBarItem[] = [];
  /** What the status bar said for a while. */
  readonly statusMessages: string[] = [];
  readonly panels: WebviewPanel[] = [];
  readonly viewProviders = new Map<string, vscode.WebviewViewProvider>();
  readonly panelSerializers = new Map<string, vscode.WebviewPanelSerializer>();
  /** The edits that were written, each one step. */
  readonly applied: WorkspaceEdit[] = [];
  /** Addresses of documents that cannot be changed. */
  readonly readOnly = new Set<string>();
  /** What the user leaves ticked in the refactor preview; undefined closes it. */
  preview: (entries: readonly EditEntry[]) => readonly EditEntry[] | undefined = (entries) => entries;
  /** Called when a quick pick of the extension's own is shown. */
  onQuickPick: (pick: QuickPick) => void = (pick) => pick.hide();

  readonly didOpen = new EventEmitter<TextDocument>();
  readonly didClose = new EventEmitter<TextDocument>();
  readonly didSave = new EventEmitter<TextDocument>();
  readonly didChange = new EventEmitter<{
    document: TextDocument;
    contentChanges: readonly ContentChange[];
    reason: undefined;
  }>();
  readonly didChangeEditor = new EventEmitter<TextEditor | undefined>();
  readonly didChangeVisibleEditors = new EventEmitter<readonly TextEditor[]>();
  readonly didChangeSelection = new EventEmitter<{ textEditor: TextEditor; selections: readonly Selection[] }>();
  readonly didChangeExtensions = new EventEmitter<void>();
  readonly didChangeDiagnostics = new EventEmitter<{ readonly uris: readonly Uri[] }>();
  readonly didChangeConfiguration = new EventEmitter<{ affectsConfiguration: (section: string) => boolean }>();
  readonly didChangeFolders = new EventEmitter<unknown>();
  /** Files on disk, as watchers are told of them. */
  readonly didChangeFile = new EventEmitter<Uri>();
  readonly didCreateFile = new EventEmitter<Uri>();
  readonly didDeleteFile = new EventEmitter<Uri>();
  /** Watchers that are not disposed of. */
  watchers = 0;
  readonly didGrantTrust = new EventEmitter<void>();

  /** The texts that were last told of, by their documents. */
  readonly #texts = new WeakMap<TextDocument, string>();
  readonly #clicks: Script<string>[] = [];
  readonly #picks: Script<string | readonly string[] | undefined>[] = [];
  readonly #inputs: Script<string | undefined>[] = [];
  readonly #dialogs: Script<readonly Uri[] | undefined>[] = [];

  constructor(root: string, folders: readonly string[]) {
    this.root = root;
    this.folders = folders.map((name, index) => ({ uri: Uri.file(path.join(root, name)), name, index }));
  }

  // ---- what the user will do ----

  /** The user will click on this button of the next message whose text or detail matches. */
  willClick(about: RegExp, button: string): void {
    this.#clicks.push({ about, what: `click on ${button}`, act: button });
  }

  /** The user will choose the entry with this label from the next list whose title matches; undefined closes it. */
  willPick(about: RegExp, label: string | readonly string[] | undefined): void {
    this.#picks.push({ about, what: `pick ${String(label)}`, act: label });
  }

  /** The user will type this into the next box whose title or prompt matches; undefined closes it. */
  willType(about: RegExp, text: string | undefined): void {
    this.#inputs.push({ about, what: `type ${text}`, act: text });
  }

  /** The user will choose these files in the next dialog. */
  willChooseFiles(...files: readonly Uri[]): void {
    this.#dialogs.push({ about: /./, what: `choose ${files.join()}`, act: files.length > 0 ? files : undefined });
  }

  /** Throws if the user was to do something to which it never came. */
  checkScripts(): void {
    const left = [...this.#clicks, ...this.#picks, ...this.#inputs, ...this.#dialogs];
    assert.deepEqual(
      left.map(({ about, what }) => `${what} at ${about}`),
      [],
      `never asked; the user saw: ${JSON.stringify(this.messages.map(({ text }) => text))}`,
    );
  }

  // ---- what the user sees ----

  /** The texts of all messages so far. */
  get said(): readonly string[] {
    return this.messages.map(({ text }) => text);
  }

  message(kind: Message['kind'], text: string, rest: readonly unknown[]): string | undefined {
    const options = typeof rest[0] === 'object' ? (rest[0] as { modal?: boolean; detail?: string }) : {};
    const buttons = rest.filter((each) => typeof each === 'string');
    const { modal = false, detail } = options;
    this.messages.push({ kind, text, modal, detail, buttons });
    const script = take(this.#clicks, `${text}\n${detail ?? ''}`);
    if (!script) return undefined;
    assert.ok(buttons.includes(script.act), `“${text}” has no button ${script.act}: ${JSON.stringify(buttons)}`);
    return script.act;
  }

  pick(items: readonly (string | PickItem)[], options: vscode.QuickPickOptions = {}): unknown {
    const title = [options.title, options.placeHolder].filter(Boolean).join('\n');
    const script = take(this.#picks, title);
    if (!script || script.act === undefined) return undefined;
    const find = (label: string): unknown => {
      const item = items.find((each) => (typeof each === 'string' ? each : each.label) === label);
      assert.ok(item, `“${title}” has no entry ${label}: ${JSON.stringify(items)}`);
      return item;
    };
    return typeof script.act === 'string' ? find(script.act) : script.act.map(find);
  }

  async input(options: vscode.InputBoxOptions = {}): Promise<string | undefined> {
    const script = take(this.#inputs, [options.title, options.prompt, options.placeHolder].filter(Boolean).join('\n'));
    if (!script || script.act === undefined) return undefined;
    const refusal = await options.validateInput?.(script.act);
    assert.ok(!refusal, `${script.act} is refused: ${typeof refusal === 'object' ? refusal?.message : refusal}`);
    return script.act;
  }

  dialog(): readonly Uri[] | undefined {
    return take(this.#dialogs, '.')?.act;
  }

  async withProgress<T>(
    options: { readonly title?: string },
    task: (progress: { report: () => void }, token: CancellationTokenSource['token']) => PromiseLike<T>,
  ): Promise<T> {
    const source = new CancellationTokenSource();
    this.progress.push({ title: options.title ?? '', cancel: () => source.cancel() });
    return task({ report: () => undefined }, source.token);
  }

  // ---- files and documents ----

  /** A file of the first folder by its path. */
  uri(name: string): Uri {
    const [folder] = this.folders;
    assert.ok(folder, 'no folder is open');
    return Uri.joinPath(folder.uri, name);
  }

  /** Writes a file on disk. */
  write(name: string, text: string | Uint8Array): Uri {
    const uri = this.uri(name);
    fs.mkdirSync(path.dirname(uri.fsPath), { recursive: true });
    fs.writeFileSync(uri.fsPath, text);
    return uri;
  }

  /** What is on disk; null if there is no such file. */
  onDisk(name: string | Uri): string | null {
    const { fsPath } = typeof name === 'string' ? this.uri(name) : name;
    return fs.existsSync(fsPath) ? fs.readFileSync(fsPath, 'utf8') : null;
  }

  /** What the user sees: the text of the open document, else the file. */
  text(name: string | Uri): string | null {
    const uri = typeof name === 'string' ? this.uri(name) : name;
    return this.find(uri)?.getText() ?? this.onDisk(uri);
  }

  find(uri: Uri): TextDocument | undefined {
    return this.documents.find((document) => document.uri.toString() === uri.toString());
  }

  async open(uri: Uri, language?: string): Promise<TextDocument> {
    const known = this.find(uri);
    if (known) return known;
    const text = await this.#load(uri);
    return this.add(uri, text, language);
  }

  /** Opens a document with this text, whatever is on disk. */
  add(uri: Uri, text: string, language = languageOf(uri)): TextDocument {
    const document = new TextDocument(uri, text, language, (saved) => this.#save(saved));
    this.#texts.set(document, text);
    this.documents.push(document);
    this.didOpen.fire(document);
    return document;
  }

  /** Shows a document in an editor, which becomes the active one; lines and characters from 0. */
  async show(name: string | Uri, ...[line = 0, character = 0, endLine = line, end = character]: number[]) {
    const document = await this.open(typeof name === 'string' ? this.uri(name) : name);
    const editor = this.showDocument(document);
    editor.selection = new Selection(line, character, endLine, end);
    return editor;
  }

  showDocument(document: TextDocument, selection?: Range): TextEditor {
    this.addTab(path.posix.basename(document.uri.path), new TabInputText(document.uri));
    let editor = this.editors.find((each) => each.document === document);
    if (!editor) {
      const revealed: Range[] = [];
      let selected: readonly Selection[] = [new Selection(0, 0, 0, 0)];
      editor = {
        document,
        get selection() {
          return selected[0] ?? new Selection(0, 0, 0, 0);
        },
        set selection(value) {
          selected = [value];
        },
        get selections() {
          return selected;
        },
        set selections(values) {
          selected = values;
        },
        revealed,
        revealRange: (range) => void revealed.push(range),
        visibleRanges: [new Range(0, 0, 60, 0)],
        decorations: new Map(),
        setDecorations: (type, ranges) => void editor?.decorations.set(type, ranges),
        viewColumn: 1,
        edit: (build) => this.#editIn(document, build),
      };
      this.editors.push(editor);
    }
    if (selection) editor.selection = new Selection(selection.start, selection.end);
    this.activeEditor = editor;
    this.didChangeEditor.fire(editor);
    return editor;
  }

  async #editIn(document: TextDocument, build: (edit: EditBuilder) => void): Promise<boolean> {
    if (this.readOnly.has(document.uri.toString())) return false;
    const edits: { range: Range; newText: string }[] = [];
    const replace = (where: Range | Position, newText: string): void =>
      void edits.push({ range: where instanceof Position ? new Range(where, where) : where, newText });
    build({ replace, insert: replace });
    document.apply(edits);
    document.isDirty = true;
    this.#changed(document);
    return true;
  }

  /** The user types: the document holds this now, and is not saved. */
  type(name: string | Uri, text: string): void {
    const document = this.find(typeof name === 'string' ? this.uri(name) : name);
    assert.ok(document, 'the document is not open');
    document.replaceAll(text);
    document.isDirty = true;
    this.#changed(document);
  }

  addTab(label: string, input: Tab['input'], uris = urisOf(input)): Tab {
    for (const tab of this.tabs) tab.isActive = false;
    const same = input instanceof TabInputText ? this.tabs.find((tab) => isSame(tab.input, input)) : undefined;
    const tab = same ?? { label, input, uris, isActive: true };
    tab.isActive = true;
    if (!same) this.tabs.push(tab);
    return tab;
  }

  get activeTab(): Tab | undefined {
    return this.tabs.find(({ isActive }) => isActive);
  }

  /** Closes tabs, and the documents that no tab shows any more. */
  closeTabs(tabs: readonly Tab[]): void {
    for (const tab of tabs) this.tabs.splice(this.tabs.indexOf(tab), 1);
    if (!this.activeTab && this.tabs.length > 0) this.tabs.at(-1)!.isActive = true;
    const shown = new Set(this.tabs.flatMap(({ uris }) => uris.map((uri) => uri.toString())));
    for (const uri of tabs.flatMap(({ uris }) => uris)) {
      const document = this.find(uri);
      // What is not saved is kept: VS Code opens an editor of its own for it.
      if (!document || document.isDirty || shown.has(uri.toString())) continue;
      this.documents.splice(this.documents.indexOf(document), 1);
      const at = this.editors.findIndex((editor) => editor.document === document);
      if (at >= 0) this.editors.splice(at, 1);
      if (this.activeEditor?.document === document) this.activeEditor = undefined;
      document.isClosed = true;
      this.didClose.fire(document);
    }
  }

  /** Shows two documents beside each other, as `vscode.diff` does. */
  async showDiff(before: Uri, after: Uri, label: string): Promise<void> {
    await this.open(before);
    const modified = await this.open(after);
    this.showDocument(modified);
    this.tabs.pop();
    this.addTab(label, new TabInputTextDiff(before, after));
  }

  /** The editor of several diffs; the number of files is part of its title. */
  async showDiffs(title: string, resources: readonly (readonly [of: Uri, before: Uri, after: Uri])[]): Promise<void> {
    const uris = resources.flatMap(([, before, after]) => [before, after]);
    for (const uri of uris) await this.open(uri);
    this.addTab(`${title} (${resources.length} files)`, undefined, uris);
  }

  /** The text of a proposed document has changed: VS Code asks its provider again. */
  async reload(uri: Uri): Promise<void> {
    const document = this.find(uri);
    if (!document) return;
    document.replaceAll(await this.#load(uri));
    this.#changed(document);
  }

  /** Writes an edit as one step. False, and nothing is changed, if one of its changes is impossible. */
  async applyEdit(edit: WorkspaceEdit, options: { readonly isRefactoring?: boolean } = {}): Promise<boolean> {
    const asked = edit.entriesInOrder.some(({ metadata }) => metadata?.needsConfirmation);
    const entries = asked ? this.preview(edit.entriesInOrder) : edit.entriesInOrder;
    if (!entries || !entries.every((entry) => this.#isPossible(entry))) return false;
    const touched = new Set<TextDocument>();
    const texts = Map.groupBy(
      entries.filter((entry) => entry.kind === 'text'),
      ({ uri }) => uri.toString(),
    );
    for (const entry of entries) if (entry.kind !== 'text') await this.#changeFile(entry);
    for (const [, changes] of texts) {
      const document = await this.open(changes[0]!.uri);
      document.apply(changes);
      document.isDirty = true;
      touched.add(document);
      this.#changed(document);
    }
    // `files.refactoring.autoSave` is on by default, and saves what several files were changed by.
    if (options.isRefactoring && touched.size > 1) for (const document of touched) await document.save();
    this.applied.push(edit);
    return true;
  }

  #isPossible(entry: EditEntry): boolean {
    if (this.readOnly.has(entry.uri.toString())) return false;
    const isThere = this.text(entry.uri) !== null || entry.uri.scheme === 'untitled';
    if (entry.kind === 'create') return !isThere || Boolean(entry.options.overwrite ?? entry.options.ignoreIfExists);
    if (entry.kind === 'delete') return isThere || entry.options.ignoreIfNotExists === true;
    return isThere;
  }

  async #changeFile(entry: Exclude<EditEntry, { kind: 'text' }>): Promise<void> {
    const { fsPath } = entry.uri;
    if (entry.kind === 'delete') {
      fs.rmSync(fsPath, { force: true });
      this.closeTabs(this.tabs.filter(({ uris }) => uris.some((uri) => uri.toString() === entry.uri.toString())));
      const left = this.find(entry.uri);
      if (left) this.documents.splice(this.documents.indexOf(left), 1);
      return;
    }
    if (fs.existsSync(fsPath) && entry.options.overwrite !== true) return;
    fs.mkdirSync(path.dirname(fsPath), { recursive: true });
    fs.writeFileSync(fsPath, entry.options.contents ?? '');
  }

  async #load(uri: Uri): Promise<string> {
    const remote = this.remoteFiles.get(uri.toString());
    if (remote) return new TextDecoder().decode(remote);
    if (uri.scheme === 'untitled') return '';
    if (uri.scheme === 'file') return fs.promises.readFile(uri.fsPath, 'utf8');
    const provide = this.contentProviders.get(uri.scheme);
    if (!provide) throw new Error(`cannot open ${uri.toString()}. Detail: Unable to resolve resource`);
    return String((await provide(uri)) ?? '');
  }

  async #save(document: TextDocument): Promise<boolean> {
    if (document.uri.scheme !== 'file') return false;
    fs.writeFileSync(document.uri.fsPath, document.getText());
    document.isDirty = false;
    this.didSave.fire(document);
    return true;
  }

  #changed(document: TextDocument): void {
    const change = changeBetween(this.#texts.get(document) ?? '', document.getText());
    this.#texts.set(document, document.getText());
    this.didChange.fire({ document, contentChanges: change ? [change] : [], reason: undefined });
  }
}

interface ContentChange {
  readonly range: Range;
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** The change from one text to another, as one replacement of what lies between their common ends. */
function changeBetween(before: string, after: string): ContentChange | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const placeAt = (offset: number): Position => {
    const lines = before.slice(0, offset).split(/\r?\n/);
    return new Position(lines.length - 1, lines.at(-1)?.length ?? 0);
  };
  const range = new Range(placeAt(start), placeAt(before.length - end));
  const rangeLength = before.length - end - start;
  return { range, rangeOffset: start, rangeLength, text: after.slice(start, after.length - end) };
}

const urisOf = (input: Tab['input']): readonly Uri[] =>
  input instanceof TabInputText
    ? [input.uri]
    : input instanceof TabInputTextDiff
      ? [input.original, input.modified]
      : [];

const isSame = (a: Tab['input'], b: TabInputText): boolean =>
  a instanceof TabInputText && a.uri.toString() === b.uri.toString();

/** The first script that fits, which is used up. */
function take<T>(scripts: Script<T>[], text: string): Script<T> | undefined {
  const at = scripts.findIndex(({ about }) => about.test(text));
  return at < 0 ? undefined : scripts.splice(at, 1)[0];
}

export interface HostOptions {
  /** Files of the first folder by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names of the open folders; `[]` for a window without one. Default: `['project']`. */
  readonly folders?: readonly string[];
}

let current: Host | undefined;

/** The editor of the running test. @throws if the test did not start one */
export function host(): Host {
  assert.ok(current, 'this code asks VS Code for something: call startHost(t) at the start of the test');
  return current;
}

/**
 * Starts an editor for one test, with real files in a folder of their own. When the test is over, it fails if the user
 * was to do something that nothing asked for.
 */
export function startHost(t: TestContext, { files = {}, folders = ['project'] }: HostOptions = {}): Host {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-editor-')));
  const started = new Host(root, folders);
  for (const { uri } of started.folders) fs.mkdirSync(uri.fsPath, { recursive: true });
  for (const [name, text] of Object.entries(files)) started.write(name, text);
  current = started;
  t.after(async () => {
    for (const end of started.ends) await end();
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    started.checkScripts();
  });
  return started;
}
