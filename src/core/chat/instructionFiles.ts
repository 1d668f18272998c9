import { matchesGlob } from '../common/glob.ts';
import { listOf, readFrontMatter, textIn } from './frontMatter.ts';

/**
 * Instructions that a project has for every assistant: `AGENTS.md` and `CLAUDE.md`, in the root and in folders, where they
 * are for what lies below; `.github/copilot-instructions.md`; and `*.instructions.md` for the files that match `applyTo`.
 */

/** Longest instruction file that is sent, in characters: one that is cut in the middle may say the opposite. */
export const LONGEST_INSTRUCTIONS = 100_000;

/** Most characters of all instructions together that are sent with one question. */
export const MOST_INSTRUCTIONS = 200_000;

/** The files in a folder that hold instructions for what lies in it and below, the first of two equal ones wins. */
export const FOLDER_FILES = ['AGENTS.md', 'CLAUDE.md'] as const;

/** The most folders below the root that may hold instructions for paths. */
const MOST_FOLDERS = 40;

/** The folders that lead to files, the outermost first, without the root. @param paths below the root, with `/` */
export function foldersAbove(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    if (parts.some((part) => part === '..' || part === '.')) continue;
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  const depth = (folder: string): number => folder.split('/').length;
  return [...folders].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1)).slice(0, MOST_FOLDERS);
}

/** The text of a file without its head; a `CLAUDE.md` that only points at `AGENTS.md` has none of its own. */
export function instructionsIn(text: string): string {
  const { body } = readFrontMatter(text);
  return /^@(?:\.\/)?AGENTS\.md$/i.test(body) ? '' : body;
}

/** A `*.instructions.md`. */
export interface ScopedInstructions {
  /** Globs; empty for those that are used only when somebody asks for them. */
  readonly applyTo: readonly string[];
  readonly description: string;
  readonly body: string;
}

/** Reads a `*.instructions.md`. */
export function parseInstructions(text: string): ScopedInstructions {
  const { head, body } = readFrontMatter(text);
  const applyTo = listOf(head, 'applyto');
  return {
    applyTo: applyTo.length > 0 ? applyTo : listOf(head, 'globs'),
    description: textIn(head, 'description'),
    body,
  };
}

/** Whether instructions are for a question about these files. What is for every file is for a question without files too. */
export const appliesTo = ({ applyTo }: Pick<ScopedInstructions, 'applyTo'>, paths: readonly string[]): boolean =>
  applyTo.some((glob) => /^(?:\*\*?|\*\*\/\*\*?)$/.test(glob) || paths.some((path) => matchesGlob(glob, path)));
