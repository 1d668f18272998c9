/**
 * What a question names in passing: files by their name or path, and identifiers. Whether they exist is for the editor to
 * say; what exists is offered as context, and attached only when the user takes it.
 */
export interface Named {
  /** Paths and names of files, as written, with `/`. */
  readonly files: readonly string[];
  /** Names that can only be those of code: `takeOne`, `take_one`, `Pool`, `take()`, or text in backticks. */
  readonly identifiers: readonly string[];
}

/** Longest question that is searched, in characters. What was pasted behind it names too much to be offered. */
const MOST_CHARACTERS = 4_000;
/** Most names of each sort. Words with a capital letter count among the files until the editor has looked. */
const MOST_NAMES = 20;

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** Finds the names in a question. Mentions with `@` were chosen already, and a leading `/word` names a prompt. */
export function namedInQuestion(question: string): Named {
  const files = new Set<string>();
  const identifiers = new Set<string>();
  const text = question.slice(0, MOST_CHARACTERS).replace(/https?:\/\/\S+/gi, ' ');
  for (const [, quoted, plain = ''] of text.matchAll(/`([^`\n]{1,200})`|(\S+)/gu)) {
    const isQuoted = quoted !== undefined;
    const word = trimWord(quoted ?? plain);
    if (!word || /^[@/]/.test(quoted ?? plain)) continue;
    if (looksLikeFile(word)) files.add(word.replace(/^\.\//, '').replaceAll('\\', '/'));
    const name = identifierIn(word, isQuoted);
    if (name) identifiers.add(name);
  }
  return { files: [...files].slice(0, MOST_NAMES), identifiers: [...identifiers].slice(0, MOST_NAMES) };
}

/** Without quotes, brackets and punctuation around it, and without a line number. */
const trimWord = (word: string): string =>
  (word.includes('(', 1) ? word.trim() : word.trim().replace(/\)+([.,;:!?]*)$/, '$1'))
    .replace(/^["'“”„‘’«([{<*_]+(?=.)/u, '')
    .replace(/(?:[#:]L?\d+(?:[-:]\d+)?)?["'“”‘’»\]}>*,;:!?…。、]*$/u, '')
    .replace(/\.+$/, '')
    .replace(/(?:[#:]L?\d+(?:[-:]\d+)?)$/u, '');

/** A path, a name with an ending, or a name such as `Makefile` that only a file can show to be one. */
const looksLikeFile = (word: string): boolean =>
  /^[^\s`"'<>|?*()]{2,300}$/u.test(word) && (/[./\\]/.test(word) || /^\p{Lu}\p{L}+$/u.test(word));

function identifierIn(word: string, isQuoted: boolean): string | undefined {
  const call = /^([^\s()]+)\(/u.exec(word)?.[1];
  const last =
    (call ?? word)
      .replace(/[()]+$/, '')
      .split(/[.:#]+|->/u)
      .at(-1) ?? '';
  if (!IDENTIFIER.test(last) || last.length < 3) return undefined;
  // `Pool` at the beginning of a sentence is a word as well: a plain word needs a sign that it is code.
  const isCode = /\p{Ll}\p{Lu}|\p{Lu}{2,}\p{Ll}|[\p{L}\p{N}]_[\p{L}\p{N}]/u.test(last);
  return isQuoted || call !== undefined || isCode ? last : undefined;
}

/** More files of one name than this: the name says too little. */
const MOST_OF_ONE_NAME = 2;

/**
 * The paths that the names of a question mean: the whole path or its end, from a slash on.
 *
 * @param paths of the workspace, with `/`
 */
export function filesNamed(names: readonly string[], paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const exact = paths.filter((path) => path === name || path.endsWith(`/${name}`));
    const lower = name.toLowerCase();
    const same =
      exact.length > 0 || !/[./]/.test(name)
        ? exact
        : paths.filter((path) => path.toLowerCase() === lower || path.toLowerCase().endsWith(`/${lower}`));
    if (same.length <= MOST_OF_ONE_NAME) for (const path of same) found.add(path);
  }
  return [...found];
}
