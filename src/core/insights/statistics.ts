/** Shares of counts, with the uncertainty that few observations leave. */

/** Fewer observations than this say nothing: the share is not shown. */
export const LEAST_OBSERVATIONS = 20;

/** A share of observations, 0 to 1, with the bounds of its 95% interval. */
export interface Share {
  readonly part: number;
  readonly of: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** 1.96 standard deviations to either side hold 95% of a normal distribution. */
const Z = 1.959963984540054;

/**
 * A share with Wilson's score interval (E. B. Wilson, 1927), which stays between 0 and 1 and is useful for small counts.
 * `of` must not be 0.
 */
export function wilson(part: number, of: number): Share {
  const share = part / of;
  const square = Z * Z;
  const middle = share + square / (2 * of);
  const width = Z * Math.sqrt((share * (1 - share)) / of + square / (4 * of * of));
  const whole = 1 + square / of;
  return { part, of, share, low: Math.max(0, (middle - width) / whole), high: Math.min(1, (middle + width) / whole) };
}

/** The share of a count that is large enough to say something; undefined below {@link LEAST_OBSERVATIONS}. */
export const shareOf = (part: number, of: number): Share | undefined =>
  of >= LEAST_OBSERVATIONS ? wilson(part, of) : undefined;

/** The middle of a list; of an even number, the mean of the two in the middle. Undefined for none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}

/** A median with the bounds of its 95% interval. */
export interface Median {
  readonly n: number;
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A median with the interval that the ranks around it give, whatever the values are spread like (W. J. Conover, "Practical
 * Nonparametric Statistics", 3.2); undefined below {@link LEAST_OBSERVATIONS}.
 */
export function medianOf(values: readonly number[]): Median | undefined {
  const n = values.length;
  const middle = median(values);
  if (n < LEAST_OBSERVATIONS || middle === undefined) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const width = (Z * Math.sqrt(n)) / 2;
  const rank = (wanted: number): number => sorted[Math.min(n, Math.max(1, Math.round(wanted))) - 1] ?? middle;
  return { n, middle, low: rank(n / 2 - width), high: rank(1 + n / 2 + width) };
}

/** The value that a share of a list does not exceed (nearest rank). Undefined for none. */
export const quantile = (values: readonly number[], share: number): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)];

/** Up to this probability a difference counts as one. */
export const MOST_P = 0.05;

/** Two-sided sign test: the probability of `a` against `b` or something more uneven, if either is as likely. 1 without any. */
export function signTest(a: number, b: number): number {
  const n = a + b;
  let tail = 0;
  // Sums of logarithms, so that large counts do not overflow.
  let logChoose = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    if (k > 0) logChoose += Math.log((n - k + 1) / k);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, 2 * tail);
}
