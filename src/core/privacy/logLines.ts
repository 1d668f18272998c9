import { maskSecrets, sliceBetweenSecrets, type NameSecret } from './maskSecrets.ts';

/**
 * What a line of the log may say. No prompt, answer or code is ever logged on purpose; what a message of an error brings
 * along is masked here: keys, home directories, and in a report that leaves the computer every absolute path.
 */

/** Longest line of the log, in UTF-16 units. */
const LONGEST_LINE = 2_000;
/** Looked at for secrets at most; a longer text is cut before. */
const LONGEST_TEXT = 20_000;
/** Frames of a stack that are written. */
const MOST_FRAMES = 20;
/** Errors behind an error that are written. */
const MOST_CAUSES = 3;

export interface MaskParts {
  /** Folder of the installed extension: frames of its own code are named from there. */
  readonly extension: string;
  /** The user's home directory. */
  readonly home: string;
  readonly nameSecret: NameSecret;
  /** Keys that are in use, whatever form they have. */
  readonly keys: ReadonlySet<string>;
}

/** Bearer tokens and the usual beginnings of API keys, also where they are too short for `maskSecrets`. */
const KEY_STARTS = /\b(bearer\s+|sk-|gsk_|AIza|xai-|pk-)[\w.-]{8,}/gi;

/** Home directories of any user, as the systems have them; the drive may be written as in a URL. */
const HOMES = /(?:\/[a-z](?::|%3A))?\/(?:home|Users)\/[^\s/\\"'`<>:]+|\b[a-z]:\\Users\\[^\s/\\"'`<>:]+/gi;

/** A text as one line of the log: keys, home directories and control characters are taken out. */
export function maskLine(text: string, { extension, home, nameSecret, keys }: MaskParts): string {
  let line = sliceBetweenSecrets(text, 0, LONGEST_TEXT);
  for (const key of keys) line = line.replaceAll(key, '«key»');
  line = maskSecrets(line, nameSecret).text.replace(KEY_STARTS, '$1…');
  // What comes first on a line of a file is behind `where: Error: ` here.
  line = maskSecrets(line.replaceAll(': ', ':\n'), nameSecret).text.replaceAll(':\n', ': ');
  // The extension may lie in the home directory.
  line = withoutFolder(line, extension, '');
  line = withoutFolder(line, home, '~').replace(HOMES, '~');
  return line
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, LONGEST_LINE)
    .trimEnd();
}

/** Replaces a folder, as a path or a file URL, wherever it is written out. Short ones name no one and are left. */
function withoutFolder(text: string, folder: string, by: string): string {
  if (folder.length < 4) return text;
  const forms = new Set([folder, folder.replaceAll('\\', '/'), encodeURI(folder.replaceAll('\\', '/'))]);
  const any = [...forms].map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const end = by ? '(?![\\w.-])' : '[/\\\\]';
  return text.replace(new RegExp(`(?:file:/{2,3})?(?:${any})${end}`, 'gi'), by);
}

const QUOTED_PATH = /(["'`])(?:[a-z]:)?[~/\\][^"'`\n]*\1/gi;
const FILE_URL = /\b(?:file|vscode-[a-z-]+):\/\/[^\s"'`<>)]*/gi;
/** A folder may have spaces in its name if another separator follows, a file if it has an ending. */
const BARE_PATH =
  /(?<![\w.:~/\\)\]-])(?:~|[a-z]:|\\)?(?:[/\\][^/\\\n:"'`<>|]{1,200}){0,40}[/\\](?:[^/\\\n:"'`<>|,;()]{0,120}\.[a-z]\w{0,7}\b|[^\s/\\:"'`<>|,;()]+)/gi;

/** A line for a report that leaves the computer: names of files and folders are no one else's business. */
export const maskPaths = (line: string): string =>
  line.replace(QUOTED_PATH, '$1<path>$1').replace(FILE_URL, '<path>').replace(BARE_PATH, '<path>');

/** An error as lines: its name and message, where it happened, and the errors behind it. */
export function describeError(error: unknown, causes = MOST_CAUSES): string[] {
  if (!(error instanceof Error)) return [typeof error === 'object' ? messageOf(error) : String(error)];
  const stack = error.stack ?? '';
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/\bnode:internal\//.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => `  ${line.trim()}`);
  const lines = [`${error.name}: ${withoutParsedText(error.message)}`, ...frames];
  const behind = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  if (causes > 0)
    for (const cause of behind.slice(0, causes)) {
      const [first = '', ...rest] = describeError(cause, causes - 1);
      lines.push(`  caused by ${first}`, ...rest.map((line) => `  ${line}`));
    }
  return lines;
}

/** The first line of that. */
export const describeErrorBriefly = (error: unknown): string => describeError(error, 0)[0] ?? '';

/** What cannot be read as JSON may be an answer of a model, and V8 quotes it. */
const withoutParsedText = (message: string): string =>
  message.replace(/(?:\.{3})?"[\s\S]*"(?:\.{3})? is not valid JSON/, '"…" is not valid JSON');

/** What was thrown and is no error: its message, if it has one, and nothing else of it. */
function messageOf(thrown: object | null): string {
  const message = (thrown as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : thrown === null ? 'null' : 'an object that is no error';
}

/** Keeps the last lines that were written. */
export class LineRing {
  readonly #most: number;
  #lines: string[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(line: string): void {
    this.#lines.push(line);
    // Cut in steps: moving all lines for each new one is not needed.
    if (this.#lines.length >= this.#most * 2) this.#lines = this.#lines.slice(-this.#most);
  }

  /** The oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-this.#most);
  }
}
