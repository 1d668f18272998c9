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
