import { t } from '@vscode/l10n';
import { formatSum, tierName, type MeterFigures } from '../insights/figures.ts';
import type { LedgerRow } from '../ledger/ledger.ts';
import { describeBudget } from '../money/budgets.ts';
import { formatUsd } from '../money/pricing.ts';
import { displayMoney } from '../money/displayMoney.ts';
import { plural } from '../common/language.ts';
import { TIERS, type Tier } from '../common/types.ts';

/** What `@gearshift` and the tool for agents say of money. All figures come from the ledger. */

/** What today cost, by tier, as Markdown. */
export function describeToday({ today }: Pick<MeterFigures, 'today'>): string {
  if (today.all.calls === 0) return t('You asked nothing today.');
  const lines = TIERS.flatMap((tier) => {
    const sum = today.byTier.get(tier);
    return sum
      ? [
          `- ${tierName(tier)}: ${formatSum(sum)} (${plural(sum.calls, t('{0} request', sum.calls), t('{0} requests', sum.calls))})`,
        ]
      : [];
  });
  return [t('Today: **{0}**', formatSum(today.all)), '', ...lines].join('\n');
}

/**
 * What the last conversation of VS Code's chat cost, by agent, as Markdown; empty without any.
 *
 * @param rows newest first
 */
export function describeConversation(rows: readonly LedgerRow[]): string {
  const conversation = rows.find((row) => row.conversation !== null)?.conversation;
  if (conversation === undefined || conversation === null) return '';
  const stages = new Map<
    string,
    { requests: number; nanoUsd: number; input: number; cached: number; unknown: boolean }
  >();
  for (const row of rows) {
    if (row.conversation !== conversation) continue;
    const name = row.stage ?? '';
    const sum = stages.get(name) ?? { requests: 0, nanoUsd: 0, input: 0, cached: 0, unknown: false };
    sum.requests += 1;
    sum.nanoUsd += row.settled?.cost.nanoUsd ?? 0;
    sum.unknown ||= row.settled?.cost.source === 'unknown';
    const { input = 0, cacheRead = 0, cacheWrite = 0 } = row.settled?.usage ?? {};
    sum.input += input + cacheRead + cacheWrite;
    sum.cached += cacheRead;
    stages.set(name, sum);
  }
  const lines = [...stages].map(([stage, { requests, nanoUsd, input, cached, unknown }]) => {
    const share = input > 0 ? Math.round((100 * cached) / input) : 0;
    const cost = `${displayMoney(nanoUsd)}${unknown ? ' + ?' : ''}`;
    const counted = plural(
      requests,
      t('{0} request, {1}% of the input from the cache', requests, share),
      t('{0} requests, {1}% of the input from the cache', requests, share),
    );
    return `- ${stage}: ${cost} (${counted})`;
  });
  return [t('The last conversation:'), '', ...lines].join('\n');
}

/** What is left of each budget, as Markdown. */
export function describeLeft({ budgets }: Pick<MeterFigures, 'budgets'>): string {
  if (budgets.length === 0) return t('No budget is set.');
  return budgets
    .map(({ budget, limit, spending }) => {
      const left = Math.max(0, limit.nanoUsd - spending.spent - spending.reserved);
      return `- ${t('{0}: **{1}** left', describeBudget(budget), formatUsd(left))}`;
    })
    .join('\n');
}

/** What an agent gets to know of money, as JSON: amounts in USD. */
export interface BudgetReport {
  readonly spentTodayUsd: number;
  /** The least that is left of a budget; null without any. */
  readonly leftUsd: number | null;
  readonly budgets: readonly { readonly budget: string; readonly leftUsd: number; readonly tier: Tier | 'all' }[];
  readonly advice: string;
}

/** Below this share of a budget an agent is told to be sparing. */
const LITTLE = 0.2;

export function budgetReport({ today, budgets }: Pick<MeterFigures, 'today' | 'budgets'>): BudgetReport {
  const all = budgets.map(({ budget, limit, spending }) => ({
    budget: describeBudget(budget),
    leftUsd: Math.max(0, limit.nanoUsd - spending.spent - spending.reserved) / 1e9,
    tier: budget.tier ?? ('all' as const),
    isLittle: limit.nanoUsd - spending.spent - spending.reserved < limit.nanoUsd * LITTLE,
  }));
  return {
    spentTodayUsd: today.all.nanoUsd / 1e9,
    leftUsd: all.length > 0 ? Math.min(...all.map(({ leftUsd }) => leftUsd)) : null,
    budgets: all.map(({ budget, leftUsd, tier }) => ({ budget, leftUsd, tier })),
    // Models read it, not people.
    advice: all.some(({ isLittle }) => isLittle)
      ? 'Little is left. Finish with as few steps as possible, and hand routine work to the agent "Gearshift Build" on the model "Gearshift Mid", or to "Gearshift Local".'
      : 'Use "Gearshift Mid" for routine work; it costs a fraction of "Gearshift Frontier".',
  };
}
