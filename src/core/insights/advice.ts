import { TIERS, type Tier } from '../common/types.ts';
import type { Category } from '../ledger/categories.ts';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import type { Price } from '../money/pricing.ts';
import { isQuestion, repriced, sumGroups, type Percentiles, type ShareRow } from './insightFigures.ts';
import { BAD_CORRECTION_RATE, type CorrectionRow, type UsefulTime } from './quality.ts';
import type { SmallWork } from './smallWork.ts';
import { LEAST_OBSERVATIONS, quantile, type Share } from './statistics.ts';

/** Advice from the figures of a month: what to move, and why. Pure: the same figures give the same cards. */

/** A rule that moves the questions of a category, as its settings say it. */
interface MoveCategory {
  readonly kind: 'rule';
  readonly category: Category;
  readonly tier: Tier;
}

/** The score from which on the best tier is asked. */
interface SetThreshold {
  readonly kind: 'threshold';
  readonly threshold: number;
}

/** No value can be chosen for the user: the settings of a tier open. */
interface OpenTier {
  readonly kind: 'tier';
  readonly tier: Tier;
}

type AdviceAction = MoveCategory | SetThreshold | OpenTier;

type Evidence =
  | { readonly kind: 'rework'; readonly tier: Tier; readonly category: Category; readonly rate: Share }
  | {
      readonly kind: 'over-pace';
      readonly category: Category;
      /** What is spent by now over what the budget allows by now, for example 1.2. */
      readonly pace: number;
      readonly kept: Share;
    }
  | {
      readonly kind: 'small-work';
      readonly category: Category;
      readonly calls: number;
      readonly nanoUsd: number;
      readonly model: string;
    }
  | {
      readonly kind: 'slow';
      readonly tier: Tier;
      readonly model: string;
      readonly p50: number;
      readonly targetMs: number;
      readonly n: number;
    }
  | {
      readonly kind: 'shares';
      readonly tier: Tier;
      readonly share: number;
      readonly target: readonly [number, number];
      readonly n: number;
    };

export interface Advice {
  /** The same for the same advice at any time: what was dismissed is known by it. */
  readonly id: string;
  readonly evidence: Evidence;
  readonly action: AdviceAction;
  /** What a question costs more there in tokens and in the developer's time; undefined where either is unknown. */
  readonly balance?: Balance | undefined;
}

/** Nano-USD a question, of the tier that is advised over the present one; negative: less. */
interface Balance {
  readonly tokens: number;
  readonly time: number;
}

export interface AdviceFacts {
  readonly corrections: readonly CorrectionRow[];
  readonly smallWork: readonly SmallWork[];
  readonly shares: readonly ShareRow[];
  /** What frontier has cost over what its budget allows by now; undefined without a budget. */
  readonly frontierPace: number | undefined;
  /** From the last key to ghost text, and the model that makes it. */
  readonly ghostText: Percentiles & { readonly model: string };
  /** Whole answers of mid, the model that is asked first there, and the time that the user finds short enough, in ms. */
  readonly midAnswers?: (Percentiles & { readonly model: string; readonly targetMs: number }) | undefined;
  /** Scores of the questions that *Auto* or the user answered, 1 to 5. */
  readonly scores: readonly number[];
  readonly threshold: number;
  /** Undefined: the developer's time is not counted. */
  readonly time?: TimeFacts | undefined;
  /** The category of a rule that exists for this advice already is not advised again. */
  readonly ruled: ReadonlySet<Category>;
}

/** What weighs the developer's time against tokens. */
export interface TimeFacts {
  /** Nano-USD an hour of the developer. */
  readonly hourly: number;
  readonly useful: readonly UsefulTime[];
  /** Of the days that the advice is about. */
  readonly totals: readonly GroupTotal[];
  /** Of the first model of each tier. */
  readonly prices: Readonly<Record<Tier, Price | undefined>>;
}

const OVER_PACE = 1.2;
const WELL_KEPT = 0.9;
/** Calls and nano-USD from which on small work of an expensive model is worth a word. */
const SMALL_WORK_CALLS = 10;
const SMALL_WORK_NANO_USD = 100_000_000;
/** Ghost text that comes later than this, in ms. */
const SLOW_GHOST_MS = 400;
/** Suggestions or answers that must be timed before a model is called slow. */
const SLOW_N = 50;
/** Points that a share must be outside of its range, and scored questions, before another threshold is advised. */
const SHARE_SLACK = 0.05;
const SCORED_QUESTIONS = 50;
const LEAST_THRESHOLD_CHANGE = 0.1;

/** How many cards are shown at once. */
const MOST_CARDS = 2;

/** Dismissed advice stays away for this long, in ms. */
export const DISMISSED_MS = 30 * 86_400_000;

/**
 * The cards to show, the most important first.
 *
 * @param dismissed when each advice was dismissed, by its id; ms since the epoch
 */
export function advise(facts: AdviceFacts, dismissed: ReadonlyMap<string, number>, now: number): readonly Advice[] {
  const moves = [...rework(facts), ...overPace(facts), ...smallWork(facts)].map((advice) => weigh(advice, facts));
  // With the developer's time counted, a move that costs more than it saves is no advice.
  const worth = moves.filter(({ balance }) => balance === undefined || balance.tokens + balance.time < 0);
  const all = [...worth, ...slow(facts), ...shares(facts)];
  const open = all.filter(({ id }) => now - (dismissed.get(id) ?? -Infinity) >= DISMISSED_MS);
  // Two cards about one category would contradict each other.
  const seen = new Set<string>();
  const cards = open.filter(({ id, action }) => {
    const about = action.kind === 'rule' ? action.category : id;
    return !seen.has(about) && seen.add(about);
  });
  return cards.slice(0, MOST_CARDS);
}

/** Adds what a question of the category costs more or less at the tier that is advised. */
function weigh(advice: Advice, { time }: AdviceFacts): Advice {
  const { evidence, action } = advice;
  if (!time || action.kind !== 'rule') return advice;
  const from: Tier = evidence.kind === 'rework' ? evidence.tier : 'frontier';
  const price = time.prices[action.tier];
  const asked = sumGroups(
    time.totals.filter((each) => isQuestion(each) && each.tier === from && each.category === action.category),
  );
  const msOf = (tier: Tier): number | undefined => time.useful.find((each) => each.tier === tier)?.ms;
  const [now, there] = [msOf(from), msOf(action.tier)];
  if (!price || asked.calls === 0 || asked.unknown > 0 || now === undefined || there === undefined) return advice;
  const tokens = Math.round((repriced(asked, price) - asked.nanoUsd) / asked.calls);
  return { ...advice, balance: { tokens, time: Math.round(((there - now) / 3_600_000) * time.hourly) } };
}

const neighbor = (tier: Tier, step: 1 | -1): Tier | undefined => TIERS[TIERS.indexOf(tier) + step];

function rework({ corrections, ruled }: AdviceFacts): Advice[] {
  return corrections.flatMap(({ tier, category, rate }): Advice[] => {
    const up = neighbor(tier, 1);
    if (!rate || category === null || !up || rate.low < BAD_CORRECTION_RATE || ruled.has(category)) return [];
    const evidence = { kind: 'rework', tier, category, rate } as const;
    return [{ id: `rework:${tier}:${category}`, evidence, action: { kind: 'rule', category, tier: up } }];
  });
}

function overPace({ corrections, frontierPace, ruled }: AdviceFacts): Advice[] {
  const pace = frontierPace;
  if (pace === undefined || pace < OVER_PACE) return [];
  return corrections.flatMap(({ tier, category, kept, judged }): Advice[] => {
    if (tier !== 'frontier' || category === null || judged < LEAST_OBSERVATIONS || ruled.has(category)) return [];
    if (kept < WELL_KEPT * judged) return [];
    const share = { part: kept, of: judged, share: kept / judged, low: 0, high: 1 };
    const evidence = { kind: 'over-pace', category, pace, kept: share } as const;
    return [{ id: `over-pace:${category}`, evidence, action: { kind: 'rule', category, tier: 'mid' } }];
  });
}

function smallWork({ smallWork: rows, ruled }: AdviceFacts): Advice[] {
  return rows.flatMap(({ category, calls, nanoUsd, model }): Advice[] => {
    if (ruled.has(category) || calls < SMALL_WORK_CALLS || nanoUsd < SMALL_WORK_NANO_USD) return [];
    const evidence = { kind: 'small-work', category, calls, nanoUsd, model } as const;
    return [{ id: `small-work:${category}`, evidence, action: { kind: 'rule', category, tier: 'mid' } }];
  });
}

function slow({ ghostText, midAnswers }: AdviceFacts): Advice[] {
  const answers = midAnswers ? slowTier('mid', midAnswers) : [];
  return [...slowTier('local', { ...ghostText, targetMs: SLOW_GHOST_MS }), ...answers];
}

function slowTier(
  tier: Tier,
  { n, p50, model, targetMs }: Percentiles & { readonly model: string; readonly targetMs: number },
): Advice[] {
  if (n < SLOW_N || p50 === undefined || p50 <= targetMs) return [];
  const evidence = { kind: 'slow', tier, model, p50, targetMs, n } as const;
  return [{ id: `slow:${model}`, evidence, action: { kind: 'tier', tier } }];
}

function shares({ shares: rows, scores, threshold }: AdviceFacts): Advice[] {
  const frontier = rows.find(({ tier }) => tier === 'frontier');
  const { target, ofQuestions } = frontier ?? {};
  if (!target || ofQuestions === undefined || scores.length < SCORED_QUESTIONS) return [];
  const [low, high] = target;
  if (ofQuestions <= high + SHARE_SLACK && ofQuestions >= low - SHARE_SLACK) return [];
  const wanted = quantile(scores, 1 - (low + high) / 2);
  if (wanted === undefined) return [];
  const restored = Math.min(5, Math.max(1, Math.round(wanted * 10) / 10));
  // A threshold that moves the wrong way would not restore anything: the shares come from elsewhere.
  if (Math.abs(restored - threshold) < LEAST_THRESHOLD_CHANGE || restored > threshold !== ofQuestions > high) return [];
  const evidence = { kind: 'shares', tier: 'frontier', share: ofQuestions, target, n: scores.length } as const;
  return [{ id: 'shares:frontier', evidence, action: { kind: 'threshold', threshold: restored } }];
}
