import { t } from '@vscode/l10n';
import os from 'node:os';
import * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';
import {
  LONGEST_PROMPT,
  mergePrompts,
  parsePromptFile,
  type PromptFile,
  type PromptOrigin,
} from '../../core/chat/promptFiles.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import type { SuggestionView } from '../../protocol/chat.ts';
import { readContext } from '../platform/contextFiles.ts';

/** Longest rules file that is sent along, in characters. */
const LONGEST_RULES = 100_000;

/** The prompts behind `/`, and the rules of the workspace. Files are read when they are asked for, so edits count at once. */
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
      ...workspace.map(({ uri }) => readFolder(vscode.Uri.joinPath(uri, '.gearshift', 'prompts'), 'workspace')),
    ]);
    return mergePrompts(read.flat());
  }

  async suggest(query: string): Promise<SuggestionView[]> {
    const found = [...(await this.prompts()).values()].filter(({ name }) => name.startsWith(query.toLowerCase()));
    return found.map(({ name, description, origin }) => ({
      id: crypto.randomUUID(),
      icon: 'sparkle',
      label: `/${name}`,
      detail: [description, originWords(origin)].filter(Boolean).join(' · '),
      insert: `/${name} `,
      more: true,
      unavailable: '',
    }));
  }

  /** `AGENTS.md` of each folder of a trusted workspace: what its people want every assistant to know. */
  async rules(): Promise<Attachment[]> {
    if (!this.#trusted()) return [];
    const folders = vscode.workspace.workspaceFolders ?? [];
    const read = folders.map(async ({ uri, name }): Promise<Attachment[]> => {
      const text = (await readFile(vscode.Uri.joinPath(uri, 'AGENTS.md'), LONGEST_RULES, false))?.trim();
      const label = folders.length > 1 ? `${name}/AGENTS.md` : 'AGENTS.md';
      return text
        ? [
            {
              id: crypto.randomUUID(),
              kind: 'rules',
              label,
              path: label,
              language: 'markdown',
              text,
              notes: '',
              tokens: estimateTokens(text),
            },
          ]
        : [];
    });
    return (await Promise.all(read)).flat();
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

async function readFolder(folder: vscode.Uri, origin: PromptOrigin): Promise<PromptFile[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder).then(
    (found) => found,
    () => [],
  );
  const names = entries.flatMap(([name, type]) => (type & vscode.FileType.File && name.endsWith('.md') ? [name] : []));
  const read = names.slice(0, 200).map(async (name) => {
    const uri = vscode.Uri.joinPath(folder, name);
    // Those of a workspace lie inside it, links followed; the user's may lie anywhere; those of the extension are ours.
    const text =
      origin === 'shipped'
        ? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri))
        : await readFile(uri, LONGEST_PROMPT, origin === 'user');
    return text === undefined ? undefined : parsePromptFile(name, text, origin);
  });
  return (await Promise.all(read)).filter((file) => file !== undefined);
}

/**
 * Undefined for what is not there, may not be read as context, or is too long: a rule that is cut in the middle may say
 * the opposite.
 */
async function readFile(uri: vscode.Uri, longest: number, anywhere: boolean): Promise<string | undefined> {
  const found = await readContext(uri, { mostBytes: longest * 4, anywhere });
  if (found.kind !== 'read') return undefined;
  const text = new TextDecoder().decode(found.bytes);
  return text.length > longest ? undefined : text;
}
