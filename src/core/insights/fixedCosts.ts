import type { TimeSpan } from '../common/types.ts';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import type { Plan } from '../money/plans.ts';
import { isQuestion, sumGroups } from './insightFigures.ts';

/** What the user pays beside single calls: flat monthly plans, and the hours of an own machine. */

/** Nano-USD of a period. */
export interface FixedCosts {
  /** Fees by the name of the provider. */
  readonly plans: ReadonlyMap<string, number>;
  /** The own machine, for the time that it took to answer questions. */
  readonly machine: number;
}

export const NO_FIXED_COSTS: FixedCosts = { plans: new Map(), machine: 0 };

/**
 * The fees of plans for a period, by its part of each calendar month: half of June is half of a monthly fee.
 *
 * @returns nano-USD by provider
 */
export function planFees(plans: readonly Plan[], { since, until }: TimeSpan): ReadonlyMap<string, number> {
  let months = 0;
  for (let start = monthOf(since); start < until;) {
    const end = monthAfter(start);
    months += Math.max(0, Math.min(until, end) - Math.max(since, start)) / (end - start);
    start = end;
  }
  return new Map(plans.map(({ provider, nanoUsd }) => [provider, Math.round(nanoUsd * months)]));
}

const monthOf = (time: number): number => {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime();
};

const monthAfter = (start: number): number => {
  const date = new Date(start);
  return new Date(date.getFullYear(), date.getMonth() + 1, 1).getTime();
};

/** Whether calls of a group ran on the user's own machine: those of the local tier that cost nothing. */
export const isOwnMachine = ({ tier, nanoUsd, unknown, shadowNanoUsd }: GroupTotal): boolean =>
  tier === 'local' && nanoUsd === 0 && unknown === 0 && shadowNanoUsd === 0;

/** What an own machine cost for the questions of a period, in nano-USD. @param hourly nano-USD */
export const machineCost = (hourly: number, totals: readonly GroupTotal[]): number =>
  Math.round(
    (hourly * sumGroups(totals.filter((total) => isQuestion(total) && isOwnMachine(total))).durationMs) / 3_600_000,
  );

/** All fixed costs together. */
export const allFixed = ({ plans, machine }: FixedCosts): number => sum(plans.values()) + machine;

/** The fees of the plans that any of these models, as `provider/model`, is in. */
export const feesOf = ({ plans }: FixedCosts, models: readonly string[]): number =>
  sum(
    [...plans].filter(([provider]) => models.some((model) => model.startsWith(`${provider}/`))).map(([, fee]) => fee),
  );

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((all, one) => all + one, 0);
