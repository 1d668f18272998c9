import { featureNames, isTold, takeFeatures, toldSignals, wordsOf } from './features.ts';
import { toLevel } from './level.ts';
import { readNgrams } from './ngrams.ts';
import type { Complexity, ScoredFacts, Signal } from './routingTypes.ts';
import { unpackNgrams, type WeightTable } from './weightTable.ts';
import WEIGHTS from './weights.json' with { type: 'json' };

/** Weights of the features and of the n-grams, fitted by `npm run train:routing`. */
interface Model {
  readonly signals: readonly string[];
  readonly mid: Float64Array;
  readonly frontier: Float64Array;
  readonly ngrams: { readonly mid: Float64Array; readonly frontier: Float64Array };
}

let model: Model | undefined;

function loadModel(): Model {
  const { features, ngrams } = WEIGHTS as unknown as WeightTable;
  const names = featureNames();
  return {
    signals: toldSignals(),
    mid: Float64Array.from(names, (name) => features[name]?.[0] ?? 0),
    frontier: Float64Array.from(names, (name) => features[name]?.[1] ?? 0),
    ngrams: { mid: unpackNgrams(ngrams.mid), frontier: unpackNgrams(ngrams.frontier) },
  };
}

/**
 * How hard a request is, from 1 to 5: below 2.5 a small model will do, from 3.5 on the best one is worth its price.
 * Deterministic, in any human language, under a millisecond for 10,000 characters; longer texts are judged by their
 * beginning and end.
 */
export function scoreComplexity(facts: ScoredFacts): Complexity {
  model ??= loadModel();
  const { values, words } = takeFeatures(facts);
  let mid = 0;
  let frontier = 0;
  const buckets = readNgrams(wordsOf(facts));
  for (const bucket of buckets) {
    mid += model.ngrams.mid[bucket] ?? 0;
    frontier += model.ngrams.frontier[bucket] ?? 0;
  }
  const share = 1 / Math.sqrt(Math.max(1, buckets.length));
  mid *= share;
  frontier *= share;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value === 0) continue;
    mid += value * (model.mid[i] ?? 0);
    frontier += value * (model.frontier[i] ?? 0);
  }
  const likely = { mid: sigmoid(mid), frontier: sigmoid(frontier) };
  const score = toScore(likely.mid, likely.frontier);
  const signals = gatherSignals(model, values, score).filter(({ name }) => isTold(name, facts, words));
  return { score, level: toLevel(score), signals, likely };
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/**
 * The two probabilities on one scale: 2.5 where a small model becomes unlikely to do, 3.5 where the best becomes likely
 * to be needed.
 *
 * @param mid probability that it is more than a small model can do
 * @param frontier probability that it wants the best model
 */
export function toScore(mid: number, frontier: number): number {
  const more = Math.max(mid, frontier);
  const low = more < 0.5 ? 3 * more : 1 + more;
  const high = frontier < 0.5 ? frontier : 0.5 + 3 * (frontier - 0.5);
  return 1 + low + high;
}

/** What moved the score, by signal, strongest first. */
function gatherSignals({ signals, mid, frontier }: Model, values: Float64Array, score: number): Signal[] {
  const sums = new Map<string, number>();
  // near the lower end the first half of the model decides, near the upper end the second
  const share = Math.min(1, Math.max(0, score - 2.5));
  for (let i = 0; i < values.length; i++) {
    const signal = signals[i] ?? '-';
    const value = values[i] ?? 0;
    if (value === 0 || signal === '-') continue;
    const weight = value * ((1 - share) * (mid[i] ?? 0) + share * (frontier[i] ?? 0));
    sums.set(signal, (sums.get(signal) ?? 0) + weight);
  }
  return [...sums]
    .filter(([, weight]) => Math.abs(weight) >= 0.1)
    .map(([name, weight]) => ({ name, weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}
