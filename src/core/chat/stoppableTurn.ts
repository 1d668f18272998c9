import type { ConsentRequest } from './approval.ts';
import type { LiveThread } from './liveThread.ts';
import type { WorkingTurn } from './runQueue.ts';

/** A question to the user, and the way to answer it; undefined: the turn was stopped instead. */
type OpenConsent = ConsentRequest & { readonly decide: (allow: boolean | undefined) => void };

/** What an answer and the run of a recipe share: their place in the queue, their stop, and their question to the user. */
export abstract class StoppableTurn implements WorkingTurn {
  readonly live: LiveThread;
  readonly answerId: string;
  /** Resolves when nothing of the turn is under way any more: its socket is closed and its ledger row settled. */
  readonly ended: Promise<void>;
  readonly #controller = new AbortController();
  readonly #end: () => void;
  #begun = false;
  #consent: OpenConsent | null = null;
  #waiting = '';

  /** @param answerId of the answer that is gone on with; by default, a new one */
  constructor(live: LiveThread, answerId: string = crypto.randomUUID()) {
    this.live = live;
    this.answerId = answerId;
    const end = Promise.withResolvers<void>();
    this.ended = end.promise;
    this.#end = end.resolve;
  }

  /** The reason that the answer waits, in words. */
  get waiting(): string {
    return this.#waiting;
  }
  /** The question to the user before anything is sent. */
  get consent(): ConsentRequest | null {
    return this.#consent;
  }
  get isStopped(): boolean {
    return this.#controller.signal.aborted;
  }
  /** False while the turn waits for entries before it. */
  get isBegun(): boolean {
    return this.#begun;
  }

  /** The turns before this one have ended, so it may send. */
  begin(): void {
    this.#begun = true;
  }

  /** Ends whatever the turn does, now. The question and the answer so far stay in the thread. */
  stop(): void {
    this.#controller.abort();
    this.#consent?.decide(undefined);
  }

  /** Marks the turn as over, in whatever way. */
  end(): void {
    this.#waiting = '';
    this.#end();
  }

  decide(consentId: string, allow: boolean): void {
    if (this.#consent?.id === consentId) this.#consent.decide(allow);
  }

  /** Aborted by `stop`. */
  protected get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Shows `waiting` and `consent` as they are now. */
  protected abstract showState(): void;

  /** Keeps what the turn waits for; it is shown with what changes next. */
  protected waitsFor(words: string): void {
    this.#waiting = words;
  }

  /** Keeps what the turn waits for, and shows it at once. */
  protected showWaiting(words: string): void {
    this.#waiting = words;
    this.showState();
  }

  /** Shows a question and waits for its answer; undefined when the turn was stopped instead. */
  protected async askUser(request: Omit<ConsentRequest, 'id'>, waiting: string): Promise<boolean | undefined> {
    if (this.isStopped) return undefined;
    const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
    this.#consent = { id: crypto.randomUUID(), ...request, decide: resolve };
    this.showWaiting(waiting);
    const allowed = await promise;
    this.#consent = null;
    this.showWaiting('');
    return allowed;
  }
}
