import { t } from '@vscode/l10n';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import { type Price } from '../money/pricing.ts';
import type { Tier } from '../common/types.ts';
import { allFixed, feesOf, NO_FIXED_COSTS, type FixedCosts } from './fixedCosts.ts';
import { isQuestion, repriced, sumGroups } from './insightFigures.ts';
import { displayMoney, type FormatMoney } from '../money/displayMoney.ts';

/**
 * What one model for everything would have cost, for the hover of the meter and for Insights. Only questions count: no
 * user would have ghost text from the frontier model.
 */

/** The questions of a period at the price of one tier, in nano-USD. */
export interface Comparison {
  readonly nanoUsd: number;
  /** What was paid for them. */
  readonly paid: number;
}

/**
 * The same tokens at the price of a tier's model, as the settings have it. What that tier answered is taken as it was. Fixed costs count on both sides: all
 * of them were paid, and one model for everything would need the plan that it, or what that tier asked, is in.
 *
 * @param model `provider/model` that everything is compared with
 */
export function compareWith(
  tier: Tier,
  { model, price }: { readonly model: string; readonly price: Price },
  totals: readonly GroupTotal[],
  fixed: FixedCosts = NO_FIXED_COSTS,
): Comparison {
  const asked = totals.filter(isQuestion);
  const ofTier = asked.filter((total) => total.tier === tier);
  const own = sumGroups(ofTier);
  const others = sumGroups(asked.filter((total) => total.tier !== tier));
  const fees = feesOf(fixed, [model, ...ofTier.map((total) => total.model)]);
  return {
    nanoUsd: own.nanoUsd + repriced(others, price) + fees,
    paid: own.nanoUsd + others.nanoUsd + allFixed(fixed),
  };
}

/** The comparison in a sentence; undefined when it would not have cost more. */
export function describeComparison(
  { model, nanoUsd, paid }: Comparison & { readonly model: string },
  money: FormatMoney = displayMoney,
): string | undefined {
  if (nanoUsd <= paid) return undefined;
  return t(
    "This month's questions would have cost {1} at {0}'s price: you saved {2}.",
    model,
    money(nanoUsd),
    money(nanoUsd - paid),
  );
}
