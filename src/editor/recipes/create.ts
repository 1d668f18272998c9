import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RecipeLibrary } from './library.ts';
import { RecipeLibrary as Library } from './library.ts';
import { writeOwnFile } from '../platform/ownFiles.ts';

/** Makes a recipe of the user's own from one that is there, and opens it. */
export async function createRecipe(library: RecipeLibrary): Promise<void> {
  const items = [...(await library.recipes()).values()].map((recipe) => ({
    label: recipe.name,
    description: recipe.description,
    recipe,
  }));
  const from = await vscode.window.showQuickPick(items, { title: t('Which recipe should yours start from?') });
  if (!from) return;
  const { workspaceFolder } = library;
  const places = [
    ...(workspaceFolder
      ? [{ label: t('This Workspace'), description: '.gearshift/recipes', folder: workspaceFolder }]
      : []),
    { label: t('All My Workspaces'), description: '~/.gearshift/recipes', folder: Library.userFolder },
  ];
  const place =
    places.length === 1 ? places[0] : await vscode.window.showQuickPick(places, { title: t('Where should it be?') });
  if (!place) return;
  const name = await vscode.window.showInputBox({
    title: t('Name of the recipe'),
    value: `my-${from.recipe.name}`,
    validateInput: (value) =>
      /^[\p{L}][\p{L}\p{N}_-]{0,39}$/u.test(value) ? undefined : t('Use letters, digits, and hyphens.'),
  });
  if (!name) return;
  const uri = vscode.Uri.joinPath(place.folder, `${name.toLowerCase()}.md`);
  const isThere = await vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  // A name in the head would win over the file's.
  const text = from.recipe.text.replace(/^name:.*\n/m, '');
  if (!isThere && place.folder === workspaceFolder) await writeOwnFile(uri, text);
  else if (!isThere) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}
