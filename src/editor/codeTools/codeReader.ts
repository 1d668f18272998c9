import path from 'node:path';
import * as vscode from 'vscode';
import type { CodeReader, CodeSpan, Declaration } from '../../core/codeTools/reviewContext.ts';
import { isTestPath } from '../../core/codeTools/reviewContext.ts';
import { isReadable } from '../platform/contextFiles.ts';
import { listFiles, readText } from '../platform/files.ts';
import { lazy } from '../platform/lazy.ts';

/** The code of a repository as VS Code's language features and its files tell it; what no model may see is not read. */

/** Files that a search by text reads, and lines that it finds. */
const MOST_FILES = 600;
const MOST_FOUND = 12;

/** What declares something that has callers. */
const DECLARING = new Set([
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Constructor,
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Enum,
  vscode.SymbolKind.Struct,
]);

/** Functions that are values: `const take = () => { … }`. */
const HOLDING = new Set([
  vscode.SymbolKind.Variable,
  vscode.SymbolKind.Constant,
  vscode.SymbolKind.Property,
  vscode.SymbolKind.Field,
]);

/** @param root of the repository; paths are relative to it */
export function codeReaderAt(root: vscode.Uri): CodeReader {
  const uriOf = (file: string): vscode.Uri => vscode.Uri.joinPath(root, ...file.split('/'));
  const pathOf = (uri: vscode.Uri): string | undefined => {
    const inside = uri.scheme === root.scheme && uri.authority === root.authority;
    const relative = path.posix.relative(root.path, uri.path);
    return !inside || relative === '' || relative.startsWith('..') ? undefined : relative;
  };
  const spanOf = (uri: vscode.Uri, range: vscode.Range): CodeSpan[] => {
    const file = pathOf(uri);
    return file === undefined || /(?:^|\/)node_modules\//.test(file)
      ? []
      : [{ path: file, start: range.start.line, end: range.end.line + 1 }];
  };
  // Several functions are looked for in the same files.
  const texts = new Map<string, Promise<string | null>>();
  const textOf = (uri: vscode.Uri): Promise<string | null> => {
    const known =
      texts.get(uri.toString()) ?? readText(uri).then((read) => (read.kind === 'read' ? read.file.text : null));
    texts.set(uri.toString(), known);
    return known;
  };
  const files = lazy(async () => (await listFiles(root)).files);
  return {
    lines: async (file, signal) => (await until(signal, textOf(uriOf(file))))?.split(/\r?\n/) ?? null,
    declarations: async (file, signal) => {
      const symbols = await asked<readonly AnySymbol[]>(signal, 'vscode.executeDocumentSymbolProvider', uriOf(file));
      const declared = declarationsIn(symbols ?? []);
      return declared.length > 0 ? declared : null;
    },
    references: async (file, { line, column }, signal) => {
      const at = new vscode.Position(line, column);
      const found = await asked<readonly vscode.Location[]>(signal, 'vscode.executeReferenceProvider', uriOf(file), at);
      const spans: CodeSpan[] = [];
      for (const { uri, range } of found ?? []) if (await isReadable(uri)) spans.push(...spanOf(uri, range));
      // Without a provider the list is empty too.
      return spans.length > 0 ? spans : null;
    },
    search: async (name, like, signal) => {
      if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return [];
      const word = new RegExp(`(?<![\\p{L}\\p{N}_$])${name.replaceAll('$', '\\$')}(?![\\p{L}\\p{N}_$])`, 'u');
      const found: CodeSpan[] = [];
      for (const uri of likely((await until(signal, files())) ?? [], root, like)) {
        if (signal.aborted || found.length >= MOST_FOUND) break;
        const lines = (await until(signal, textOf(uri)))?.split('\n') ?? [];
        // One place of each file says how it is used.
        const line = lines.findIndex((text) => word.test(text) && !/^\s*(?:import|from|use|#)\b/.test(text));
        if (line >= 0) found.push(...spanOf(uri, new vscode.Range(line, 0, line, 0)));
      }
      return found;
    },
  };
}

type AnySymbol = vscode.DocumentSymbol | vscode.SymbolInformation;

function declarationsIn(symbols: readonly AnySymbol[]): Declaration[] {
  return symbols.flatMap((symbol) => {
    const isNested = 'children' in symbol;
    const range = isNested ? symbol.range : symbol.location.range;
    const { start, end } = range;
    const at = isNested ? symbol.selectionRange.start : start;
    const counts = DECLARING.has(symbol.kind) || (HOLDING.has(symbol.kind) && end.line > start.line);
    const own = { name: plainName(symbol.name), start: start.line, end: end.line + 1 };
    return [
      ...(counts ? [{ ...own, line: at.line, column: at.character }] : []),
      ...(isNested ? declarationsIn(symbol.children) : []),
    ];
  });
}

/** The name alone: language servers add parameters (`take(int)`) and receivers (`(*Pool).Take`). */
const plainName = (name: string): string =>
  /[\p{L}_$][\p{L}\p{N}_$]*$/u.exec(name.startsWith('(') ? name : name.replace(/\(.*$/s, '').trim())?.[0] ?? '';

/** The files of the same language that may use a file's code: tests and neighbors first. */
function likely(files: readonly vscode.Uri[], root: vscode.Uri, like: string): vscode.Uri[] {
  const extension = path.posix.extname(like);
  const folder = vscode.Uri.joinPath(root, path.posix.dirname(like)).path;
  const rank = ({ path: file }: vscode.Uri): number =>
    (isTestPath(path.posix.relative(root.path, file)) ? 0 : 2) + (path.posix.dirname(file) === folder ? 0 : 1);
  return files
    .filter(({ path: file }) => path.posix.extname(file) === extension)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST_FILES);
}

/** How long a language server may take for one question, in ms: then there is still time for a search by text. */
const LANGUAGE_SERVER_MS = 2_000;

/** Asks VS Code's language features; what they refuse, do not know or take too long for is undefined. */
const asked = <T>(signal: AbortSignal, command: string, ...args: readonly unknown[]): Promise<T | undefined> =>
  until(
    AbortSignal.any([signal, AbortSignal.timeout(LANGUAGE_SERVER_MS)]),
    Promise.resolve(vscode.commands.executeCommand<T | undefined>(command, ...args)),
  ).catch(() => undefined);

/** The result, or undefined as soon as the signal is aborted or the work fails. */
async function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let stop = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work.catch(() => undefined), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
