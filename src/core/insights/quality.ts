import type { Tier } from '../common/types.ts';
import type { Category } from '../ledger/categories.ts';
import type { AnswerOutcome, OutcomeKind } from '../ledger/outcomes.ts';
import { LEAST_OBSERVATIONS, medianOf, shareOf, type Share } from './statistics.ts';

/** What became of code that models wrote: how much was corrected, and how much of it is still there. */

/** Corrections that a source calls good for simple tasks, and from which on it says that work belongs to a better model. */
export const GOOD_CORRECTION_RATE = 0.05;
export const BAD_CORRECTION_RATE = 0.3;

export interface CorrectionRow {
  readonly tier: Tier;
  readonly category: Category | null;
  readonly kept: number;
  readonly edited: number;
  readonly undone: number;
  readonly judged: number;
  /** Share that was edited or undone; undefined while too few were judged. */
  readonly rate: Share | undefined;
}

/** The looks at code after it was written, in their order. */
export const LOOKS = [
  'there-30s',
  'there-5min',
  'there-15min',
  'there-commit',
] as const satisfies readonly OutcomeKind[];
export type Look = (typeof LOOKS)[number];

/** The share of characters that were still there, with the bounds of its 95% interval, 0 to 1. */
interface Survival {
  readonly look: Look;
  readonly n: number;
  /** Undefined while too few texts were looked at. */
  readonly share: { readonly share: number; readonly low: number; readonly high: number } | undefined;
}

export interface UsefulTime {
  readonly tier: Tier;
  readonly n: number;
  /** Median time from the request to the last edit in its code, in ms; undefined while too few are known. */
  readonly ms: number | undefined;
  /** The bounds of its 95% interval, in ms. */
  readonly likely?: readonly [low: number, high: number] | undefined;
}

export interface QualityFigures {
  /** The most judged first. */
  readonly corrections: readonly CorrectionRow[];
  readonly survival: readonly Survival[];
  readonly useful: readonly UsefulTime[];
}

export function qualityFigures(outcomes: readonly AnswerOutcome[], tier?: Tier): QualityFigures {
  const some = outcomes.filter((each) => tier === undefined || each.tier === tier);
  return {
    corrections: correctionRows(some),
    survival: LOOKS.map((look) => survivalAt(look, some)),
    useful: usefulTimes(some),
  };
}

function correctionRows(outcomes: readonly AnswerOutcome[]): readonly CorrectionRow[] {
  const groups = Map.groupBy(outcomes, ({ tier, category }) => JSON.stringify([tier, category]));
  const rows = [...groups.values()].flatMap((group): CorrectionRow[] => {
    const [first] = group;
    const count = (kind: OutcomeKind): number => group.filter((each) => each.kind === kind).length;
    const [kept, edited, undone] = [count('kept'), count('edited'), count('undone')];
    const judged = kept + edited + undone;
    if (!first || judged === 0) return [];
    const { tier, category } = first;
    return [{ tier, category, kept, edited, undone, judged, rate: shareOf(edited + undone, judged) }];
  });
  return rows.toSorted((a, b) => b.judged - a.judged);
}

/**
 * The characters that are still there of all that were looked at. Texts differ in length, so the interval is that of a
 * ratio of two sums (Cochran, "Sampling Techniques", 2.11).
 */
function survivalAt(look: Look, outcomes: readonly AnswerOutcome[]): Survival {
  const looked = outcomes.flatMap(({ kind, characters, kept }) =>
    kind === look && kept !== null && characters > 0 ? [{ characters, kept }] : [],
  );
  const n = looked.length;
  if (n < LEAST_OBSERVATIONS) return { look, n, share: undefined };
  const sum = (of: (text: (typeof looked)[number]) => number): number =>
    looked.reduce((all, text) => all + of(text), 0);
  const characters = sum((text) => text.characters);
  const share = sum((text) => text.kept) / characters;
  const spread = sum((text) => (text.kept - share * text.characters) ** 2) / (n - 1);
  const width = (1.96 * Math.sqrt(spread / n)) / (characters / n);
  return { look, n, share: { share, low: Math.max(0, share - width), high: Math.min(1, share + width) } };
}

function usefulTimes(outcomes: readonly AnswerOutcome[]): readonly UsefulTime[] {
  const groups = Map.groupBy(
    outcomes.filter(({ kind, ms }) => kind === 'useful' && ms !== null),
    ({ tier }) => tier,
  );
  return [...groups].map(([tier, group]): UsefulTime => {
    const found = medianOf(group.flatMap(({ ms }) => (ms === null ? [] : [ms])));
    return { tier, n: group.length, ms: found?.middle, ...(found ? { likely: [found.low, found.high] } : {}) };
  });
}
