/** The plain values of VS Code's API: addresses, places in texts, events. They behave as the API's documentation says. */

import path from 'node:path';

interface UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** VS Code escapes everything but the unreserved characters, and `/` in paths. */
const escape = (part: string, keep: RegExp): string =>
  [...part].map((char) => (keep.test(char) ? char : encodeURIComponent(char).replace(/[!'()*]/g, hex))).join('');
const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

export class Uri implements UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;

  private constructor({ scheme, authority, path, query, fragment }: UriParts) {
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.query = query;
    this.fragment = fragment;
  }

  static file(name: string): Uri {
    const slashes = path.sep === '\\' ? name.replaceAll('\\', '/') : name;
    return Uri.from({ scheme: 'file', path: slashes.startsWith('/') ? slashes : `/${slashes}` });
  }

  static from(parts: Partial<UriParts> & { readonly scheme: string }): Uri {
    const made = { authority: '', path: '', query: '', fragment: '', ...parts };
    if (made.authority && made.path && !made.path.startsWith('/')) made.path = `/${made.path}`;
    return new Uri(made);
  }

  static parse(value: string): Uri {
    const [, scheme = 'file', authority = '', name = '', query = '', fragment = ''] =
      /^(?:([^:/?#]+?):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(value) ?? [];
    const decoded = { authority, path: name, query, fragment };
    for (const key of Object.keys(decoded) as (keyof typeof decoded)[]) {
      try {
        decoded[key] = decodeURIComponent(decoded[key]);
      } catch {
        // What is no escape stays as it was written.
      }
    }
    return Uri.from({ scheme, ...decoded });
  }

  static joinPath(base: Uri, ...parts: string[]): Uri {
    return base.with({ path: path.posix.join(base.path, ...parts) });
  }

  get fsPath(): string {
    if (this.authority && this.scheme === 'file') return `//${this.authority}${this.path}`;
    return path.sep === '\\' ? this.path.replace(/^\/(?=\w:)/, '').replaceAll('/', '\\') : this.path;
  }

  with(change: Partial<UriParts>): Uri {
    return Uri.from({ ...this.toJSON(), ...change });
  }

  toString(skipEncoding = false): string {
    const part = (text: string, keep: RegExp): string => (skipEncoding ? text : escape(text, keep));
    const authority = part(this.authority.toLowerCase(), /[\w.~:-]/);
    return [
      `${this.scheme}:`,
      ...(authority || this.scheme === 'file' ? [`//${authority}`] : []),
      part(this.path, /[\w.~/-]/),
      ...(this.query ? [`?${part(this.query, /[\w.~-]/)}`] : []),
      ...(this.fragment ? [`#${part(this.fragment, /[\w.~-]/)}`] : []),
    ].join('');
  }

  toJSON(): UriParts {
    const { scheme, authority, path, query, fragment } = this;
    return { scheme, authority, path, query, fragment };
  }
}

export class Position {
  readonly line: number;
  readonly character: number;

  constructor(line: number, character: number) {
    if (line < 0 || character < 0) throw new Error('Illegal argument: line and character must be non-negative');
    this.line = line;
    this.character = character;
  }

  compareTo({ line, character }: Position): number {
    return Math.sign(this.line - line || this.character - character);
  }
  isBefore(other: Position): boolean {
    return this.compareTo(other) < 0;
  }
  isBeforeOrEqual(other: Position): boolean {
    return this.compareTo(other) <= 0;
  }
  isAfter(other: Position): boolean {
    return this.compareTo(other) > 0;
  }
  isAfterOrEqual(other: Position): boolean {
    return this.compareTo(other) >= 0;
  }
  isEqual(other: Position): boolean {
    return this.compareTo(other) === 0;
  }
  translate(lines = 0, characters = 0): Position {
    return new Position(this.line + lines, this.character + characters);
  }
  with(line = this.line, character = this.character): Position {
    return new Position(line, character);
  }
}

const min = (a: Position, b: Position): Position => (a.isBefore(b) ? a : b);
const max = (a: Position, b: Position): Position => (a.isBefore(b) ? b : a);

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(start: Position | number, end: Position | number, endLine?: number, endCharacter?: number) {
    const from = start instanceof Position ? start : new Position(start, end as number);
    const to = end instanceof Position ? end : new Position(endLine ?? 0, endCharacter ?? 0);
    this.start = min(from, to);
    this.end = max(from, to);
  }

  get isEmpty(): boolean {
    return this.start.isEqual(this.end);
  }
  get isSingleLine(): boolean {
    return this.start.line === this.end.line;
  }
  contains(other: Position | Range): boolean {
    const { start, end } = other instanceof Position ? { start: other, end: other } : other;
    return this.start.isBeforeOrEqual(start) && this.end.isAfterOrEqual(end);
  }
  isEqual(other: Range): boolean {
    return this.start.isEqual(other.start) && this.end.isEqual(other.end);
  }
  /** Ranges that only touch have an empty range in common. */
  intersection(other: Range): Range | undefined {
    const [start, end] = [max(this.start, other.start), min(this.end, other.end)];
    return start.isAfter(end) ? undefined : new Range(start, end);
  }
  union(other: Range): Range {
    return new Range(min(this.start, other.start), max(this.end, other.end));
  }
  with(start = this.start, end = this.end): Range {
    return new Range(start, end);
  }
}

export class Selection extends Range {
  readonly anchor: Position;
  readonly active: Position;

  constructor(anchor: Position | number, active: Position | number, activeLine?: number, activeCharacter?: number) {
    super(anchor, active, activeLine, activeCharacter);
    this.anchor = anchor instanceof Position ? anchor : new Position(anchor, active as number);
    this.active = active instanceof Position ? active : new Position(activeLine ?? 0, activeCharacter ?? 0);
  }

  get isReversed(): boolean {
    return this.active.isBefore(this.anchor);
  }
}

export class Location {
  readonly uri: Uri;
  readonly range: Range;

  constructor(uri: Uri, where: Range | Position) {
    this.uri = uri;
    this.range = where instanceof Position ? new Range(where, where) : where;
  }
}

export class Disposable {
  #end: (() => unknown) | undefined;

  constructor(end: () => unknown) {
    this.#end = end;
  }

  static from(...parts: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }

  dispose(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

/** A listener that throws does not keep the others from being called, as in VS Code. */
export class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => unknown>();

  /** How many listen: nothing may be left of what was disposed of. */
  get listeners(): number {
    return this.#listeners.size;
  }

  readonly event = (listener: (value: T) => unknown, self?: unknown, disposables?: Disposable[]): Disposable => {
    const bound = (value: T): unknown => listener.call(self, value);
    this.#listeners.add(bound);
    const disposable = new Disposable(() => this.#listeners.delete(bound));
    disposables?.push(disposable);
    return disposable;
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

export class CancellationTokenSource {
  readonly #cancelled = new EventEmitter<void>();
  #isCancelled = false;
  readonly token: {
    readonly isCancellationRequested: boolean;
    readonly onCancellationRequested: EventEmitter<void>['event'];
  };

  constructor() {
    const isCancelled = (): boolean => this.#isCancelled;
    this.token = {
      get isCancellationRequested() {
        return isCancelled();
      },
      onCancellationRequested: this.#cancelled.event,
    };
  }

  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#cancelled.fire();
  }

  dispose(): void {
    this.#cancelled.dispose();
  }
}

export class CancellationError extends Error {
  override readonly name = 'Canceled';
}

export class Diagnostic {
  source: string | undefined;
  code: string | number | { readonly value: string | number; readonly target: Uri } | undefined;
  readonly range: Range;
  readonly message: string;
  readonly severity: number;

  constructor(range: Range, message: string, severity = 0) {
    this.range = range;
    this.message = message;
    this.severity = severity;
  }
}

export class MarkdownString {
  value: string;
  isTrusted: boolean | { readonly enabledCommands: readonly string[] } | undefined;

  constructor(value = '') {
    this.value = value;
  }

  /** Plain text: what would be Markdown is escaped. */
  appendCodeblock(code: string, language = ''): this {
    const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map((run) => run[0].length));
    const fence = '`'.repeat(longest + 1);
    this.value += `\n${fence}${language}\n${code}\n${fence}\n`;
    return this;
  }
  appendText(text: string): this {
    this.value += text.replace(/[\\`*_{}[\]()#+\-!~<>|]/g, '\\$&').replace(/\n/g, '\n\n');
    return this;
  }
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
}

export class Hover {
  readonly contents: readonly MarkdownString[];
  constructor(contents: MarkdownString | readonly MarkdownString[]) {
    this.contents = contents instanceof MarkdownString ? [contents] : contents;
  }
}

export class DocumentSymbol {
  readonly children: DocumentSymbol[] = [];
  readonly name: string;
  readonly detail: string;
  readonly kind: number;
  readonly range: Range;
  readonly selectionRange: Range;

  constructor(name: string, detail: string, kind: number, range: Range, selectionRange: Range) {
    this.name = name;
    this.detail = detail;
    this.kind = kind;
    this.range = range;
    this.selectionRange = selectionRange;
  }
}

export class SymbolInformation {
  readonly name: string;
  readonly kind: number;
  readonly containerName: string;
  readonly location: Location;

  constructor(name: string, kind: number, containerName: string, location: Location) {
    this.name = name;
    this.kind = kind;
    this.containerName = containerName;
    this.location = location;
  }
}

export class RelativePattern {
  readonly baseUri: Uri;
  readonly pattern: string;

  constructor(base: Uri | { readonly uri: Uri }, pattern: string) {
    this.baseUri = base instanceof Uri ? base : base.uri;
    this.pattern = pattern;
  }
}

export class ThemeIcon {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

export class ThemeColor extends ThemeIcon {}

export class TabInputText {
  readonly uri: Uri;
  constructor(uri: Uri) {
    this.uri = uri;
  }
}

export class TabInputTextDiff {
  readonly original: Uri;
  readonly modified: Uri;
  constructor(original: Uri, modified: Uri) {
    this.original = original;
    this.modified = modified;
  }
}

/** Kinds of code actions are names with dots: one contains those below it. */
export class CodeActionKind {
  static readonly Empty = new CodeActionKind('');
  static readonly QuickFix = new CodeActionKind('quickfix');
  static readonly Refactor = new CodeActionKind('refactor');
  static readonly RefactorRewrite = new CodeActionKind('refactor.rewrite');
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }

  append(name: string): CodeActionKind {
    return new CodeActionKind([this.value, name].filter(Boolean).join('.'));
  }
  intersects(other: CodeActionKind): boolean {
    return this.contains(other) || other.contains(this);
  }
  contains({ value }: CodeActionKind): boolean {
    return this.value === '' || value === this.value || value.startsWith(`${this.value}.`);
  }
}

export class CodeAction {
  command: { readonly command: string; readonly title: string; readonly arguments?: readonly unknown[] } | undefined;
  diagnostics: readonly Diagnostic[] | undefined;
  isPreferred: boolean | undefined;
  readonly title: string;
  readonly kind: CodeActionKind | undefined;

  constructor(title: string, kind?: CodeActionKind) {
    this.title = title;
    this.kind = kind;
  }
}

export class InlineCompletionItem {
  command: unknown;
  filterText: string | undefined;
  readonly insertText: string;
  readonly range: Range | undefined;

  constructor(insertText: string, range?: Range, command?: unknown) {
    this.insertText = insertText;
    this.range = range;
    this.command = command;
  }
}

export const FileType = { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 } as const;
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 } as const;
export const EndOfLine = { LF: 1, CRLF: 2 } as const;
export const ViewColumn = { Active: -1, Beside: -2, One: 1, Two: 2 } as const;
export const QuickPickItemKind = { Separator: -1, Default: 0 } as const;
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 } as const;
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 } as const;
export const LogLevel = { Off: 0, Trace: 1, Debug: 2, Info: 3, Warning: 4, Error: 5 } as const;
export const StatusBarAlignment = { Left: 1, Right: 2 } as const;
export const UIKind = { Desktop: 1, Web: 2 } as const;
export const ExtensionKind = { UI: 1, Workspace: 2 } as const;
export const ExtensionMode = { Production: 1, Development: 2, Test: 3 } as const;
export const CommentMode = { Editing: 0, Preview: 1 } as const;
export const CommentThreadCollapsibleState = { Collapsed: 0, Expanded: 1 } as const;
export const InlineCompletionTriggerKind = { Invoke: 0, Automatic: 1 } as const;
export const TextDocumentChangeReason = { Undo: 1, Redo: 2 } as const;
export const TextEditorRevealType = { Default: 0, InCenter: 1, InCenterIfOutsideViewport: 2, AtTop: 3 } as const;
export const SymbolKind = {
  ...{ File: 0, Module: 1, Namespace: 2, Package: 3, Class: 4, Method: 5, Property: 6, Field: 7, Constructor: 8 },
  ...{ Enum: 9, Interface: 10, Function: 11, Variable: 12, Constant: 13, Null: 20, Struct: 22 },
} as const;

export class CodeLens {
  readonly range: Range;
  readonly command: { readonly title: string; readonly command: string; readonly arguments?: readonly unknown[] };
  constructor(range: Range, command: CodeLens['command']) {
    this.range = range;
    this.command = command;
  }
}

export const OverviewRulerLane = { Left: 1, Center: 2, Right: 4, Full: 7 } as const;

/** Parts of messages of language models. */
export class LanguageModelTextPart {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

export class LanguageModelThinkingPart {
  readonly value: string | string[];
  constructor(value: string | string[]) {
    this.value = value;
  }
}

export class LanguageModelToolCallPart {
  readonly callId: string;
  readonly name: string;
  readonly input: object;
  constructor(callId: string, name: string, input: object) {
    this.callId = callId;
    this.name = name;
    this.input = input;
  }
}

export class LanguageModelToolResultPart {
  readonly callId: string;
  readonly content: unknown[];
  constructor(callId: string, content: unknown[]) {
    this.callId = callId;
    this.content = content;
  }
}

export class LanguageModelDataPart {
  readonly data: Uint8Array;
  readonly mimeType: string;
  constructor(data: Uint8Array, mimeType: string) {
    this.data = data;
    this.mimeType = mimeType;
  }
  static json(value: unknown, mime = 'text/x-json'): LanguageModelDataPart {
    return new LanguageModelDataPart(new TextEncoder().encode(JSON.stringify(value)), mime);
  }
}

export const LanguageModelChatToolMode = { Auto: 1, Required: 2 } as const;
