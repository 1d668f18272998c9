/** Text documents and edits of them, as VS Code has them. */

import type { Uri } from './values.ts';
import { Position, Range } from './values.ts';

/** By the end of a name; what is not listed is `plaintext`, as in a VS Code without further extensions. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ts: 'typescript',
  js: 'javascript',
  py: 'python',
  go: 'go',
  md: 'markdown',
  json: 'json',
  sh: 'shellscript',
};

export const languageOf = (uri: Uri): string => LANGUAGES[/\.(\w+)$/.exec(uri.path)?.[1] ?? ''] ?? 'plaintext';

export class TextDocument {
  readonly uri: Uri;
  languageId: string;
  version = 1;
  isDirty = false;
  isClosed = false;
  #text: string;
  readonly #save: (document: TextDocument) => Promise<boolean>;

  constructor(uri: Uri, text: string, language: string, save: (document: TextDocument) => Promise<boolean>) {
    this.uri = uri;
    this.languageId = language;
    this.#text = text;
    this.#save = save;
  }

  get fileName(): string {
    return this.uri.fsPath;
  }
  get isUntitled(): boolean {
    return this.uri.scheme === 'untitled';
  }
  /** 2 for CRLF, which VS Code takes if most lines end so. */
  get eol(): number {
    return this.#text.includes('\r\n') ? 2 : 1;
  }
  get lineCount(): number {
    return this.#lines().length;
  }

  getText(range?: Range): string {
    if (!range) return this.#text;
    return this.#text.slice(this.offsetAt(range.start), this.offsetAt(range.end));
  }

  lineAt(at: number | Position) {
    const lineNumber = typeof at === 'number' ? at : at.line;
    const lines = this.#lines();
    const text = lines[lineNumber];
    if (text === undefined) throw new Error('Illegal value for `line`');
    const range = new Range(lineNumber, 0, lineNumber, text.length);
    const first = text.search(/\S|$/);
    return {
      lineNumber,
      text,
      range,
      rangeIncludingLineBreak: lineNumber + 1 < lines.length ? new Range(lineNumber, 0, lineNumber + 1, 0) : range,
      firstNonWhitespaceCharacterIndex: first,
      isEmptyOrWhitespace: first === text.length,
    };
  }

  offsetAt(position: Position): number {
    const { line, character } = this.validatePosition(position);
    const before = this.#lines().slice(0, line);
    return before.reduce((sum, { length }) => sum + length + this.eol, 0) + character;
  }

  positionAt(offset: number): Position {
    const before = this.#text.slice(0, Math.max(0, offset)).split(/\r?\n/);
    return this.validatePosition(new Position(before.length - 1, before.at(-1)?.length ?? 0));
  }

  validatePosition({ line, character }: Position): Position {
    const lines = this.#lines();
    const text = lines[line];
    if (text === undefined) return new Position(lines.length - 1, lines.at(-1)?.length ?? 0);
    return new Position(line, Math.min(character, text.length));
  }

  validateRange({ start, end }: Range): Range {
    return new Range(this.validatePosition(start), this.validatePosition(end));
  }

  getWordRangeAtPosition(position: Position, pattern = /[\p{L}\p{N}_$]+/gu): Range | undefined {
    const { text } = this.lineAt(position.line);
    const all = new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`);
    for (const { 0: word, index } of text.matchAll(all)) {
      const range = new Range(position.line, index, position.line, index + word.length);
      if (range.contains(position)) return range;
    }
    return undefined;
  }

  save(): Promise<boolean> {
    return this.#save(this);
  }

  /** Takes another text, as when the user types it. */
  replaceAll(text: string): void {
    this.#text = text;
    this.version += 1;
  }

  /** Applies edits of one step; they may not overlap. */
  apply(edits: readonly { readonly range: Range; readonly newText: string }[]): void {
    const placed = edits
      .map(({ range, newText }, at) => ({
        from: this.offsetAt(range.start),
        to: this.offsetAt(range.end),
        newText,
        at,
      }))
      .sort((a, b) => b.from - a.from || b.to - a.to || b.at - a.at);
    let last = Infinity;
    let text = this.#text;
    for (const { from, to, newText } of placed) {
      if (to > last) throw new Error('Overlapping ranges are not allowed!');
      last = from;
      // An editor keeps its line ends, whatever ends are inserted.
      text = text.slice(0, from) + newText.replace(/\r?\n/g, this.eol === 2 ? '\r\n' : '\n') + text.slice(to);
    }
    this.replaceAll(text);
  }

  #lines(): readonly string[] {
    return this.#text.split(/\r?\n/);
  }
}

interface EntryMetadata {
  readonly needsConfirmation?: boolean;
  readonly label?: string;
  readonly description?: string;
}

interface CreateOptions {
  readonly overwrite?: boolean;
  readonly ignoreIfExists?: boolean;
  readonly contents?: Uint8Array;
}

/** One change of a workspace edit, in the order in which it was added. */
export type EditEntry = { readonly uri: Uri; readonly metadata: EntryMetadata | undefined } & (
  | { readonly kind: 'text'; readonly range: Range; readonly newText: string }
  | { readonly kind: 'create'; readonly options: CreateOptions }
  | { readonly kind: 'delete'; readonly options: { readonly ignoreIfNotExists?: boolean } }
);

export class WorkspaceEdit {
  readonly entriesInOrder: EditEntry[] = [];

  get size(): number {
    return new Set(this.entriesInOrder.map(({ uri }) => uri.toString())).size;
  }

  replace(uri: Uri, range: Range, newText: string, metadata?: EntryMetadata): void {
    this.entriesInOrder.push({ kind: 'text', uri, range, newText, metadata });
  }
  insert(uri: Uri, at: Position, newText: string, metadata?: EntryMetadata): void {
    this.replace(uri, new Range(at, at), newText, metadata);
  }
  delete(uri: Uri, range: Range, metadata?: EntryMetadata): void {
    this.replace(uri, range, '', metadata);
  }
  createFile(uri: Uri, options: CreateOptions = {}, metadata?: EntryMetadata): void {
    this.entriesInOrder.push({ kind: 'create', uri, options, metadata });
  }
  deleteFile(uri: Uri, options: { ignoreIfNotExists?: boolean } = {}, metadata?: EntryMetadata): void {
    this.entriesInOrder.push({ kind: 'delete', uri, options, metadata });
  }
}
