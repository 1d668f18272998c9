/**
 * Fits the scorer's weights and writes src/core/routing/weights.json.
 *
 *   GEARSHIFT_HARVEST=FILE.jsonl npm run train:routing [-- --check]
 *
 * The data are the tuning half of requests.jsonl and a second set, harvest.jsonl, that is not part of the project: its
 * texts belong to their authors, and only weights and figures are kept. `--check` prints the cross-validation by source
 * and writes nothing. Both fits are plain logistic regressions: "more than a small model can do" and "the best model".
 */
import fs from 'node:fs';
import { featureNames, featureSignals, takeFeatures, wordsOf } from '../../../src/core/routing/features.ts';
import { BUCKETS, readNgrams } from '../../../src/core/routing/ngrams.ts';
import { packNgrams, type WeightTable } from '../../../src/core/routing/weightTable.ts';
import { toLevel } from '../../../src/core/routing/level.ts';
import { MUCH_CONTEXT } from '../../../src/core/routing/rules.ts';
import { toScore } from '../../../src/core/routing/scorer.ts';
import type { Complexity } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import { foldOf, isTuning, readHarvest, readLabeled, toFacts, type Labeled } from './data.ts';
import { fitLogistic, logitOf, type Sample } from './fit.ts';
import { describe, measure, realChats } from './measure.ts';

/** How each signal is expected to speak for more than a small model, and for the best model. */
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

/** How far weights may move from their priors: the variance of those of the n-grams, and of all others. */
const VARIANCES = { ngrams: 3, others: 1 };

/** How much a copy of a request counts to which the context of another is attached. */
const SWAPPED_WEIGHT = 0.7;

/** Parts that the sources are put into for cross-validation. */
const FOLDS = 5;

/** Weights of the n-grams' buckets, then of the features. */
interface Weights {
  readonly mid: Float64Array;
  readonly frontier: Float64Array;
}

/** Logits at which the scorer's limits lie. */
interface Limits {
  readonly mid: number;
  readonly frontier: number;
}

type Features = Omit<Sample, 'isTrue' | 'weight'>;

/** The tier of the work alone, however much is attached to it. */
const workOf = ({ work, tier }: Labeled): Tier => work ?? tier;

function featuresOf(request: Labeled): Features {
  const facts = toFacts(request);
  const { values } = takeFeatures(facts);
  const buckets = Uint16Array.from(readNgrams(wordsOf(facts)));
  const used = [...values.keys()].filter((i) => values[i] !== 0);
  return {
    buckets,
    bucketValue: 1 / Math.sqrt(Math.max(1, buckets.length)),
    places: Uint16Array.from(used, (i) => BUCKETS + i),
    values: Float64Array.from(used, (i) => values[i] ?? 0),
  };
}

/** A request as the fit sees it. */
interface Row {
  readonly request: Labeled;
  readonly features: Features;
  readonly share: number;
}

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

/**
 * The requests; and those of requests.jsonl once more with the context of another, for how much is attached to these
 * was drawn at random and says nothing about what is asked.
 */
function toRows(requests: readonly Labeled[]): Row[] {
  const random = seeded(7);
  const written = requests.filter(({ kind }) => kind === undefined);
  return requests.flatMap((request) => {
    const row = { request, features: featuresOf(request), share: 1 };
    if (request.kind !== undefined) return [row];
    const { context_tokens, files } = written[Math.floor(random() * written.length)] as Labeled;
    const swapped = { ...request, context_tokens: context_tokens ?? 0, files: files ?? 0 };
    return [row, { request, features: featuresOf(swapped), share: SWAPPED_WEIGHT }];
  });
}

/** What the weights are expected to be, before any request is seen. */
function priors(head: 0 | 1): Float64Array {
  const names = featureNames();
  const signals = featureSignals();
  const concepts = names.indexOf(`first:${names[0]}`);
  const prior = new Float64Array(BUCKETS + names.length);
  for (const [i, name] of names.entries()) {
    if (i >= 2 * concepts) prior[BUCKETS + i] = OWN_PRIORS[name]?.[head] ?? 0;
    else {
      const concept = i % concepts;
      const expected = (OWN_PRIORS[names[concept] ?? ''] ?? PRIORS[signals[concept] ?? ''])?.[head] ?? 0;
      prior[BUCKETS + i] = (i < concepts ? 1 - FIRST_SHARE : FIRST_SHARE) * expected;
    }
  }
  return prior;
}

/** Fits both heads, each with its two sides in balance. */
function fit(rows: readonly Row[]): Weights {
  const names = featureNames();
  const pull = new Float64Array(BUCKETS + names.length).fill(1 / VARIANCES.ngrams, 0, BUCKETS);
  pull.fill(1 / VARIANCES.others, BUCKETS);
  pull[BUCKETS + names.indexOf('bias')] = 0.01;
  const solve = (head: 0 | 1, isTrue: (tier: Tier) => boolean): Float64Array => {
    const count = rows.filter(({ request }) => isTrue(workOf(request))).length;
    const samples = rows.map(({ request, features, share }): Sample => {
      const side = isTrue(workOf(request));
      return { ...features, isTrue: side, weight: (share * rows.length) / (2 * (side ? count : rows.length - count)) };
    });
    return fitLogistic(samples, priors(head), pull);
  };
  return { mid: solve(0, (tier) => tier !== 'local'), frontier: solve(1, (tier) => tier === 'frontier') };
}

/** The logits of each request by weights that were fitted without its source. */
function crossValidate(requests: readonly Labeled[]): { mid: number; frontier: number }[] {
  const rows = toRows(requests);
  const logits = new Map<Labeled, { mid: number; frontier: number }>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const weights = fit(rows.filter(({ request }) => foldOf(request, FOLDS) !== fold));
    for (const { request, features } of rows) {
      if (foldOf(request, FOLDS) !== fold || logits.has(request)) continue;
      logits.set(request, { mid: logitOf(weights.mid, features), frontier: logitOf(weights.frontier, features) });
    }
  }
  return requests.map((request) => logits.get(request) ?? { mid: 0, frontier: 0 });
}

/** The tier for two logits, with the rule on much context. */
function tierAt(request: Labeled, logits: Limits, limits: Limits): Tier {
  if (logits.frontier >= limits.frontier) return 'frontier';
  return logits.mid >= limits.mid || (request.context_tokens ?? 0) > MUCH_CONTEXT ? 'mid' : 'local';
}

/** Share of the frontier's requests that the limits must keep: missing one is the costlier mistake. */
const KEPT = 0.8;

/** How much the macro-F1 of each set counts: the second is of requests that the authors did not write. */
const SET_SHARES = [0.5, 1] as const;

/** The limits with the best macro-F1 over both sets that keep enough of the frontier's requests of the second. */
function chooseLimits(sets: readonly (readonly Labeled[])[], logitsOf: (request: Labeled) => Limits): Limits {
  let best: Limits = { mid: 0, frontier: 0 };
  let most = -1;
  for (let mid = -2; mid <= 1.5; mid += 0.1) {
    for (let frontier = -1.5; frontier <= 1.5; frontier += 0.1) {
      const limits = { mid, frontier };
      const results = sets.map((set) => measure(set, (request) => tierAt(request, logitsOf(request), limits)));
      const sum = results.reduce((total, { macroF1 }, i) => total + SET_SHARES[i === 0 ? 0 : 1] * macroF1, 0);
      if ((results.at(-1)?.recall.frontier ?? 0) < KEPT || sum <= most) continue;
      most = sum;
      best = limits;
    }
  }
  return best;
}

/** The weights as the project keeps them, with both limits at a probability of one half. */
function toTable({ mid, frontier }: Weights, limits: Limits): WeightTable {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const features = featureNames().map((name, i): [string, [number, number]] => {
    const isBias = name === 'bias';
    const pair = [(mid[BUCKETS + i] ?? 0) - (isBias ? limits.mid : 0)] as const;
    return [name, [round(pair[0]), round((frontier[BUCKETS + i] ?? 0) - (isBias ? limits.frontier : 0))]];
  });
  return {
    features: Object.fromEntries(features),
    ngrams: { mid: packNgrams(mid.subarray(0, BUCKETS)), frontier: packNgrams(frontier.subarray(0, BUCKETS)) },
  };
}

function write({ features, ngrams }: WeightTable): void {
  const lines = Object.entries(features).map(([name, pair]) => `    ${JSON.stringify(name)}: [${pair.join(', ')}]`);
  const packed = Object.entries(ngrams).map(([name, pack]) => `    ${JSON.stringify(name)}: ${JSON.stringify(pack)}`);
  fs.writeFileSync(
    new URL('../../../src/core/routing/weights.json', import.meta.url),
    `{\n  "features": {\n${lines.join(',\n')}\n  },\n  "ngrams": {\n${packed.join(',\n')}\n  }\n}\n`,
  );
}

/** What the scorer would say of each request if it had been fitted without the request's source. */
export function scoreBySource(requests: readonly Labeled[]): ReadonlyMap<Labeled, Complexity> {
  const logits = crossValidate(requests);
  const byRequest = new Map(requests.map((request, i) => [request, logits[i] as Limits]));
  const limits = chooseLimits(inSets(requests), (request) => byRequest.get(request) as Limits);
  const likelihood = (logit: number): number => 1 / (1 + Math.exp(-logit));
  return new Map(
    [...byRequest].map(([request, logit]) => {
      const mid = likelihood(logit.mid - limits.mid);
      const frontier = likelihood(logit.frontier - limits.frontier);
      const score = toScore(mid, frontier);
      return [request, { score, level: toLevel(score), signals: [], likely: { mid, frontier } }];
    }),
  );
}

/** The requests of the project, and those of the second set. */
const inSets = (requests: readonly Labeled[]): [Labeled[], Labeled[]] => [
  requests.filter(({ kind }) => kind === undefined),
  requests.filter(({ kind }) => kind !== undefined),
];

if (import.meta.filename === process.argv[1]) {
  const requests = [...readLabeled().filter(isTuning), ...readHarvest()];
  const logits = crossValidate(requests);
  const byRequest = new Map(requests.map((request, i) => [request, logits[i] as Limits]));
  const [tuning, elsewhere] = inSets(requests);
  const limits = chooseLimits([tuning, elsewhere], (request) => byRequest.get(request) as Limits);
  const tier = (request: Labeled): Tier => tierAt(request, byRequest.get(request) as Limits, limits);
  console.log(`limits ${limits.mid.toFixed(1)} / ${limits.frontier.toFixed(1)}, by sources left out of the fit:`);
  console.log(`the second set: ${describe(measure(elsewhere, tier))}`);
  console.log(`its real chats: ${realChats(elsewhere, tier)}`);
  const english = elsewhere.filter(({ human }) => human === 'en');
  console.log(`in English: ${describe(measure(english, tier))}`);
  const others = elsewhere.filter(({ human }) => human !== 'en');
  console.log(`in other languages: ${describe(measure(others, tier))}`);
  console.log(`the tuning half: ${describe(measure(tuning, tier))}`);
  if (!process.argv.includes('--check')) {
    write(toTable(fit(toRows(requests)), limits));
    console.log(`fitted to ${requests.length} requests`);
  }
}
