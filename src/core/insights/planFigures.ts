import { t } from '@vscode/l10n';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import type { Plan } from '../money/plans.ts';
import { sumGroups } from './insightFigures.ts';
import { displayMoney, type FormatMoney } from '../money/displayMoney.ts';

/** Flat monthly plans beside what their calls would have cost by list price. */

export interface PlanFigures extends Plan {
  /** Calls of the period that the plan paid for, or whose price is unknown. */
  readonly calls: number;
  /** Nano-USD by list price; 0 also where no list price is known. */
  readonly shadowNanoUsd: number;
}

/** @param totals of the period, with models as `provider/model` */
export const planFigures = (totals: readonly GroupTotal[], plans: readonly Plan[]): readonly PlanFigures[] =>
  plans.map((plan) => {
    const { calls, shadowNanoUsd } = sumGroups(totals.filter(({ model }) => model.startsWith(`${plan.provider}/`)));
    return { ...plan, calls, shadowNanoUsd };
  });

/** `Plan zai, $3.00 a month: by list price, its calls would have cost $7.20.` */
export function describePlan(
  { provider, nanoUsd, calls, shadowNanoUsd }: PlanFigures,
  money: FormatMoney = displayMoney,
): string {
  const plan = t('Plan {0}, {1} a month', provider, money(nanoUsd));
  if (calls === 0) return t('{0}: no calls.', plan);
  return shadowNanoUsd > 0
    ? t('{0}: by list price, its calls would have cost {1}.', plan, money(shadowNanoUsd))
    : t('{0}: the list price of its models is unknown.', plan);
}
