import { t } from '@vscode/l10n';
import { actualCost, scenarioCost, type Scenario } from '../../core/insights/whatIf.ts';
import type { FormatMoney } from '../../core/money/displayMoney.ts';
import type { ScenarioView, TableView } from '../../protocol/insightsView.ts';
import type { InsightsData } from './insightsData.ts';
import { percent, scenarioName } from './insightsWords.ts';
import { isOwn } from './scenarios.ts';
import type { MoneyViewParts } from './moneyView.ts';

/** *What if* in words: the scenarios of a period, with what each costs more or less than was paid. */

export function scenarioViews(
  { totals, fixed }: Pick<InsightsData, 'totals' | 'fixed'>,
  { scenarios, settings }: Pick<MoneyViewParts, 'settings'> & { readonly scenarios: readonly Scenario[] },
  money: FormatMoney,
): ScenarioView[] {
  const { machineHourlyCost } = settings.insights;
  const ownName =
    machineHourlyCost > 0
      ? t('your own machine at {0} an hour', money(machineHourlyCost * 1e9))
      : t('your own machine');
  const paid = actualCost(totals, fixed);
  const own = {
    id: 'as-it-was',
    name: scenarioName('as-it-was'),
    models: [
      ...[...fixed.plans].filter(([, fee]) => fee > 0).map(([name, fee]) => t('plan {0}: {1}', name, money(fee))),
      ...(fixed.machine > 0 ? [t('{0}: {1}', ownName, money(fixed.machine))] : []),
    ].join(' · '),
    cost: money(paid),
    difference: '',
    first: null,
    firstName: '',
  };
  return [
    own,
    ...scenarios.map((scenario): ScenarioView => {
      const cost = scenarioCost(scenario, totals, fixed);
      const { parts, id } = scenario;
      const nameOf = (model: string): string => (isOwn(model) ? ownName : (model.split('/').at(-1) ?? model));
      const [first] = parts;
      const isSplit = parts.length > 1;
      const change = cost === undefined ? 0 : cost - paid;
      return {
        id,
        name: scenarioName(id),
        models: parts
          .map(({ model, share }) => (isSplit ? `${percent(share)} ${nameOf(model)}` : nameOf(model)))
          .join(' · '),
        cost: cost === undefined ? t('price unknown') : money(cost),
        difference:
          cost === undefined || change === 0
            ? ''
            : change > 0
              ? t('{0} more', money(change))
              : t('{0} less', money(-change)),
        first: isSplit && first ? Math.round(first.share * 100) : null,
        firstName: first ? nameOf(first.model) : '',
      };
    }),
  ];
}

/** The same as a table, for a period other than the one on show, and for the report. */
export const scenarioTable = (caption: string, views: readonly ScenarioView[]): TableView => ({
  caption,
  columns: [t('Scenario'), t('Models'), t('Cost'), t('Difference')],
  empty: '',
  rows: views.map(({ name, models, cost, difference }) => [name, models, cost, difference]),
});
