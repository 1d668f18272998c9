import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { chooseHits, cutPieces, withinTokens, type FoundPiece } from '../../core/codebase/choose.ts';
import { CodebaseIndex } from '../../core/codebase/codebaseIndex.ts';
import { rangesOf } from '../../core/codebase/fileEntry.ts';
import { fuseByMeaning } from '../../core/codebase/rerank.ts';
import { searchEntries, type Hit } from '../../core/codebase/search.ts';
import { hashOf, queryTerms, type QueryTerm } from '../../core/codebase/words.ts';
import { displayLanguage, plural } from '../../core/common/language.ts';
import type { Logger } from '../../core/common/logger.ts';
import { readIndexFile, writeIndexFile } from '../../storage/codebaseFile.ts';
import { readText } from '../platform/files.ts';
import { CodebaseChanges } from './changes.ts';
import { FileIndexer, type Progress } from './fileIndexer.ts';
import type { Similar } from './similarity.ts';

/** How long a question waits for the index, in ms. The chat's page gives its composer back after five seconds. */
const WAIT_MS = 4_000;
/** A changed index is written so long after its last change, in ms. */
const SAVE_MS = 30_000;
/** Pieces that are looked at for one question; of some files there are more than are wanted. */
const MOST_HITS = 60;
/** The best of them are ordered by meaning too, where a model on this computer can tell it within so many ms. */
const MOST_COMPARED = 24;
const COMPARE_MS = 1_500;

export interface FindOptions {
  /** Most pieces. */
  readonly most?: number;
  /** Most tokens of all pieces, by estimate. */
  readonly mostTokens?: number;
  /** How long to wait for the index, in ms; then what is there is used. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** The pieces for a question, the best first. */
export interface Found {
  readonly kind: 'found';
  /** Empty where no word of the question is anywhere. */
  readonly pieces: readonly FoundPiece[];
  /** Files that were searched, and how many there are; the same once the index is complete. */
  readonly searched: number;
  readonly total: number;
  /** The embedding model on this computer that had a say in the order; undefined where only words counted. */
  readonly orderedBy?: string | undefined;
}

export type FindResult =
  | Found
  | { readonly kind: 'no-folder' }
  /** The question has no word that could be looked for. */
  | { readonly kind: 'no-words' };

interface CodebaseParts {
  /** The file of this workspace's index. */
  readonly file: string;
  readonly log: Logger;
  /** Compares the meaning of pieces with the question; without it, only their words count. */
  readonly similar?: Similar | undefined;
  /** How long the comparison may take, in ms. */
  readonly compareMs?: number | undefined;
}

/**
 * The index of the workspace: built when it is first asked, kept on disk, and brought up to date with each change. Files
 * are read by the rules of context, both when they are indexed and when a piece of them is taken.
 */
export class Codebase implements vscode.Disposable {
  readonly #parts: CodebaseParts;
  readonly #index = new CodebaseIndex();
  readonly #indexer: FileIndexer;
  #changes: CodebaseChanges | undefined;
  #loaded: Promise<void> | undefined;
  #building: { readonly work: Promise<void>; readonly stop: AbortController } | undefined;
  #progress: Progress = { done: 0, total: 0 };
  #isComplete = false;
  #save: NodeJS.Timeout | undefined;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fired when `status` may say something else. */
  readonly onChange = this.#changed.event;

  constructor(parts: CodebaseParts) {
    this.#parts = parts;
    this.#indexer = new FileIndexer(this.#index);
  }

  /** What there is, in words. */
  get status(): string {
    const { done, total } = this.#progress;
    if (this.#building && total > 0) return t('Indexing {0} of {1} files', formatNumber(done), formatNumber(total));
    if (this.#building) return t('Looking for files to index');
    const { size } = this.#index;
    if (this.#isComplete) return plural(size, t('{0} file indexed', size), t('{0} files indexed', formatNumber(size)));
    if (size > 0) return t('Indexed {0} of {1} files', formatNumber(size), formatNumber(total));
    return t('The code that your question is about');
  }

  get isBuilding(): boolean {
    return this.#building !== undefined;
  }

  /**
   * Brings the index up to date in the background. Called again while it is at work, it answers the same promise, which
   * never rejects.
   */
  start(): Promise<void> {
    if (this.#building) return this.#building.work;
    if (this.#isComplete && !this.#changes?.isWaiting) return Promise.resolve();
    const stop = new AbortController();
    const work = this.#build(stop.signal)
      .catch((error: unknown) => this.#parts.log.error('the index of the codebase', error))
      .finally(() => {
        this.#building = undefined;
        this.#changed.fire();
      });
    this.#building = { work, stop };
    this.#changed.fire();
    return work;
  }

  /** Stops the indexing. What is indexed stays, and the next question continues from there. */
  stop(): void {
    this.#building?.stop.abort();
  }

  /** Forgets the index and builds it again. */
  async rebuild(): Promise<void> {
    this.stop();
    await this.#building?.work;
    this.#index.clear();
    this.#isComplete = false;
    this.#loaded = Promise.resolve();
    await this.start();
  }

  /**
   * The pieces of the workspace that a question is about, for the chat and for whatever else asks. Waits a while for the
   * index, then uses what is there; `searched` and `total` say how much that is. Nothing leaves this computer.
   */
  async findPieces(question: string, options: FindOptions = {}): Promise<FindResult> {
    const { most = 10, mostTokens = 6_000, waitMs = WAIT_MS, signal } = options;
    if ((vscode.workspace.workspaceFolders ?? []).length === 0) return { kind: 'no-folder' };
    const terms = queryTerms(question);
    if (terms.length === 0) return { kind: 'no-words' };
    await within(waitMs, this.start(), signal);
    const total = Math.max(this.#progress.total, this.#index.size);
    const searched = this.#isComplete ? total : Math.min(this.#index.size, total);
    const byWords = this.#index.search(question, terms, MOST_HITS);
    const { hits, orderedBy } = await this.#compare(question, byWords, signal);
    const found: FoundPiece[] = [];
    for (const { file, pieces } of chooseHits(hits, most)) {
      if (signal?.aborted) break;
      found.push(...(await this.#cut(file, pieces, terms)));
    }
    return { kind: 'found', pieces: withinTokens(found, mostTokens), searched, total, orderedBy };
  }

  /** Orders the best hits by their meaning too. Where no model can tell it, or not in time, they stay as they are. */
  async #compare(
    question: string,
    hits: readonly Hit<string>[],
    signal: AbortSignal | undefined,
  ): Promise<{ readonly hits: readonly Hit<string>[]; readonly orderedBy?: string }> {
    const { similar, compareMs = COMPARE_MS } = this.#parts;
    if (!similar || hits.length < 2) return { hits };
    const stop = new AbortController();
    const giveUp = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const compare = async (): Promise<Awaited<ReturnType<Similar>>> => {
      const texts = await Promise.all(hits.slice(0, MOST_COMPARED).map((hit) => this.#textOf(hit)));
      return giveUp.aborted ? undefined : similar(question, texts, giveUp);
    };
    let found: Awaited<ReturnType<Similar>>;
    await within(
      compareMs,
      compare().then(
        (similarities) => void (found = similarities),
        (error: unknown) => this.#parts.log.error('embeddings of the codebase', error),
      ),
      signal,
    );
    stop.abort();
    return found ? { hits: fuseByMeaning(hits, found.values), orderedBy: found.model } : { hits };
  }

  /** A piece as it would be sent; empty where its file has changed, so that only its words count. */
  async #textOf({ file, piece }: Hit<string>): Promise<string> {
    const read = await readText(vscode.Uri.parse(file, true));
    const known = this.#index.get(file);
    if (read.kind !== 'read' || known?.entry.hash !== hashOf(read.file.text)) return '';
    return cutPieces(read.file.path, read.file.text, rangesOf(known.entry), [piece])[0]?.text ?? '';
  }

  dispose(): void {
    this.stop();
    this.#changes?.dispose();
    if (this.#save) void this.#write();
    this.#changed.dispose();
  }

  async #build(signal: AbortSignal): Promise<void> {
    await (this.#loaded ??= this.#load());
    this.#changes ??= new CodebaseChanges(() => this.#onChanges());
    const changes = this.#changes.take();
    const before = this.#indexer.changes;
    if (this.#isComplete && !changes.isListStale) await this.#indexer.update(changes.files, signal);
    else {
      this.#isComplete = false;
      this.#isComplete = await this.#indexer.updateAll(signal, (progress) => {
        this.#progress = progress;
        this.#changed.fire();
      });
    }
    if (this.#indexer.changes !== before) this.#saveSoon();
  }

  async #load(): Promise<void> {
    for (const file of (await readIndexFile(this.#parts.file)) ?? []) this.#index.set(file);
  }

  /** Files changed: those of a complete index are read again, in the background. */
  #onChanges(): void {
    if (this.#isComplete && !this.#building) void this.start();
  }

  /** Cuts pieces out of a file as it is now; of one that changed since it was indexed, those that match now. */
  async #cut(key: string, pieces: readonly number[], terms: readonly QueryTerm[]): Promise<readonly FoundPiece[]> {
    const uri = vscode.Uri.parse(key, true);
    const read = await readText(uri);
    if (read.kind !== 'read') {
      this.#index.delete(key);
      return [];
    }
    const { path, text } = read.file;
    const known = this.#index.get(key);
    if (known?.entry.hash === hashOf(text)) return cutPieces(path, text, rangesOf(known.entry), pieces);
    const entry = await this.#indexer.replaceText(uri, path, text, known);
    const [best] = chooseHits(
      searchEntries([[key, entry]], terms, () => 1, MOST_HITS),
      pieces.length,
    );
    return best ? cutPieces(path, text, rangesOf(entry), best.pieces) : [];
  }

  #saveSoon(): void {
    clearTimeout(this.#save);
    this.#save = setTimeout(() => void this.#write(), SAVE_MS);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#save);
    this.#save = undefined;
    await writeIndexFile(this.#parts.file, this.#index.files).catch((error: unknown) =>
      this.#parts.log.error('the index of the codebase', error),
    );
  }
}

/** `1,200`. */
const formatNumber = (count: number): string => count.toLocaleString(displayLanguage());

/** Resolves when the work is done, the time is over, or the caller gives up. */
async function within(ms: number, work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
    giveUp = resolve;
    signal?.addEventListener('abort', resolve as () => void);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
  if (giveUp) signal?.removeEventListener('abort', giveUp);
}
