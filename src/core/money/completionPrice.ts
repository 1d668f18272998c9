import { t } from '@vscode/l10n';
import { NO_USAGE, type Usage } from '../common/types.ts';
import { costOf, costsNothing, type Price } from './pricing.ts';
import { displayMoney } from './displayMoney.ts';

/** Tokens of one completion: the window around the cursor with other files, and a suggestion of about three lines. */
const TYPICAL: Usage = { ...NO_USAGE, input: 1_500, output: 40 };

/**
 * What ghost text from a paid model costs, in words: `about $0.02 per 100 completions`. An upper estimate where the
 * server caches prompts.
 *
 * @returns empty where the price is unknown or there is none
 */
export function formatPer100(price: Price | undefined): string {
  if (!price || costsNothing(price)) return '';
  return t('about {0} per 100 completions', displayMoney(100 * costOf(TYPICAL, price)));
}
