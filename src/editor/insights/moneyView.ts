import { t } from '@vscode/l10n';
import { formatModelRef, TIERS, type TimeSpan } from '../../core/common/types.ts';
import { plural } from '../../core/common/language.ts';
import { taskName, tierName } from '../../core/insights/figures.ts';
import {
  isQuestion,
  sumGroups,
  type CostBar,
  type CostRow,
  type MoneyFigures,
} from '../../core/insights/insightFigures.ts';
import { withShadow, type FormatMoney } from '../../core/money/displayMoney.ts';
import { allFixed } from '../../core/insights/fixedCosts.ts';
import { describePlan, planFigures } from '../../core/insights/planFigures.ts';
import { compareWith } from '../../core/insights/savings.ts';
import { categoryName } from '../../core/ledger/categoryNames.ts';
import { foreignCurrency } from '../../core/common/displayCurrency.ts';
import { formatUsd } from '../../core/money/pricing.ts';
import { forecastMonth } from '../../core/money/budgets.ts';
import { plansOf } from '../../core/money/plans.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { ChartView, InsightsView, TableView } from '../../protocol/insightsView.ts';
import type { InsightsData, View } from './insightsData.ts';
import { percent } from './insightsWords.ts';

/** The money of a period in words, as a chart and as a table. */

export interface MoneyViewParts {
  readonly settings: Settings;
  readonly view: View;
  readonly language: string;
  /** Ms since the epoch. */
  readonly now: number;
}

export const moneyView = (data: InsightsData, parts: MoneyViewParts, money: FormatMoney): InsightsView['money'] => ({
  amount: amountOf(data.money, money),
  amountUsd: foreignCurrency(parts.settings.insights.currency) ? amountOf(data.money, formatUsd) : '',
  facts: moneyFacts(data, parts, money),
  chart: chartView(data.bars, parts.view, parts.language, money),
  table: costTable(data.money, money),
});

export function spanTitle({ since, until }: TimeSpan, kind: View['kind'], language: string): string {
  if (kind === 'month') return new Date(since).toLocaleDateString(language, { month: 'long', year: 'numeric' });
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  return new Intl.DateTimeFormat(language, day).formatRange(since, until - 1);
}

function amountOf({ nanoUsd, estimatedNanoUsd, unknown }: MoneyFigures, money: FormatMoney): string {
  const amount = `${estimatedNanoUsd > 0 ? '~' : ''}${money(nanoUsd)}`;
  return unknown > 0 ? `${amount} + ?` : amount;
}

function moneyFacts(data: InsightsData, parts: MoneyViewParts, money: FormatMoney): string[] {
  const { money: figures, totals, fixed } = data;
  const { settings, view, now } = parts;
  const facts: string[] = [];
  const { questions, nanoUsd } = figures;
  const asked = sumGroups(totals.filter(isQuestion));
  if (questions > 0)
    facts.push(
      plural(
        questions,
        t('{0} question, {1}', questions, money(asked.nanoUsd)),
        t('{0} questions, {1} each', questions, money(asked.nanoUsd / questions)),
      ),
    );
  if (figures.cachedShare > 0) facts.push(t('{0} of the input came from caches', percent(figures.cachedShare)));
  const plans = planFigures(totals, plansOf(settings.providers));
  for (const plan of plans) facts.push(describePlan(plan, money));
  const fees = [...fixed.plans.values()].reduce((sum, fee) => sum + fee, 0);
  if (fees > 0) facts.push(t('{0} of plan fees so far in this period, by its days', money(fees)));
  if (figures.unknown > 0)
    facts.push(
      plural(
        figures.unknown,
        t('{0} request of unknown cost not included', figures.unknown),
        t('{0} requests of unknown cost not included', figures.unknown),
      ),
    );
  if (figures.estimatedNanoUsd > 0) facts.push(t('{0} of it estimated', money(figures.estimatedNanoUsd)));
  if (view.kind === 'month' && view.back === 0) {
    // As the hover of the meter has it: at the rate of the last seven days.
    const week = data.bars.slice(-7).reduce((sum, bar) => TIERS.reduce((all, tier) => all + bar.nanoUsd[tier], sum), 0);
    const forecast = forecastMonth(nanoUsd, week, now);
    if (forecast !== undefined) facts.push(t('about {0} by the end of the month', money(forecast)));
  }
  if (questions > 0) facts.push(...savings(data, settings, money));
  const { machineHourlyCost } = settings.insights;
  const local = sumGroups(totals.filter(({ tier }) => tier === 'local'));
  if (machineHourlyCost > 0 && local.durationMs > 0) {
    const hours = local.durationMs / 3_600_000;
    facts.push(t('your own machine worked {0} h: {1}', hours.toFixed(1), money(hours * machineHourlyCost * 1e9)));
  }
  const { code, rate, date } = settings.insights.currency;
  if (code && rate) facts.push(t('1 USD = {0} {1}{2}', rate, code, date ? `, ${date}` : ''));
  return facts;
}

/** What the same tokens would have cost with one model for everything, at its price. */
function savings(
  { totals, tierPrices, fixed }: InsightsData,
  { tiers }: Settings,
  money: FormatMoney,
): readonly string[] {
  const against = (tier: 'frontier' | 'mid', words: (saved: number) => string): string[] => {
    const price = tierPrices[tier];
    const [first] = tiers[tier];
    if (!price || !first) return [];
    const { nanoUsd, paid } = compareWith(tier, { model: formatModelRef(first), price }, totals, fixed);
    const saved = words(nanoUsd - paid);
    return [allFixed(fixed) > 0 ? t('{0}; plan fees and your own machine counted', saved) : saved];
  };
  return [
    ...against('frontier', (saved) =>
      saved >= 0
        ? t('{0} saved compared with frontier for everything (same tokens)', money(saved))
        : t('frontier for everything would have cost {0} less (same tokens)', money(-saved)),
    ),
    ...against('mid', (saved) =>
      saved >= 0
        ? t('{0} saved compared with mid for everything (same tokens)', money(saved))
        : t('mid for everything would have cost {0} less (same tokens)', money(-saved)),
    ),
  ];
}

function chartView(bars: readonly CostBar[], view: View, language: string, money: FormatMoney): ChartView {
  const sums = bars.map(({ nanoUsd }) => TIERS.reduce((sum, tier) => sum + nanoUsd[tier], 0));
  const top = Math.max(0, ...sums);
  const short: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'numeric' };
  return {
    title: view.kind === 'week' ? t('Cost by week, eight weeks') : t('Cost by day'),
    top: money(top),
    bars: bars.map(({ span, nanoUsd }, index) => ({
      label: new Date(span.since).toLocaleDateString(language, short),
      title:
        view.kind === 'week'
          ? spanTitle(span, 'week', language)
          : new Date(span.since).toLocaleDateString(language, { dateStyle: 'medium' }),
      total: money(sums[index] ?? 0),
      parts: TIERS.filter((tier) => nanoUsd[tier] > 0).map((tier) => ({
        tier,
        share: top > 0 ? nanoUsd[tier] / top : 0,
        text: money(nanoUsd[tier]),
      })),
    })),
  };
}

/** Rows of a table; what is left out is the cheapest. */
export const MOST_ROWS = 20;

function costTable({ rows, others }: MoneyFigures, money: FormatMoney): TableView {
  return {
    caption: t('Questions by category and model, then all other calls'),
    columns: [t('Category'), t('Model'), t('Tier'), t('Count'), t('Cost'), t('Each')],
    empty: t('No calls in this period.'),
    rows: [...rows.slice(0, MOST_ROWS), ...others.slice(0, MOST_ROWS)].map((row) => costCells(row, money)),
  };
}

function costCells(row: CostRow, money: FormatMoney): readonly string[] {
  const { task, category, model, tier, questions, nanoUsd, perQuestion, unknown, estimatedNanoUsd, shadowNanoUsd } =
    row;
  const amount = `${estimatedNanoUsd > 0 ? '~' : ''}${money(nanoUsd)}${unknown > 0 ? ' + ?' : ''}`;
  const each = perQuestion === undefined ? '–' : money(perQuestion);
  return [
    task === undefined ? categoryName(category) : taskName(task),
    model,
    tierName(tier),
    String(questions),
    withShadow(amount, { nanoUsd, shadowNanoUsd }, money),
    questions > 0 ? withShadow(each, { nanoUsd, shadowNanoUsd: shadowNanoUsd / questions }, money) : each,
  ];
}
