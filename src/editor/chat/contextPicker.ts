import { t } from '@vscode/l10n';
import path from 'node:path';
import { lookup } from 'node:dns/promises';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import {
  findLines,
  formatFound,
  formatProblems,
  joinFiles,
  leftOutRemark,
  linksRemark,
  rankPaths,
  type FoundLine,
  type Gathered,
  type Problem,
  type SourceFile,
} from '../../core/chat/context.ts';
import type { PromptContext } from '../../core/chat/promptFiles.ts';
import type { Attachment, AttachmentKind } from '../../core/chat/conversation.ts';
import { fetchPage } from '../../core/chat/webPage.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { estimateTokens, PICTURE_TOKENS } from '../../core/common/tokens.ts';
import type { Picture } from '../../core/common/types.ts';
import type { SuggestionView } from '../../protocol/chat.ts';
import { attach, attachSymbol } from './attach.ts';
import { mayLeave, mayLeaveByName } from '../platform/mayLeave.ts';
import { currentEditor, labelOf, pathOf, withWholeSecrets } from '../platform/activeEditor.ts';
import { isInWorkspace, judgeDocument } from '../platform/contextFiles.ts';
import { listFiles, readText } from '../platform/files.ts';
import { diffOf, repositoryOf, type Repository } from '../platform/git.ts';
import { symbolsAround } from '../platform/symbolsAround.ts';
import { sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import { plural } from '../../core/common/language.ts';
import { showWarningMessage } from '../platform/messages.ts';

/** Longest text of one piece of context that is gathered from several places, in characters. */
const MOST_CHARACTERS = 400_000;
const MOST_PROBLEMS = 200;
const MOST_MATCHES = 300;
/** A search ends after this long with what it has, in ms. */
const SEARCH_MS = 5_000;
/** How long a list of files stays good, in ms: it is asked for at every key. */
const FRESH_MS = 10_000;
/** The same where no file of the list matches, in ms. */
const MISSED_MS = 1_000;
const ROWS = 20;

/** One thing that can be chosen. Without `take` it only narrows the list down. */
interface Choice {
  readonly icon: string;
  readonly label: string;
  readonly detail?: string;
  readonly insert: string;
  readonly unavailable?: string;
  readonly take?: () => Promise<Attachment | undefined>;
}

type Source = (query: string) => Promise<readonly Choice[]> | readonly Choice[];

export interface ContextParts {
  /** Whether web pages may be fetched. */
  readonly urls: () => boolean;
  readonly trusted: () => boolean;
  readonly fetch: typeof globalThis.fetch;
  /** The index of the workspace: what it says of itself once it is loaded, and how it is started. */
  readonly codebase: { readonly status: () => string; readonly start: () => void };
}

/**
 * The context that the user can add to a question, by the word after the `@`. Every offered entry gets an id here; the page
 * knows no paths and chooses by id.
 */
export class ContextPicker {
  readonly #parts: ContextParts;
  readonly #issued = new Map<string, () => Promise<Attachment | undefined>>();
  #files: { at: number; list: ReturnType<typeof listFiles> } | undefined;

  readonly #sources: Readonly<Record<string, Source>> = {
    file: (query) => this.#fileChoices(query, ROWS),
    folder: (query) => this.#folderChoices(query),
    symbol: symbolChoices,
    search: (query) => this.#searchChoices(query),
    url: (query) => this.#urlChoices(query),
  };

  constructor(parts: ContextParts) {
    this.#parts = parts;
  }

  /** The entries that match. An empty mention and query lists everything there is. */
  async suggest(mention: string, query: string): Promise<SuggestionView[]> {
    const source = Object.hasOwn(this.#sources, mention) ? this.#sources[mention] : undefined;
    const choices = source ? await source(query) : await this.#everything(mention || query.toLowerCase(), query);
    return choices.map((choice) => this.#issue(choice));
  }

  /** The attachment that a suggestion stands for; undefined when it is not (or no longer) to be had. */
  async take(suggestionId: string): Promise<Attachment | undefined> {
    return this.#issued.get(suggestionId)?.();
  }

  /**
   * The context of a prompt when the user attached nothing: the first available entry of each group. What the user decides
   * not to send is not replaced by something else.
   *
   * @param leaveOut what the user has removed
   */
  async gather(
    groups: readonly (readonly PromptContext[])[],
    leaveOut: readonly PromptContext[] = [],
  ): Promise<Attachment[]> {
    const found: Attachment[] = [];
    for (const group of groups) {
      if (group.some((context) => leaveOut.includes(context))) continue;
      for (const context of group) {
        const take = await this.#offered(context);
        const attachment = await take?.();
        if (attachment) found.push(attachment);
        if (take) break;
      }
    }
    return found;
  }

  /** How to take a context; undefined where there is none right now. */
  async #offered(context: PromptContext): Promise<(() => Promise<Attachment | undefined>) | undefined> {
    const editor = currentEditor();
    switch (context) {
      case 'selection':
        return editor && !editor.selection.isEmpty ? () => attach(editor, 'selection') : undefined;
      case 'symbol': {
        const around = editor ? await symbolsAround(editor.document, editor.selection.active) : [];
        return editor && around.length > 0 ? () => attachSymbol(editor) : undefined;
      }
      case 'file':
        return editor && (() => attach(editor, 'file'));
      case 'problems': {
        const here = editor ? problemsIn().filter(({ path: where }) => where === pathOf(editor.document.uri)) : [];
        return here.length ? () => takeProblems(here) : undefined;
      }
      case 'staged':
      case 'changes': {
        const cached = context === 'staged';
        const repository = await repositoryOf(editor?.document.uri);
        const { indexChanges = [], workingTreeChanges = [] } = repository?.state ?? {};
        const any = (cached ? indexChanges : workingTreeChanges).length > 0;
        return repository && any ? () => takeDiff(repository, cached) : undefined;
      }
      case 'terminal':
        return vscode.window.activeTerminal && (() => takeTerminal().catch(giveUp('text of the terminal')));
    }
  }

  /** Text that was pasted, or that of a file which was dropped from outside the editor. */
  async pasted(name: string, text: string): Promise<Attachment | undefined> {
    if (name && !(await mayLeaveByName(name))) return undefined;
    const lines = text.split('\n').length;
    return {
      id: crypto.randomUUID(),
      kind: 'pasted',
      label: name || plural(lines, t('pasted text, {0} line', lines), t('pasted text, {0} lines', lines)),
      path: '',
      language: path.posix.extname(name).slice(1),
      text,
      notes: '',
      tokens: estimateTokens(text),
    };
  }

  picture({ name, mime, data }: { readonly name: string } & Picture): Attachment {
    const kilobytes = Math.max(1, Math.round((data.length * 0.75) / 1000));
    return {
      id: crypto.randomUUID(),
      kind: 'image',
      label: name || t('picture, {0} kB', kilobytes),
      path: '',
      language: '',
      text: '',
      notes: '',
      picture: { mime, data },
      tokens: PICTURE_TOKENS,
    };
  }

  /** Files and folders of the workspace; files elsewhere are not read, even when a message says that they were dropped. */
  async dropped(uris: readonly string[]): Promise<Attachment[]> {
    const found: Attachment[] = [];
    for (const text of uris) {
      const uri = asSeenHere(vscode.Uri.parse(text));
      if (!isInWorkspace(uri)) {
        void showWarningMessage(t('Only files from this workspace can be dropped here.'));
        continue;
      }
      const type = await vscode.workspace.fs.stat(uri).then(
        (stat) => stat.type,
        () => vscode.FileType.Unknown,
      );
      const taken = type & vscode.FileType.Directory ? takeFolder(pathOf(uri), uri) : takeFile(uri);
      const attachment = await taken.catch((error: unknown) => {
        void showWarningMessage(error instanceof Error ? error.message : String(error));
        return undefined;
      });
      if (attachment) found.push(attachment);
    }
    return found;
  }

  #issue({ icon, label, detail = '', insert, unavailable = '', take }: Choice): SuggestionView {
    const id = crypto.randomUUID();
    if (take && !unavailable) this.#issued.set(id, take);
    for (const old of this.#issued.keys()) {
      if (this.#issued.size <= 500) break;
      this.#issued.delete(old);
    }
    return { id, icon, label, detail, insert, more: !take, unavailable };
  }

  async #everything(word: string, query: string): Promise<readonly Choice[]> {
    const matching = (await this.#kinds()).filter(({ insert, label }) =>
      [insert, label].some((name) => name.slice(1).toLowerCase().startsWith(word)),
    );
    // The first row is chosen by Enter, so it must be one that can be.
    const kinds = [
      ...matching.filter(({ unavailable }) => !unavailable),
      ...matching.filter(({ unavailable }) => unavailable),
    ];
    const files = query ? await this.#fileChoices(query, 10) : [];
    const named = new Set(kinds.map(({ insert }) => insert));
    return [...kinds, ...files.filter(({ insert }) => !named.has(insert))];
  }

  /** The first list: what is there to be taken at once, then what needs to be looked for. */
  async #kinds(): Promise<readonly Choice[]> {
    const editor = currentEditor();
    const selected = editor && !editor.selection.isEmpty;
    const problems = problemsIn();
    const repository = await repositoryOf(editor?.document.uri);
    const staged = repository?.state.indexChanges.length ?? 0;
    const changed = repository?.state.workingTreeChanges.length ?? 0;
    const more = (icon: string, name: string, detail: string): Choice => ({
      icon,
      label: `@${name}`,
      detail,
      insert: `@${name}:`,
    });
    const diff = (cached: boolean, count: number): Choice => ({
      icon: 'diff',
      label: cached ? '@diff:staged' : '@diff',
      detail: cached
        ? plural(count, t('{0} staged file', count), t('{0} staged files', count))
        : plural(count, t('{0} changed file, not staged', count), t('{0} changed files, not staged', count)),
      insert: cached ? '@diff:staged ' : '@diff ',
      unavailable: repository ? (count ? '' : t('Nothing changed')) : t('No git repository'),
      take: () => (repository ? takeDiff(repository, cached) : Promise.resolve(undefined)),
    });
    return [
      {
        icon: 'list-selection',
        label: '@selection',
        detail: selected ? labelOf(editor.document.uri, editor.selection) : '',
        insert: '@selection ',
        unavailable: selected ? '' : t('Nothing is selected in the editor'),
        take: async () => editor && attach(editor, 'selection'),
      },
      ...(editor
        ? [
            {
              icon: 'file-code',
              label: '@currentFile',
              detail: pathOf(editor.document.uri),
              insert: `@${pathOf(editor.document.uri)} `,
              take: () => attach(editor, 'file'),
            },
          ]
        : []),
      more('file', 'file', t('A file in the workspace')),
      more('folder', 'folder', t('The files of a folder')),
      more('symbol-method', 'symbol', t('A function, class or type')),
      {
        icon: 'warning',
        label: '@problems',
        detail: t('{0} in the workspace', problems.length),
        insert: '@problems ',
        unavailable: problems.length ? '' : t('There are no problems'),
        take: () => takeProblems(problemsIn()),
      },
      diff(false, changed),
      diff(true, staged),
      {
        icon: 'terminal',
        label: '@terminal',
        detail: t('The terminal selection'),
        insert: '@terminal ',
        unavailable: vscode.window.activeTerminal ? '' : t('No terminal is open'),
        take: takeTerminal,
      },
      {
        icon: 'library',
        label: '@codebase',
        detail: this.#parts.codebase.status(),
        insert: '@codebase ',
        unavailable: (vscode.workspace.workspaceFolders ?? []).length > 0 ? '' : t('No folder is open'),
        // The pieces are looked for when the question is asked; until then the index is made.
        take: () => {
          this.#parts.codebase.start();
          return Promise.resolve(undefined);
        },
      },
      more('search', 'search', t('Lines in the workspace that contain the given text')),
      ...(this.#parts.urls() ? [more('globe', 'url', t('A web page'))] : []),
    ];
  }

  /** The list of files, which is looked up once for many keys. */
  async files(freshMs = FRESH_MS): Promise<readonly vscode.Uri[]> {
    if (!this.#files || Date.now() - this.#files.at > freshMs) this.#files = { at: Date.now(), list: listFiles() };
    return (await this.#files.list).files;
  }

  async #fileChoices(query: string, most: number): Promise<readonly Choice[]> {
    const known = this.#fileChoicesOf(await this.files(), query, most);
    // A file that was just made is not in the list yet.
    return known.length > 0 || !query ? known : this.#fileChoicesOf(await this.files(MISSED_MS), query, most);
  }

  #fileChoicesOf(list: readonly vscode.Uri[], query: string, most: number): readonly Choice[] {
    const files = new Map(list.map((uri) => [pathOf(uri), uri]));
    // Without a query those that are open come first.
    const names = query
      ? [...files.keys()]
      : [...new Set([...openPaths().filter((p) => files.has(p)), ...files.keys()])];
    return rankPaths(names, query, most).map((name) => ({
      icon: 'file',
      label: path.posix.basename(name),
      detail: path.posix.dirname(name) === '.' ? '' : path.posix.dirname(name),
      insert: `@${name} `,
      take: async () => takeFile(files.get(name)),
    }));
  }

  async #folderChoices(query: string): Promise<readonly Choice[]> {
    const names = new Set<string>();
    const folders = new Map<string, vscode.Uri>();
    for (const uri of await this.files()) {
      const root = vscode.workspace.getWorkspaceFolder(uri)?.uri;
      for (let folder = uri; root && folder.path.length > root.path.length;) {
        folder = vscode.Uri.joinPath(folder, '..');
        const name = folder.path === root.path ? path.posix.basename(root.path) : pathOf(folder);
        if (names.has(name)) break;
        names.add(name);
        folders.set(name, folder);
      }
    }
    return rankPaths([...names].sort(), query, ROWS).map((name) => ({
      icon: 'folder',
      label: name,
      insert: `@${name} `,
      take: async () => takeFolder(name, folders.get(name)),
    }));
  }

  #searchChoices(query: string): readonly Choice[] {
    if (query.trim().length < 2) return [];
    return [
      {
        icon: 'search',
        label: t('Lines with “{0}”', query),
        detail: t('in the files of this workspace'),
        insert: `@search:"${query}" `,
        take: async () => takeSearch(query, await this.files()),
      },
    ];
  }

  #urlChoices(query: string): readonly Choice[] {
    if (!this.#parts.urls()) return [];
    const address = /^https?:\/\/./i.test(query) ? query : `https://${query}`;
    if (query.length < 4 || !URL.canParse(address)) return [];
    return [
      {
        icon: 'globe',
        label: address,
        detail: t('The page is fetched when you select this'),
        insert: `@${address} `,
        unavailable: this.#parts.trusted() ? '' : t('This workspace is not trusted'),
        take: async () => {
          const page = await fetchPage(address, this.#parts.fetch, lookUp);
          const gathered = { text: sliceBetweenSecrets(page.text, 0, MOST_CHARACTERS), remarks: [] };
          return make('url', page.address, gathered, page.title);
        },
      },
    ];
  }
}

function make(kind: AttachmentKind, label: string, { text, remarks }: Gathered, notes = ''): Attachment | undefined {
  if (!text.trim()) return undefined;
  return {
    id: crypto.randomUUID(),
    kind,
    label,
    path: '',
    language: kind === 'diff' ? 'diff' : '',
    text,
    notes,
    remarks,
    tokens: estimateTokens(text) + estimateTokens(notes),
  };
}

/** The files of the open tabs, the most recent group first. */
const openPaths = (): string[] =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .sort((a, b) => Number(b.isActive) - Number(a.isActive))
    .flatMap(({ input }) => (input instanceof vscode.TabInputText ? [pathOf(input.uri)] : []));

/** A file of the workspace as context; undefined when the user decides against it. */
export async function takeFile(uri: vscode.Uri | undefined): Promise<Attachment | undefined> {
  if (!uri || !(await mayLeave(uri))) return undefined;
  const found = await readText(uri, true);
  if (found.kind !== 'read') throw new Error(t('{0} is too large to be attached, or is not text.', pathOf(uri)));
  const { path: name, text } = found.file;
  const made = make('file', name, { text, remarks: [] });
  return made && { ...made, path: name, language: languageOf(uri) };
}

/** By the open document, else by the name: what is behind the dot is what models know the language by. */
function languageOf(uri: vscode.Uri): string {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open?.languageId ?? path.posix.extname(uri.path).slice(1);
}

async function takeFolder(name: string, folder: vscode.Uri | undefined): Promise<Attachment | undefined> {
  if (!folder) return undefined;
  const { files, secrets } = await listFiles(folder);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const read: SourceFile[] = [];
  const leftOut = { secret: secrets, outside: 0 };
  let size = 0;
  for (const uri of sorted) {
    // Files beyond the limit are only named, so their text need not be read.
    if (size > MOST_CHARACTERS) {
      read.push({ path: pathOf(uri), text: ' '.repeat(MOST_CHARACTERS) });
      continue;
    }
    const found = await readText(uri);
    if (found.kind === 'left-out') leftOut[found.reason]++;
    if (found.kind !== 'read') continue;
    read.push(found.file);
    size += found.file.text.length;
  }
  const { text, remarks } = joinFiles(read, MOST_CHARACTERS);
  const all = [...remarks, ...leftOutRemark(leftOut.secret), ...linksRemark(leftOut.outside)];
  const made = make('folder', name, { text, remarks: all });
  if (!made) throw new Error([t('{0} holds no text that can be attached.', name), ...all].join(' '));
  return made;
}

async function takeSearch(needle: string, files: readonly vscode.Uri[]): Promise<Attachment | undefined> {
  const until = Date.now() + SEARCH_MS;
  const found: FoundLine[] = [];
  const leftOut = { secret: 0, outside: 0 };
  let searched = 0;
  for (const uri of files) {
    if (found.length >= MOST_MATCHES || Date.now() > until) break;
    const read = await readText(uri);
    searched++;
    if (read.kind === 'left-out') leftOut[read.reason]++;
    if (read.kind === 'read') found.push(...findLines(read.file, needle, MOST_MATCHES - found.length));
  }
  const remarks = [
    ...(searched < files.length ? [t('The search ended after {0} of {1} files.', searched, files.length)] : []),
    ...leftOutRemark(leftOut.secret),
    ...linksRemark(leftOut.outside),
  ];
  if (!found.length) throw new Error([t('No line in the workspace contains “{0}”.', needle), ...remarks].join(' '));
  return make('search', t('search “{0}”', needle), { text: formatFound(found), remarks });
}

/** The symbols of the open folders that the language servers find for a query. */
export async function workspaceSymbols(query: string): Promise<readonly vscode.SymbolInformation[]> {
  const found = await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
    'vscode.executeWorkspaceSymbolProvider',
    query,
  );
  return (found ?? []).filter(({ location }) => vscode.workspace.getWorkspaceFolder(location.uri));
}

async function symbolChoices(query: string): Promise<readonly Choice[]> {
  const found = query ? await workspaceSymbols(query) : await symbolsOfEditor();
  return found.slice(0, ROWS).map(({ name, location, containerName }) => ({
    icon: 'symbol-method',
    label: name,
    detail: [containerName, pathOf(location.uri)].filter(Boolean).join(' · '),
    insert: `@${name.replace(/\(.*/, '')} `,
    take: () => takeSymbol(name, location),
  }));
}

/** The symbols of the active editor, all levels. */
async function symbolsOfEditor(): Promise<vscode.SymbolInformation[]> {
  const editor = currentEditor();
  if (!editor) return [];
  const { uri } = editor.document;
  const flat = (symbols: readonly vscode.DocumentSymbol[], container: string): vscode.SymbolInformation[] =>
    symbols.flatMap(({ name, kind, range, children }) => [
      new vscode.SymbolInformation(name, kind, container, new vscode.Location(uri, range)),
      ...flat(children, name),
    ]);
  return flat(await documentSymbols(uri), '');
}

async function documentSymbols(uri: vscode.Uri): Promise<readonly vscode.DocumentSymbol[]> {
  const found = await vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
    'vscode.executeDocumentSymbolProvider',
    uri,
  );
  return (found ?? []).filter((symbol): symbol is vscode.DocumentSymbol => 'children' in symbol);
}

/** The whole of a symbol: what workspace symbols give is often only where its name is. */
export async function takeSymbol(name: string, { uri, range }: vscode.Location): Promise<Attachment | undefined> {
  if (!(await mayLeave(uri))) return undefined;
  const document = await vscode.workspace.openTextDocument(uri);
  let whole = range;
  for (let level = await documentSymbols(uri); ;) {
    const around = level.find((symbol) => symbol.range.contains(range.start));
    if (!around) break;
    whole = around.range;
    if (around.selectionRange.contains(range.start) || around.name === name) break;
    level = around.children;
  }
  whole = withWholeSecrets(document, whole);
  const made = make('symbol', `${name} · ${labelOf(uri, whole)}`, { text: document.getText(whole), remarks: [] });
  return made && { ...made, path: pathOf(uri), language: document.languageId };
}

interface FoundProblem extends Problem {
  readonly uri: vscode.Uri;
}

/** Errors and warnings of the workspace, without those of files that may hold secrets. */
function problemsIn(): FoundProblem[] {
  return vscode.languages.getDiagnostics().flatMap(([uri, diagnostics]) => {
    if (!vscode.workspace.getWorkspaceFolder(uri) || isSecretFile(uri.path)) return [];
    return diagnostics
      .filter(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
      .map(({ range, severity, message, source, code }) => ({
        uri,
        path: pathOf(uri),
        line: range.start.line + 1,
        severity: severity === vscode.DiagnosticSeverity.Error ? ('error' as const) : ('warning' as const),
        message,
        source: [source, typeof code === 'object' ? code.value : code].filter((part) => part !== undefined).join(' '),
      }));
  });
}

/** Problems quote what is in a file, so a file that may not be read is not quoted either. */
async function takeProblems(found: readonly FoundProblem[]): Promise<Attachment | undefined> {
  const files = new Map(found.map(({ uri }) => [uri.toString(), uri]));
  const free = new Set<string>();
  for (const [key, uri] of files) if ((await judgeDocument(uri)) === 'free') free.add(key);
  const problems = found.filter(({ uri }) => free.has(uri.toString()));
  return make('problems', t('problems ({0})', problems.length), formatProblems(problems, MOST_PROBLEMS));
}

async function takeDiff(repository: Repository, staged: boolean): Promise<Attachment | undefined> {
  const gathered = await diffOf(repository, staged ? 'staged' : 'unstaged', MOST_CHARACTERS);
  if (!gathered.text) throw new Error([t('There are no changes to attach.'), ...gathered.remarks].join(' '));
  return make('diff', staged ? t('staged changes') : t('changes'), gathered);
}

/** VS Code tells extensions no terminal selection; its own copy command does, over the clipboard, which is put back. */
export async function takeTerminal(): Promise<Attachment | undefined> {
  const before = await vscode.env.clipboard.readText();
  const mark = crypto.randomUUID();
  let text: string;
  try {
    await vscode.env.clipboard.writeText(mark);
    await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
    text = await vscode.env.clipboard.readText();
  } finally {
    await vscode.env.clipboard.writeText(before);
  }
  if (text === mark || !text.trim()) throw new Error(t('Select the lines in the terminal first.'));
  const name = vscode.window.activeTerminal?.name ?? '';
  return make('terminal', t('terminal'), { text, remarks: [] }, name && t('Output of the terminal {0}', name));
}

/** The window names files of a remote machine by that; an extension that runs on it knows them as its own. */
const asSeenHere = (uri: vscode.Uri): vscode.Uri =>
  uri.scheme === 'vscode-remote' && !isInWorkspace(uri) ? uri.with({ scheme: 'file', authority: '' }) : uri;

const lookUp = async (hostname: string): Promise<string[]> =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);
