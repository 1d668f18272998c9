import type { TimeSpan } from '../common/types.ts';

/** Weeks and months by the user's own calendar: a week has 167 or 169 hours where the clocks change. */

export const SPAN_KINDS = ['week', 'month'] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

/** A week from Monday on, or a month; `back` of them before the present one. */
export function spanOf(kind: SpanKind, back: number, now: number): TimeSpan {
  const date = new Date(now);
  const year = date.getFullYear();
  const month = date.getMonth();
  if (kind === 'month')
    return { since: new Date(year, month - back, 1).getTime(), until: new Date(year, month - back + 1, 1).getTime() };
  // Sunday is day 0 of JavaScript's week, and the last of ISO 8601's.
  const monday = date.getDate() - ((date.getDay() + 6) % 7) - 7 * back;
  return { since: new Date(year, month, monday).getTime(), until: new Date(year, month, monday + 7).getTime() };
}

/** The last `count` weeks, oldest first, the present one included. */
export const lastWeeks = (count: number, now: number): readonly TimeSpan[] =>
  Array.from({ length: count }, (_, index) => spanOf('week', count - 1 - index, now));

/** The days of a span, oldest first. */
export function daysOf({ since, until }: TimeSpan): readonly TimeSpan[] {
  const days: TimeSpan[] = [];
  for (let start = new Date(since); start.getTime() < until;) {
    const end = new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1);
    days.push({ since: start.getTime(), until: Math.min(end.getTime(), until) });
    start = end;
  }
  return days;
}

/** The last `count` days, oldest first, today included. */
export function lastDays(count: number, now: number): TimeSpan {
  const date = new Date(now);
  const day = (offset: number): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() + offset).getTime();
  return { since: day(1 - count), until: day(1) };
}
