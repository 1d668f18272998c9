import { networkInterfaces } from 'node:os';
import { chatRequest } from '../../core/chat/contextBudget.ts';
import { roomIn, shortageOf, type Shortage } from '../../core/gateway/reservation.ts';
import type { BudgetLimit } from '../../core/money/budgets.ts';
import type { Estimator, Gateway } from '../../core/gateway/call.ts';
import type { AnswerRoute, Likeness } from '../../core/chat/conversation.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import type { Chosen, Unrouted } from '../../core/chat/answerRun.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import type { SetupGap } from '../../core/common/failures.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { contextTokensOf, type PriceBook } from '../../core/money/pricing.ts';
import {
  buildClassifierRequest,
  classify,
  doubtsOf,
  isWorthAsking,
  mayNeedFrontier,
  settle,
} from '../../core/routing/classifier.ts';
import { factsOf } from '../../core/chat/routingReplay.ts';
import { route } from '../../core/routing/route.ts';
import { describeRule } from '../../core/routing/describeRule.ts';
import { dayOf, learnedRule, suggestsRule } from '../../core/routing/learnedRules.ts';
import { rulesOn } from '../../core/routing/rules.ts';
import { scoreComplexity } from '../../core/routing/scorer.ts';
import type { Complexity, RequestFacts, RuleEntry, Unready } from '../../core/routing/routingTypes.ts';
import type { Health, TierState } from '../../core/gateway/tierStatus.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import { formatModelRef, TIERS, type Message, type ModelRef, type Tier } from '../../core/common/types.ts';
import type { Config } from '../platform/config.ts';
import { missingConsent } from '../../core/chat/approval.ts';
import type { ChoiceLog } from '../platform/choiceLog.ts';
import { currentEditor } from '../platform/activeEditor.ts';

export interface RouterParts {
  readonly config: Config;
  readonly gateway: Gateway & Estimator;
  readonly trusted: () => boolean;
  readonly health: Health;
  readonly prices: PriceBook;
  readonly ledger: () => Promise<LedgerStore>;
  readonly budgets: (tier: Tier) => readonly BudgetLimit[];
  /** Whether a tier can answer questions with one of its models; by default, with the first. */
  readonly tierState: (tier: Tier, model?: ModelRef) => Promise<TierState>;
  /** Remembers choices and overrides; without it, no rule is offered. */
  readonly choices?: Pick<ChoiceLog, 'history' | 'chose' | 'overrode'> | undefined;
  /** In ms since the epoch; by default, the time of this computer. */
  readonly now?: (() => number) | undefined;
  /** Asks servers on this computer with which window they run a model; without it, what they said before counts. */
  readonly windows?: { ask(provider: ProviderConfig, model: string): Promise<void> } | undefined;
}

/** Every verdict that a model can give. */
const LEVELS = [1, 2, 3, 4, 5] as const;

/** *Auto*: what is known of a question and of the tiers at this moment, put before the rules. */
export class Router {
  readonly #parts: RouterParts;

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** The models that answer questions; those of the local tier that complete code are not among them. */
  chain(tier: Tier): readonly ModelRef[] {
    return answerChain(this.#parts.config.settings, tier);
  }

  /**
   * What is missing before a tier can answer; none when nothing is, or when setting something up would not help.
   *
   * @param auto the rules chose the tier: what the other tiers lack would help as well
   */
  async gaps(tier: Tier, auto: boolean): Promise<readonly SetupGap[]> {
    const { settings } = this.#parts.config;
    const gapOf = async (each: Tier): Promise<SetupGap[]> => {
      const why = await this.#unreadyTier(each);
      if (why !== 'no-key') return why === 'no-model' || why === 'no-chat-model' ? [{ tier: each, why }] : [];
      const [first] = this.chain(each);
      return [{ tier: each, why, ...(first ? { provider: first.provider } : {}) }];
    };
    const own = await gapOf(tier);
    if (own.length === 0 || !auto || settings.private) return own;
    const others = await Promise.all(TIERS.filter((each) => each !== tier && each !== 'frontier').map(gapOf));
    return [...own, ...others.flat()].toSorted((a, b) => Number(a.tier === 'local') - Number(b.tier === 'local'));
  }

  /** @param signal ends the question to the classifier, where there is one */
  async route(request: Unrouted, signal: AbortSignal): Promise<Chosen> {
    const { routing } = this.#parts.config.settings;
    const rules = rulesOn(dayOf(this.#now()), routing.rules);
    const facts = await this.#facts(request);
    const scored = scoreComplexity(facts);
    const complexity = routing.classifier ? await this.#judge(request.messages, facts, { scored, signal }) : scored;
    const chosen = route(facts, { rules, threshold: routing.threshold, complexity });
    const { model } = chosen;
    const likeness = {
      score: complexity.score,
      language: facts.language,
      action: facts.action,
      tokens: facts.tokens,
    };
    const isLearned = rules.some(({ name, learned }) => name === chosen.rule && learned !== undefined);
    this.#parts.choices?.chose(
      { at: this.#now(), of: likeness, chosen: chosen.tier, to: chosen.tier, rule: chosen.rule },
      isLearned,
    );
    const chain = this.chain(chosen.tier);
    // The model that the rule names is asked first, and not a second time after it failed.
    const others = model ? chain.filter((each) => formatModelRef(each) !== formatModelRef(model)) : chain;
    return {
      tier: chosen.tier,
      chain: model ? [model, ...others] : chain,
      rule: chosen.rule,
      reasons: chosen.reasons,
      mayNeedFrontier: mayNeedFrontier(complexity, chosen.tier, routing.threshold),
      likeness,
    };
  }

  /**
   * The scorer's rating, or where it is unsure and the tier depends on it, the rating of the cheapest permitted model, if
   * asking that can pay.
   */
  async #judge(
    messages: readonly Message[],
    facts: RequestFacts,
    { scored, signal }: { readonly scored: Complexity; readonly signal: AbortSignal },
  ): Promise<Complexity> {
    const { config, gateway, trusted } = this.#parts;
    const { threshold } = config.settings.routing;
    const rules = rulesOn(dayOf(this.#now()), config.settings.routing.rules);
    const doubts = doubtsOf(scored, threshold);
    if (!doubts.mid && !doubts.frontier) return scored;
    const outcomes = LEVELS.map((level) =>
      route(facts, { rules, threshold, complexity: settle(scored, level, doubts) }),
    );
    if (new Set(outcomes.map(({ tier }) => tier)).size < 2) return scored;
    const tiers = (['local', 'mid'] as const).filter((tier) => !facts.unhealthy.includes(tier));
    for (const tier of tiers) {
      const [model] = this.chain(tier);
      if (!model || missingConsent([model], config.settings, trusted(), tier).length > 0) continue;
      const estimate = await gateway.estimate({ chain: [model], request: buildClassifierRequest(facts) });
      const [mid, frontier] = await Promise.all([
        this.#likelyCost('mid', messages),
        this.#likelyCost('frontier', messages),
      ]);
      const costs = { local: 0, mid, frontier };
      if (!isWorthAsking(estimate?.atMost ?? null, costs, doubts)) continue;
      return (await classify(facts, scored, { gateway, model, tier, doubts }, signal)).complexity;
    }
    return scored;
  }

  /** What a question would likely cost on a tier, in nano-USD; null: unknown. */
  async #likelyCost(tier: Tier, messages: readonly Message[]): Promise<number | null> {
    const request = { kind: 'chat', messages, maxTokens: 4096 } as const;
    return (await this.#parts.gateway.estimate({ chain: this.chain(tier), request }))?.likely ?? null;
  }

  /** The user asks another tier than the rules chose: it is remembered, without any text. */
  overrode({ likeness, tier, rule }: Pick<AnswerRoute, 'likeness' | 'tier' | 'rule'>, to: Tier): void {
    if (to !== tier) this.#parts.choices?.overrode({ at: this.#now(), of: likeness, chosen: tier, to, rule });
  }

  /** The rule that the user's overrides suggest for a question, in words; null while there are too few equal ones. */
  describeRemembered({ likeness }: AnswerRoute, tier: Tier): string | null {
    const history = this.#parts.choices?.history;
    if (!history || !suggestsRule(history, likeness, tier, this.#now())) return null;
    return describeRule(this.rule(likeness, tier));
  }

  /** Puts a rule before all others. */
  async addRule(rule: RuleEntry): Promise<void> {
    const { config } = this.#parts;
    await config.write('routing.rules', [rule, ...config.settings.routing.entries]);
  }

  /** The rule that equal overrides of a question suggest. */
  rule(likeness: Likeness, tier: Tier): RuleEntry {
    const taken = this.#parts.config.settings.routing.rules.map(({ name }) => name);
    return learnedRule(likeness, tier, taken, this.#now());
  }

  #now(): number {
    return this.#parts.now?.() ?? Date.now();
  }

  async #facts({
    question,
    messages,
    threadTurns,
    thread,
    task = 'chat',
    action,
    maxTokens,
  }: Unrouted): Promise<RequestFacts> {
    const [shortages, unready, windowTokens] = await Promise.all([
      this.#shortages(messages, maxTokens),
      this.#unready(),
      this.#windows(),
    ]);
    const asked = factsOf(question);
    return {
      ...asked,
      tokens: messages.reduce((sum, { content }) => sum + estimateTokens(content), 0),
      language: asked.language ?? currentEditor()?.document.languageId,
      task,
      action: action ?? asked.action,
      threadTurns,
      thread,
      offline: this.#offline(),
      private: this.#parts.config.settings.private,
      overBudget: [...shortages.keys()],
      shortages: Object.fromEntries(shortages),
      unhealthy: [...unready.keys()],
      unready: Object.fromEntries(unready),
      windowTokens,
    };
  }

  /** The tiers whose budgets would not let a request through, each with why: its first model decides. */
  async #shortages(messages: readonly Message[], maxTokens: number | undefined): Promise<ReadonlyMap<Tier, Shortage>> {
    const found = await Promise.all(
      TIERS.map(async (tier) => [tier, await this.#shortage(tier, messages, maxTokens)] as const),
    );
    return new Map(found.flatMap(([tier, shortage]) => (shortage ? [[tier, shortage] as const] : [])));
  }

  async #shortage(
    tier: Tier,
    messages: readonly Message[],
    maxTokens: number | undefined,
  ): Promise<Shortage | undefined> {
    const { config, prices } = this.#parts;
    const room = await this.room(tier);
    if (room === Infinity) return undefined;
    const whole = chatRequest(messages, tier);
    const request = { ...whole, maxTokens: maxTokens ?? whole.maxTokens };
    const listed = await Promise.all(
      this.chain(tier).map(async ({ provider: name, model }) => {
        const provider = config.settings.providers.get(name);
        return provider && (await prices.find(provider, model))?.price;
      }),
    );
    return shortageOf(request, listed, room) ?? undefined;
  }

  /** What the budgets of a tier that stop have left, in nano-USD; Infinity without one. */
  async room(tier: Tier): Promise<number> {
    const limits = this.#parts.budgets(tier).filter(({ budget }) => budget.stop !== 'warn');
    if (limits.length === 0) return Infinity;
    const ledger = await this.#parts.ledger();
    return roomIn(limits, await ledger.spending(limits.map(({ limit }) => limit)));
  }

  /** The tiers that cannot answer, each with the reason where it is known: no model, no key, or a failure a moment ago. */
  async #unready(): Promise<ReadonlyMap<Tier, Unready | undefined>> {
    const found = await Promise.all(TIERS.map(async (tier) => [tier, await this.#unreadyTier(tier)] as const));
    return new Map(found.flatMap(([tier, why]) => (why ? [[tier, why === 'unknown' ? undefined : why] as const] : [])));
  }

  /** Why a tier cannot answer; null when it can. */
  async #unreadyTier(tier: Tier): Promise<Unready | 'unknown' | null> {
    const { health, tierState } = this.#parts;
    const chain = this.chain(tier);
    const [first] = chain;
    if (!first) return tier === 'local' ? 'no-chat-model' : 'no-model';
    if (health.recently(first)) return 'failed';
    let why: Unready | 'unknown' | undefined;
    for (const model of chain) {
      const { ready, next } = await tierState(tier, model);
      // That the last call failed is in the state forever; the tier is tried again after a while.
      if (ready || health.of(model)) return null;
      why ??= next === 'set-key' ? 'no-key' : 'unknown';
    }
    return why ?? null;
  }

  async #windows(): Promise<Partial<Record<Tier, number>>> {
    const { config, prices, windows } = this.#parts;
    const found = await Promise.all(
      TIERS.map(async (tier) => {
        const [model] = this.chain(tier);
        const provider = model && config.settings.providers.get(model.provider);
        if (!provider) return [];
        await windows?.ask(provider, model.model);
        const tokens = await contextTokensOf(prices, provider, model.model);
        return tokens ? [[tier, tokens] as const] : [];
      }),
    );
    return Object.fromEntries(found.flat());
  }

  /** The mid tier is somewhere else, and there is no network, or its name could not be looked up a moment ago. */
  #offline(): boolean {
    const { config, health } = this.#parts;
    const [mid] = this.chain('mid');
    const provider = mid && config.settings.providers.get(mid.provider);
    const check = provider && endpointOf(provider);
    if (!mid || !check?.ok || check.endpoint.loopback) return false;
    const outside = Object.values(networkInterfaces()).some((addresses) =>
      addresses?.some(({ internal }) => !internal),
    );
    return !outside || health.recently(mid)?.kind === 'dns';
  }
}
