import type { ModelRef, Task, Tier } from '../common/types.ts';
import type { Shortage } from '../gateway/reservation.ts';
import type { Category } from '../ledger/categories.ts';
import type { Topic } from './topicNames.ts';

/** The vocabulary of routing: what is known of a request, what a rule looks like, what is decided. */

/** Complexity in five steps: 1-2 suits a small model, 3 is ordinary development, 4-5 wants the best one. */
export type Level = 1 | 2 | 3 | 4 | 5;

/** What is known of a request before it is sent. Plain data, so that old requests can be tried again under new rules. */
export interface RequestFacts {
  /** What the user wrote, without the attachments. */
  readonly text: string;
  /** Estimated tokens of everything that would be sent: instructions, thread, attachments and `text`. */
  readonly tokens: number;
  /** Estimated tokens of what is attached alone: selection and files; undefined: not known. */
  readonly contextTokens?: number | undefined;
  /** Files that are attached or meant. */
  readonly files: number;
  /** VS Code's language id of the selection or the active file. */
  readonly language?: string | undefined;
  /** What the call is made for. */
  readonly task: Task;
  /** A named action, such as `/explain`, `/fix`, `commit-message`, `title`, `escalate`. */
  readonly action?: string | undefined;
  /** Messages of the user that came before in this thread. */
  readonly threadTurns: number;
  /** What the thread was until now; undefined before its first answer, and outside of the chat. */
  readonly thread?: ThreadSoFar | undefined;
  readonly offline: boolean;
  /** The user wants nothing to leave the machine. */
  readonly private: boolean;
  /** Tiers whose call a budget that stops would not let through. */
  readonly overBudget: readonly Tier[];
  /** What the budget of a tier of `overBudget` has left and what the call needs, where that is known. */
  readonly shortages?: { readonly [T in Tier]?: Shortage | undefined } | undefined;
  /** Tiers of which no model can answer right now. */
  readonly unhealthy: readonly Tier[];
  /** Why a tier of `unhealthy` cannot answer, where that is known. */
  readonly unready?: { readonly [T in Tier]?: Unready | undefined } | undefined;
  /** Context window in tokens of each tier's first model; a tier that is missing has an unknown window. */
  readonly windowTokens: { readonly [T in Tier]?: number | undefined };
}

/** What a thread was until a question. */
export interface ThreadSoFar {
  /** The tier that gave the last answer. */
  readonly tier: Tier;
  /** The question begins something else; see `isNewTopic`. */
  readonly newTopic: boolean;
}

/**
 * Why a tier cannot answer: no model is set for it, none is set that answers questions, its provider has no key, or its last call
 * failed a moment ago.
 */
export type Unready = 'no-model' | 'no-chat-model' | 'no-key' | 'failed';

/** Bounds, both included. */
export interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** All conditions that are given must hold; in a list, one entry must. No condition at all always holds. */
export interface Conditions {
  readonly tasks?: readonly string[] | undefined;
  /** Actions, with or without their slash. */
  readonly actions?: readonly string[] | undefined;
  readonly notActions?: readonly string[] | undefined;
  /** On the score 1-5; `threshold` stands for the score in the settings from which on the best tier is asked. */
  readonly score?: { readonly min?: number | 'threshold' | undefined; readonly max?: number | undefined } | undefined;
  readonly languages?: readonly string[] | undefined;
  /** The question is about one of these. */
  readonly topics?: readonly Topic[] | undefined;
  /** The question is of one of these categories. */
  readonly categories?: readonly Category[] | undefined;
  readonly tokens?: Range | undefined;
  readonly files?: Range | undefined;
  readonly threadTurns?: Range | undefined;
  /**
   * The thread was answered by one of these tiers and stays there: neither a rule of the user's or one that looks for
   * something besides the score, nor a clear rise of the score, nor, on the way down, a new topic says otherwise. Only
   * for rules with `chosen`.
   */
  readonly sameThread?: readonly Tier[] | undefined;
  readonly offline?: boolean | undefined;
  readonly private?: boolean | undefined;
  /** All of these tiers can be reached, as far as is known. */
  readonly healthy?: readonly Tier[] | undefined;
  /** One of these tiers cannot be reached. */
  readonly unhealthy?: readonly Tier[] | undefined;
  /** The budget of one of these tiers would not let the call through. */
  readonly overBudget?: readonly Tier[] | undefined;
  /** Whether the request fits into the window of the rule's own tier; an unknown window counts as large enough. */
  readonly fits?: boolean | undefined;
  /**
   * The tier that the rules so far have chosen is one of these. A rule with this condition does not choose but moves:
   * it is tried after the first rule without it has matched.
   */
  readonly chosen?: readonly Tier[] | undefined;
}

/** A rule as settings and rule files hold it. Shipped rules have the same form. */
export interface Rule {
  readonly name: string;
  readonly when: Conditions;
  readonly tier: Tier;
  /** Tried before the models of the tier, as `provider/model`. */
  readonly model?: string | undefined;
  /** False: kept in the list, but not tried. */
  readonly enabled?: boolean | undefined;
  /** Why, in the user's words: told as the reason. */
  readonly because?: string | undefined;
  /** The last day on which it is tried, as `2026-09-23`; undefined: it does not end. */
  readonly until?: string | undefined;
  /** The day on which it was made of the user's own overrides; undefined: a rule that was written. */
  readonly learned?: string | undefined;
}

/** An entry of `gearshift.routing.rules`: a rule, or the name of a shipped one with what is to be changed in it. */
export type RuleEntry = Pick<Rule, 'name'> & { readonly [K in Exclude<keyof Rule, 'name'>]?: Rule[K] | undefined };

/** A tendency that the scorer found in a request. */
export interface Signal {
  readonly name: string;
  /** What it adds to the latent score; negative makes the request easier. */
  readonly weight: number;
}

export interface Complexity {
  /** Continuous, between 1 and 5, higher is harder. */
  readonly score: number;
  readonly level: Level;
  /** What moved the score, strongest first. */
  readonly signals: readonly Signal[];
  /** Probabilities, 0 to 1, that a small model is not enough, and that the best one is needed; undefined: not known. */
  readonly likely?: { readonly mid: number; readonly frontier: number } | undefined;
  /** The model that was asked because the scorer was unsure, as `provider/model`, and what that cost (null: unknown). */
  readonly judge?: { readonly model: string; readonly nanoUsd: number | null; readonly inPlan?: boolean } | undefined;
}

/** What the scorer looks at. */
export type ScoredFacts = Pick<RequestFacts, 'text' | 'contextTokens' | 'files' | 'language' | 'action'>;

export interface RouteOptions {
  /** In the order in which they are tried. */
  readonly rules: readonly Rule[];
  /** Score from which on `threshold` holds. */
  readonly threshold: number;
  /** How hard the request is, as the scorer or the classifier judged. */
  readonly complexity: Complexity;
}

/** A request that is larger than the window of the tier that the rules chose. */
export interface DoesNotFit {
  readonly tier: Tier;
  /** Estimated tokens that would be sent, and the window less the room kept for the answer (undefined: unknown). */
  readonly tokens: number;
  readonly room: number | undefined;
  /** The tier that it moves to; undefined: none may take it, so something must be left out of it. */
  readonly movedTo: Tier | undefined;
}

/** What was found to be so of a request, with the values that its words need; see `describeReasons`. */
export interface Fact {
  readonly kind: FactKind;
  readonly values: readonly (string | number)[];
}

export type FactKind =
  | 'no-rule'
  | 'rule'
  | 'because'
  | 'chosen'
  | 'private'
  | 'not-private'
  | 'offline'
  | 'online'
  | 'task'
  | 'action'
  | 'no-action'
  | 'language'
  | 'no-language'
  | 'topic'
  | 'other-topic'
  | 'category'
  | 'score'
  | 'judged'
  | 'tokens'
  | 'files'
  | 'thread-turns'
  | 'same-thread'
  | 'new-topic'
  | 'author'
  | 'other-thread'
  | 'over-budget'
  | 'budget-short'
  | 'no-price'
  | 'within-budget'
  | 'unreachable'
  | 'no-model'
  | 'no-chat-model'
  | 'no-key'
  | 'failed'
  | 'reachable'
  | 'fits'
  | 'too-long'
  | 'moved'
  | 'window-unknown'
  | 'fits-nowhere';

/** One step of a choice: a rule that matched, or what no rule can outvote. */
export interface Reason {
  /** Empty: nothing speaks for it but that nothing before it matched. */
  readonly facts: readonly Fact[];
  /** Name of the strongest signal that speaks for the score. */
  readonly signals?: readonly string[];
  /** The tier that the choice was moved to. */
  readonly then?: Tier;
}

export interface Route extends Complexity {
  readonly tier: Tier;
  /** The model that the deciding rule names; it goes before the models of the tier. */
  readonly model?: ModelRef | undefined;
  /** Name of the rule that decided last; `none` when none matched. */
  readonly rule: string;
  /** Why, as data, which `describeReasons` puts into words; in the order in which the choice was made. */
  readonly reasons: readonly Reason[];
  /** The best of them in words for the user. */
  readonly reason: string;
  readonly doesNotFit?: DoesNotFit | undefined;
}

/** One line of the dry run. */
export interface RuleTrial {
  readonly rule: string;
  readonly tier: Tier;
  /** `skipped`: switched off, or another rule has chosen already. */
  readonly result: 'matched' | 'failed' | 'skipped';
  /** In words: which conditions held, or the first that did not. */
  readonly why: string;
}

export interface Explanation {
  readonly route: Route;
  readonly trials: readonly RuleTrial[];
}
