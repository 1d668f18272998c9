import { t } from '@vscode/l10n';
import type { Usage } from '../common/types.ts';
import { displayMoney } from './displayMoney.ts';
import { priceTokens, type Price } from './pricing.ts';

/** What a call will likely cost, before it is made. */

/** That a flat monthly plan pays for a call. */
export interface InPlan {
  /** What its tokens would cost by list price, in nano-USD; null: the list price is unknown. */
  readonly shadowNanoUsd: number | null;
}

export interface LikelyCost {
  /** Null: the price is unknown. 0 also where a plan pays. */
  readonly nanoUsd: number | null;
  /** Absent where no plan pays. */
  readonly monthlyPlan?: InPlan | undefined;
}

/** The plan that pays for tokens at a price, with what they would cost by list price; undefined where none does. */
export const inPlan = (usage: Usage, price: Price | undefined): InPlan | undefined =>
  price?.source === 'plan' ? { shadowNanoUsd: priceTokens(usage, false, price.list).nanoUsd } : undefined;

export function likelyCost(usage: Usage, price: Price | undefined): LikelyCost {
  const monthlyPlan = inPlan(usage, price);
  return { nanoUsd: priceTokens(usage, false, price).nanoUsd, ...(monthlyPlan ? { monthlyPlan } : {}) };
}

/** `in plan (~$0.41)`; `in plan` where the list price is unknown. */
export const describeInPlan = ({ shadowNanoUsd }: InPlan): string =>
  shadowNanoUsd === null ? t('in plan') : t('in plan ({0})', `~${displayMoney(shadowNanoUsd)}`);

/** `about $0.02`, `in plan (~$0.02)`, `free`, `price unknown`. */
export function describeLikely({ nanoUsd, monthlyPlan }: LikelyCost): string {
  if (monthlyPlan) return describeInPlan(monthlyPlan);
  if (nanoUsd === null) return t('price unknown');
  return nanoUsd === 0 ? t('free') : t('about {0}', displayMoney(nanoUsd));
}

/** The two amounts of an estimate in words, `likely $0.02, at most $0.31`; undefined where the price is unknown. */
export function describeRange({
  likely,
  atMost,
  monthlyPlan,
}: {
  readonly likely: number | null;
  readonly atMost: number | null;
  readonly monthlyPlan?: InPlan | undefined;
}): string | undefined {
  if (monthlyPlan) return describeInPlan(monthlyPlan);
  if (likely === null || atMost === null) return undefined;
  return t('likely {0}, at most {1}', displayMoney(likely), displayMoney(atMost));
}
