import { t } from '@vscode/l10n';
import { streamAttempt, type AttemptEnd, type AttemptParts } from './attempt.ts';
import { budgetFigures, type BudgetLimit } from '../money/budgets.ts';
import {
  type CallEvent,
  type CallNote,
  type CallResult,
  type Estimate,
  type Estimator,
  type Gateway,
  LIKELY_OUTPUT,
  type ModelCall,
  type Tried,
} from './call.ts';
import {
  findCandidate,
  findTooLarge,
  FallbackGuard,
  type Candidate,
  type CandidateParts,
  type ReadyCandidate,
} from './resolveModel.ts';
import { Circuits, type CircuitInfo, type Permit } from './circuitBreaker.ts';
import { PROCESS_CLOCK, type Clock } from '../common/clock.ts';
import type { Failure } from '../common/failures.ts';
import { failureOfError } from '../common/networkFailures.ts';
import type { FailurePlace } from './describeFailure.ts';
import { addFields } from '../common/sums.ts';
import { LimitUnknownError, OverLimitError, type AttemptOpened } from '../ledger/ledger.ts';
import { loadFirst } from './loadFirst.ts';
import { inPlan } from '../money/likelyCost.ts';
import { formatPriceUsed, formatUsd, mostOf, priceTokens } from '../money/pricing.ts';
import { answerBound, reservationFor, roomIn, type Reservation } from './reservation.ts';
import { backoff, delay, judge, RetryQuota } from './retry.ts';
import type { NameSecret } from '../privacy/maskSecrets.ts';
import type { GatewaySettings } from './gatewaySettings.ts';
import { Semaphore } from '../common/semaphore.ts';
import { CostlierModelAnswers } from '../money/costlierModel.ts';
import { estimateRequestTokens, mostRequestTokens, upperRequestTokens } from '../common/tokens.ts';
import { eventLoop } from '../common/eventLoop.ts';
import { NO_USAGE, type Cost, type Tier, type Usage } from '../common/types.ts';

/** What the gateway is made of. Everything that a test wants to hold in its hands comes from outside. */
export interface GatewayParts extends CandidateParts, AttemptParts {
  readonly settings: () => GatewaySettings;
  /** The budgets that a call of this tier must keep now. */
  readonly budgets: (tier: Tier) => readonly BudgetLimit[];
  readonly random: () => number;
  readonly windowId: string;
  /** URI of the first workspace folder. */
  readonly workspace: () => string | null;
  /** Names the secrets that are masked in what leaves the machine. */
  readonly nameSecret: NameSecret;
  /** What deadlines and pauses are measured by; by default the clock of this process. */
  readonly clock?: Clock | undefined;
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
  readonly stepUps: CostlierModelAnswers;
  slots(origin: string): Semaphore;
}

/** Makes the gateway. See `Gateway` for what its callers can rely on. */
export function createGateway(parts: GatewayParts): ObservedGateway {
  const clock = parts.clock ?? PROCESS_CLOCK;
  const slots = new Map<string, Semaphore>();
  const shared: Shared = {
    clock,
    circuits: new Circuits(clock),
    quota: new RetryQuota(),
    stepUps: new CostlierModelAnswers(),
    slots(origin) {
      const known = slots.get(origin) ?? new Semaphore(IN_FLIGHT);
      slots.set(origin, known);
      return known;
    },
  };
  return {
    stream: (call, signal) => endedAlways(parts, call, streamCall(parts, shared, call, signal)),
    estimate: (call) => estimateCall(parts, shared, call),
    circuits: () => shared.circuits.snapshot(),
  };
}

async function estimateCall(
  parts: GatewayParts,
  { clock }: Shared,
  { chain, request }: Pick<ModelCall, 'chain' | 'request'>,
): Promise<Estimate | undefined> {
  const [model] = chain;
  const provider = model && parts.settings().providers.get(model.provider);
  if (!model || !provider) return undefined;
  // What the server says of the model decides on its price; where it may not be asked, nothing is sent anyway.
  await findCandidate(parts, parts.settings(), model, {
    signal: new AbortController().signal,
    clock,
    careful: false,
  });
  const price = (await parts.prices.find(provider, model.model))?.price;
  const inputTokens = estimateRequestTokens(request);
  const usage = { ...NO_USAGE, input: inputTokens, output: Math.min(LIKELY_OUTPUT, request.maxTokens) };
  return {
    model,
    inputTokens,
    likely: priceTokens(usage, false, price).nanoUsd,
    atMost: mostOf(mostRequestTokens(request), request.maxTokens, price),
    monthlyPlan: inPlan(usage, price),
  };
}

/** The logical call on its way through its chain. */
class Attempts {
  readonly ends: { candidate: Candidate; end: AttemptEnd }[] = [];
  readonly tried: Tried[] = [];
  /** The failure that the user is told of when nothing else comes. */
  last: { failure: Failure; place: FailurePlace } | null = null;

  /** Known cost so far. */
  get nanoUsd(): number {
    return this.ends.reduce((sum, { end }) => sum + (end.cost.nanoUsd ?? 0), 0);
  }

  get made(): number {
    return this.ends.length;
  }

  add(candidate: Candidate, end: AttemptEnd): void {
    this.ends.push({ candidate, end });
    const { model, place } = candidate;
    this.tried.push({ model, place, failure: end.failure, nanoUsd: end.cost.nanoUsd });
    if (end.failure) this.last = { failure: end.failure, place: candidate.place };
  }

  /** A model that could not be asked. The first such refusal is the one that the user can mend. */
  refuse({ model, place }: Candidate, failure: Failure): void {
    this.tried.push({ model, place, failure, nanoUsd: 0 });
    this.last ??= { failure, place };
  }

  /** The window of the last model that the request did not fit into, in tokens. */
  get tooSmall(): number | undefined {
    return this.ends.findLast(({ end }) => end.failure?.kind === 'context-length')?.candidate.contextTokens;
  }

  /** The last model that was passed over because the request is too long for it. */
  get notFitting(): Tried | null {
    return this.tried.findLast(({ failure }) => failure?.kind === 'context-length') ?? null;
  }

  /** Failures of this kind at this model. */
  same(candidate: Candidate, failure: Failure): number {
    return this.ends.filter((each) => each.candidate === candidate && each.end.failure?.kind === failure.kind).length;
  }
}

/** Whatever a part throws that should not becomes the end of the call. */
async function* endedAlways(
  parts: Pick<GatewayParts, 'log'>,
  { callId, tier, task }: ModelCall,
  events: AsyncIterable<CallEvent>,
): AsyncGenerator<CallEvent> {
  let ended = false;
  try {
    for await (const event of events) {
      ended = event.kind === 'end';
      yield event;
    }
  } catch (error) {
    if (ended) return;
    const failure = failureOfError(error);
    parts.log(`${tier} ${task}: ${failure.kind} ${failure.detail ?? ''}`);
    const result = summarize(callId ?? crypto.randomUUID(), new Attempts(), 'failed', failure, null, 0);
    yield { kind: 'end', result };
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
  await eventLoop.yieldIfBusy();
  const callId = call.callId ?? crypto.randomUUID();
  const attempts = new Attempts();
  // A call ends with the settings that it began with.
  const settings = parts.settings();
  const rungs = new FallbackGuard(parts, settings, call, shared.stepUps);
  const finish = (outcome: CallResult['outcome'], failure: Failure | null, place: FailurePlace | null): CallEvent => ({
    kind: 'end',
    result: summarize(callId, attempts, outcome, failure, place, performance.now() - started - rungs.askedMs),
  });

  for (const [index, model] of call.chain.entries()) {
    const careful = call.task !== 'completion';
    const finding = { signal, clock: shared.clock, careful, tier: call.tier };
    const candidate = await findCandidate(parts, settings, model, finding);
    if (signal.aborted) {
      yield finish('cancelled', null, candidate.place);
      return;
    }
    const next = call.chain[index + 1];
    if (candidate.refusal) {
      attempts.refuse(candidate, candidate.refusal);
      if (isFinal(candidate.refusal)) break;
      continue;
    }
    const ready = yield* loadFirst(parts, shared.clock, call, candidate as ReadyCandidate, signal);
    if (signal.aborted) {
      yield finish('cancelled', null, candidate.place);
      return;
    }
    if (attempts.last?.failure.kind === 'context-length' && !rungs.isWider(ready, attempts.tooSmall)) continue;
    const tooLarge = findTooLarge(call.request, ready);
    if (tooLarge) {
      attempts.refuse(candidate, tooLarge);
      continue;
    }
    const tooDear = index > 0 ? await rungs.findTooDear(ready, signal) : null;
    if (tooDear) {
      attempts.refuse(candidate, tooDear);
      if (signal.aborted) yield finish('cancelled', null, candidate.place);
      if (signal.aborted) return;
      continue;
    }
    const sent = await asSent(parts, call, ready);
    for (let repetition = 0; ; repetition++) {
      if (signal.aborted) {
        yield finish('cancelled', null, candidate.place);
        return;
      }
      const queuedAt = performance.now();
      const entered = await enter(shared, call, ready, begunAt, signal);
      if (entered === 'cancelled') return yield finish('cancelled', null, candidate.place);
      if ('refusal' in entered) {
        attempts.refuse(candidate, entered.refusal);
        break;
      }
      const queueMs = Math.round(performance.now() - queuedAt);
      let end: AttemptEnd;
      const attempt = attempts.made + 1;
      try {
        const bounded = withinMost(sent, ready, attempts.nanoUsd);
        if ('refusal' in bounded) {
          attempts.refuse(candidate, bounded.refusal);
          break;
        }
        const opened = await openRow(
          parts,
          bounded.call,
          ready,
          openedRow(parts, bounded.call, ready, { callId, attempt, queueMs }),
        );
        if ('refusal' in opened) {
          attempts.refuse(candidate, opened.refusal);
          break;
        }
        yield { kind: 'attempt', attempt, model, place: candidate.place, instead: attempts.notFitting };
        end = yield* streamAttempt(parts, shared.clock, opened.call, ready, opened.row, entered.leave, signal);
      } finally {
        entered.leave.withdrawn();
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

/** The call as this model gets it: what leaves the machine has its secrets masked. */
async function asSent(parts: GatewayParts, call: ModelCall, { leaves }: ReadyCandidate): Promise<ModelCall> {
  if (!leaves) return call;
  const { maskRequest } = await import('../privacy/maskSecrets.ts');
  return { ...call, request: await maskRequest(call.request, parts.nameSecret) };
}

/** Whether a refusal to ask one model ends the call. */
const isFinal = (failure: Failure): boolean =>
  judge({ failure, visible: false, sent: false, sameBefore: 0, nextIsElsewhere: true }) === 'stop';

/** A place at the endpoint and leave to ask the model; the wait for the place ends at once when the call is canceled. */
async function enter(
  { circuits, slots }: Shared,
  call: ModelCall,
  { endpoint, model }: ReadyCandidate,
  begunAt: number,
  signal: AbortSignal,
): Promise<{ leave: Permit; release: () => void } | { refusal: Failure } | 'cancelled'> {
  const places = slots(endpoint.origin);
  try {
    await places.acquire(signal);
  } catch {
    return 'cancelled';
  }
  // Asked only now: those before in the queue may have found out that the model is down. What a person asks for is a
  // probe of its own; what typing asks for waits.
  const leave = circuits.admit(endpoint.origin, model.model, call.task === 'completion' ? null : begunAt);
  if ('retryInMs' in leave) {
    places.release();
    const detail = leave.lastFailure?.kind;
    return { refusal: { kind: 'circuit-open', retryAfterMs: leave.retryInMs, ...(detail ? { detail } : {}) } };
  }
  return { leave, release: () => places.release() };
}

/** What is known of an attempt before its request is sent. */
function openedRow(
  parts: GatewayParts,
  call: ModelCall,
  candidate: ReadyCandidate,
  { callId, attempt, queueMs }: { readonly callId: string; readonly attempt: number; readonly queueMs: number },
): AttemptOpened {
  const { provider, endpoint, model, price } = candidate;
  const estimatedInput = upperRequestTokens(call.request);
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
    conversation: call.conversation ?? null,
    stage: call.stage ?? null,
    initiator: call.initiator ?? null,
    reason: call.reason ?? null,
    category: call.category ?? null,
    ownCategory: null,
    score: call.score ?? null,
    reasonKind: call.reasonKind ?? null,
    bumpKind: call.bumpKind ?? null,
    run: call.run ?? null,
    promptName: call.promptName ?? null,
    promptVersion: call.promptVersion ?? null,
    queueMs,
    loadMs: candidate.loadMs ?? null,
  };
}

/** The call with an answer no longer than what is left of `mostNanoUsd`, or why there is not enough. */
function withinMost(
  call: ModelCall,
  { price }: ReadyCandidate,
  spent: number,
): { readonly call: ModelCall } | { readonly refusal: Failure } {
  const { mostNanoUsd, request } = call;
  if (mostNanoUsd === undefined || !price) return { call };
  const left = Math.max(0, mostNanoUsd - spent);
  const fits = reservationFor(request, price, left, request.maxTokens);
  if (fits) return { call: { ...call, request: { ...request, maxTokens: fits.maxTokens } } };
  const detail = t('The money limit leaves {0}, which is too little for this request.', formatUsd(left));
  return { refusal: { kind: 'budget', detail } };
}

/** So often a smaller reservation is tried: each time another budget, or another window, may have left less. */
const RESERVATIONS = 4;

/**
 * Writes the row and with it reserves what the attempt may cost; answers why that is not possible. Under a budget that
 * stops, the answer is bounded by what was reserved.
 */
async function openRow(
  parts: GatewayParts,
  call: ModelCall,
  { price }: ReadyCandidate,
  row: AttemptOpened,
): Promise<{ readonly row: AttemptOpened; readonly call: ModelCall } | { readonly refusal: Failure }> {
  const budgets = parts
    .budgets(call.tier)
    .filter(({ budget: { stop } }) => stop === 'refuse' || (stop === 'ask' && !call.overBudget));
  if (budgets.length > 0 && row.reserved === null) return { refusal: { kind: 'no-price' } };
  const limits = budgets.map(({ limit }) => limit);
  const { request } = call;
  const bound = call.wholeAnswer ? request.maxTokens : answerBound(request);
  let wanted: Reservation | undefined =
    budgets.length === 0 || !row.reserved ? undefined : reservationFor(request, price, Infinity, bound);
  const needed = wanted?.nanoUsd ?? row.reserved ?? 0;
  for (let tries = 1; ; tries++) {
    const asked = wanted ? { ...row, reserved: wanted.nanoUsd } : row;
    try {
      await parts.ledger.open(asked, limits);
      return { row: asked, call: wanted ? { ...call, request: { ...request, maxTokens: wanted.maxTokens } } : call };
    } catch (error) {
      if (error instanceof LimitUnknownError) return { refusal: { kind: 'no-ledger', detail: error.message } };
      const broken = error instanceof OverLimitError ? budgets.find(({ limit }) => limit === error.limit) : undefined;
      if (!broken || !(error instanceof OverLimitError)) throw error;
      const smaller = reservationFor(request, price, roomIn([broken], [error.spending]), bound);
      if (smaller && smaller.nanoUsd < (asked.reserved ?? 0) && tries < RESERVATIONS) {
        wanted = smaller;
        continue;
      }
      const budget = budgetFigures(broken, error.spending, needed);
      return { refusal: { kind: 'budget', budget, mayOverride: broken.budget.stop === 'ask' } };
    }
  }
}

function notesOf(ends: Attempts['ends']): CallNote[] {
  const notes = ends.flatMap(({ candidate, end }): CallNote[] =>
    end.note === null ? [] : [{ note: end.note, asked: candidate.model.model, returned: end.modelReturned }],
  );
  const words = notes.map((note) => JSON.stringify(note));
  return notes.filter((_, i) => words.indexOf(words[i] ?? '') === i);
}

/** Of several sources the least trustworthy names the sum. */
const TRUST: readonly Cost['source'][] = ['free', 'plan', 'provider', 'computed', 'estimated', 'unknown'];

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
  const shadowNanoUsd = ends.reduce((sum, { end }) => sum + (end.shadowNanoUsd ?? 0), 0);
  const knownNanoUsd = ends.reduce((sum, { end }) => sum + (end.cost.nanoUsd ?? 0), 0);
  return {
    callId,
    outcome,
    failure,
    place,
    finish: last?.end.finish ?? null,
    model: last?.candidate.model ?? null,
    modelReturned: last?.end.modelReturned ?? null,
    usage: ends.reduce<Usage>((sum, { end }) => addFields(sum, end.usage), NO_USAGE),
    usageEstimated: ends.some(({ end }) => end.usageEstimated),
    cost:
      ends.length === 0
        ? { nanoUsd: 0, source: 'computed' }
        : { nanoUsd: source === 'unknown' ? null : knownNanoUsd, source },
    knownNanoUsd,
    ...(shadowNanoUsd > 0 ? { shadowNanoUsd } : {}),
    attempts,
    rejectedText: ends.findLast(({ end }) => end.rejectedText !== null)?.end.rejectedText ?? undefined,
    notes: notesOf(ends),
    ttftMs: last?.end.ttftMs ?? null,
    durationMs,
  };
}
