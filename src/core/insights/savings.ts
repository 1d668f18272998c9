import { t } from '@vscode/l10n';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import { formatUsd, type Price } from '../money/pricing.ts';
import type { Tier } from '../common/types.ts';
import { isQuestion, repriced, sumGroups } from './insightFigures.ts';
import type { FormatMoney } from './money.ts';

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

/** The same tokens at a tier's list price. What that tier answered is taken as it was. */
export function compareWith(tier: Tier, price: Price, totals: readonly GroupTotal[]): Comparison {
  const asked = totals.filter(isQuestion);
  const own = sumGroups(asked.filter((total) => total.tier === tier));
  const others = sumGroups(asked.filter((total) => total.tier !== tier));
  return { nanoUsd: own.nanoUsd + repriced(others, price), paid: own.nanoUsd + others.nanoUsd };
}

/** The comparison in a sentence; undefined when it would not have cost more. */
export function describeComparison(
  { model, nanoUsd, paid }: Comparison & { readonly model: string },
  money: FormatMoney = formatUsd,
): string | undefined {
  if (nanoUsd <= paid) return undefined;
  return t(
    "This month's questions would have cost {1} at {0}'s list price: {2} saved.",
    model,
    money(nanoUsd),
    money(nanoUsd - paid),
  );
}
