/** Logistic regression, weighted, with a Gaussian prior around given weights: what the scorer is fitted with. */

export interface Sample {
  readonly values: Float64Array;
  readonly isTrue: boolean;
  readonly weight: number;
}

/**
 * The most likely weights, by Newton's method.
 *
 * @param prior mean of each weight
 * @param pull how strongly each weight is held at its mean
 */
export function fitLogistic(samples: readonly Sample[], prior: Float64Array, pull: Float64Array): Float64Array {
  const size = prior.length;
  const weights = Float64Array.from(prior);
  for (let round = 0; round < 25; round++) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, () => new Float64Array(size));
    for (let i = 0; i < size; i++) {
      gradient[i] = -(pull[i] ?? 0) * ((weights[i] ?? 0) - (prior[i] ?? 0));
      (hessian[i] as Float64Array)[i] = pull[i] ?? 0;
    }
    for (const { values, isTrue, weight } of samples) {
      const used: number[] = [];
      let logit = 0;
      for (let i = 0; i < size; i++) {
        const value = values[i] ?? 0;
        if (value === 0) continue;
        used.push(i);
        logit += value * (weights[i] ?? 0);
      }
      const p = 1 / (1 + Math.exp(-logit));
      const error = weight * ((isTrue ? 1 : 0) - p);
      const curvature = weight * p * (1 - p);
      for (const i of used) {
        const value = values[i] ?? 0;
        gradient[i] = (gradient[i] ?? 0) + error * value;
        const row = hessian[i] as Float64Array;
        for (const j of used) row[j] = (row[j] ?? 0) + curvature * value * (values[j] ?? 0);
      }
    }
    const step = solve(hessian, gradient);
    let longest = 0;
    for (let i = 0; i < size; i++) {
      const move = Math.max(-1, Math.min(1, step[i] ?? 0));
      weights[i] = (weights[i] ?? 0) + move;
      longest = Math.max(longest, Math.abs(move));
    }
    if (longest < 1e-6) break;
  }
  return weights;
}

/** Solves a x = b for a symmetric positive definite matrix, by Cholesky. */
function solve(a: Float64Array[], b: Float64Array): Float64Array {
  const size = b.length;
  const at = (i: number, j: number): number => a[i]?.[j] ?? 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      (a[i] as Float64Array)[j] = i === j ? Math.sqrt(sum) : sum / at(j, j);
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (x[k] ?? 0);
    x[i] = sum / at(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < size; k++) sum -= at(k, i) * (x[k] ?? 0);
    x[i] = sum / at(i, i);
  }
  return x;
}
