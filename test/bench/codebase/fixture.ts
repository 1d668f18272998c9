import fs from 'node:fs';
import path from 'node:path';

/**
 * The workspace that `@codebase` is measured on: 5,000 files, of which about 500 are the sources of this project, whose
 * questions we can write, and the others the installed packages, in which the same words stand for other things.
 */

const ROOT = path.join(import.meta.dirname, '../../..');
const CODE = /\.(?:[cm]?[jt]sx?|css|md|json)$/;
/** Larger files and declarations that repeat a source are no part of it. */
const MOST_BYTES = 300_000;

/** Copies files in the order of their names until there are so many; answers their names. */
export function makeFixture(folder: string, count: number): string[] {
  const own = walk(path.join(ROOT, 'src')).map((file) => [file, path.relative(ROOT, file)] as const);
  const packages = walk(path.join(ROOT, 'node_modules')).map(
    (file) => [file, path.join('packages', path.relative(path.join(ROOT, 'node_modules'), file))] as const,
  );
  // Spread over all packages, so that no one of them is most of the fixture.
  const step = Math.max(1, Math.floor(packages.length / (count - own.length)));
  const others = packages.filter((_, i) => i % step === 0);
  const files = [...own, ...others].slice(0, count);
  for (const [from, to] of files) {
    const target = path.join(folder, to);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(from, target);
  }
  return files.map(([, to]) => to.replaceAll(path.sep, '/'));
}

function walk(folder: string): string[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const file = path.join(folder, entry.name);
    // Folders of a package's own packages, and of builds that the index would leave out, hold nothing new.
    if (entry.isDirectory())
      return ['dist', 'out', 'node_modules', '.cache', '.bin'].includes(entry.name) ? [] : walk(file);
    return entry.isFile() && CODE.test(entry.name) && !/\.min\.|\.d\.[cm]?ts$/.test(entry.name) && isMiddling(file)
      ? [file]
      : [];
  });
}

function isMiddling(file: string): boolean {
  const { size } = fs.statSync(file);
  return size > 200 && size < MOST_BYTES;
}
