import type { BudgetLimit } from '../money/budgets.ts';
import { mostOf, type Price } from '../money/pricing.ts';
import type { Spending } from '../ledger/ledger.ts';
import { estimateRequestTokens, mostRequestTokens } from '../common/tokens.ts';
import type { ModelRequest } from '../common/types.ts';
import { LIKELY_OUTPUT } from './call.ts';

/**
 * What a call under a budget reserves: a long answer for the length of the question, not the longest possible one. The
 * request limits the answer to the reserved tokens, so a budget that refuses is never exceeded.
 */
export interface Reservation {
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  /** The most that the call can cost, in nano-USD. */
  readonly nanoUsd: number;
}

/** An answer is at most so many times as long as the likely one; a longer one is cut, and the user can go on with it. */
const LONG = 6;
/** With less room than for so many likely answers, another tier is the better choice. */
const LEAST = 2;
/** Part of the input that is likely to come back in the answer, as code that was changed. */
const SHARE_OF_INPUT = 0.25;

/** Most tokens that the answer to a request may have under a budget. */
export const answerBound = (request: ModelRequest): number =>
  Math.min(request.maxTokens, LONG * Math.round(LIKELY_OUTPUT + SHARE_OF_INPUT * estimateRequestTokens(request)));

/** Fewest tokens of an answer for which a call is made under a budget. */
const leastAnswer = (request: ModelRequest): number => Math.min(answerBound(request), LEAST * LIKELY_OUTPUT);

/** What a call costs at most, by the length of its answer in tokens; null: the price is unknown. */
function costOf(request: ModelRequest, price: Price | undefined): (maxTokens: number) => number | null {
  const input = mostRequestTokens(request);
  return (maxTokens) => mostOf(input, maxTokens, price);
}

/**
 * The reservation of a call: as much as a long answer needs, or less where less is left.
 *
 * @param room what the budgets have left, in nano-USD
 * @param bound most tokens of the answer, where not by the length of the question
 * @returns undefined where the call does not fit, or its price is unknown
 */
export function reservationFor(
  request: ModelRequest,
  price: Price | undefined,
  room: number,
  bound: number = answerBound(request),
): Reservation | undefined {
  const cost = costOf(request, price);
  const fits = (maxTokens: number): number | undefined => {
    const nanoUsd = cost(maxTokens);
    return nanoUsd !== null && nanoUsd <= room ? nanoUsd : undefined;
  };
  const whole = fits(bound);
  if (whole !== undefined) return { maxTokens: bound, nanoUsd: whole };
  let low = leastAnswer(request);
  if (fits(low) === undefined) return undefined;
  // The cost grows with the length: the longest answer that fits lies between the two.
  let high = bound;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle) === undefined) high = middle;
    else low = middle;
  }
  return { maxTokens: low, nanoUsd: fits(low) ?? 0 };
}

/** What is left of the budget that has the least left, in nano-USD, never below 0; Infinity without a budget. */
export const roomIn = (limits: readonly BudgetLimit[], spending: readonly Spending[]): number =>
  Math.max(
    0,
    Math.min(
      ...limits.map(({ limit }, i) => limit.nanoUsd - (spending[i]?.spent ?? 0) - (spending[i]?.reserved ?? 0)),
      Infinity,
    ),
  );

/** Why the budgets of a tier do not let a request through. Amounts in nano-USD. */
export interface Shortage {
  readonly left: number;
  /** What the call could cost with a long answer; null: the price is unknown. */
  readonly needed: number | null;
}

/**
 * Why the budgets of a tier do not let a request through; null when one of its models can be asked: the gateway goes on
 * to the next model of the chain by itself.
 *
 * @param prices of the models of the tier, in their order; undefined: unknown
 * @param room what the stopping budgets of the tier have left, in nano-USD; Infinity: there is none
 */
export function shortageOf(
  request: ModelRequest,
  prices: readonly (Price | undefined)[],
  room: number,
): Shortage | null {
  const most = (price: Price | undefined): number | null => costOf(request, price)(answerBound(request));
  const canBeAsked = (price: Price | undefined): boolean =>
    most(price) === 0 || reservationFor(request, price, room) !== undefined;
  if (room === Infinity || prices.length === 0 || prices.some(canBeAsked)) return null;
  return { left: room, needed: most(prices[0]) };
}
