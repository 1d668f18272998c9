import { matchesGlob } from '../common/glob.ts';
import { listOf, readFrontMatter, textIn } from './frontMatter.ts';

/**
 * Instructions that a project has already, for every assistant or for a certain one: `AGENTS.md`, `CLAUDE.md` and
 * `GEMINI.md`, in the root and in folders, where they are for what lies below; the files of other assistants in the root;
 * and folders of rules, each for the files that it names.
 */

/** Longest instruction file that is sent, in characters: one that is cut in the middle may say the opposite. */
export const LONGEST_INSTRUCTIONS = 100_000;

/** Most characters of all instructions together that are sent with one question. */
export const MOST_INSTRUCTIONS = 200_000;

/** The files in a folder that hold instructions for what lies in it and below, the first of two equal ones wins. */
export const FOLDER_FILES = ['AGENTS.md', 'CLAUDE.md', 'GEMINI.md'] as const;

/** Files of single assistants that are for the whole folder of a workspace. */
export const ROOT_FILES = ['.github/copilot-instructions.md', '.cursorrules', '.windsurfrules', '.clinerules'] as const;

/** A folder whose files are rules, each with its own head. */
export interface RuleFolder {
  /** Below the folder of the workspace. */
  readonly path: string;
  /** How the names of its rules end. */
  readonly endings: readonly string[];
  /** Whether a rule that does not say what it is for is for everything; otherwise such a rule is used only by name. */
  readonly isForAll: boolean;
}

/**
 * Sources: code.visualstudio.com/docs/copilot/customization/custom-instructions (`applyTo`), cursor.com/docs/context/rules
 * (`globs`, `alwaysApply`), docs.windsurf.com/windsurf/cascade/memories (`trigger`, `globs`),
 * docs.cline.bot/customization/cline-rules (`paths`), code.claude.com/docs/en/memory (`paths`).
 */
export const RULE_FOLDERS: readonly RuleFolder[] = [
  { path: '.github/instructions', endings: ['.instructions.md'], isForAll: false },
  { path: '.cursor/rules', endings: ['.mdc'], isForAll: false },
  { path: '.windsurf/rules', endings: ['.md'], isForAll: false },
  { path: '.clinerules', endings: ['.md', '.txt'], isForAll: true },
  { path: '.claude/rules', endings: ['.md'], isForAll: true },
];

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

/** A file of a folder of rules. */
export interface ScopedInstructions {
  /** Globs; empty for those that are used only when the user, or the model, asks for them. */
  readonly applyTo: readonly string[];
  readonly description: string;
  readonly body: string;
}

/** The heads' keys that hold globs. */
const GLOB_KEYS = ['applyto', 'globs', 'paths'];

/** Reads a file of a folder of rules. @param isForAll what a file is for whose head says nothing about it */
export function parseInstructions(text: string, isForAll = false): ScopedInstructions {
  const { head, body } = readFrontMatter(text);
  const globs = GLOB_KEYS.map((key) => listOf(head, key)).find(({ length }) => length > 0) ?? [];
  const trigger = textIn(head, 'trigger');
  const says = [...GLOB_KEYS, 'alwaysapply', 'trigger'].some((key) => head.has(key));
  const isAlways = trigger === 'always_on' || textIn(head, 'alwaysapply') === 'true' || (isForAll && !says);
  const isScoped = trigger === '' || trigger === 'glob';
  return { applyTo: isAlways ? ['**'] : isScoped ? globs : [], description: textIn(head, 'description'), body };
}

/** Whether instructions are for a question about these files. What is for every file is for a question without files too. */
export const appliesTo = ({ applyTo }: Pick<ScopedInstructions, 'applyTo'>, paths: readonly string[]): boolean =>
  applyTo.some((glob) => /^(?:\*\*?|\*\*\/\*\*?)$/.test(glob) || paths.some((path) => matchesGlob(glob, path)));
