import { t } from '@vscode/l10n';
import os from 'node:os';
import * as vscode from 'vscode';
import {
  LONGEST_PROMPT,
  mergePrompts,
  parsePromptFile,
  type PromptFile,
  type PromptOrigin,
} from '../../core/chat/promptFiles.ts';
import type { SuggestionView } from '../../protocol/chat.ts';
import { readInstructions } from './instructions.ts';

/** The prompts behind `/`. Files are read when they are asked for, so edits count at once. */
export class PromptLibrary {
  readonly #shipped: vscode.Uri;
  readonly #trusted: () => boolean;

  constructor(extensionUri: vscode.Uri, trusted: () => boolean) {
    this.#shipped = vscode.Uri.joinPath(extensionUri, 'media', 'prompts');
    this.#trusted = trusted;
  }

  /** The user's own prompts for all workspaces. */
  static readonly userFolder = vscode.Uri.joinPath(vscode.Uri.file(os.homedir()), '.gearshift', 'prompts');

  /** All prompts by name. Those of a workspace count only where it is trusted. */
  async prompts(): Promise<ReadonlyMap<string, PromptFile>> {
    const workspace = this.#trusted() ? (vscode.workspace.workspaceFolders ?? []) : [];
    const read = await Promise.all([
      readFolder(this.#shipped, 'shipped'),
      readFolder(PromptLibrary.userFolder, 'user'),
      // Of two with one name the later one wins: our own.
      ...workspace.map(({ uri }) =>
        readFolder(vscode.Uri.joinPath(uri, '.github', 'prompts'), 'workspace', '.prompt.md'),
      ),
      ...workspace.map(({ uri }) => readFolder(vscode.Uri.joinPath(uri, '.gearshift', 'prompts'), 'workspace')),
    ]);
    return mergePrompts(read.flat());
  }

  async suggest(query: string): Promise<SuggestionView[]> {
    const found = [...(await this.prompts()).values()].filter(({ name }) => name.startsWith(query.toLowerCase()));
    return found.map(({ name, description, hint, origin }) => ({
      id: crypto.randomUUID(),
      icon: 'sparkle',
      label: `/${name}`,
      detail: [description || hint, originWords(origin)].filter(Boolean).join(' · '),
      insert: `/${name} `,
      more: true,
      unavailable: '',
    }));
  }
}

function originWords(origin: PromptOrigin): string {
  switch (origin) {
    case 'shipped':
      return '';
    case 'user':
      return t('yours');
    case 'workspace':
      return t('of this workspace');
  }
}

async function readFolder(folder: vscode.Uri, origin: PromptOrigin, ending = '.md'): Promise<PromptFile[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder).then(
    (found) => found,
    () => [],
  );
  const names = entries.flatMap(([name, type]) =>
    type & vscode.FileType.File && name.toLowerCase().endsWith(ending) ? [name] : [],
  );
  const read = names.slice(0, 200).map(async (name) => {
    const uri = vscode.Uri.joinPath(folder, name);
    // Those of a workspace lie inside it, links followed; the user's may lie anywhere; those of the extension are ours.
    const text =
      origin === 'shipped'
        ? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri))
        : await readInstructions(uri, LONGEST_PROMPT, origin === 'user');
    return text === undefined ? undefined : parsePromptFile(name, text, origin);
  });
  return (await Promise.all(read)).filter((file) => file !== undefined);
}
