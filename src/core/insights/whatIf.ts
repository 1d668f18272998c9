import type { GroupSums, GroupTotal } from '../ledger/groupTypes.ts';
import type { Price } from '../money/pricing.ts';
import { allFixed, feesOf, isOwnMachine, NO_FIXED_COSTS, type FixedCosts } from './fixedCosts.ts';
import { isQuestion, repriced, sumGroups } from './insightFigures.ts';

/** The tokens of a period as other models would have been paid for them. Same tokens, list prices: answers may differ. */

export type ScenarioId =
  | 'as-it-was'
  | 'all-frontier'
  | 'one-mid'
  | 'primary-budget'
  | 'speed-depth'
  | 'several-providers'
  | 'own-server'
  | 'all-local';

/** A model that answers a part of the questions. */
interface Part {
  readonly model: string;
  /** 0 to 1. The shares of a scenario add up to 1. */
  readonly share: number;
  readonly price: Price | undefined;
}

export interface Scenario {
  readonly id: ScenarioId;
  readonly parts: readonly Part[];
}

/**
 * The cost of the questions of a period under a scenario, in nano-USD; undefined when a price is unknown. The fee of a plan
 * that one of its models is in counts as a whole, whatever share that model has.
 */
export function scenarioCost(
  { parts }: Scenario,
  totals: readonly GroupTotal[],
  fixed: FixedCosts = NO_FIXED_COSTS,
): number | undefined {
  const questions = sumGroups(totals.filter(isQuestion));
  const models = parts.filter(({ share }) => share > 0).map(({ model }) => model);
  let sum = feesOf(fixed, models);
  for (const { share, price } of parts) {
    if (share === 0) continue;
    if (!price) return undefined;
    sum += repriced(scaled(questions, share), price);
  }
  return sum;
}

/**
 * What the user's own machine costs for each token, by the time that it took for the tokens of the local tier: an hour
 * has a cost, and a token takes a part of it. Undefined where the machine has answered nothing to go by.
 *
 * @param hourly nano-USD; 0: the machine is not counted
 */
export function machinePrice(hourly: number, totals: readonly GroupTotal[]): Price | undefined {
  if (hourly === 0) return { source: 'free', date: '', steps: [] };
  const { durationMs, outputTokens } = sumGroups(totals.filter(isOwnMachine));
  if (durationMs === 0 || outputTokens === 0) return undefined;
  const output = Math.round(((hourly * durationMs) / 3_600_000 / outputTokens) * 1e6);
  return { source: 'user', date: '', steps: [{ above: 0, input: 0, output, cacheRead: 0, cacheWrite: 0 }] };
}

/** What the questions of a period really cost, with plans and the own machine, in nano-USD. */
export const actualCost = (totals: readonly GroupTotal[], fixed: FixedCosts = NO_FIXED_COSTS): number =>
  sumGroups(totals.filter(isQuestion)).nanoUsd + allFixed(fixed);

const scaled = (sums: GroupSums, share: number): GroupSums => ({
  ...sums,
  inputTokens: Math.round(sums.inputTokens * share),
  cachedTokens: Math.round(sums.cachedTokens * share),
  writtenTokens: Math.round(sums.writtenTokens * share),
  outputTokens: Math.round(sums.outputTokens * share),
});

/**
 * Shares with the first one changed: the others keep their proportion to each other.
 *
 * @param first 0 to 1
 */
export function withFirstShare(shares: readonly number[], first: number): readonly number[] {
  const rest = shares.slice(1);
  const before = rest.reduce((sum, share) => sum + share, 0);
  const left = 1 - first;
  return [first, ...rest.map((share) => (before > 0 ? (share / before) * left : left / rest.length))];
}

/** One line of an example month: millions of tokens of a kind of work, and USD per million input and output tokens. */
interface ExampleLine {
  readonly millions: number;
  readonly input: number;
  readonly output: number;
}

/**
 * The month of a published comparison: 5,000 completions (2 M tokens, local), 200 conversations (4 M), 30 hard problems
 * (1.5 M), at the prices of its day.
 */
const EXAMPLE_LINES: readonly ExampleLine[] = [
  { millions: 2, input: 0, output: 0 },
  { millions: 4, input: 0.27, output: 1.1 },
  { millions: 1.5, input: 15, output: 75 },
];

/** The share of output that is assumed where output has its own price. */
const EXAMPLE_OUTPUT_SHARE = 0.25;

export interface ExampleCosts {
  /** USD. */
  readonly mixed: number;
  /** USD, with the costliest model for everything. */
  readonly allBest: number;
}

/** The example month. The publication prices every token as input; with output prices a quarter of the tokens is output. */
export function exampleCosts(withOutput: boolean): ExampleCosts {
  const perMillion = ({ input, output }: Pick<ExampleLine, 'input' | 'output'>): number =>
    withOutput ? input * (1 - EXAMPLE_OUTPUT_SHARE) + output * EXAMPLE_OUTPUT_SHARE : input;
  const best = EXAMPLE_LINES.reduce((a, b) => (b.input > a.input ? b : a));
  const sum = (of: (line: ExampleLine) => number): number =>
    Math.round(EXAMPLE_LINES.reduce((all, line) => all + of(line), 0) * 100) / 100;
  return {
    mixed: sum((line) => line.millions * perMillion(line)),
    allBest: sum(({ millions }) => millions * perMillion(best)),
  };
}
