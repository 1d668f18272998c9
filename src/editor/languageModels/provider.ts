import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { Approval, describeKeyVariable, missingConsent, type Needed } from '../../core/chat/approval.ts';
import type { Question } from '../../core/chat/conversation.ts';
import { canChat } from '../../core/chat/modelCapabilities.ts';
import { familyOf } from '../../core/common/modelFamily.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { hostOf } from '../../core/common/places.ts';
import { Semaphore } from '../../core/common/semaphore.ts';
import {
  NO_USAGE,
  TIERS,
  type Message,
  type ModelRef,
  type Tier,
  type ToolCall,
  type TierChoice,
} from '../../core/common/types.ts';
import { CHAT_LIMITS, FRONTIER_LIMITS, type CallResult, type ModelCall } from '../../core/gateway/call.ts';
import type { FailurePlace } from '../../core/gateway/describeFailure.ts';
import { fromHost, isInToolLoop, questionOf } from '../../core/languageModels/hostMessages.ts';
import {
  changesFiles,
  errandOf,
  ToolsWithoutAccount,
  stageOf,
  withoutAdvice,
  type HostRequest,
} from '../../core/languageModels/hostRequest.ts';
import { Conversations, sameModels } from '../../core/languageModels/conversations.ts';
import {
  BUILD_STAGE,
  PLAN_STAGE,
  planRequest,
  REVIEW_STAGE,
  toRequest,
  type Plan,
  type Refusal,
} from '../../core/languageModels/plan.ts';
import {
  restOf,
  type AgentRest,
  type EndedRequest,
  type StartedAgent,
  type StartedAgents,
} from '../../core/languageModels/startedAgents.ts';
import { describeForHost, describeResult, sentence } from '../../core/languageModels/sentences.ts';
import type { LedgerRow } from '../../core/ledger/ledger.ts';
import { describeRange } from '../../core/money/likelyCost.ts';
import { contextTokensOf } from '../../core/money/pricing.ts';
import { namesOf, unmaskJson, type SecretNames } from '../../core/privacy/maskSecrets.ts';
import { SecretUnmasker } from '../../core/privacy/unmaskStream.ts';
import type { OneShotParts } from '../gateway/oneShot.ts';
import { nameSecret } from '../platform/installKey.ts';
import { callFacts } from '../../core/routing/callFacts.ts';
import { Router } from '../routing/autoRouter.ts';
import type { Access } from './access.ts';
import { readMessages, thinking, usagePart } from './hostParts.ts';
import { describeTiers, type TierInformation } from './information.ts';
import type { BudgetState } from '../../core/money/budgets.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** Requests of VS Code's chat: who may answer is decided, agreed to, asked through the gateway and told back. */

export interface TierProviderParts extends OneShotParts {
  readonly access: Access;
  readonly budgetStates: () => readonly BudgetState[];
  /** A request of a user's agent ended; titles and summaries are none. */
  readonly onEnded?: (request: EndedRequest) => void;
  /** The agent that another feature started and that a request belongs to. */
  readonly agentOf?: (request: Pick<EndedRequest, 'conversation' | 'stage'>) => StartedAgent | undefined;
  /** The agent with limits that a title or a summary is about, and what such a request cost. */
  readonly about?: Pick<StartedAgents, 'aboutAgent' | 'endedAbout'>;
  readonly log: { info(line: string): void };
}

const MiB = 1024 * 1024;
/** An agent's request holds the whole conversation, with pictures. */
const REQUEST_BYTES = 16 * MiB;

/** How far back the ledger is read for who built in a conversation of an earlier window, in ms. */
const BUILT_WITHIN_MS = 3 * 24 * 3_600_000;

/** What VS Code hands over with a request, besides what its published types have. */
type RequestOptions = vscode.ProvideLanguageModelChatResponseOptions & { readonly requestInitiator?: string };

/** A request that was read, with what is needed to answer it. */
interface Asked extends HostRequest {
  readonly choice: TierChoice;
  readonly required: boolean;
  readonly callIds: readonly string[];
  /** The agent with limits that asks. */
  readonly agent: LimitedAgent | undefined;
}

type LimitedAgent = StartedAgent & { readonly limits: NonNullable<StartedAgent['limits']> };

/** A request that may be sent. */
interface Prepared {
  readonly plan: Plan;
  readonly call: ModelCall;
  /** The agent with limits that VS Code asks about by itself. */
  readonly about: StartedAgent | undefined;
}

/** What came of a request. */
interface Answered {
  readonly calls: readonly ToolCall[];
  readonly text: string;
  readonly result: CallResult;
}

export class TierProvider {
  readonly #parts: TierProviderParts;
  readonly #router: Router;
  readonly #approval: Approval;
  readonly #conversations = new Conversations();
  readonly #tools = new ToolsWithoutAccount();
  /** VS Code has named a conversation in this window. */
  #namesConversations = false;
  /** One question to the user at a time. */
  readonly #asking = new Semaphore(1);
  /** Conversations in which the user sends although a budget is used up. */
  readonly #overBudget = new Set<string>();

  constructor(parts: TierProviderParts) {
    const { config, gateway, trusted } = parts;
    this.#parts = parts;
    this.#router = new Router(parts);
    this.#approval = new Approval({
      gateway,
      missingConsent: (chain, tier) => missingConsent(chain, config.settings, trusted(), tier),
      grantConsent: (origins, tier) => config.agree(origins, tier),
      confirmAbove: () => config.settings.confirmAbove * 1e9,
    });
  }

  information(): Promise<TierInformation[]> {
    return describeTiers({ ...this.#parts, chain: (tier) => this.#router.chain(tier) });
  }

  /**
   * Answers one request.
   *
   * @throws Error with one sentence for the user and no stack, or CancellationError
   */
  async respond(
    choice: string,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    options: RequestOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const controller = new AbortController();
    const listener = token.onCancellationRequested(() => controller.abort());
    if (token.isCancellationRequested) controller.abort();
    let agent: LimitedAgent | undefined;
    try {
      const asked = this.#read(choice, messages, options);
      await asked.agent?.turn.acquire(controller.signal);
      ({ agent } = asked);
      await this.#respond(asked, progress, controller.signal);
    } catch (error) {
      if (controller.signal.aborted || error instanceof vscode.CancellationError) throw stopped();
      throw withoutStack(error);
    } finally {
      agent?.turn.release();
      listener.dispose();
    }
  }

  #read(choice: string, messages: readonly vscode.LanguageModelChatRequestMessage[], options: RequestOptions): Asked {
    const mapped = fromHost(readMessages(messages), (id) => this.#conversations.extraOf(id));
    this.#tools.learn(mapped);
    const offered = (options.tools ?? []).map(({ name, description, inputSchema }) => ({
      name,
      description,
      parameters: inputSchema as Record<string, unknown> | undefined,
    }));
    const tools = this.#tools.without(offered);
    const id: unknown = options.modelOptions?.['_conversationId'];
    const conversation = typeof id === 'string' && id ? id : undefined;
    this.#namesConversations ||= conversation !== undefined;
    const request = {
      messages: withoutAdvice(mapped, tools),
      tools,
      conversation,
      namesConversations: this.#namesConversations,
      initiator: options.requestInitiator,
    };
    const agent = this.#limitedAgent(request);
    return {
      ...request,
      agent,
      choice: agent?.limits.tier ?? [...TIERS, 'auto' as const].find((each) => each === choice) ?? 'mid',
      required: options.toolMode === vscode.LanguageModelChatToolMode.Required,
      callIds: isInToolLoop(mapped) ? lastCalls(mapped) : [],
    };
  }

  #limitedAgent(request: HostRequest): LimitedAgent | undefined {
    const stage = stageOf(request);
    const agent = this.#parts.agentOf?.({ conversation: request.conversation, stage });
    return agent && agent.stage === stage && hasLimits(agent) ? agent : undefined;
  }

  async #respond(
    asked: Asked,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, call, about } = await this.#prepare(asked, signal).catch((error: unknown) => {
      this.#tellRefused(asked);
      throw error;
    });
    const names = memo(() => namesOf(textsOf(asked.messages), nameSecret));
    let answer = await this.#stream(call, names, progress, signal);
    if (answer.result.failure?.kind === 'budget' && answer.result.failure.mayOverride && !plan.errand)
      if (await this.#sendOverBudget(answer.result, call))
        answer = await this.#stream({ ...call, overBudget: true }, names, progress, signal);
    this.#keep(asked, plan, answer);
    const { result } = answer;
    this.#tellEnd(asked, plan, answer);
    if (about) this.#parts.about?.endedAbout(about, spentOf(result));
    if (result.outcome === 'cancelled') throw new vscode.CancellationError();
    const { input, cacheRead, cacheWrite, output } = result.usage;
    const prompt = input + cacheRead + cacheWrite;
    if (prompt > 0) progress.report(usagePart({ prompt, output, cached: cacheRead }));
    const wrong = describeResult(result, this.#placeOf(plan.chain[0]));
    if (wrong !== undefined) throw new Error(wrong);
  }

  /** Who is to answer, with the user's consent. @throws Error with the sentence why nothing is sent */
  async #prepare(asked: Asked, signal: AbortSignal): Promise<Prepared> {
    const { access } = this.#parts;
    const { agent, initiator } = asked;
    if (!(await access.isAllowed(initiator)))
      throw new Error(sentence(t('You did not allow {0} to use your models.', initiator ?? t('this extension'))));
    const rest = agent && this.#restOf(agent);
    const plan = await this.#plan(asked, signal);
    if (!('tier' in plan)) throw new Error('why' in plan ? sentence(plan.why) : this.#wordFailure(plan));
    // What VS Code asks about an agent's conversation belongs to the run that started the agent.
    const about = plan.errand ? this.#parts.about?.aboutAgent(textsOf(asked.messages).join('\n')) : undefined;
    const call = { ...this.#callOf(asked, plan, rest), ...(about?.limits ? { run: about.limits.run } : {}) };
    // The user has seen what an agent with limits may cost.
    if (!plan.errand && !(await this.#agree(call, signal, agent?.limits.nanoUsd)))
      throw new Error(sentence(t('Nothing was sent, because you did not agree to it.')));
    return { plan, call, about };
  }

  /** What is left of the limits of an agent. @throws Error where one is used up */
  #restOf(agent: LimitedAgent): AgentRest | undefined {
    const rest = restOf(agent);
    if (!rest || !('used' in rest)) return rest;
    agent.limitWords = rest.used;
    throw new Error(sentence(rest.used));
  }

  /** The models of each tier that can answer questions. One agent with limits has its own, and keeps the first that answered. */
  #chains({ agent }: Asked): Readonly<Record<Tier, readonly ModelRef[]>> {
    const own = agent && (agent.model ? sameModels(agent.limits.chain, agent.model) : agent.limits.chain);
    const chainOf = (tier: Tier): readonly ModelRef[] =>
      own && tier === agent.limits.tier
        ? own
        : this.#router.chain(tier).filter((model) => tier !== 'local' || canChat(model));
    return Object.fromEntries(TIERS.map((tier) => [tier, chainOf(tier)])) as unknown as Readonly<
      Record<Tier, readonly ModelRef[]>
    >;
  }

  async #plan(asked: Asked, signal: AbortSignal): Promise<Plan | Refusal> {
    const { config, prices, windows } = this.#parts;
    const chains = this.#chains(asked);
    const known = new Map<string, number | undefined>();
    const ready = new Set<Tier>();
    const learn = async (tier: Tier): Promise<void> => {
      if ((await this.#parts.tierState(tier)).ready) ready.add(tier);
      for (const { provider: name, model } of chains[tier]) {
        const provider = config.settings.providers.get(name);
        if (!provider) continue;
        await windows?.ask(provider, model);
        known.set(`${name}/${model}`, await contextTokensOf(prices, provider, model));
      }
    };
    await Promise.all(TIERS.map(learn));
    const facts = { chains, ready, windowOf: ({ provider, model }: ModelRef) => known.get(`${provider}/${model}`) };
    const builders = this.#isReview(asked) ? await this.#buildersOnLedger(asked) : new Set<string>();
    const tier = await this.#tierOf(asked, signal);
    const { callIds } = asked;
    const plan = planRequest(tier, asked, facts, this.#conversations, { callIds, builders });
    // *Auto* chose a tier whose window is too small for the instructions that come with the question.
    if (asked.choice !== 'auto' || !('failure' in plan) || tier !== 'local') return plan;
    if (asked.conversation !== undefined) this.#conversations.chooseAuto(asked.conversation, 'mid');
    return planRequest('mid', asked, facts, this.#conversations, { callIds, builders });
  }

  #isReview({ messages }: HostRequest): boolean {
    return messages.some(({ role, content }) => role === 'system' && content.includes(`"${REVIEW_STAGE}"`));
  }

  /** The tier that the user chose, or *Auto* for this conversation: it stays, so that the provider's cache does. */
  async #tierOf({ choice, conversation, messages, ...rest }: Asked, signal: AbortSignal): Promise<Tier> {
    if (choice !== 'auto') return choice;
    if (errandOf({ conversation, messages, ...rest })) return 'mid';
    const before = conversation === undefined ? undefined : this.#conversations.autoTier(conversation);
    if (before) return before;
    const text = questionOf(messages);
    const question: Question = { role: 'user', id: 'vscode', at: 0, text, attachments: [] };
    const asked = { question, messages: [{ role: 'user' as const, content: text }], threadTurns: 0 };
    const { tier, rule } = await this.#router.route(asked, signal);
    this.#parts.log.info(`auto in VS Code's chat: ${tier} (${rule})`);
    if (conversation !== undefined) this.#conversations.chooseAuto(conversation, tier);
    return tier;
  }

  /** Families that changed files in a conversation, as the ledger has it: the window may have been opened since. */
  async #buildersOnLedger({ conversation, messages }: Asked): Promise<ReadonlySet<string>> {
    if (conversation === undefined) return new Set();
    // Another agent than ours may have changed files before this window was opened: only its calls tell.
    const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls);
    const othersBuilt = changesFiles(calls.filter(({ id }) => !this.#conversations.knows(id)).map(({ name }) => name));
    const hasBuilt = ({ stage, task, settled }: LedgerRow): boolean =>
      settled?.outcome !== 'failed' &&
      (stage === BUILD_STAGE || (othersBuilt && task === 'agent' && stage !== PLAN_STAGE && stage !== REVIEW_STAGE));
    const rows = await (await this.#parts.ledger()).rows({ since: Date.now() - BUILT_WITHIN_MS, limit: 5_000 });
    return new Set(
      rows
        .filter((row) => row.conversation === conversation && hasBuilt(row))
        .flatMap(({ modelAsked, settled }) => [modelAsked, settled?.modelReturned ?? modelAsked])
        .map(familyOf),
    );
  }

  /** @param rest what is left of the limits of the agent; undefined: it has none */
  #callOf(asked: Asked, { tier, chain, task, stage, rule, maxTokens }: Plan, rest: AgentRest | undefined): ModelCall {
    const { conversation, initiator, agent } = asked;
    const limits = tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS;
    const attempts = Math.min(limits.attempts, rest?.requests ?? Infinity);
    return {
      tier,
      task,
      chain,
      rule,
      conversation,
      stage,
      initiator,
      ...(task === 'agent' ? this.#about(asked) : {}),
      request: toRequest(asked, maxTokens, asked.required),
      limits: { ...limits, attempts, requestBytes: REQUEST_BYTES },
      ...(rest ? { mostNanoUsd: rest.nanoUsd, run: agent?.limits.run } : {}),
      overBudget: conversation !== undefined && this.#overBudget.has(conversation),
    };
  }

  /** What the question is about. Its tier stays for the whole conversation, whatever rule chose it first. */
  #about({ messages, choice }: Asked): Pick<ModelCall, 'category' | 'score' | 'reasonKind'> {
    const facts = { text: questionOf(messages), files: 0 };
    const { category, score, reasonKind } = callFacts(facts, undefined);
    return { category, score, reasonKind: choice === 'auto' ? 'chosen' : reasonKind };
  }

  /**
   * Asks for the consent that is missing and about what is expensive, before anything is sent.
   *
   * @param agreedTo nano-USD that the user has agreed to already
   */
  async #agree(call: ModelCall, signal: AbortSignal, agreedTo?: number): Promise<boolean> {
    await this.#asking.acquire(signal);
    try {
      const needed = await this.#approval.needed(call.conversation, call, agreedTo);
      if (!needed) return true;
      if (!(await this.#ask(call, needed))) return false;
      await this.#approval.grant(call.conversation, needed);
      return true;
    } finally {
      this.#asking.release();
    }
  }

  async #ask({ chain, stage }: ModelCall, { places, estimate }: Needed): Promise<boolean> {
    const hosts = places.map(({ origin }) => hostOf(origin)).join(', ');
    const cost = (estimate && describeRange(estimate)) ?? t("Its price is unknown, so the cost can't be estimated.");
    const send = places.length > 0 ? t('Allow') : t('Send');
    const detail = [
      t("This request comes from VS Code's chat ({0}).", stage ?? t('another extension')),
      `${chain[0]?.model ?? ''}: ${cost}`,
      t('An agent sends the whole conversation again with each of its steps.'),
      ...places.map(describeKeyVariable),
    ];
    const choice = await showInformationMessage(
      t('Send to {0}?', hosts || (chain[0]?.model ?? '')),
      { modal: true, detail: detail.filter(Boolean).join(' ') },
      send,
    );
    return choice === send;
  }

  /** The user may send although the budget is used up, where the budget says so; then for the whole conversation. */
  async #sendOverBudget({ failure, place }: CallResult, { conversation }: ModelCall): Promise<boolean> {
    if (!failure || !place) return false;
    const send = t('Send Anyway');
    const choice = await showWarningMessage(
      t(
        'Gearshift: {0}',
        describeForHost(failure, place)
          .replace(/^\*\*Gearshift:\*\* /, '')
          .replaceAll('\\', ''),
      ),
      { modal: true, detail: t('The rest of this conversation is then sent without asking again.') },
      send,
    );
    if (choice !== send) return false;
    if (conversation !== undefined) this.#overBudget.add(conversation);
    return true;
  }

  async #stream(
    call: ModelCall,
    names: () => SecretNames,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    signal: AbortSignal,
  ): Promise<Answered> {
    const calls: ToolCall[] = [];
    let whole = '';
    const unmasker = new SecretUnmasker(names);
    const say = (text: string): void => {
      whole += text;
      if (text) progress.report(new vscode.LanguageModelTextPart(text));
    };
    for await (const event of this.#parts.gateway.stream(call, signal)) {
      switch (event.kind) {
        case 'text':
          say(unmasker.push(event.text));
          break;
        case 'reasoning': {
          const part = thinking(event.text);
          if (part) progress.report(part);
          break;
        }
        case 'tool-call': {
          say(unmasker.end());
          calls.push(event.call);
          const { id, name, input } = event.call;
          const plain = JSON.stringify(input).includes('«') ? unmaskJson(input, names()) : input;
          progress.report(new vscode.LanguageModelToolCallPart(id, name, plain));
          break;
        }
        case 'end':
          say(unmasker.end());
          return { calls, text: whole, result: event.result };
        default:
      }
    }
    throw new Error(sentence(t('The call ended unexpectedly.')));
  }

  #tellEnd({ conversation }: Asked, { stage, errand }: Plan, { text, calls, result }: Answered): void {
    if (errand) return;
    const { model, modelReturned, failure, place } = result;
    const hasAnswered = result.outcome === 'done' || result.outcome === 'partial';
    this.#parts.onEnded?.({
      ...{ conversation, stage, text, failure, place, ...spentOf(result) },
      model: modelReturned ?? model?.model,
      asked: hasAnswered ? (model ?? undefined) : undefined,
      // What a limit refuses is not sent.
      attempts: result.attempts.filter((tried) => tried.failure?.kind !== 'budget').length,
      goesOn: calls.length > 0,
      isStopped: result.outcome === 'cancelled',
    });
  }

  /** An agent with limits has ended where nothing was sent for it. */
  #tellRefused(asked: Asked): void {
    if (!asked.agent) return;
    const nothing = { nanoUsd: 0, isUnknown: false, text: '', usage: NO_USAGE, model: undefined, attempts: 0 };
    this.#parts.onEnded?.({ ...nothing, conversation: asked.conversation, stage: asked.agent.stage });
  }

  #keep({ conversation }: Asked, { tier, stage, errand }: Plan, { calls, result }: Answered): void {
    if (!result.model || errand || (result.outcome !== 'done' && result.outcome !== 'partial')) return;
    const reads = stage === PLAN_STAGE || stage === REVIEW_STAGE;
    this.#conversations.answered(conversation, {
      model: result.model,
      tier,
      returned: result.modelReturned,
      calls,
      built: !reads && (stage === BUILD_STAGE || changesFiles(calls.map(({ name }) => name))),
    });
  }

  #wordFailure({ failure, model }: Extract<Refusal, { failure: unknown }>): string {
    return describeForHost(failure, this.#placeOf(model));
  }

  #placeOf(model: ModelRef | undefined): FailurePlace {
    const provider = model && this.#parts.config.settings.providers.get(model.provider);
    const check = provider && endpointOf(provider);
    const name = model?.provider ?? '';
    return {
      provider: name,
      host: check?.ok ? check.endpoint.host : (provider?.baseUrl ?? name),
      model: model?.model ?? '',
      kind: provider?.kind ?? 'openai',
    };
  }
}

const spentOf = ({ knownNanoUsd: nanoUsd, cost, usage }: CallResult) => ({
  ...{ nanoUsd, usage },
  isUnknown: cost.source === 'unknown',
});

const hasLimits = (agent: StartedAgent): agent is LimitedAgent => agent.limits !== undefined;

/** The calls that the results at the end of a conversation answer. */
function lastCalls(messages: readonly Message[]): readonly string[] {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages[last]?.toolCalls?.map(({ id }) => id) ?? [];
}

/** Everything of the messages that may hold a secret. */
const textsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ content, reasoning = '', toolCalls = [] }) => [
    content,
    reasoning,
    ...toolCalls.flatMap(({ input }) => stringsIn(input)),
  ]);

const stringsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsIn)
      : [];

function memo<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** VS Code logs the stack of a stop as an error, though the user only stopped. */
function stopped(): vscode.CancellationError {
  const error = new vscode.CancellationError();
  error.stack = '';
  return error;
}

/** VS Code's chat prints the stack of an error, which tells the user nothing. */
function withoutStack(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const clean = new Error(message.startsWith('**Gearshift:**') ? message : sentence(message));
  clean.stack = '';
  return clean;
}
