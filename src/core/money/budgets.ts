import { t } from '@vscode/l10n';
import type { Spending, SpendingLimit } from '../ledger/ledger.ts';
import { formatUsd } from './pricing.ts';
import type { BudgetFigures } from '../common/failures.ts';
import type { Tier } from '../common/types.ts';

/** Budgets: what the user is ready to spend in a period, and what happens near and at that amount. */

export const BUDGET_PERIODS = ['day', 'week', 'month'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** At the amount: `ask` lets the user send anyway, `refuse` does not, `warn` only tells. */
export const BUDGET_STOPS = ['ask', 'refuse', 'warn'] as const;
type BudgetStop = (typeof BUDGET_STOPS)[number];

export interface Budget {
  readonly usd: number;
  readonly period: BudgetPeriod;
  /** Only this tier; undefined: all. */
  readonly tier?: Tier | undefined;
  /** Only the workspace whose first folder has this URI; undefined: all. */
  readonly workspace?: string | undefined;
  /** Share of the amount, 0 to 1, from which on it is shown as nearly used up. */
  readonly warnAt: number;
  readonly stop: BudgetStop;
}

/** A budget with the limit that it means right now. */
export interface BudgetLimit {
  readonly budget: Budget;
  readonly limit: SpendingLimit;
}

export interface BudgetState extends BudgetLimit {
  readonly spending: Spending;
  readonly level: 'ok' | 'near' | 'over';
}

/** Start of the period that `now` lies in, in ms since the epoch, by the user's own calendar; weeks begin on Monday. */
export function budgetStart(period: BudgetPeriod, now: number): number {
  const date = new Date(now);
  const midnight = (day: number): number => new Date(date.getFullYear(), date.getMonth(), day).getTime();
  switch (period) {
    case 'day':
      return midnight(date.getDate());
    case 'week':
      return midnight(date.getDate() - ((date.getDay() + 6) % 7));
    case 'month':
      return midnight(1);
  }
}

export const limitOf = (budget: Budget, now: number): SpendingLimit => ({
  since: budgetStart(budget.period, now),
  tier: budget.tier ?? null,
  workspace: budget.workspace ?? null,
  nanoUsd: Math.round(budget.usd * 1e9),
});

/** The budgets that a call of this tier in this workspace must keep. */
export const budgetsFor = (
  budgets: readonly Budget[],
  tier: Tier,
  workspace: string | null,
  now: number,
): readonly BudgetLimit[] =>
  budgets
    .filter(
      (budget) =>
        (budget.tier === undefined || budget.tier === tier) &&
        (budget.workspace === undefined || budget.workspace === workspace),
    )
    .map((budget) => ({ budget, limit: limitOf(budget, now) }));

export function budgetState({ budget, limit }: BudgetLimit, spending: Spending): BudgetState {
  const used = spending.spent + spending.reserved;
  const level = spending.spent >= limit.nanoUsd ? 'over' : used >= limit.nanoUsd * budget.warnAt ? 'near' : 'ok';
  return { budget, limit, spending, level };
}

/** Name under which the warning of a budget is claimed: once per period over all windows. */
export const warningName = ({ budget, limit }: BudgetLimit): string =>
  `budget ${[budget.usd, budget.period, budget.tier, budget.workspace, limit.since].join(' ')}`;

/** `$5.00 a day for frontier`. */
export function describeBudget({
  usd,
  period,
  tier,
  workspace,
}: Pick<Budget, 'usd' | 'period' | 'tier' | 'workspace'>): string {
  const amount = formatUsd(Math.round(usd * 1e9));
  const each = { day: t('{0} a day', amount), week: t('{0} a week', amount), month: t('{0} a month', amount) }[period];
  const forTier = tier ? t('{0} for {1}', each, tier) : each;
  return workspace ? t('{0} in {1}', forTier, decodeURIComponent(workspace.split('/').pop() || workspace)) : forTier;
}

/** `$4.20 spent, $0.30 held back for calls under way`. */
export const describeSpending = ({ spent, reserved }: Pick<Spending, 'spent' | 'reserved'>): string =>
  reserved > 0
    ? t('{0} spent, {1} reserved for calls in progress', formatUsd(spent), formatUsd(reserved))
    : t('{0} spent', formatUsd(spent));

/** The figures of a budget that a call would break, to be kept and worded later. */
export const budgetFigures = (
  { budget: { usd, period, tier, workspace }, limit }: BudgetLimit,
  { spent, reserved }: Spending,
  needed: number,
): BudgetFigures => ({
  usd,
  period,
  ...(tier ? { tier } : {}),
  ...(workspace ? { workspace } : {}),
  limit: limit.nanoUsd,
  spent,
  reserved,
  needed,
});

/** Why a call does not go out: the budget, what is spent, what is held back, and what the call may need. */
export function describeOverBudget(figures: BudgetFigures): string {
  const { limit, spent, reserved, needed } = figures;
  const left = Math.max(0, limit - spent - reserved);
  return t(
    'Budget {0}: {1}, {2} left. This may cost up to {3}.',
    describeBudget(figures),
    describeSpending(figures),
    formatUsd(left),
    formatUsd(needed),
  );
}

/**
 * What the month will have cost at its end: what is spent, and for each day left the average of the last 7 days.
 * Undefined in the first days, when there is nothing to go by.
 *
 * @param month nano-USD since the month began
 * @param week nano-USD of the last 7 days, today included
 */
export function forecastMonth(month: number, week: number, now: number): number | undefined {
  const date = new Date(now);
  const days = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  const passed = date.getDate() - 1 + (now - budgetStart('day', now)) / 86_400_000;
  if (passed < 3 || month === 0) return undefined;
  return Math.round(month + (week / 6.5) * Math.max(0, days - passed));
}
