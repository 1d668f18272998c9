import { addFields } from '../common/sums.ts';
import { TIERS, type Task, type Tier, type TimeSpan } from '../common/types.ts';
import type { Category } from '../ledger/categories.ts';
import { NO_GROUP_SUMS } from '../ledger/groups.ts';
import type { GroupSums, GroupTotal } from '../ledger/groupTypes.ts';
import {
  addLatencies,
  countLatencies,
  LATENCY_BOUNDS,
  NO_LATENCIES,
  percentile,
  type Latencies,
} from '../ledger/latency.ts';
import { costOf, costsNothing, type Price } from '../money/pricing.ts';
import { median, quantile, shareOf, type Share } from './statistics.ts';

/** Money, time and shares of a period, from the sums of the ledger and nothing else. Amounts in nano-USD, times in ms. */

/** Tasks that a person asked for. Ghost text, routing, tests and what VS Code asks by itself are counted apart. */
const QUESTION_TASKS: ReadonlySet<Task> = new Set(['chat', 'escalate', 'edit', 'commit', 'review', 'agent']);

export const isQuestion = ({ task }: { readonly task: Task }): boolean => QUESTION_TASKS.has(task);

export const sumGroups = (totals: readonly GroupTotal[]): GroupSums =>
  totals.reduce<GroupSums>((sum, total) => addFields<GroupSums>(sum, total), NO_GROUP_SUMS);

export type ByTier = Readonly<Record<Tier, number>>;

const byTier = (of: (tier: Tier) => number): ByTier =>
  Object.fromEntries(TIERS.map((tier) => [tier, of(tier)])) as unknown as ByTier;

/** One bar of the chart: a day or a week. */
export interface CostBar {
  readonly span: TimeSpan;
  readonly nanoUsd: ByTier;
}

export const costBar = (span: TimeSpan, totals: readonly GroupTotal[]): CostBar => ({
  span,
  nanoUsd: byTier((tier) => sumGroups(totals.filter((total) => total.tier === tier)).nanoUsd),
});

/** Questions of a category that one model answered, or its calls for another task. */
export interface CostRow {
  /** Undefined for questions: `category` says what they are about. */
  readonly task?: Task;
  readonly category: Category | null;
  readonly model: string;
  readonly tier: Tier;
  readonly questions: number;
  readonly nanoUsd: number;
  readonly estimatedNanoUsd: number;
  readonly unknown: number;
  /** By list price, of the questions that a flat plan paid for. */
  readonly shadowNanoUsd: number;
  /** Undefined while no question of the row has begun. */
  readonly perQuestion: number | undefined;
}

export interface MoneyFigures {
  readonly nanoUsd: number;
  readonly estimatedNanoUsd: number;
  readonly unknown: number;
  readonly shadowNanoUsd: number;
  readonly questions: number;
  readonly completions: number;
  /** What ghost text cost. */
  readonly completionNanoUsd: number;
  /** Share of the input that came from providers' caches, 0 to 1. */
  readonly cachedShare: number;
  /** The costliest first. */
  readonly rows: readonly CostRow[];
  /** Everything that is no question, by task and model: with `rows` they add up to the whole. */
  readonly others: readonly CostRow[];
}

/** @param tier only this tier; undefined: all */
export function moneyFigures(totals: readonly GroupTotal[], tier?: Tier): MoneyFigures {
  const some = totals.filter((total) => tier === undefined || total.tier === tier);
  const all = sumGroups(some);
  const ghost = sumGroups(some.filter(({ task }) => task === 'completion'));
  const questions = some.filter(isQuestion);
  return {
    nanoUsd: all.nanoUsd,
    estimatedNanoUsd: all.estimatedNanoUsd,
    unknown: all.unknown,
    shadowNanoUsd: all.shadowNanoUsd,
    questions: sumGroups(questions).calls,
    completions: ghost.calls,
    completionNanoUsd: ghost.nanoUsd,
    cachedShare: all.inputTokens > 0 ? all.cachedTokens / all.inputTokens : 0,
    rows: costRows(questions),
    others: costRows(some.filter((total) => !isQuestion(total))),
  };
}

/** One row for each model, and category of questions or task of other calls. */
function costRows(totals: readonly GroupTotal[]): readonly CostRow[] {
  const keyOf = (total: GroupTotal): string =>
    JSON.stringify([isQuestion(total) ? total.category : total.task, total.model, total.tier]);
  const rows = [...Map.groupBy(totals, keyOf).values()].flatMap((group): CostRow[] => {
    const [first] = group;
    if (!first) return [];
    const { calls, nanoUsd, estimatedNanoUsd, unknown, shadowNanoUsd } = sumGroups(group);
    const { category, model, tier, task } = first;
    const about = isQuestion(first) ? { category } : { task, category: null };
    const perQuestion = calls > 0 ? nanoUsd / calls : undefined;
    const sums = { questions: calls, nanoUsd, estimatedNanoUsd, unknown, shadowNanoUsd, perQuestion };
    return [{ ...about, model, tier, ...sums }];
  });
  return rows.toSorted((a, b) => b.nanoUsd - a.nanoUsd || b.questions - a.questions);
}

/** The tokens of sums at a price, in nano-USD. Thresholds are about single requests, of which sums know nothing. */
export function repriced({ inputTokens, cachedTokens, writtenTokens, outputTokens }: GroupSums, price: Price): number {
  const usage = {
    input: Math.max(0, inputTokens - cachedTokens - writtenTokens),
    cacheRead: cachedTokens,
    cacheWrite: writtenTokens,
    output: outputTokens,
    reasoning: 0,
  };
  return costsNothing(price) ? 0 : costOf(usage, { ...price, steps: price.steps.slice(0, 1) });
}

// ---- Time

/** The times that people find short enough, in ms: to the first token, and to the end. */
export interface Targets {
  readonly firstMs: number;
  readonly endMs: number;
}

export interface Percentiles {
  readonly n: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

interface TimeRow {
  readonly category: Category | null;
  readonly first: Percentiles;
  readonly end: Percentiles;
  /** Share of the answers within the targets; undefined below the least number of observations. */
  readonly inTime: Share | undefined;
}

/** Where the time to the first token went, as means in ms. `modelMs`: reading the prompt and thinking. */
interface Waits {
  readonly n: number;
  readonly queueMs: number;
  readonly loadMs: number;
  readonly networkMs: number;
  readonly modelMs: number;
}

export interface TimeFigures {
  readonly rows: readonly TimeRow[];
  readonly waits: Waits | undefined;
  /** From the last key to ghost text on the screen. */
  readonly ghostText: Percentiles;
  /** Of the model alone, for ghost text: from sending to the end. */
  readonly ghostModel: Percentiles;
}

export const percentiles = (counts: Latencies): Percentiles => ({
  n: countLatencies(counts),
  p50: percentile(counts, 0.5),
  p95: percentile(counts, 0.95),
});

/** Counts within a bound in ms; of the bucket that it lies in, the part below it, as if its times were spread evenly. */
export const within = (counts: Latencies, ms: number): number =>
  Math.round(
    counts.reduce((sum, count, index) => {
      const low = LATENCY_BOUNDS[index - 1] ?? 0;
      const high = LATENCY_BOUNDS[index] ?? Infinity;
      return sum + count * Math.min(1, Math.max(0, (ms - low) / (high - low)));
    }, 0),
  );

/** @param shown times from the last key to ghost text on the screen, in ms */
export function timeFigures(
  totals: readonly GroupTotal[],
  shown: readonly number[],
  targets: Targets,
  tier?: Tier,
): TimeFigures {
  const some = totals.filter((total) => tier === undefined || total.tier === tier);
  const add = (group: readonly GroupTotal[], of: 'first' | 'end'): Latencies =>
    group.reduce<Latencies>((sum, total) => addLatencies(sum, total[of]), NO_LATENCIES);
  const questions = some.filter(isQuestion);
  const rows = [...Map.groupBy(questions, ({ category }) => category)]
    .map(([category, group]): TimeRow => {
      const first = add(group, 'first');
      const end = add(group, 'end');
      const all = countLatencies(end);
      return {
        category,
        first: percentiles(first),
        end: percentiles(end),
        inTime: shareOf(Math.min(within(first, targets.firstMs), within(end, targets.endMs)), all),
      };
    })
    .filter(({ end }) => end.n > 0)
    .toSorted((a, b) => b.end.n - a.end.n);
  const { timed, queueMs, loadMs, headersMs, firstMs } = sumGroups(questions);
  const mean = (ms: number): number => ms / timed;
  return {
    rows,
    waits:
      timed === 0
        ? undefined
        : {
            n: timed,
            queueMs: mean(queueMs),
            loadMs: mean(loadMs),
            networkMs: mean(headersMs),
            modelMs: mean(Math.max(0, firstMs - headersMs)),
          },
    ghostText: { n: shown.length, p50: median(shown), p95: quantile(shown, 0.95) },
    ghostModel: percentiles(
      add(
        some.filter(({ task }) => task === 'completion'),
        'end',
      ),
    ),
  };
}

// ---- Shares

/** How long the whole answers of a tier to questions take. */
export const answerTimes = (totals: readonly GroupTotal[], tier: Tier): Percentiles =>
  percentiles(
    totals
      .filter((total) => total.tier === tier && isQuestion(total))
      .reduce<Latencies>((sum, { end }) => addLatencies(sum, end), NO_LATENCIES),
  );

/** A range that a share should lie in, 0 to 1. */
export type Range = readonly [from: number, to: number];

export interface ShareRow {
  readonly tier: Tier;
  readonly questions: number;
  readonly nanoUsd: number;
  /** 0 to 1; undefined without any question or cost. */
  readonly ofQuestions: number | undefined;
  readonly ofMoney: number | undefined;
  readonly target: Range | undefined;
}

/** Questions and money by tier. Ghost text is no question. */
export function shareRows(
  totals: readonly GroupTotal[],
  targets: { readonly [T in Tier]?: Range | undefined },
): readonly ShareRow[] {
  const asked = totals.filter(isQuestion);
  const all = sumGroups(asked);
  return TIERS.map((tier) => {
    const { calls, nanoUsd } = sumGroups(asked.filter((total) => total.tier === tier));
    return {
      tier,
      questions: calls,
      nanoUsd,
      ofQuestions: all.calls > 0 ? calls / all.calls : undefined,
      ofMoney: all.nanoUsd > 0 ? nanoUsd / all.nanoUsd : undefined,
      target: targets[tier],
    };
  });
}
