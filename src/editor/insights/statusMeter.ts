import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { formatCount } from '../../core/common/format.ts';
import { formatUsd } from '../../core/money/pricing.ts';
import { describeBudget, describeSpending, type BudgetState } from '../../core/money/budgets.ts';
import {
  formatSum,
  noteOf,
  periodName,
  PERIODS,
  taskName,
  tierName,
  describeComparison,
  type MeterFigures,
  type Period,
  type Sum,
} from '../../core/insights/figures.ts';
import type { TierState } from '../../core/gateway/tierStatus.ts';
import { STATUS_ITEM, type Command } from '../platform/contributions.ts';

/** The content of the item; undefined figures are still being read. */
export interface MeterView {
  readonly figures: MeterFigures | undefined;
  readonly tiers: readonly TierState[];
  readonly completionsOn: boolean;
  /** Words that stand first: demo models, a ledger that cannot be written. Empty for none. */
  readonly notices: readonly string[];
}

/** The only commands that a link in the hover can run. */
const LINKS: readonly Command[] = [
  'gearshift.meter.open',
  'gearshift.settings.open',
  'gearshift.completions.toggle',
  'gearshift.ledger.export',
];

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
    const { figures, tiers, completionsOn, notices } = view;
    const local = tiers.find(({ tier }) => tier === 'local');
    const quiet = !completionsOn ? ' $(circle-slash)' : local && !local.ready ? ' $(debug-disconnect)' : '';
    const cost = figures ? formatSum(figures.today.all) : '…';
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
 * Written as one block of HTML, which VS Code's parser of Markdown passes over: going through the same as Markdown makes
 * half a megabyte more of machine code in the extension host, for its regular expressions alone.
 */
function tooltip({ figures, tiers, completionsOn, notices }: MeterView): vscode.MarkdownString {
  const blocks: string[] = [];
  const line = (html: string): void => void blocks.push(`<p>${html}</p>`);
  for (const notice of notices) line(`$(info) ${escape(notice)}`);
  if (figures) {
    line(
      PERIODS.map(
        (period) => `${escape(periodName(period))} <strong>${escape(formatSum(figures[period].all))}</strong>`,
      ).join(' · '),
    );
    const note = noteOf(figures.today.all);
    if (note) line(`<em>${escape(note)}</em>`);
    const tierRows = rows(figures, 'byTier', tierName);
    const taskRows = rows(figures, 'byTask', taskName);
    if (tierRows.length) blocks.push(table(t('Tier'), tierRows));
    if (taskRows.length) blocks.push(table(t('Task'), taskRows));
    if (!tierRows.length) line(escape(t('No calls this month yet.')));
    for (const budget of figures.budgets)
      line(`${budget.level === 'ok' ? '$(pass)' : '$(warning)'} ${escape(budgetLine(budget))}`);
    if (figures.forecast !== undefined)
      line(
        escape(t('At the current rate (last 7 days), this month will come to about {0}.', formatUsd(figures.forecast))),
      );
    const comparison = figures.allFrontier && describeComparison(figures.allFrontier);
    if (comparison) line(`<em>${escape(comparison)}</em>`);
  } else line(escape(t('Reading the ledger…')));
  line(
    tiers
      .map(({ tier, model, ready, words }) => {
        const name = model ? `${model.model} · ${model.provider}` : '';
        return `${ready ? '$(pass)' : '$(warning)'} ${escape(tierName(tier))}: ${escape(words)}${name ? ` — ${escape(name)}` : ''}`;
      })
      .join('<br>'),
  );
  const link = (command: Command, text: string): string => `<a href="command:${command}">${escape(text)}</a>`;
  line(
    [
      link('gearshift.meter.open', t('Meter')),
      link('gearshift.settings.open', t('Settings')),
      link('gearshift.completions.toggle', completionsOn ? t('Pause completions') : t('Resume completions')),
      link('gearshift.ledger.export', t('Export')),
    ].join(' · '),
  );
  const hover = new vscode.MarkdownString(blocks.join('\n'), true);
  hover.supportHtml = true;
  hover.isTrusted = { enabledCommands: [...LINKS] };
  return hover;
}

/** `Budget $5.00 a day: $4.20 spent`. */
function budgetLine({ budget, spending, level }: BudgetState): string {
  const line = t('Budget {0}: {1}', describeBudget(budget), describeSpending(spending));
  return level === 'over' ? `${line} (${t('used up')})` : line;
}

interface Row {
  readonly name: string;
  readonly today: Sum | undefined;
  readonly week: Sum | undefined;
  readonly month: Sum | undefined;
}

/** All entries of this week or this month, in the fixed order of tiers and tasks. */
function rows<K extends string>(figures: MeterFigures, by: 'byTier' | 'byTask', name: (key: K) => string): Row[] {
  const of = (period: Period): ReadonlyMap<K, Sum> => figures[period][by] as unknown as ReadonlyMap<K, Sum>;
  const keys = new Set([...of('month').keys(), ...of('week').keys()]);
  return [...keys].map((key) => ({
    name: name(key),
    today: of('today').get(key),
    week: of('week').get(key),
    month: of('month').get(key),
  }));
}

function table(head: string, lines: readonly Row[]): string {
  const row = (tag: 'th' | 'td', [name = '', ...figures]: readonly string[]): string => {
    const cells = figures.map((text) => `<${tag} align="right">&ensp;${escape(text)}</${tag}>`);
    return `<tr><${tag} align="left">${escape(name)}</${tag}>${cells.join('')}</tr>`;
  };
  const amount = (sum: Sum | undefined): string => (sum ? formatSum(sum) : '–');
  const body = lines.map(({ name, today, week, month }) => {
    const tokens = today ? formatCount(today.inputTokens + today.outputTokens) : '–';
    return row('td', [name, String(today?.calls ?? 0), tokens, ...[today, week, month].map(amount)]);
  });
  const titles = row('th', [head, t('Calls today'), t('Tokens'), ...PERIODS.map(periodName)]);
  return `<table><thead>${titles}</thead><tbody>${body.join('')}</tbody></table>`;
}

/**
 * Names of models and providers come from outside: nothing in them may become a link, an icon or markup, nor an empty
 * line, which would end the block.
 */
const escape = (text: string): string =>
  text.replace(/[&<>$]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/[\r\n]+/g, ' ');
