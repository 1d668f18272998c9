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
 */

const PROMPT_CONTEXTS = ['selection', 'symbol', 'file', 'problems', 'staged', 'changes', 'terminal'] as const;
export type PromptContext = (typeof PROMPT_CONTEXTS)[number];

/** Where a prompt is from. What stands nearer to the work wins: workspace, then user, then shipped. */
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
}

/** Which prompt a question was asked with: kept with the question, so that a later version does not change the past. */
export interface UsedPrompt {
  readonly name: string;
  readonly version: string;
  readonly origin: PromptOrigin;
  /** The text that the model received in place of the question. */
  readonly text: string;
}

/** Longest prompt file, in characters. */
export const LONGEST_PROMPT = 64 * 1024;

/** Reads a prompt file; undefined for what is none: a bad name, no text, too long. */
export function parsePromptFile(fileName: string, text: string, origin: PromptOrigin): PromptFile | undefined {
  const name = /^([a-z][\w-]{0,40})\.md$/i.exec(fileName)?.[1]?.toLowerCase();
  if (!name || text.length > LONGEST_PROMPT) return undefined;
  const { head, body } = splitHead(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'));
  if (!body) return undefined;
  return {
    name,
    origin,
    description: (head.get('description') ?? '').slice(0, 200),
    version: (head.get('version') ?? '1').slice(0, 20),
    context: (head.get('context') ?? '')
      .split(',')
      .map((group) =>
        group
          .split('|')
          .map((word) => word.trim())
          .filter(isPromptContext),
      )
      .filter((group) => group.length > 0),
    body,
  };
}

const isPromptContext = (word: string): word is PromptContext => PROMPT_CONTEXTS.some((known) => known === word);

/** A head is optional; what is in it beside `name: value` lines is passed over. */
function splitHead(text: string): { head: ReadonlyMap<string, string>; body: string } {
  const found = /^---\n([\s\S]*?)\n---[ \t]*(?:\n|$)/.exec(text);
  const lines = found?.[1]?.split('\n') ?? [];
  const head = new Map(
    lines.flatMap((line): [string, string][] => {
      const pair = /^([a-z]+):\s*(.*)$/.exec(line);
      return pair?.[1] ? [[pair[1], (pair[2] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2')]] : [];
    }),
  );
  return { head, body: text.slice(found?.[0].length ?? 0).trim() };
}

/** Prompts by name, of several with one name the one that is nearer to the work. */
export function mergePrompts(files: readonly PromptFile[]): ReadonlyMap<string, PromptFile> {
  const order: readonly PromptOrigin[] = ['shipped', 'user', 'workspace'];
  const sorted = [...files].sort((a, b) => order.indexOf(a.origin) - order.indexOf(b.origin));
  const merged = new Map(sorted.map((file) => [file.name, file]));
  return new Map([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `/fix it hangs` → `fix` and `it hangs`; undefined when the text does not begin with a name. */
export function splitCommand(text: string): { name: string; input: string } | undefined {
  const found = /^\/([a-z][\w-]{0,40})(?:\s+([\s\S]*))?$/i.exec(text.trim());
  return found?.[1] ? { name: found[1].toLowerCase(), input: found[2]?.trim() ?? '' } : undefined;
}

/** The text for the model: the prompt with the user's words in it. */
export function usePrompt({ name, version, origin, body }: PromptFile, input: string): UsedPrompt {
  const text = body.includes('{{input}}')
    ? // A function, since a replacement text would read `$&` in the user's words.
      body.replaceAll('{{input}}', () => input)
    : `${body}\n\n${input}`;
  return { name, version, origin, text: text.trim() };
}
