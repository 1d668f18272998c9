import * as vscode from 'vscode';
import { lazy } from '../platform/lazy.ts';
import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import type { Recipes } from './recipes.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    /** Recipes and their runs in the chat. */
    readonly recipes: Recipes;
  }
}

/** Several models on one job. Nothing of it is loaded before the user types `/` or opens a recipe file. */
export function registerRecipes(services: Services): CommandsOf<'recipes'> {
  const { shared, track, context } = services;
  shared.provide('recipes', async () => new (await import('./recipes.ts')).Recipes(services));
  const diagnostics = lazy(async () => track(new (await import('./diagnostics.ts')).RecipeDiagnostics()));
  const look = (document: vscode.TextDocument): void => {
    if (document.uri.path.includes('/.gearshift/recipes/')) void diagnostics().then((made) => made.look(document));
  };
  track(vscode.workspace.onDidOpenTextDocument(look));
  track(vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)));
  track(vscode.workspace.onDidCloseTextDocument((document) => diagnostics.made?.close(document)));
  return {
    'gearshift.recipes.create': async () =>
      (await import('./create.ts')).createRecipe((await shared.get('recipes')).library),
    'gearshift.recipes.chooseCheck': async () =>
      void (await (await import('./check.ts')).chooseCheck(context.workspaceState)),
  };
}
