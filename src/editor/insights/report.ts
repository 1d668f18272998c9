import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { TIERS } from '../../core/common/types.ts';
import { tierName } from '../../core/insights/figures.ts';
import type { ChartView, InsightsView, TableView } from '../../protocol/insightsView.ts';
import { scenarioTable } from './scenarioViews.ts';
import { showInformationMessage } from '../platform/messages.ts';

/** A report of a period as one HTML file: no scripts, nothing from elsewhere, and no text of code or questions. */

/** Asks for a place and writes the report there; false when the user gives up. */
export async function saveReport(view: InsightsView): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `gearshift-report-${new Date().toISOString().slice(0, 10)}.html`;
  const target = await vscode.window.showSaveDialog({
    title: t('Save the report'),
    filters: { HTML: ['html'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
  });
  if (!target) return false;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(reportOf(view, vscode.env.language)));
  const open = t('Open');
  void showInformationMessage(t('The report was saved.'), open).then((choice) => {
    if (choice === open) void vscode.env.openExternal(target);
  });
  return true;
}

/** The report as text. Everything in it that comes from outside, such as names of models, is escaped. */
export function reportOf(view: InsightsView, language: string): string {
  const { money, time, quality, shares, whatIf, period } = view;
  const scenarios = scenarioTable(t('What if'), whatIf.scenarios);
  const rates: TableView = {
    caption: t('Corrected edits'),
    columns: [t('Tier and category'), t('Corrected'), t('Verdict')],
    empty: t('Nothing yet.'),
    rows: quality.rates.map(({ name, words, verdict }) => [name, words, verdict]),
  };
  const parts = [
    `<h1>${escape(t('Gearshift: {0}', period.title))}</h1>`,
    `<p class="amount">${escape(money.amount)}</p>`,
    money.amountUsd ? `<p>${escape(t('In USD: {0}', money.amountUsd))}</p>` : '',
    view.worth ? `<p>${escape(view.worth.words)}</p>` : '',
    `<h2>${escape(t('Money'))}</h2>`,
    list(money.facts),
    chart(money.chart),
    table(money.table),
    list([...shares.map(({ words, target }) => [words, target].filter(Boolean).join(' – ')), view.sharesNote]),
    `<h2>${escape(t('Time'))}</h2>`,
    list(time.facts),
    table(time.table),
    `<h2>${escape(t('Quality'))}</h2>`,
    list(quality.facts),
    table(rates),
    table(quality.survival),
    `<h2>${escape(t('What if'))}</h2>`,
    `<p>${escape(whatIf.note)}</p>`,
    table(scenarios),
    view.watch.report ? table(view.watch.report) : '',
  ];
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(t('Gearshift: {0}', period.title))}</title>
<style>${STYLE}</style>
</head>
<body>
${parts.filter(Boolean).join('\n')}
</body>
</html>
`;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f1f1f;background:#fff}
h1{font-size:1.6rem}h2{margin-top:2rem;border-bottom:1px solid #ccc}.amount{font-size:2.2rem;margin:0}
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd;vertical-align:top}
svg{width:100%;height:auto}.legend .key{width:.8em;height:.8em}.local{fill:#2e7d32}.mid{fill:#1565c0}.frontier{fill:#b45309}text{font:11px system-ui,sans-serif;fill:#444}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1e1e1e}th,td{border-color:#444}text{fill:#bbb}}`;

function chart({ title, bars, top }: ChartView): string {
  const width = 800;
  const height = 160;
  const step = width / Math.max(1, bars.length);
  const drawn = bars.map(({ parts, title: day, total }, index) => {
    let y = height;
    const rects = parts.map(({ tier, share }) => {
      y -= share * height;
      return `<rect class="${tier}" x="${(index * step + step * 0.15).toFixed(1)}" y="${y.toFixed(1)}" width="${(step * 0.7).toFixed(1)}" height="${(share * height).toFixed(1)}"/>`;
    });
    return `<g><title>${escape(`${day}: ${total}`)}</title>${rects.join('')}</g>`;
  });
  const twin: TableView = {
    caption: title,
    columns: [t('Period'), ...TIERS.map(tierName), t('Cost')],
    empty: '',
    rows: bars
      .filter(({ parts }) => parts.length > 0)
      .map(({ title: day, parts, total }) => [
        day,
        ...TIERS.map((tier) => parts.find((part) => part.tier === tier)?.text ?? '–'),
        total,
      ]),
  };
  return `<h3>${escape(title)}</h3>\n<svg viewBox="0 -16 ${width} ${height + 18}" role="img" aria-label="${escape(title)}"><text x="0" y="-4">${escape(top)}</text>${drawn.join('')}</svg>\n${legend()}\n<details><summary>${escape(t('Show as a table'))}</summary>${table(twin)}</details>`;
}

const legend = (): string =>
  `<p class="legend">${TIERS.map(
    (tier) =>
      `<svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="${tier}" width="10" height="10"/></svg> ${escape(tierName(tier))}`,
  ).join(' &nbsp; ')}</p>`;

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`;

function table({ caption, columns, rows, empty }: TableView): string {
  if (rows.length === 0) return empty ? `<p>${escape(empty)}</p>` : '';
  const head = columns.map((column) => `<th scope="col">${escape(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<table><caption>${escape(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
