import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';
import {
  appliesTo,
  FOLDER_FILES,
  foldersAbove,
  instructionsIn,
  LONGEST_INSTRUCTIONS,
  MOST_INSTRUCTIONS,
  parseInstructions,
  ROOT_FILES,
  RULE_FOLDERS,
  type RuleFolder,
} from '../../core/chat/instructionFiles.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import { readContext } from '../platform/contextFiles.ts';
import { showWarningMessage } from '../platform/messages.ts';

/** How deep below a folder of rules they are looked for, and how many of them. */
const MOST_DEPTH = 4;
const MOST_SCOPED = 200;

interface Found {
  /** Below the folder of the workspace. */
  readonly path: string;
  readonly text: string;
  readonly notes: string;
}

/**
 * The instructions that a trusted workspace has for every assistant, each as an attachment that is shown as a chip. Files
 * are read with each question, so edits count at once; none is read through a link that leads out of its workspace.
 */
export class Instructions {
  readonly #trusted: () => boolean;
  /** Files that the user was told about. */
  readonly #told = new Set<string>();

  constructor(trusted: () => boolean) {
    this.#trusted = trusted;
  }

  /**
   * The instructions for a question.
   *
   * @param paths of the attached files, as chips name them: below the workspace folder, with its name where there are several
   */
  async rules(paths: readonly string[]): Promise<readonly Attachment[]> {
    if (!this.#trusted()) return [];
    const folders = vscode.workspace.workspaceFolders ?? [];
    const found: Attachment[] = [];
    let size = 0;
    for (const { uri, name } of folders) {
      const prefix = folders.length > 1 ? `${name}/` : '';
      const below = paths.flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []));
      for (const { path, text, notes } of await this.#inFolder(uri, below)) {
        size += text.length;
        if (size > MOST_INSTRUCTIONS) {
          this.#tell(
            uri,
            t(
              'Not all instructions of this workspace are sent: together they are too long. {0} and later ones are left out.',
              path,
            ),
          );
          return found;
        }
        const label = prefix + path;
        const tokens = estimateTokens(text) + estimateTokens(notes);
        found.push({
          id: crypto.randomUUID(),
          kind: 'rules',
          label,
          path: label,
          language: 'markdown',
          text,
          notes,
          tokens,
        });
      }
    }
    return found;
  }

  /** The outermost first: what is nearer to the files is read last and wins. */
  async #inFolder(root: vscode.Uri, paths: readonly string[]): Promise<readonly Found[]> {
    const found: Found[] = [];
    const add = (path: string, text: string, notes: string): void => {
      // `CLAUDE.md` and the files of other assistants are often links to, or copies of, `AGENTS.md`.
      if (text && !found.some((other) => other.text === text)) found.push({ path, text, notes });
    };
    const read = async (path: string): Promise<string> => {
      const text = await this.#read(vscode.Uri.joinPath(root, ...path.split('/')), path);
      return text === undefined ? '' : instructionsIn(text);
    };
    for (const path of [...FOLDER_FILES, ...ROOT_FILES]) add(path, await read(path), '');
    for (const folder of RULE_FOLDERS)
      for (const path of await rulesIn(root, folder)) {
        const text = (await this.#read(vscode.Uri.joinPath(root, ...path.split('/')), path)) ?? '';
        const scoped = parseInstructions(text, folder.isForAll);
        const globs = scoped.applyTo.join(', ');
        if (appliesTo(scoped, paths))
          add(path, scoped.body, globs === '**' ? '' : t('For files that match {0}', globs));
      }
    for (const folder of foldersAbove(paths))
      for (const name of FOLDER_FILES)
        add(`${folder}/${name}`, await read(`${folder}/${name}`), t('For files below {0}', folder));
    return found;
  }

  async #read(uri: vscode.Uri, path: string): Promise<string | undefined> {
    const isTooLong = (): void =>
      this.#tell(
        uri,
        t('{0} is longer than {1} characters, so its instructions are not sent.', path, LONGEST_INSTRUCTIONS),
      );
    return readInstructions(uri, LONGEST_INSTRUCTIONS, false, isTooLong);
  }

  /** Says something about a file once. */
  #tell(uri: vscode.Uri, words: string): void {
    if (this.#told.has(words + uri.toString())) return;
    this.#told.add(words + uri.toString());
    void showWarningMessage(words);
  }
}

/** The rules of a folder, by name, which is how their authors order them. */
async function rulesIn(root: vscode.Uri, { path, endings }: RuleFolder): Promise<readonly string[]> {
  const isRule = (name: string): boolean => endings.some((ending) => name.toLowerCase().endsWith(ending));
  return (await filesBelow(vscode.Uri.joinPath(root, ...path.split('/')), path, isRule)).sort();
}

async function filesBelow(
  folder: vscode.Uri,
  path: string,
  isWanted: (name: string) => boolean,
  depth = 0,
): Promise<string[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder).then(
    (found) => found,
    () => [],
  );
  const found: string[] = [];
  for (const [name, type] of entries) {
    if (found.length >= MOST_SCOPED) break;
    const below = `${path}/${name}`;
    // A folder that is a link may lead anywhere, or in a circle.
    if (type === vscode.FileType.Directory && depth < MOST_DEPTH)
      found.push(...(await filesBelow(vscode.Uri.joinPath(folder, name), below, isWanted, depth + 1)));
    else if (type & vscode.FileType.File && isWanted(name)) found.push(below);
  }
  return found.slice(0, MOST_SCOPED);
}

/**
 * The text of a file of instructions or prompts. Undefined for what is not there, may not be read as context, or is too long:
 * a rule that is cut in the middle may say the opposite.
 *
 * @param longest in characters
 * @param anywhere for the user's own files, outside of every workspace
 */
export async function readInstructions(
  uri: vscode.Uri,
  longest: number,
  anywhere: boolean,
  onTooLong: () => void = () => undefined,
): Promise<string | undefined> {
  // Large enough that a file which is too long can be told from one that is not there.
  const found = await readContext(uri, { mostBytes: longest * 40, anywhere });
  if (found.kind !== 'read') return undefined;
  const text = new TextDecoder().decode(found.bytes);
  if (text.length <= longest) return text;
  onTooLong();
  return undefined;
}
