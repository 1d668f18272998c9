/** The form in which weights.json holds what the scorer was fitted to. */

/** Weights of n-grams by bucket, each in 91 steps as one printable character. */
interface PackedWeights {
  /** The weight of one step. */
  readonly step: number;
  readonly weights: string;
}

export interface WeightTable {
  /** For each feature: how it speaks for "more than a small model can do" and for "the best model". */
  readonly features: Readonly<Record<string, readonly [mid: number, frontier: number]>>;
  readonly ngrams: { readonly mid: PackedWeights; readonly frontier: PackedWeights };
}

/** Steps on each side of 0, and the character of 0. */
const STEPS = 45;
const CENTER = 80;

export function packNgrams(weights: Float64Array): PackedWeights {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  const step = largest / STEPS || 1;
  const codes = Array.from(weights, (weight) => CENTER + Math.round(weight / step));
  return { step, weights: String.fromCharCode(...codes) };
}

export const unpackNgrams = ({ step, weights }: PackedWeights): Float64Array =>
  Float64Array.from(weights, (letter) => (letter.charCodeAt(0) - CENTER) * step);
