import type { Tier } from '../core/common/types.ts';

/** The view of Insights, formatted by the host: the page computes nothing but the places of bars. */

/** A bar of a stacked chart. */
interface ChartBar {
  readonly label: string;
  /** The label in full, for the table and for screen readers. */
  readonly title: string;
  readonly total: string;
  /** From the bottom up; `share` is that of the highest bar, 0 to 1. */
  readonly parts: readonly { readonly tier: Tier; readonly share: number; readonly text: string }[];
}

export interface ChartView {
  readonly title: string;
  /** The amount of the highest bar. */
  readonly top: string;
  readonly bars: readonly ChartBar[];
}

export interface TableView {
  readonly caption: string;
  /** The first is the head of the rows. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Words where there are no rows. */
  readonly empty: string;
}

export interface AdviceView {
  readonly id: string;
  /** What to do, in a sentence. */
  readonly title: string;
  readonly evidence: string;
  readonly apply: string;
  /** What it would have done to the questions of the last 30 days; empty where nothing can be tried. */
  readonly tried: string;
}

/** A range with the actual share in it, each 0 to 1. */
export interface ShareView {
  readonly tier: Tier;
  readonly words: string;
  readonly share: number;
  readonly from: number;
  readonly to: number;
  readonly target: string;
}

/** A correction rate with its interval, 0 to 1; `rate` null while too few were judged. */
export interface RateView {
  readonly name: string;
  readonly words: string;
  readonly verdict: string;
  readonly rate: { readonly share: number; readonly low: number; readonly high: number } | null;
}

export interface ScenarioView {
  readonly id: string;
  readonly name: string;
  readonly models: string;
  readonly cost: string;
  readonly difference: string;
  /** The first share in percent, for the slider; null where nothing can be moved. */
  readonly first: number | null;
  readonly firstName: string;
}

export interface QuestionView {
  readonly callId: string;
  readonly time: string;
  readonly model: string;
  readonly cost: string;
  readonly category: string;
  readonly corrected: boolean;
}

export interface InsightsView {
  readonly period: {
    readonly kind: 'week' | 'month';
    readonly title: string;
    readonly back: number;
    readonly mayGoBack: boolean;
  };
  readonly workspaces: readonly { readonly id: string; readonly name: string }[];
  readonly workspace: string;
  readonly tier: Tier | '';
  readonly advice: readonly AdviceView[];
  /** What was applied and can be undone; empty for nothing. */
  readonly applied: string;
  readonly worth: { readonly words: string; readonly small: string; readonly action: string } | null;
  readonly money: {
    readonly amount: string;
    /** The same in USD, for a report that others read; empty where the amount is in USD. */
    readonly amountUsd: string;
    readonly facts: readonly string[];
    readonly chart: ChartView;
    readonly table: TableView;
  };
  readonly shares: readonly ShareView[];
  readonly sharesNote: string;
  readonly time: { readonly facts: readonly string[]; readonly table: TableView };
  readonly quality: {
    readonly facts: readonly string[];
    readonly rates: readonly RateView[];
    readonly survival: TableView;
    readonly votes: TableView;
    readonly prompts: TableView;
    /** Prompts that changed without a new version, a sentence each. */
    readonly promptNotes: readonly string[];
  };
  readonly whatIf: {
    readonly note: string;
    readonly scenarios: readonly ScenarioView[];
    readonly example: TableView;
    readonly colleague: TableView | null;
  };
  /** `report`: *What if* on the watched week, once it is over. */
  readonly watch: { readonly words: string; readonly action: 'start' | 'stop'; readonly report: TableView | null };
  readonly questions: readonly QuestionView[];
  readonly categories: readonly { readonly id: string; readonly name: string }[];
}
