import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { MeterOutcomes } from '../../protocol/insights.ts';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';

/** Outcomes of suggestions and edits by model, so that the user can compare the models of a tier. */
export function Outcomes({ outcomes: { offers, edits } }: { outcomes: MeterOutcomes }): JSX.Element {
  return (
    <section aria-labelledby="outcomes-title">
      <h2 id="outcomes-title">{t('Outcomes this month')}</h2>
      {offers.length === 0 && edits.length === 0 && (
        <p class="empty">
          {t(
            'Nothing yet. Once suggestions have been shown or edits applied, their outcomes are listed here by model.',
          )}
        </p>
      )}
      {offers.length > 0 && (
        <OutcomeTable
          caption={t('Completions')}
          columns={[t('Offered'), t('Accepted'), t('Typed over'), t('Characters kept after 5 min')]}
          lines={offers.map(({ offered, accepted, typedThrough, stillThere, ...line }) => ({
            ...line,
            cells: [offered, accepted, typedThrough, stillThere],
          }))}
        />
      )}
      {edits.length > 0 && (
        <OutcomeTable
          caption={t('Edits')}
          columns={[t('Kept'), t('Edited'), t('Undone')]}
          lines={edits.map(({ kept, edited, undone, ...line }) => ({ ...line, cells: [kept, edited, undone] }))}
        />
      )}
    </section>
  );
}

interface TableProps {
  caption: string;
  columns: readonly string[];
  lines: readonly { readonly tier: MeterOutcomes['offers'][number]['tier']; model: string; cells: readonly string[] }[];
}

/** In a narrow page each line becomes a block whose cells name their columns; hence the explicit roles. */
function OutcomeTable({ caption, columns, lines }: TableProps): JSX.Element {
  return (
    <table class="outcomes" role="table">
      <caption>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            {t('Model')}
          </th>
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {lines.map(({ tier, model, cells }) => (
          <tr key={`${tier} ${model}`} role="row">
            <th role="rowheader" scope="row">
              <span class="quiet">{tierName(tier)}</span> <VisibleText text={model} />
            </th>
            {cells.map((cell, i) => (
              <td key={columns[i]} role="cell">
                <span class="cell-name">{columns[i]}</span> <VisibleText text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
