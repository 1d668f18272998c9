import type { FileEntry } from './fileEntry.ts';
import { scaleFor } from './choose.ts';
import { searchEntries, type Hit } from './search.ts';
import type { QueryTerm } from './words.ts';

/** A file of the index with what tells whether it has changed since. */
export interface IndexedFile {
  /** Its address; tells files apart. */
  readonly key: string;
  /** When it was changed last, in ms since the epoch, and its size in bytes. */
  readonly mtime: number;
  readonly size: number;
  readonly entry: FileEntry;
}

/** Most words of all files, at five bytes each: so the index stays below 64 MB with all that is around it. */
const MOST_WORDS = 8_000_000;

/** Files that hold nothing to search: they are known, so that they are not read again. */
export const NOTHING: FileEntry = {
  hash: 0,
  pieces: new Uint32Array(0),
  terms: new Uint32Array(0),
  counts: new Uint8Array(0),
  pathTerms: 0,
  nameTerms: 0,
};

/** The files of a workspace by their words. */
export class CodebaseIndex {
  readonly #files = new Map<string, IndexedFile>();
  readonly #mostWords: number;
  #words = 0;

  constructor(mostWords = MOST_WORDS) {
    this.#mostWords = mostWords;
  }

  get size(): number {
    return this.#files.size;
  }

  /** Words of all files, each once a piece. */
  get words(): number {
    return this.#words;
  }

  get files(): Iterable<IndexedFile> {
    return this.#files.values();
  }

  get(key: string): IndexedFile | undefined {
    return this.#files.get(key);
  }

  /** Adds a file or replaces it. False where the index is full and the file is left out. */
  set(file: IndexedFile): boolean {
    this.delete(file.key);
    const { length } = file.entry.terms;
    if (this.#words + length > this.#mostWords) return false;
    this.#files.set(file.key, file);
    this.#words += length;
    return true;
  }

  delete(key: string): boolean {
    this.#words -= this.#files.get(key)?.entry.terms.length ?? 0;
    return this.#files.delete(key);
  }

  clear(): void {
    this.#files.clear();
    this.#words = 0;
  }

  /**
   * The pieces that match best, best first.
   *
   * @param question decides whether tests and examples count less
   */
  search(question: string, terms: readonly QueryTerm[], most: number): Hit<string>[] {
    return searchEntries(this.#entries(), terms, scaleFor(question), most);
  }

  *#entries(): Generator<readonly [string, FileEntry]> {
    for (const { key, entry } of this.#files.values()) yield [key, entry];
  }
}
