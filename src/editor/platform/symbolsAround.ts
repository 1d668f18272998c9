import * as vscode from 'vscode';

/** How long the language server may take to name the symbols, in ms. */
const SYMBOLS_MS = 2_000;

/** The symbols that enclose a position, outermost first; empty when the language has no symbols or takes too long. */
export async function symbolsAround(
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.DocumentSymbol[]> {
  const asked = vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
    'vscode.executeDocumentSymbolProvider',
    document.uri,
  );
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), SYMBOLS_MS).unref());
  let level = (await Promise.race([asked, late]).then(
    (symbols) => symbols,
    () => undefined,
  )) as vscode.DocumentSymbol[] | undefined;
  const path: vscode.DocumentSymbol[] = [];
  while (level) {
    const next: vscode.DocumentSymbol | undefined = level.find((symbol) => symbol.range?.contains(position));
    if (!next) break;
    path.push(next);
    level = next.children;
  }
  // A variable or a property is not what one would ask about: go up to what holds it.
  const holders = new Set([
    vscode.SymbolKind.Function,
    vscode.SymbolKind.Method,
    vscode.SymbolKind.Constructor,
    vscode.SymbolKind.Class,
    vscode.SymbolKind.Interface,
    vscode.SymbolKind.Enum,
    vscode.SymbolKind.Struct,
    vscode.SymbolKind.Namespace,
    vscode.SymbolKind.Module,
  ]);
  while (path.length > 1 && !holders.has(path.at(-1)?.kind ?? vscode.SymbolKind.Null)) path.pop();
  return path;
}
