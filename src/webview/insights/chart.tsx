import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Tier } from '../../core/common/types.ts';
import type { ChartView, RateView, ShareView, TableView } from '../../protocol/insightsView.ts';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';

/**
 * Charts as SVG of our own: real text, places in percent of the width, colors of the theme, and for each tier a pattern
 * of its own, so that no color is needed to tell them apart. Every chart has a table with the same figures.
 */

const HEIGHT = 150;
const FOOT = 18;
const HEAD = 16;
/** Each bar has a label up to so many bars; of more, one in seven. */
const MOST_LABELS = 8;
/** In a narrow chart of a month, the label of a day is as wide as so many bars. */
const LABEL_BARS = 6;
const TIERS: readonly Tier[] = ['local', 'mid', 'frontier'];

export function CostChart({ chart }: { chart: ChartView }): JSX.Element {
  const { bars, title, top } = chart;
  const [at, setAt] = useState(bars.length - 1);
  const current = Math.min(at, bars.length - 1);
  const every = bars.length <= MOST_LABELS ? 1 : 7;
  const isLast = (index: number): boolean => index > 0 && index + 1 === bars.length;
  const hasLabel = (index: number): boolean =>
    every === 1 || (index % every === 0 && index + LABEL_BARS <= bars.length);
  const step = 100 / Math.max(1, bars.length);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (to === undefined || to < 0 || to >= bars.length) return;
    event.preventDefault();
    setAt(to);
    const parent = (event.currentTarget as Element).querySelectorAll('.cost-bar');
    (parent[to] as SVGElement | undefined)?.focus();
  };
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span> <Legend />
      </figcaption>
      <svg
        class="bars"
        width="100%"
        height={HEAD + HEIGHT + FOOT}
        role="group"
        aria-label={title}
        onKeyDown={onKeyDown}
      >
        <Patterns />
        <line class="axis" x1="0" x2="100%" y1={HEAD} y2={HEAD} />
        <line class="axis" x1="0" x2="100%" y1={HEAD + HEIGHT} y2={HEAD + HEIGHT} />
        <text x="0" y={HEAD - 4}>
          {top}
        </text>
        {bars.map((bar, index) => {
          let y = HEAD + HEIGHT;
          const words = [
            `${bar.title}: ${bar.total}`,
            ...bar.parts.map(({ tier, text }) => `${tierName(tier)} ${text}`),
          ];
          return (
            <g
              key={bar.title}
              class="cost-bar"
              role="img"
              tabIndex={index === current ? 0 : -1}
              aria-label={words.join(', ')}
              onFocus={() => setAt(index)}
            >
              <title>{words.join('\n')}</title>
              <rect class="hit" x={`${index * step}%`} y={HEAD} width={`${step}%`} height={HEIGHT} />
              {bar.parts.map(({ tier, share }) => {
                y -= share * HEIGHT;
                return (
                  <rect
                    key={tier}
                    class={`part ${tier}`}
                    x={`${index * step + step * 0.15}%`}
                    y={y}
                    width={`${step * 0.7}%`}
                    height={share * HEIGHT}
                    fill={`url(#pattern-${tier})`}
                  />
                );
              })}
            </g>
          );
        })}
        {bars.map(({ label, title: day }, index) =>
          hasLabel(index) ? (
            <text
              key={day}
              class="label"
              // The label of the last bar ends with it, so that nothing of it is cut off.
              text-anchor={isLast(index) ? 'end' : 'start'}
              x={`${(index + (isLast(index) ? 0.85 : 0.15)) * step}%`}
              y={HEAD + HEIGHT + FOOT - 4}
              aria-hidden="true"
            >
              {label}
            </text>
          ) : null,
        )}
      </svg>
      <p class="chart-words" aria-hidden="true">
        <VisibleText text={bars[current] ? `${bars[current].title}: ${bars[current].total}` : ''} />
      </p>
      <details>
        <summary>{t('Show as a table')}</summary>
        <DataTable
          table={{
            caption: title,
            columns: [t('Period'), ...TIERS.map(tierName), t('Cost')],
            empty: '',
            rows: bars.map((bar) => [
              bar.title,
              ...TIERS.map((tier) => bar.parts.find((part) => part.tier === tier)?.text ?? '–'),
              bar.total,
            ]),
          }}
        />
      </details>
    </figure>
  );
}

/** Plain, hatched and dotted, in the colors of the theme. */
function Patterns(): JSX.Element {
  return (
    <defs>
      {TIERS.map((tier) => (
        <pattern key={tier} id={`pattern-${tier}`} class={tier} width="6" height="6" patternUnits="userSpaceOnUse">
          <rect class="ground" width="6" height="6" />
          {tier === 'mid' && <path class="mark" d="M0 6L6 0M-1 1L1 -1M5 7L7 5" />}
          {tier === 'frontier' && <circle class="dot" cx="3" cy="3" r="1.4" />}
        </pattern>
      ))}
    </defs>
  );
}

function Legend(): JSX.Element {
  return (
    <span class="legend">
      {TIERS.map((tier) => (
        <span key={tier}>
          <svg width="12" height="12" aria-hidden="true">
            <rect class={`part ${tier}`} width="12" height="12" fill={`url(#pattern-${tier})`} />
          </svg>{' '}
          {tierName(tier)}
        </span>
      ))}
    </span>
  );
}

/** A share with the range to aim for. */
export function ShareBar({ row }: { row: ShareView }): JSX.Element {
  const { words, target, share, from, to } = row;
  return (
    <li>
      <VisibleText text={words} /> {target && <span class="quiet">· {target}</span>}
      <svg class="share" width="100%" height="14" aria-hidden="true">
        <rect class="track" x="0" y="4" width="100%" height="6" />
        {to > 0 && <rect class="range" x={`${from * 100}%`} y="1" width={`${(to - from) * 100}%`} height="12" />}
        <rect class="fill" x="0" y="4" width={`${share * 100}%`} height="6" />
      </svg>
    </li>
  );
}

/** A correction rate with its interval, and the lines at 5% and 30%. */
export function RateBar({ row: { name, words, verdict, rate } }: { row: RateView }): JSX.Element {
  return (
    <li>
      <span class="rate-name">{name}</span> <VisibleText text={words} />{' '}
      {verdict && <span class="quiet">{verdict}</span>}
      {rate && (
        <svg class="rate" width="100%" height="16" aria-hidden="true">
          <rect class="track" x="0" y="5" width="100%" height="6" />
          <rect class="range" x={`${rate.low * 100}%`} y="3" width={`${(rate.high - rate.low) * 100}%`} height="10" />
          <line class="limit" x1="5%" x2="5%" y1="0" y2="16" />
          <line class="limit" x1="30%" x2="30%" y1="0" y2="16" />
          <circle class="point" cx={`${rate.share * 100}%`} cy="8" r="4" transform={shiftInside(rate.share)} />
        </svg>
      )}
    </li>
  );
}

/** A point at either end of its line is moved inside, so that it is seen as a whole. */
const shiftInside = (share: number): string => `translate(${4 - 8 * Math.min(1, Math.max(0, share))})`;

/** A figure, with or without a unit; a dash where there is none. */
const FIGURE = /^[~<$-]*\d|^[–?]$/;

/** In a narrow page each row becomes a block whose cells name their columns; hence the explicit roles. */
export function DataTable({ table: { caption, columns, rows, empty } }: { table: TableView }): JSX.Element | null {
  if (rows.length === 0) return empty ? <p class="empty">{empty}</p> : null;
  const kinds = columns.map((_, index) =>
    index > 0 && rows.every((cells) => FIGURE.test(cells[index] ?? '')) ? 'number' : undefined,
  );
  return (
    <table class="figures" role="table">
      <caption>
        <VisibleText text={caption} />
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column, index) => (
            <th key={index} class={kinds[index]} role="columnheader" scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((cells, line) => (
          <tr key={line} role="row">
            {cells.map((cell, index) => (
              <td key={index} class={kinds[index]} role="cell">
                <span class="cell-name">{columns[index]}</span> <VisibleText text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
