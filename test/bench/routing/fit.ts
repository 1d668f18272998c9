/** Logistic regression on sparse samples, weighted, with a Gaussian prior around given weights: how the scorer is fitted. */

/** A request as numbers: n-grams that all have the same value, and the features that are not 0. */
export interface Sample {
  /** Buckets of the n-grams, and the value of each. */
  readonly buckets: Uint16Array;
  readonly bucketValue: number;
  /** Places of the other features among all weights, and their values. */
  readonly places: Uint16Array;
  readonly values: Float64Array;
  readonly isTrue: boolean;
  readonly weight: number;
}

/** The sum of weights times values: the logit of a sample. */
export function logitOf(weights: Float64Array, sample: Omit<Sample, 'isTrue' | 'weight'>): number {
  const { buckets, bucketValue, places, values } = sample;
  let sum = 0;
  for (const bucket of buckets) sum += weights[bucket] ?? 0;
  sum *= bucketValue;
  for (let k = 0; k < places.length; k++) sum += (values[k] ?? 0) * (weights[places[k] ?? 0] ?? 0);
  return sum;
}

const HISTORY = 8;
const ROUNDS = 60;

/**
 * The most likely weights, by L-BFGS. Deterministic.
 *
 * @param prior mean of each weight
 * @param pull how strongly each weight is held at its mean
 */
export function fitLogistic(samples: readonly Sample[], prior: Float64Array, pull: Float64Array): Float64Array {
  const size = prior.length;
  const dot = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
    return sum;
  };
  const add = (a: Float64Array, factor: number, b: Float64Array): void => {
    for (let i = 0; i < size; i++) a[i] = (a[i] ?? 0) + factor * (b[i] ?? 0);
  };
  let weights = Float64Array.from(prior);
  let gradient = new Float64Array(size);
  let loss = lossAt(samples, weights, { prior, pull, gradient });
  const steps: { readonly move: Float64Array; readonly turn: Float64Array; readonly rho: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const direction = Float64Array.from(gradient);
    const shares = new Map<number, number>();
    for (const [k, { move, turn, rho }] of [...steps.entries()].reverse()) {
      const share = rho * dot(move, direction);
      shares.set(k, share);
      add(direction, -share, turn);
    }
    const last = steps.at(-1);
    const scale = last ? 1 / (last.rho * dot(last.turn, last.turn)) : 1 / Math.sqrt(dot(gradient, gradient));
    for (let i = 0; i < size; i++) direction[i] = (direction[i] ?? 0) * scale;
    for (const [k, { move, turn, rho }] of steps.entries())
      add(direction, (shares.get(k) ?? 0) - rho * dot(turn, direction), move);

    const slope = dot(gradient, direction);
    const nextGradient = new Float64Array(size);
    let next = weights;
    let nextLoss = Infinity;
    for (let length = 1; length > 1e-6 && !(nextLoss <= loss - 1e-4 * length * slope); length /= 2) {
      next = Float64Array.from(weights);
      add(next, -length, direction);
      nextLoss = lossAt(samples, next, { prior, pull, gradient: nextGradient });
    }
    const gain = loss - nextLoss;
    if (!(gain > 0)) break;
    const move = Float64Array.from(next);
    add(move, -1, weights);
    const turn = Float64Array.from(nextGradient);
    add(turn, -1, gradient);
    const curvature = dot(move, turn);
    if (curvature > 1e-10) steps.push({ move, turn, rho: 1 / curvature });
    if (steps.length > HISTORY) steps.shift();
    weights = next;
    gradient = nextGradient;
    loss = nextLoss;
    if (gain < 1e-5 * Math.max(1, loss)) break;
  }
  return weights;
}

/** The loss at given weights; `gradient` gets its slope. */
function lossAt(
  samples: readonly Sample[],
  weights: Float64Array,
  { prior, pull, gradient }: { prior: Float64Array; pull: Float64Array; gradient: Float64Array },
): number {
  let loss = 0;
  for (let i = 0; i < weights.length; i++) {
    const off = (weights[i] ?? 0) - (prior[i] ?? 0);
    loss += 0.5 * (pull[i] ?? 0) * off * off;
    gradient[i] = (pull[i] ?? 0) * off;
  }
  for (const sample of samples) {
    const { buckets, bucketValue, places, values, isTrue, weight } = sample;
    const logit = logitOf(weights, sample);
    const margin = isTrue ? logit : -logit;
    loss += weight * (margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin);
    const error = weight * (1 / (1 + Math.exp(-logit)) - (isTrue ? 1 : 0));
    const share = error * bucketValue;
    for (const bucket of buckets) gradient[bucket] = (gradient[bucket] ?? 0) + share;
    for (let k = 0; k < places.length; k++) {
      const place = places[k] ?? 0;
      gradient[place] = (gradient[place] ?? 0) + error * (values[k] ?? 0);
    }
  }
  return loss;
}
