/** The router on the test half, against routers that look at one figure only, and the scorer's time. */
import { route } from '../../../src/core/routing/route.ts';
import { SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import { TIERS, type Tier } from '../../../src/core/common/types.ts';
import { FRESH, isTuning, readLabelled, toFacts, UNSEEN, type Labelled } from './data.ts';
import { describe, measure, type Measured } from './measure.ts';

const ACCURACY = 0.85;
const MACRO_F1 = 0.75;
const FRONTIER_KEPT = 0.85;
const SCORER_P99_MS = 1;

/** The tier that Auto chooses, without the circumstances of a window. */
export function routeOf(request: Labelled): Tier {
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
  return route(facts, { rules: SHIPPED_RULES, threshold: 3.5, complexity: scoreComplexity(facts) }).tier;
}

/** The router that decides by one figure, with the two limits that are best on the tuning half. */
function fitLimits(requests: readonly Labelled[], figure: (request: Labelled) => number): (request: Labelled) => Tier {
  const by = (low: number, high: number) => (request: Labelled) =>
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

if (import.meta.filename === process.argv[1]) {
  const all = readLabelled();
  const tuning = all.filter(isTuning);
  const test = all.filter((request) => !isTuning(request));
  const shares = TIERS.map((tier) => `${tier} ${test.filter((request) => request.tier === tier).length}`);
  console.log(
    `${all.length} requests: ${tuning.length} to tune with, ${test.length} to test with (${shares.join(', ')})`,
  );
  const ours = measure(test, routeOf);
  const rows: [string, Measured][] = [
    ['Auto', ours],
    ['always mid', measure(test, () => 'mid')],
    [
      'length of the question alone',
      measure(
        test,
        fitLimits(tuning, ({ text }) => text.length),
      ),
    ],
    [
      'tokens of context alone',
      measure(
        test,
        fitLimits(tuning, (request) => request.context_tokens ?? 0),
      ),
    ],
  ];
  for (const [name, measured] of rows) console.log(`${name}: ${describe(measured)}`);
  const english = measure(
    test.filter(({ id }) => id.startsWith('en-')),
    routeOf,
  );
  const others = measure(
    test.filter(({ id }) => !id.startsWith('en-')),
    routeOf,
  );
  console.log(`Auto, ${english.count} English requests: ${describe(english)}`);
  console.log(`Auto, ${others.count} in other languages: ${describe(others)}`);
  const unseen = readLabelled(UNSEEN);
  console.log(`Auto, ${unseen.length} requests written last: ${describe(measure(unseen, routeOf))}`);
  const style = readLabelled(FRESH);
  const fresh = measure(style, routeOf);
  console.log(`Auto, ${fresh.count} requests in another style: ${describe(fresh)}`);
  const last = style.filter(({ id }) => id.startsWith('g-'));
  console.log(`Auto, the last ${last.length} of them: ${describe(measure(last, routeOf))}`);
  const { p50, p99, quietP99 } = timeScorer(100, 60);
  const ms = (value: number): string => `${value.toFixed(3)} ms`;
  console.log(
    `scorer, 10,000 characters: p50 ${ms(p50)}, p99 ${ms(p99)}, in the quietest of 100 rounds ${ms(quietP99)}`,
  );
  if (process.argv.includes('--wrong'))
    for (const { request, got } of [...ours.wrong, ...fresh.wrong]) {
      const { score } = scoreComplexity(toFacts(request));
      console.log(`${request.tier} -> ${got} ${score.toFixed(2)} ${request.text.slice(0, 120).replaceAll('\n', ' ')}`);
    }
  const bad = ours.accuracy < ACCURACY || ours.macroF1 < MACRO_F1 || ours.recall.frontier < FRONTIER_KEPT;
  if (bad || quietP99 > SCORER_P99_MS) {
    console.error('below the bounds');
    process.exitCode = 1;
  }
}
