import * as vscode from 'vscode';
import { eventLoop } from '../../core/common/eventLoop.ts';
import { NOTHING, type CodebaseIndex, type IndexedFile } from '../../core/codebase/codebaseIndex.ts';
import { indexFile, isMachineMade, type FileEntry } from '../../core/codebase/fileEntry.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { readText } from '../platform/files.ts';
import { listSources } from '../platform/sources.ts';

/** Larger files are data or made by tools, in bytes. */
const MOST_BYTES = 400 * 1024;
/** Files that are read beside each other: a disk answers several questions as fast as one. */
const AT_ONCE = 4;

/** Files that were looked at, of how many. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Reads files into an index, in small steps: nothing here keeps the extension host for more than some milliseconds. */
export class FileIndexer {
  readonly #index: CodebaseIndex;
  /** Counts the entries that were added, replaced or deleted. */
  changes = 0;
  /** Files that are left out because the index is full. */
  leftOut = 0;

  constructor(index: CodebaseIndex) {
    this.#index = index;
  }

  /**
   * Lists the workspace and reads what is new or has changed; what is gone leaves the index.
   *
   * @returns false when it was stopped before the end
   */
  async updateAll(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<boolean> {
    const listed = await listSources();
    for (const { key } of [...this.#index.files]) if (!listed.has(key)) this.#delete(key);
    this.leftOut = 0;
    const queue = [...listed.values()];
    const total = queue.length;
    let done = 0;
    onProgress({ done, total });
    const work = async (): Promise<void> => {
      for (let uri = queue.shift(); uri && !signal.aborted; uri = queue.shift()) {
        await this.#update(uri);
        done++;
        if (done % 100 === 0 || done === total) onProgress({ done, total });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return !signal.aborted;
  }

  /** Reads files again that have changed; those that are gone leave the index. */
  async update(uris: Iterable<vscode.Uri>, signal: AbortSignal): Promise<void> {
    for (const uri of uris) {
      if (signal.aborted) return;
      // Only what is listed already: whether another one may be searched is for the list to say.
      if (this.#index.get(uri.toString())) await this.#update(uri);
    }
  }

  /** Indexes the text of a file as it is now. Its next change on disk counts anyway. */
  async replaceText(uri: vscode.Uri, path: string, text: string, known?: IndexedFile): Promise<FileEntry> {
    const entry = await this.#entryOf(path, text);
    this.#set({ key: uri.toString(), mtime: known?.mtime ?? 0, size: known?.size ?? 0, entry });
    return entry;
  }

  async #update(uri: vscode.Uri): Promise<void> {
    const key = uri.toString();
    const stat = await vscode.workspace.fs.stat(uri).then(
      (found) => found,
      () => undefined,
    );
    if (!stat) return this.#delete(key);
    const { mtime, size } = stat;
    const known = this.#index.get(key);
    if (known?.mtime === mtime && known.size === size) return;
    const read = size > MOST_BYTES ? ({ kind: 'nothing' } as const) : await readText(uri);
    // A link out of the workspace and a file with secrets leave no trace.
    if (read.kind === 'left-out') return this.#delete(key);
    const text = read.kind === 'read' ? read.file.text : '';
    const entry = text === '' || isMachineMade(text) ? NOTHING : await this.#entryOf(pathOf(uri), text);
    this.#set({ key, mtime, size, entry });
  }

  async #entryOf(path: string, text: string): Promise<FileEntry> {
    const steps = indexFile(path, text);
    for (;;) {
      await eventLoop.yieldIfBusy();
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  #set(file: IndexedFile): void {
    if (this.#index.set(file)) this.changes++;
    else this.leftOut++;
  }

  #delete(key: string): void {
    if (this.#index.delete(key)) this.changes++;
  }
}
