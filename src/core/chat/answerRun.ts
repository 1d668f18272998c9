import { t } from '@vscode/l10n';
import {
  type CallEvent,
  type CallLimits,
  type CallResult,
  CHAT_LIMITS,
  type Estimate,
  type Estimator,
  FRONTIER_LIMITS,
  type Gateway,
  type ModelCall,
  type Tried,
} from '../gateway/call.ts';
import { describeFailure } from '../gateway/describeFailure.ts';
import type { Price } from '../money/pricing.ts';
import { TIERS, type Message, type ModelRef, type Task, type Tier, type TierChoice } from '../common/types.ts';
import type { SetupGap } from '../common/failures.ts';
import { callFacts } from '../routing/callFacts.ts';
import { describeReasons } from '../routing/describeReasons.ts';
import type { Reason, ThreadSoFar } from '../routing/routingTypes.ts';
import type { Approval } from './approval.ts';
import { threadPath } from './branches.ts';
import { chatRequest, type ContextBudget } from './contextBudget.ts';
import type {
  Answer,
  AnswerChange,
  AnswerFacts,
  AnswerRoute,
  Attachment,
  Likeness,
  Move,
  Question,
  Thread,
} from './conversation.ts';
import { Deltas } from './deltas.ts';
import { emptyThread, type Exchange, type LiveThread } from './liveThread.ts';
import { buildMessages } from './prompt.ts';
import { StoppableTurn } from './stoppableTurn.ts';
import { stepsBefore, threadSoFar } from './threadTier.ts';
import { promptVersionOf, type UsedPrompt } from './promptFiles.ts';
import { factsOf as questionFacts } from './routingReplay.ts';
import { addFacts, fallbackOf } from './describeAnswer.ts';
import type { BlindPart } from './blindVote.ts';
import type { ChooseRival } from './blindRival.ts';
import type { LogLine } from '../common/logger.ts';
import { plural } from '../common/language.ts';

/** A question that the user left to *Auto*. */
export interface Unrouted {
  readonly question: Question;
  /** Everything that would be sent. */
  readonly messages: readonly Message[];
  /** Questions that came before in this thread. */
  readonly threadTurns: number;
  /** What the thread was until now; undefined before its first answer. */
  readonly thread?: ThreadSoFar | undefined;
  /** The task of the call; by default, the chat. */
  readonly task?: Task | undefined;
  /** Most tokens of the answer; by default, those of a chat. */
  readonly maxTokens?: number | undefined;
  /** A named action, for rules that know it; by default the prompt of the question. */
  readonly action?: string | undefined;
}

/** The decision of the routing rules, and its reasons. */
export interface Chosen {
  readonly tier: Tier;
  /** The models to be asked, in order. */
  readonly chain: readonly ModelRef[];
  readonly rule: string;
  readonly reasons: readonly Reason[];
  readonly likeness: Likeness;
  /** The question goes to mid and may be one for the best model. */
  readonly mayNeedFrontier?: boolean | undefined;
}

/** The events for the view. `state`: anything may have changed; `delta`: only more text of one answer. */
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

export interface RunParts {
  readonly gateway: Gateway & Estimator;
  readonly chain: (tier: Tier) => readonly ModelRef[];
  /** Applies the routing rules. */
  readonly route: (request: Unrouted, signal: AbortSignal) => Promise<Chosen>;
  /**
   * What a tier lacks before it can answer. If it lacks anything, nothing is sent and the user sees the list.
   *
   * @param auto the routing rules chose the tier
   */
  readonly gaps?: (tier: Tier, auto: boolean) => Promise<readonly SetupGap[]>;
  readonly price: (model: ModelRef) => Promise<Price | undefined>;
  /** Chooses the second model of a blind comparison; without it, there are none. */
  readonly rival?: ChooseRival | undefined;
  /** What the budgets of a tier have left, in nano-USD; without it, no budget is asked before a blind comparison. */
  readonly room?: ((tier: Tier) => Promise<number>) | undefined;
  /** From 0 to 1, for the places of two answers; by default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /**
   * The instructions of the workspace for a question about these files, as their attachments name them. Sent with the first
   * question that they are for, and again when they changed.
   */
  readonly rules?: (paths: readonly string[]) => Promise<readonly Attachment[]>;
  readonly now: () => number;
  readonly log: LogLine;
}

/** The services that the runs of one session share. */
export interface RunServices {
  readonly parts: RunParts;
  readonly budget: ContextBudget;
  readonly approval: Approval;
  readonly emit: (event: SessionEvent) => void;
}

/** A question as the user asks it, without the rules of the workspace. */
export interface Draft {
  /** Id of the answer that it follows; empty for a first question. */
  readonly after: string;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly prompt?: UsedPrompt | undefined;
}

/** How a question is to be answered. */
export interface Asked {
  readonly tier: TierChoice;
  /** The one model to ask, which the user chose for this question: no other replaces it. */
  readonly model?: ModelRef | undefined;
  readonly escalated?: boolean | undefined;
  /** The user has seen that a budget refuses the question, and sends it anyway. */
  readonly overBudget?: boolean | undefined;
  /** With room for more tokens than the tier has by default. */
  readonly largerLimit?: boolean | undefined;
  /** The most, in nano-USD, that the user has agreed to already. */
  readonly agreedTo?: number | undefined;
  /** The rules choose once more, because a budget refused what they chose before. */
  readonly again?: boolean | undefined;
  /** To be compared with the answer that there is. */
  readonly beside?: boolean;
  /** It is one of two answers whose models are hidden. */
  readonly blind?: BlindPart | undefined;
  /** Asks a second model once it is known which one answers; answers the part that this answer then has. */
  readonly pair?: ((question: Question, chosen: ChosenAnswerer) => Promise<BlindPart | undefined>) | undefined;
  /** The choice of *Auto* before the user overrode it, or before a retry. */
  readonly route?: AnswerRoute | undefined;
}

type ChosenAnswerer = Pick<Answer, 'tier' | 'route' | 'provider' | 'model'>;

/** Whether an answer was refused by a budget, so that nothing was sent. */
const isOverBudget = (live: LiveThread, answerId: string): boolean => {
  const answer = live.find(answerId)?.answer;
  return answer?.failure?.kind === 'budget' && answer.text === '';
};

/**
 * One answer, from the question to its end. It owns the thread that it was asked in and the controller that stops it, so
 * it writes into no other thread, and whatever it pays for ends with `stop`. What goes wrong becomes part of the answer:
 * none of its methods rejects because of a model, a rule or a price.
 */
export class AnswerRun extends StoppableTurn {
  readonly #services: RunServices;
  readonly #stopped: Promise<never>;

  /** @param answerId of the answer that is gone on with; by default, a new one */
  constructor(live: LiveThread, services: RunServices, answerId?: string) {
    super(live, answerId);
    this.#services = services;
    const stopped = Promise.withResolvers<never>();
    this.#stopped = stopped.promise;
    // A stopped run may leave no promise waiting.
    stopped.promise.catch(() => undefined);
    this.signal.addEventListener('abort', () => stopped.reject(new Error('stopped')));
  }

  protected showState(): void {
    this.#services.emit({ kind: 'state' });
  }

  /** Adds a question to the thread and gets its answer. A question that is stopped before it was sent is kept as well. */
  async ask(draft: Draft, title: string, asked: Asked): Promise<void> {
    const { parts } = this.#services;
    let rules: readonly Attachment[] = [];
    let problem: { readonly error: unknown } | undefined;
    try {
      rules = await this.#unlessStopped(newRules(this.live.thread, draft, parts));
    } catch (error) {
      problem = { error };
    }
    const question = questionOf(draft, rules, parts.now());
    // A model that is chosen for one question leaves the tier of the composer as it is.
    this.live.addQuestion(question, asked.model ? this.live.thread.tier : asked.tier, title, question.at);
    this.showState();
    await this.answer(question, asked, problem);
  }

  /**
   * Gets a new answer to a question of the thread.
   *
   * @param problem what prevents it already
   */
  async answer(question: Question, asked: Asked, problem?: { readonly error: unknown }): Promise<void> {
    this.live.chooseBranchOf(question.id, this.#services.parts.now());
    let chosen: ChosenAnswerer = { tier: asked.tier === 'auto' ? 'mid' : asked.tier, provider: '', model: '' };
    let { blind } = asked;
    try {
      if (!problem) chosen = await this.#choose(question, asked);
      if (!problem && !asked.again) blind ??= await asked.pair?.(question, chosen);
    } catch (error) {
      problem = { error };
    }
    const answer: Answer = {
      role: 'assistant',
      id: this.answerId,
      at: this.#services.parts.now(),
      questionId: question.id,
      ...chosen,
      escalated: asked.escalated ?? false,
      ...(asked.beside || blind ? { beside: true } : {}),
      ...(blind ? { blind } : {}),
      state: 'waiting',
      text: '',
      reasoning: '',
      failure: null,
      place: null,
      facts: null,
    };
    this.live.apply({ e: 'answer', at: answer.at, turn: answer });
    if (problem) this.#fail(answer, problem.error);
    else await this.#complete(answer, question, asked);
    // The budget was enough when the rules chose; another window has used it meanwhile.
    if (asked.tier !== 'auto' || asked.again || !isOverBudget(this.live, this.answerId)) return;
    this.live.apply({ e: 'removed', at: this.#services.parts.now(), id: this.answerId });
    await this.answer(question, { ...asked, again: true });
  }

  /** Lets the model go on with an answer that was cut off. */
  async continueAnswer({ answer, question }: Exchange): Promise<void> {
    this.live.chooseBranchOf(question.id, this.#services.parts.now());
    this.#update({ state: 'streaming', failure: null, place: null });
    await this.#complete(answer, question, { tier: answer.tier }, answer.text);
  }

  /** Which tier and model is asked; with *Auto*, as the rules choose. */
  async #choose(question: Question, asked: Asked): Promise<ChosenAnswerer> {
    const route = asked.tier === 'auto' ? await this.#route(question) : asked.route;
    const tier = asked.tier === 'auto' ? (route?.tier ?? 'mid') : asked.tier;
    const [first] = asked.model ? [asked.model] : this.#chain(tier, route);
    return { tier, ...(route ? { route } : {}), provider: first?.provider ?? '', model: first?.model ?? '' };
  }

  /** The decision of the rules with the cost on each tier; undefined when they could not be applied. */
  async #route(question: Question): Promise<AnswerRoute | undefined> {
    const { parts } = this.#services;
    try {
      const messages = buildMessages(this.live.thread, question.id);
      const before = stepsBefore(this.live.thread, question.id);
      const thread = threadSoFar(question, before);
      const request = { question, messages, threadTurns: before.length, thread };
      const chosen = await this.#unlessStopped(parts.route(request, this.signal));
      const offers = await this.#unlessStopped(offersOf(parts, chosen, messages));
      return { ...chosen, offers };
    } catch (error) {
      if (this.isStopped) throw error;
      parts.log('routing', error);
      return undefined;
    }
  }

  #chain(tier: Tier, route: AnswerRoute | undefined): readonly ModelRef[] {
    return route?.tier === tier ? route.chain : this.#services.parts.chain(tier);
  }

  /**
   * Gets the text of an answer, to its end, whatever happens.
   *
   * @param cut the text that the answer has already, to be gone on with
   */
  async #complete(answer: Answer, question: Question, asked: Asked, cut?: string): Promise<void> {
    this.showState();
    try {
      // Before the question about consent: nothing can be sent anyway. A model that the user chose needs no tier.
      const missing = asked.model ? NONE : this.#services.parts.gaps?.(answer.tier, asked.tier === 'auto');
      const gaps = await this.#unlessStopped(missing ?? NONE);
      if (gaps.length > 0) return this.#update({ state: 'failed', failure: { kind: 'not-set-up', gaps } });
      const chain = asked.model ? [asked.model] : this.#chain(answer.tier, answer.route);
      const leaveOut = await this.#makeRoom(answer, question, chain);
      const messages = buildMessages(this.live.thread, question.id, {
        cut,
        leaveOut,
        model: answer.model,
        cheaper: answer.escalated ? this.#cheaperAnswer(answer) : undefined,
      });
      const call = this.#call(answer, question, { messages, chain }, asked);
      const allowed = await this.#approve(call, question.attachments, asked.agreedTo);
      if (!allowed) return this.#update({ state: 'cancelled', failure: { kind: 'no-consent' } });
      this.signal.throwIfAborted();
      await this.#stream(answer, call);
    } catch (error) {
      this.#fail(answer, error);
    }
  }

  /** Ends an answer after a stop or after an error of the extension itself. */
  #fail(begun: Answer, error: unknown): void {
    if (this.isStopped) return this.#update({ state: 'cancelled', failure: null });
    this.#services.parts.log('chat', error);
    const failure = { kind: 'internal' as const, detail: String(error).slice(0, 200) };
    this.#update({ state: begun.text ? 'partial' : 'failed', failure });
  }

  /**
   * When the window of the model is near, has the oldest turns summarized by the cheap tier. Answers how many
   * turns have to be left out instead, because no summary could be had.
   */
  async #makeRoom(answer: Answer, question: Question, chain: readonly ModelRef[]): Promise<number> {
    const { budget, parts } = this.#services;
    const tooMuch = await this.#unlessStopped(budget.tooMuch(this.live.thread, question, answer.tier, chain));
    if (!tooMuch) return 0;
    const { length } = tooMuch.steps;
    if (budget.canCompact())
      this.showWaiting(
        plural(
          length,
          t('Summarizing the first {0} question, so that the conversation fits …', length),
          t('Summarizing the first {0} questions, so that the conversation fits …', length),
        ),
      );
    // A stop ends the call itself, so that what it has cost is settled.
    const summary = await budget.compact(tooMuch, this.signal);
    this.waitsFor('');
    if (summary) this.live.apply({ e: 'folded', at: parts.now(), fold: summary });
    this.signal.throwIfAborted();
    if (summary) return 0;
    this.#update({ leftOut: length });
    return length;
  }

  /** The latest that another tier said to the question of an answer. */
  #cheaperAnswer({ id, questionId, tier }: Answer): string | undefined {
    return this.live.thread.turns.findLast(
      (turn): turn is Answer =>
        turn.role === 'assistant' &&
        turn.questionId === questionId &&
        turn.id !== id &&
        turn.tier !== tier &&
        turn.text !== '',
    )?.text;
  }

  /** Asks for the consent that is missing, and about what is expensive; true when there is nothing (more) to ask. */
  async #approve(call: ModelCall, attachments: readonly Attachment[], agreedTo?: number): Promise<boolean> {
    const { approval } = this.#services;
    const needed = await this.#unlessStopped(approval.needed(this.live.id, call, agreedTo));
    if (!needed) return true;
    const { places, estimate } = needed;
    const request = { tier: call.tier, places, attachments, estimate };
    const allowed = await this.askUser(request, t('Nothing has been sent yet.'));
    if (allowed) await this.#unlessStopped(approval.grant(this.live.id, needed));
    return allowed ?? false;
  }

  #call(
    { tier, escalated, route, blind }: Answer,
    question: Question,
    { messages, chain }: { readonly messages: readonly Message[]; readonly chain: readonly ModelRef[] },
    { overBudget = false, largerLimit = false }: Pick<Asked, 'overBudget' | 'largerLimit'>,
  ): ModelCall {
    return {
      tier,
      task: escalated ? 'escalate' : 'chat',
      chain,
      request: chatRequest(messages, tier, largerLimit),
      language: question.attachments[0]?.language || undefined,
      limits: withPictures(tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS, messages),
      rule: route?.tier === tier ? route.rule : undefined,
      reason: route?.tier === tier ? describeReasons(route.reasons ?? []) || undefined : undefined,
      ...callFacts(
        { ...questionFacts(question), ...(escalated ? { task: 'escalate' } : {}) },
        route && { reasons: route.reasons ?? [], score: route.likeness.score, overridden: route.tier !== tier },
      ),
      ...(blind ? { stage: BLIND_STAGE } : {}),
      promptName: question.prompt?.name,
      promptVersion: question.prompt && promptVersionOf(question.prompt),
      overBudget,
      wholeAnswer: largerLimit,
      askStepUp: (from, to) =>
        this.askUser(
          { tier, places: [], attachments: question.attachments, estimate: undefined, stepUp: { from, to } },
          t('Waiting for your answer.'),
        ),
    };
  }

  async #stream({ facts, text: begun }: Answer, call: ModelCall): Promise<void> {
    const { parts, emit } = this.#services;
    const id = this.answerId;
    const out = new Deltas(
      (text, reasoning) => {
        const answer = this.live.find(id)?.answer;
        const textAt = (answer?.text.length ?? 0) - text.length;
        const reasoningAt = (answer?.reasoning.length ?? 0) - reasoning.length;
        emit({ kind: 'delta', turnId: id, text, reasoning, textAt, reasoningAt });
      },
      (text, reasoning) => this.live.store({ e: 'delta', at: parts.now(), id, text, reasoning }),
    );
    let isWhole = false;
    try {
      for await (const event of parts.gateway.stream(call, this.signal)) {
        if (event.kind === 'text' || event.kind === 'reasoning') {
          const text = event.kind === 'text' ? event.text : '';
          const reasoning = event.kind === 'reasoning' ? event.text : '';
          this.waitsFor('');
          this.live.applyUnstored({ e: 'delta', at: parts.now(), id, text, reasoning });
          out.add(text, reasoning);
        } else if (event.kind === 'rethought') {
          out.flush();
          this.#rethink(begun);
        } else if (event.kind === 'end') {
          out.flush();
          await this.#finish(event.result, facts, begun !== '');
          isWhole = true;
        } else if (event.kind !== 'tool-call') this.#onAttempt(event);
      }
    } finally {
      // However the stream broke off, the text that arrived is stored before the message about its end.
      out.flush();
    }
    if (!isWhole) throw new Error('the call ended without its end');
  }

  /** What came of this call as text was a thought. @param begun what the answer had before it */
  #rethink(begun: string): void {
    const answer = this.live.find(this.answerId)?.answer;
    if (answer) this.#update({ text: begun, reasoning: answer.reasoning + answer.text.slice(begun.length) });
  }

  /** Says which model is asked, and what a further attempt waits for. */
  #onAttempt(event: Extract<CallEvent, { kind: 'attempt' | 'waiting' | 'loading' }>): void {
    if (event.kind === 'loading')
      return this.showWaiting(t('Loading {0} into memory ({1} s).', event.model.model, Math.round(event.ms / 1000)));
    if (event.kind === 'waiting')
      return this.showWaiting(
        t(
          '{0} Attempt {1} in {2} s.',
          describeFailure(event.failure, event.place).text,
          event.attempt,
          Math.max(1, Math.round(event.ms / 1000)),
        ),
      );
    this.waitsFor(event.attempt > 1 ? t('asking {0} (attempt {1})', event.place.model, event.attempt) : '');
    this.#update({
      provider: event.model.provider,
      model: event.model.model,
      ...(event.instead ? { move: moveOf(event.instead, event.model) } : {}),
    });
  }

  /** @param before what the answer had cost already, and whether it had any text */
  async #finish(result: CallResult, before: AnswerFacts | null, begun: boolean): Promise<void> {
    const { outcome, failure, place, model, modelReturned } = result;
    const facts = await factsOf(result, this.#services.parts);
    this.#update({
      // The earlier text is still there, so the answer is not empty.
      state: begun && outcome === 'failed' ? 'partial' : outcome,
      failure,
      place,
      facts: before && facts ? addFacts(before, facts) : (facts ?? before),
      callId: result.callId,
      ...(outcome === 'failed' ? { tried: result.attempts } : {}),
      ...(model ? { provider: model.provider, model: modelReturned ?? model.model } : {}),
    });
  }

  /** The value of a promise; rejects at once when the run is stopped meanwhile. */
  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#stopped, work]);
  }

  #update(change: AnswerChange): void {
    const turn = this.live.update(this.answerId, change, this.#services.parts.now());
    if (turn) this.#services.emit({ kind: 'turn', turn });
  }
}

/** What the ledger calls the two calls of a blind comparison. */
const BLIND_STAGE = 'blind comparison';

const NONE: Promise<readonly SetupGap[]> = Promise.resolve([]);

/** What is known of a call that was sent: tokens, cost and times. */
async function factsOf(result: CallResult, parts: Pick<RunParts, 'price'>): Promise<AnswerFacts | null> {
  if (result.attempts.length === 0 || !result.model) return null;
  const price = await parts.price(result.model);
  const fallback = fallbackOf(result);
  return {
    usage: result.usage,
    usageEstimated: result.usageEstimated,
    nanoUsd: result.cost.nanoUsd,
    costSource: result.cost.source,
    ...(result.shadowNanoUsd ? { shadowNanoUsd: result.shadowNanoUsd } : {}),
    ...(price ? { priceFrom: { source: price.source, date: price.date } } : {}),
    ttftMs: result.ttftMs,
    durationMs: result.durationMs,
    finish: result.finish,
    ...(fallback ? { fallback } : {}),
    notes: result.notes,
  };
}

/** The likely cost of a question on each tier that has a model. */
async function offersOf(
  { gateway, chain }: RunParts,
  chosen: Chosen,
  messages: readonly Message[],
): Promise<AnswerRoute['offers']> {
  const offers = await Promise.all(
    TIERS.map(async (tier) => {
      const models = tier === chosen.tier ? chosen.chain : chain(tier);
      const estimate = await gateway.estimate({ chain: models, request: chatRequest(messages, tier) });
      if (!estimate) return [];
      const { model, likely, monthlyPlan } = estimate;
      return [{ tier, model, nanoUsd: likely, ...(monthlyPlan ? { monthlyPlan } : {}) }];
    }),
  );
  return offers.flat();
}

/** A question as it is kept and sent. */
export const questionOf = (draft: Draft, rules: readonly Attachment[], at: number): Question => ({
  role: 'user',
  id: crypto.randomUUID(),
  at,
  after: draft.after,
  text: draft.text,
  attachments: [...rules, ...draft.attachments],
  ...(draft.prompt ? { prompt: draft.prompt } : {}),
});

/** The rules that the path to a place of a thread has not been told yet, or not in their present form. */
export async function newRules(
  thread: Thread,
  { after, attachments }: Pick<Draft, 'after' | 'attachments'>,
  parts: Pick<RunParts, 'rules'>,
): Promise<readonly Attachment[]> {
  const path = threadPath(thread);
  const told = new Map(
    path
      .slice(0, path.findIndex(({ active }) => active?.id === after) + 1)
      .flatMap(({ question }) => question.attachments)
      .flatMap(({ kind, label, text }) => (kind === 'rules' ? [[label, text] as const] : [])),
  );
  const paths = attachments.flatMap(({ path, kind, label }) =>
    path ? [path] : kind === 'folder' ? [`${label}/`] : [],
  );
  const rules = (await parts.rules?.([...new Set(paths)])) ?? [];
  return rules.filter(({ label, text }) => told.get(label) !== text);
}

const moveOf = ({ model, failure }: Tried, to: ModelRef): Move => ({
  from: model,
  to,
  ...(failure?.sizes ? { sizes: failure.sizes } : {}),
});

/** Pictures come on top of what a text may have. */
const withPictures = (limits: CallLimits, messages: readonly Message[]): CallLimits => {
  const bytes = messages.reduce(
    (sum, { images = [] }) => sum + images.reduce((all, { data }) => all + data.length, 0),
    0,
  );
  return bytes ? { ...limits, requestBytes: limits.requestBytes + bytes } : limits;
};

/** The cost of a question to frontier in a thread of its own; undefined without a model. */
export async function estimateFrontier(
  parts: Pick<RunParts, 'gateway' | 'chain' | 'rules' | 'now'>,
  attachments: readonly Attachment[],
  text: string,
): Promise<Estimate | undefined> {
  const thread = emptyThread('frontier', parts.now());
  const rules = await newRules(thread, { after: '', attachments }, parts);
  const question = questionOf({ after: '', text, attachments }, rules, thread.createdAt);
  const chain = parts.chain('frontier');
  const messages = buildMessages({ ...thread, turns: [question] }, question.id, { model: chain[0]?.model });
  return parts.gateway.estimate({ chain, request: chatRequest(messages, 'frontier') });
}
