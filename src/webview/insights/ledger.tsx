import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { MeterRow } from '../../protocol/insights.ts';
import { Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { sourceMark } from '../shared/costSource.ts';
import { describeOutcome, describeSource, taskName } from './words.ts';

/**
 * The latest rows, newest first as the host sends them. In a narrow page the style sheet lays each row out as a block;
 * a table that is not displayed as one is none to a screen reader, hence the explicit roles.
 */
export function LedgerTable({ rows }: { rows: readonly MeterRow[] }): JSX.Element {
  const columns = [
    ['time', t('Time')],
    ['tier', t('Tier')],
    ['task', t('Task')],
    ['model', t('Model')],
    ['tokens', t('Tokens')],
    ['cost', t('Cost')],
    ['duration', t('Duration')],
    ['outcome', t('Outcome')],
  ] as const;
  return (
    <table class="ledger" role="table" aria-labelledby="latest-title">
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(([id, name]) => (
            <th key={id} class={id} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <Row key={row.attemptId} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: MeterRow }): JSX.Element {
  const { words, icon } = describeOutcome(row.outcome);
  // Until a call has ended there is no amount whose source could be told.
  const open = row.outcome === 'open';
  const mark = open ? '' : sourceMark(row.costSource);
  return (
    <tr role="row">
      <td class="time" role="cell">
        <VisibleText text={row.time} />
      </td>
      <td class="tier" role="cell">
        {tierName(row.tier)}
      </td>
      <td class="task" role="cell">
        {taskName(row.task)}
      </td>
      <td class="model" role="cell">
        <VisibleText text={row.model} />{' '}
        <span class="quiet">
          <VisibleText text={row.provider} />
        </span>
      </td>
      <td class="tokens" role="cell">
        <VisibleText text={row.tokens} />
        {row.tokens && <span class="unit"> {t('tokens')}</span>}
      </td>
      <td class="cost" role="cell" title={open ? undefined : describeSource(row.costSource)}>
        <VisibleText text={row.cost} />
        {mark && <span class="mark"> {mark}</span>}
      </td>
      <td class="duration" role="cell">
        <VisibleText text={row.duration} />
      </td>
      <td class={`outcome ${row.outcome}`} role="cell">
        <Icon name={icon} spin={open} /> {words}
        {row.note && (
          <span class="row-note">
            <VisibleText text={row.note} />
          </span>
        )}
      </td>
    </tr>
  );
}
