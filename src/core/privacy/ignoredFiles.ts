import { matchesGlob } from '../common/glob.ts';

/**
 * The files that the user shows to no model: the globs of `gearshift.privacy.ignore`. Known here, and not passed in by
 * each of the many who ask, so that none of them can forget them.
 */
let globs: readonly string[] = [];
let folders: readonly string[] = [];

/**
 * Sets the globs. One means what it names wherever that is in the workspace; a folder means all that is in it, so
 * `customers`, `customers/` and `customers/**` hide the same files.
 */
export function setIgnoredFiles(written: readonly string[]): void {
  globs = written.flatMap((glob) => {
    const name = plain(glob)
      .replace(/^(?:\.?\/)+/, '')
      .replace(/\/+$/, '');
    if (name === '') return [];
    const isFolder = /[\\/]$/.test(glob);
    return [...(isFolder ? [] : [`**/${name}`]), `**/${name}/**`];
  });
}

/**
 * Sets the folders of the workspace, as absolute paths: what is above them is not the user's to hide, or a
 * workspace in `/home/me/src/app` would be hidden whole by `src`.
 */
export function setIgnoredFolders(paths: readonly string[]): void {
  folders = paths.map((path) => `${plain(path).replace(/\/+$/, '')}/`);
}

/** Whether the user's globs hide a path: of the workspace, or absolute, with either kind of slash. */
export function isIgnoredFile(path: string): boolean {
  if (globs.length === 0) return false;
  const name = plain(path);
  // The innermost folder counts.
  const folder = folders.reduce((best, each) => (name.startsWith(each) && each.length > best.length ? each : best), '');
  const inside = name.slice(folder.length);
  return globs.some((glob) => matchesGlob(glob, inside));
}

/** One spelling for paths that mean the same: some systems write `ö` as two characters, and addresses `/C:/`. */
const plain = (path: string): string =>
  path
    .replaceAll('\\', '/')
    .normalize('NFC')
    .toLowerCase()
    .replace(/^\/(?=[a-z]:)/, '');
