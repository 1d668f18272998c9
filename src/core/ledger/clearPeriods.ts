import { EVER } from './paging.ts';
import type { Total } from './ledger.ts';
import type { TimeSpan } from '../common/types.ts';

/** Periods of the ledger that can be cleared, by the user's own calendar. */

export type ClearChoice = 'before-this-month' | 'before-last-quarter' | 'before-this-year' | 'everything';

export const CLEAR_CHOICES: readonly ClearChoice[] = [
  'before-this-month',
  'before-last-quarter',
  'before-this-year',
  'everything',
];

/** `before-last-quarter` keeps this month and the three before it. */
export function clearPeriod(choice: ClearChoice, now: number): TimeSpan {
  const date = new Date(now);
  const month = (offset: number): number => new Date(date.getFullYear(), date.getMonth() + offset, 1).getTime();
  switch (choice) {
    case 'before-this-month':
      return { since: 0, until: month(0) };
    case 'before-last-quarter':
      return { since: 0, until: month(-3) };
    case 'before-this-year':
      return { since: 0, until: new Date(date.getFullYear(), 0, 1).getTime() };
    case 'everything':
      return EVER;
  }
}

/**
 * The days from the first to the last, both included, as `2026-11-01` and `2026-11-30`; undefined when one is no day of
 * the calendar, or the last comes before the first.
 */
export function periodOfDays(first: string, last: string): TimeSpan | undefined {
  const since = startOfDay(first, 0);
  const until = startOfDay(last, 1);
  return since !== undefined && until !== undefined && since < until ? { since, until } : undefined;
}

/** Local midnight at which the day begins, moved by whole days; they may be 23 or 25 hours long. */
function startOfDay(text: string, offset: number): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim()) ?? [];
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  if (date.getMonth() !== Number(month) - 1 || date.getDate() !== Number(day)) return undefined;
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + offset).getTime();
}

export interface Contents {
  /** Settled attempts: those under way stay. */
  readonly rows: number;
  readonly nanoUsd: number;
}

/**
 * The size of a period.
 *
 * @param sinceStart totals since its start
 * @param sinceEnd totals since its end
 */
export function contentsOf(sinceStart: readonly Total[], sinceEnd: readonly Total[]): Contents {
  const sum = (totals: readonly Total[]): Contents => ({
    rows: totals.reduce((all, { attempts, open }) => all + attempts - open, 0),
    nanoUsd: totals.reduce((all, { nanoUsd }) => all + nanoUsd, 0),
  });
  const [from, after] = [sum(sinceStart), sum(sinceEnd)];
  return { rows: from.rows - after.rows, nanoUsd: from.nanoUsd - after.nanoUsd };
}
