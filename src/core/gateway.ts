import type { CallEvent, CallResult, Estimate, Estimator, Gateway, ModelCall } from './call.ts';
import { checkEndpoint, type Endpoint } from './endpoints.ts';
import { ModelError, type Failure, type FailurePlace } from './errors.ts';
import { describeOverBudget, type BudgetLimit } from './budgets.ts';
import {
  LimitUnknownError,
  OverLimitError,
  type AttemptOpened,
  type AttemptSettled,
  type LedgerStore,
} from './ledger.ts';
import { formatPriceUsed, isOllamaCloudModel, mostOf, priceTokens, type Price, type PriceBook } from './pricing.ts';
import { checkOllamaLine } from './providers/ollama.ts';
import type { ProviderAdapter } from './providers/provider.ts';
import { backoff, delay, judge, Watchdog } from './resilience.ts';
import type { ProviderConfig, Settings } from './settings.ts';
import { ESTIMATE_MARGIN, estimateRequestTokens, estimateTokens, mostRequestTokens } from './tokens.ts';
import { NO_USAGE, type Cost, type FinishReason, type ModelRef, type Outcome, type Tier, type Usage } from './types.ts';
import { failureOfError, guardFetch } from './wire.ts';

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
  readonly visible: boolean;
  readonly sent: boolean;
}

/** Makes the gateway. See `Gateway` for what its callers can rely on. */
export function createGateway(parts: GatewayParts): Gateway & Estimator {
  return {
    stream: (call, signal) => streamCall(parts, call, signal),
    estimate: (call) => estimateCall(parts, call),
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

async function* streamCall(parts: GatewayParts, call: ModelCall, signal: AbortSignal): AsyncGenerator<CallEvent> {
  const started = performance.now();
  const callId = crypto.randomUUID();
  const ends: { candidate: Candidate; end: AttemptEnd }[] = [];
  const tried: { model: ModelRef; failure: Failure | null }[] = [];
  const finish = (outcome: CallResult['outcome'], failure: Failure | null, place: FailurePlace | null): CallEvent => ({
    kind: 'end',
    result: summarize(callId, ends, tried, outcome, failure, place, performance.now() - started),
  });

  if (call.chain.length === 0) {
    yield finish('failed', { kind: 'no-model' }, null);
    return;
  }
  let last: { failure: Failure; place: FailurePlace } | null = null;
  for (const [index, model] of call.chain.entries()) {
    const candidate = await findCandidate(parts, model);
    const next = call.chain[index + 1];
    if (candidate.refusal) {
      tried.push({ model, failure: candidate.refusal });
      // The first refusal is the one that the user can mend.
      last ??= { failure: candidate.refusal, place: candidate.place };
      if (
        judge({ failure: candidate.refusal, visible: false, sent: false, sameBefore: 0, nextIsElsewhere: true }) ===
        'stop'
      )
        break;
      continue;
    }
    for (let repetition = 0; ; repetition++) {
      if (signal.aborted) {
        yield finish('cancelled', null, candidate.place);
        return;
      }
      const attempt = ends.length + 1;
      const ready = candidate as ReadyCandidate;
      const row = openedRow(parts, call, ready, callId, attempt);
      const refusal = await openRow(parts, call, row);
      if (refusal) {
        tried.push({ model, failure: refusal });
        last ??= { failure: refusal, place: candidate.place };
        break;
      }
      yield { kind: 'attempt', attempt, model, place: candidate.place };
      const end = yield* streamAttempt(parts, call, ready, row, signal);
      const sameBefore = ends.filter(
        (e) => e.candidate === candidate && e.end.failure?.kind === end.failure?.kind,
      ).length;
      ends.push({ candidate, end });
      tried.push({ model, failure: end.failure });
      if (end.outcome !== 'failed' || !end.failure) {
        yield finish(end.outcome, end.failure, candidate.place);
        return;
      }
      last = { failure: end.failure, place: candidate.place };
      const verdict = judge({
        failure: end.failure,
        visible: end.visible,
        sent: end.sent,
        sameBefore,
        nextIsElsewhere: next !== undefined && next.provider !== model.provider,
      });
      if (verdict === 'stop' || attempt >= call.limits.attempts) {
        yield finish('failed', end.failure, candidate.place);
        return;
      }
      // A repetition that would leave nothing for the rest of the chain gives way to it.
      if (verdict === 'next' || (next && attempt === call.limits.attempts - 1)) break;
      const ms = backoff(repetition + 1, end.failure, parts.random);
      yield { kind: 'waiting', ms, attempt: attempt + 1, failure: end.failure, place: candidate.place };
      await delay(ms, signal).catch(() => undefined);
    }
  }
  yield finish('failed', last?.failure ?? { kind: 'no-model' }, last?.place ?? null);
}

async function findCandidate(parts: GatewayParts, model: ModelRef): Promise<Candidate> {
  const provider = parts.settings().providers.get(model.provider);
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
    if (!parts.settings().consent.has(endpoint.origin)) return refuse({ kind: 'no-consent' });
  }
  const apiKey = await parts.key(provider, endpoint);
  if (apiKey === null && needsKey(endpoint)) return refuse({ kind: 'no-key' });
  const entry = await parts.prices.find(provider, model.model);
  return { model, place, refusal: null, provider, endpoint, apiKey, price: entry?.price };
}

/** What is known of an attempt before its request is sent. */
function openedRow(
  parts: GatewayParts,
  call: ModelCall,
  { provider, endpoint, model, price }: ReadyCandidate,
  callId: string,
  attempt: number,
): AttemptOpened {
  const estimatedInput = Math.ceil(estimateRequestTokens(call.request) * ESTIMATE_MARGIN);
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
  call: ModelCall,
  candidate: ReadyCandidate,
  { attemptId, estimatedInput }: AttemptOpened,
  signal: AbortSignal,
): AsyncGenerator<CallEvent, AttemptEnd> {
  const { provider, endpoint, model, price } = candidate;
  const started = performance.now();
  const controller = new AbortController();
  const ownSignal = AbortSignal.any([signal, controller.signal]);
  const watchdog = new Watchdog(call.limits, (error) => controller.abort(error));
  const guard = guardFetch({
    fetch: parts.fetch,
    origin: endpoint.origin,
    signal: ownSignal,
    limits: call.limits,
    onHeaders: () => watchdog.headers(),
    ...(provider.kind === 'ollama' ? { checkLine: checkOllamaLine } : {}),
  });
  const seen = new Seen();
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
        yield event;
      } else seen.note(event);
    }
    complete = true;
  } catch (error) {
    failure = guard.failure() ?? failureOfError(error);
    complete = true;
  } finally {
    watchdog.stop();
    // Reached with `complete` unset only when the consumer has left the loop: it was cancelled, or has what it wanted.
    if (!complete) {
      controller.abort();
      const outcome = signal.aborted ? 'cancelled' : 'done';
      await settle(parts, attemptId, started, endOf(call, seen, estimatedInput, price, outcome, null, guard.sent()));
      if (!signal.aborted) parts.report(model, null);
    }
    controller.abort();
  }

  const timeout = controller.signal.reason instanceof ModelError ? controller.signal.reason.failure : null;
  const cancelled = signal.aborted && seen.finish === null;
  if (!cancelled) failure = timeout ?? failure ?? seen.fault();
  const outcome = cancelled
    ? 'cancelled'
    : failure === null
      ? 'done'
      : seen.text || seen.reasoning
        ? 'partial'
        : 'failed';
  const end = endOf(call, seen, estimatedInput, price, outcome, cancelled ? null : failure, guard.sent());
  await settle(parts, attemptId, started, end);
  if (!cancelled) parts.report(model, failure);
  parts.log(
    `${call.tier} ${call.task} ${model.provider}/${model.model}: ${outcome}${failure ? ` (${failure.kind})` : ''}`,
  );
  return end;
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

  token(event: { kind: 'text' | 'reasoning'; text: string }, atMs: number): void {
    this.ttftMs ??= atMs;
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
  sent: boolean,
): AttemptEnd {
  // A model that infills may well find that nothing is missing.
  const emptyInfill = call.request.kind === 'fim' && failure?.kind === 'empty' && seen.finish === 'stop';
  const usage = seen.usage ?? estimateUsage(seen, estimatedInput, failure, sent);
  const usageEstimated = seen.usage === null && sent && !wasRefused(failure);
  return {
    outcome: emptyInfill ? 'done' : outcome,
    failure: emptyInfill ? null : failure,
    finish: seen.finish,
    modelReturned: seen.model,
    usage,
    usageEstimated,
    cost:
      seen.nanoUsd !== undefined
        ? { nanoUsd: seen.nanoUsd, source: 'provider' }
        : costOfEnd(usage, usageEstimated, price),
    ttftMs: seen.ttftMs,
    visible: Boolean(seen.text || seen.reasoning),
    sent,
  };
}

/** A request that never arrived, or that the server turned away by its status, costs nothing. */
const wasRefused = (failure: Failure | null): boolean => failure?.status !== undefined && failure.status >= 300;

function estimateUsage(seen: Seen, estimatedInput: number, failure: Failure | null, sent: boolean): Usage {
  if (!sent || wasRefused(failure)) return NO_USAGE;
  const reasoning = Math.ceil(estimateTokens(seen.reasoning) * ESTIMATE_MARGIN);
  const output = Math.ceil(estimateTokens(seen.text) * ESTIMATE_MARGIN) + reasoning;
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
  ends: readonly { candidate: Candidate; end: AttemptEnd }[],
  attempts: CallResult['attempts'],
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
