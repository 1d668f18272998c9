import type { Estimate } from '../gateway/call.ts';
import type { ModelRef, Tier, TierChoice } from '../common/types.ts';
import {
  AnswerRun,
  estimateFrontier,
  type Asked,
  type Draft,
  type RunParts,
  type RunServices,
  type SessionEvent,
} from './answerRun.ts';
import { Approval, type ApprovalParts, type ConsentRequest } from './approval.ts';
import { endOfPath, hasFollowers } from './branches.ts';
import type { BlindAnswer } from './blind.ts';
import { BlindPair, castVote } from './blindPair.ts';
import type { Vote } from './blindVote.ts';
import { ContextBudget, type BudgetParts, type ChosenModel, type Forecast } from './contextBudget.ts';
import {
  type Answer,
  type Attachment,
  type Question,
  type Thread,
  type ThreadEvent,
  type ThreadSummary,
  titleOf,
} from './conversation.ts';
import { emptyThread, type Exchange, type LiveThread } from './liveThread.ts';
import type { UsedPrompt } from './promptFiles.ts';
import type { ThreadHit } from './searchThread.ts';
import { RepeatGuard } from './repeatGuard.ts';
import { RunQueue, type WorkingTurn } from './runQueue.ts';
import { SessionListeners } from './sessionListeners.ts';
import { ThreadList } from './threadList.ts';
import { ThreadWriter, type ChatStore } from './threadStore.ts';
import { isCut } from './describeAnswer.ts';

export interface SessionParts extends RunParts, BudgetParts, ApprovalParts {
  readonly gateway: RunParts['gateway'];
  readonly store: ChatStore;
  /** The tier that a new thread asks. */
  readonly defaultTier: () => TierChoice;
}

/** How a question is asked again. */
export interface RetryOptions {
  /** Another tier than before. */
  readonly tier?: Tier;
  readonly escalated?: boolean;
  /** The user has seen that a budget refuses the question, and sends it anyway. */
  readonly overBudget?: boolean;
  /** With room for more tokens: thoughts used up the limit. */
  readonly largerLimit?: boolean;
}

/**
 * The outcome of a question. `asked`: it is in its thread, and its answer has ended in whatever way. Otherwise it was not
 * taken, and the caller still has its text. `busy`: an answer is under way. `gone`: its thread was deleted, or the window
 * closes. `empty`: it has no text, or there is nothing that it could be asked about.
 */
export type AskResult = 'asked' | 'busy' | 'gone' | 'empty';

/**
 * The conversation of one window: its current thread, the answer under way, and what is kept on disk.
 *
 * How entries keep out of each other's way:
 * - An entry that waits for anything (a disk, a stopped answer) goes through one queue, and acts on the thread that was
 *   open when the user made it. An entry of one synchronous step changes the open thread at once.
 * - At most one run is wanted at a time. It is claimed with the entry, before anything is awaited; while there is one,
 *   further questions are not taken (`busy`), and the caller keeps their text.
 * - `stop` goes past the queue. So do entries that end the run under way: they stop it first, then wait their turn.
 */
export class ChatSession {
  readonly #parts: SessionParts;
  readonly #listeners: SessionListeners<SessionEvent>;
  readonly #queue = new RunQueue(() => this.#emitState());
  readonly #writer: ThreadWriter;
  readonly #list: ThreadList;
  readonly #budget: ContextBudget;
  readonly #services: RunServices;
  /** The thread that the window shows. */
  #open: LiveThread;
  readonly #escalations = new RepeatGuard();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#listeners = new SessionListeners((where, error) => parts.log(where, error));
    this.#writer = new ThreadWriter(parts.store, parts.log);
    this.#list = new ThreadList(parts.store, this.#writer);
    this.#budget = new ContextBudget(parts);
    this.#services = {
      parts,
      budget: this.#budget,
      approval: new Approval(parts),
      emit: (event) => this.#listeners.emit(event),
    };
    this.#open = this.#newThread(parts.defaultTier());
  }

  get thread(): Thread {
    return this.#open.thread;
  }
  get threads(): readonly ThreadSummary[] {
    return this.#list.threads;
  }
  get attachments(): readonly Attachment[] {
    return this.#open.attachments;
  }
  get consent(): ConsentRequest | null {
    return this.#queue.shown?.consent ?? null;
  }
  /** The answer under way and what it waits for. */
  get busy(): { readonly answerId: string; readonly waiting: string } | null {
    const run = this.#queue.shown;
    return run ? { answerId: run.answerId, waiting: run.waiting } : null;
  }

  onEvent(listener: (event: SessionEvent) => void): { dispose(): void } {
    return this.#listeners.add(listener);
  }

  // ---- Which thread is open

  /** Shows the thread that was open last, if there is one. To be called once. */
  async restore(threadId: string | undefined): Promise<void> {
    await this.#queue.enqueue(async () => {
      await this.#list.refresh();
      if (threadId && this.#list.has(threadId)) await this.#show(threadId);
    });
  }

  /** Starts an empty thread; an answer under way in the old one is stopped and kept. */
  async start(tier = this.#parts.defaultTier()): Promise<void> {
    void this.#queue.stop();
    await this.#queue.enqueue(async () => {
      await this.#queue.untilEnded();
      if (this.#open.stored) this.#open = this.#newThread(tier);
      else this.#open.setEmptyTier(tier);
      this.#open.attachments = [];
      this.#emitState();
      await this.#list.refresh();
      this.#emitState();
    });
  }

  /** Opens a stored thread; an answer under way in the old one is stopped and kept. */
  async open(threadId: string): Promise<void> {
    if (threadId !== this.#open.id) void this.#queue.stop();
    await this.#queue.enqueue(() => this.#show(threadId));
    // One that was copied here is not listed yet.
    if (!this.#list.has(threadId)) await this.#refreshList();
  }

  async remove(threadId: string): Promise<void> {
    void this.#queue.stop(threadId);
    await this.#queue.enqueue(async () => {
      await this.#queue.untilEnded(threadId);
      for (const live of this.#liveThreads(threadId)) live.markRemoved();
      if (threadId === this.#open.id) this.#open = this.#newThread(this.#open.thread.tier);
      this.#emitState();
      await this.#list.remove(threadId);
      await this.#list.refresh();
      this.#emitState();
    });
  }

  /** Puts a thread back that was removed, and opens it; false when it is not there any more. */
  async undoDelete(threadId: string): Promise<boolean> {
    const back = await this.#queue.enqueue(async () => {
      const restored = await this.#list.undoDelete(threadId);
      await this.#list.refresh();
      const isIdle = this.#open.thread.turns.length === 0 && this.#queue.runs.length === 0;
      if (restored && isIdle) await this.#show(threadId);
      this.#emitState();
      return restored;
    });
    return back ?? false;
  }

  async rename(threadId: string, title: string): Promise<void> {
    const line = titleOf(title);
    if (line) await this.#change(threadId, { e: 'renamed', at: this.#parts.now(), title: line });
  }

  async pin(threadId: string, pinned: boolean): Promise<void> {
    await this.#change(threadId, { e: 'pinned', at: this.#parts.now(), pinned });
  }

  /** Finds the words of a query in all threads. */
  search(query: string, signal: AbortSignal): Promise<readonly ThreadHit[]> {
    return this.#list.search(query, signal);
  }

  /** A thread as it is stored; undefined when there is none of this id. */
  async load(threadId: string): Promise<Thread | undefined> {
    return this.#liveThreads(threadId)[0]?.thread ?? this.#list.read(threadId);
  }

  // ---- What the next question goes with: entries of one step

  setTier(tier: TierChoice): void {
    if (tier !== this.thread.tier) this.#open.apply({ e: 'tier', at: this.#parts.now(), tier });
    this.#emitState();
  }

  attach(attachment: Attachment): void {
    const others = this.attachments.filter(({ label, kind }) => label !== attachment.label || kind !== attachment.kind);
    this.#open.attachments = [...others, attachment].slice(-50);
    this.#emitState();
  }

  detach(attachmentId: string): void {
    this.#open.attachments = this.attachments.filter(({ id }) => id !== attachmentId);
    this.#emitState();
  }

  /**
   * The size and cost of the next question; undefined when no model is set.
   *
   * @param more what is sent with it beside what is attached
   * @param chosen the model that the user chose for it
   */
  forecast(text: string, more: readonly Attachment[] = [], chosen?: ChosenModel): Promise<Forecast | undefined> {
    return this.#budget.forecast(this.thread, text, [...this.attachments, ...more], chosen);
  }

  /** Goes to another version of a question, or to another answer; the conversation goes on from there. */
  choose(turnId: string): void {
    if (this.#queue.shown || !this.thread.turns.some(({ id }) => id === turnId)) return;
    this.#open.apply({ e: 'choose', at: this.#parts.now(), id: turnId });
    this.#emitState();
  }

  /** Takes the user's vote on two blind answers, as `castVote` says. */
  vote(answerId: string, vote: Vote): readonly [BlindAnswer, BlindAnswer] | undefined {
    const pair = this.#queue.shown ? undefined : castVote(this.#open, answerId, vote, this.#parts.now());
    this.#emitState();
    return pair;
  }

  /** Puts the context of a question that was not answered back into the composer, and answers its text. */
  restoreToComposer(answerId: string): string | undefined {
    const found = this.#queue.shown ? undefined : this.#open.find(answerId);
    for (const attachment of found?.question.attachments ?? [])
      if (attachment.kind !== 'rules') this.attach(attachment);
    return found?.question.text;
  }

  // ---- Questions

  /**
   * Asks a question with what is attached, in the thread that is open now, which is then shown. Resolves when the answer
   * has ended, in whatever way.
   *
   * @param tier `auto`: the routing rules choose
   * @param model asked instead of those of the tier, for this question only
   */
  async ask(text: string, tier: TierChoice, prompt?: UsedPrompt, model?: ModelRef): Promise<AskResult> {
    return this.#askAt(endOfPath, text, { tier, model }, prompt, []);
  }

  /**
   * Asks another question in the place of one that was asked before, with what was attached to that. The old one stays,
   * as another branch.
   */
  async edit(questionId: string, text: string, tier: TierChoice, prompt?: UsedPrompt): Promise<AskResult> {
    const old = this.thread.turns.find((turn): turn is Question => turn.id === questionId && turn.role === 'user');
    if (!old) return 'empty';
    // What was found for the old words makes place for what was found for the new ones.
    const isFoundAnew = this.attachments.some(({ kind }) => kind === 'codebase');
    const kept = old.attachments.filter(({ kind }) => kind !== 'rules' && !(kind === 'codebase' && isFoundAnew));
    return this.#askAt(() => old.after ?? '', text, { tier }, prompt, kept);
  }

  /** The cost of such an escalation, in a thread of its own. */
  estimateEscalation(attachments: readonly Attachment[], text: string): Promise<Estimate | undefined> {
    return estimateFrontier(this.#parts, attachments, text);
  }

  /**
   * Sends context and a question to the frontier model, as a turn of its own thread that can be carried on there. An
   * answer under way is stopped and kept.
   *
   * @param agreedTo the most in nano-USD that the user has seen and agreed to; who agreed once is not asked again
   * @param did what the user did to ask, such as `Review`: shown in the place of a question that the user did not write
   */
  async escalate(
    attachment: Attachment,
    text: string,
    more: readonly Attachment[] = [],
    agreedTo?: number,
    did?: string,
  ): Promise<AskResult> {
    if (this.#escalations.isRepeated(attachment, text, this.#parts.now())) return 'busy';
    void this.#queue.stop();
    const draft = escalationDraft([attachment, ...more], text, did);
    const asked: Asked = { tier: 'frontier', escalated: true, agreedTo };
    return this.#run(new AnswerRun(this.#newThread('frontier'), this.#services), (run) =>
      run.ask(draft, titleOf(did ? `${did}: ${attachment.label}` : text), asked),
    );
  }

  /**
   * Asks the question of an ended answer again. An answer that says something stays, as another one to the same
   * question; one of another tier is shown beside it, to be compared. What came to nothing makes place.
   */
  async retry(answerId: string, options: RetryOptions = {}): Promise<void> {
    await this.#runAgain(answerId, async (run, { answer, question }) => {
      if (!answer.text) this.#retract(run.live, answer);
      // Where no tier could answer, another may by now.
      const again = answer.failure?.kind === 'not-set-up' && answer.route ? 'auto' : answer.tier;
      const tier = options.tier ?? again;
      await run.answer(question, {
        tier,
        route: answer.route,
        escalated: options.escalated ?? (tier === answer.tier && answer.escalated),
        beside: answer.text !== '' && tier !== answer.tier,
        overBudget: options.overBudget ?? false,
        largerLimit: options.largerLimit ?? false,
      });
    });
  }

  /**
   * Overrides *Auto*: asks the question of an answer again of another tier, in the place of that answer, which is
   * stopped if it is under way.
   */
  async reroute(answerId: string, tier: Tier): Promise<void> {
    if (this.#open.find(answerId) && this.#queue.wanted?.answerId === answerId) void this.#queue.stop();
    await this.#runAgain(answerId, async (run, { answer, question }) => {
      this.#retract(run.live, answer);
      await run.answer(question, { tier, route: answer.route });
    });
  }

  /** Lets the model go on with an answer that was cut off: the text goes on where it is, the costs add up. */
  async continueAnswer(answerId: string): Promise<void> {
    if (this.#queue.wanted) return;
    await this.#run(new AnswerRun(this.#open, this.#services, answerId), async (run) => {
      const found = run.live.find(answerId);
      if (found && isCut(found.answer)) await run.continueAnswer(found);
    });
  }

  /** Lets a turn of another kind, such as the run of a recipe, work in the open thread, to its end. */
  async work<T extends WorkingTurn>(
    make: (live: LiveThread, services: RunServices) => T,
    work: (turn: T) => Promise<void>,
  ): Promise<AskResult> {
    return this.#queue.wanted ? 'busy' : this.#run(make(this.#open, this.#services), work);
  }

  /**
   * Stops the answer under way, and a question that waits for its turn; what was asked and answered so far is kept.
   * Resolves when the socket is closed and the ledger row settled, without waiting for the queue.
   */
  async stop(): Promise<void> {
    const stopped = this.#queue.stop();
    this.#emitState();
    await stopped;
  }

  decideConsent(consentId: string, allow: boolean): void {
    for (const run of this.#queue.runs) run.decide(consentId, allow);
  }

  /** Ends what is under way and waits until everything is on disk. Later entries do nothing. */
  async dispose(): Promise<void> {
    await this.#queue.close();
    await this.#writer.written();
    this.#listeners.clear();
  }

  // ---- Runs

  /** Shows the thread of a run and gets its answer. There must be no other run that is wanted. */
  async #run<T extends WorkingTurn>(run: T, work: (run: T) => Promise<void>): Promise<AskResult> {
    const show = (): boolean => {
      if (!run.live.removed) this.#open = run.live;
      return !run.live.removed;
    };
    const worked = await this.#queue.run(run, show, () => work(run));
    await this.#refreshList();
    return worked ? 'asked' : 'gone';
  }

  /** @param place id of the answer that the question follows, when its turn comes */
  async #askAt(
    place: (thread: Thread) => string,
    text: string,
    asked: Asked,
    prompt: UsedPrompt | undefined,
    kept: readonly Attachment[],
  ): Promise<AskResult> {
    if (!text.trim()) return 'empty';
    if (this.#queue.wanted) return 'busy';
    const live = this.#open;
    const attached = live.takeAttachments();
    const attachments = [...kept, ...attached];
    const about = prompt && /^\S+$/.test(text.trim()) ? ` ${attachments.at(-1)?.label ?? ''}` : '';
    // Where it goes on without a vote, the names of two blind answers are shown.
    castVote(live, endOfPath(live.thread), 'none', this.#parts.now());
    const run = asked.model ? new AnswerRun(live, this.#services) : new BlindPair(live, this.#services);
    const result = await this.#run<AnswerRun | BlindPair>(run, () =>
      run.ask({ after: place(run.live.thread), text, attachments, prompt }, titleOf(text + about), asked),
    );
    // Attachments of a question that was not accepted return to the composer with its text.
    if (result !== 'asked') for (const attachment of attached) this.attach(attachment);
    return result;
  }

  /** Asks the question of an answer of the open thread again. */
  async #runAgain(answerId: string, work: (run: AnswerRun, found: Exchange) => Promise<void>): Promise<void> {
    if (this.#queue.wanted || !this.#open.find(answerId)) return;
    await this.#run(new AnswerRun(this.#open, this.#services), async (run) => {
      const found = run.live.find(answerId);
      if (found) await work(run, found);
    });
  }

  /** An answer that has follow-up questions stays, as another answer. */
  #retract(live: LiveThread, { id }: Answer): void {
    if (!hasFollowers(live.thread, id)) live.apply({ e: 'removed', at: this.#parts.now(), id });
  }

  // ---- Threads

  #newThread(tier: TierChoice): LiveThread {
    return this.#list.live(emptyThread(tier, this.#parts.now()), false);
  }

  /** The threads of this id that are in memory: the open one, and those of runs. */
  #liveThreads(threadId: string): readonly LiveThread[] {
    const all = [this.#open, ...this.#queue.runs.map(({ live }) => live)];
    return [...new Set(all)].filter(({ id }) => id === threadId);
  }

  /** For entries of the queue: shows a thread; nothing changes when there is none of this id. */
  async #show(threadId: string): Promise<void> {
    if (threadId === this.#open.id) return;
    await this.#queue.untilEnded();
    const live = this.#liveThreads(threadId)[0] ?? (await this.#list.open(threadId));
    if (!live || live.removed) return;
    this.#open = live;
    this.#emitState();
  }

  /** Changes a thread that may be another than the open one; one that was never stored is left alone. */
  async #change(threadId: string, event: ThreadEvent): Promise<void> {
    await this.#queue.enqueue(async () => {
      const [live] = this.#liveThreads(threadId);
      if (live?.stored) live.apply(event);
      else if (!live && this.#list.has(threadId)) await this.#list.change(threadId, event);
      await this.#list.refresh();
      this.#emitState();
    });
  }

  /** Lists the threads after an answer. A list that cannot be had does not touch the answer. */
  async #refreshList(): Promise<void> {
    try {
      await this.#list.refresh();
      this.#emitState();
    } catch (error) {
      this.#parts.log('chat history', error);
    }
  }

  #emitState(): void {
    this.#listeners.emit({ kind: 'state' });
  }
}

/** The question of an escalation. If the user wrote none, it shows what the user did. */
function escalationDraft(attachments: readonly Attachment[], text: string, did: string | undefined): Draft {
  const draft = { after: '', text: did ?? text, attachments };
  return did ? { ...draft, prompt: { name: 'escalate', version: '', origin: 'shipped', text } } : draft;
}
