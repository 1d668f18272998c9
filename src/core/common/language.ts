/** What the user's language asks of texts with numbers. English until {@link setLanguage} is called. */

let rules = new Intl.PluralRules('en');
let isEnglish = true;
let language = 'en';
const formats = new Map<number, Intl.NumberFormat>();

/**
 * Sets the language of the texts that are shown.
 *
 * @param tag VS Code's display language (`vscode.env.language`), for example `pt-br`; a tag that is none changes nothing
 */
export function setLanguage(tag: string): void {
  try {
    rules = new Intl.PluralRules(tag);
  } catch {
    return;
  }
  language = tag;
  isEnglish = /^en\b/i.test(tag);
  formats.clear();
}

/**
 * The form of a text that a count takes in the user's language. Translations have a form for one and a form for all
 * others, so both hold the count: `plural(n, t('{0} file', n), t('{0} files', n))`.
 */
export const plural = (count: number, one: string, other: string): string =>
  rules.select(count) === 'one' ? one : other;

/** The language that dates and times are written in. */
export const displayLanguage = (): string => language;

/** A sum of money with cents and groups of digits, as the user's language writes numbers: `1,234.50`. */
export function formatAmount(value: number): string {
  // The meter shows many amounts, and `Intl` takes twenty times as long.
  if (isEnglish) return value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');
  return new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
}

/** A number with this many decimals, with the decimal sign of the user's language and without groups of digits. */
export function formatDecimal(value: number, decimals: number): string {
  if (isEnglish) return value.toFixed(decimals);
  let format = formats.get(decimals);
  if (!format) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    format = new Intl.NumberFormat(language, { ...digits, useGrouping: false });
    formats.set(decimals, format);
  }
  return format.format(value);
}
