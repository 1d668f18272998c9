import { t } from '@vscode/l10n';
import type { CallResult, Estimate, Estimator, Gateway, ModelCall } from '../call.ts';
import { CHAT_LIMITS, FRONTIER_LIMITS } from '../call.ts';
import { describeFailure, type Failure, type FailurePlace } from '../errors.ts';
import { describeCost, formatUsd, type Price } from '../pricing.ts';
import { formatCount, formatSeconds } from '../format.ts';
import {
  formatModelRef,
  TIERS,
  type ChatRequest,
  type Message,
  type ModelRef,
  type Task,
  type Tier,
  type TierChoice,
} from '../types.ts';
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
  type Likeness,
  type Question,
  type Thread,
  type ThreadEvent,
  type ThreadSummary,
} from './conversation.ts';
import { buildMessages } from './prompt.ts';
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

/** What the user is asked before a question is sent: where it may go, or whether it is worth its price, or both. */
export interface ConsentRequest {
  readonly id: string;
  readonly tier: Tier;
  /** Places that need consent; empty when only the cost is asked about. */
  readonly places: readonly ConsentPlace[];
  readonly attachments: readonly Attachment[];
  /** What the question may cost; undefined when no model is set. */
  readonly estimate: Estimate | undefined;
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
  /** A named action, for rules that know it. */
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
  readonly route: (request: Unrouted) => Promise<Chosen>;
  /** The places of a chain that still need consent. */
  readonly missingConsent: (chain: readonly ModelRef[]) => readonly ConsentPlace[];
  readonly grantConsent: (origins: readonly string[]) => Promise<void>;
  readonly price: (model: ModelRef) => Promise<Price | undefined>;
  /** Escalations that may cost more than this, in nano-USD, are asked about. */
  readonly confirmAbove: () => number;
  readonly now: () => number;
  /** What a new thread asks. */
  readonly defaultTier: () => TierChoice;
  readonly log: (line: string) => void;
}

/** What the view is told. `state`: anything may have changed; `delta`: only more text of one answer. */
export type SessionEvent =
  | { readonly kind: 'state' }
  | { readonly kind: 'turn'; readonly turn: Answer }
  | { readonly kind: 'delta'; readonly turnId: string; readonly text: string; readonly reasoning: string };

/** Text is shown at most this often, in ms: 30 paints a second. */
const SHOW_EVERY_MS = 33;
/** And stored at most this often: with the write itself, a killed window loses at most the last 250 ms. */
const STORE_EVERY_MS = 200;
/** The same escalation twice within this is one, in ms. */
const TWICE_MS = 500;

/** Most tokens of one answer, reasoning included. */
const MAX_TOKENS: Readonly<Record<Tier, number>> = { local: 4_096, mid: 8_192, frontier: 16_384 };

/** The conversation of one window: its current thread, the answer under way, and what is kept on disk. */
export class ChatSession {
  readonly #parts: SessionParts;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #thread: Thread;
  #threads: readonly ThreadSummary[] = [];
  #running: { answerId: string; controller: AbortController; ended: Promise<void> } | null = null;
  #consent: (ConsentRequest & { decide: (allow: boolean) => void }) | null = null;
  /** What the answer under way is waiting for, in words. */
  #waiting = '';
  #attachments: readonly Attachment[] = [];
  /** Writes follow one another, so that the file has the order of the conversation. */
  #writes: Promise<void> = Promise.resolve();
  #stored = false;
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
  async ask(text: string, tier: TierChoice): Promise<void> {
    if (this.#running || !text.trim()) return;
    const question = this.#question(text, this.#attachments);
    this.#attachments = [];
    this.#addQuestion(question, tier, titleOf(text));
    await this.#answer(question, { tier });
  }

  /** What such an escalation would cost, in a thread of its own. */
  async estimateEscalation(attachments: readonly Attachment[], text: string): Promise<Estimate | undefined> {
    const question: Question = { role: 'user', id: 'estimate', at: 0, text, attachments };
    const messages = buildMessages({ ...this.#emptyThread('frontier'), turns: [question] }, question.id);
    return this.#parts.gateway.estimate({
      chain: this.#parts.chain('frontier'),
      request: chatRequest(messages, 'frontier'),
    });
  }

  /** Sends context and a question to the frontier model, as a turn of its own thread that can be carried on there. */
  async escalate(attachment: Attachment, text: string, more: readonly Attachment[] = []): Promise<void> {
    if (this.#isRepeated(attachment, text)) return;
    await this.start('frontier');
    const question = this.#question(text, [attachment, ...more]);
    this.#addQuestion(question, 'frontier', attachment.label);
    await this.#answer(question, { tier: 'frontier', escalated: true });
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
   * Asks the question of an ended answer again, in the place of that answer.
   *
   * @param overBudget the user has seen that a budget stands in the way, and sends all the same
   */
  async retry(answerId: string, overBudget = false): Promise<void> {
    if (this.#running) return;
    const found = this.#find(answerId);
    if (!found) return;
    const { answer, question } = found;
    this.#apply({ e: 'removed', at: this.#parts.now(), id: answerId });
    await this.#answer(question, { ...answer, overBudget });
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
    this.#apply({ e: 'removed', at: this.#parts.now(), id: answerId });
    await this.#answer(question, { tier, route: answer.route });
  }

  #find(answerId: string): { answer: Answer; question: Question } | undefined {
    const { turns } = this.#thread;
    const answer = turns.find((turn): turn is Answer => turn.id === answerId && turn.role === 'assistant');
    const question = turns.find((turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user');
    return answer && question && { answer, question };
  }

  /** Stops the answer under way; its text so far is kept. Resolves when its socket is closed and its row settled. */
  async stop(): Promise<void> {
    this.#consent?.decide(false);
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

  #question(text: string, attachments: readonly Attachment[]): Question {
    return { role: 'user', id: crypto.randomUUID(), at: this.#parts.now(), text, attachments };
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
    const controller = new AbortController();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const id = crypto.randomUUID();
    this.#running = { answerId: id, controller, ended };
    const messages = buildMessages(this.#thread, question.id);
    const route = asked.tier === 'auto' ? await this.#route(question, messages) : asked.route;
    const tier = asked.tier === 'auto' ? (route?.tier ?? 'mid') : asked.tier;
    const [first] = this.#chain(tier, route);
    const answer: Answer = {
      role: 'assistant',
      id,
      at: this.#parts.now(),
      questionId: question.id,
      tier,
      ...(route ? { route } : {}),
      escalated: asked.escalated ?? false,
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
    this.#emit({ kind: 'state' });
    try {
      const call = this.#call(answer, question, messages, asked.overBudget ?? false);
      if (await this.#agree(call, question.attachments)) await this.#stream(answer, call, controller.signal);
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

  /** What the rules choose, with what each tier would cost; undefined when they could not be applied. */
  async #route(question: Question, messages: readonly Message[]): Promise<AnswerRoute | undefined> {
    try {
      const threadTurns = this.#thread.turns.filter(({ role, id }) => role === 'user' && id !== question.id).length;
      const chosen = await this.#parts.route({ question, messages, threadTurns });
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
  async #agree(call: ModelCall, attachments: readonly Attachment[]): Promise<boolean> {
    const { tier, chain } = call;
    const places = this.#parts.missingConsent(chain);
    const estimate = await this.#parts.gateway.estimate(call);
    const dear = call.task === 'escalate' && (estimate?.atMost ?? 0) > this.#parts.confirmAbove();
    if (places.length === 0 && !dear) return true;
    const allowed = await new Promise<boolean>((decide) => {
      this.#consent = { id: crypto.randomUUID(), tier, places, attachments, estimate, decide };
      this.#waiting = t('Nothing has been sent yet.');
      this.#emit({ kind: 'state' });
    });
    this.#consent = null;
    this.#waiting = '';
    if (allowed && places.length > 0) await this.#parts.grantConsent(places.map(({ origin }) => origin));
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
      limits: tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS,
      rule: route?.tier === tier ? route.rule : undefined,
      overBudget,
    };
  }

  async #stream({ id }: Answer, call: ModelCall, signal: AbortSignal): Promise<void> {
    const out = new Deltas(
      (text, reasoning) => this.#emit({ kind: 'delta', turnId: id, text, reasoning }),
      (text, reasoning) => this.#write([{ e: 'delta', at: this.#parts.now(), id, text, reasoning }]),
    );
    for await (const event of this.#parts.gateway.stream(call, signal)) {
      switch (event.kind) {
        case 'attempt':
          this.#waiting = event.attempt > 1 ? t('asking {0} (attempt {1})', event.place.model, event.attempt) : '';
          this.#update(id, { provider: event.model.provider, model: event.model.model });
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
          await this.#end(id, event.result);
          break;
      }
    }
  }

  async #end(id: string, result: CallResult): Promise<void> {
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
          };
    this.#update(id, {
      state: outcome,
      failure,
      place,
      facts,
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
    return { id: crypto.randomUUID(), title: '', createdAt: at, updatedAt: at, tier, pinned: false, turns: [] };
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
  /** What *Auto* had chosen before the user overrode it, or before a retry. */
  readonly route?: AnswerRoute | undefined;
}

const chatRequest = (messages: readonly Message[], tier: Tier): ChatRequest => ({
  kind: 'chat',
  messages,
  maxTokens: MAX_TOKENS[tier],
});

/** Gathers tokens so that neither the screen nor the disk is touched for each one. */
class Deltas {
  readonly #show: Batch;
  readonly #store: Batch;
  constructor(show: (text: string, reasoning: string) => void, store: (text: string, reasoning: string) => void) {
    this.#show = new Batch(SHOW_EVERY_MS, show);
    this.#store = new Batch(STORE_EVERY_MS, store);
  }
  add(text: string, reasoning: string): void {
    this.#show.add(text, reasoning);
    this.#store.add(text, reasoning);
  }
  flush(): void {
    this.#show.flush();
    this.#store.flush();
  }
}

class Batch {
  readonly #everyMs: number;
  readonly #out: (text: string, reasoning: string) => void;
  #text = '';
  #reasoning = '';
  #timer: NodeJS.Timeout | undefined;
  constructor(everyMs: number, out: (text: string, reasoning: string) => void) {
    this.#everyMs = everyMs;
    this.#out = out;
  }
  add(text: string, reasoning: string): void {
    this.#text += text;
    this.#reasoning += reasoning;
    this.#timer ??= setTimeout(() => this.flush(), this.#everyMs);
  }
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text || this.#reasoning) this.#out(this.#text, this.#reasoning);
    this.#text = this.#reasoning = '';
  }
}

/** Says which models of the chain were tried in vain, and why. */
function fallbackWords(result: CallResult): string {
  const { model, attempts } = result;
  const first = attempts[0];
  if (!model || !first || formatModelRef(first.model) === formatModelRef(model)) return '';
  const why = first.failure ? shortFailure(first.failure) : '';
  return t('{0} answered because {1} did not ({2}).', formatModelRef(model), formatModelRef(first.model), why);
}

function shortFailure(failure: Failure): string {
  return failure.status ? `${failure.kind}, ${failure.status}` : failure.kind;
}

// ---------------------------------------------------------------------------------------------------------------------
// Words for the view

/** What stands beside an answer that is not simply done. */
export function wordsOf(
  answer: Answer,
  waiting: string,
): { text: string; next: ReturnType<typeof describeFailure>['next'] } {
  if (answer.state === 'waiting' || answer.state === 'streaming') return { text: waiting, next: 'none' };
  if (answer.state === 'cancelled')
    return answer.failure?.kind === 'no-consent'
      ? { text: t('Not sent.'), next: 'retry' }
      : { text: t('Stopped.'), next: 'retry' };
  if (!answer.failure)
    return answer.facts?.finish === 'length'
      ? { text: t('The answer was cut at the length limit.'), next: 'none' }
      : { text: '', next: 'none' };
  const nowhere: FailurePlace = {
    provider: answer.provider,
    host: answer.provider,
    model: answer.model,
    kind: 'openai',
  };
  return describeFailure(answer.failure, answer.place ?? nowhere);
}

/** The small print: `3.2k in (2.1k cached)`, `410 out`, `$0.031`, `1.9 s to first token, 8.2 s`. */
export function smallPrint(facts: AnswerFacts): { input: string; output: string; cost: string; time: string } {
  const { usage, usageEstimated, nanoUsd, costSource, ttftMs, durationMs } = facts;
  const about = usageEstimated ? '~' : '';
  const input = about + formatCount(usage.input + usage.cacheRead + usage.cacheWrite);
  const costs =
    nanoUsd === null
      ? t('cost unknown')
      : costSource === 'free'
        ? t('free')
        : `${costSource === 'estimated' ? '~' : ''}${formatUsd(nanoUsd)}`;
  return {
    input: usage.cacheRead > 0 ? t('{0} in ({1} cached)', input, formatCount(usage.cacheRead)) : t('{0} in', input),
    output: t('{0} out', about + formatCount(usage.output)),
    cost: costs,
    time:
      ttftMs === null
        ? t('{0} s', formatSeconds(durationMs))
        : t('{0} s to first token, {1} s', formatSeconds(ttftMs), formatSeconds(durationMs)),
  };
}
