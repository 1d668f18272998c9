import { t } from '@vscode/l10n';
import {
  type CallLimits,
  type CallResult,
  CHAT_LIMITS,
  type Estimate,
  type Estimator,
  FRONTIER_LIMITS,
  type Gateway,
  LIKELY_OUTPUT,
  type ModelCall,
} from '../gateway/call.ts';
import { describeFailure } from '../gateway/describeFailure.ts';
import { describeCost, priceTokens, type Price } from '../money/pricing.ts';
import type { PricedModel } from '../money/costlierModel.ts';
import { estimateTokens } from '../common/tokens.ts';
import {
  formatModelRef,
  NO_USAGE,
  TIERS,
  type ChatRequest,
  type Message,
  type ModelRef,
  type Task,
  type Tier,
  type TierChoice,
} from '../common/types.ts';
import {
  applyEvent,
  replay,
  settleInterrupted,
  titleOf,
  type Answer,
  type AnswerChange,
  type AnswerFacts,
  type AnswerRoute,
  type Attachment,
  type Fold,
  type Likeness,
  type Question,
  type Thread,
  type ThreadEvent,
  type ThreadSummary,
} from './conversation.ts';
import type { UsedPrompt } from './promptFiles.ts';
import { endOfPath, foldOf, hasFollowers, threadPath, unfolded, type Step } from './branches.ts';
import { Deltas } from './deltas.ts';
import { buildMessages } from './prompt.ts';
import { summaryRequest } from './summary.ts';
import { planWindow, withoutWhich, type WindowPlan } from './window.ts';
import { addFacts, fallbackWords, isCut, movedWords } from './describeAnswer.ts';
import type { ThreadHit } from './searchThread.ts';

/** Threads of one workspace, on disk. Appending is in order; nothing that was appended is rewritten. */
export interface ChatStore {
  /** Why what is said does not reach the disk at present, in the user's language; null while it does. */
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

/** A place that a question may go to and that the user has not agreed to yet. */
export interface ConsentPlace {
  readonly origin: string;
  readonly model: ModelRef;
}

/**
 * What the user is asked before a question is sent: where it may go, or whether it is worth its price, or both; or, after
 * a model did not answer, whether a much dearer one may.
 */
export interface ConsentRequest {
  readonly id: string;
  readonly tier: Tier;
  /** Places that need consent; empty when only the cost is asked about. */
  readonly places: readonly ConsentPlace[];
  readonly attachments: readonly Attachment[];
  /** What the question may cost; undefined when no model is set. */
  readonly estimate: Estimate | undefined;
  /** The dearer model, and the one in whose place it would answer. */
  readonly stepUp?: { readonly from: PricedModel; readonly to: PricedModel };
}

/** A question that the user left to *Auto*. */
export interface Unrouted {
  readonly question: Question;
  /** Everything that would be sent. */
  readonly messages: readonly Message[];
  /** Questions that came before in this thread. */
  readonly threadTurns: number;
  /** What the call is made for; by default, the chat. */
  readonly task?: Task | undefined;
  /** A named action, for rules that know it; by default the prompt of the question. */
  readonly action?: string | undefined;
}

/** What the routing rules chose, and why. */
export interface Chosen {
  readonly tier: Tier;
  /** The models to be asked, in order. */
  readonly chain: readonly ModelRef[];
  readonly rule: string;
  readonly reason: string;
  readonly likeness: Likeness;
}

export interface SessionParts {
  readonly gateway: Gateway & Estimator;
  readonly store: ChatStore;
  readonly chain: (tier: Tier) => readonly ModelRef[];
  /** Applies the routing rules. */
  readonly route: (request: Unrouted, signal: AbortSignal) => Promise<Chosen>;
  /** The places of a chain that still need consent. */
  readonly missingConsent: (chain: readonly ModelRef[]) => readonly ConsentPlace[];
  readonly grantConsent: (origins: readonly string[]) => Promise<void>;
  readonly price: (model: ModelRef) => Promise<Price | undefined>;
  /** Tokens of a model's context window; undefined when nobody knows. */
  readonly window?: (model: ModelRef) => Promise<number | undefined>;
  /** Questions to the frontier tier that may cost more than this, in nano-USD, are asked about. */
  readonly confirmAbove: () => number;
  readonly now: () => number;
  /** What a new thread asks. */
  readonly defaultTier: () => TierChoice;
  /** What the workspace wants every question to go with. Sent with the first question, and again when it changed. */
  readonly rules?: () => Promise<readonly Attachment[]>;
  readonly log: (line: string) => void;
}

/** What the view is told. `state`: anything may have changed; `delta`: only more text of one answer. */
export type SessionEvent =
  | { readonly kind: 'state' }
  | { readonly kind: 'turn'; readonly turn: Answer }
  | {
      readonly kind: 'delta';
      readonly turnId: string;
      readonly text: string;
      readonly reasoning: string;
      /** Where they begin in the answer: who was sent the whole answer meanwhile has some of it already. */
      readonly textAt: number;
      readonly reasoningAt: number;
    };

/** In a thread where a dear question was agreed to, the next one is asked about when it may cost so many times as much. */
const AGAIN = 2;

/** The same escalation twice within this is one, in ms. */
const TWICE_MS = 500;

/** Most tokens of one answer, reasoning included. */
const MAX_TOKENS: Readonly<Record<Tier, number>> = { local: 4_096, mid: 8_192, frontier: 16_384 };

/** How a question is asked again. */
export interface RetryOptions {
  /** Another tier than before. */
  readonly tier?: Tier;
  readonly escalated?: boolean;
  /** The user has seen that a budget stands in the way, and sends all the same. */
  readonly overBudget?: boolean;
}

/** What the next question would send, and what it is likely to cost. */
export interface Forecast {
  /** The tier of the composer; for *Auto*, which decides with the question, mid. */
  readonly tier: Tier;
  readonly model: ModelRef;
  readonly plan: WindowPlan;
  /** Nano-USD; null when the price is unknown. */
  readonly likely: number | null;
  /** For what does not fit: who takes it instead, if anyone does. */
  readonly larger: ModelRef | undefined;
  /** For what nobody takes: the attachments without which it would fit, if that helps. */
  readonly without: readonly string[];
}

/** The answer under way. */
interface Run {
  readonly answerId: string;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** The conversation of one window: its current thread, the answer under way, and what is kept on disk. */
export class ChatSession {
  readonly #parts: SessionParts;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #thread: Thread;
  #threads: readonly ThreadSummary[] = [];
  #running: Run | null = null;
  #consent: (ConsentRequest & { decide: (allow: boolean | undefined) => void }) | null = null;
  /** What the answer under way is waiting for, in words. */
  #waiting = '';
  #attachments: readonly Attachment[] = [];
  /** A question is being put together; until it is asked there is no other. */
  #asking = false;
  /** Writes follow one another, so that the file has the order of the conversation. */
  #writes: Promise<void> = Promise.resolve();
  #stored = false;
  /** By thread: the most, in nano-USD, that the user has agreed to for one question. */
  readonly #agreed = new Map<string, number>();
  /** What was escalated last, and when. */
  #escalated: { readonly key: string; readonly at: number } | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#thread = this.#emptyThread(parts.defaultTier());
  }

  get thread(): Thread {
    return this.#thread;
  }
  get threads(): readonly ThreadSummary[] {
    return this.#threads;
  }
  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }
  get consent(): ConsentRequest | null {
    return this.#consent;
  }
  /** The answer under way and what it waits for. */
  get busy(): { readonly answerId: string; readonly waiting: string } | null {
    return this.#running && { answerId: this.#running.answerId, waiting: this.#waiting };
  }

  onEvent(listener: (event: SessionEvent) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Shows the thread that was open last, if there is one. To be called once. */
  async restore(threadId: string | undefined): Promise<void> {
    await this.#list();
    if (threadId && this.#threads.some(({ id }) => id === threadId)) await this.open(threadId);
  }

  /** Starts an empty thread; an answer under way in the old one is stopped and kept. */
  async start(tier = this.#parts.defaultTier()): Promise<void> {
    await this.stop();
    this.#attachments = [];
    if (this.#thread.turns.length > 0) {
      this.#thread = this.#emptyThread(tier);
      this.#stored = false;
    } else this.#thread = { ...this.#thread, tier };
    await this.#list();
    this.#emit({ kind: 'state' });
  }

  async open(threadId: string): Promise<void> {
    if (threadId === this.#thread.id) return;
    await this.stop();
    const events = await this.#parts.store.load(threadId);
    const thread = replay(threadId, events);
    if (!thread) return;
    this.#thread = settleInterrupted(thread);
    this.#stored = true;
    this.#attachments = [];
    this.#emit({ kind: 'state' });
  }

  async remove(threadId: string): Promise<void> {
    if (threadId === this.#thread.id) {
      await this.stop();
      this.#thread = this.#emptyThread(this.#thread.tier);
      this.#stored = false;
    }
    await this.#writes;
    await this.#parts.store.remove(threadId);
    await this.#list();
    this.#emit({ kind: 'state' });
  }

  /** Puts a thread back that was removed, and opens it; false when it is not there any more. */
  async putBack(threadId: string): Promise<boolean> {
    const back = await this.#parts.store.restore(threadId);
    await this.#list();
    if (back && this.#thread.turns.length === 0) await this.open(threadId);
    this.#emit({ kind: 'state' });
    return back;
  }

  async rename(threadId: string, title: string): Promise<void> {
    const line = titleOf(title);
    if (line) await this.#change(threadId, { e: 'renamed', at: this.#parts.now(), title: line });
  }

  async pin(threadId: string, pinned: boolean): Promise<void> {
    await this.#change(threadId, { e: 'pinned', at: this.#parts.now(), pinned });
  }

  /** Changes a thread that may be another than the open one; one that was never stored is left alone. */
  async #change(threadId: string, event: ThreadEvent): Promise<void> {
    if (threadId === this.#thread.id && this.#stored) this.#apply(event);
    else if (this.#threads.some(({ id }) => id === threadId)) await this.#parts.store.append(threadId, [event]);
    await this.#list();
    this.#emit({ kind: 'state' });
  }

  /** Places where the words of a query stand, in all threads. */
  async search(query: string, signal: AbortSignal): Promise<readonly ThreadHit[]> {
    await this.#writes;
    return this.#parts.store.search(query, { limit: 50, signal });
  }

  /** A thread as it is stored; undefined when there is none of this id. */
  async load(threadId: string): Promise<Thread | undefined> {
    if (threadId === this.#thread.id) return this.#thread;
    return replay(threadId, await this.#parts.store.load(threadId));
  }

  setTier(tier: TierChoice): void {
    if (tier !== this.#thread.tier) this.#apply({ e: 'tier', at: this.#parts.now(), tier });
    this.#emit({ kind: 'state' });
  }

  attach(attachment: Attachment): void {
    const others = this.#attachments.filter(
      ({ label, kind }) => label !== attachment.label || kind !== attachment.kind,
    );
    this.#attachments = [...others, attachment].slice(-50);
    this.#emit({ kind: 'state' });
  }

  detach(attachmentId: string): void {
    this.#attachments = this.#attachments.filter(({ id }) => id !== attachmentId);
    this.#emit({ kind: 'state' });
  }

  /**
   * Asks a question with what is attached. Resolves when the answer has ended, in whatever way. While an answer is
   * under way, or the text is blank, nothing happens.
   *
   * @param tier `auto`: the routing rules choose
   */
  async ask(text: string, tier: TierChoice, prompt?: UsedPrompt): Promise<void> {
    await (
      await this.#askAt(endOfPath(this.#thread), text, tier, prompt, this.#attachments)
    )?.answered;
  }

  /**
   * Asks another question in the place of one that was asked before, with what was attached to that. The old one stays,
   * as another branch.
   */
  async edit(questionId: string, text: string, tier: TierChoice, prompt?: UsedPrompt): Promise<void> {
    const old = this.#thread.turns.find((turn): turn is Question => turn.id === questionId && turn.role === 'user');
    if (!old) return;
    const kept = old.attachments.filter(({ kind }) => kind !== 'rules');
    await (
      await this.#askAt(old.after ?? '', text, tier, prompt, [...kept, ...this.#attachments])
    )?.answered;
  }

  /** Undefined while an answer is under way, or when the text is blank. */
  async #askAt(
    after: string,
    text: string,
    tier: TierChoice,
    prompt: UsedPrompt | undefined,
    attachments: readonly Attachment[],
  ): Promise<{ readonly answered: Promise<void> } | undefined> {
    if (this.#running || this.#asking || !text.trim()) return undefined;
    this.#asking = true;
    try {
      const question = await this.#question(after, text, attachments, prompt);
      this.#attachments = [];
      const about = prompt && /^\S+$/.test(text.trim()) ? ` ${question.attachments.at(-1)?.label ?? ''}` : '';
      this.#addQuestion(question, tier, titleOf(text + about));
      return { answered: this.#answer(question, { tier }) };
    } finally {
      this.#asking = false;
    }
  }

  /** What such an escalation would cost, in a thread of its own. */
  async estimateEscalation(attachments: readonly Attachment[], text: string): Promise<Estimate | undefined> {
    const question = await this.#question('', text, attachments);
    const messages = buildMessages({ ...this.#emptyThread('frontier'), turns: [question] }, question.id);
    return this.#parts.gateway.estimate({
      chain: this.#parts.chain('frontier'),
      request: chatRequest(messages, 'frontier'),
    });
  }

  /**
   * Sends context and a question to the frontier model, as a turn of its own thread that can be carried on there.
   *
   * @param agreedTo the most in nano-USD that the user has seen and agreed to; who agreed once is not asked again
   */
  async escalate(
    attachment: Attachment,
    text: string,
    more: readonly Attachment[] = [],
    agreedTo?: number,
  ): Promise<void> {
    if (this.#isRepeated(attachment, text)) return;
    await this.start('frontier');
    const question = await this.#question('', text, [attachment, ...more]);
    this.#addQuestion(question, 'frontier', attachment.label);
    await this.#answer(question, { tier: 'frontier', escalated: true, agreedTo });
  }

  /** A double click, or two who listen to one key: the same command within a moment is one. */
  #isRepeated({ label, text }: Attachment, question: string): boolean {
    const key = JSON.stringify([label, text, question]);
    const at = this.#parts.now();
    const repeated = this.#escalated?.key === key && at - this.#escalated.at < TWICE_MS;
    this.#escalated = { key, at };
    return repeated;
  }

  /**
   * Asks the question of an ended answer again. An answer that says something stays, as another one to the same
   * question; one of another tier stands beside it, to be compared. What came to nothing makes place.
   */
  async retry(answerId: string, options: RetryOptions = {}): Promise<void> {
    const found = this.#running ? undefined : this.#find(answerId);
    if (!found) return;
    const { question, answer } = found;
    if (!answer.text) this.#takeBack(answer);
    const tier = options.tier ?? answer.tier;
    await this.#answer(question, {
      tier,
      route: answer.route,
      escalated: options.escalated ?? (tier === answer.tier && answer.escalated),
      beside: answer.text !== '' && tier !== answer.tier,
      overBudget: options.overBudget ?? false,
    });
  }

  /**
   * Overrides *Auto*: asks the question of an answer again of another tier, in the place of that answer, which is
   * stopped if it is under way.
   */
  async reroute(answerId: string, tier: Tier): Promise<void> {
    const found = this.#find(answerId);
    if (!found) return;
    if (this.#running) {
      if (this.#running.answerId !== answerId) return;
      await this.stop();
    }
    const { answer, question } = found;
    this.#takeBack(answer);
    await this.#answer(question, { tier, route: answer.route });
  }

  /** What questions were asked about stays, as another answer. */
  #takeBack({ id }: Answer): void {
    if (!hasFollowers(this.#thread, id)) this.#apply({ e: 'removed', at: this.#parts.now(), id });
  }

  /** Puts the context of a question that was not answered back into the composer, and answers its text. */
  recall(answerId: string): string | undefined {
    const found = this.#running ? undefined : this.#find(answerId);
    for (const attachment of found?.question.attachments ?? [])
      if (attachment.kind !== 'rules') this.attach(attachment);
    return found?.question.text;
  }

  /** Lets the model go on with an answer that was cut off: the text goes on where it is, the costs add up. */
  async goOn(answerId: string): Promise<void> {
    const found = this.#running ? undefined : this.#find(answerId);
    if (!found || !isCut(found.answer)) return;
    const { question, answer } = found;
    this.#update(answerId, { state: 'streaming', failure: null, place: null });
    await this.#run(this.#begin(answerId), answer, question, {}, answer.text);
  }

  /** Goes to another version of a question, or to another answer; the conversation goes on from there. */
  choose(turnId: string): void {
    if (this.#running || !this.#thread.turns.some(({ id }) => id === turnId)) return;
    this.#apply({ e: 'choose', at: this.#parts.now(), id: turnId });
    this.#emit({ kind: 'state' });
  }

  #find(answerId: string): { question: Question; answer: Answer } | undefined {
    const { turns } = this.#thread;
    const answer = turns.find((turn): turn is Answer => turn.id === answerId && turn.role === 'assistant');
    const question = turns.find((turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user');
    return answer && question && { question, answer };
  }

  /** Stops the answer under way; its text so far is kept. Resolves when its socket is closed and its row settled. */
  async stop(): Promise<void> {
    this.#consent?.decide(undefined);
    const running = this.#running;
    running?.controller.abort();
    await running?.ended;
  }

  decideConsent(consentId: string, allow: boolean): void {
    if (this.#consent?.id === consentId) this.#consent.decide(allow);
  }

  /** Ends what is under way and waits until everything is on disk. */
  async dispose(): Promise<void> {
    await this.stop();
    await this.#writes;
    this.#listeners.clear();
  }

  async #question(
    after: string,
    text: string,
    attachments: readonly Attachment[],
    prompt?: UsedPrompt,
  ): Promise<Question> {
    const rules = await this.#newRules(after);
    return {
      role: 'user',
      id: crypto.randomUUID(),
      at: this.#parts.now(),
      after,
      text,
      attachments: [...rules, ...attachments],
      ...(prompt ? { prompt } : {}),
    };
  }

  /** The rules that the path to this place has not been told yet, or not in their present form. */
  async #newRules(after: string): Promise<readonly Attachment[]> {
    const path = threadPath(this.#thread);
    const told = new Map(
      path
        .slice(0, path.findIndex(({ active }) => active?.id === after) + 1)
        .flatMap(({ question }) => question.attachments)
        .flatMap(({ kind, label, text }) => (kind === 'rules' ? [[label, text] as const] : [])),
    );
    const rules = (await this.#parts.rules?.()) ?? [];
    return rules.filter(({ label, text }) => told.get(label) !== text);
  }

  #addQuestion(question: Question, tier: TierChoice, title: string): void {
    const at = this.#parts.now();
    if (!this.#stored) {
      this.#stored = true;
      this.#thread = { ...this.#thread, title, tier, createdAt: at };
      this.#write([{ e: 'thread', at, id: this.#thread.id, title, tier }]);
    } else if (tier !== this.#thread.tier) this.#apply({ e: 'tier', at, tier });
    this.#apply({ e: 'question', at, turn: question });
  }

  async #answer(question: Question, asked: Asked): Promise<void> {
    const { escalated = false, beside = false } = asked;
    const id = crypto.randomUUID();
    const run = this.#begin(id);
    const messages = buildMessages(this.#thread, question.id);
    const route = asked.tier === 'auto' ? await this.#route(question, messages, run.controller.signal) : asked.route;
    const tier = asked.tier === 'auto' ? (route?.tier ?? 'mid') : asked.tier;
    const [first] = this.#chain(tier, route);
    const answer: Answer = {
      role: 'assistant',
      id,
      at: this.#parts.now(),
      questionId: question.id,
      tier,
      ...(route ? { route } : {}),
      escalated,
      ...(beside ? { beside } : {}),
      provider: first?.provider ?? '',
      model: first?.model ?? '',
      state: 'waiting',
      text: '',
      reasoning: '',
      failure: null,
      place: null,
      facts: null,
    };
    this.#apply({ e: 'answer', at: answer.at, turn: answer });
    await this.#run(run, answer, question, asked);
  }

  /** From now on until its end there is no other answer. */
  #begin(answerId: string): Run {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const run = { answerId, controller: new AbortController(), ended, end };
    this.#running = run;
    return run;
  }

  /**
   * Gets an answer from the model, to its end, whatever happens.
   *
   * @param cut the text that the answer has already, to be gone on with
   */
  async #run(
    { controller, end }: Run,
    answer: Answer,
    question: Question,
    { overBudget = false, agreedTo }: Pick<Asked, 'overBudget' | 'agreedTo'>,
    cut?: string,
  ): Promise<void> {
    this.#emit({ kind: 'state' });
    try {
      const leaveOut = await this.#makeRoom(answer, question, controller.signal);
      const messages = buildMessages(this.#thread, question.id, {
        cut,
        leaveOut,
        cheaper: answer.escalated ? this.#cheaperAnswer(answer) : undefined,
      });
      const call = this.#call(answer, question, messages, overBudget);
      if (await this.#agree(call, question.attachments, agreedTo)) await this.#stream(answer, call, controller.signal);
      else this.#update(answer.id, { state: 'cancelled', failure: { kind: 'no-consent' } });
    } catch (error) {
      this.#parts.log(`chat: ${String(error)}`);
      this.#update(answer.id, { state: 'failed', failure: { kind: 'internal', detail: String(error).slice(0, 200) } });
    } finally {
      this.#running = null;
      this.#waiting = '';
      await this.#list();
      end();
      this.#emit({ kind: 'state' });
    }
  }

  /** The latest that another tier said to the question of an answer. */
  #cheaperAnswer({ id, questionId, tier }: Answer): string | undefined {
    return this.#thread.turns.findLast(
      (turn): turn is Answer =>
        turn.role === 'assistant' &&
        turn.questionId === questionId &&
        turn.id !== id &&
        turn.tier !== tier &&
        turn.text !== '',
    )?.text;
  }

  /** What the next question would send and cost; undefined when no model is set. */
  async forecast(text: string): Promise<Forecast | undefined> {
    const tier = this.#thread.tier === 'auto' ? 'mid' : this.#thread.tier;
    const [model] = this.#parts.chain(tier);
    if (!model) return undefined;
    const steps = threadPath(this.#thread);
    const next = { text, attachments: this.#attachments };
    const plan = await this.#plan(steps, next, model, tier);
    const larger = plan.tooLarge ? await this.#larger(steps, next, tier) : undefined;
    const without = plan.tooLarge && !larger ? withoutWhich(next.attachments, plan) : [];
    const usage = { ...NO_USAGE, input: plan.used.total, output: LIKELY_OUTPUT };
    const { nanoUsd: likely } = priceTokens(usage, false, await this.#parts.price(larger ?? model));
    return { tier, model, plan, likely, larger, without };
  }

  /** The first model that takes a question which is too long for the first of its tier; with *Auto*, of any tier. */
  async #larger(
    steps: readonly Step[],
    next: Pick<Question, 'text' | 'attachments'>,
    tier: Tier,
  ): Promise<ModelRef | undefined> {
    const tiers = this.#thread.tier === 'auto' ? TIERS.slice(TIERS.indexOf(tier)) : [tier];
    for (const candidate of tiers)
      for (const model of this.#parts.chain(candidate))
        if (!(await this.#plan(steps, next, model, candidate)).tooLarge) return model;
    return undefined;
  }

  async #plan(
    steps: readonly Step[],
    next: Pick<Question, 'text' | 'attachments'>,
    model: ModelRef,
    tier: Tier,
  ): Promise<WindowPlan> {
    const window = await this.#parts.window?.(model);
    return planWindow(steps, foldOf(steps, this.#thread.folds), next, window, MAX_TOKENS[tier]);
  }

  /**
   * When the window of the model is near, folds the oldest turns into a summary by the cheap tier. Answers how many turns
   * have to be left out instead, because no summary could be had.
   */
  async #makeRoom(answer: Answer, question: Question, signal: AbortSignal): Promise<number> {
    const chain = this.#chain(answer.tier, answer.route);
    const path = threadPath(this.#thread);
    const steps = path.slice(
      0,
      path.findIndex((step) => step.question.id === question.id),
    );
    const next = { text: question.prompt?.text ?? question.text, attachments: question.attachments };
    let fold = 0;
    for (const model of chain) {
      const plan = await this.#plan(steps, next, model, answer.tier);
      fold = plan.fold;
      // What is too long for one, whatever is folded, may be asked of the next as it is.
      if (!plan.tooLarge) break;
    }
    if (fold === 0) return 0;
    const before = foldOf(steps, this.#thread.folds);
    if (await this.#fold(unfolded(steps, before).slice(0, fold), before, signal)) return 0;
    this.#update(answer.id, { leftOut: fold });
    return fold;
  }

  async #fold(steps: readonly Step[], before: Fold | undefined, signal: AbortSignal): Promise<boolean> {
    const chain = this.#parts.chain('mid');
    const [cheap] = chain;
    const upTo = steps.at(-1)?.active?.id;
    // Nobody is asked for consent in the middle of a question: without it the turns are left out.
    if (!cheap || !upTo || this.#parts.missingConsent(chain).length > 0) return false;
    this.#waiting = t('Summarising the first {0} questions, so that the conversation fits …', steps.length);
    this.#emit({ kind: 'state' });
    const most = ((await this.#parts.window?.(cheap)) ?? 32_000) * 2;
    const request = summaryRequest(steps, before, most);
    let text = '';
    let result: CallResult | undefined;
    const askStepUp = (): Promise<undefined> => Promise.resolve(undefined);
    const call: ModelCall = { tier: 'mid', task: 'chat', chain, request, limits: CHAT_LIMITS, askStepUp };
    for await (const event of this.#parts.gateway.stream(call, signal)) {
      if (event.kind === 'text') text += event.text;
      if (event.kind === 'end') result = event.result;
    }
    this.#waiting = '';
    if (result?.outcome !== 'done' || !text.trim()) return false;
    const rules = steps.flatMap(({ question }) => question.attachments.filter(({ kind }) => kind === 'rules'));
    this.#apply({
      e: 'folded',
      at: this.#parts.now(),
      fold: {
        id: crypto.randomUUID(),
        upTo,
        questions: steps.length + (before?.questions ?? 0),
        text: text.trim(),
        tokens: estimateTokens(text) + rules.reduce((sum, { tokens }) => sum + tokens, 0),
        model: formatModelRef(result.model ?? cheap),
        nanoUsd: result.cost.nanoUsd,
        costSource: result.cost.source,
      },
    });
    return true;
  }

  /** What the rules choose, with what each tier would cost; undefined when they could not be applied. */
  async #route(
    question: Question,
    messages: readonly Message[],
    signal: AbortSignal,
  ): Promise<AnswerRoute | undefined> {
    try {
      const threadTurns = threadPath(this.#thread).filter((step) => step.question.id !== question.id).length;
      const chosen = await this.#parts.route({ question, messages, threadTurns }, signal);
      const offers = await Promise.all(
        TIERS.map(async (tier) => {
          const chain = tier === chosen.tier ? chosen.chain : this.#parts.chain(tier);
          const estimate = await this.#parts.gateway.estimate({ chain, request: chatRequest(messages, tier) });
          return estimate ? [{ tier, model: estimate.model, nanoUsd: estimate.likely }] : [];
        }),
      );
      return { ...chosen, offers: offers.flat() };
    } catch (error) {
      this.#parts.log(`routing: ${String(error)}`);
      return undefined;
    }
  }

  #chain(tier: Tier, route: AnswerRoute | undefined): readonly ModelRef[] {
    return route?.tier === tier ? route.chain : this.#parts.chain(tier);
  }

  /** Asks for the consent that is missing, and about what is dear; true when there is nothing (more) to ask. */
  async #agree(call: ModelCall, attachments: readonly Attachment[], agreedTo = 0): Promise<boolean> {
    const { tier, chain } = call;
    const places = this.#parts.missingConsent(chain);
    const estimate = await this.#parts.gateway.estimate(call);
    const atMost = estimate?.atMost ?? 0;
    const confirmAbove = this.#parts.confirmAbove();
    // Zero is the wish to be asked each time.
    const before = confirmAbove === 0 ? 0 : AGAIN * (this.#agreed.get(this.#thread.id) ?? 0);
    const dear = tier === 'frontier' && atMost > Math.max(agreedTo, before, confirmAbove);
    if (places.length === 0 && !dear) return true;
    const allowed = await this.#decision({ tier, places, attachments, estimate }, t('Nothing has been sent yet.'));
    if (allowed && dear) this.#agreed.set(this.#thread.id, atMost);
    if (allowed && places.length > 0) await this.#parts.grantConsent(places.map(({ origin }) => origin));
    return allowed ?? false;
  }

  /** Shows a question and waits for its answer; undefined when the answer under way was stopped instead. */
  async #decision(request: Omit<ConsentRequest, 'id'>, waiting: string): Promise<boolean | undefined> {
    const allowed = await new Promise<boolean | undefined>((decide) => {
      this.#consent = { id: crypto.randomUUID(), ...request, decide };
      this.#waiting = waiting;
      this.#emit({ kind: 'state' });
    });
    this.#consent = null;
    this.#waiting = '';
    this.#emit({ kind: 'state' });
    return allowed;
  }

  #call(
    { tier, escalated, route }: Answer,
    question: Question,
    messages: readonly Message[],
    overBudget: boolean,
  ): ModelCall {
    return {
      tier,
      task: escalated ? 'escalate' : 'chat',
      chain: this.#chain(tier, route),
      request: chatRequest(messages, tier),
      language: question.attachments[0]?.language || undefined,
      limits: withPictures(tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS, messages),
      rule: route?.tier === tier ? route.rule : undefined,
      overBudget,
      askStepUp: (from, to) =>
        this.#decision(
          { tier, places: [], attachments: question.attachments, estimate: undefined, stepUp: { from, to } },
          t('Waiting for your decision.'),
        ),
    };
  }

  async #stream({ id, facts, text: begun }: Answer, call: ModelCall, signal: AbortSignal): Promise<void> {
    const out = new Deltas(
      (text, reasoning) => {
        const answer = this.#find(id)?.answer;
        const textAt = (answer?.text.length ?? 0) - text.length;
        const reasoningAt = (answer?.reasoning.length ?? 0) - reasoning.length;
        this.#emit({ kind: 'delta', turnId: id, text, reasoning, textAt, reasoningAt });
      },
      (text, reasoning) => this.#write([{ e: 'delta', at: this.#parts.now(), id, text, reasoning }]),
    );
    for await (const event of this.#parts.gateway.stream(call, signal)) {
      switch (event.kind) {
        case 'attempt':
          this.#waiting = event.attempt > 1 ? t('asking {0} (attempt {1})', event.place.model, event.attempt) : '';
          this.#update(id, {
            provider: event.model.provider,
            model: event.model.model,
            ...(event.instead ? { moved: movedWords(event.instead, event.model) } : {}),
          });
          break;
        case 'waiting':
          this.#waiting = t(
            '{0} Attempt {1} in {2} s.',
            describeFailure(event.failure, event.place).text,
            event.attempt,
            Math.max(1, Math.round(event.ms / 1000)),
          );
          this.#emit({ kind: 'state' });
          break;
        case 'text':
        case 'reasoning': {
          const text = event.kind === 'text' ? event.text : '';
          const reasoning = event.kind === 'reasoning' ? event.text : '';
          this.#waiting = '';
          this.#thread =
            applyEvent(this.#thread, { e: 'delta', at: this.#parts.now(), id, text, reasoning }) ?? this.#thread;
          out.add(text, reasoning);
          break;
        }
        case 'end':
          out.flush();
          await this.#end(id, event.result, facts, begun !== '');
          break;
      }
    }
  }

  /** @param before what the answer had cost already, and whether it had any text */
  async #end(id: string, result: CallResult, before: AnswerFacts | null, begun: boolean): Promise<void> {
    const { outcome, failure, place, model, modelReturned } = result;
    const facts: AnswerFacts | null =
      result.attempts.length === 0 || !model
        ? null
        : {
            usage: result.usage,
            usageEstimated: result.usageEstimated,
            nanoUsd: result.cost.nanoUsd,
            costSource: result.cost.source,
            costDetail: describeCost(result.cost, await this.#parts.price(model)),
            ttftMs: result.ttftMs,
            durationMs: result.durationMs,
            finish: result.finish,
            fallback: fallbackWords(result),
            notes: result.notes,
          };
    this.#update(id, {
      // What there was before is still there, so that it is not nothing.
      state: begun && outcome === 'failed' ? 'partial' : outcome,
      failure,
      place,
      facts: before && facts ? addFacts(before, facts) : (facts ?? before),
      callId: result.callId,
      ...(outcome === 'failed' ? { tried: result.attempts } : {}),
      ...(model ? { provider: model.provider, model: modelReturned ?? model.model } : {}),
    });
  }

  #update(id: string, change: AnswerChange): void {
    this.#apply({ e: 'update', at: this.#parts.now(), id, change });
    const turn = this.#thread.turns.find((other): other is Answer => other.id === id && other.role === 'assistant');
    if (turn) this.#emit({ kind: 'turn', turn });
  }

  /** Applies an event in memory and stores it. A thread without questions is not stored. */
  #apply(event: ThreadEvent): void {
    this.#thread = applyEvent(this.#thread, event) ?? this.#thread;
    if (this.#stored) this.#write([event]);
  }

  #write(events: readonly ThreadEvent[]): void {
    const threadId = this.#thread.id;
    this.#writes = this.#writes
      .then(() => this.#parts.store.append(threadId, events))
      .catch((error: unknown) => this.#parts.log(`chat history: ${String(error)}`));
  }

  async #list(): Promise<void> {
    await this.#writes;
    this.#threads = await this.#parts.store.list();
  }

  #emptyThread(tier: TierChoice): Thread {
    const at = this.#parts.now();
    return {
      id: crypto.randomUUID(),
      title: '',
      createdAt: at,
      updatedAt: at,
      tier,
      pinned: false,
      turns: [],
      chosen: {},
      folds: [],
    };
  }

  #emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** How a question is to be answered. */
interface Asked {
  readonly tier: TierChoice;
  readonly escalated?: boolean | undefined;
  readonly overBudget?: boolean | undefined;
  /** The most, in nano-USD, that the user has agreed to already. */
  readonly agreedTo?: number | undefined;
  /** To be compared with the answer that there is. */
  readonly beside?: boolean;
  /** What *Auto* had chosen before the user overrode it, or before a retry. */
  readonly route?: AnswerRoute | undefined;
}

/** Pictures come on top of what a text may have. */
const withPictures = (limits: CallLimits, messages: readonly Message[]): CallLimits => {
  const bytes = messages.reduce(
    (sum, { images = [] }) => sum + images.reduce((all, { data }) => all + data.length, 0),
    0,
  );
  return bytes ? { ...limits, requestBytes: limits.requestBytes + bytes } : limits;
};

const chatRequest = (messages: readonly Message[], tier: Tier): ChatRequest => ({
  kind: 'chat',
  messages,
  maxTokens: MAX_TOKENS[tier],
});
