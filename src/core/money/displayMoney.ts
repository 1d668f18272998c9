import { t } from '@vscode/l10n';
import { displayCurrency, foreignCurrency, type DisplayCurrency } from '../common/displayCurrency.ts';
import { formatAmount, formatDecimal } from '../common/language.ts';
import type { Cost } from '../common/types.ts';
import { formatUsd } from './pricing.ts';

/** Amounts in the currency that the user reads. Everything inside stays in nano-USD. */

/** Words for an amount in nano-USD. */
export type FormatMoney = (nanoUsd: number) => string;

/** An amount for people: as `formatUsd`, or by the same rule with the code of another currency, `0.39 EUR`. */
export function formatMoney(nanoUsd: number, currency: DisplayCurrency = {}): string {
  const foreign = foreignCurrency(currency);
  if (!foreign) return formatUsd(nanoUsd);
  const { code, rate } = foreign;
  const amount = (nanoUsd / 1e9) * rate;
  // Below a hundredth, two significant digits: an amount that rounds to nothing is not nothing.
  if (amount !== 0 && Math.abs(amount) < 0.01) {
    const digits = Math.min(9, 1 - Math.floor(Math.log10(Math.abs(amount))));
    return `${formatDecimal(amount, digits)} ${code}`;
  }
  return `${formatAmount(Math.round(amount * 100) / 100)} ${code}`;
}

/** An amount in the display currency of the settings. */
export const displayMoney: FormatMoney = (nanoUsd) => formatMoney(nanoUsd, displayCurrency());

/** A cost as a short text: `$0.42`, `~$0.002` for an estimate, `free`, `in plan`, `cost unknown`. */
export function formatCost(cost: Cost, money: FormatMoney = displayMoney): string {
  if (cost.nanoUsd === null) return t('cost unknown');
  switch (cost.source) {
    case 'free':
      return t('free');
    case 'plan':
      return t('in plan');
    case 'estimated':
      return `~${money(cost.nanoUsd)}`;
    default:
      return money(cost.nanoUsd);
  }
}

/** A cost of which a flat plan pays a part or all: `in plan ($0.41)`, `$0.10 + in plan ($0.41)`; else the amount alone. */
export function withShadow(
  amount: string,
  { nanoUsd, shadowNanoUsd }: { readonly nanoUsd: number; readonly shadowNanoUsd: number },
  money: FormatMoney = displayMoney,
): string {
  if (shadowNanoUsd === 0) return amount;
  const inPlan = t('in plan ({0})', money(shadowNanoUsd));
  return nanoUsd === 0 ? inPlan : `${amount} + ${inPlan}`;
}
