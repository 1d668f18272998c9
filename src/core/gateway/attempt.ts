import { t } from '@vscode/l10n';
import type { CallEvent, ModelCall } from './call.ts';
import type { CandidateParts, ReadyCandidate } from './resolveModel.ts';
import type { Leave } from './circuitBreaker.ts';
import type { Clock } from '../common/clock.ts';
import { ModelError, type Failure } from '../common/failures.ts';
import type { AttemptOpened, AttemptSettled, LedgerStore } from '../ledger/ledger.ts';
import { costOf, priceTokens, type Price } from '../money/pricing.ts';
import type { EndReason } from '../providers/finishReasons.ts';
import type { ProviderAdapter, ProviderEvent } from '../providers/provider.ts';
import { Watchdog } from './retry.ts';
import type { RowNote } from '../ledger/rowNotes.ts';
import { mostRequestTokens, upperTokens } from '../common/tokens.ts';
import { eventLoop } from '../common/eventLoop.ts';
import { NO_USAGE, type Cost, type FinishReason, type ModelRef, type Outcome, type Usage } from '../common/types.ts';
import { guardFetch, type GuardedFetch, type WatchSending } from '../providers/guardedFetch.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
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
  readonly ttftMs: number | null;
  /** Something of the answer was shown. */
  readonly visible: boolean;
  /** Something of the answer arrived. */
  readonly answered: boolean;
  readonly sent: boolean;
  readonly note: RowNote | null;
}

/** One HTTP request of an opened row, to its settlement, whatever happens in between. */
export async function* streamAttempt(
  parts: AttemptParts,
  clock: Clock,
  call: ModelCall,
  candidate: ReadyCandidate,
  { attemptId, estimatedInput }: AttemptOpened,
  leave: Leave,
  signal: AbortSignal,
): AsyncGenerator<CallEvent, AttemptEnd> {
  const { provider, endpoint, model } = candidate;
  const adapter = parts.adapters[provider.kind];
  const seen = new Seen(call.request.maxTokens);
  const started = performance.now();
  const controller = new AbortController();
  const ownSignal = AbortSignal.any([signal, controller.signal]);
  const watchdog = new Watchdog(call.limits, (error) => controller.abort(error), clock);
  const guard = guardFetch({
    fetch: parts.fetch,
    origin: endpoint.origin,
    signal: ownSignal,
    limits: call.limits,
    watch: parts.watchSending,
    onSending: { connecting: () => watchdog.connecting(), sent: () => watchdog.connected() },
    onHeaders: () => watchdog.headers(),
    ...lineCheckOf(adapter, candidate, seen),
  });
  const settleAs = async (outcome: AttemptEnd['outcome'], failure: Failure | null): Promise<AttemptEnd> => {
    await eventLoop.yieldIfBusy();
    const price = await priceOf(parts, candidate, seen);
    const end = endOf({ call, candidate, seen, guard, estimatedInput }, price, outcome, failure);
    await settle(parts, attemptId, started, end);
    if (end.outcome === 'cancelled') leave.withdrawn();
    else if (end.failure) leave.failed(end.failure);
    else leave.succeeded(end.ttftMs);
    if (end.outcome !== 'cancelled') parts.report(model, end.failure);
    if (seen.nanoUsd !== undefined && price && !end.usageEstimated)
      parts.compareCost?.(model, seen.nanoUsd, costOf(end.usage, price));
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
      query: provider.query,
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
        if (seen.isTooLong) break;
      } else if (event.kind === 'rethought') {
        seen.rethink();
        if (!call.accept) yield event;
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

/** What the adapter finds in a line counts at once: an answer from a place that nobody agreed to ends with its first. */
function lineCheckOf(
  adapter: ProviderAdapter,
  candidate: ReadyCandidate,
  seen: Seen,
): { checkLine?: (line: string) => Failure | undefined } {
  if (!adapter.checkLine) return {};
  return {
    checkLine(line) {
      const { failure, passedOnTo } = adapter.checkLine?.(line) ?? {};
      if (passedOnTo === undefined || passedOnTo === seen.passedOnTo) return failure;
      seen.passedOnTo = passedOnTo;
      return candidate.passedOn(passedOnTo) ?? failure;
    },
  };
}

/** The price of the model that was asked, unless the one that answered is known to be dearer. */
async function priceOf(parts: AttemptParts, candidate: ReadyCandidate, seen: Seen): Promise<Price | undefined> {
  const { provider, model, price } = candidate;
  // Nobody knows what a model costs that was taken for one of this machine.
  if (seen.passedOnTo !== null && price?.source === 'free') return undefined;
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
  unpriced = false;
  nanoUsd: number | undefined;
  model: string | null = null;
  /** How the server said that the answer ended; null when it did not say so. */
  finish: EndReason | null = null;
  /** The reason in the server's own spelling. */
  saidReason: string | undefined;
  ttftMs: number | null = null;
  /** Origin of the server that the answer really comes from; null where it comes from the one that was asked. */
  passedOnTo: string | null = null;
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
    // What goes on has not ended.
    this.finish = null;
    if (event.kind === 'text') this.text += event.text;
    else this.reasoning += event.text;
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
  note(event: Exclude<ProviderEvent, { text: string } | { kind: 'rethought' }>): void {
    switch (event.kind) {
      case 'model':
        this.model = event.model;
        break;
      case 'finish':
        this.finish = event.reason;
        this.saidReason = event.said;
        break;
      case 'usage':
        this.doubtful = event.doubtful ?? false;
        this.unpriced = event.unpriced ?? false;
        this.usage = event.usage;
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
    if (this.finish === 'failed') return { kind: 'server-error', detail: cleanDetail(this.saidReason ?? '') };
    if (this.finish === 'unknown') return { kind: 'unknown-end', detail: cleanDetail(this.saidReason ?? '') };
    if (this.text) return null;
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
  const estimate = billable ? estimateUsage(call, seen, estimatedInput) : NO_USAGE;
  const { usage, estimated, doubtful } = usageOf(call, seen, estimate, billable);
  const isOther = seen.model !== null && plainName(seen.model) !== plainName(candidate.model.model);
  const maybeBilled = outcome !== 'done' && billable;
  return {
    outcome: emptyInfill ? 'done' : outcome,
    failure: emptyInfill ? null : failure,
    finish: seen.finishReason,
    modelReturned: seen.model,
    usage,
    usageEstimated: estimated,
    cost:
      seen.nanoUsd !== undefined ? { nanoUsd: seen.nanoUsd, source: 'provider' } : costOfEnd(usage, estimated, price),
    ttftMs: seen.ttftMs,
    visible: !call.accept && seen.answered,
    answered: seen.answered,
    sent: guard.sent(),
    note: doubtful
      ? 'doubtful-usage'
      : isOther
        ? 'other-model'
        : maybeBilled
          ? 'maybe-billed'
          : seen.finish === 'stop' && seen.saidReason === undefined
            ? 'no-reason'
            : null,
  };
}

/** The provider's figures where they can be true, else ours. */
function usageOf(
  { request }: ModelCall,
  { usage, finish, doubtful, unpriced }: Seen,
  estimate: Usage,
  billable: boolean,
): { usage: Usage; estimated: boolean; doubtful: boolean } {
  if (!usage) return { usage: estimate, estimated: billable, doubtful };
  // What is counted while the answer goes on is not yet all of it.
  if (finish === null)
    return { usage: { ...usage, output: Math.max(usage.output, estimate.output) }, estimated: true, doubtful };
  // More than was allowed cannot be true, unless it has arrived.
  const most = Math.max(2 * request.maxTokens, estimate.output);
  const tooMuch = usage.output > request.maxTokens || inputOf(usage) > mostRequestTokens(request) + HIDDEN_TOKENS;
  return {
    usage: { ...usage, output: Math.min(usage.output, most) },
    estimated: doubtful || unpriced || tooMuch,
    doubtful: doubtful || tooMuch,
  };
}

/** Instructions that a gateway may put before ours, in tokens. */
const HIDDEN_TOKENS = 10_000;

const inputOf = ({ input, cacheRead, cacheWrite }: Usage): number => input + cacheRead + cacheWrite;

/** A model by its plain name: without its maker, its date and Ollama's default tag. */
const plainName = (model: string): string =>
  model
    .replace(/^.*\//, '')
    .replace(/:latest$/, '')
    .replace(/[-@]\d{4}-?\d\d-?\d\d$/, '');

/** What the server turned away by its status, and what is no model, costs nothing. */
const wasRefused = (failure: Failure | null, guard: GuardedFetch): boolean =>
  failure?.kind === 'not-a-model' ||
  failure?.kind === 'proxy' ||
  failure?.kind === 'wrong-path' ||
  (failure?.status !== undefined && failure.status >= 300 && !guard.accepted());

/**
 * Tokens that nobody counted for us, never below the truth. Of an answer that ended by itself they are what arrived,
 * with a margin. Any other may have gone on after we lost it, up to what it was allowed: providers bill that.
 */
function estimateUsage({ request }: ModelCall, seen: Seen, estimatedInput: number): Usage {
  const reasoning = upperTokens(seen.reasoning);
  const arrived = upperTokens(seen.text) + reasoning;
  const output = seen.finish === null ? request.maxTokens : Math.min(arrived, request.maxTokens);
  return { ...NO_USAGE, input: estimatedInput, output, reasoning };
}

function costOfEnd(usage: Usage, estimated: boolean, price: Price | undefined): Cost {
  const nothing = usage.input + usage.cacheRead + usage.cacheWrite + usage.output === 0;
  if (nothing && price?.source !== 'free') return { nanoUsd: 0, source: 'computed' };
  return priceTokens(usage, !estimated, price);
}

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
  };
  await parts.ledger.settle(row);
}
