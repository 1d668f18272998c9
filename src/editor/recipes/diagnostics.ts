import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { parseRecipe } from '../../core/recipes/recipe.ts';

/** Whether a document is a recipe file, by its folder. */
export const isRecipe = ({ uri }: Pick<vscode.TextDocument, 'uri'>): boolean =>
  /\/\.gearshift\/recipes\/[^/]+\.md$/i.test(uri.path);

/** Shows what is wrong with recipe files at their lines, while they are open. */
export class RecipeDiagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('gearshift-recipes');

  look(document: vscode.TextDocument): void {
    if (!isRecipe(document)) return;
    const name = document.uri.path.slice(document.uri.path.lastIndexOf('/') + 1);
    const origin = vscode.workspace.getWorkspaceFolder(document.uri) ? 'workspace' : 'user';
    const { problems } = parseRecipe(name, document.getText(), origin);
    this.#collection.set(
      document.uri,
      problems.map(({ line, words }) => {
        const at = document.lineAt(Math.min(line, document.lineCount) - 1).range;
        const diagnostic = new vscode.Diagnostic(at, words, vscode.DiagnosticSeverity.Error);
        diagnostic.source = t('Gearshift recipe');
        return diagnostic;
      }),
    );
  }

  close({ uri }: vscode.TextDocument): void {
    this.#collection.delete(uri);
  }

  dispose(): void {
    this.#collection.dispose();
  }
}
