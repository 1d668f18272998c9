import { t } from '@vscode/l10n';

/** `3 min. ago` in the words of the reader's language. */
export function relativeTime(then: number, now: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(locale(language), { numeric: 'auto', style: 'short' });
  const seconds = Math.min(0, (then - now) / 1000);
  for (const [unit, size, next] of UNITS) {
    const amount = Math.trunc(seconds / size);
    if (Math.abs(amount) < next) return format.format(amount, unit);
  }
  return format.format(Math.trunc(seconds / YEAR), 'year');
}

const YEAR = 365.25 * 86_400;
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number, number][] = [
  ['minute', 60, 60],
  ['hour', 3600, 24],
  ['day', 86_400, 30],
  ['month', YEAR / 12, 12],
];

/** The page's language, or English where it is none. */
function locale(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

interface Dated {
  readonly updatedAt: number;
  readonly pinned: boolean;
}

/** Entries under headings: pinned ones, then today, yesterday, the last seven days, this month, and older ones. */
export function groupByDay<T extends Dated>(
  entries: readonly T[],
  now: number,
): readonly { readonly name: string; readonly entries: readonly T[] }[] {
  const today = new Date(now).setHours(0, 0, 0, 0);
  const daysAgo = (then: number): number => Math.round((today - new Date(then).setHours(0, 0, 0, 0)) / 86_400_000);
  const nameOf = ({ pinned, updatedAt }: T): string => {
    const days = daysAgo(updatedAt);
    if (pinned) return t('Pinned');
    if (days <= 0) return t('Today');
    if (days === 1) return t('Yesterday');
    return days <= 7 ? t('Last 7 days') : days <= 30 ? t('Last 30 days') : t('Older');
  };
  const groups = new Map<string, T[]>();
  for (const entry of entries) groups.set(nameOf(entry), [...(groups.get(nameOf(entry)) ?? []), entry]);
  return [...groups].map(([name, members]) => ({ name, entries: members }));
}
