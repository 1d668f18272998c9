import * as vscode from 'vscode';

/** How long language servers may take to say what they think of a change, in ms. */
const SETTLE_MS = 2_000;

/** Resolves when language servers have had time to look at a change. */
export const languageServersSettle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

const keyOf = ({ message, severity }: vscode.Diagnostic): string => `${severity} ${message}`;

/** Errors and warnings of a document, counted by their words: their lines move with the text. */
function countOf(uri: vscode.Uri): Map<string, number> {
  const counts = new Map<string, number>();
  for (const diagnostic of vscode.languages.getDiagnostics(uri)) {
    if (diagnostic.severity > vscode.DiagnosticSeverity.Warning) continue;
    counts.set(keyOf(diagnostic), (counts.get(keyOf(diagnostic)) ?? 0) + 1);
  }
  return counts;
}

/** Remembers the problems of documents before a change; `settled` waits two seconds and names those that are new. */
export function watchProblems(uris: readonly vscode.Uri[]): { settled: () => Promise<readonly string[]> } {
  const before = new Map(uris.map((uri) => [uri.toString(), countOf(uri)]));
  return {
    settled: async () => {
      await languageServersSettle();
      return uris.flatMap((uri) => {
        const known = new Map(before.get(uri.toString()));
        return vscode.languages.getDiagnostics(uri).flatMap((diagnostic) => {
          if (diagnostic.severity > vscode.DiagnosticSeverity.Warning) return [];
          const left = known.get(keyOf(diagnostic)) ?? 0;
          known.set(keyOf(diagnostic), left - 1);
          return left > 0 ? [] : [`${diagnostic.range.start.line + 1}: ${diagnostic.message.replace(/\s+/g, ' ')}`];
        });
      });
    },
  };
}
