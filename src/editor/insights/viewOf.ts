import { t } from '@vscode/l10n';
import { TIERS, type TimeSpan } from '../../core/common/types.ts';
import { plural } from '../../core/common/language.ts';
import { tierName } from '../../core/insights/figures.ts';
import {
  isQuestion,
  repriced,
  sumGroups,
  type CostBar,
  type MoneyFigures,
  type TimeFigures,
} from '../../core/insights/insightFigures.ts';
import type { Advice } from '../../core/insights/advice.ts';
import { formatMoney, type DisplayCurrency } from '../../core/insights/money.ts';
import type { QualityFigures } from '../../core/insights/quality.ts';
import { describeVersion } from '../../core/insights/promptFigures.ts';
import { describeVotes } from '../../core/insights/votes.ts';
import { actualCost, exampleCosts, scenarioCost, type Scenario } from '../../core/insights/whatIf.ts';
import { CATEGORIES } from '../../core/ledger/categories.ts';
import { categoryName } from '../../core/ledger/categoryNames.ts';
import type { LedgerRow } from '../../core/ledger/ledger.ts';
import { forecastMonth } from '../../core/money/budgets.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { AdviceView, ChartView, InsightsView, ScenarioView, TableView } from '../../protocol/insightsView.ts';
import type { InsightsData, View } from './insightsData.ts';
import {
  describeAdvice,
  describeRate,
  describeShares,
  describeWorth,
  formatTime,
  lookName,
  percent,
  scenarioName,
  tooFew,
  type FormatMoney,
} from './insightsWords.ts';
import { isOwn } from './scenarios.ts';

/** Turns figures into the words and tables of the page. */

export interface ViewParts {
  readonly settings: Settings;
  readonly view: View;
  readonly language: string;
  readonly now: number;
  readonly applied: string;
  readonly scenarios: readonly Scenario[];
  readonly colleague: TableView | null;
  readonly watch: InsightsView['watch'];
}

export function viewOf(data: InsightsData, parts: ViewParts): InsightsView {
  const { settings, view } = parts;
  const { currency } = settings.insights;
  const money: FormatMoney = (nanoUsd) => formatMoney(nanoUsd, currency);
  return {
    period: {
      kind: view.kind,
      title: spanTitle(data.span, view.kind, parts.language),
      back: view.back,
      mayGoBack: data.first !== undefined && data.first < data.span.since,
    },
    workspaces: data.workspaces.map((id) => ({ id, name: folderName(id) })),
    workspace: view.workspace,
    tier: view.tier,
    advice: data.advice.map((advice) => adviceView(advice, data, money)),
    applied: parts.applied,
    worth: data.worth ? describeWorth(data.worth, money) : null,
    money: {
      amount: amountOf(data.money, money),
      facts: moneyFacts(data, parts, money),
      chart: chartView(data.bars, view, parts.language, money),
      table: costTable(data.money, money),
    },
    shares: (data.money.questions > 0 ? data.shares : []).map((row) => ({
      tier: row.tier,
      ...describeShares(row),
      share: row.ofQuestions ?? 0,
      from: row.target?.[0] ?? 0,
      to: row.target?.[1] ?? 0,
    })),
    sharesNote: t(
      'Questions only. Ghost text is counted apart: {0} completions, {1}.',
      data.money.completions,
      money(data.money.completionNanoUsd),
    ),
    time: { facts: timeFacts(data.time, settings, money), table: timeTable(data.time) },
    quality: {
      ...qualityView(data.quality, settings, money),
      votes: votesTable(data),
      prompts: promptsTable(data, parts.language),
      promptNotes: promptNotes(data),
    },
    whatIf: {
      note: t(
        'The questions of this period at list prices (n = {0}). Same tokens; answers may differ.',
        data.money.questions,
      ),
      scenarios: scenarioViews(data, parts.scenarios, money),
      example: exampleTable(currency),
      colleague: parts.colleague,
    },
    watch: parts.watch,
    questions: data.questions.map((row) => questionView(row, parts.language, money)),
    categories: CATEGORIES.map((id) => ({ id, name: categoryName(id) })),
  };
}

function spanTitle({ since, until }: TimeSpan, kind: View['kind'], language: string): string {
  if (kind === 'month') return new Date(since).toLocaleDateString(language, { month: 'long', year: 'numeric' });
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  return new Intl.DateTimeFormat(language, day).formatRange(since, until - 1);
}

const folderName = (uri: string): string => decodeURI(uri.replace(/\/+$/, '').split('/').at(-1) ?? uri);

function amountOf({ nanoUsd, estimatedNanoUsd, unknown }: MoneyFigures, money: FormatMoney): string {
  const amount = `${estimatedNanoUsd > 0 ? '~' : ''}${money(nanoUsd)}`;
  return unknown > 0 ? `${amount} + ?` : amount;
}

function moneyFacts(
  { money: figures, totals, tierPrices, month }: InsightsData,
  parts: ViewParts,
  money: FormatMoney,
): string[] {
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
    const forecast = forecastMonth(nanoUsd, (sumGroups(month).nanoUsd * 6.5) / 30, now);
    if (forecast !== undefined) facts.push(t('about {0} by the end of the month', money(forecast)));
  }
  for (const tier of ['frontier', 'mid'] as const) {
    const price = tierPrices[tier];
    if (!price || questions === 0) continue;
    const saved = repriced(asked, price) - asked.nanoUsd;
    const words =
      tier === 'frontier'
        ? [
            t('{0} saved against frontier for everything', money(saved)),
            t('frontier for everything would have cost {0} less', money(-saved)),
          ]
        : [
            t('{0} saved against mid for everything', money(saved)),
            t('mid for everything would have cost {0} less', money(-saved)),
          ];
    facts.push(saved >= 0 ? (words[0] ?? '') : (words[1] ?? ''));
  }
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
const MOST_ROWS = 20;

function costTable({ rows }: MoneyFigures, money: FormatMoney): TableView {
  return {
    caption: t('Questions by category and model'),
    columns: [t('Category'), t('Model'), t('Tier'), t('Questions'), t('Cost'), t('Each')],
    empty: t('No questions in this period.'),
    rows: rows
      .slice(0, MOST_ROWS)
      .map(({ category, model, tier, questions, nanoUsd, perQuestion, unknown, estimatedNanoUsd }) => [
        categoryName(category),
        model,
        tierName(tier),
        String(questions),
        `${estimatedNanoUsd > 0 ? '~' : ''}${money(nanoUsd)}${unknown > 0 ? ' + ?' : ''}`,
        perQuestion === undefined ? '–' : money(perQuestion),
      ]),
  };
}

function timeFacts(
  { waits, ghostText, ghostModel }: TimeFigures,
  { insights }: Settings,
  money: FormatMoney,
): string[] {
  const facts: string[] = [];
  if (ghostText.n > 0)
    facts.push(
      t(
        'Ghost text: {0} from the last key (p95 {1}, n = {2})',
        formatTime(ghostText.p50),
        formatTime(ghostText.p95),
        ghostText.n,
      ),
    );
  if (ghostModel.n > 0)
    facts.push(t('its model alone: {0} (p95 {1})', formatTime(ghostModel.p50), formatTime(ghostModel.p95)));
  if (waits) {
    facts.push(
      t(
        'Before the first token, on average: {0} in the queue, {1} loading the model, {2} until the server answered, {3} reading and thinking',
        ...[waits.queueMs, waits.loadMs, waits.networkMs, waits.modelMs].map(formatTime),
      ),
    );
    if (insights.hourlyRate > 0) {
      const waited = waits.n * (waits.queueMs + waits.loadMs + waits.networkMs + waits.modelMs);
      facts.push(
        t(
          'waiting for first tokens took {0} of your time: {1}',
          formatTime(waited),
          money((waited / 3_600_000) * insights.hourlyRate * 1e9),
        ),
      );
    }
  }
  facts.push(
    t(
      'Targets: first token within {0}, whole answer within {1}',
      formatTime(insights.firstTokenTarget * 1_000),
      formatTime(insights.answerTarget * 1_000),
    ),
  );
  return facts;
}

const timeTable = ({ rows }: TimeFigures): TableView => ({
  caption: t('Time of answers by category'),
  columns: [t('Category'), t('Answers'), t('First token'), t('p95'), t('Whole answer'), t('p95'), t('Within targets')],
  empty: t('No answers in this period.'),
  rows: rows.map(({ category, first, end, inTime }) => [
    categoryName(category),
    String(end.n),
    formatTime(first.p50),
    formatTime(first.p95),
    formatTime(end.p50),
    formatTime(end.p95),
    inTime ? percent(inTime.share) : tooFew(end.n),
  ]),
});

function qualityView(
  { corrections, survival, useful }: QualityFigures,
  { insights }: Settings,
  money: FormatMoney,
): Pick<InsightsView['quality'], 'facts' | 'rates' | 'survival'> {
  const facts = useful.map(({ tier, n, ms }) => {
    if (ms === undefined) return t('{0}: time to useful code not known yet ({1})', tierName(tier), tooFew(n));
    const words = t('{0}: {1} to useful code ({2} edits)', tierName(tier), formatTime(ms), n);
    return insights.hourlyRate > 0 ? `${words}, ${money((ms / 3_600_000) * insights.hourlyRate * 1e9)}` : words;
  });
  return {
    facts,
    rates: corrections.slice(0, MOST_ROWS).map((row) => ({
      name: `${tierName(row.tier)} · ${categoryName(row.category)}`,
      ...describeRate(row),
      rate: row.rate ? { share: row.rate.share, low: row.rate.low, high: row.rate.high } : null,
    })),
    survival: {
      caption: t('Characters still there'),
      columns: [t('When'), t('Texts'), t('Still there'), t('Likely')],
      empty: t('Nothing yet.'),
      rows: survival.map(({ look, n, share }) => [
        lookName(look),
        String(n),
        share ? percent(share.share) : tooFew(n),
        share ? `${percent(share.low)}–${percent(share.high)}` : '–',
      ]),
    },
  };
}

const votesTable = ({ votes }: InsightsData): TableView => ({
  caption: t('Blind votes by category and model'),
  columns: [
    t('Category'),
    t('Model'),
    t('Votes'),
    t('Better'),
    t('Worse'),
    t('Same'),
    t('Neither'),
    t('By the sign test'),
  ],
  empty: t('No votes in this period. "Compare Models Blind…" asks two models and hides their names.'),
  rows: votes
    .slice(0, MOST_ROWS)
    .map((row) => [
      categoryName(row.category),
      row.model,
      String(row.n),
      String(row.better),
      String(row.worse),
      String(row.same),
      String(row.neither),
      describeVotes(row),
    ]),
});

const promptsTable = ({ prompts }: InsightsData, language: string): TableView => ({
  caption: t('Prompts by version'),
  columns: [
    t('Prompt'),
    t('Version'),
    t('Since'),
    t('Questions'),
    t('Corrected edits'),
    t('Votes won'),
    t('Against the one before'),
  ],
  empty: t('No question with a prompt such as /review in this period.'),
  rows: prompts
    .map((row, index) => [
      `/${row.name}`,
      row.hash ? `${row.version} #${row.hash}` : row.version,
      new Date(row.since).toLocaleDateString(language, { dateStyle: 'medium' }),
      String(row.uses),
      row.rework ? `${percent(row.rework.share)} (n = ${row.judged})` : tooFew(row.judged),
      row.won + row.lost > 0 ? t('{0} of {1}', row.won, row.won + row.lost) : '–',
      describeVersion(row, prompts[index - 1]) || '–',
    ])
    .slice(-MOST_ROWS),
});

/** Prompts whose text changed while their version did not. */
const promptNotes = ({ prompts }: InsightsData): string[] => [
  ...new Set(
    prompts
      .filter(({ changedSilently }) => changedSilently)
      .map(({ name, version }) =>
        t(
          'The text of /{0} changed, and its version is still {1}. Give it a new one to tell them apart.',
          name,
          version,
        ),
      ),
  ),
];

function adviceView(advice: Advice, { month, tierPrices, scores }: InsightsData, money: FormatMoney): AdviceView {
  const { action } = advice;
  const view = { id: advice.id, ...describeAdvice(advice, money), tried: '' };
  if (action.kind === 'threshold') {
    const reached = scores.filter((score) => score >= action.threshold).length;
    return {
      ...view,
      tried: t('Of your last {0} questions, {1} would have gone to frontier.', scores.length, reached),
    };
  }
  if (action.kind !== 'rule') return view;
  const asked = sumGroups(month.filter((total) => isQuestion(total) && total.category === action.category));
  const price = tierPrices[action.tier];
  const there = price && repriced(asked, price);
  const words = t('Questions of this kind in the last 30 days: {0}, for {1}.', asked.calls, money(asked.nanoUsd));
  const then =
    there === undefined
      ? t('The price there is unknown.')
      : t('On {0} their tokens would have cost {1}.', tierName(action.tier), money(there));
  return { ...view, tried: `${words} ${then}` };
}

function scenarioViews({ totals }: InsightsData, scenarios: readonly Scenario[], money: FormatMoney): ScenarioView[] {
  const paid = actualCost(totals);
  const own = {
    id: 'as-it-was',
    name: scenarioName('as-it-was'),
    models: '',
    cost: money(paid),
    difference: '',
    first: null,
    firstName: '',
  };
  return [
    own,
    ...scenarios.map((scenario): ScenarioView => {
      const cost = scenarioCost(scenario, totals);
      const { parts, id } = scenario;
      const nameOf = (model: string): string => (isOwn(model) ? t('own machine') : (model.split('/').at(-1) ?? model));
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

/** A published example month, by its own way of pricing and with output prices beside it. */
function exampleTable(currency: DisplayCurrency): TableView {
  const money = (usd: number): string => formatMoney(Math.round(usd * 1e9), currency);
  const row = (name: string, withOutput: boolean): string[] => {
    const { mixed, allBest } = exampleCosts(withOutput);
    return [name, money(mixed), money(allBest)];
  };
  return {
    caption: t('A published example month: 5,000 completions, 200 conversations, 30 hard problems; 7.5 million tokens'),
    columns: [t('Way of pricing'), t('Three models'), t('The best for everything')],
    empty: '',
    rows: [
      row(t('every token at the price of input, as published'), false),
      row(t('a quarter of the tokens at the price of output'), true),
    ],
  };
}

const questionView = (row: LedgerRow, language: string, money: FormatMoney) => ({
  callId: row.callId,
  time: new Date(row.openedAt).toLocaleString(language, { dateStyle: 'short', timeStyle: 'short' }),
  model: row.settled?.modelReturned ?? row.modelAsked,
  cost: row.settled && row.settled.cost.nanoUsd !== null ? money(row.settled.cost.nanoUsd) : '?',
  category: row.ownCategory ?? row.category ?? '',
  corrected: row.ownCategory !== null,
});
