import type { ThreadEvent, ThreadSummary } from './conversation.ts';
import type { ThreadHit } from './searchThread.ts';
import type { LogLine } from '../common/logger.ts';

/** Threads of one workspace, on disk. Appending is in order; nothing that was appended is rewritten. */
export interface ChatStore {
  /** Why what is said does not reach the disk right now, in the user's language; null while it does. */
  readonly problem: string | null;
  /** Pinned threads first, then newest first. */
  list(): Promise<readonly ThreadSummary[]>;
  /** The events of a thread, damaged ones left out, for `replay`; empty when there is none of this id. */
  load(threadId: string): Promise<readonly ThreadEvent[]>;
  /**
   * Also renames and pins: `{ e: 'renamed' }` and `{ e: 'pinned' }` are events like others. What the disk refuses
   * rejects, stays in memory, and is written before what is appended next.
   */
  append(threadId: string, events: readonly ThreadEvent[]): Promise<void>;
  /** Takes a thread out of the list. It can be put back for a day, and is deleted after that. */
  remove(threadId: string): Promise<void>;
  /** Puts a removed thread back; false when it is not there any more. */
  restore(threadId: string): Promise<boolean>;
  /**
   * Looks for the words of a query in titles, questions, names of attachments and answers, in the order of `list`.
   * Ends early, with what was found, when it is aborted.
   *
   * @param limit most hits, by default 100
   */
  search(query: string, options?: { limit?: number; signal?: AbortSignal }): Promise<readonly ThreadHit[]>;
}

/** Writes the events of one window one after another, so that a file has the order of the conversation. */
export class ThreadWriter {
  readonly #store: Pick<ChatStore, 'append'>;
  readonly #log: LogLine;
  #tail: Promise<void> = Promise.resolve();

  constructor(store: Pick<ChatStore, 'append'>, log: LogLine) {
    this.#store = store;
    this.#log = log;
  }

  /** Appends later, in order. Events that the disk refuses are logged; the store keeps them and tries again. */
  write(threadId: string, events: readonly ThreadEvent[]): void {
    this.#tail = this.#tail
      .then(() => this.#store.append(threadId, events))
      .catch((error: unknown) => this.#log('chat history', error));
  }

  /** Resolves when everything that was handed over before this call is on disk, or was refused. */
  written(): Promise<void> {
    return this.#tail;
  }
}
