import * as vscode from 'vscode';
import { ContextGatherer, type FileText, type Neighbor } from '../../core/completion/contextSnippets.ts';
import { isSupportedScheme } from '../../core/completion/supportedSchemes.ts';
import { isInWorkspace, isReadable, judgeDocument, readContext } from '../platform/contextFiles.ts';
import { pathOf } from '../platform/activeEditor.ts';

/** Larger files are not read for their definitions, in bytes, nor for passages, in lines. */
const MOST_BYTES = 300_000;
const MOST_LINES = 30_000;
const ERRORS_NEAR = 1;

/** Text of other files, as VS Code knows them. Loaded after activation: the first question can do without. */
export function createContext(now: () => number): ContextGatherer {
  return new ContextGatherer({ neighbors: readNeighbors, mayRead, read: readBeside, problems: readProblems }, now);
}

const mayRead = async (uri: string): Promise<boolean> => (await judgeDocument(vscode.Uri.parse(uri))) === 'free';

/**
 * Whether an open document belongs to the work at hand. VS Code opens its own settings as documents too, which hold
 * secrets of other extensions; without a folder all open files belong together.
 */
const isOfWorkspace = (uri: vscode.Uri): boolean =>
  uri.scheme === 'untitled' || !vscode.workspace.workspaceFolders?.length || isInWorkspace(uri);

/** Open documents; VS Code keeps those used last at the end. */
function readNeighbors(): Neighbor[] {
  const visible = new Set(vscode.window.visibleTextEditors.map(({ document }) => document));
  const rank = (document: vscode.TextDocument): number => Number(visible.has(document)) * 2 + Number(document.isDirty);
  return vscode.workspace.textDocuments
    .filter(
      ({ uri, isClosed, lineCount }) =>
        !isClosed && lineCount <= MOST_LINES && isSupportedScheme(uri.scheme, undefined) && isOfWorkspace(uri),
    )
    .reverse()
    .sort((a, b) => rank(b) - rank(a))
    .map((document) => ({
      uri: document.uri.toString(),
      path: pathOf(document.uri).replaceAll('\\', '/'),
      fullPath: document.uri.path,
      language: document.languageId,
      version: document.version,
      lines: () => document.getText().split(/\r\n?|\n/),
    }));
}

async function readBeside(path: string, beside: string, signal: AbortSignal): Promise<FileText | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(beside));
  if (!folder || signal.aborted) return undefined;
  const uri = vscode.Uri.joinPath(folder.uri, path);
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return (await isReadable(uri)) ? { fullPath: uri.path, text: open.getText() } : undefined;
  const found = await readContext(uri, { mostBytes: MOST_BYTES });
  return found.kind === 'read' ? { fullPath: uri.path, text: new TextDecoder().decode(found.bytes) } : undefined;
}

function readProblems(uri: string, line: number): string[] {
  return vscode.languages
    .getDiagnostics(vscode.Uri.parse(uri))
    .filter(
      ({ severity, range }) =>
        severity <= vscode.DiagnosticSeverity.Warning && Math.abs(range.start.line - line) <= ERRORS_NEAR,
    )
    .map(({ message, range }) => `line ${range.start.line + 1}: ${message.split('\n')[0] ?? ''}`);
}
