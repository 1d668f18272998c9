/**
 * Fits the scorer's weights to the tuning half of requests.jsonl and writes src/core/routing/weights.json.
 *
 *   node test/bench/routing/train.ts [--check]
 *
 * Little data, many features: each weight is held near a prior that follows from what its concept speaks of, and moves
 * only as far as the data insist. `--check` prints the cross-validation and writes nothing.
 */
import fs from 'node:fs';
import { featureNames, featureSignals, takeFeatures } from '../../../src/core/routing/features.ts';
import { toScore } from '../../../src/core/routing/scorer.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import { isTuning, readLabelled, toFacts, type Labelled } from './data.ts';
import { fitLogistic, type Sample } from './fit.ts';
import { measure, describe } from './measure.ts';

/** For each signal: how it is expected to speak for more than a small model, and for the best model. */
const PRIORS: Readonly<Record<string, readonly [mid: number, frontier: number]>> = {
  architecture: [0.8, 0.9],
  breadth: [0.4, 0.6],
  planning: [0.5, 0.7],
  strategy: [0.6, 0.8],
  security: [0.5, 0.6],
  mystery: [0.6, 0.8],
  performance: [0.5, 0.5],
  concurrency: [0.5, 0.8],
  migration: [0.5, 0.8],
  stakes: [0.4, 0.7],
  depth: [0.5, 0.7],
  constraints: [0.3, 0.3],
  implement: [0.7, -0.5],
  test: [0.7, -0.5],
  bugfix: [0.5, -0.4],
  refactor: [0.7, -0.2],
  explain: [0.5, -0.6],
  docs: [0.6, -0.6],
  review: [0.6, 0],
  naming: [-0.9, -0.7],
  formatting: [-0.9, -0.7],
  comment: [-0.6, -0.6],
  boilerplate: [-0.6, -0.6],
  oneliner: [-0.4, -0.5],
  lookup: [-0.5, -0.3],
  trivial: [-0.3, -0.2],
  convert: [-0.6, -0.5],
};
/** The same for single features; everything else is expected to say nothing. */
const OWN_PRIORS: Readonly<Record<string, readonly [number, number]>> = {
  bias: [0.3, -2],
  fewWords: [-0.3, 0],
  traceAlone: [1.5, 0],
  context: [0.8, 0.5],
  longContext: [0.2, 0.3],
  manyFiles: [0.2, 0.3],
  hard: [0.5, 1],
  easyOnly: [-0.5, -0.5],
  ordinaryOnly: [0.5, -0.7],
  cause: [0.4, 0.5],
  symptom: [0.5, 0.7],
  nobody: [0.4, 0.7],
  people: [0.3, 0.4],
  business: [0.2, 0.1],
  system: [0.2, 0.3],
  services: [0.3, 0.4],
  auth: [0.4, 0.1],
  plural: [0.3, 0.4],
  codeunit: [0.3, -0.3],
};
/** How much of a concept's prior its being the first task has, too. */
const FIRST_SHARE = 0.4;

/**
 * Added to the biases after the fit. Words that the lexicon does not have leave a request near the middle, so both
 * limits are moved towards it; a request that wanted the best model and did not get it is the dearer mistake.
 */
const SHIFTS = { mid: -0.6, frontier: 0.2 };

/** About how many of a developer's requests want which tier: the middle is the default of all sources. */
const SHARES: Readonly<Record<Tier, number>> = { local: 0.21, mid: 0.57, frontier: 0.22 };

export interface Weights {
  readonly mid: Float64Array;
  readonly frontier: Float64Array;
}

export interface Settings {
  /** How strongly weights are held at their prior. */
  readonly pull: number;
  /** The same for being the first task, and for measures. */
  readonly firstPull: number;
  readonly measurePull: number;
}
const SETTINGS: Settings = { pull: 4, firstPull: 6, measurePull: 1 };

/** A sequence of numbers in [0, 1) that is the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Share of the concepts that a copy passes over. */
const OVERLOOKED = 0.4;

/**
 * The set with each request in several forms: as it is; without a word on its context; with the context of another,
 * because how much is attached says little about what is asked; and with some of its concepts overlooked, because
 * people use words that no lexicon has.
 */
function augment(requests: readonly Labelled[]): { values: Float64Array; tier: Tier; weight: number }[] {
  const random = seeded(7);
  const shares = countShares(requests);
  return requests.flatMap((request) => {
    const { tier, context_tokens: _tokens, files: _files, ...bare } = request;
    const weight = SHARES[tier] / shares[tier];
    const swapped = (): Labelled => {
      const other = requests[Math.floor(random() * requests.length)] as Labelled;
      return { ...bare, tier, context_tokens: other.context_tokens ?? 0, files: other.files ?? 0 };
    };
    const take = (form: Labelled, share: number, isSparse = false) => {
      const fates = new Map<number, boolean>();
      const overlooks = (concept: number): boolean => {
        const fate = fates.get(concept) ?? random() < OVERLOOKED;
        fates.set(concept, fate);
        return fate;
      };
      const { values } = takeFeatures(toFacts(form), isSparse ? overlooks : undefined);
      return { values, tier, weight: weight * share };
    };
    return [
      take(request, 0.25),
      take({ ...bare, tier }, 0.1),
      take(swapped(), 0.25),
      take(request, 0.15, true),
      take(request, 0.1, true),
      take(swapped(), 0.15, true),
    ];
  });
}

function countShares(requests: readonly Labelled[]): Record<Tier, number> {
  const shares: Record<Tier, number> = { local: 0, mid: 0, frontier: 0 };
  for (const { tier } of requests) shares[tier] += 1 / requests.length;
  return shares;
}

export function fit(requests: readonly Labelled[], settings: Settings): Weights {
  const names = featureNames();
  const signals = featureSignals();
  const concepts = names.indexOf('first:' + names[0]);
  const kind = (i: number): 'concept' | 'first' | 'measure' =>
    i < concepts ? 'concept' : i < 2 * concepts ? 'first' : 'measure';
  const priorOf = (i: number, head: 0 | 1): number => {
    const own = OWN_PRIORS[names[i] ?? ''];
    if (kind(i) === 'measure') return own?.[head] ?? 0;
    const concept = i % concepts;
    const expected = (OWN_PRIORS[names[concept] ?? ''] ?? PRIORS[signals[concept] ?? ''])?.[head] ?? 0;
    return kind(i) === 'first' ? FIRST_SHARE * expected : expected * (1 - FIRST_SHARE);
  };
  const pull = Float64Array.from(names, (_, i) =>
    names[i] === 'bias'
      ? 0.2
      : { concept: settings.pull, first: settings.firstPull, measure: settings.measurePull }[kind(i)],
  );
  const data = augment(requests);
  const solve = (head: 0 | 1, isTrue: (tier: Tier) => boolean): Float64Array => {
    const samples = data.map(({ values, tier, weight }): Sample => ({ values, weight, isTrue: isTrue(tier) }));
    return fitLogistic(
      samples,
      Float64Array.from(names, (_, i) => priorOf(i, head)),
      pull,
    );
  };
  const mid = solve(0, (tier) => tier !== 'local');
  const frontier = solve(1, (tier) => tier === 'frontier');
  const bias = names.indexOf('bias');
  mid[bias] = (mid[bias] ?? 0) + SHIFTS.mid;
  frontier[bias] = (frontier[bias] ?? 0) + SHIFTS.frontier;
  return { mid, frontier };
}

export function scoreWith({ mid, frontier }: Weights, request: Labelled): number {
  const { values } = takeFeatures(toFacts(request));
  const dot = (weights: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * (weights[i] ?? 0);
    return 1 / (1 + Math.exp(-sum));
  };
  return toScore(dot(mid), dot(frontier));
}

export const tierOf = (score: number): Tier => (score >= 3.5 ? 'frontier' : score <= 2.5 ? 'local' : 'mid');

/** Scores of each request by a model that has not seen it. */
export function crossValidate(requests: readonly Labelled[], settings: Settings, folds = 8): number[] {
  const scores = new Array<number>(requests.length).fill(0);
  for (let fold = 0; fold < folds; fold++) {
    const weights = fit(
      requests.filter((_, i) => i % folds !== fold),
      settings,
    );
    for (const [i, request] of requests.entries()) if (i % folds === fold) scores[i] = scoreWith(weights, request);
  }
  return scores;
}

if (import.meta.filename === process.argv[1]) {
  const tuning = readLabelled().filter(isTuning);
  if (process.argv.includes('--check')) {
    for (const pull of [2, 4]) {
      for (const measurePull of [1]) {
        const settings = { pull, firstPull: 1.5 * pull, measurePull };
        const scores = crossValidate(tuning, settings);
        const result = measure(tuning, (_, i) => tierOf(scores[i] ?? 3));
        console.log(`pull ${pull} measures ${measurePull}: ${describe(result)}`);
      }
    }
  } else {
    const weights = fit(tuning, SETTINGS);
    const round = (value: number): number => Math.round(value * 1000) / 1000;
    const table = Object.fromEntries(
      featureNames().map((name, i) => [name, [round(weights.mid[i] ?? 0), round(weights.frontier[i] ?? 0)]]),
    );
    const lines = Object.entries(table).map(([name, pair]) => `  ${JSON.stringify(name)}: [${pair.join(', ')}]`);
    fs.writeFileSync(
      new URL('../../../src/core/routing/weights.json', import.meta.url),
      `{\n${lines.join(',\n')}\n}\n`,
    );
    console.log(
      `fitted to ${tuning.length} requests: ${describe(measure(tuning, (r) => tierOf(scoreWith(weights, r))))}`,
    );
  }
}
