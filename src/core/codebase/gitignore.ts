/**
 * `.gitignore` files as Git reads them (https://git-scm.com/docs/gitignore): the last pattern that matches decides,
 * a pattern with a slash counts from the folder of its file, and what lies in an ignored folder cannot be taken back in.
 * Patterns come from a repository, so they are matched without regular expressions, in a time that no pattern can make
 * exponential.
 */

interface Pattern {
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** Parts between slashes; `**` stands for any number of folders. */
  readonly parts: readonly string[];
}

/** The patterns of one file by the folder that it lies in: a path of the workspace folder, empty for its root. */
export interface IgnoreFile {
  readonly folder: string;
  readonly text: string;
}

const MOST_PATTERNS = 5_000;
const LONGEST_PATTERN = 500;

function parsePatterns(text: string): Pattern[] {
  const patterns: Pattern[] = [];
  for (const written of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    let line = withoutEndSpaces(written);
    if (line === '' || line.startsWith('#') || line.length > LONGEST_PATTERN) continue;
    const negated = line.startsWith('!');
    if (negated) line = line.slice(1);
    const foldersOnly = line.endsWith('/');
    if (foldersOnly) line = line.replace(/\/+$/, '');
    const isAnchored = line.includes('/');
    const parts = line
      .replace(/^\/+/, '')
      .split('/')
      .filter(Boolean)
      .map((part) => (/^\*{2,}$/.test(part) ? '**' : part));
    if (parts.length === 0) continue;
    for (const read of isAnchored ? withStarsAfterText(parts) : [['**', ...parts]])
      patterns.push({ negated, foldersOnly, parts: read.filter((part, i) => part !== '**' || read[i - 1] !== '**') });
    if (patterns.length >= MOST_PATTERNS) break;
  }
  return patterns;
}

/** Spaces at the end do not count unless a backslash is before them. */
function withoutEndSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return line.slice(0, end > 0 && line[end - 1] === '\\' ? end + 1 : end);
}

/**
 * Git compares the text before the first wildcard by itself, so `ab**` at the end of that text stands for any number of
 * folders too, although the documentation says otherwise: `ab**` + `/c` is `abc` or `ab*` + `/**` + `/c`
 * (`match_pathname` of Git's dir.c).
 */
function withStarsAfterText(parts: readonly string[]): (readonly string[])[] {
  const first = parts.findIndex((part) => /[*?[\\]/.test(part));
  const text = /^([^*?[\\]+)\*{2,}$/.exec(parts[first] ?? '')?.[1];
  if (text === undefined) return [parts];
  const [before, after] = [parts.slice(0, first), parts.slice(first + 1)];
  const inFolders = [...before, `${text}*`, '**', ...after];
  const firstName = after.findIndex((part) => part !== '**');
  const [next, ...rest] = firstName < 0 ? [] : after.slice(firstName);
  return [next === undefined ? [...before, `${text}*`] : [...before, `${text}${next}`, ...rest], inFolders];
}

/** Decides which files Git ignores, by the ignore files of one workspace folder. */
export class Gitignore {
  readonly #byFolder = new Map<string, Pattern[]>();
  readonly #folders = new Map<string, boolean>();

  constructor(files: readonly IgnoreFile[]) {
    for (const { folder, text } of files) {
      const known = this.#byFolder.get(folder) ?? [];
      this.#byFolder.set(folder, [...known, ...parsePatterns(text)]);
    }
  }

  /** @param path of a file below the workspace folder, with `/` */
  ignores(path: string): boolean {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) if (this.#ignoresFolder(parts, depth)) return true;
    return this.#decide(parts, false);
  }

  #ignoresFolder(parts: readonly string[], depth: number): boolean {
    const folder = parts.slice(0, depth);
    const key = folder.join('/');
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const decided = this.#decide(folder, true);
    this.#folders.set(key, decided);
    return decided;
  }

  /** By the patterns of the innermost folder that has one which matches. */
  #decide(parts: readonly string[], isFolder: boolean): boolean {
    for (let depth = parts.length - 1; depth >= 0; depth--) {
      const patterns = this.#byFolder.get(parts.slice(0, depth).join('/'));
      if (!patterns) continue;
      const inside = parts.slice(depth);
      const last = patterns.findLast(
        (pattern) => (isFolder || !pattern.foldersOnly) && matchesParts(pattern.parts, inside),
      );
      if (last) return !last.negated;
    }
    return false;
  }
}

/** Goes back to the last `**` only: each part matches or not, whatever was tried before. */
function matchesParts(pattern: readonly string[], path: readonly string[]): boolean {
  let [p, at, star, from] = [0, 0, -1, 0];
  while (at < path.length) {
    const part = pattern[p];
    if (part === '**') {
      [star, from] = [p, at];
      p++;
      // At the end it stands for what is in the folder, not for the folder itself.
      if (p === pattern.length) return at > 0 || pattern.length === 1;
    } else if (part !== undefined && matchesPart(part, path[at] ?? '')) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++from;
    } else return false;
  }
  return p === pattern.length;
}

/** `*`, `?`, `[a-z]`, `[!a-z]` and `\` within one part; goes back to the last `*` only. */
function matchesPart(pattern: string, name: string): boolean {
  let [p, at, star, from] = [0, 0, -1, 0];
  while (at < name.length) {
    const step = pattern[p] === '*' ? undefined : takes(pattern, p, name[at] ?? '');
    if (pattern[p] === '*') {
      [star, from] = [++p, at];
    } else if (step !== undefined && step > 0) {
      p += step;
      at++;
    } else if (star >= 0) {
      p = star;
      at = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** How many characters of the pattern stand for this one of the name; 0 where it does not match. */
function takes(pattern: string, at: number, char: string): number {
  const sign = pattern[at];
  if (sign === undefined) return 0;
  if (sign === '?') return 1;
  if (sign === '\\' && at + 1 < pattern.length) return pattern[at + 1] === char ? 2 : 0;
  if (sign !== '[') return sign === char ? 1 : 0;
  const negated = /[!^]/.test(pattern[at + 1] ?? '');
  const first = at + (negated ? 2 : 1);
  const end = pattern.indexOf(']', first + 1);
  if (end < 0) return char === '[' ? 1 : 0;
  let isIn = false;
  for (let i = first; i < end; i++) {
    const from = pattern[i] ?? '';
    const hasRange = pattern[i + 1] === '-' && i + 2 < end;
    const to = hasRange ? (pattern[i + 2] ?? '') : from;
    if (from <= char && char <= to) isIn = true;
    if (hasRange) i += 2;
  }
  return isIn === negated ? 0 : end - at + 1;
}

/**
 * Folders that the root's ignore file hides, by their plain names: a search that leaves them out from the beginning does
 * not list what is built or installed there. None where the file takes anything back in.
 */
export function plainIgnoredFolders(text: string): string[] {
  const patterns = parsePatterns(text);
  if (patterns.some(({ negated }) => negated)) return [];
  return patterns
    .filter(({ parts }) => parts.every((part, i) => (i === 0 && part === '**') || /^[\w.-]+$/.test(part)))
    .map(({ parts }) => parts.join('/'));
}
