import { t } from '@vscode/l10n';
import type { LedgerStore, Total } from './ledger.ts';
import { formatUsd } from './pricing.ts';
import { TASKS, TIERS, type Task, type Tier } from './types.ts';

/** The figures that the status bar, its hover and the meter page show. They come from the ledger and from nowhere else. */

export const PERIODS = ['today', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

export interface Sum {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Nano-USD of everything whose cost is known. */
  readonly nanoUsd: number;
  readonly estimatedNanoUsd: number;
  /** Attempts whose cost is unknown. */
  readonly unknown: number;
}

export interface PeriodSums {
  readonly all: Sum;
  readonly byTier: ReadonlyMap<Tier, Sum>;
  readonly byTask: ReadonlyMap<Task, Sum>;
}

export type MeterFigures = Readonly<Record<Period, PeriodSums>>;

const NOTHING: Sum = { calls: 0, inputTokens: 0, outputTokens: 0, nanoUsd: 0, estimatedNanoUsd: 0, unknown: 0 };

const add = (a: Sum, b: Total | Sum): Sum => ({
  calls: a.calls + b.calls,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  nanoUsd: a.nanoUsd + b.nanoUsd,
  estimatedNanoUsd: a.estimatedNanoUsd + b.estimatedNanoUsd,
  unknown: a.unknown + b.unknown,
});

/** Adds the totals of a period up; only tiers and tasks that occurred are in the maps. */
export function sumUp(totals: readonly Total[]): PeriodSums {
  const group = <K extends string>(names: readonly K[], of: (total: Total) => K): Map<K, Sum> =>
    new Map(
      names
        .map((name): [K, Sum] => [name, totals.filter((total) => of(total) === name).reduce(add, NOTHING)])
        .filter(([, sum]) => sum.calls > 0),
    );
  return {
    all: totals.reduce(add, NOTHING),
    byTier: group(TIERS, (total) => total.tier),
    byTask: group(TASKS, (total) => total.task),
  };
}

/** Start of each period in ms since the epoch, by the user's own calendar: the last 7 days include today. */
export function periodStarts(now: number): Readonly<Record<Period, number>> {
  const date = new Date(now);
  const midnight = (day: number): number => new Date(date.getFullYear(), date.getMonth(), day).getTime();
  return { today: midnight(date.getDate()), week: midnight(date.getDate() - 6), month: midnight(1) };
}

/** When the day ends, in ms since the epoch. */
export const nextMidnight = (now: number): number => {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
};

/** A sum as the meter shows it: `$0.42`, `~$0.42` when part of it is an estimate, `$0.42 + ?` when part is unknown. */
export function formatSum(sum: Sum): string {
  const amount = `${sum.estimatedNanoUsd > 0 ? '~' : ''}${formatUsd(sum.nanoUsd)}`;
  if (sum.unknown === 0) return amount;
  return sum.nanoUsd === 0 ? '?' : `${amount} + ?`;
}

/** What is not exact about a sum, in words; empty when all of it is. */
export function noteOf(sum: Sum): string {
  return [
    sum.estimatedNanoUsd > 0 ? t('{0} of it estimated', formatUsd(sum.estimatedNanoUsd)) : '',
    sum.unknown > 0 ? t('{0} requests of unknown cost not included', sum.unknown) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** Names of tiers and tasks as people read them. */
export const tierName = (tier: Tier): string => ({ local: t('local'), mid: t('mid'), frontier: t('frontier') })[tier];
export const taskName = (task: Task): string =>
  ({ completion: t('completions'), chat: t('chat'), escalate: t('escalations'), test: t('connection tests') })[task];
export const periodName = (period: Period): string =>
  ({ today: t('Today'), week: t('7 days'), month: t('This month') })[period];

/** Follows the ledger: whenever any window changes it, or the day turns, the figures are read again. */
export class Meter {
  readonly #store: LedgerStore;
  readonly #now: () => number;
  readonly #onFigures: (figures: MeterFigures) => void;
  readonly #onError: (error: unknown) => void;
  readonly #watch: { dispose(): void };
  #timer: NodeJS.Timeout | undefined;
  #midnight: NodeJS.Timeout | undefined;
  #reading = false;
  #again = false;

  constructor(
    store: LedgerStore,
    now: () => number,
    onFigures: (figures: MeterFigures) => void,
    onError: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#now = now;
    this.#onFigures = onFigures;
    this.#onError = onError;
    this.#watch = store.onChange(() => this.#soon());
    this.#soon();
  }

  dispose(): void {
    this.#watch.dispose();
    clearTimeout(this.#timer);
    clearTimeout(this.#midnight);
  }

  /** Several changes at once are one reading. */
  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, 100);
  }

  async #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      const now = this.#now();
      const starts = periodStarts(now);
      const [today, week, month] = await Promise.all(PERIODS.map((period) => this.#store.totals(starts[period])));
      this.#onFigures({ today: sumUp(today ?? []), week: sumUp(week ?? []), month: sumUp(month ?? []) });
      clearTimeout(this.#midnight);
      // Re-armed at least hourly: timers drift over sleep, and the clock may be set.
      this.#midnight = setTimeout(() => this.#soon(), Math.min(3_600_000, nextMidnight(now) - now + 500));
      this.#midnight.unref();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#reading = false;
      if (this.#again) {
        this.#again = false;
        this.#soon();
      }
    }
  }
}
