import { setImmediate } from 'node:timers/promises';
import { TIERS, type ModelRef, type Tier, type TimeSpan } from '../../core/common/types.ts';
import { formatModelRef, parseModelRef } from '../../core/common/types.ts';
import {
  answerTimes,
  costBar,
  moneyFigures,
  repriced,
  shareRows,
  sumGroups,
  timeFigures,
  isQuestion,
  type CostBar,
  type MoneyFigures,
  type ShareRow,
  type TimeFigures,
} from '../../core/insights/insightFigures.ts';
import { promptRows, type PromptRow } from '../../core/insights/promptFigures.ts';
import { voteRows, type VoteRow } from '../../core/insights/votes.ts';
import { advise, type Advice } from '../../core/insights/advice.ts';
import { qualityFigures, type QualityFigures } from '../../core/insights/quality.ts';
import { daysOf, lastDays, lastWeeks, spanOf, type SpanKind } from '../../core/insights/spans.ts';
import { judgeWorth, type WorthVerdict } from '../../core/insights/worthIt.ts';
import { budgetStart } from '../../core/money/budgets.ts';
import type { Price, PriceBook } from '../../core/money/pricing.ts';
import type { Category } from '../../core/ledger/categories.ts';
import { GroupTally } from '../../core/ledger/groups.ts';
import type { GroupTotal } from '../../core/ledger/groupTypes.ts';
import type { LedgerRow, LedgerStore } from '../../core/ledger/ledger.ts';
import { activePreset, GENERAL_SHARES, type Preset } from '../../core/setup/presets.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { isFree } from '../../core/common/places.ts';
import { needsKey } from '../../core/gateway/resolveModel.ts';
import type { Settings } from '../../core/settings/settings.ts';

/** Reads what the page of insights shows from the ledger: sums by hour, never all rows. */

const DAY_MS = 86_400_000;
/** Days that advice, *Is it worth it?* and the dry runs look at. */
const ADVICE_DAYS = 30;
const CHART_WEEKS = 8;
const LATEST_QUESTIONS = 15;
/** Questions that are looked through for the prompts that they were asked with, and for those of one workspace or tier. */
const MOST_QUESTIONS = 2_000;

/** What is looked at. */
export interface View {
  readonly kind: SpanKind;
  /** Periods before the present one. */
  readonly back: number;
  /** Empty: all. */
  readonly workspace: string;
  readonly tier: Tier | '';
}

export interface DataParts {
  readonly store: LedgerStore;
  readonly settings: Settings;
  readonly prices: Pick<PriceBook, 'find'>;
  readonly dismissed: ReadonlyMap<string, number>;
  readonly now: number;
}

export interface InsightsData {
  readonly span: TimeSpan;
  readonly first: number | undefined;
  readonly workspaces: readonly string[];
  readonly bars: readonly CostBar[];
  readonly totals: readonly GroupTotal[];
  readonly money: MoneyFigures;
  readonly time: TimeFigures;
  readonly quality: QualityFigures;
  readonly votes: readonly VoteRow[];
  readonly prompts: readonly PromptRow[];
  readonly shares: readonly ShareRow[];
  /** The preset whose ranges the shares are held against; undefined: a general recommendation. */
  readonly preset: string | undefined;
  readonly questions: readonly LedgerRow[];
  /** Of the last 30 days, whatever period is on show. */
  readonly month: readonly GroupTotal[];
  readonly scores: readonly number[];
  readonly advice: readonly Advice[];
  readonly worth: WorthVerdict | undefined;
  /** Of the first model of each tier. */
  readonly tierPrices: Readonly<Record<Tier, Price | undefined>>;
}

/** Reads everything; between two statements the host gets its turn. */
export async function readInsights(parts: DataParts, view: View): Promise<InsightsData> {
  const { store, settings, now } = parts;
  const span = spanOf(view.kind, view.back, now);
  const workspace = view.workspace || null;
  const tier = view.tier || undefined;
  const groupsOf = async ({ since, until }: TimeSpan): Promise<readonly GroupTotal[]> => {
    await setImmediate();
    return store.groups({ since, until, workspace });
  };
  const { first, workspaces } = await store.extent();
  const totals = await groupsOf(span);
  const bars: CostBar[] = [];
  const drawn = new GroupTally();
  for (const each of chartSpans(view, span, now)) {
    const some = await groupsOf(each);
    bars.push(costBar(each, tier ? some.filter((total) => total.tier === tier) : some));
    drawn.add(some);
  }
  const recent = lastDays(ADVICE_DAYS, now);
  // The days on the chart are those of the advice: their sums are there already.
  const month = view.kind === 'month' && view.back === 0 ? drawn.totals() : await groupsOf(recent);
  await setImmediate();
  const outcomes = await store.answerOutcomes({ ...span, workspace });
  await setImmediate();
  const monthOutcomes = await store.answerOutcomes({ ...recent, workspace });
  await setImmediate();
  // Ghost text is the work of the local tier, whatever model it has.
  const shown = tier && tier !== 'local' ? [] : await store.shownTimes({ ...span, workspace });
  const scores = await store.scores(recent);
  await setImmediate();
  const questions = (await store.questions({ ...span, limit: MOST_QUESTIONS })).filter(
    (row) => (!workspace || row.workspace === workspace) && (!tier || row.tier === tier),
  );
  const targets = {
    firstMs: settings.insights.firstTokenTarget * 1_000,
    endMs: settings.insights.answerTarget * 1_000,
  };
  const tierPrices = await priceTiers(parts);
  const monthShown = await store.shownTimes({ ...recent, workspace });
  const preset = presetOf(settings);
  const ranges = preset?.shares ?? GENERAL_SHARES;
  const shares = shareRows(month, ranges);
  const { corrections, useful } = qualityFigures(monthOutcomes);
  const { hourlyRate } = settings.insights;
  const advice = advise(
    {
      corrections,
      time: hourlyRate > 0 ? { hourly: hourlyRate * 1e9, useful, totals: month, prices: tierPrices } : undefined,
      money: moneyFigures(month).rows,
      shares,
      frontierPace: frontierPace(settings, month, await monthToDate(store, now), now),
      ghostText: { ...timeFigures([], monthShown, targets).ghostText, model: firstModel(settings, 'local') },
      midAnswers: {
        ...answerTimes(month, 'mid'),
        model: firstModel(settings, 'mid'),
        targetMs: targets.endMs,
      },
      scores,
      threshold: settings.routing.threshold,
      ruled: ruledCategories(settings),
    },
    parts.dismissed,
    now,
  );
  return {
    span,
    first,
    workspaces,
    bars,
    totals,
    money: moneyFigures(totals, tier),
    time: timeFigures(totals, shown, targets, tier),
    quality: qualityFigures(outcomes, tier),
    votes: voteRows(ofTier(outcomes, tier)),
    prompts: promptRows(ofTier(questions, tier), ofTier(outcomes, tier)),
    shares: shareRows(totals, ranges),
    preset: preset?.title,
    questions: questions.slice(0, LATEST_QUESTIONS),
    month,
    scores,
    advice,
    worth: worthOf(month, first, tierPrices.mid, now),
    tierPrices,
  };
}

const ofTier = <T extends { readonly tier: Tier }>(rows: readonly T[], tier: Tier | undefined): readonly T[] =>
  tier === undefined ? rows : rows.filter((row) => row.tier === tier);

/** Weeks where the period is a week, else days. */
function chartSpans(view: View, span: TimeSpan, now: number): readonly TimeSpan[] {
  if (view.kind === 'week') return lastWeeks(CHART_WEEKS, span.until - 1);
  return view.back === 0 ? daysOf(lastDays(ADVICE_DAYS, now)) : daysOf(span);
}

const firstModel = (settings: Settings, tier: Tier): string => {
  const [first] = settings.tiers[tier];
  return first ? formatModelRef(first) : '';
};

async function priceTiers(parts: DataParts): Promise<Record<Tier, Price | undefined>> {
  const found = await Promise.all(
    TIERS.map(async (tier) => [tier, await priceOf(parts, parts.settings.tiers[tier][0])] as const),
  );
  return Object.fromEntries(found) as Record<Tier, Price | undefined>;
}

/** The price of a model; undefined where its provider is not set up or its price is unknown. */
export async function priceOf(
  { settings, prices }: Pick<DataParts, 'settings' | 'prices'>,
  ref: ModelRef | string | undefined,
): Promise<Price | undefined> {
  const model = typeof ref === 'string' ? parseModelRef(ref) : ref;
  const provider = model && settings.providers.get(model.provider);
  return model && provider && (await prices.find(provider, model.model))?.price;
}

/** The preset that answers questions now. */
function presetOf({ tiers, providers }: Settings): Preset | undefined {
  const isOwn = (model: string): boolean => {
    const ref = parseModelRef(model);
    const provider = ref && providers.get(ref.provider);
    if (!ref || !provider) return false;
    const check = endpointOf(provider);
    return isFree(provider, ref.model) || (provider.kind === 'openai' && check.ok && !needsKey(check.endpoint));
  };
  const chains = { local: [], mid: tiers.mid.map(formatModelRef), frontier: tiers.frontier.map(formatModelRef) };
  return activePreset(chains, isOwn);
}

/** The categories that rules of the user speak of already. */
const ruledCategories = (settings: Settings): ReadonlySet<Category> =>
  new Set(settings.routing.entries.flatMap(({ when }) => when?.categories ?? []));

const monthToDate = async (store: LedgerStore, now: number): Promise<number> => {
  const totals = await store.groups({ since: budgetStart('month', now), until: now + 1 });
  return sumGroups(totals.filter(({ tier }) => tier === 'frontier')).nanoUsd;
};

/** What frontier has cost over what its budget of a month allows by now; undefined without one, and on its first day. */
function frontierPace(
  settings: Pick<Settings, 'budgets'>,
  _month: readonly GroupTotal[],
  spent: number,
  now: number,
): number | undefined {
  const budget = settings.budgets.find(
    ({ tier, period, workspace }) => tier === 'frontier' && period === 'month' && !workspace,
  );
  if (!budget || budget.usd === 0) return undefined;
  const { since, until } = spanOf('month', 0, now);
  const passed = now - since;
  if (passed < DAY_MS) return undefined;
  return spent / (budget.usd * 1e9 * (passed / (until - since)));
}

/** *Is it worth it?*, by the last 30 days, or as many as there are. */
function worthOf(
  month: readonly GroupTotal[],
  first: number | undefined,
  mid: Price | undefined,
  now: number,
): WorthVerdict | undefined {
  if (first === undefined) return undefined;
  const questions = sumGroups(month.filter(isQuestion));
  const ghost = sumGroups(month.filter(({ task }) => task === 'completion'));
  return judgeWorth({
    days: Math.min(ADVICE_DAYS, Math.floor((now - first) / DAY_MS)),
    questions: questions.calls,
    completions: ghost.calls,
    paid: questions.nanoUsd,
    oneMid: mid && repriced(questions, mid),
    ghostPaid: ghost.nanoUsd,
    ghostAtMid: mid && repriced(ghost, mid),
  });
}
