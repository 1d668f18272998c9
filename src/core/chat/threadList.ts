import { replay, settleInterrupted, type Thread, type ThreadEvent, type ThreadSummary } from './conversation.ts';
import { LiveThread } from './liveThread.ts';
import type { ThreadHit } from './searchThread.ts';
import type { ChatStore, ThreadWriter } from './threadStore.ts';

/** Most hits of a search. */
const MOST_HITS = 50;

/** The stored threads of the workspace: what the history lists, and what is done to a thread as a whole. */
export class ThreadList {
  readonly #store: ChatStore;
  readonly #writer: ThreadWriter;
  #threads: readonly ThreadSummary[] = [];
  #asked = 0;
  #shown = 0;

  constructor(store: ChatStore, writer: ThreadWriter) {
    this.#store = store;
    this.#writer = writer;
  }

  /** The threads as they were listed last: pinned ones first, then newest first. */
  get threads(): readonly ThreadSummary[] {
    return this.#threads;
  }

  has(threadId: string): boolean {
    return this.#threads.some(({ id }) => id === threadId);
  }

  /** Lists the threads again, with everything that was said before this call. */
  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    await this.#writer.written();
    const threads = await this.#store.list();
    // A later list that came first is newer.
    if (asked < this.#shown) return;
    this.#shown = asked;
    this.#threads = threads;
  }

  /** A thread as it is stored; undefined when there is none of this id. */
  async read(threadId: string): Promise<Thread | undefined> {
    await this.#writer.written();
    return replay(threadId, await this.#store.load(threadId));
  }

  /** Opens a stored thread, to be gone on with; undefined when there is none of this id. */
  async open(threadId: string): Promise<LiveThread | undefined> {
    const thread = await this.read(threadId);
    return thread && this.live(settleInterrupted(thread), true);
  }

  /** Brings a thread to life, so that its changes are written. */
  live(thread: Thread, stored: boolean): LiveThread {
    return new LiveThread(thread, (threadId, events) => this.#writer.write(threadId, events), stored);
  }

  /** Renames or pins a thread that no one in this window has open. */
  async change(threadId: string, event: ThreadEvent): Promise<void> {
    await this.#writer.written();
    await this.#store.append(threadId, [event]);
  }

  /** Takes a thread out of the list; it can be put back for a day. */
  async remove(threadId: string): Promise<void> {
    await this.#writer.written();
    await this.#store.remove(threadId);
  }

  /** Puts a removed thread back; false when it is not there any more. */
  undoDelete(threadId: string): Promise<boolean> {
    return this.#store.restore(threadId);
  }

  /** Finds the words of a query in all threads. */
  async search(query: string, signal: AbortSignal): Promise<readonly ThreadHit[]> {
    await this.#writer.written();
    return this.#store.search(query, { limit: MOST_HITS, signal });
  }
}
