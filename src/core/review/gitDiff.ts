import { cutDiff, diffRemarks, type Gathered } from '../chat/context.ts';

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
  '--submodule=short',
];

/** Names of one call, in characters: Windows takes 32,767 in all. */
const MOST_NAMES = 20_000;

/**
 * @param range what is compared: nothing for the working tree with the index, `--cached` for what is staged, or commits
 * @param isExcluded whether a file, by its path in the repository, must not be sent
 * @param limit longest text, in characters; files that do not fit are left out whole
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
  const count = { leftOut: changes.length - allowed.length, cut: 0 };
  let left = limit;
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
      count.cut += batch.length;
      return;
    }
    const part = cutDiff(text, isExcluded, left);
    count.leftOut += part.leftOut;
    count.cut += part.cut;
    left -= part.text.length;
    if (part.text) texts.push(part.text);
  };
  for (const batch of batches(allowed)) await take(batch);
  return { text: texts.join('\n'), remarks: diffRemarks(count.leftOut, count.cut), files: changes.length };
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
