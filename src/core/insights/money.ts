import { formatAmount } from '../common/language.ts';
import { formatUsd } from '../money/pricing.ts';

/** Amounts in the currency that the user reads. Everything inside stays in nano-USD. */

/** A currency as the user states it; without code or rate, USD. */
export interface DisplayCurrency {
  readonly code?: string | undefined;
  /** What one USD is worth in it. */
  readonly rate?: number | undefined;
  /** The day that the user says the rate is of, `2026-11-30`. */
  readonly date?: string | undefined;
}

/** Words for an amount in nano-USD. */
export type FormatMoney = (nanoUsd: number) => string;

/** An amount for people: as `formatUsd`, or with two decimals and the code of another currency, `0.39 EUR`. */
export function formatMoney(nanoUsd: number, { code, rate }: DisplayCurrency = {}): string {
  if (code === undefined || rate === undefined || code === 'USD') return formatUsd(nanoUsd);
  const amount = (nanoUsd / 1e9) * rate;
  // An amount that rounds to nothing is not nothing.
  if (amount !== 0 && Math.abs(amount) < 0.005) return `<${formatAmount(0.01)} ${code}`;
  return `${formatAmount(Math.round(amount * 100) / 100)} ${code}`;
}
