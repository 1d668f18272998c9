import { t } from '@vscode/l10n';
import { readQuotedPath } from '../common/paths.ts';
import { countsOf, headOfHunks } from './diffHead.ts';

/**
 * Changes as git tells them, in one form whatever the user's settings are. Which files changed is asked for first, with
 * names that git neither quotes nor cuts; then git is asked for the changes of those alone that may be sent. So no
 * setting, no program that the user has git call, and no strange name brings the text of a secret file past the filter.
 */

/**
 * Runs git in the root folder of a repository. Answers its output, or null if that is longer than can be taken; rejects
 * with git's own words when git fails.
 */
export type RunGit = (args: readonly string[]) => Promise<string | null>;

/** Changes as text, and what the user is told about it. */
interface Gathered {
  readonly text: string;
  /** What was left out, as sentences. */
  readonly remarks: readonly string[];
}

export interface GitDiff extends Gathered {
  /** Files that changed, those that were left out included. */
  readonly files: number;
}

/** Settings that change what git prints, and pathspecs that are names and no patterns. */
const GIT = [
  '--no-pager',
  '--no-optional-locks',
  '--literal-pathspecs',
  ...[
    'core.quotePath=false',
    // A program that git would run to learn what changed.
    'core.fsmonitor=false',
    'diff.noprefix=false',
    'diff.mnemonicPrefix=false',
    'diff.relative=false',
    'diff.suppressBlankEmpty=false',
    'diff.interHunkContext=0',
  ].flatMap((setting) => ['-c', setting]),
];
const DIFF = [
  'diff',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--unified=3',
  // With renames, so that a secret file with a new name is left out under both.
  '--find-renames',
  '-l2000',
  // No file of the user's says in which order files come.
  '-O/dev/null',
  '--submodule=short',
];

/** Names of one call, in characters: Windows takes 32,767 in all. */
const MOST_NAMES = 20_000;

/**
 * @param range what is compared: nothing for the working tree with the index, `--cached` for what is staged, or commits
 * @param isExcluded whether a file, by its path in the repository, must not be sent
 * @param limit longest text, in characters; of files that do not fit, the head of each hunk is taken, and those that do
 *   not fit even so are named with the counts of their lines
 * @param only path of the only file that counts
 */
export async function readGitDiff(
  run: RunGit,
  range: readonly string[],
  isExcluded: (path: string) => boolean,
  limit: number,
  only?: string,
): Promise<GitDiff> {
  const listed = await run([...GIT, ...DIFF, '--name-status', '-z', ...range, '--', ...(only ? [only] : [])]);
  const changes = readNames(listed ?? '');
  // A name that is no UTF-8 cannot be judged, and not be named to git either.
  const allowed = changes.filter((names) => !names.some((name) => name.includes('\uFFFD') || isExcluded(name)));
  const texts: string[] = [];
  const count = { leftOut: changes.length - allowed.length, shortened: 0 };
  const missing: string[] = [];
  const reserved = changes.length > 1 ? Math.floor(Math.min(MOST_NAMED, limit / 10)) : 0;
  let left = limit - reserved;
  const take = async (batch: readonly (readonly string[])[]): Promise<void> => {
    if (batch.length === 0) return;
    const text = left > 0 ? await run([...GIT, ...DIFF, '--patch', ...range, '--', ...batch.flat()]) : null;
    if (text === null && batch.length > 1 && left > 0) {
      // One of them is too long: the others may do.
      const half = batch.length >> 1;
      await take(batch.slice(0, half));
      await take(batch.slice(half));
      return;
    }
    if (text === null) {
      missing.push(...batch.map((names) => names.at(-1) ?? ''));
      return;
    }
    const part = cutDiff(text, isExcluded, left);
    count.leftOut += part.leftOut;
    count.shortened += part.shortened;
    missing.push(...part.missing);
    left -= part.text.length;
    if (part.text) texts.push(part.text);
  };
  for (const batch of batches(allowed)) await take(batch);
  if (missing.length > 0) texts.push(namesOf(missing, Math.max(reserved, 200)));
  return {
    text: texts.join('\n'),
    remarks: diffRemarks(count.leftOut, missing.length, count.shortened),
    files: changes.length,
  };
}

/** Room for the names of files whose changes are not shown, in characters. */
const MOST_NAMED = 4_000;

/** Tells the model which files changed as well. The lines are no part of any hunk. */
function namesOf(missing: readonly string[], room: number): string {
  const lines = ['Files that changed too and are not shown here:'];
  let size = 80;
  for (const [i, name] of missing.entries()) {
    size += name.length + 1;
    if (size > room) {
      lines.push(`and ${missing.length - i} more`);
      break;
    }
    lines.push(name);
  }
  return lines.join('\n');
}

/** The names of each change, of a rename both; each name counts once. */
function readNames(listed: string): (readonly string[])[] {
  const fields = listed.split('\0');
  const changes = new Map<string, readonly string[]>();
  for (let i = 0; i + 1 < fields.length;) {
    const count = /^[RC]/.test(fields[i] ?? '') ? 2 : 1;
    const names = fields.slice(i + 1, i + 1 + count);
    changes.set(names.join('\0'), names);
    i += 1 + count;
  }
  return [...changes.values()];
}

function batches(changes: readonly (readonly string[])[]): (readonly string[])[][] {
  const all: (readonly string[])[][] = [];
  let size = Infinity;
  for (const names of changes) {
    const length = names.reduce((sum, name) => sum + name.length + 3, 0);
    if (size + length > MOST_NAMES) {
      all.push([]);
      size = 0;
    }
    all.at(-1)?.push(names);
    size += length;
  }
  return all;
}

/** What is said about files that are never sent because of what they are for. */
export function leftOutRemark(count: number): string[] {
  return count > 0 ? [t('Files left out because they may hold secrets: {0}', count)] : [];
}

/** A diff without the files that must not be sent, and cut at the limit (in characters). */
export function trimDiff(diff: string, isExcluded: (path: string) => boolean, limit: number): Gathered {
  const { text, leftOut, missing, shortened } = cutDiff(diff, isExcluded, limit);
  return { text, remarks: diffRemarks(leftOut, missing.length, shortened) };
}

interface CutDiff {
  readonly text: string;
  /** Files left out because of their name, or because no name can be read. */
  readonly leftOut: number;
  /** Files of which only the head of each hunk is in the text. */
  readonly shortened: number;
  /** Files left out because all would be too long: name and counts of lines. */
  readonly missing: readonly string[];
}

/**
 * The same with counts. What cannot be told apart by file is left out whole: in the output of another program that the
 * user has git call, no one sees where a secret file begins.
 */
function cutDiff(diff: string, isExcluded: (path: string) => boolean, limit: number): CutDiff {
  // Only where no line begins as it should: a file can hold such characters too.
  const plain = /^diff --/m.test(diff) ? diff : diff.replace(COLORS, '');
  const files = plain.split(/^(?=diff --(?:git|cc|combined) )/m).filter((part) => part.trim());
  const allowed = files.filter((part) => {
    const paths = pathsOfDiff(part);
    return paths.length > 0 && !paths.some(isExcluded);
  });
  // What fits goes whole; what is left of the room is shared by those that do not.
  const kept = new Map<number, string>();
  let size = 0;
  for (const [i, part] of allowed.entries()) {
    if (size + part.length > limit) continue;
    size += part.length;
    kept.set(i, part);
  }
  const long = [...allowed.keys()].filter((i) => !kept.has(i));
  const missing: string[] = [];
  for (const [n, i] of long.entries()) {
    const part = allowed[i] ?? '';
    const head = headOfHunks(part, Math.floor((limit - size) / (long.length - n)));
    size += head?.length ?? 0;
    if (head === undefined) missing.push(`${nameOf(part)} (${countsOf(part)})`);
    else kept.set(i, head);
  }
  return {
    text: [...allowed.keys()]
      .flatMap((i) => kept.get(i) ?? [])
      .join('')
      .trimEnd(),
    leftOut: files.length - allowed.length,
    shortened: long.length - missing.length,
    missing,
  };
}

/** What is said about files that a diff does not show, or not whole. */
const diffRemarks = (leftOut: number, missing: number, shortened: number): string[] => [
  ...leftOutRemark(leftOut),
  ...(shortened > 0
    ? [
        t(
          'Files for which only the beginning of the changes was sent, because the diff would be too long: {0}',
          shortened,
        ),
      ]
    : []),
  ...(missing > 0 ? [t('Files whose changes were omitted because the diff would be too long: {0}', missing)] : []),
];

/** The name of a file's part of a diff, for the model. */
const nameOf = (part: string): string =>
  readQuotedPath(
    (/^\+\+\+ (?!\/dev\/null)(.*)$|^--- (?!\/dev\/null)(.*)$/m.exec(part) ?? []).slice(1).find(Boolean) ?? '',
  )
    .replace(/^[ab]\//, '')
    .trim();

/** Git colors its output when the user's settings say `always`. */
const COLORS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g');

/**
 * All names that one file's part of a git diff may give, of a rename the old and the new one. The user's settings can
 * change or drop the prefixes, so each name counts both with its first folder and without.
 */
function pathsOfDiff(part: string): string[] {
  const lines = part.split(/\r?\n/, 16);
  const [, merged, head] = /^diff --(?:git|(cc|combined)) (.*)$/s.exec(lines[0] ?? '') ?? [];
  if (head === undefined) return [];
  const hunk = lines.findIndex((line) => line.startsWith('@@'));
  const named = lines
    .slice(1, hunk < 0 ? undefined : hunk)
    .flatMap((line) => /^(?:---|\+\+\+|(?:rename|copy) (?:from|to)|Binary files) (.*)$/s.exec(line)?.[1] ?? [])
    .flatMap((names) => [names, ...names.replace(/ differ$/, '').split(' and ')]);
  // A file without content lines (a new mode, an empty file) is named in the first line only.
  const inHead = merged
    ? [head]
    : head.includes('"')
      ? (head.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [])
      : [head.slice(Math.floor(head.length / 2) + 1), ...head.split(/ (?=\w\/)/)];
  const names = [...named, ...inHead].map((name) => readQuotedPath(name.replace(/\t.*$/, '').trim()));
  return [...new Set(names.flatMap((name) => [name, name.replace(/^[^/]*\//, '')]))].filter(
    (name) => name && name !== '/dev/null' && name !== 'dev/null',
  );
}
