import { t } from '@vscode/l10n';
import { budgetState, forecastMonth, type BudgetLimit, type BudgetState } from '../money/budgets.ts';
import type { LedgerStore, Total } from '../ledger/ledger.ts';
import { type Price } from '../money/pricing.ts';
import type { Plan } from '../money/plans.ts';
import { displayMoney, type FormatMoney } from '../money/displayMoney.ts';
import { planFigures, type PlanFigures } from './planFigures.ts';
import { machineCost, planFees, type FixedCosts } from './fixedCosts.ts';
import { compareWith, type Comparison } from './savings.ts';
import type { GroupTotal } from '../ledger/groupTypes.ts';
import { addFields } from '../common/sums.ts';
import { TASKS, TIERS, type Task, type Tier, type TimeSpan } from '../common/types.ts';
import { plural } from '../common/language.ts';

/** The figures that the status bar, its hover and the meter page show. They come from the ledger and from nowhere else. */

export const PERIODS = ['today', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

export interface Sum {
  readonly calls: number;
  readonly inputTokens: number;
  /** Part of `inputTokens` that came from the provider's cache. */
  readonly cachedTokens: number;
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

export interface MeterFigures extends Readonly<Record<Period, PeriodSums>> {
  /** The budgets that apply in this window. */
  readonly budgets: readonly BudgetState[];
  /** The forecast cost of the whole month, in nano-USD; undefined while there is nothing to go by. */
  readonly forecast: number | undefined;
  /** The month's questions at the frontier model's price; undefined when that is unknown. */
  readonly allFrontier: (Comparison & { readonly model: string }) | undefined;
  /** Flat plans with what their calls of the month would have cost. */
  readonly plans: readonly PlanFigures[];
}

/** The price that everything is compared with: that of the frontier tier's first model. */
export interface ComparedPrice {
  readonly provider: string;
  readonly model: string;
  readonly price: Price;
}

const NOTHING: Sum = {
  calls: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  nanoUsd: 0,
  estimatedNanoUsd: 0,
  unknown: 0,
};

/** Adds the totals of a period up; only tiers and tasks that occurred are in the maps. */
function sumUp(totals: readonly Total[]): PeriodSums {
  const group = <K extends string>(names: readonly K[], of: (total: Total) => K): Map<K, Sum> =>
    new Map(
      names
        .map((name): [K, Sum] => [name, totals.filter((total) => of(total) === name).reduce<Sum>(addFields, NOTHING)])
        .filter(([, sum]) => sum.calls > 0),
    );
  return {
    all: totals.reduce<Sum>(addFields, NOTHING),
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
const nextMidnight = (now: number): number => {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
};

/** A sum as the meter shows it: `$0.42`, `~$0.42` when part of it is an estimate, `$0.42 + ?` when part is unknown. */
export function formatSum(sum: Sum, money: FormatMoney = displayMoney): string {
  const amount = `${sum.estimatedNanoUsd > 0 ? '~' : ''}${money(sum.nanoUsd)}`;
  if (sum.unknown === 0) return amount;
  return sum.nanoUsd === 0 ? '?' : `${amount} + ?`;
}

/** The reasons why a sum is not exact, in words; empty when it is exact. */
export function noteOf(sum: Sum, money: FormatMoney = displayMoney): string {
  return [
    sum.estimatedNanoUsd > 0 ? t('{0} of it estimated', money(sum.estimatedNanoUsd)) : '',
    sum.unknown > 0
      ? plural(
          sum.unknown,
          t('{0} request of unknown cost not included', sum.unknown),
          t('{0} requests of unknown cost not included', sum.unknown),
        )
      : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** Names of tiers and tasks as people read them. */
export const tierName = (tier: Tier): string => ({ local: t('local'), mid: t('mid'), frontier: t('frontier') })[tier];
export const taskName = (task: Task): string =>
  ({
    completion: t('completions'),
    chat: t('chat'),
    escalate: t('escalations'),
    edit: t('inline edits'),
    commit: t('commit messages'),
    review: t('reviews'),
    routing: t('routing'),
    test: t('connection tests'),
    agent: t("VS Code's chat"),
    overhead: t('titles and summaries'),
  })[task];
export const periodName = (period: Period): string =>
  ({ today: t('Today'), week: t('7 days'), month: t('This month') })[period];

export interface MeterParts {
  readonly store: LedgerStore;
  readonly now: () => number;
  /** The budgets that apply in this window, with their present limits. */
  readonly budgets: () => readonly BudgetLimit[];
  readonly frontierPrice: () => Promise<ComparedPrice | undefined>;
  /** Nano-USD an hour of the machine that runs local models; absent: not counted. */
  readonly machineHourly?: (() => number) | undefined;
  /** The flat plans that the user has with providers. */
  readonly plans: () => readonly Plan[];
  readonly onFigures: (figures: MeterFigures) => void;
  readonly onError: (error: unknown) => void;
}

/** After a change, and between two readings; in ms. */
const SOON_MS = 100;
const BETWEEN_MS = 1_000;

/** Follows the ledger: whenever any window changes it, or the day turns, the figures are read again. */
export class Meter {
  readonly #parts: MeterParts;
  readonly #watch: { dispose(): void };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #midnight: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  #again = false;
  #readAt = -Infinity;
  #disposed = false;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.#watch = parts.store.onChange(() => this.refresh());
    this.refresh();
  }

  /** Reads again soon; several changes at once are one reading, and typing causes at most one in a second. */
  refresh(): void {
    const pause = Math.max(SOON_MS, this.#readAt + BETWEEN_MS - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#readAt = performance.now();
      void this.#read();
    }, pause);
  }

  dispose(): void {
    this.#disposed = true;
    this.#watch.dispose();
    clearTimeout(this.#timer);
    clearTimeout(this.#midnight);
  }

  async #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      const now = this.#parts.now();
      this.#parts.onFigures(await readFigures(this.#parts, now));
      clearTimeout(this.#midnight);
      // Re-armed at least hourly: timers drift over sleep, and the clock may be set.
      if (!this.#disposed)
        this.#midnight = setTimeout(() => this.refresh(), Math.min(3_600_000, nextMidnight(now) - now + 500));
    } catch (error) {
      this.#parts.onError(error);
    } finally {
      this.#reading = false;
      if (this.#again) {
        this.#again = false;
        this.refresh();
      }
    }
  }
}

async function readFigures(
  { store, budgets, frontierPrice, machineHourly, plans }: MeterParts,
  now: number,
): Promise<MeterFigures> {
  const starts = periodStarts(now);
  const [today = [], week = [], month = []] = await Promise.all(PERIODS.map((period) => store.totals(starts[period])));
  const limits = budgets();
  const spending = await store.spending(limits.map(({ limit }) => limit));
  const compared = await frontierPrice();
  const paid = plans();
  const groups = paid.length > 0 || compared ? await store.groups({ since: starts.month, until: now + 1 }) : [];
  const sums = { today: sumUp(today), week: sumUp(week), month: sumUp(month) };
  return {
    ...sums,
    budgets: limits.flatMap((limit, i) => (spending[i] ? [budgetState(limit, spending[i])] : [])),
    forecast: forecastMonth(sums.month.all.nanoUsd, sums.week.all.nanoUsd, now),
    allFrontier: compared && {
      model: compared.model,
      ...compareWith(
        'frontier',
        { model: `${compared.provider}/${compared.model}`, price: compared.price },
        groups,
        await fixedSoFar(store, paid, machineHourly?.() ?? 0, groups, { since: starts.month, until: now }),
      ),
    },
    plans: planFigures(groups, paid),
  };
}

/** The fixed costs of a month so far; before the first row of the ledger, nothing is compared. */
async function fixedSoFar(
  store: LedgerStore,
  plans: readonly Plan[],
  hourly: number,
  groups: readonly GroupTotal[],
  { since, until }: TimeSpan,
): Promise<FixedCosts> {
  const first = plans.length > 0 ? (await store.extent()).first : undefined;
  return {
    plans: first === undefined ? new Map() : planFees(plans, { since: Math.max(since, first), until }),
    machine: machineCost(hourly, groups),
  };
}
