import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeBudget, describeSpending, type BudgetState } from '../../core/money/budgets.ts';
import {
  formatSum,
  noteOf,
  periodName,
  PERIODS,
  tierName,
  type MeterFigures,
  type Sum,
} from '../../core/insights/figures.ts';
import { describeComparison } from '../../core/insights/savings.ts';
import type { DisplayCurrency } from '../../core/common/displayCurrency.ts';
import { stateIcon } from '../../core/common/stateIcon.ts';
import { formatMoney, type FormatMoney } from '../../core/money/displayMoney.ts';
import { describePlan } from '../../core/insights/planFigures.ts';
import type { TierState } from '../../core/gateway/tierStatus.ts';
import { STATUS_ITEM, type Command } from '../platform/contributions.ts';

/** The content of the item; undefined figures are still being read. */
export interface MeterView {
  readonly figures: MeterFigures | undefined;
  readonly tiers: readonly TierState[];
  readonly completionsOn: boolean;
  /** Words that come first: demo models, a ledger that cannot be written. Empty for none. */
  readonly notices: readonly string[];
  /** The day of a watched week, from 1; absent: none is watched. */
  readonly watchDay?: number | undefined;
  /** Absent: USD. */
  readonly currency?: DisplayCurrency | undefined;
}

/** Compares the model of before with that of now on the kept tasks. */
const COMPARE: Command = 'gearshift.evaluation.run';

/** The only commands that a link in the hover can run. */
const LINKS: readonly Command[] = [
  'gearshift.meter.open',
  'gearshift.settings.open',
  'gearshift.completions.toggle',
  'gearshift.ledger.export',
];

const moneyIn =
  (currency: DisplayCurrency | undefined): FormatMoney =>
  (nanoUsd) =>
    formatMoney(nanoUsd, currency);

/** The status-bar item: today's cost, and everything else on hover. */
export class StatusMeter implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  /** Its content. VS Code reads through all of a hover that is set, also through one that it has. */
  #shown = '';

  constructor() {
    this.#item = vscode.window.createStatusBarItem(STATUS_ITEM, vscode.StatusBarAlignment.Right, 100);
    this.#item.name = t('Gearshift meter');
    this.#item.command = 'gearshift.meter.open' satisfies Command;
    this.#item.text = '$(pulse) …';
    this.#item.show();
  }

  show(view: MeterView): void {
    const { figures, tiers, completionsOn, notices, currency } = view;
    const local = tiers.find(({ tier }) => tier === 'local');
    const quiet = !completionsOn ? ' $(circle-slash)' : local && !local.ready ? ' $(debug-disconnect)' : '';
    const cost = figures ? formatSum(figures.today.all, moneyIn(currency)) : '…';
    const demo = notices.length > 0 && process.env['GEARSHIFT_DEMO'] ? ` ${t('demo')}` : '';
    const worst =
      figures?.budgets.find(({ level }) => level === 'over') ?? figures?.budgets.find(({ level }) => level === 'near');
    const text = `$(pulse) ${cost}${demo}${quiet}`;
    const label = [
      t('Gearshift: {0} today.', cost),
      worst ? budgetLine(worst) : '',
      !completionsOn ? t('Completions are paused.') : local && !local.ready ? t('Completions: {0}.', local.words) : '',
    ]
      .filter(Boolean)
      .join(' ');
    const hover = tooltip(view);
    const shown = [text, label, hover.value].join('\n');
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#item.text = text;
    this.#item.backgroundColor = worst && new vscode.ThemeColor('statusBarItem.warningBackground');
    this.#item.tooltip = hover;
    this.#item.accessibilityInformation = { label, role: 'button' };
  }

  dispose(): void {
    this.#item.dispose();
  }
}

/**
 * One line of amounts, one table of the tiers, what was saved, and links; budgets and tiers that cannot answer have a line
 * each. Written as one block of HTML, which VS Code's parser of Markdown passes over: going through the same as Markdown
 * makes half a megabyte more of machine code in the extension host, for its regular expressions alone.
 */
function tooltip({ figures, tiers, completionsOn, notices, watchDay, currency }: MeterView): vscode.MarkdownString {
  const money = moneyIn(currency);
  const blocks: string[] = [];
  const line = (html: string): void => void blocks.push(`<p>${html}</p>`);
  for (const notice of notices) line(`$(info) ${escape(notice)}`);
  if (figures) {
    line(
      PERIODS.map(
        (period) => `${escape(periodName(period))} <strong>${escape(formatSum(figures[period].all, money))}</strong>`,
      ).join(' · '),
    );
    if (figures.forecast !== undefined)
      line(escape(t('At the current rate (last 7 days), this month will come to about {0}.', money(figures.forecast))));
    for (const plan of figures.plans) line(escape(describePlan(plan, money)));
    const note = noteOf(figures.today.all, money);
    if (note) line(`<em>${escape(note)}</em>`);
    for (const budget of figures.budgets)
      line(`${budget.level === 'ok' ? '$(pass)' : '$(warning)'} ${escape(budgetLine(budget))}`);
  } else line(escape(t('Reading the ledger…')));
  if (watchDay !== undefined) line(`$(eye) ${escape(t('Watching a week: day {0} of 7.', watchDay))}`);
  blocks.push(table(figures, tiers, money));
  const stuck = tiers.filter(({ ready }) => !ready);
  for (const { tier, words } of stuck) line(`$(warning) ${escape(tierName(tier))}: ${escape(words)}`);
  if (figures?.month.all.calls === 0) line(escape(t('No calls this month yet.')));
  for (const { tier, changed } of tiers) {
    if (!changed) continue;
    const args = encodeURIComponent(JSON.stringify([{ tier }]));
    const compare = `<a href="command:${COMPARE}?${args}">${escape(changed.compare)}</a>`;
    line(`$(info) ${escape(changed.words)} · ${compare}`);
  }
  const comparison = figures?.allFrontier && describeComparison(figures.allFrontier, money);
  if (comparison) line(`<em>${escape(comparison)}</em>`);
  const link = (command: Command, text: string): string => `<a href="command:${command}">${escape(text)}</a>`;
  line(
    [
      link('gearshift.meter.open', t('Insights')),
      link('gearshift.settings.open', t('Settings')),
      link('gearshift.completions.toggle', completionsOn ? t('Pause completions') : t('Resume completions')),
      link('gearshift.ledger.export', t('Export')),
    ].join(' · '),
  );
  const hover = new vscode.MarkdownString(blocks.join('\n'), true);
  hover.supportHtml = true;
  hover.isTrusted = { enabledCommands: tiers.some(({ changed }) => changed) ? [COMPARE, ...LINKS] : LINKS };
  return hover;
}

/** `Budget $5.00 a day: $4.20 spent`. */
function budgetLine({ budget, spending, level }: BudgetState): string {
  const line = t('Budget {0}: {1}', describeBudget(budget), describeSpending(spending));
  return level === 'over' ? `${line} (${t('used up')})` : line;
}

/** Of the column of tiers, in pixels: a name does not go below its icon. */
const TIER_WIDTH = 90;

/** A row for each tier: its model, what was asked today, and what it cost today and this month. */
function table(figures: MeterFigures | undefined, tiers: readonly TierState[], money: FormatMoney): string {
  // A hard space keeps an amount in one piece.
  const row = (tag: 'th' | 'td', [tier = '', model = '', ...numbers]: readonly string[]): string => {
    const names = [
      `<${tag} align="left" width="${TIER_WIDTH}">${tier}</${tag}>`,
      `<${tag} align="left">${model}&nbsp;&nbsp;</${tag}>`,
    ];
    const cells = numbers.map((text) => `<${tag} align="right">&nbsp;&nbsp;${escape(text)}</${tag}>`);
    return `<tr>${[...names, ...cells].join('')}</tr>`;
  };
  const body = tiers.map(({ tier, model, ready, untried }) => {
    const today = figures?.today.byTier.get(tier);
    const month = figures?.month.byTier.get(tier);
    const amount = (sum: Sum | undefined): string => (sum ? formatSum(sum, money) : '–');
    return row('td', [
      `$(${stateIcon({ ready, untried })})&nbsp;${escape(tierName(tier))}`,
      escape(model ? `${model.model} · ${model.provider}` : t('no model')),
      String(today?.calls ?? 0),
      amount(today),
      amount(month),
    ]);
  });
  const titles = [t('Tier'), t('Model'), t('Calls today'), periodName('today'), periodName('month')];
  return `<table><thead>${row('th', titles.map(escape))}</thead><tbody>${body.join('')}</tbody></table>`;
}

/**
 * Names of models and providers come from outside: nothing in them may become a link, an icon or markup, nor an empty
 * line, which would end the block.
 */
const escape = (text: string): string =>
  text.replace(/[&<>$]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/[\r\n]+/g, ' ');
