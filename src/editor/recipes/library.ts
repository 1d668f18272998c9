import os from 'node:os';
import * as vscode from 'vscode';
import { LONGEST_PROMPT, type PromptOrigin } from '../../core/chat/promptFiles.ts';
import { parseRecipe, type Recipe, type RecipeProblem } from '../../core/recipes/recipe.ts';
import { readContext } from '../platform/contextFiles.ts';

/** A recipe file as it was read. */
export interface RecipeEntry {
  readonly uri: vscode.Uri;
  readonly origin: PromptOrigin;
  readonly recipe: Recipe | undefined;
  readonly problems: readonly RecipeProblem[];
}

/** Most recipes of one folder. */
const MOST_FILES = 100;

/** The recipes behind `/`. Files are read when they are asked for, so edits count at once. */
export class RecipeLibrary {
  readonly #shipped: vscode.Uri;
  readonly #trusted: () => boolean;

  constructor(extensionUri: vscode.Uri, trusted: () => boolean) {
    this.#shipped = vscode.Uri.joinPath(extensionUri, 'media', 'recipes');
    this.#trusted = trusted;
  }

  /** The user's own recipes for all workspaces. */
  static readonly userFolder = vscode.Uri.joinPath(vscode.Uri.file(os.homedir()), '.gearshift', 'recipes');

  /** The folder of the first workspace folder; undefined where there is none, or it is not trusted. */
  get workspaceFolder(): vscode.Uri | undefined {
    const folder = this.#trusted() ? vscode.workspace.workspaceFolders?.[0]?.uri : undefined;
    return folder && vscode.Uri.joinPath(folder, '.gearshift', 'recipes');
  }

  /** All recipes by name; what is nearer to the work wins: workspace, then user, then shipped. */
  async recipes(): Promise<ReadonlyMap<string, Recipe>> {
    const all = new Map<string, Recipe>();
    for (const { recipe } of await this.entries()) if (recipe) all.set(recipe.name, recipe);
    return all;
  }

  /** All recipe files, those that win last. */
  async entries(): Promise<readonly RecipeEntry[]> {
    const workspace = this.#trusted() ? (vscode.workspace.workspaceFolders ?? []) : [];
    const read = await Promise.all([
      readFolder(this.#shipped, 'shipped'),
      readFolder(RecipeLibrary.userFolder, 'user'),
      ...workspace.map(({ uri }) => readFolder(vscode.Uri.joinPath(uri, '.gearshift', 'recipes'), 'workspace')),
    ]);
    return read.flat();
  }
}

async function readFolder(folder: vscode.Uri, origin: PromptOrigin): Promise<RecipeEntry[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder).then(
    (found) => found,
    () => [],
  );
  const names = entries.flatMap(([name, type]) => (type & vscode.FileType.File && /\.md$/i.test(name) ? [name] : []));
  const read = names.slice(0, MOST_FILES).map(async (name): Promise<RecipeEntry[]> => {
    const uri = vscode.Uri.joinPath(folder, name);
    const text = await textOf(uri, origin);
    return text === undefined ? [] : [{ uri, origin, recipe: undefined, ...parseRecipe(name, text, origin) }];
  });
  return (await Promise.all(read)).flat();
}

/** Those of a workspace must be inside it, links followed; the user's may be anywhere; those of the extension are ours. */
async function textOf(uri: vscode.Uri, origin: PromptOrigin): Promise<string | undefined> {
  const decoder = new TextDecoder();
  if (origin === 'shipped') return decoder.decode(await vscode.workspace.fs.readFile(uri));
  const found = await readContext(uri, { mostBytes: LONGEST_PROMPT * 4, anywhere: origin === 'user' });
  return found.kind === 'read' ? decoder.decode(found.bytes) : undefined;
}
