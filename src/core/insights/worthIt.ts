/** Whether routing is worth its trouble for this user, by the figures of the ledger. It may say that it is not. */

/** Days of use before anything is said. */
const LEAST_DAYS = 7;

/** Questions a day below which two publications call several models too much, and from which on they call use heavy. */
export const FEW_A_DAY = 100;
export const HEAVY_A_DAY = 300;
export const MANY_CALLS_A_DAY = 1_000;

const DAYS_OF_MONTH = 30;

/** More than this a month, in nano-USD, and more than this share of the bill, and routing is worth it. */
const WORTH_NANO_USD = 2_000_000_000;
const WORTH_SHARE = 0.2;

export interface WorthFacts {
  /** Days since the first row, at most those that the figures are of. */
  readonly days: number;
  readonly questions: number;
  readonly completions: number;
  /**
   * What the questions cost, and would have cost with one mid model; undefined: unknown. Nano-USD of the same days, with
   * the fees of plans and the own machine.
   */
  readonly paid: number;
  readonly oneMid: number | undefined;
  /** What ghost text cost, and would have cost at mid's price. */
  readonly ghostPaid: number;
  readonly ghostAtMid: number | undefined;
}

export interface WorthVerdict {
  readonly kind: 'one-model' | 'routing';
  readonly perDay: number;
  /** What a month with one mid model would cost more than now; negative: less. Nano-USD. */
  readonly moreAMonth: number;
  readonly completionsAMonth: number;
  /** What ghost text saves in a month against mid's price, in nano-USD; undefined: unknown. */
  readonly ghostSavesAMonth: number | undefined;
}

/** Undefined before a week has passed, without a question, and where a price is missing. */
export function judgeWorth(facts: WorthFacts): WorthVerdict | undefined {
  const { days, questions, completions, paid, oneMid, ghostPaid, ghostAtMid } = facts;
  if (days < LEAST_DAYS || questions === 0 || oneMid === undefined) return undefined;
  const aMonth = DAYS_OF_MONTH / days;
  const perDay = questions / days;
  const moreAMonth = Math.round((oneMid - paid) * aMonth);
  const saves = moreAMonth > WORTH_NANO_USD && moreAMonth > WORTH_SHARE * oneMid * aMonth;
  return {
    kind: perDay < FEW_A_DAY && !saves ? 'one-model' : 'routing',
    perDay,
    moreAMonth,
    completionsAMonth: Math.round(completions * aMonth),
    ghostSavesAMonth: ghostAtMid === undefined ? undefined : Math.round((ghostAtMid - ghostPaid) * aMonth),
  };
}
