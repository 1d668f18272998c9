import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { MeterLine, MeterPeriod } from '../../protocol/insights.ts';
import { VisibleText } from '../shared/text.tsx';
import { barWidth } from './words.ts';

/** The cost of one period: the amount, its uncertainty, and its parts. */
export function Period({ period }: { period: MeterPeriod }): JSX.Element {
  const { id, name, cost, note, byTier, byTask } = period;
  const empty = byTier.length === 0 && byTask.length === 0;
  return (
    <section class="period" aria-labelledby={`period-${id}`}>
      <h2 id={`period-${id}`}>
        <VisibleText text={name} />
      </h2>
      <p class="cost">
        <VisibleText text={cost} />
      </p>
      <p class="note">
        <VisibleText text={note} />
      </p>
      {empty ? (
        <p class="empty">{t('No calls yet.')}</p>
      ) : (
        <table>
          <caption class="sr-only">{t('{0}, by tier and by task', name)}</caption>
          <Lines title={t('By tier')} lines={byTier} first />
          <Lines title={t('By task')} lines={byTask} />
        </table>
      )}
    </section>
  );
}

/** Both lists are one table, so that their columns line up. */
function Lines({
  title,
  lines,
  first = false,
}: {
  title: string;
  lines: readonly MeterLine[];
  first?: boolean;
}): JSX.Element | null {
  if (!lines.length) return null;
  return (
    <tbody>
      <tr class="columns">
        <th scope="rowgroup">{title}</th>
        {/* The columns are named once; the second list stands under the same names. */}
        {[t('Calls'), t('Tokens'), t('Cost')].map((column) => (
          <th key={column} scope="col">
            <span class={first ? '' : 'sr-only'}>{column}</span>
          </th>
        ))}
      </tr>
      {lines.map((line) => (
        <Line key={line.name} line={line} />
      ))}
    </tbody>
  );
}

/** A share as a bar. An attribute of SVG and no style: the page's policy allows no inline styles. */
export function Bar({ share }: { share: number }): JSX.Element {
  return (
    <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="1" />
      <rect class="fill" width={barWidth(share)} height="1" />
    </svg>
  );
}

function Line({ line: { name, calls, tokens, cost, note, share } }: { line: MeterLine }): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <VisibleText text={name} />
        <Bar share={share} />
        {note && (
          <span class="line-note">
            <VisibleText text={note} />
          </span>
        )}
      </th>
      <td>
        <VisibleText text={calls} />
      </td>
      <td>
        <VisibleText text={tokens} />
      </td>
      <td>
        <VisibleText text={cost} />
      </td>
    </tr>
  );
}
