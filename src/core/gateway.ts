import { t } from '@vscode/l10n';
import { describeOverBudget, type BudgetLimit } from './budgets.ts';
import type { CallEvent, CallResult, Estimate, Estimator, Gateway, ModelCall } from './call.ts';
import { Circuits, type CircuitInfo, type Leave } from './circuits.ts';
import { PROCESS_CLOCK, type Clock } from './clock.ts';
import { checkEndpoint, type Endpoint } from './endpoints.ts';
import { ModelError, type Failure, type FailurePlace } from './errors.ts';
import {
  LimitUnknownError,
  OverLimitError,
  type AttemptOpened,
  type AttemptSettled,
  type LedgerStore,
} from './ledger.ts';
import {
  costOf,
  formatPriceUsed,
  isOllamaCloudModel,
  mostOf,
  priceTokens,
  type Price,
  type PriceBook,
} from './pricing.ts';
import { checkOllamaLine } from './providers/ollama.ts';
import type { ProviderAdapter } from './providers/provider.ts';
import { backoff, delay, judge, RetryQuota, Watchdog } from './resilience.ts';
import type { ProviderConfig, Settings } from './settings.ts';
import { Slots } from './slots.ts';
import { ESTIMATE_MARGIN, estimateRequestTokens, estimateTokens, mostRequestTokens } from './tokens.ts';
import { NO_USAGE, type Cost, type FinishReason, type ModelRef, type Outcome, type Tier, type Usage } from './types.ts';
import {
  cleanDetail,
  failureOfError,
  guardFetch,
  withoutSecrets,
  type GuardedFetch,
  type WatchSending,
} from './wire.ts';

/** What the gateway is made of. Everything that a test wants to hold in its hands comes from outside. */
export interface GatewayParts {
  readonly settings: () => Settings;
  /** The key of a provider for exactly this origin, or null. */
  readonly key: (provider: ProviderConfig, endpoint: Endpoint) => Promise<string | null>;
  /** Whether the user trusts the workspace; without, nothing leaves the machine. */
  readonly trusted: () => boolean;
  readonly adapters: Readonly<Record<ProviderConfig['kind'], ProviderAdapter>>;
  readonly prices: Pick<PriceBook, 'find'>;
  readonly ledger: Pick<LedgerStore, 'open' | 'settle'>;
  /** The budgets that a call of this tier must keep now. */
  readonly budgets: (tier: Tier) => readonly BudgetLimit[];
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  readonly windowId: string;
  /** URI of the first workspace folder. */
  readonly workspace: () => string | null;
  /** Told how each attempt went: the states of the tiers are made of this. */
  readonly report: (model: ModelRef, failure: Failure | null) => void;
  readonly log: (line: string) => void;
  /** What deadlines and pauses are measured by; by default the clock of this process. */
  readonly clock?: Clock | undefined;
  /** Sees requests go out, where the host can: without it there is no limit for connecting. */
  readonly watchSending?: WatchSending | undefined;
  /**
   * Asked before a model answers that may cost more than twice the first of the chain, or that costs anything where
   * the first is free, or whose price nobody knows. Without it the answer is no, and the call ends with its first failure.
   */
  readonly mayStepUp?: ((call: ModelCall, from: PricedModel, to: PricedModel) => Promise<boolean>) | undefined;
}

/** A model and the most that a call to it can cost. */
export interface PricedModel {
  readonly model: ModelRef;
  readonly price: Price | undefined;
  /** Null where the price is unknown. */
  readonly mostNanoUsd: number | null;
}

/** Hosts that are known to need a key: asking them without one only costs a round trip. */
const NEED_KEY = new Set([
  'api.openai.com',
  'openrouter.ai',
  'api.anthropic.com',
  'api.deepseek.com',
  'api.mistral.ai',
  'generativelanguage.googleapis.com',
  'api.groq.com',
]);

export const needsKey = (endpoint: Endpoint): boolean => NEED_KEY.has(new URL(endpoint.baseUrl).hostname);

/**
 * Whether calls to this provider need the user's consent: everything but an Ollama on this very machine. An
 * OpenAI-style server on this machine counts too, because gateways such as LiteLLM pass on what they get.
 */
export const leavesMachine = (kind: ProviderConfig['kind'], endpoint: Endpoint, model = ''): boolean =>
  kind !== 'ollama' || !endpoint.loopback || isOllamaCloudModel(model);

/** A model of the chain with all that is needed to ask it, or the reason why it cannot be asked. */
interface Candidate {
  readonly model: ModelRef;
  readonly place: FailurePlace;
  readonly refusal: Failure | null;
  readonly provider?: ProviderConfig;
  readonly endpoint?: Endpoint;
  readonly apiKey?: string | null;
  readonly price?: Price | undefined;
  readonly contextTokens?: number | undefined;
}

type ReadyCandidate = Candidate & { provider: ProviderConfig; endpoint: Endpoint };

/** How one attempt ended, before it is judged. */
interface AttemptEnd {
  readonly outcome: Exclude<Outcome, 'interrupted'>;
  readonly failure: Failure | null;
  readonly finish: FinishReason | null;
  readonly modelReturned: string | null;
  readonly usage: Usage;
  readonly usageEstimated: boolean;
  readonly cost: Cost;
  readonly ttftMs: number | null;
  /** Something of the answer was shown. */
  readonly visible: boolean;
  /** Something of the answer arrived. */
  readonly answered: boolean;
  readonly sent: boolean;
}

/** Requests at one endpoint at the same time. */
const IN_FLIGHT = 4;

/** The gateway of one window, and what it knows of the models it asked. */
export type ObservedGateway = Gateway & Estimator & { circuits(): readonly CircuitInfo[] };

/** What the calls of one window share. */
interface Shared {
  readonly clock: Clock;
  readonly circuits: Circuits;
  readonly quota: RetryQuota;
  slots(origin: string): Slots;
}

/** Makes the gateway. See `Gateway` for what its callers can rely on. */
export function createGateway(parts: GatewayParts): ObservedGateway {
  const clock = parts.clock ?? PROCESS_CLOCK;
  const slots = new Map<string, Slots>();
  const shared: Shared = {
    clock,
    circuits: new Circuits(clock),
    quota: new RetryQuota(),
    slots(origin) {
      const known = slots.get(origin) ?? new Slots(IN_FLIGHT);
      slots.set(origin, known);
      return known;
    },
  };
  return {
    stream: (call, signal) => streamCall(parts, shared, call, signal),
    estimate: (call) => estimateCall(parts, call),
    circuits: () => shared.circuits.snapshot(),
  };
}

/** Tokens that an answer usually has, for what a call will likely cost. */
const LIKELY_OUTPUT = 700;

async function estimateCall(
  parts: GatewayParts,
  { chain, request }: Pick<ModelCall, 'chain' | 'request'>,
): Promise<Estimate | undefined> {
  const [model] = chain;
  const provider = model && parts.settings().providers.get(model.provider);
  if (!model || !provider) return undefined;
  const price = (await parts.prices.find(provider, model.model))?.price;
  const inputTokens = estimateRequestTokens(request);
  const usage = { ...NO_USAGE, input: inputTokens, output: Math.min(LIKELY_OUTPUT, request.maxTokens) };
  return {
    model,
    inputTokens,
    likely: priceTokens(usage, false, price).nanoUsd,
    atMost: mostOf(mostRequestTokens(request), request.maxTokens, price),
  };
}

/** The logical call on its way through its chain. */
class Attempts {
  readonly ends: { candidate: Candidate; end: AttemptEnd }[] = [];
  readonly tried: { model: ModelRef; failure: Failure | null }[] = [];
  /** The failure that the user is told of when nothing else comes. */
  last: { failure: Failure; place: FailurePlace } | null = null;

  get made(): number {
    return this.ends.length;
  }

  add(candidate: Candidate, end: AttemptEnd): void {
    this.ends.push({ candidate, end });
    this.tried.push({ model: candidate.model, failure: end.failure });
    if (end.failure) this.last = { failure: end.failure, place: candidate.place };
  }

  /** A model that could not be asked. The first such refusal is the one that the user can mend. */
  refuse({ model, place }: Candidate, failure: Failure): void {
    this.tried.push({ model, failure });
    this.last ??= { failure, place };
  }

  /** Failures of this kind at this model. */
  same(candidate: Candidate, failure: Failure): number {
    return this.ends.filter((each) => each.candidate === candidate && each.end.failure?.kind === failure.kind).length;
  }
}

async function* streamCall(
  parts: GatewayParts,
  shared: Shared,
  call: ModelCall,
  signal: AbortSignal,
): AsyncGenerator<CallEvent> {
  const started = performance.now();
  const begunAt = shared.clock.now();
  const callId = crypto.randomUUID();
  const attempts = new Attempts();
  const finish = (outcome: CallResult['outcome'], failure: Failure | null, place: FailurePlace | null): CallEvent => ({
    kind: 'end',
    result: summarize(callId, attempts, outcome, failure, place, performance.now() - started),
  });
  // A call ends with the settings that it began with.
  const settings = parts.settings();
  const rungs = new Rungs(parts, settings, call);

  for (const [index, model] of call.chain.entries()) {
    const candidate = await findCandidate(parts, settings, model);
    const next = call.chain[index + 1];
    if (candidate.refusal) {
      attempts.refuse(candidate, candidate.refusal);
      if (isFinal(candidate.refusal)) break;
      continue;
    }
    const ready = candidate as ReadyCandidate;
    if (attempts.last?.failure.kind === 'context-length' && !rungs.isWider(attempts, ready)) continue;
    if (index > 0 && !(await rungs.mayStand(ready))) break;
    for (let repetition = 0; ; repetition++) {
      if (signal.aborted) {
        yield finish('cancelled', null, candidate.place);
        return;
      }
      const entered = await enter(shared, call, ready, begunAt, signal);
      if (entered === 'cancelled') {
        yield finish('cancelled', null, candidate.place);
        return;
      }
      if ('refusal' in entered) {
        attempts.refuse(candidate, entered.refusal);
        break;
      }
      let end: AttemptEnd;
      const attempt = attempts.made + 1;
      try {
        const row = openedRow(parts, call, ready, callId, attempt);
        const refusal = await openRow(parts, call, row);
        if (refusal) {
          attempts.refuse(candidate, refusal);
          break;
        }
        yield { kind: 'attempt', attempt, model, place: candidate.place };
        end = yield* streamAttempt(parts, shared, call, ready, row, entered.leave, signal);
      } finally {
        await entered.leave.withdrawn();
        entered.release();
      }
      const sameBefore = end.failure ? attempts.same(candidate, end.failure) : 0;
      attempts.add(candidate, end);
      if (end.outcome !== 'failed' || !end.failure) {
        if (end.outcome === 'done') shared.quota.succeeded();
        yield finish(end.outcome, end.failure, candidate.place);
        return;
      }
      const verdict = judge({
        failure: end.failure,
        visible: end.visible,
        sent: end.sent,
        sameBefore,
        nextIsElsewhere: next !== undefined && next.provider !== model.provider,
        answered: call.accept !== undefined && end.answered,
      });
      if (verdict === 'stop' || attempt >= call.limits.attempts) {
        yield finish('failed', end.failure, candidate.place);
        return;
      }
      // A repetition that would leave nothing for the rest of the chain gives way to it.
      if (verdict === 'next' || (next && attempt === call.limits.attempts - 1)) break;
      if (!shared.quota.take()) break;
      const ms = backoff(repetition + 1, end.failure, parts.random);
      yield { kind: 'waiting', ms, attempt: attempt + 1, failure: end.failure, place: candidate.place };
      await delay(ms, signal, shared.clock).catch(() => undefined);
    }
  }
  const { last } = attempts;
  yield finish('failed', last?.failure ?? { kind: 'no-model' }, last?.place ?? null);
}

/** Whether a refusal to ask one model ends the call. */
const isFinal = (failure: Failure): boolean =>
  judge({ failure, visible: false, sent: false, sameBefore: 0, nextIsElsewhere: true }) === 'stop';

/** A place at the endpoint and leave to ask the model; the wait for the place ends at once when the call is cancelled. */
async function enter(
  { circuits, slots }: Shared,
  call: ModelCall,
  { endpoint, model }: ReadyCandidate,
  begunAt: number,
  signal: AbortSignal,
): Promise<{ leave: Leave; release: () => void } | { refusal: Failure } | 'cancelled'> {
  const places = slots(endpoint.origin);
  try {
    await places.enter(signal);
  } catch {
    return 'cancelled';
  }
  // Asked only now: those before in the queue may have found out that the model is down. What a person asks for is a
  // probe of its own; what typing asks for waits.
  const leave = circuits.admit(endpoint.origin, model.model, call.task === 'completion' ? null : begunAt);
  if ('retryInMs' in leave) {
    places.leave();
    const detail = leave.lastFailure?.kind;
    return { refusal: { kind: 'circuit-open', retryAfterMs: leave.retryInMs, ...(detail ? { detail } : {}) } };
  }
  return { leave, release: () => places.leave() };
}

/** The chain as steps of price and of size: who may stand in for whom. */
class Rungs {
  readonly #parts: GatewayParts;
  readonly #settings: Settings;
  readonly #call: ModelCall;

  constructor(parts: GatewayParts, settings: Settings, call: ModelCall) {
    this.#parts = parts;
    this.#settings = settings;
    this.#call = call;
  }

  /** Whether a model may answer in place of the first of the chain, as far as money goes. */
  async mayStand(candidate: ReadyCandidate): Promise<boolean> {
    const [first] = this.#call.chain;
    if (!first) return true;
    const provider = this.#settings.providers.get(first.provider);
    const entry = provider && (await this.#parts.prices.find(provider, first.model));
    const from = this.#priced(first, entry?.price);
    const to = this.#priced(candidate.model, candidate.price);
    if (to.price?.source === 'free') return true;
    const known = from.mostNanoUsd !== null && to.mostNanoUsd !== null;
    if (known && from.price?.source !== 'free' && to.mostNanoUsd <= 2 * from.mostNanoUsd) return true;
    return (await this.#parts.mayStepUp?.(this.#call, from, to)) ?? false;
  }

  /** Whether a model is not known to have a window as small as one that was too small. */
  isWider({ ends }: Attempts, { contextTokens }: ReadyCandidate): boolean {
    const tooSmall = ends.findLast(({ end }) => end.failure?.kind === 'context-length')?.candidate.contextTokens;
    return tooSmall === undefined || contextTokens === undefined || contextTokens > tooSmall;
  }

  #priced(model: ModelRef, price: Price | undefined): PricedModel {
    const { request } = this.#call;
    return { model, price, mostNanoUsd: mostOf(mostRequestTokens(request), request.maxTokens, price) };
  }
}

const estimatedInputOf = (request: ModelCall['request']): number =>
  Math.ceil(estimateRequestTokens(request) * ESTIMATE_MARGIN);

async function findCandidate(parts: GatewayParts, settings: Settings, model: ModelRef): Promise<Candidate> {
  const provider = settings.providers.get(model.provider);
  const nowhere = (refusal: Failure): Candidate => ({
    model,
    place: {
      provider: model.provider,
      host: provider?.baseUrl ?? model.provider,
      model: model.model,
      kind: provider?.kind ?? 'openai',
    },
    refusal,
  });
  if (!provider) return nowhere({ kind: 'no-model', detail: `gearshift.providers: ${model.provider}?` });
  const check = checkEndpoint(provider.baseUrl);
  if (!check.ok) return nowhere({ kind: 'bad-url', detail: check.why });
  const { endpoint } = check;
  const place: FailurePlace = { provider: provider.name, host: endpoint.host, model: model.model, kind: provider.kind };
  const refuse = (refusal: Failure): Candidate => ({ model, place, refusal });
  if (leavesMachine(provider.kind, endpoint, model.model)) {
    if (!parts.trusted()) return refuse({ kind: 'untrusted' });
    if (!settings.consent.has(endpoint.origin)) return refuse({ kind: 'no-consent' });
  }
  const apiKey = await parts.key(provider, endpoint);
  if (apiKey === null && needsKey(endpoint)) return refuse({ kind: 'no-key' });
  const entry = await parts.prices.find(provider, model.model);
  return { model, place, refusal: null, provider, endpoint, apiKey, ...entry };
}

/** What is known of an attempt before its request is sent. */
function openedRow(
  parts: GatewayParts,
  call: ModelCall,
  { provider, endpoint, model, price }: ReadyCandidate,
  callId: string,
  attempt: number,
): AttemptOpened {
  const estimatedInput = estimatedInputOf(call.request);
  return {
    attemptId: `${callId}/${attempt}`,
    callId,
    attempt,
    windowId: parts.windowId,
    openedAt: parts.now(),
    tier: call.tier,
    task: call.task,
    provider: provider.name,
    origin: endpoint.origin,
    modelAsked: model.model,
    language: call.language ?? null,
    workspace: parts.workspace(),
    estimatedInput,
    estimatedCost: priceTokens({ ...NO_USAGE, input: estimatedInput }, false, price).nanoUsd,
    reserved: mostOf(mostRequestTokens(call.request), call.request.maxTokens, price),
    price: formatPriceUsed(price),
    rule: call.rule ?? null,
  };
}

/** Writes the row and with it reserves what the attempt may cost; answers why that is not possible. */
async function openRow(parts: GatewayParts, call: ModelCall, row: AttemptOpened): Promise<Failure | null> {
  const budgets = parts
    .budgets(call.tier)
    .filter(({ budget: { stop } }) => stop === 'refuse' || (stop === 'ask' && !call.overBudget));
  if (budgets.length > 0 && row.reserved === null) return { kind: 'no-price' };
  try {
    await parts.ledger.open(
      row,
      budgets.map(({ limit }) => limit),
    );
    return null;
  } catch (error) {
    if (error instanceof LimitUnknownError) return { kind: 'no-ledger', detail: error.message };
    const broken = error instanceof OverLimitError ? budgets.find(({ limit }) => limit === error.limit) : undefined;
    if (!broken || !(error instanceof OverLimitError)) throw error;
    return {
      kind: 'budget',
      detail: describeOverBudget(broken, error.spending, row.reserved ?? 0),
      mayOverride: broken.budget.stop === 'ask',
    };
  }
}

/** One HTTP request of an opened row, to its settlement, whatever happens in between. */
async function* streamAttempt(
  parts: GatewayParts,
  shared: Shared,
  call: ModelCall,
  candidate: ReadyCandidate,
  { attemptId, estimatedInput }: AttemptOpened,
  leave: Leave,
  signal: AbortSignal,
): AsyncGenerator<CallEvent, AttemptEnd> {
  const { provider, endpoint, model } = candidate;
  const started = performance.now();
  const controller = new AbortController();
  const ownSignal = AbortSignal.any([signal, controller.signal]);
  const watchdog = new Watchdog(call.limits, (error) => controller.abort(error), shared.clock);
  const guard = guardFetch({
    fetch: parts.fetch,
    origin: endpoint.origin,
    signal: ownSignal,
    limits: call.limits,
    watch: parts.watchSending,
    onSending: { connecting: () => watchdog.connecting(), sent: () => watchdog.connected() },
    onHeaders: () => watchdog.headers(),
    ...(provider.kind === 'ollama' ? { checkLine: checkOllamaLine } : {}),
  });
  const seen = new Seen(call.request.maxTokens);
  const settleAs = async (outcome: AttemptEnd['outcome'], failure: Failure | null): Promise<AttemptEnd> => {
    const end = endOf(call, seen, estimatedInput, await priceOf(parts, candidate, seen), outcome, failure, guard);
    await settle(parts, attemptId, started, end);
    if (end.outcome === 'cancelled') await leave.withdrawn();
    else if (end.failure) await leave.failed(end.failure);
    else await leave.succeeded(end.ttftMs);
    if (end.outcome !== 'cancelled') parts.report(model, end.failure);
    return end;
  };
  let failure: Failure | null = null;
  let complete = false;
  try {
    const wire = {
      baseUrl: endpoint.baseUrl,
      apiKey: candidate.apiKey ?? null,
      headers: provider.headers,
      fetch: guard.fetch,
    };
    for await (const event of parts.adapters[provider.kind].stream(model.model, call.request, wire, ownSignal)) {
      if (ownSignal.aborted) break;
      if (event.kind === 'text' || event.kind === 'reasoning') {
        watchdog.token();
        seen.token(event, performance.now() - started);
        if (!call.accept) yield event;
        if (seen.isTooLong) break;
      } else seen.note(event);
    }
    complete = true;
  } catch (error) {
    const secrets = [candidate.apiKey, ...Object.values(provider.headers)];
    failure = withoutSecrets(guard.failure() ?? failureOfError(error), secrets);
    complete = true;
  } finally {
    watchdog.stop();
    controller.abort(controller.signal.reason ?? undefined);
    // Reached with `complete` unset only when the consumer has left the loop: it was cancelled, or has what it wanted.
    if (!complete) await settleAs(signal.aborted ? 'cancelled' : 'done', null);
  }

  const expired = controller.signal.reason instanceof ModelError ? controller.signal.reason.failure : null;
  const cancelled = signal.aborted && seen.finish === null;
  // What goes wrong after the answer said that it is complete does not make it less so.
  if (seen.finish !== null || seen.isTooLong) failure = seen.fault();
  else if (!cancelled) failure = expired ?? failure ?? seen.fault();
  if (!cancelled && call.accept) failure ??= seen.judgedBy(call.accept);
  const shown = !call.accept && seen.answered;
  const outcome = cancelled ? 'cancelled' : failure === null ? 'done' : shown ? 'partial' : 'failed';
  const end = await settleAs(outcome, cancelled ? null : failure);
  parts.log(
    `${call.tier} ${call.task} ${model.provider}/${model.model}: ${end.outcome}${end.failure ? ` (${end.failure.kind})` : ''}`,
  );
  if (call.accept && end.outcome === 'done' && seen.text) yield { kind: 'text', text: seen.text };
  return end;
}

/** The price of the model that was asked, unless the one that answered is known to be dearer. */
async function priceOf(parts: GatewayParts, candidate: ReadyCandidate, seen: Seen): Promise<Price | undefined> {
  const { provider, model, price } = candidate;
  if (seen.model === null || seen.model === model.model || !price || price.source === 'free') return price;
  const other = (await parts.prices.find(provider, seen.model))?.price;
  if (!other || other.source === 'free' || seen.usage === null) return price;
  return costOf(seen.usage, other) > costOf(seen.usage, price) ? other : price;
}

/** What has been seen of an answer so far. */
class Seen {
  text = '';
  reasoning = '';
  usage: Usage | null = null;
  doubtful = false;
  nanoUsd: number | undefined;
  model: string | null = null;
  finish: FinishReason | null = null;
  ttftMs: number | null = null;
  readonly #maxTokens: number;
  #pieces = 0;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  get answered(): boolean {
    return Boolean(this.text || this.reasoning);
  }

  /**
   * The server goes on far beyond what was allowed. A piece is one token or more, and very rarely less; text that is
   * long as well leaves no doubt.
   */
  get isTooLong(): boolean {
    const length = this.text.length + this.reasoning.length;
    return this.#pieces > 2 * this.#maxTokens || (this.#pieces > this.#maxTokens + 16 && length > 2 * this.#maxTokens);
  }

  token(event: { kind: 'text' | 'reasoning'; text: string }, atMs: number): void {
    this.ttftMs ??= atMs;
    this.#pieces++;
    if (event.kind === 'text') this.text += event.text;
    else this.reasoning += event.text;
  }

  /** Later figures replace earlier ones: some providers report cumulatively, and all of them say the truth last. */
  note(
    event:
      | { kind: 'model'; model: string }
      | { kind: 'usage'; usage: Usage; nanoUsd?: number; doubtful?: boolean }
      | { kind: 'finish'; reason: FinishReason },
  ): void {
    switch (event.kind) {
      case 'model':
        this.model = event.model;
        break;
      case 'finish':
        this.finish = event.reason;
        break;
      case 'usage':
        this.doubtful = event.doubtful ?? false;
        this.usage = this.doubtful ? null : event.usage;
        this.nanoUsd = event.nanoUsd ?? this.nanoUsd;
        break;
    }
  }

  /** Why an answer in a format cannot be used; null when it can. */
  judgedBy(accept: NonNullable<ModelCall['accept']>): Failure | null {
    if (this.finish === 'length' || this.isTooLong) return { kind: 'unusable', detail: t('it was cut at its limit') };
    const why = accept(this.text);
    return why === null ? null : { kind: 'unusable', detail: cleanDetail(why) };
  }

  /** What is wrong with an answer that ended by the protocol. */
  fault(): Failure | null {
    if (this.finish === 'content-filter') return { kind: 'content-filter' };
    if (this.text) return null;
    if (this.finish === 'tool-calls') return { kind: 'no-text' };
    return { kind: 'empty' };
  }
}

function endOf(
  call: ModelCall,
  seen: Seen,
  estimatedInput: number,
  price: Price | undefined,
  outcome: AttemptEnd['outcome'],
  failure: Failure | null,
  guard: GuardedFetch,
): AttemptEnd {
  // A model that infills may well find that nothing is missing.
  const emptyInfill = call.request.kind === 'fim' && failure?.kind === 'empty' && seen.finish === 'stop';
  const billable = guard.sent() && !wasRefused(failure, guard);
  const estimate = billable ? estimateUsage(call, seen, estimatedInput) : NO_USAGE;
  // More than was allowed cannot be true, unless it has arrived.
  const most = Math.max(2 * call.request.maxTokens, estimate.output);
  const usage = seen.usage ? { ...seen.usage, output: Math.min(seen.usage.output, most) } : estimate;
  const usageEstimated = seen.usage ? seen.usage.output > call.request.maxTokens : billable;
  return {
    outcome: emptyInfill ? 'done' : outcome,
    failure: emptyInfill ? null : failure,
    finish: seen.finish ?? (seen.isTooLong ? 'length' : null),
    modelReturned: seen.model,
    usage,
    usageEstimated,
    cost:
      seen.nanoUsd !== undefined
        ? { nanoUsd: seen.nanoUsd, source: 'provider' }
        : costOfEnd(usage, usageEstimated, price),
    ttftMs: seen.ttftMs,
    visible: !call.accept && seen.answered,
    answered: seen.answered,
    sent: guard.sent(),
  };
}

/** What the server turned away by its status, and what is no model, costs nothing. */
const wasRefused = (failure: Failure | null, guard: GuardedFetch): boolean =>
  failure?.kind === 'not-a-model' ||
  failure?.kind === 'proxy' ||
  (failure?.status !== undefined && failure.status >= 300 && !guard.accepted());

/**
 * Tokens that nobody counted for us, never below the truth. Of an answer that ended by itself they are what arrived,
 * with a margin. Any other may have gone on after we lost it, up to what it was allowed: providers bill that.
 */
function estimateUsage({ request }: ModelCall, seen: Seen, estimatedInput: number): Usage {
  const reasoning = Math.ceil(estimateTokens(seen.reasoning) * ESTIMATE_MARGIN);
  const arrived = Math.ceil(estimateTokens(seen.text) * ESTIMATE_MARGIN) + reasoning;
  const output = seen.finish === null ? Math.max(arrived, request.maxTokens) : arrived;
  return { ...NO_USAGE, input: estimatedInput, output, reasoning };
}

function costOfEnd(usage: Usage, estimated: boolean, price: Price | undefined): Cost {
  const nothing = usage.input + usage.cacheRead + usage.cacheWrite + usage.output === 0;
  if (nothing && price?.source !== 'free') return { nanoUsd: 0, source: 'computed' };
  return priceTokens(usage, !estimated, price);
}

async function settle(parts: GatewayParts, attemptId: string, started: number, end: AttemptEnd): Promise<void> {
  const row: AttemptSettled = {
    attemptId,
    closedAt: parts.now(),
    outcome: end.outcome,
    failure: end.failure?.kind ?? null,
    finish: end.finish,
    modelReturned: end.modelReturned,
    usage: end.usage,
    usageEstimated: end.usageEstimated,
    cost: end.cost,
    ttftMs: end.ttftMs === null ? null : Math.round(end.ttftMs),
    durationMs: Math.round(performance.now() - started),
    note: null,
  };
  await parts.ledger.settle(row);
}

const addUsage = (a: Usage, b: Usage): Usage => ({
  input: a.input + b.input,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  output: a.output + b.output,
  reasoning: a.reasoning + b.reasoning,
});

/** Of several sources the least trustworthy names the sum. */
const TRUST: readonly Cost['source'][] = ['free', 'provider', 'computed', 'estimated', 'unknown'];

function summarize(
  callId: string,
  { ends, tried: attempts }: Attempts,
  outcome: CallResult['outcome'],
  failure: Failure | null,
  place: FailurePlace | null,
  durationMs: number,
): CallResult {
  const last = ends.at(-1);
  // Attempts that cost nothing do not make the sum less certain.
  const source = ends
    .filter(({ end }) => end.cost.nanoUsd !== 0)
    .reduce<Cost['source']>(
      (worst, { end }) => (TRUST.indexOf(end.cost.source) > TRUST.indexOf(worst) ? end.cost.source : worst),
      last?.end.cost.nanoUsd === 0 ? last.end.cost.source : 'free',
    );
  const knownNanoUsd = ends.reduce((sum, { end }) => sum + (end.cost.nanoUsd ?? 0), 0);
  return {
    callId,
    outcome,
    failure,
    place,
    finish: last?.end.finish ?? null,
    model: last?.candidate.model ?? null,
    modelReturned: last?.end.modelReturned ?? null,
    usage: ends.reduce((sum, { end }) => addUsage(sum, end.usage), NO_USAGE),
    usageEstimated: ends.some(({ end }) => end.usageEstimated),
    cost:
      ends.length === 0
        ? { nanoUsd: 0, source: 'computed' }
        : { nanoUsd: source === 'unknown' ? null : knownNanoUsd, source },
    knownNanoUsd,
    attempts,
    ttftMs: last?.end.ttftMs ?? null,
    durationMs,
  };
}
