import type { ModelCall } from './call.ts';
import type { CandidateParts, ReadyCandidate } from './resolveModel.ts';
import { mostRequestTokens, upperTokens } from '../common/tokens.ts';
import { NO_USAGE, type Cost, type Usage } from '../common/types.ts';
import type { EndReason } from '../providers/finishReasons.ts';
import { atServedTier, costOf, listPrice, priceTokens, type Price } from '../money/pricing.ts';

/** What one attempt is put on the ledger with: the provider's figures where they can be true, else an estimate. */

/** What has been seen of the answer, as far as it tells what it costs. */
interface SeenAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly toolText: string;
  readonly usage: Usage | null;
  readonly doubtful: boolean;
  readonly unpriced: boolean;
  /** The cost that the provider states. */
  readonly nanoUsd: number | undefined;
  readonly model: string | null;
  readonly finish: EndReason | null;
  /** What the model wrote after its answer, which is billed too. */
  readonly dropped: string;
  /** The server wrote on after the end, unread. */
  readonly left: boolean;
  readonly ttftMs: number | null;
  readonly waitedMs: number;
  readonly servedTier: string | undefined;
  readonly passedOnTo: string | null;
}

interface Attempt {
  readonly call: ModelCall;
  readonly candidate: ReadyCandidate;
  readonly seen: SeenAnswer;
  /** Tokens of the request, with the margin of `upperRequestTokens`. */
  readonly estimatedInput: number;
  /** The server got the request and did not turn it away. */
  readonly billable: boolean;
  /** We closed the connection, so the provider may have gone on without us. */
  readonly leftByUs: boolean;
}

export interface AttemptBill {
  readonly usage: Usage;
  readonly estimated: boolean;
  readonly doubtful: boolean;
  readonly cost: Cost;
  /** What the tokens would have cost by list price, where a flat plan pays for them; null: no plan, or unknown. */
  readonly shadowNanoUsd: number | null;
}

/** The price of the model that was asked, unless the one that answered is known to cost more. */
export async function priceOf(
  parts: Pick<CandidateParts, 'prices'>,
  { provider, model, price }: ReadyCandidate,
  seen: SeenAnswer,
): Promise<Price | undefined> {
  // The cost of a model is unknown that was taken for one of this machine.
  if (seen.passedOnTo !== null && price?.source === 'free') return undefined;
  if (seen.model === null || seen.model === model.model || !price || price.source === 'free') return price;
  const other = (await parts.prices.find(provider, seen.model))?.price;
  const [otherList, list] = [listPrice(other), listPrice(price)];
  if (!other || !otherList || other.source === 'free' || seen.usage === null) return price;
  return !list || costOf(seen.usage, otherList) > costOf(seen.usage, list) ? other : price;
}

/** What an attempt that has ended takes and costs. */
export function billOf(attempt: Attempt, price: Price | undefined): AttemptBill {
  const { seen, billable, candidate } = attempt;
  const estimate = billable ? estimateUsage(attempt, price) : NO_USAGE;
  const { usage, estimated, doubtful } = usageOf(attempt, estimate);
  const list = listPrice(price);
  const tier = list && atServedTier(list, seen.servedTier, new URL(candidate.endpoint.baseUrl).hostname);
  const computed = costOfEnd(usage, estimated || tier?.exact === false, tier?.price ?? list);
  const cost = statedCost(seen.nanoUsd, computed);
  return price?.source === 'plan'
    ? { usage, estimated, doubtful, cost: { nanoUsd: 0, source: 'plan' }, shadowNanoUsd: cost.nanoUsd }
    : { usage, estimated, doubtful, cost, shadowNanoUsd: null };
}

/** The stated cost. A zero is what gateways state of a model whose price they do not know: it counts where we know none. */
function statedCost(stated: number | undefined, computed: Cost): Cost {
  if (stated === undefined || (stated === 0 && computed.nanoUsd !== 0)) return computed;
  return { nanoUsd: stated, source: 'provider' };
}

/** A cost of nothing where nothing was taken, else that of the tokens. */
function costOfEnd(usage: Usage, estimated: boolean, price: Price | undefined): Cost {
  const nothing = usage.input + usage.cacheRead + usage.cacheWrite + usage.output === 0;
  if (nothing && price?.source !== 'free') return { nanoUsd: 0, source: 'computed' };
  return priceTokens(usage, !estimated, price);
}

/** The provider's figures where they can be true, else ours. Output above what was allowed is billed as it is. */
function usageOf(
  { call: { request }, seen: { usage, finish, left, doubtful, unpriced }, billable }: Attempt,
  estimate: Usage,
): { usage: Usage; estimated: boolean; doubtful: boolean } {
  if (!usage || usage.output > MOST_OUTPUT)
    return { usage: estimate, estimated: billable, doubtful: doubtful || usage !== null };
  // What is counted while the answer goes on is not yet all of it.
  if (finish === null || left)
    return { usage: { ...usage, output: Math.max(usage.output, estimate.output) }, estimated: true, doubtful };
  const tooMuch = usage.output > request.maxTokens || inputOf(usage) > mostRequestTokens(request) + HIDDEN_TOKENS;
  return { usage, estimated: doubtful || unpriced || tooMuch, doubtful: doubtful || tooMuch };
}

/** No model writes more tokens in one answer, thoughts included; a larger figure is a fault of the server. */
const MOST_OUTPUT = 1_000_000;

/** Instructions that a gateway may put before ours, in tokens. */
const HIDDEN_TOKENS = 10_000;

const inputOf = ({ input, cacheRead, cacheWrite }: Usage): number => input + cacheRead + cacheWrite;

/** Margin of an estimate of an answer that was cut: the share of what arrived, and the tokens that were on their way. */
const CUT_SHARE = 0.25;
const ON_THE_WAY_TOKENS = 16;

/** Thoughts that were not shown: after this wait for the first token, in ms, a model is taken to think at this rate. */
const PREFILL_MS = 5_000;
const HIDDEN_TOKENS_PER_SECOND = 50;

/**
 * Tokens that the provider did not count for us. Of an answer that ended by itself they are what arrived, by an
 * estimate that lies above the truth. Of one that was stopped, cut or timed out they are what arrived with a margin,
 * and thoughts that may have been written unseen before it. A provider that is known to write and bill an answer to its
 * end after the connection was closed may bill all that was allowed.
 */
function estimateUsage({ call, candidate, seen, estimatedInput, leftByUs }: Attempt, price: Price | undefined): Usage {
  const { maxTokens } = call.request;
  const reasoning = upperTokens(seen.reasoning);
  const arrived = upperTokens(seen.text) + upperTokens(seen.toolText) + upperTokens(seen.dropped) + reasoning;
  const usage = { ...NO_USAGE, input: estimatedInput, reasoning };
  // What a server writes beyond the limit without counting it is not paid for: the reservation holds.
  const bound = (tokens: number): number => Math.min(tokens, maxTokens);
  if ((seen.finish !== null && !seen.left) || price?.source === 'free') return { ...usage, output: bound(arrived) };
  if (leftByUs && billsOn(candidate)) return { ...usage, output: maxTokens };
  const waited = Math.max(0, (seen.ttftMs ?? seen.waitedMs) - PREFILL_MS) / 1000;
  const margin = arrived * CUT_SHARE + ON_THE_WAY_TOKENS + waited * HIDDEN_TOKENS_PER_SECOND;
  return { ...usage, output: bound(Math.ceil(arrived + margin)) };
}

/**
 * Providers that go on after the connection was closed, and bill the whole answer: OpenRouter's list of those that do
 * not support the cancellation of streams (openrouter.ai/docs, "Stream cancellation"). By host, and by the maker that
 * OpenRouter names before the model where the maker serves the model itself.
 */
const BILLING_ON_HOSTS = [
  'api.groq.com',
  'generativelanguage.googleapis.com',
  'aiplatform.googleapis.com',
  'api.mistral.ai',
  'api.perplexity.ai',
  'api.sambanova.ai',
  'api.ai21.com',
  'amazonaws.com',
];
const BILLING_ON_MAKERS = /^(google|mistralai|perplexity|amazon|ai21|minimax|inflection)\//;

function billsOn({ endpoint, model }: ReadyCandidate): boolean {
  const host = new URL(endpoint.baseUrl).hostname;
  if (host === 'openrouter.ai') return BILLING_ON_MAKERS.test(model.model);
  return BILLING_ON_HOSTS.some((each) => host === each || host.endsWith(`.${each}`));
}
