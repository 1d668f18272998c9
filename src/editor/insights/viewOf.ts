import { t } from '@vscode/l10n';
import { tierName } from '../../core/insights/figures.ts';
import type { TimeFigures } from '../../core/insights/insightFigures.ts';
import type { DisplayCurrency } from '../../core/common/displayCurrency.ts';
import { formatMoney, type FormatMoney } from '../../core/money/displayMoney.ts';
import type { QualityFigures } from '../../core/insights/quality.ts';
import { describeVersion } from '../../core/insights/promptFigures.ts';
import { describeVotes } from '../../core/insights/votes.ts';
import { exampleCosts, type Scenario } from '../../core/insights/whatIf.ts';
import { CATEGORIES } from '../../core/ledger/categories.ts';
import { categoryName } from '../../core/ledger/categoryNames.ts';
import type { LedgerRow } from '../../core/ledger/ledger.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { InsightsView, TableView } from '../../protocol/insightsView.ts';
import { adviceView } from './adviceView.ts';
import type { InsightsData } from './insightsData.ts';
import {
  describeRate,
  describeShare,
  describeShares,
  describeWorth,
  formatTime,
  lookName,
  percent,
  tooFew,
} from './insightsWords.ts';
import { MOST_ROWS, moneyView, spanTitle, type MoneyViewParts } from './moneyView.ts';
import { scenarioViews } from './scenarioViews.ts';

/** Turns figures into the words and tables of the page. */

export interface ViewParts extends MoneyViewParts {
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
    worth: data.worth ? describeWorth(data.worth, money, isMidReworked(data)) : null,
    money: moneyView(data, parts, money),
    shares: (data.money.questions > 0 ? data.shares : []).map((row) => ({
      tier: row.tier,
      ...describeShares(row),
      share: row.ofQuestions ?? 0,
      from: row.target?.[0] ?? 0,
      to: row.target?.[1] ?? 0,
    })),
    sharesNote: sharesNote(data, money),
    time: { facts: timeFacts(data.time, settings, money), table: timeTable(data.time) },
    quality: {
      ...qualityView(data.quality, settings, money),
      votes: votesTable(data),
      prompts: promptsTable(data, parts.language),
      promptNotes: promptNotes(data),
    },
    whatIf: {
      note: [
        t(
          'The questions of this period at list prices (n = {0}). Same tokens; answers may differ.',
          data.money.questions,
        ),
        ...(data.fixed.plans.size > 0
          ? [t('A model of a flat plan costs the fee of its plan, by the days of the period.')]
          : []),
      ].join(' '),
      scenarios: scenarioViews(data, parts, money),
      example: exampleTable(currency),
      colleague: parts.colleague,
    },
    watch: parts.watch,
    questions: data.questions.map((row) => questionView(row, parts.language, money)),
    categories: CATEGORIES.map((id) => ({ id, name: categoryName(id) })),
  };
}

const isMidReworked = ({ advice }: InsightsData): boolean =>
  advice.some(({ evidence }) => evidence.kind === 'rework' && evidence.tier === 'mid');

function sharesNote({ money: { completions, completionNanoUsd }, shares, preset }: InsightsData, money: FormatMoney) {
  const ghost = t(
    'Questions only. Ghost text is counted apart: {0} completions, {1}.',
    completions,
    money(completionNanoUsd),
  );
  if (shares.every(({ target }) => target === undefined)) return ghost;
  const ranges =
    preset === undefined
      ? t('The ranges are a published recommendation for three tiers.')
      : t('The ranges are those of the preset {0}.', preset);
  return `${ghost} ${ranges}`;
}

const folderName = (uri: string): string => decodeURI(uri.replace(/\/+$/, '').split('/').at(-1) ?? uri);

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
  caption: t('Response time by category'),
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
  const facts = useful.map(({ tier, n, ms, likely }) => {
    if (ms === undefined || !likely)
      return t('{0}: time to useful code not known yet ({1})', tierName(tier), tooFew(n));
    const words = t(
      '{0}: {1} to useful code ({2} edits, likely {3}–{4})',
      tierName(tier),
      formatTime(ms),
      n,
      ...likely.map(formatTime),
    );
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
    t('Compared with the one before'),
  ],
  empty: t('No question with a prompt such as /review in this period.'),
  rows: prompts
    .map((row, index) => [
      `/${row.name}`,
      row.hash ? `${row.version} #${row.hash}` : row.version,
      new Date(row.since).toLocaleDateString(language, { dateStyle: 'medium' }),
      String(row.uses),
      row.rework ? describeShare(row.rework) : tooFew(row.judged),
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

/** A published example month, by its own way of pricing and with output prices beside it. */
function exampleTable(currency: DisplayCurrency): TableView {
  const money = (usd: number): string => formatMoney(Math.round(usd * 1e9), currency);
  const row = (name: string, withOutput: boolean): string[] => {
    const { mixed, allBest } = exampleCosts(withOutput);
    return [name, money(mixed), money(allBest)];
  };
  return {
    caption: t('A published example month: 5,000 completions, 200 conversations, 30 hard problems; 7.5 million tokens'),
    columns: [t('Pricing method'), t('Three models'), t('The best for everything')],
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
