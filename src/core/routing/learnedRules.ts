import { t } from '@vscode/l10n';
import { TIERS, type Tier } from '../common/types.ts';
import type { Conditions, RuleEntry } from './routingTypes.ts';

/**
 * Rules that the user's own overrides suggest. One override says little about other requests, so a rule is offered only
 * after several equal ones, is as narrow as they are, and ends by itself.
 */

/** What two requests must share to be alike for a rule. Holds no text. */
export interface Alike {
  /** Complexity, 1 to 5. */
  readonly score: number;
  readonly language?: string | undefined;
  /** A named action such as `/explain`. */
  readonly action?: string | undefined;
  /** Estimated tokens of what would be sent; undefined in threads of older versions. */
  readonly tokens?: number | undefined;
}

/** A choice of Auto, and what the user made of it. */
export interface Choice {
  /** In ms since the epoch. */
  readonly at: number;
  readonly of: Alike;
  /** The tier that Auto chose. */
  readonly chosen: Tier;
  /** The tier that the user asked instead; the same where the user left it. */
  readonly to: Tier;
  /** The rule that had chosen. */
  readonly rule: string;
}

/** How often a learned rule chose, and how often the user asked another tier then. */
interface RuleUse {
  readonly chosen: number;
  readonly overridden: number;
}

/** What is remembered of the user's choices, over all windows and workspaces. */
export interface ChoiceHistory {
  /** The newest choices, oldest first. */
  readonly choices: readonly Choice[];
  /** By the names of learned rules. */
  readonly uses: Readonly<Record<string, RuleUse>>;
}

export const NO_HISTORY: ChoiceHistory = { choices: [], uses: {} };

/** So many equal overrides suggest a rule. */
const ENOUGH_OVERRIDES = 3;
/**
 * Of the alike requests that Auto sent elsewhere, the part that the user must have sent there. A user who mostly leaves
 * them where they are wants no rule. What Auto sends there by itself needs none, and does not count.
 */
const LEAST_SHARE = 2 / 3;
/** Days for which a choice counts, and after which a learned rule ends. */
const COUNTS_DAYS = 90;
const LASTS_DAYS = 60;
const DAY_MS = 86_400_000;
/** How far the scores of alike requests without an action may lie from each other. */
const SCORE_BAND = 0.3;
const MOST_CHOICES = 500;

/** Sizes of requests in tokens: each band reaches from one figure to the next. */
export const SIZE_BANDS = [0, 2_000, 8_000, 32_000] as const;

/** The band of a size: its first token count, and its last (Infinity for the largest). */
export function sizeBand(tokens: number): { readonly min: number; readonly max: number } {
  const at = SIZE_BANDS.findLastIndex((from) => tokens >= from);
  return { min: SIZE_BANDS[Math.max(0, at)] ?? 0, max: (SIZE_BANDS[at + 1] ?? Infinity) - 1 };
}

/** Whether two requests are alike: same action and size band, and without an action, same language and about as complex. */
export function isAlike(a: Alike, b: Alike): boolean {
  if (a.tokens === undefined || b.tokens === undefined || a.action !== b.action) return false;
  if (sizeBand(a.tokens).min !== sizeBand(b.tokens).min) return false;
  return a.action !== undefined || (a.language === b.language && Math.abs(a.score - b.score) <= SCORE_BAND);
}

/** The choices of alike requests that are not too old. */
const alikeChoices = ({ choices }: ChoiceHistory, of: Alike, now: number): readonly Choice[] =>
  choices.filter((choice) => now - choice.at < COUNTS_DAYS * DAY_MS && isAlike(choice.of, of));

/**
 * Whether the user's choices suggest a rule that sends requests like one to a tier: several equal overrides, and most
 * alike requests that Auto sent elsewhere were overridden so.
 *
 * @param now in ms since the epoch
 */
export function suggestsRule(history: ChoiceHistory, of: Alike, to: Tier, now: number): boolean {
  const elsewhere = alikeChoices(history, of, now).filter(({ chosen }) => chosen !== to);
  const overrides = elsewhere.filter((choice) => choice.to === to);
  return overrides.length >= ENOUGH_OVERRIDES && overrides.length / elsewhere.length >= LEAST_SHARE;
}

/** The history with one more choice of Auto, which also counts for the learned rule that made it. */
export function withChoice(history: ChoiceHistory, choice: Choice, isLearned: boolean): ChoiceHistory {
  const choices = [...history.choices, choice].slice(-MOST_CHOICES);
  return isLearned ? withUse({ ...history, choices }, choice.rule) : { ...history, choices };
}

/** The history after the user asked another tier than Auto had chosen. */
export function withOverride(history: ChoiceHistory, override: Choice): ChoiceHistory {
  const key = JSON.stringify(override.of);
  const at = history.choices.findLastIndex(
    ({ of, chosen, to }) => chosen === override.chosen && to === chosen && JSON.stringify(of) === key,
  );
  const choices =
    at < 0
      ? [...history.choices, override].slice(-MOST_CHOICES)
      : history.choices.with(at, { ...override, at: history.choices[at]?.at ?? override.at });
  const use = history.uses[override.rule];
  const overridden = use && { ...use, overridden: Math.min(use.chosen, use.overridden + 1) };
  return { choices, uses: overridden ? { ...history.uses, [override.rule]: overridden } : history.uses };
}

/** The history after a learned rule chose once more. */
function withUse(history: ChoiceHistory, rule: string): ChoiceHistory {
  const { chosen, overridden } = history.uses[rule] ?? { chosen: 0, overridden: 0 };
  return { ...history, uses: { ...history.uses, [rule]: { chosen: chosen + 1, overridden } } };
}

/** Reads a history as it was stored; parts that are not in the right form are left out. */
export function readHistory(stored: unknown): ChoiceHistory {
  const { choices, uses } = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  return {
    choices: Array.isArray(choices) ? choices.filter(isChoice) : [],
    uses: Object.fromEntries(
      Object.entries((typeof uses === 'object' && uses !== null ? uses : {}) as Record<string, unknown>).filter(
        (entry): entry is [string, RuleUse] => isUse(entry[1]),
      ),
    ),
  };
}

const isTier = (value: unknown): boolean => TIERS.some((tier) => tier === value);

function isChoice(value: unknown): value is Choice {
  const { at, of, chosen, to, rule } = (value ?? {}) as Partial<Choice>;
  return (
    typeof at === 'number' && typeof of?.score === 'number' && isTier(chosen) && isTier(to) && typeof rule === 'string'
  );
}

const isUse = (value: unknown): value is RuleUse => {
  const { chosen, overridden } = (value ?? {}) as Partial<RuleUse>;
  return Number.isInteger(chosen) && Number.isInteger(overridden);
};

/** A day as rules keep it: `2026-09-23`, in UTC. */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

/**
 * The rule that equal overrides suggest: for the same action and size band only, and without an action for the same
 * language and complexity; it ends by itself.
 *
 * @param taken names of the rules that exist
 * @param now in ms since the epoch
 */
export function learnedRule(of: Alike, to: Tier, taken: readonly string[], now: number): RuleEntry {
  const { min, max } = sizeBand(of.tokens ?? 0);
  const tokens = { ...(min > 0 ? { min } : {}), ...(max < Infinity ? { max } : {}) };
  const round = (value: number): number => Math.round(Math.min(5, Math.max(1, value)) * 10) / 10;
  const when: Conditions = {
    ...(of.action
      ? { actions: [of.action] }
      : {
          ...(of.language ? { languages: [of.language] } : {}),
          score: { min: round(of.score - SCORE_BAND), max: round(of.score + SCORE_BAND) },
        }),
    tokens,
  };
  const stem = `my-${(of.action ?? of.language ?? 'choice').replace(/^\//, '')}`.slice(0, 50);
  let name = stem;
  for (let count = 2; taken.includes(name); count++) name = `${stem}-${count}`;
  return {
    name,
    when,
    tier: to,
    because: t('you chose {0} {1} times for such questions', to, ENOUGH_OVERRIDES),
    until: dayOf(now + LASTS_DAYS * DAY_MS),
    learned: dayOf(now),
  };
}
