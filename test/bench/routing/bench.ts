/** The router on requests that its weights were not fitted to, against simpler routers, and the scorer's time. */
import { doubtsOf, settle } from '../../../src/core/routing/classifier.ts';
import { featureNames, takeFeatures } from '../../../src/core/routing/features.ts';
import { route } from '../../../src/core/routing/route.ts';
import { SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { scoreComplexity, toScore } from '../../../src/core/routing/scorer.ts';
import type { Complexity, Rule } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import {
  FRESH,
  harvestFile,
  isTuning,
  readHarvest,
  readLabeled,
  readVerdicts,
  toFacts,
  UNSEEN,
  verdictKey,
  type Labeled,
} from './data.ts';
import { describe, measure, realChats, type Measured } from './measure.ts';
import { asOnePerson, byRepository, describeRemembered, simulateOverrides } from './overrides.ts';
import PREVIOUS_WEIGHTS from './previousWeights.json' with { type: 'json' };
import { scoreBySource } from './train.ts';

const ACCURACY = 0.85;
const MACRO_F1 = 0.75;
const FRONTIER_KEPT = 0.85;
const SCORER_P99_MS = 1;

const THRESHOLD = 3.5;

/** The rules that turn a score into a tier, and no others. */
const SCORE_ONLY = SHIPPED_RULES.filter(({ name }) => /^(complex|much-context|simple|default)$/.test(name));

/** The tier that Auto chooses, without the circumstances of a window. */
export function routeOf(
  request: Labeled,
  complexity = scoreComplexity(toFacts(request)),
  rules: readonly Rule[] = SHIPPED_RULES,
): Tier {
  const facts = {
    ...toFacts(request),
    tokens: request.context_tokens ?? 0,
    language: request.selection_lang,
    task: 'chat',
    threadTurns: 0,
    offline: false,
    private: false,
    overBudget: [],
    unhealthy: [],
    windowTokens: {},
  } as const;
  return route(facts, { rules, threshold: THRESHOLD, complexity }).tier;
}

/** The same with the verdict of a model where the scorer is unsure and a verdict is recorded. */
function judgedRoute(request: Labeled, complexity: Complexity, rules = SHIPPED_RULES): Tier {
  const doubts = doubtsOf(complexity, THRESHOLD);
  const verdict = doubts.mid || doubts.frontier ? readVerdicts().get(verdictKey(request)) : undefined;
  if (verdict === undefined) return routeOf(request, complexity, rules);
  const judged = { ...settle(complexity, verdict, doubts), judge: { model: 'recorded/verdict', nanoUsd: 0 } };
  return routeOf(request, judged, rules);
}

/** The scorer of the version before, which knew concepts and measures alone. */
function previousTier(request: Labeled): Tier {
  const { values } = takeFeatures(toFacts(request));
  const logits = [0, 0];
  for (const [i, name] of featureNames().entries())
    for (const head of [0, 1] as const)
      logits[head] = (logits[head] ?? 0) + (values[i] ?? 0) * (PREVIOUS[name]?.[head] ?? 0);
  const [mid = 0, frontier = 0] = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const score = toScore(mid, frontier);
  return score >= THRESHOLD ? 'frontier' : score <= 2.5 ? 'local' : 'mid';
}

const PREVIOUS = PREVIOUS_WEIGHTS as unknown as Readonly<Record<string, readonly [number, number]>>;

/** The router that decides by one figure, with the two limits that are best on the tuning half. */
function fitLimits(requests: readonly Labeled[], figure: (request: Labeled) => number): (request: Labeled) => Tier {
  const by = (low: number, high: number) => (request: Labeled) =>
    figure(request) < low ? 'local' : figure(request) < high ? 'mid' : 'frontier';
  const values = [...new Set(requests.map(figure))].sort((a, b) => a - b);
  const step = Math.max(1, Math.floor(values.length / 60));
  const limits = [...values.filter((_, i) => i % step === 0), Infinity];
  let best = by(0, Infinity);
  let most = -1;
  for (const low of limits) {
    for (const high of limits.filter((limit) => limit >= low)) {
      const { accuracy } = measure(requests, by(low, high));
      if (accuracy > most) {
        most = accuracy;
        best = by(low, high);
      }
    }
  }
  return best;
}

export interface Times {
  readonly p50: number;
  readonly p99: number;
  /** The p99 of the round that other programs disturbed least. */
  readonly quietP99: number;
}

/** Milliseconds for requests of 10,000 characters in several scripts. */
export function timeScorer(rounds: number, runs: number): Times {
  const phrases = [
    'Please look at why the invoice total differs between these two services and propose how to redesign it. ',
    'Bitte schau dir an, warum die Rechnungssumme abweicht, und überarbeite die Architektur der Schnittstelle. ',
    'この二つのサービスの間で請求額が合わない理由を調べて、設計を見直してください。',
    'Посмотри, почему сумма счёта расходится между сервисами, и предложи новую архитектуру. ',
    'const total = items.reduce((sum, item) => sum + item.price * item.count, 0); return { total };\n',
  ];
  const texts = phrases.map((phrase) => phrase.repeat(Math.ceil(10_000 / phrase.length)).slice(0, 10_000));
  texts.push(phrases.join('').repeat(40).slice(0, 10_000));
  const at = (values: readonly number[], share: number): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
  const times: number[][] = [];
  for (let round = -1; round < rounds; round++) {
    const own: number[] = [];
    for (let run = 0; run < runs; run++) {
      const text = texts[run % texts.length] ?? '';
      const start = performance.now();
      scoreComplexity({ text, contextTokens: 2_000, files: 2 });
      own.push(performance.now() - start);
    }
    if (round >= 0) times.push(own); // the first round warms up
  }
  const all = times.flat();
  return { p50: at(all, 0.5), p99: at(all, 0.99), quietP99: Math.min(...times.map((own) => at(own, 0.99))) };
}

/** Prints how the routers do on a set; those that look at one figure are fitted to another set. */
function compare(name: string, { set, fittedTo, complexityOf }: Comparison): Measured {
  const unsure = set.filter((request) => {
    const doubts = doubtsOf(complexityOf(request), THRESHOLD);
    return doubts.mid || doubts.frontier;
  });
  const verdicts = unsure.filter((request) => readVerdicts().has(verdictKey(request))).length;
  const routers: [string, (request: Labeled) => Tier][] = [
    ['Auto, the scorer alone', (request) => routeOf(request, complexityOf(request))],
    [`Auto with ${verdicts} recorded verdicts`, (request) => judgedRoute(request, complexityOf(request))],
    ['the scorer, without the rules of topics and languages', (each) => routeOf(each, complexityOf(each), SCORE_ONLY)],
    ['the same with the verdicts', (request) => judgedRoute(request, complexityOf(request), SCORE_ONLY)],
    ['the scorer of the version before', previousTier],
    ['always mid', () => 'mid'],
    ['tokens of context alone', fitLimits(fittedTo, (request) => request.context_tokens ?? 0)],
    ['length of the question alone', fitLimits(fittedTo, ({ text }) => text.length)],
  ];
  console.log(`\n${name}: ${set.length} requests, the scorer is unsure of ${unsure.length}`);
  const isReal = set.some(({ kind }) => kind === 'specstory');
  for (const [router, choose] of routers) {
    console.log(`${router}: ${describe(measure(set, choose))}`);
    if (isReal) console.log(`  real chats: ${realChats(set, choose)}`);
  }
  const isEnglish = ({ id, human }: Labeled): boolean => (human ?? id.split('-')[0]) === 'en';
  const foreign = set.filter((request) => !isEnglish(request));
  for (const [router, choose] of routers.slice(0, 5))
    console.log(`${foreign.length} in other languages, ${router}: ${describe(measure(foreign, choose))}`);
  return measure(set, (request) => routeOf(request, complexityOf(request)));
}

interface Comparison {
  readonly set: readonly Labeled[];
  readonly fittedTo: readonly Labeled[];
  readonly complexityOf: (request: Labeled) => Complexity;
}

/** Prints what rules that are made of overrides do to later requests of the same user. */
function reportOverrides(
  name: string,
  people: readonly (readonly Labeled[])[],
  complexityOf: (request: Labeled) => Complexity,
): void {
  const { before, after } = simulateOverrides(people, {
    complexityOf,
    routeOf: (request) => routeOf(request, complexityOf(request)),
  });
  console.log(`\nEach wrong choice is overridden, in ${name}; what the rules made of that do to later requests:`);
  console.log(`a rule after one override, as before: ${describeRemembered(before)}`);
  console.log(`a narrow rule after three equal ones: ${describeRemembered(after)}`);
}

const scored = (request: Labeled): Complexity => scoreComplexity(toFacts(request));

if (import.meta.filename === process.argv[1]) {
  const all = readLabeled();
  const tuning = all.filter(isTuning);
  const test = all.filter((request) => !isTuning(request));
  const ours = compare('The test half of requests.jsonl', { set: test, fittedTo: tuning, complexityOf: scored });
  const unseen = readLabeled(UNSEEN);
  console.log(`\n${unseen.length} requests written last: ${describe(measure(unseen, (request) => routeOf(request)))}`);
  const style = readLabeled(FRESH);
  console.log(`${style.length} requests in another style: ${describe(measure(style, (request) => routeOf(request)))}`);
  if (harvestFile() === undefined)
    console.log('\nThe second set is not part of the project; with GEARSHIFT_HARVEST it is measured as well.');
  else {
    const elsewhere = readHarvest();
    const bySource = scoreBySource([...tuning, ...elsewhere]);
    const complexityOf = (request: Labeled): Complexity => bySource.get(request) ?? scored(request);
    compare('The second set, by sources left out of the fit', { set: elsewhere, fittedTo: tuning, complexityOf });
    const people = byRepository(elsewhere);
    reportOverrides(`the real chats of ${people.length} repositories, each a user`, people, complexityOf);
  }
  const remembered = [...all, ...unseen, ...style, ...(harvestFile() === undefined ? [] : readHarvest())];
  reportOverrides(`${remembered.length} requests`, asOnePerson(remembered), scored);
  const { p50, p99, quietP99 } = timeScorer(100, 60);
  const ms = (value: number): string => `${value.toFixed(3)} ms`;
  console.log(
    `\nscorer, 10,000 characters: p50 ${ms(p50)}, p99 ${ms(p99)}, in the quietest of 100 rounds ${ms(quietP99)}`,
  );
  if (process.argv.includes('--wrong'))
    for (const { request, got } of ours.wrong) {
      const { score } = scoreComplexity(toFacts(request));
      console.log(`${request.tier} -> ${got} ${score.toFixed(2)} ${request.text.slice(0, 120).replaceAll('\n', ' ')}`);
    }
  const bad = ours.accuracy < ACCURACY || ours.macroF1 < MACRO_F1 || ours.recall.frontier < FRONTIER_KEPT;
  if (bad || quietP99 > SCORER_P99_MS) {
    console.error('below the bounds');
    process.exitCode = 1;
  }
}
