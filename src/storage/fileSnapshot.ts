import { readFile, stat } from 'node:fs/promises';

/** The text files of a workspace as they were at one moment, in memory: what an agent may change can then be restored. */

/** How much a snapshot may hold. */
export interface SnapshotLimits {
  readonly files: number;
  /** Bytes of all files. */
  readonly bytes: number;
  /** Bytes of one file; larger ones are not kept. */
  readonly file: number;
}

const LIMITS: SnapshotLimits = { files: 20_000, bytes: 96 << 20, file: 2 << 20 };
/** Files that are read at the same time. */
const AT_ONCE = 16;
/** A zero byte in the first so many bytes says that a file is no text. */
const LOOKED_AT = 8_000;

/** How a file is on the disk, without its content. */
interface Mark {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
}

interface Kept extends Mark {
  /** Undefined for what is no text in UTF-8, or too large. */
  readonly text: string | undefined;
}

/** A file as it was; null: it did not exist. */
export interface FileBefore {
  readonly path: string;
  readonly text: string | null;
}

export class FileSnapshot {
  readonly #files: ReadonlyMap<string, Kept>;

  private constructor(files: ReadonlyMap<string, Kept>) {
    this.#files = files;
  }

  /**
   * Reads files. Those that are gone by now are left out.
   *
   * @param paths absolute paths
   * @param open texts of files that the editor holds with unsaved changes, by path
   * @returns undefined where the files are too many or too large together
   */
  static async take(
    paths: readonly string[],
    open: ReadonlyMap<string, string> = new Map(),
    limits: SnapshotLimits = LIMITS,
  ): Promise<FileSnapshot | undefined> {
    if (paths.length >= limits.files) return undefined;
    const marks = await mapAtOnce(paths, markOf);
    if (marks.reduce((sum, mark) => sum + (mark?.size ?? 0), 0) > limits.bytes) return undefined;
    const kept = await mapAtOnce(paths, async (path, i) => {
      const mark = marks[i];
      if (!mark) return undefined;
      const text = open.get(path) ?? (mark.size > limits.file ? undefined : await readTextFile(path));
      return [path, { ...mark, text }] as const;
    });
    return new FileSnapshot(new Map(kept.filter((each) => each !== undefined)));
  }

  /** The text that a file had; undefined where it was not there or is not kept. */
  textOf(path: string): string | undefined {
    return this.#files.get(path)?.text;
  }

  /**
   * The files that were written, made or deleted since, as they were before. A file that was written may have the same
   * text as before. What is no text or too large is left out.
   *
   * @param paths the files that there are now, by their absolute paths
   */
  async changedSince(paths: readonly string[]): Promise<readonly FileBefore[]> {
    const known = [...this.#files];
    const changed = await mapAtOnce(known, async ([path, { text, ...before }]): Promise<FileBefore | undefined> => {
      if (text === undefined) return undefined;
      const now = await markOf(path);
      const isSame = now?.mtimeMs === before.mtimeMs && now.ctimeMs === before.ctimeMs && now.size === before.size;
      return isSame ? undefined : { path, text };
    });
    const made = paths.filter((path) => !this.#files.has(path)).map((path) => ({ path, text: null }));
    return [...changed.filter((each) => each !== undefined), ...made];
  }
}

const markOf = async (path: string): Promise<Mark | undefined> => {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { mtimeMs, ctimeMs, size } = found;
  return { mtimeMs, ctimeMs, size };
};

/** Takes a mark for the byte order away, as the editor does, and refuses what is not UTF-8. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

async function readTextFile(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    return bytes.subarray(0, LOOKED_AT).includes(0) ? undefined : UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Maps values in their order, some at the same time. */
async function mapAtOnce<T, R>(values: readonly T[], map: (value: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < values.length; i = next++) results[i] = await map(values[i] as T, i);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
