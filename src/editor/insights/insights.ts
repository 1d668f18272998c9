import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { tierName } from '../../core/insights/figures.ts';
import { formatMoney } from '../../core/money/displayMoney.ts';
import { machinePrice, type Scenario } from '../../core/insights/whatIf.ts';
import { watchDay, watchReport, watchSpan } from '../../core/insights/watchWeek.ts';
import { latestQuestions } from '../../core/ledger/paging.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { TIERS } from '../../core/common/types.ts';
import type { MeterFromPage } from '../../protocol/insights.ts';
import type { InsightsView, TableView } from '../../protocol/insightsView.ts';
import { showInformationMessage } from '../platform/messages.ts';
import type { Services } from '../platform/services.ts';
import { REPORTED, WATCHED } from './memory.ts';
import { AdviceActions } from './adviceActions.ts';
import { fixedCosts, groupsInTurns, priceOf, readInsights, type InsightsData, type View } from './insightsData.ts';
import { describeAdvice } from './insightsWords.ts';
import { scenarioTable, scenarioViews } from './scenarioViews.ts';
import { scenariosFor } from './scenarios.ts';
import { viewOf } from './viewOf.ts';

/** Money, time and quality for the page, and what its buttons do. */

export interface InsightsParts extends Pick<Services, 'config' | 'prices' | 'log'> {
  readonly memento: vscode.Memento;
  readonly store: () => Promise<LedgerStore>;
  readonly now: () => number;
  /** The status bar shows the day of a watched week. */
  readonly changed?: (() => void) | undefined;
}

/** Questions of a watched week that are looked at. */
const MOST_WATCHED = 5_000;

/** Messages of the page that Insights answers. */
export type InsightsMessage = Exclude<MeterFromPage, { kind: 'ready' | 'export' | 'openSettings' }>;

export class Insights {
  readonly #parts: InsightsParts;
  readonly #advice: AdviceActions;
  readonly #firsts = new Map<string, number>();
  #view: View = { kind: 'month', back: 0, workspace: '', tier: '' };
  #data: InsightsData | undefined;
  #colleague: TableView | null = null;

  constructor(parts: InsightsParts) {
    this.#parts = parts;
    this.#advice = new AdviceActions({
      ...parts,
      openSettings: () => void vscode.commands.executeCommand('gearshift.settings.open'),
    });
  }

  /** Reads the ledger and words what it says. */
  async read(): Promise<InsightsView> {
    const { config, prices, now } = this.#parts;
    const { settings } = config;
    const store = await this.#parts.store();
    const facts = { store, settings, prices, dismissed: this.#advice.dismissed, now: now() };
    const data = await readInsights(facts, this.#view);
    this.#data = data;
    const own = machinePrice(settings.insights.machineHourlyCost * 1e9, data.month);
    const scenarios = await scenariosFor(settings, own, this.#firsts, (model) => priceOf(facts, model));
    return viewOf(data, {
      settings,
      view: this.#view,
      language: vscode.env.language,
      now: now(),
      applied: this.#advice.applied,
      scenarios,
      colleague: this.#colleague,
      watch: await this.#watch(store, data, scenarios),
    });
  }

  /** Does what a button of the page asks; the page is drawn again afterward. */
  async act(message: InsightsMessage): Promise<void> {
    switch (message.kind) {
      case 'period':
        this.#view = { ...this.#view, kind: message.period, back: message.back };
        return;
      case 'filter':
        this.#view = { ...this.#view, workspace: message.workspace, tier: message.tier };
        return;
      case 'split':
        this.#firsts.set(message.id, message.first);
        return;
      case 'category':
        await (await this.#parts.store()).correctCategory(message.callId, message.category || null);
        return;
      case 'advice':
        return this.#actOn(message.id, message.action);
      case 'undo':
        return this.#undo();
      case 'oneModel':
        return this.#advice.oneModel(t('New chats ask mid.'));
      case 'watch':
        await this.#parts.memento.update(WATCHED, message.action === 'start' ? this.#parts.now() : undefined);
        this.#parts.changed?.();
        return;
      case 'report':
        return this.#report();
      case 'compare':
        return this.#compare();
    }
  }

  async #actOn(id: string, action: 'apply' | 'dismiss'): Promise<void> {
    const advice = this.#data?.advice.find((each) => each.id === id);
    if (!advice) return;
    if (action === 'dismiss') return this.#advice.dismiss(id);
    const { currency } = this.#parts.config.settings.insights;
    await this.#advice.apply(advice, describeAdvice(advice, (nanoUsd) => formatMoney(nanoUsd, currency)).title);
  }

  async #undo(): Promise<void> {
    const words = this.#advice.applied;
    if ((await this.#advice.undo()) === 'changed')
      void showInformationMessage(t('"{0}" was not undone, because you changed it since. Your setting stays.', words));
  }

  async #watch(
    store: LedgerStore,
    { tierPrices }: InsightsData,
    scenarios: readonly Scenario[],
  ): Promise<InsightsView['watch']> {
    const { memento, now, config } = this.#parts;
    const since = memento.get<number>(WATCHED);
    if (since === undefined)
      return {
        words: t(
          'Keep the model that you use for a week. Gearshift notes how hard your questions are, then says which tiers Auto would have chosen. Nothing is sent and nothing changes.',
        ),
        action: 'start',
        report: null,
      };
    const day = watchDay(since, now());
    const span = watchSpan(since);
    const rows = await latestQuestions(store, span, MOST_WATCHED);
    const { settings } = config;
    const { localAnswers, routing, insights } = settings;
    const report = watchReport(rows, routing.threshold, tierPrices, localAnswers.length > 0);
    const split = TIERS.map((tier) => `${tierName(tier)} ${report.byTier[tier]}`).join(', ');
    const money = (nanoUsd: number): string => formatMoney(nanoUsd, insights.currency);
    const costs =
      report.asAuto === undefined
        ? t('A price is unknown.')
        : t('You paid {0}; their tokens would have cost {1} there.', money(report.paid), money(report.asAuto));
    const so = t(
      'Questions so far: {0}. By their complexity, Auto would have sent them to: {1}.',
      report.questions,
      split,
    );
    if (day !== undefined)
      return { words: [t('Day {0} of 7.', day), so, costs].join(' '), action: 'stop', report: null };
    const totals = await groupsInTurns(store, span, null);
    const views = scenarioViews(
      { totals, fixed: fixedCosts(settings, null, span, totals) },
      { scenarios, settings },
      money,
    );
    return {
      words: [t('The watched week is over.'), so, costs].join(' '),
      action: 'stop',
      report: scenarioTable(t('What if, on the watched week'), views),
    };
  }

  async #report(): Promise<void> {
    const { saveReport } = await import('./report.ts');
    if (await saveReport(await this.read())) await this.#parts.memento.update(REPORTED, true);
  }

  async #compare(): Promise<void> {
    const { readColleague } = await import('./colleague.ts');
    const { currency } = this.#parts.config.settings.insights;
    this.#colleague = (await readColleague((nanoUsd) => formatMoney(nanoUsd, currency))) ?? this.#colleague;
  }
}
