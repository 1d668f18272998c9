import type { ConsentRequest } from './approval.ts';
import type { LiveThread } from './liveThread.ts';

/** A turn that is worked on: an answer, or the run of a recipe. */
export interface WorkingTurn {
  readonly live: LiveThread;
  readonly answerId: string;
  /** Resolves when nothing of it is under way any more. */
  readonly ended: Promise<void>;
  /** What it waits for, in words. */
  readonly waiting: string;
  /** The question to the user before anything is sent. */
  readonly consent: ConsentRequest | null;
  readonly isStopped: boolean;
  /** False while it waits for entries before it. */
  readonly isBegun: boolean;
  /** Those before it have ended, so it may send. */
  begin(): void;
  stop(): void;
  /** Marks it as over, in whatever way. */
  end(): void;
  decide(consentId: string, allow: boolean): void;
}

/**
 * The one queue of a session, and the answers under way in it.
 *
 * Entries act one after another, in the order in which the user made them. A run waits in the queue for its turn only;
 * while its answer comes, the queue goes on with other entries. At most one run is wanted, that is, neither ended nor
 * stopped, and none begins before those before it have ended: so at most one paid call is under way. A stop goes past the
 * queue.
 */
export class RunQueue {
  readonly #onChange: () => void;
  /** Runs that have not ended, oldest first. */
  readonly #runs = new Set<WorkingTurn>();
  /** The last entry; it never rejects. */
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param onChange told when a run was added or has ended */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Runs that have not ended, oldest first. */
  get runs(): readonly WorkingTurn[] {
    return [...this.#runs];
  }

  /** The run that is neither ended nor stopped; while there is one, no other may be added. */
  get wanted(): WorkingTurn | undefined {
    return this.runs.find(({ isStopped }) => !isStopped);
  }

  /** The run that the user sees: the wanted one, or one whose end after a stop is still to come. */
  get shown(): WorkingTurn | undefined {
    return this.wanted ?? this.runs.find(({ isBegun }) => isBegun);
  }

  /**
   * Lets an entry act when those before it have. The caller gets its error, and the next entry acts anyway.
   *
   * @returns undefined, without acting, once the queue is closed
   */
  enqueue<T>(entry: () => Promise<T>): Promise<T | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const done = this.#tail.then(entry);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /**
   * Makes a run the wanted one at once, waits for its turn, and lets it work to its end. Whatever happens, it is not
   * under way afterward.
   *
   * @param begin acts in the run's turn; false: the run is not wanted any more, and does not work
   * @returns whether it has worked
   */
  async run(run: WorkingTurn, begin: () => boolean, work: () => Promise<void>): Promise<boolean> {
    if (this.#closed) return false;
    this.#runs.add(run);
    try {
      this.#onChange();
      const begun = await this.enqueue(async () => {
        await this.untilEnded();
        if (!begin()) return false;
        run.begin();
        return true;
      });
      if (begun) await work();
      return begun ?? false;
    } finally {
      this.#runs.delete(run);
      run.end();
      this.#onChange();
    }
  }

  /**
   * Stops the runs, at once. Resolves when those that had begun have ended; it waits for no entry of the queue.
   *
   * @param threadId only those of this thread
   */
  async stop(threadId?: string): Promise<void> {
    const runs = this.#of(threadId);
    for (const run of runs) run.stop();
    await Promise.all(runs.filter(({ isBegun }) => isBegun).map(({ ended }) => ended));
  }

  /**
   * For entries in their turn: stops the runs that have begun, and resolves when they have ended. The others come later
   * in the queue.
   *
   * @param threadId only those of this thread
   */
  async untilEnded(threadId?: string): Promise<void> {
    const begun = this.#of(threadId).filter(({ isBegun }) => isBegun);
    for (const run of begun) run.stop();
    await Promise.all(begun.map(({ ended }) => ended));
  }

  /** Stops all runs and resolves when they have ended and all entries have acted. What comes later does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    const { runs } = this;
    for (const run of runs) run.stop();
    await Promise.all(runs.map(({ ended }) => ended));
    await this.#tail;
  }

  #of(threadId: string | undefined): readonly WorkingTurn[] {
    return this.runs.filter(({ live }) => threadId === undefined || live.id === threadId);
  }
}
