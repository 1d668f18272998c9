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
import { allFixed, feesOf, machineCost, planFees, type FixedCosts } from '../../core/insights/fixedCosts.ts';
import { smallWork } from '../../core/insights/smallWork.ts';
import { promptRows, type PromptRow } from '../../core/insights/promptFigures.ts';
import { voteRows, type VoteRow } from '../../core/insights/votes.ts';
import { advise, type Advice } from '../../core/insights/advice.ts';
import { qualityFigures, type QualityFigures } from '../../core/insights/quality.ts';
import { daysOf, lastDays, lastWeeks, spanOf, type SpanKind } from '../../core/insights/spans.ts';
import { judgeWorth, type WorthVerdict } from '../../core/insights/worthIt.ts';
import { latestQuestions } from '../../core/ledger/paging.ts';
import type { AnswerOutcome } from '../../core/ledger/outcomes.ts';
import { plansOf } from '../../core/money/plans.ts';
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
const HOUR_MS = 3_600_000;
/** Hours of sums that are read in one turn of the host. */
const HOURS_AT_ONCE = 100;
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
  /** Of the period on show. */
  readonly fixed: FixedCosts;
}

/** Reads everything; between two statements, and before the figures are made of them, the host gets its turn. */
export async function readInsights(parts: DataParts, view: View): Promise<InsightsData> {
  const { store, settings, now } = parts;
  const span = spanOf(view.kind, view.back, now);
  const recent = lastDays(ADVICE_DAYS, now);
  const workspace = view.workspace || null;
  const tier = view.tier || undefined;
  const groupsOf = (of: TimeSpan): Promise<readonly GroupTotal[]> => groupsInTurns(store, of, workspace);
  const { first, workspaces } = await inTurn(() => store.extent());
  const totals = await groupsOf(span);
  const { bars, drawn } = await readBars(view, span, now, groupsOf);
  // The days on the chart are those of the advice: their sums are there already.
  const isPresentMonth = view.kind === 'month' && view.back === 0;
  const month = isPresentMonth ? drawn.totals() : await groupsOf(recent);
  const outcomes = await inTurn(() => store.answerOutcomes({ ...span, workspace }));
  const monthOutcomes = await inTurn(() => store.answerOutcomes({ ...recent, workspace }));
  // Ghost text is the work of the local tier, whatever model it has.
  const shown = tier && tier !== 'local' ? [] : await inTurn(() => store.shownTimes({ ...span, workspace }));
  const monthShown = await inTurn(() => store.shownTimes({ ...recent, workspace }));
  const scores = await inTurn(() => store.scores(recent));
  const ofWorkspace = (row: LedgerRow): boolean => !workspace || row.workspace === workspace;
  const asked = await readQuestions(store, span, recent, isPresentMonth);
  const questions = asked.ofSpan.filter((row) => ofWorkspace(row) && (!tier || row.tier === tier));
  const tierPrices = await priceTiers(parts);
  const pace = await inTurn(() => frontierPace(store, settings, now));
  await setImmediate();
  const targets = {
    firstMs: settings.insights.firstTokenTarget * 1_000,
    endMs: settings.insights.answerTarget * 1_000,
  };
  const preset = presetOf(settings);
  const ranges = preset?.shares ?? GENERAL_SHARES;
  const facts = { month, monthOutcomes, monthShown, scores, ranges, tierPrices, pace, targets };
  const advice = adviceOf(parts, { ...facts, asked: asked.recent.filter(ofWorkspace) });
  await setImmediate();
  const fixedOf = (period: TimeSpan, of: readonly GroupTotal[]): FixedCosts =>
    fixedCosts(
      settings,
      workspace,
      { since: Math.max(period.since, first ?? now), until: Math.min(period.until, now) },
      of,
    );
  const quality = qualityFigures(outcomes, tier);
  const prompts = promptRows(ofTier(questions, tier), ofTier(outcomes, tier));
  await setImmediate();
  return {
    span,
    first,
    workspaces,
    bars,
    totals,
    money: moneyFigures(totals, tier),
    time: timeFigures(totals, shown, targets, tier),
    quality,
    votes: voteRows(ofTier(outcomes, tier)),
    prompts,
    shares: shareRows(totals, ranges),
    preset: preset?.title,
    questions: questions.slice(0, LATEST_QUESTIONS),
    month,
    scores,
    advice,
    worth: worthOf(settings, month, { first, now, mid: tierPrices.mid, fixed: fixedOf(recent, month) }),
    tierPrices,
    fixed: fixedOf(span, totals),
  };
}

/** Reads something in a turn of its own: the host's other work is not kept waiting for more than one statement. */
async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  await setImmediate();
  return read();
}

/** The sums of any span, read some days at a time: a month of heavy use is too much for one turn of the host. */
export async function groupsInTurns(
  store: LedgerStore,
  { since, until }: TimeSpan,
  workspace: string | null,
): Promise<readonly GroupTotal[]> {
  const tally = new GroupTally();
  for (let from = since; from < until;) {
    // At whole hours, of which the ledger has sums.
    const end = Math.min(until, (Math.floor(from / HOUR_MS) + HOURS_AT_ONCE) * HOUR_MS);
    const piece = { since: from, until: end, workspace };
    tally.add(await inTurn(() => store.groups(piece)));
    from = end;
  }
  return tally.totals();
}

async function readBars(
  view: View,
  span: TimeSpan,
  now: number,
  groupsOf: (span: TimeSpan) => Promise<readonly GroupTotal[]>,
): Promise<{ readonly bars: readonly CostBar[]; readonly drawn: GroupTally }> {
  const bars: CostBar[] = [];
  const drawn = new GroupTally();
  for (const each of chartSpans(view, span, now)) {
    const some = await groupsOf(each);
    bars.push(costBar(each, view.tier ? some.filter((total) => total.tier === view.tier) : some));
    drawn.add(some);
  }
  return { bars, drawn };
}

/** The latest questions of the period on show, and of the days that advice looks at. */
async function readQuestions(
  store: LedgerStore,
  span: TimeSpan,
  recent: TimeSpan,
  isPresentMonth: boolean,
): Promise<{ readonly ofSpan: readonly LedgerRow[]; readonly recent: readonly LedgerRow[] }> {
  if (!isPresentMonth)
    return {
      ofSpan: await latestQuestions(store, span, MOST_QUESTIONS),
      recent: await latestQuestions(store, recent, MOST_QUESTIONS),
    };
  // Both end now, and differ by a day or none: one reading does for both.
  const both = { since: Math.min(span.since, recent.since), until: Math.max(span.until, recent.until) };
  const rows = await latestQuestions(store, both, MOST_QUESTIONS);
  const within = ({ since, until }: TimeSpan): LedgerRow[] =>
    rows.filter(({ openedAt }) => openedAt >= since && openedAt < until);
  return { ofSpan: within(span), recent: within(recent) };
}

/** What advice is made of: figures of the last 30 days. */
interface AdviceParts {
  readonly month: readonly GroupTotal[];
  readonly monthOutcomes: readonly AnswerOutcome[];
  readonly monthShown: readonly number[];
  readonly scores: readonly number[];
  readonly asked: readonly LedgerRow[];
  readonly ranges: Parameters<typeof shareRows>[1];
  readonly tierPrices: Readonly<Record<Tier, Price | undefined>>;
  /** What frontier has cost over what its budget allows by now. */
  readonly pace: number | undefined;
  readonly targets: Parameters<typeof timeFigures>[2];
}

function adviceOf({ settings, dismissed, now }: DataParts, facts: AdviceParts): readonly Advice[] {
  const { month, monthShown, scores, tierPrices, targets } = facts;
  const { corrections, useful } = qualityFigures(facts.monthOutcomes);
  const { hourlyRate } = settings.insights;
  return advise(
    {
      corrections,
      time: hourlyRate > 0 ? { hourly: hourlyRate * 1e9, useful, totals: month, prices: tierPrices } : undefined,
      smallWork: smallWork(facts.asked),
      shares: shareRows(month, facts.ranges),
      frontierPace: facts.pace,
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
    dismissed,
    now,
  );
}

/** What is paid beside single calls. Fees are for all workspaces: of one of them they are not counted. */
export const fixedCosts = (
  settings: Settings,
  workspace: string | null,
  span: TimeSpan,
  totals: readonly GroupTotal[],
): FixedCosts => ({
  plans: workspace === null ? planFees(plansOf(settings.providers), span) : new Map(),
  machine: machineCost(settings.insights.machineHourlyCost * 1e9, totals),
});

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

/**
 * What frontier has cost over what its budget of a month, or else of a week, allows by now; undefined without one, and on
 * the first day of its period. A budget of a day has no pace.
 */
async function frontierPace(
  store: LedgerStore,
  { budgets }: Pick<Settings, 'budgets'>,
  now: number,
): Promise<number | undefined> {
  const of = (kind: SpanKind) =>
    budgets.find(({ tier, period, workspace }) => tier === 'frontier' && period === kind && !workspace);
  const kind = of('month') ? 'month' : 'week';
  const budget = of(kind);
  if (!budget || budget.usd === 0) return undefined;
  const { since, until } = spanOf(kind, 0, now);
  const passed = now - since;
  if (passed < DAY_MS) return undefined;
  const totals = await groupsInTurns(store, { since, until: now + 1 }, null);
  const spent = sumGroups(totals.filter(({ tier }) => tier === 'frontier')).nanoUsd;
  return spent / (budget.usd * 1e9 * (passed / (until - since)));
}

/** *Is it worth it?*, by the last 30 days, or as many as there are. */
function worthOf(
  settings: Settings,
  month: readonly GroupTotal[],
  parts: {
    readonly first: number | undefined;
    readonly now: number;
    readonly mid: Price | undefined;
    readonly fixed: FixedCosts;
  },
): WorthVerdict | undefined {
  const { first, now, mid, fixed } = parts;
  if (first === undefined) return undefined;
  const questions = sumGroups(month.filter(isQuestion));
  const ghost = sumGroups(month.filter(({ task }) => task === 'completion'));
  const model = firstModel(settings, 'mid');
  return judgeWorth({
    days: Math.min(ADVICE_DAYS, Math.floor((now - first) / DAY_MS)),
    questions: questions.calls,
    completions: ghost.calls,
    paid: questions.nanoUsd + allFixed(fixed),
    oneMid: mid && repriced(questions, mid) + feesOf(fixed, [model]),
    ghostPaid: ghost.nanoUsd,
    ghostAtMid: mid && repriced(ghost, mid),
  });
}
