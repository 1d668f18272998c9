import { t } from '@vscode/l10n';
import type { CallEvent, CallLimits, ModelCall } from './call.ts';
import type { CandidateParts, ReadyCandidate } from './resolveModel.ts';
import type { Permit } from './circuitBreaker.ts';
import type { Clock } from '../common/clock.ts';
import { ModelError, type Failure } from '../common/failures.ts';
import type { AttemptOpened, AttemptSettled, LedgerStore } from '../ledger/ledger.ts';
import { isSameModel } from '../common/modelNames.ts';
import { MODEL_WINDOWS } from '../common/modelWindows.ts';
import { saysGateway } from '../common/providerRules.ts';
import { costOf, costsNothing, listPrice, type Price } from '../money/pricing.ts';
import type { EndReason } from '../providers/finishReasons.ts';
import { billOf, priceOf } from './attemptBill.ts';
import type { ProviderAdapter, ProviderEvent } from '../providers/provider.ts';
import { Watchdog } from './retry.ts';
import type { RowNote } from '../ledger/rowNotes.ts';
import { eventLoop } from '../common/eventLoop.ts';
import { type Cost, type FinishReason, type ModelRef, type Outcome, type Usage } from '../common/types.ts';
import { guardFetch, type GuardedFetch, type GuardOptions, type WatchSending } from '../providers/guardedFetch.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
import { estimateTokens } from '../common/tokens.ts';
import { withoutSecrets } from '../providers/httpFailures.ts';

/** One attempt: one HTTP request and its row on the ledger, from sending to settling. */

export interface AttemptParts extends Pick<CandidateParts, 'prices' | 'adapters' | 'fetch'> {
  readonly ledger: Pick<LedgerStore, 'open' | 'settle'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told how each attempt went: the states of the tiers are made of this. */
  readonly report: (model: ModelRef, failure: Failure | null) => void;
  readonly log: (line: string) => void;
  /** Takes what only a developer wants to see. */
  readonly debug?: ((line: string) => void) | undefined;
  /** Told what a provider states that an answer cost, and what our price makes of its tokens. Nano-USD. */
  readonly compareCost?: ((model: ModelRef, stated: number, computed: number) => void) | undefined;
  /** Sees requests go out, where the host can: without it there is no limit for connecting. */
  readonly watchSending?: WatchSending | undefined;
}

/** How one attempt ended, before it is judged. */
export interface AttemptEnd {
  readonly outcome: Exclude<Outcome, 'interrupted'>;
  readonly failure: Failure | null;
  readonly finish: FinishReason | null;
  readonly modelReturned: string | null;
  readonly usage: Usage;
  readonly usageEstimated: boolean;
  readonly cost: Cost;
  readonly shadowNanoUsd: number | null;
  readonly ttftMs: number | null;
  readonly headersMs: number | null;
  readonly servedBy: string | null;
  readonly digest: string | null;
  /** Something of the answer was shown. */
  readonly visible: boolean;
  /** Something of the answer arrived. */
  readonly answered: boolean;
  readonly sent: boolean;
  readonly note: RowNote | null;
  /** The answer that the caller cannot use; null for every other end. */
  readonly rejectedText: string | null;
}

/** One HTTP request of an opened row, to its settlement, whatever happens in between. */
export async function* streamAttempt(
  parts: AttemptParts,
  clock: Clock,
  call: ModelCall,
  candidate: ReadyCandidate,
  { attemptId, estimatedInput }: AttemptOpened,
  leave: Permit,
  signal: AbortSignal,
): AsyncGenerator<CallEvent, AttemptEnd> {
  const { provider, endpoint, model } = candidate;
  const adapter = parts.adapters[provider.kind];
  const seen = new Seen(call.request.maxTokens);
  const started = performance.now();
  const controller = new AbortController();
  const ownSignal = AbortSignal.any([signal, controller.signal]);
  const watchdog = new Watchdog(limitsFor(call, candidate, estimatedInput), (error) => controller.abort(error), clock);
  const guard = guardFetch({
    fetch: parts.fetch,
    origin: endpoint.origin,
    query: provider.query,
    signal: ownSignal,
    limits: call.limits,
    watch: parts.watchSending,
    onSending: { connecting: () => watchdog.connecting(), sent: () => watchdog.connected() },
    onHeaders() {
      seen.headersMs ??= performance.now() - started;
      watchdog.headers();
    },
    ...lineCheckOf(adapter, candidate, seen),
    checkHeaders: provider.runsHere ? (headers) => passedOnBy(headers, candidate, seen) : undefined,
  });
  const settleAs = async (outcome: AttemptEnd['outcome'], failure: Failure | null): Promise<AttemptEnd> => {
    await eventLoop.yieldIfBusy();
    const price = await priceOf(parts, candidate, seen);
    seen.waitedMs = performance.now() - started;
    const end = endOf({ call, candidate, seen, guard, estimatedInput }, price, outcome, failure);
    await settle(parts, attemptId, started, end);
    if (end.failure?.kind === 'context-length')
      MODEL_WINDOWS.learn(endpoint.baseUrl, model.model, end.failure.sizes?.window);
    if (end.outcome === 'cancelled') leave.withdrawn();
    else if (end.failure) leave.failed(end.failure);
    else leave.succeeded(end.ttftMs);
    // A model that answers is well, whether the caller can use the answer or not.
    if (end.outcome !== 'cancelled') parts.report(model, end.failure?.kind === 'unusable' ? null : end.failure);
    const list = listPrice(price);
    if (seen.nanoUsd !== undefined && list && !end.usageEstimated)
      parts.compareCost?.(model, seen.nanoUsd, costOf(end.usage, list));
    return end;
  };
  let failure: Failure | null = null;
  let complete = false;
  try {
    const wire = {
      baseUrl: endpoint.baseUrl,
      apiKey: candidate.apiKey ?? null,
      headers: candidate.headers,
      keepAlive: provider.keepAlive,
      standsFor: candidate.standsFor,
      request: provider.request,
      debug: parts.debug,
      fetch: guard.fetch,
    };
    await eventLoop.yieldIfBusy();
    for await (const event of adapter.stream(model.model, call.request, wire, ownSignal)) {
      const turn = eventLoop.yieldIfBusy();
      if (turn) await turn;
      if (ownSignal.aborted) break;
      if (event.kind === 'text' || event.kind === 'reasoning') {
        watchdog.token();
        seen.token(event, performance.now() - started);
        if (!call.accept) yield event;
        else if (event.kind === 'text') call.onDraft?.(seen.text);
        if (seen.isTooLong) break;
      } else if (event.kind === 'tool-text') {
        watchdog.token();
        seen.toolToken(event.text, performance.now() - started);
        if (seen.isTooLong) break;
      } else if (event.kind === 'tool-call') {
        seen.calls++;
        yield event;
      } else if (event.kind === 'rethought') {
        seen.rethink();
        if (!call.accept) yield event;
        else call.onDraft?.('');
      } else seen.note(event);
    }
    complete = true;
  } catch (error) {
    const secrets = [candidate.apiKey, ...Object.values(candidate.headers)];
    failure = withoutSecrets(guard.failure() ?? failureOfError(error), secrets);
    complete = true;
  } finally {
    watchdog.stop();
    controller.abort(controller.signal.reason ?? undefined);
    // Reached with `complete` unset only when the consumer has left the loop: it was canceled, or has what it wanted.
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
  if (call.accept && end.outcome !== 'done' && seen.text) call.onDraft?.('');
  if (call.accept && end.outcome === 'done' && seen.text) yield { kind: 'text', text: seen.text };
  return end;
}

/** An own machine may read this many tokens of a prompt in a second, and no more. */
const SLOW_READING = 20;

/** A long prompt takes an own machine its time before anything of the answer can come. */
function limitsFor(
  { limits, task }: ModelCall,
  { provider, silentMs }: ReadyCandidate,
  inputTokens: number,
): CallLimits {
  if (silentMs !== undefined) return { ...limits, headersMs: Math.max(1, limits.headersMs - silentMs) };
  if (provider.kind !== 'ollama' || task === 'completion') return limits;
  const readMs = (inputTokens / SLOW_READING) * 1_000;
  const { headersMs, firstTokenMs, attemptMs } = limits;
  return {
    ...limits,
    headersMs: Math.max(headersMs, readMs),
    firstTokenMs: Math.max(firstTokenMs, readMs),
    attemptMs: Math.max(attemptMs, attemptMs + readMs - headersMs),
  };
}

/** What the adapter finds in a line counts at once: an answer from a place that no one agreed to ends with its first. */
function lineCheckOf(
  adapter: ProviderAdapter,
  candidate: ReadyCandidate,
  seen: Seen,
): Pick<GuardOptions, 'checkLine' | 'cleanLine'> {
  if (!adapter.checkLine) return {};
  return {
    cleanLine: adapter.cleanLine?.bind(adapter),
    checkLine(line) {
      const { failure, passedOnTo } = adapter.checkLine?.(line) ?? {};
      if (passedOnTo === undefined || passedOnTo === seen.passedOnTo) return failure;
      seen.passedOnTo = passedOnTo;
      return candidate.passedOn(passedOnTo) ?? failure;
    },
  };
}

/** A server that is said to run its models itself, and whose answer says that it is a gateway: that counts from now on. */
function passedOnBy(headers: Headers, candidate: ReadyCandidate, seen: Seen): Failure | undefined {
  if (!saysGateway(headers)) return undefined;
  seen.passedOnTo = candidate.endpoint.origin;
  return candidate.passedOn(candidate.endpoint.origin) ?? undefined;
}

/** Characters after which the tokens of an answer are counted on. */
const COUNTED_AT_ONCE = 256;

/** An estimate of tokens may lie above the truth by this factor. */
const ESTIMATES_HIGH = 1.5;

/** More characters than tokens have on average in any text, indentation included. */
const MOST_CHARACTERS = 8;

/** What has been seen of an answer so far. */
class Seen {
  text = '';
  reasoning = '';
  /** Names and arguments of tool calls, and how many calls are whole. */
  toolText = '';
  calls = 0;
  usage: Usage | null = null;
  doubtful = false;
  unpriced = false;
  nanoUsd: number | undefined;
  model: string | null = null;
  /** How the server said that the answer ended; null when it did not say so. */
  finish: EndReason | null = null;
  /** The reason in the server's own spelling. */
  saidReason: string | undefined;
  /** What the model wrote after its answer, and whether the server wrote on unread. */
  dropped = '';
  left = false;
  ttftMs: number | null = null;
  /** From sending to the response's headers, in ms. */
  headersMs: number | null = null;
  /** The provider behind a gateway that the gateway says served the answer. */
  servedBy: string | null = null;
  /** How long the attempt took, in ms; known when it has ended. */
  waitedMs = 0;
  /** The service tier that the server says served the answer, such as `flex`. */
  servedTier: string | undefined;
  /** Origin of the server that the answer really comes from; null where it comes from the one that was asked. */
  passedOnTo: string | null = null;
  readonly #maxTokens: number;
  #pieces = 0;
  /** Estimated tokens of what arrived, and the end of it that is not counted yet. */
  #tokens = 0;
  #uncounted = '';

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  get answered(): boolean {
    return Boolean(this.text || this.reasoning || this.calls);
  }

  /**
   * The server goes on far beyond what was allowed. Pieces alone do not tell: some gateways send a piece for each
   * character. What arrived must be more tokens than that as well, or more characters than so many tokens can have.
   */
  get isTooLong(): boolean {
    if (this.#pieces <= this.#maxTokens + 16) return false;
    return this.#tokens > ESTIMATES_HIGH * this.#maxTokens || this.#pieces > MOST_CHARACTERS * this.#maxTokens;
  }

  /** Counts a piece, and the tokens of what has arrived, by and by. */
  #count(text: string, atMs: number): void {
    this.ttftMs ??= atMs;
    this.#pieces++;
    // What goes on has not ended.
    this.finish = null;
    this.#uncounted += text;
    if (this.#uncounted.length < COUNTED_AT_ONCE) return;
    this.#tokens += estimateTokens(this.#uncounted);
    this.#uncounted = '';
  }

  token(event: { kind: 'text' | 'reasoning'; text: string }, atMs: number): void {
    this.#count(event.text, atMs);
    if (event.kind === 'text') this.text += event.text;
    else this.reasoning += event.text;
  }

  toolToken(text: string, atMs: number): void {
    this.#count(text, atMs);
    this.toolText += text;
  }

  /** What was text so far was a thought. */
  rethink(): void {
    this.reasoning += this.text;
    this.text = '';
  }

  /** The reason as the ledger knows reasons. */
  get finishReason(): FinishReason | null {
    if (this.isTooLong && this.finish === null) return 'length';
    return this.finish === 'failed' || this.finish === 'unknown' ? null : this.finish;
  }

  /** Later figures replace earlier ones: some providers report cumulatively, and all of them say the truth last. */
  note(event: Exclude<ProviderEvent, { text: string } | { kind: 'rethought' } | { kind: 'tool-call' }>): void {
    switch (event.kind) {
      case 'model':
        this.model = event.model;
        break;
      case 'served':
        this.servedBy = event.by;
        break;
      case 'finish':
        this.finish = event.reason;
        this.saidReason = event.said;
        this.left = event.left ?? false;
        this.dropped = event.dropped ?? '';
        break;
      case 'usage':
        this.doubtful = event.doubtful ?? false;
        this.unpriced = event.unpriced ?? false;
        this.usage = event.usage;
        this.nanoUsd = event.nanoUsd ?? this.nanoUsd;
        this.servedTier = event.servedTier ?? this.servedTier;
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
    if (this.finish === 'failed') return { kind: 'server-error', detail: cleanDetail(this.saidReason ?? '') };
    if (this.finish === 'unknown') return { kind: 'unknown-end', detail: cleanDetail(this.saidReason ?? '') };
    if (this.text || this.calls > 0) return null;
    if (this.finish === 'tool-calls') return { kind: 'no-text' };
    if (this.reasoning && (this.finish === 'length' || this.isTooLong)) return { kind: 'thought-limit' };
    return { kind: 'empty' };
  }
}

/** What is known of an attempt when it has ended. */
interface Known {
  readonly call: ModelCall;
  readonly candidate: ReadyCandidate;
  readonly seen: Seen;
  readonly guard: GuardedFetch;
  readonly estimatedInput: number;
}

function endOf(
  { call, candidate, seen, guard, estimatedInput }: Known,
  price: Price | undefined,
  outcome: AttemptEnd['outcome'],
  failure: Failure | null,
): AttemptEnd {
  // A model that infills may well find that nothing is missing.
  const emptyInfill = call.request.kind === 'fim' && failure?.kind === 'empty' && seen.finish === 'stop';
  const billable = guard.sent() && !wasRefused(failure, guard);
  const leftByUs = outcome === 'cancelled' || outcome === 'done' || failure?.kind === 'timeout';
  const bill = billOf({ call, candidate, seen, estimatedInput, billable, leftByUs }, price);
  const isOther = seen.model !== null && !isSameModel(candidate.model.model, seen.model, candidate.standsFor);
  const isUnusable = failure?.kind === 'unusable';
  const maybeBilled = outcome !== 'done' && billable && !costsNothing(price);
  return {
    outcome: emptyInfill ? 'done' : outcome,
    failure: emptyInfill ? null : failure,
    finish: seen.finishReason,
    modelReturned: seen.model,
    usage: bill.usage,
    usageEstimated: bill.estimated,
    cost: bill.cost,
    shadowNanoUsd: bill.shadowNanoUsd,
    ttftMs: seen.ttftMs,
    headersMs: seen.headersMs,
    servedBy: seen.servedBy,
    digest: candidate.digest?.() ?? null,
    visible: !call.accept && seen.answered,
    answered: seen.answered,
    sent: guard.sent(),
    note: bill.doubtful
      ? 'doubtful-usage'
      : isOther
        ? 'other-model'
        : isUnusable
          ? 'unusable'
          : maybeBilled
            ? 'maybe-billed'
            : seen.finish === 'stop' && seen.saidReason === undefined
              ? 'no-reason'
              : null,
    rejectedText: isUnusable && seen.text ? seen.text : null,
  };
}

/** What the server turned away by its status, and what is no model, costs nothing. */
const wasRefused = (failure: Failure | null, guard: GuardedFetch): boolean =>
  failure?.kind === 'not-a-model' ||
  failure?.kind === 'proxy' ||
  failure?.kind === 'wrong-path' ||
  (failure?.status !== undefined && failure.status >= 300 && !guard.accepted());

async function settle(parts: AttemptParts, attemptId: string, started: number, end: AttemptEnd): Promise<void> {
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
    note: end.note,
    servedBy: end.servedBy,
    digest: end.digest,
    headersMs: end.headersMs === null ? null : Math.round(end.headersMs),
    shadowNanoUsd: end.shadowNanoUsd,
  };
  await parts.ledger.settle(row);
}
