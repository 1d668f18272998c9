import { type CallResult, CHAT_LIMITS, type Gateway, LIKELY_OUTPUT, type ModelCall } from '../gateway/call.ts';
import { likelyCost, type InPlan } from '../money/likelyCost.ts';
import type { Price } from '../money/pricing.ts';
import { estimateTokens } from '../common/tokens.ts';
import {
  formatModelRef,
  NO_USAGE,
  TIERS,
  type ChatRequest,
  type Message,
  type ModelRef,
  type Tier,
} from '../common/types.ts';
import type { ConsentPlace } from './approval.ts';
import { summaryOf, threadPath, stepsAfter, type Step } from './branches.ts';
import type { Attachment, Summary, Question, Thread } from './conversation.ts';
import { summaryRequest } from './summary.ts';
import { planWindow, withoutWhich, type WindowPlan } from './window.ts';

/** Most tokens of one answer, reasoning included. */
const MAX_TOKENS: Readonly<Record<Tier, number>> = { local: 4_096, mid: 8_192, frontier: 16_384 };

/** Tokens assumed for a window of unknown size when a summary is made. */
const LIKELY_WINDOW = 32_000;

/** How much more room an answer gets whose thoughts used up the limit. */
const LARGER = 4;

/**
 * A chat request with the room for an answer that the tier has.
 *
 * @param larger with more room than that
 */
export const chatRequest = (messages: readonly Message[], tier: Tier, larger = false): ChatRequest => ({
  kind: 'chat',
  messages,
  maxTokens: MAX_TOKENS[tier] * (larger ? LARGER : 1),
});

/** The size of the next question, and its likely cost. */
export interface Forecast {
  /** The tier of the composer; for *Auto*, which decides with the question, mid. */
  readonly tier: Tier;
  readonly model: ModelRef;
  readonly plan: WindowPlan;
  /** Nano-USD; null when the price is unknown. */
  readonly likely: number | null;
  /** Present where a flat plan pays. */
  readonly monthlyPlan?: InPlan | undefined;
  /** For what does not fit: who takes it instead, if anyone does. */
  readonly larger: ModelRef | undefined;
  /** For a question that no model can take: the attachments without which it would fit, if that helps. */
  readonly without: readonly string[];
}

export interface BudgetParts {
  readonly gateway: Gateway;
  readonly chain: (tier: Tier) => readonly ModelRef[];
  readonly price: (model: ModelRef) => Promise<Price | undefined>;
  /** Tokens of a model's context window; undefined when it is unknown. */
  readonly window?: (model: ModelRef) => Promise<number | undefined>;
  /** The places of a chain that still need consent. */
  readonly missingConsent: (chain: readonly ModelRef[], tier: Tier) => readonly ConsentPlace[];
}

/** A model that the user chose for one question, and the tier that it is asked and counted as. */
export interface ChosenModel {
  readonly model: ModelRef;
  readonly tier: Tier;
}

/** A question as far as its size goes. */
type Sized = Pick<Question, 'text' | 'attachments'>;

/** The content that is summarized before a question is sent: the oldest steps, and the summary of those before them. */
export interface Compaction {
  readonly steps: readonly Step[];
  readonly before: Summary | undefined;
}

/** The room of a conversation in the context windows of its models. It changes no thread: it says what is to be done. */
export class ContextBudget {
  readonly #parts: BudgetParts;

  constructor(parts: BudgetParts) {
    this.#parts = parts;
  }

  /** The size and cost of the next question; undefined when no model is set. */
  async forecast(
    thread: Thread,
    text: string,
    attachments: readonly Attachment[],
    chosen?: ChosenModel,
  ): Promise<Forecast | undefined> {
    const tier = chosen?.tier ?? (thread.tier === 'auto' ? 'mid' : thread.tier);
    const [model] = chosen ? [chosen.model] : this.#parts.chain(tier);
    if (!model) return undefined;
    const steps = threadPath(thread);
    const next = { text, attachments };
    const plan = await this.#plan(thread, steps, next, model, tier);
    const larger = plan.tooLarge && !chosen ? await this.#larger(thread, steps, next, tier) : undefined;
    const without = plan.tooLarge && !larger ? withoutWhich(next.attachments, plan) : [];
    const usage = { ...NO_USAGE, input: plan.used.total, output: LIKELY_OUTPUT };
    const { nanoUsd: likely, monthlyPlan } = likelyCost(usage, await this.#parts.price(larger ?? model));
    return { tier, model, plan, likely, monthlyPlan, larger, without };
  }

  /**
   * The content to summarize so that a question of the thread fits; undefined when it fits as it is.
   *
   * @param chain the models that may answer, in order
   */
  async tooMuch(
    thread: Thread,
    question: Question,
    tier: Tier,
    chain: readonly ModelRef[],
  ): Promise<Compaction | undefined> {
    const path = threadPath(thread);
    const steps = path.slice(
      0,
      path.findIndex((step) => step.question.id === question.id),
    );
    const next = { text: question.prompt?.text ?? question.text, attachments: question.attachments };
    let count = 0;
    for (const model of chain) {
      const plan = await this.#plan(thread, steps, next, model, tier);
      count = plan.toCompact;
      // What is too long for one, whatever is summarized, may be asked of the next as it is.
      if (!plan.tooLarge) break;
    }
    if (count === 0) return undefined;
    const before = summaryOf(steps, thread.summaries);
    return { steps: stepsAfter(steps, before).slice(0, count), before };
  }

  /**
   * Has the mid tier sum up the steps that give way. A paid call.
   *
   * @returns undefined when no summary could be had: no model, no consent, stopped, failed or empty
   */
  async compact({ steps, before }: Compaction, signal: AbortSignal): Promise<Summary | undefined> {
    const chain = this.#parts.chain('mid');
    const [cheap] = chain;
    const upTo = steps.at(-1)?.active?.id;
    // The user is not asked for consent in the middle of a question: without it the turns are left out.
    if (!cheap || !upTo || !this.canCompact()) return undefined;
    const most = ((await this.#parts.window?.(cheap)) ?? LIKELY_WINDOW) * 2;
    if (signal.aborted) return undefined;
    const request = summaryRequest(steps, before, most);
    let text = '';
    let result: CallResult | undefined;
    const askStepUp = (): Promise<undefined> => Promise.resolve(undefined);
    const call: ModelCall = { tier: 'mid', task: 'chat', chain, request, limits: CHAT_LIMITS, askStepUp };
    for await (const event of this.#parts.gateway.stream(call, signal)) {
      if (event.kind === 'text') text += event.text;
      if (event.kind === 'rethought') text = '';
      if (event.kind === 'end') result = event.result;
    }
    if (result?.outcome !== 'done' || !text.trim()) return undefined;
    const rules = steps.flatMap(({ question }) => question.attachments.filter(({ kind }) => kind === 'rules'));
    return {
      id: crypto.randomUUID(),
      upTo,
      questions: steps.length + (before?.questions ?? 0),
      text: text.trim(),
      tokens: estimateTokens(text) + rules.reduce((sum, { tokens }) => sum + tokens, 0),
      model: formatModelRef(result.model ?? cheap),
      nanoUsd: result.cost.nanoUsd,
      costSource: result.cost.source,
    };
  }

  /** Whether the mid tier may be asked for a summary, without a question to the user. */
  canCompact(): boolean {
    const chain = this.#parts.chain('mid');
    return chain.length > 0 && this.#parts.missingConsent(chain, 'mid').length === 0;
  }

  /** The first model that takes a question which is too long for the first of its tier; with *Auto*, of any tier. */
  async #larger(thread: Thread, steps: readonly Step[], next: Sized, tier: Tier): Promise<ModelRef | undefined> {
    const tiers = thread.tier === 'auto' ? TIERS.slice(TIERS.indexOf(tier)) : [tier];
    for (const candidate of tiers)
      for (const model of this.#parts.chain(candidate))
        if (!(await this.#plan(thread, steps, next, model, candidate)).tooLarge) return model;
    return undefined;
  }

  async #plan(
    { summaries }: Thread,
    steps: readonly Step[],
    next: Sized,
    model: ModelRef,
    tier: Tier,
  ): Promise<WindowPlan> {
    const window = await this.#parts.window?.(model);
    return planWindow(steps, summaryOf(steps, summaries), next, window, MAX_TOKENS[tier]);
  }
}
