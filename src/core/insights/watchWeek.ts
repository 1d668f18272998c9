import { NO_GROUP_SUMS } from '../ledger/groups.ts';
import type { GroupSums } from '../ledger/groupTypes.ts';
import type { LedgerRow } from '../ledger/ledger.ts';
import { TIERS, type Tier, type TimeSpan } from '../common/types.ts';
import { addFields } from '../common/sums.ts';
import type { Price } from '../money/pricing.ts';
import { repriced } from './insightFigures.ts';

/**
 * *Watch a week*: the user keeps the model they have, every question is scored as always, and after seven days the report
 * says what *Auto* would have taken by those scores. Nothing is sent and nothing is changed for it.
 */

const WATCH_DAYS = 7;

/** Below this score a small model will do, where one that answers is set. */
const LOCAL_BELOW = 2.5;

/** So many days later by the user's calendar, at the same time of the day: a day of changed clocks has 23 or 25 hours. */
function daysAfter(since: number, days: number): number {
  const end = new Date(since);
  end.setDate(end.getDate() + days);
  return end.getTime();
}

/** The seven days from a moment on. */
export const watchSpan = (since: number): TimeSpan => ({ since, until: daysAfter(since, WATCH_DAYS) });

/** The day of the watch, from 1; undefined when it has ended. */
export function watchDay(since: number, now: number): number | undefined {
  for (let day = 1; day <= WATCH_DAYS; day++) if (now < daysAfter(since, day)) return day;
  return undefined;
}

export interface WatchReport {
  readonly questions: number;
  /** What the questions really cost, in nano-USD. */
  readonly paid: number;
  /** Questions that *Auto* would have sent to each tier, by their scores. */
  readonly byTier: Readonly<Record<Tier, number>>;
  /** What they would have cost there, in nano-USD; undefined: a price is unknown. */
  readonly asAuto: number | undefined;
}

/**
 * @param questions scored rows of the watched days
 * @param prices of the first model of each tier
 * @param localAnswers whether a local model that answers questions is set
 */
export function watchReport(
  questions: readonly LedgerRow[],
  threshold: number,
  prices: Readonly<Record<Tier, Price | undefined>>,
  localAnswers: boolean,
): WatchReport {
  const tierFor = (score: number): Tier =>
    score >= threshold ? 'frontier' : localAnswers && score < LOCAL_BELOW ? 'local' : 'mid';
  const asked = questions.filter(({ score, attempt }) => score !== null && attempt === 1);
  const groups = Map.groupBy(questions, ({ score }) => tierFor(score ?? 0));
  let asAuto: number | undefined = 0;
  for (const [tier, rows] of groups) {
    const price = prices[tier];
    const sums = rows.reduce<GroupSums>((sum, row) => addFields<GroupSums>(sum, tokensOf(row)), NO_GROUP_SUMS);
    if (asAuto !== undefined) asAuto = price ? asAuto + repriced(sums, price) : undefined;
  }
  return {
    questions: asked.length,
    paid: questions.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0),
    byTier: Object.fromEntries(
      TIERS.map((tier) => [tier, asked.filter(({ score }) => tierFor(score ?? 0) === tier).length]),
    ) as unknown as WatchReport['byTier'],
    asAuto,
  };
}

function tokensOf({ settled }: LedgerRow): GroupSums {
  if (!settled) return NO_GROUP_SUMS;
  const { input, cacheRead, cacheWrite, output } = settled.usage;
  return {
    ...NO_GROUP_SUMS,
    inputTokens: input + cacheRead + cacheWrite,
    cachedTokens: cacheRead,
    writtenTokens: cacheWrite,
    outputTokens: output,
  };
}
