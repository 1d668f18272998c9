import { hashText } from '../common/hashText.ts';
import { readFrontMatter, textIn } from './frontMatter.ts';

/**
 * Prompts as files: `/review` is `review.md`, a Markdown text with a head of a few lines.
 *
 *     ---
 *     description: Review a change or the selected code
 *     version: 1
 *     context: selection | staged, problems
 *     ---
 *     Review this … {{input}}
 *
 * `context` names the context to send when the user attached nothing: of each group, divided by commas, the first that is
 * there. `{{input}}` stands for what the user wrote behind the name; without it that comes last.
 *
 * Prompt files of other tools (`.github/prompts/*.prompt.md`) are read as well: `$ARGUMENTS` is `{{input}}`, `${input:x}`
 * is asked for, `${selection}` and `${file}` name what is attached. Their `model`, `agent` and `tools` have no meaning
 * here, and a line that begins with `!` is text: nothing of a prompt is ever run.
 */

const PROMPT_CONTEXTS = ['selection', 'symbol', 'file', 'problems', 'staged', 'changes', 'terminal'] as const;
export type PromptContext = (typeof PROMPT_CONTEXTS)[number];

/** Where a prompt is from. What is nearer to the work wins: workspace, then user, then shipped. */
export type PromptOrigin = 'shipped' | 'user' | 'workspace';

export interface PromptFile {
  /** Lower case, without the slash. */
  readonly name: string;
  readonly origin: PromptOrigin;
  readonly description: string;
  /** As the file states it; `1` where it states none. */
  readonly version: string;
  /** Groups of alternatives. */
  readonly context: readonly (readonly PromptContext[])[];
  readonly body: string;
  /** What the user may write behind the name, as the file puts it; empty where it says nothing. */
  readonly hint: string;
}

/** Which prompt a question was asked with: kept with the question, so that a later version does not change the past. */
export interface UsedPrompt {
  readonly name: string;
  readonly version: string;
  readonly origin: PromptOrigin;
  /** A hash of the prompt itself, without the user's words: tells a changed prompt of the same version. */
  readonly hash?: string | undefined;
  /** The text that the model received in place of the question. */
  readonly text: string;
}

/** Longest prompt file, in characters. */
export const LONGEST_PROMPT = 64 * 1024;

/** A name behind `/`, in lower case: letters of any alphabet, digits, `-`, `_` and dots between them. */
const NAME = String.raw`[\p{L}][\p{L}\p{N}_-]*(?:\.[\p{L}\p{N}_-]+)*`;
const LONGEST_NAME = 60;

/** Reads a prompt file; undefined for what is none: a bad name, no text, too long. */
export function parsePromptFile(fileName: string, text: string, origin: PromptOrigin): PromptFile | undefined {
  const stem = fileName.replace(/(?:\.prompt)?\.md$/i, '');
  if (stem === fileName || text.length > LONGEST_PROMPT) return undefined;
  const { head, body } = readFrontMatter(text);
  const name = nameIn(textIn(head, 'name')) ?? nameIn(stem);
  if (!name || !body) return undefined;
  return {
    name,
    origin,
    description: textIn(head, 'description').replace(/\s+/g, ' ').slice(0, 200),
    version: (textIn(head, 'version') || '1').slice(0, 20),
    context: head.has('context') ? contextIn(textIn(head, 'context')) : contextOf(body),
    body,
    hint: textIn(head, 'argumenthint').replace(/\s+/g, ' ').slice(0, 100),
  };
}

const nameIn = (text: string): string | undefined =>
  text.length <= LONGEST_NAME && new RegExp(`^${NAME}$`, 'u').test(text) ? text.toLowerCase() : undefined;

const contextIn = (text: string): readonly (readonly PromptContext[])[] =>
  text
    .split(',')
    .map((group) =>
      group
        .split('|')
        .map((word) => word.trim())
        .filter(isPromptContext),
    )
    .filter((group) => group.length > 0);

/** The context that a prompt of another tool names in its text. */
const contextOf = (body: string): readonly (readonly PromptContext[])[] =>
  /\$\{(?:selection|selectedText)\}/.test(body) ? [['selection']] : /\$\{file\w*\}/.test(body) ? [['file']] : [];

const isPromptContext = (word: string): word is PromptContext => PROMPT_CONTEXTS.some((known) => known === word);

/** Prompts by name, of several with one name the one that is nearer to the work. */
export function mergePrompts(files: readonly PromptFile[]): ReadonlyMap<string, PromptFile> {
  const order: readonly PromptOrigin[] = ['shipped', 'user', 'workspace'];
  const sorted = [...files].sort((a, b) => order.indexOf(a.origin) - order.indexOf(b.origin));
  const merged = new Map(sorted.map((file) => [file.name, file]));
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * `/fix it hangs` → `fix` and `it hangs`; mentions may be before it. Undefined when the text does not begin with a name:
 * in the middle of a sentence `/fix` is the user's own word.
 */
export function splitCommand(text: string): { name: string; input: string } | undefined {
  const found = new RegExp(`^((?:@(?:[a-z]+:)?(?:"[^"\\n]*"|\\S+)\\s+)*)/(${NAME})(?:\\s+([^]*))?$`, 'iu').exec(
    text.trim(),
  );
  const [, mentions = '', name = '', rest = ''] = found ?? [];
  if (!name || name.length > LONGEST_NAME) return undefined;
  return { name: name.toLowerCase(), input: `${mentions}${rest.trim()}`.trim() };
}

/** A word that a prompt asks the user for: `${input:name}` or `${input:name:what to write}`. */
export interface PromptInput {
  readonly name: string;
  readonly hint: string;
}

const INPUT = /\$\{input:([^}:\n]{1,60})(?::([^}\n]{0,200}))?\}/g;

/** What a prompt asks for, each once. */
export function inputsOf({ body }: Pick<PromptFile, 'body'>): readonly PromptInput[] {
  const found = new Map<string, PromptInput>();
  for (const [, name = '', hint = ''] of body.matchAll(INPUT))
    if (!found.get(name)?.hint) found.set(name, { name, hint });
  return [...found.values()];
}

/** What stands for the parts of a prompt that only the editor knows. */
export interface PromptFacts {
  /** By the names of `inputsOf`; one that is missing is what the user wrote behind the name of the prompt. */
  readonly inputs?: ReadonlyMap<string, string>;
  /** Path of the open file in the workspace; empty for none. */
  readonly file?: string;
}

/** The text for the model: the prompt with the user's words in it. */
export function usePrompt(prompt: PromptFile, input: string, { inputs, file = '' }: PromptFacts = {}): UsedPrompt {
  const { name, version, origin, body } = prompt;
  let isUsed = false;
  // Functions, since a replacement text would read `$&` in the user's words; one pass, so that those are not read again.
  const text = body.replaceAll(
    /\{\{input\}\}|\$ARGUMENTS\b|\$\{input:([^}:\n]{1,60})(?::[^}\n]{0,200})?\}|\$\{(\w+)\}/g,
    (whole: string, asked: string | undefined, variable: string | undefined) => {
      if (variable !== undefined) return variableOf(variable, file) ?? whole;
      const value = asked === undefined ? undefined : inputs?.get(asked);
      isUsed ||= value === undefined;
      return value ?? input;
    },
  );
  const isTold = isUsed || (inputs !== undefined && inputs.size > 0 && [...inputs.values()].includes(input));
  return { name, version, origin, hash: hashText(body), text: (isTold ? text : `${text}\n\n${input}`).trim() };
}

/** The version of a prompt for the ledger, with the hash of its text: `1.2 #0a1b2c3d`. */
export const promptVersionOf = ({ version, hash }: Pick<UsedPrompt, 'version' | 'hash'>): string =>
  hash === undefined ? version : `${version} #${hash}`;

/** What a variable of another tool's prompt stands for; paths are those of the workspace. */
function variableOf(name: string, file: string): string | undefined {
  const base = file.slice(file.lastIndexOf('/') + 1);
  switch (name) {
    case 'selection':
    case 'selectedText':
      return 'the attached selection';
    case 'file':
    case 'relativeFile':
      return file || 'the attached file';
    case 'fileBasename':
      return base || 'the attached file';
    case 'fileBasenameNoExtension':
      return base.replace(/\.[^.]*$/, '') || 'the attached file';
    case 'fileDirname':
    case 'relativeFileDirname':
      return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
    case 'workspaceFolder':
      return '.';
    default:
      return undefined;
  }
}
