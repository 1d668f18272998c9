/** The currency that the user reads amounts in. USD until {@link setDisplayCurrency} is called. */

/** A currency as the user states it; without code or rate, USD. */
export interface DisplayCurrency {
  readonly code?: string | undefined;
  /** What one USD is worth in it. */
  readonly rate?: number | undefined;
  /** The day that the user says the rate is of, `2026-11-30`. */
  readonly date?: string | undefined;
}

let shown: DisplayCurrency = {};

/** Sets the currency of the amounts that are shown. Everything inside stays in nano-USD. */
export const setDisplayCurrency = (currency: DisplayCurrency): void => void (shown = currency);

/** The currency of the amounts that are shown. */
export const displayCurrency = (): DisplayCurrency => shown;

/** A currency other than USD, with its rate; undefined where amounts are in USD. */
export const foreignCurrency = ({
  code,
  rate,
}: DisplayCurrency): { readonly code: string; readonly rate: number } | undefined =>
  code === undefined || rate === undefined || code === 'USD' ? undefined : { code, rate };
