import * as v from 'valibot';
import type { CostSource, Outcome, Task, Tier } from '../core/common/types.ts';
import type { Category } from '../core/ledger/categories.ts';
import type { PageInit } from './channel.ts';
import type { InsightsView } from './insightsView.ts';

/** Messages between the meter's page (totals and the latest rows of the ledger) and its host. */

export interface MeterBudget {
  /** `$5.00 a day for frontier`. */
  readonly name: string;
  /** `$4.20 spent, $0.30 held back for calls under way`. */
  readonly spent: string;
  /** Share that is used, 0 to 1. */
  readonly share: number;
  readonly level: 'ok' | 'near' | 'over';
}

export interface MeterRow {
  readonly attemptId: string;
  readonly time: string;
  readonly tier: Tier;
  readonly task: Task;
  readonly model: string;
  readonly provider: string;
  readonly tokens: string;
  readonly cost: string;
  readonly costSource: CostSource;
  readonly duration: string;
  readonly outcome: Outcome | 'open';
  /** Failure in words, or empty. */
  readonly note: string;
}

/** Outcomes of suggestions and edits by model, formatted by the host. */
export interface MeterOutcomes {
  readonly offers: readonly {
    readonly tier: Tier;
    readonly model: string;
    readonly offered: string;
    /** For example `38 (31 %)`. */
    readonly accepted: string;
    readonly typedThrough: string;
    /** For example `87 % of 35`, or `not known yet`. */
    readonly stillThere: string;
  }[];
  readonly edits: readonly {
    readonly tier: Tier;
    readonly model: string;
    readonly kept: string;
    readonly edited: string;
    readonly undone: string;
  }[];
}

export interface MeterState {
  readonly tiers: readonly {
    readonly tier: Tier;
    readonly model: string;
    readonly state: string;
    readonly ready: boolean;
    /** It is ready as far as is known, and its model was not asked yet. */
    readonly untried?: boolean | undefined;
  }[];
  readonly budgets: readonly MeterBudget[];
  readonly outcomes: MeterOutcomes;
  readonly rows: readonly MeterRow[];
  readonly location: string;
  readonly notice: string;
}

export type MeterToPage =
  | PageInit
  | { readonly kind: 'state'; readonly state: MeterState }
  | { readonly kind: 'insights'; readonly insights: InsightsView };

/** Empty: as the scorer sorted it. */
const CATEGORIES = [
  ...(['', 'naming', 'lookup', 'feature', 'tests', 'docs'] as const),
  ...(['bug', 'refactoring', 'review', 'architecture', 'other'] as const),
] satisfies (Category | '')[];

const kind = v.literal;
const Text = v.pipe(v.string(), v.maxLength(2_000));
export const MeterFromPage = v.variant('kind', [
  v.object({ kind: kind('ready') }),
  v.object({ kind: kind('export') }),
  v.object({ kind: kind('openSettings') }),
  v.object({
    kind: kind('period'),
    period: v.picklist(['week', 'month']),
    back: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_200)),
  }),
  v.object({
    kind: kind('filter'),
    workspace: Text,
    tier: v.picklist(['', 'local', 'mid', 'frontier'] satisfies (Tier | '')[]),
  }),
  v.object({ kind: kind('split'), id: Text, first: v.pipe(v.number(), v.minValue(0), v.maxValue(100)) }),
  v.object({ kind: kind('category'), callId: Text, category: v.picklist(CATEGORIES) }),
  v.object({ kind: kind('advice'), id: Text, action: v.picklist(['apply', 'dismiss']) }),
  v.object({ kind: kind('undo') }),
  v.object({ kind: kind('oneModel') }),
  v.object({ kind: kind('watch'), action: v.picklist(['start', 'stop']) }),
  v.object({ kind: kind('report') }),
  v.object({ kind: kind('compare') }),
]);
export type MeterFromPage = v.InferOutput<typeof MeterFromPage>;
